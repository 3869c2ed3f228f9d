//! Patterns of LIKE.

/// What finds a part of a folded text, with `\` to escape; the characters that stand for others
/// stand for themselves.
pub fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_search_stands_for_other_characters() {
        assert_eq!(containing(" Ann_"), "%ann\\_%");
        assert_eq!(containing("100%\\"), "%100\\%\\\\%");
        assert_eq!(containing("ÉCOLE"), "%école%");
    }
}
