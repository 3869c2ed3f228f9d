//! Whether an answer is as the page has it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Stands for any text inside a text, and alone on a line for any lines.
pub const ANY: &str = "…";

/// The texts that stand for `<name>`.
pub type Names = BTreeMap<String, String>;

/// The name that a text begins with, in its brackets, and what follows it.
pub fn leading_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "- ".contains(c);
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
    is_name.then_some((name, rest))
}

/// True if a text is as the page has it. A name that is new stands for as little as it can, but
/// for something; where no names are made, it stands for itself, as a tag of XML does.
pub fn fits(page: &str, text: &str, make_names: bool, names: &mut Names) -> bool {
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    if let Some(rest) = page.strip_prefix(ANY) {
        return ends.any(|at| fits(rest, &text[at..], make_names, names));
    }
    if let Some((name, rest)) = leading_name(page) {
        if let Some(known) = names.get(name).cloned() {
            let after = text.strip_prefix(known.as_str());
            return after.is_some_and(|after| fits(rest, after, make_names, names));
        }
        if make_names {
            return ends.skip(1).any(|at| {
                names.insert(name.to_owned(), text[..at].to_owned());
                let fit = fits(rest, &text[at..], make_names, names);
                if !fit {
                    names.remove(name);
                }
                fit
            });
        }
    }
    let (mut page, mut text) = (page.chars(), text.chars());
    match (page.next(), text.next()) {
        (None, None) => true,
        (here, there) => here == there && fits(page.as_str(), text.as_str(), make_names, names),
    }
}

/// Adds what of an answer is not as the page has it.
pub fn compare(at: &str, page: &Value, answer: &Value, names: &mut Names, all: &mut Vec<String>) {
    match (page, answer) {
        (Value::Object(page), Value::Object(answer)) => {
            for (key, value) in page {
                match answer.get(key) {
                    Some(other) => compare(&format!("{at}.{key}"), value, other, names, all),
                    None => all.push(format!("{at}.{key} is missing")),
                }
            }
            let more = answer.iter().filter(|(key, _)| !page.contains_key(*key));
            all.extend(more.map(|(key, value)| format!("{at}.{key} is not on the page: {value}")));
        }
        (Value::Array(page), Value::Array(answer)) if page.len() == answer.len() => {
            for (index, (value, other)) in page.iter().zip(answer).enumerate() {
                compare(&format!("{at}[{index}]"), value, other, names, all);
            }
        }
        (Value::String(page), Value::String(answer)) if fits(page, answer, true, names) => {}
        // A text that is the same and does not fit is one of a name for another text.
        _ if page == answer && !page.is_string() => {}
        _ => all.push(format!("{at} is {answer}, the page has {page}")),
    }
}

/// True if these lines are as the page has them.
pub fn lines_fit(page: &[&str], answer: &[&str], names: &mut Names) -> bool {
    match (page.split_first(), answer.split_first()) {
        (None, first) => first.is_none(),
        (Some((&ANY, rest)), _) => {
            (0..=answer.len()).any(|at| lines_fit(rest, &answer[at..], names))
        }
        (Some(_), None) => false,
        (Some((line, rest)), Some((other, others))) => {
            fits(line, other, false, names) && lines_fit(rest, others, names)
        }
    }
}

/// The first line of the page that the answer has no place for, if the two differ.
pub fn first_misfit(page: &[&str], answer: &[&str], names: &mut Names) -> Option<String> {
    if lines_fit(page, answer, names) {
        return None;
    }
    let misfit = (0..page.len()).find(|last| {
        let mut begun = page[..=*last].to_vec();
        begun.push(ANY);
        !lines_fit(&begun, answer, names)
    });
    Some(match misfit {
        Some(at) => format!("the answer has no place for the line {:?}", page[at]),
        None => "the answer goes on below the page's last line".to_owned(),
    })
}

#[test]
fn the_matcher_takes_what_the_page_means_and_nothing_else() {
    let page =
        json!({ "id": "<a>", "by": "<b>: <a>", "at": "2031-…", "n": 1, "list": ["…", null] });
    let good = json!({ "id": "x1", "by": "me: x1", "at": "2031-08", "n": 1, "list": ["", null] });
    let count = |answer: &Value| {
        let (mut names, mut all) = (Names::new(), Vec::new());
        compare("body", &page, answer, &mut names, &mut all);
        all.len()
    };
    assert_eq!(count(&good), 0);
    for (key, other) in [
        ("id", json!("")),
        ("id", json!(null)),
        ("by", json!("me: x2")),
        ("by", json!(": x1")),
        ("at", json!("2032-08")),
        ("at", json!(2031)),
        ("n", json!(2)),
        ("n", json!("1")),
        ("n", json!(1.5)),
        ("list", json!(["", null, null])),
        ("list", json!([""])),
        ("list", json!([1, null])),
        ("list", json!({})),
        ("more", json!(null)),
    ] {
        let mut bad = good.clone();
        bad[key] = other;
        assert!(count(&bad) > 0, "{bad}");
    }
    let mut bad = good.clone();
    bad.as_object_mut().expect("an object").remove("at");
    assert_eq!(count(&bad), 1);
}

#[test]
fn lines_are_matched_one_by_one() {
    let mut names = Names::from([("a".to_owned(), "x1".to_owned())]);
    let page = ["BEGIN", "…", "<id>urn:<a></id>", "AT:…Z", "…"];
    let mut misfit = |answer: &str| {
        let answer: Vec<&str> = answer.lines().collect();
        first_misfit(&page, &answer, &mut names)
    };
    assert_eq!(misfit("BEGIN\r\n<id>urn:x1</id>\r\nAT:1Z\r\n"), None);
    assert_eq!(misfit("BEGIN\n1\n2\n<id>urn:x1</id>\nAT:Z\n3\n4"), None);
    for (answer, line) in [
        ("", "BEGIN"),
        ("0\nBEGIN\n<id>urn:x1</id>\nAT:1Z", "BEGIN"),
        ("BEGIN\n<id>urn:x2</id>\nAT:1Z", "urn"),
        ("BEGIN\n<id>urn:x1</id>\n1\nAT:1Z", "AT"),
        ("BEGIN\n<id>urn:x1</id>\nAT:1", "AT"),
    ] {
        let misfit = misfit(answer).unwrap_or_default();
        assert!(misfit.contains(line), "{answer}: {misfit}");
    }
    assert!(first_misfit(&["a"], &["a", "b"], &mut Names::new()).is_some());
    assert!(first_misfit(&[], &["a"], &mut Names::new()).is_some());
}
