//! The guide of the community API is true: its examples are read from the page, run from top to
//! bottom, and compared by the convention that the page states; and no call is without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::*;

const PAGE: &str = "api-docs/community.md";
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Stands for any text inside a text, and alone on a line for any lines.
const ANY: &str = "…";
/// Calls without an example: they need a browser, or an administrator.
const UNSHOWN: [&str; 3] = [
    "GET /api/auth/google",
    "GET /api/auth/google/callback",
    "GET /api/reports",
];

/// The texts that stand for `<name>`.
type Names = BTreeMap<String, String>;
/// Header lines: name and value.
type Headers<'p> = Vec<(&'p str, &'p str)>;

/// A call of the page, and how it is answered.
struct Example<'p> {
    line: usize,
    method: &'p str,
    path: &'p str,
    headers: Headers<'p>,
    body: Option<String>,
    status: u16,
    answer_headers: Headers<'p>,
    /// The answer, where it is JSON.
    json: Option<Value>,
    /// The lines of any other answer.
    lines: Vec<&'p str>,
}

/// A fenced block of the page.
struct Block<'p> {
    line: usize,
    info: &'p str,
    lines: Vec<&'p str>,
    /// Nothing but empty lines is between the block before and this one.
    follows: bool,
}

impl<'p> Block<'p> {
    fn wrong<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{PAGE}:{}: {what}", self.line))
    }

    /// What stands above the first empty line, and what below it, if there is one.
    fn parts(&self) -> (&[&'p str], Option<&[&'p str]>) {
        match self.lines.iter().position(|line| line.is_empty()) {
            Some(at) => (&self.lines[..at], Some(&self.lines[at + 1..])),
            None => (&self.lines, None),
        }
    }

    fn headers(&self, lines: &[&'p str]) -> Result<Headers<'p>, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let header = |line: &&'p str| match line.split_once(": ") {
            Some((name, value)) if !name.is_empty() && name.chars().all(plain) => Ok((name, value)),
            _ => self.wrong(&format!("no header: {line:?}")),
        };
        lines.iter().map(header).collect()
    }

    fn object(&self, lines: &[&str]) -> Result<Value, String> {
        match serde_json::from_str(&lines.join("\n")) {
            Ok(object @ Value::Object(_)) => Ok(object),
            other => self.wrong(&format!("the body is no JSON object: {other:?}")),
        }
    }
}

/// All fenced blocks of a page.
fn blocks(page: &str) -> Result<Vec<Block<'_>>, String> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let mut follows = false;
    for (line, text) in (1..).zip(page.lines()) {
        let begun = text.trim_start();
        let fence = begun.starts_with("```") || begun.starts_with("~~~");
        let info = text.strip_prefix("```").filter(|info| !info.contains('`'));
        open = match (open.take(), info) {
            (Some(block), Some("")) => {
                blocks.push(block);
                follows = true;
                None
            }
            (None, Some(info)) => Some(Block {
                line,
                info,
                lines: Vec::new(),
                follows,
            }),
            _ if fence => return Err(format!("{PAGE}:{line}: no fence of a block: {text:?}")),
            (Some(mut block), _) => {
                block.lines.push(text);
                Some(block)
            }
            (None, _) => {
                follows &= begun.is_empty();
                None
            }
        };
    }
    match open {
        Some(block) => block.wrong("the block has no end"),
        None => Ok(blocks),
    }
}

/// All examples of a page; a block that is no part of one is an error.
fn examples(page: &str) -> Result<Vec<Example<'_>>, String> {
    let mut examples = Vec::new();
    let mut blocks = blocks(page)?.into_iter();
    while let Some(call) = blocks.next() {
        if call.info != "http" {
            return call.wrong("neither a call, nor an answer directly below one");
        }
        match blocks.next().filter(|answer| answer.follows) {
            Some(answer) => examples.push(Example::read(&call, &answer)?),
            None => return call.wrong("no answer directly below the call"),
        }
    }
    Ok(examples)
}

impl<'p> Example<'p> {
    fn read(call: &Block<'p>, answer: &Block<'p>) -> Result<Self, String> {
        let (head, body) = call.parts();
        let request = head.first().and_then(|line| line.split_once(' '));
        let plain = |(method, path): &(&str, &str)| {
            METHODS.contains(method) && path.starts_with('/') && !path.contains(' ')
        };
        let Some((method, path)) = request.filter(plain) else {
            return call.wrong("a call begins with a method and a path");
        };
        let (kind, status) = answer.info.split_once(' ').unwrap_or_default();
        let status = status.parse::<u16>().unwrap_or(0);
        let (above, below) = match answer.parts() {
            (above, Some(below)) => (above, below),
            // Nothing can follow the headers of these.
            (all, None) if [204, 304].contains(&status) => (all, Default::default()),
            (all, None) => (Default::default(), all),
        };
        let body = body.map(|lines| call.object(lines)).transpose()?;
        let (json, lines) = match kind {
            "json" if (200..600).contains(&status) => (Some(answer.object(below)?), Vec::new()),
            "text" if (200..600).contains(&status) => (None, below.to_vec()),
            _ => return answer.wrong("an answer is `json` or `text`, and a status"),
        };
        Ok(Example {
            line: call.line,
            method,
            path,
            headers: call.headers(&head[1..])?,
            body: body.map(|body| body.to_string()),
            status,
            answer_headers: answer.headers(above)?,
            json,
            lines,
        })
    }

    fn call(&self, app: &App, names: &Names) -> Result<Reply, String> {
        let known = |name: &str| match name.strip_prefix("token of ") {
            Some(person) => Some(app.token_of(person)),
            None => names.get(name).cloned(),
        };
        let encoded = |name: &str| {
            let value = known(name)?;
            let encoded = url::form_urlencoded::byte_serialize(value.as_bytes());
            Some(encoded.collect::<String>())
        };
        let path = filled(self.path, &encoded)?;
        let mut client = app.anon();
        for (name, value) in &self.headers {
            client = client.with(name, &filled(value, &known)?);
        }
        let kind = self.body.as_ref().map(|_| "application/json");
        let body = filled(self.body.as_deref().unwrap_or_default(), &known)?;
        Ok(client.raw(self.method, &path, kind, body.as_bytes()))
    }

    /// Calls, and tells what is not as the page says.
    fn differences(&self, app: &App, names: &mut Names) -> Vec<String> {
        let reply = match self.call(app, names) {
            Ok(reply) => reply,
            Err(problem) => return vec![problem],
        };
        let mut all = Vec::new();
        if reply.status() != self.status {
            let (here, there) = (self.status, reply.status());
            all.push(format!("the status is {there}, the page has {here}"));
        }
        for (name, value) in &self.answer_headers {
            let given = reply.headers_all(name);
            if !given.iter().any(|given| fits(value, given, true, names)) {
                all.push(format!("{name} is {given:?}, the page has {value:?}"));
            }
        }
        match (&self.json, serde_json::from_str::<Value>(reply.text())) {
            (Some(page), Ok(answer)) => compare("body", page, &answer, names, &mut all),
            (Some(_), Err(error)) => all.push(format!("the body is no JSON: {error}")),
            (None, _) => {
                let answer: Vec<&str> = reply.text().lines().collect();
                all.extend(first_misfit(&self.lines, &answer, names));
            }
        }
        if !all.is_empty() {
            all.push(format!("the whole body: {}", reply.text()));
        }
        all
    }
}

/// The name that a text begins with, in its brackets, and what follows it.
fn leading_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "- ".contains(c);
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
    is_name.then_some((name, rest))
}

/// A text of a call, with what its names stand for.
fn filled(text: &str, known: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        if let Some((name, after)) = leading_name(rest) {
            let value = known(name).ok_or_else(|| format!("nothing above gives <{name}>"))?;
            filled.push_str(&value);
            rest = after;
        } else {
            filled.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    Ok(filled)
}

/// True if a text is as the page has it. A name that is new stands for as little as it can, but
/// for something; where no names are made, it stands for itself, as a tag of XML does.
fn fits(page: &str, text: &str, make_names: bool, names: &mut Names) -> bool {
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
fn compare(at: &str, page: &Value, answer: &Value, names: &mut Names, all: &mut Vec<String>) {
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
fn lines_fit(page: &[&str], answer: &[&str], names: &mut Names) -> bool {
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
fn first_misfit(page: &[&str], answer: &[&str], names: &mut Names) -> Option<String> {
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

fn read(file: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn all_of(page: &str) -> Vec<Example<'_>> {
    let examples = examples(page).unwrap_or_else(|error| panic!("{error}"));
    assert!(!examples.is_empty(), "{PAGE} has examples");
    examples
}

/// The operation of the document that an example shows: the one with the most fixed text.
fn shown<'d>(example: &Example<'_>, operations: &'d BTreeSet<String>) -> Option<&'d String> {
    let path = example.path.split('?').next().unwrap_or_default();
    let call = format!("{} {path}", example.method);
    let pattern = |operation: &str| {
        let parts = operation.split(['{', '}']).enumerate();
        parts
            .map(|(at, part)| if at % 2 == 0 { part } else { ANY })
            .collect::<String>()
    };
    // With as many slashes, what varies holds none.
    let mine = operations.iter().filter(|operation| {
        operation.matches('/').count() == call.matches('/').count()
            && fits(&pattern(operation), &call, false, &mut Names::new())
    });
    mine.max_by_key(|operation| pattern(operation).chars().count())
}

#[test]
fn the_examples_of_the_guide_are_answered_as_it_says() {
    let page = read(PAGE);
    let examples = all_of(&page);
    each(|app| {
        let (mut names, mut failures) = (Names::new(), Vec::new());
        for example in &examples {
            // What is made later is newer, for lists as well.
            app.clock().advance(TimeDelta::seconds(1));
            let differences = example.differences(app, &mut names).join("\n    ");
            if !differences.is_empty() {
                let (line, method, path) = (example.line, example.method, example.path);
                failures.push(format!("{PAGE}:{line}: {method} {path}\n    {differences}"));
            }
        }
        assert!(failures.is_empty(), "wrong:\n{}", failures.join("\n"));
    });
}

#[test]
fn every_call_of_the_document_has_an_example() {
    let page = read(PAGE);
    let document: Value = serde_json::from_str(&read("api-docs/openapi.json")).expect("JSON");
    let mut missing = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for method in METHODS {
            if path.starts_with("/api/") && item.get(method.to_lowercase()).is_some() {
                missing.insert(format!("{method} {path}"));
            }
        }
    }
    assert!(missing.len() >= 20, "the document has calls: {missing:?}");
    let operations = missing.clone();
    for example in all_of(&page) {
        if let Some(operation) = shown(&example, &operations) {
            missing.remove(operation);
        }
    }
    missing.retain(|operation| !UNSHOWN.contains(&operation.as_str()));
    assert!(missing.is_empty(), "{PAGE} has no example of {missing:#?}");
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

#[test]
fn a_block_that_is_malformed_or_alone_is_refused() {
    let call = "```http\nGET /api/events\n```\n";
    let answer = "```json 200\nETag: \"1\"\n\n{}\n```\n";
    assert!(examples(&format!("{call}\n{answer}text\n{call}```text 204\n```")).is_ok());
    for page in [
        call.to_owned(),
        answer.to_owned(),
        format!("{call}{call}{answer}"),
        format!("{call}and then\n{answer}"),
        format!("{call}{answer}{answer}"),
        format!("{call}{}", answer.trim_end().trim_end_matches('`')),
    ] {
        assert!(examples(&page).is_err(), "{page}");
    }
    for (good, bad) in [
        ("```http", " ```http"),
        ("```http", "~~~http"),
        ("```http", "```"),
        ("GET /", "GOT /"),
        ("GET /", "GET "),
        ("events", "events now"),
        ("events", "events\nCookie"),
        ("events", "events\n\n[1]"),
        ("json 200", "json"),
        ("json 200", "json ok"),
        ("json 200", "yaml 200"),
        ("json 200", "json 2000"),
        ("{}", "{"),
        ("ETag: ", "ETag "),
    ] {
        let page = format!("{call}{answer}").replace(good, bad);
        assert!(examples(&page).is_err(), "{page}");
    }
}
