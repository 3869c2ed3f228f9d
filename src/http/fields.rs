//! The rules that all texts from outside obey; every broken one is told, not just the first.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization as _;
use url::Url;

use crate::error::{Error, Fields, Result};

/// Most bytes of an address; its length is that on the wire.
pub const URL_BYTES: usize = 2048;

/// Collects what is wrong with a body's fields.
#[derive(Debug, Default)]
pub struct Check {
    problems: Fields,
}

impl Check {
    /// Notes a problem; the first of a field stands.
    pub fn problem(&mut self, field: &'static str, problem: impl Into<String>) {
        let problems = self.problems.entry(field.into());
        problems.or_insert_with(|| problem.into());
    }

    /// A one-line text: trimmed, in normal form C, line breaks become spaces, control
    /// characters are refused; its length is in characters.
    pub fn line(
        &mut self,
        field: &'static str,
        text: &str,
        length: RangeInclusive<usize>,
    ) -> String {
        let line = text
            .trim()
            .replace("\r\n", " ")
            .replace(['\n', '\r', '\u{2028}', '\u{2029}'], " ");
        if line.chars().any(char::is_control) {
            self.problem(field, "must not hold control characters");
        }
        self.sized(field, &line, length)
    }

    /// A name: as [`Check::line`], without characters that turn the direction of the text
    /// around them.
    pub fn name(
        &mut self,
        field: &'static str,
        text: &str,
        length: RangeInclusive<usize>,
    ) -> String {
        if text.chars().any(turns_direction) {
            self.problem(
                field,
                "must not hold characters that change the direction of text",
            );
        }
        let line = self.line(field, text, length);
        if !line.is_empty() && line.chars().all(is_invisible) {
            self.problem(field, "must hold something to see");
        }
        line
    }

    /// A text of many lines: trimmed, in normal form C, without control characters other
    /// than line breaks and tabs.
    pub fn text(
        &mut self,
        field: &'static str,
        text: &str,
        length: RangeInclusive<usize>,
    ) -> String {
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            self.problem(
                field,
                "must not hold control characters other than line breaks and tabs",
            );
        }
        self.sized(field, text.trim(), length)
    }

    fn sized(&mut self, field: &'static str, text: &str, length: RangeInclusive<usize>) -> String {
        let text: String = text.nfc().collect();
        let (least, most) = (*length.start(), *length.end());
        if !length.contains(&text.chars().count()) {
            self.problem(
                field,
                match least {
                    0 => format!("must have at most {most} characters"),
                    _ => format!("must have {least} to {most} characters"),
                },
            );
        }
        text
    }

    /// An http or https address.
    pub fn url(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim();
        // Without what could end an HTML attribute, since pages will put it into one.
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"\"'<>".contains(c);
        let plain = text.contains("://") && text.chars().all(plain);
        let web = Url::parse(text).is_ok_and(|url| {
            let anonymous = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "http" | "https") && url.has_host() && anonymous
        });
        if text.len() > URL_BYTES {
            self.problem(field, format!("must have at most {URL_BYTES} bytes"));
        } else if !(plain && web) {
            self.problem(field, "must be an http or https address");
        }
        text.to_owned()
    }

    /// An e-mail address: one `@` with something on both sides (RFC 5321 bounds it to 254).
    pub fn email(&mut self, field: &'static str, text: &str) -> String {
        let text: String = text.trim().nfc().collect();
        let parts = text.split_once('@').filter(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        });
        let hidden = |c| is_invisible(c) || turns_direction(c);
        let plain = !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || hidden(c));
        if parts.is_none() || !plain || text.len() > 254 {
            self.problem(field, "must be an e-mail address");
        }
        text
    }

    /// Ends the check: a 422 if there was a problem.
    pub fn done(self) -> Result<()> {
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(Error::Invalid(self.problems)),
        }
    }
}

/// True for the marks, embeddings, overrides and isolates of the bidirectional algorithm
/// (Unicode Standard Annex 9, section 2).
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True for what takes no room or shows nothing: of a name there must be more.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(check: impl Fn(&mut Check)) -> usize {
        let mut fields = Check::default();
        check(&mut fields);
        fields.problems.len()
    }

    #[test]
    fn lines_and_texts_are_cleaned() {
        let mut check = Check::default();
        assert_eq!(
            check.line("a", "  Zu\u{308}rich\nWest ", 1..=20),
            "Zürich West"
        );
        assert_eq!(check.text("b", " one\r\ntwo\t ", 1..=20), "one\r\ntwo");
        assert_eq!(check.line("c", "👩‍👩‍👧‍👧", 1..=7), "👩‍👩‍👧‍👧");
        assert!(check.done().is_ok());
        assert_eq!(problems(|c| drop(c.line("a", "a\u{7}b", 1..=9))), 1);
        assert_eq!(problems(|c| drop(c.line("a", " \n ", 1..=9))), 1);
        assert_eq!(problems(|c| drop(c.text("a", "a\0", 1..=9))), 1);
        assert_eq!(problems(|c| drop(c.text("a", "ééé", 1..=2))), 1);
    }

    #[test]
    fn addresses_are_of_the_web() {
        for good in [
            "https://a.example/b?c#d",
            "http://[::1]:8/",
            "HTTPS://A.EXAMPLE",
        ] {
            assert_eq!(problems(|c| drop(c.url("a", good))), 0, "{good}");
        }
        for bad in [
            "",
            "a.example",
            "//a.example",
            "ftp://a",
            "javascript:alert(1)",
            "https://",
            "https://a.example/\nb",
            "https://a b.example",
            "data:text/html,x",
            "http:a.example",
            "https://me:secret@a.example",
            "https://a.example/\"><b>",
        ] {
            assert_eq!(problems(|c| drop(c.url("a", bad))), 1, "{bad}");
        }
        for good in ["a@b", "ann.o'hara+x@sub.example.org", "jürgen@example.org"] {
            assert_eq!(problems(|c| drop(c.email("a", good))), 0, "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n"] {
            assert_eq!(
                problems(|c| drop(c.email("a", bad))),
                usize::from(bad.trim() != "a@b"),
                "{bad}"
            );
        }
    }
}
