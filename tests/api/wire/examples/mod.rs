//! The guide of the community API is true: its examples are read from the page, run from top to
//! bottom, and compared by the convention that the page states; and no call is without one.

mod matcher;

use std::collections::BTreeSet;
use std::path::Path;

use chrono::TimeDelta;
use serde_json::Value;

use crate::support::*;
use matcher::{ANY, Names, compare, first_misfit, fits, leading_name};

const PAGE: &str = "api-docs/community.md";
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Calls without an example: they need a browser, or an administrator.
const UNSHOWN: [&str; 3] = [
    "GET /api/auth/google",
    "GET /api/auth/google/callback",
    "GET /api/reports",
];

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
