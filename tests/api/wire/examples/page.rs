//! The examples of a page: a call and, directly below it, its answer.

use serde_json::Value;

/// The methods of calls.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Header lines: name and value.
pub type Headers<'p> = Vec<(&'p str, &'p str)>;

/// A call of the page, and how it is answered.
pub struct Example<'p> {
    pub line: usize,
    pub method: &'p str,
    pub path: &'p str,
    pub headers: Headers<'p>,
    pub body: Option<String>,
    pub status: u16,
    pub answer_headers: Headers<'p>,
    /// The answer, where it is JSON.
    pub json: Option<Value>,
    /// The lines of any other answer.
    pub lines: Vec<&'p str>,
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
        Err(format!("{}: {what}", self.line))
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
            _ if fence => return Err(format!("{line}: no fence of a block: {text:?}")),
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

/// All examples of a page; a block that is no part of one is an error, which begins with its
/// line.
pub fn examples(page: &str) -> Result<Vec<Example<'_>>, String> {
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
