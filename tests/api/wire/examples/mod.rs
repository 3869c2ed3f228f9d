//! The pages on the API are true: their examples are read from them, run from top to bottom, and
//! compared by the convention that the pages state; and no call is without one.

mod matcher;
mod page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{NaiveTime, TimeDelta};
use serde_json::{Value, json};

use crate::support::*;
use matcher::{ANY, Names, compare, first_misfit, fits, leading_name};
use page::{Example, METHODS, examples};

const COMMUNITY: &str = "api-docs/community.md";
const PROPOSALS: &str = "api-docs/proposals.md";
const ADMINS: &str = "api-docs/admins.md";
const TOKENS: &str = "api-docs/tokens.md";
const BOX_OFFICE: &str = "api-docs/box-office.md";
/// The pages whose examples are run, each by a test of its own.
const PAGES: [&str; 5] = [COMMUNITY, PROPOSALS, ADMINS, TOKENS, BOX_OFFICE];

/// Calls without an example: they need a browser.
const UNSHOWN: [&str; 2] = ["GET /api/auth/google", "GET /api/auth/google/callback"];

/// Names a super admin's access token, which a page may use without a call that gives it.
const ADMIN_TOKEN: &str = "admin token";
/// Names the key that services share, which a page may use as well.
const SHARED_KEY: &str = "internal key";
/// The first super admin's, as [`App::super_admin`] makes that one.
const PASSWORD: &str = "correct horse battery staple";

impl Example<'_> {
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

fn place_of(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn read(file: &str) -> String {
    let file = place_of(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The examples in the text of a page.
fn all_of<'t>(page: &str, text: &'t str) -> Vec<Example<'t>> {
    let examples = examples(text).unwrap_or_else(|error| panic!("{page}:{error}"));
    assert!(!examples.is_empty(), "{page} has examples");
    examples
}

/// An access token of the first super admin.
fn admin_token(app: &App) -> String {
    app.super_admin();
    let root = json!({ "email": "root@example.org", "password": PASSWORD });
    let answer = app.anon().post("/api/v1/auth/admin/login", root).ok(200);
    let token = answer["access_token"].as_str();
    token.expect("a sign-in answers a token").to_owned()
}

/// Moves the clock to a noon, so that no day ends while a page is run.
fn wait_for_noon(app: &App) {
    let now = app.clock().now();
    let tomorrow = now.date_naive() + TimeDelta::days(1);
    let noon = tomorrow.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12);
    app.clock().advance(noon - now);
}

/// Runs the examples of a page on a fresh server, with each database.
fn run(page: &str) {
    let text = read(page);
    let examples = all_of(page, &text);
    let admins_help = text.contains(&format!("<{ADMIN_TOKEN}>"));
    each(|app| {
        wait_for_noon(app);
        let (mut names, mut failures) = (Names::new(), Vec::new());
        names.insert(SHARED_KEY.to_owned(), INTERNAL_KEY.to_owned());
        if admins_help {
            names.insert(ADMIN_TOKEN.to_owned(), admin_token(app));
        }
        for example in &examples {
            // What is made later is newer, for lists as well.
            app.clock().advance(TimeDelta::seconds(1));
            // What a server does by itself between two calls.
            app.deliver();
            let differences = example.differences(app, &mut names).join("\n    ");
            if !differences.is_empty() {
                let (line, method, path) = (example.line, example.method, example.path);
                failures.push(format!("{page}:{line}: {method} {path}\n    {differences}"));
            }
        }
        assert!(failures.is_empty(), "wrong:\n{}", failures.join("\n"));
    });
}

/// Method and path of every operation of the document.
fn operations() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&read("api-docs/openapi.json")).expect("JSON");
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for method in METHODS {
            if item.get(method.to_lowercase()).is_some() {
                operations.insert(format!("{method} {path}"));
            }
        }
    }
    operations
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
fn the_examples_of_the_community_are_answered_as_the_page_says() {
    run(COMMUNITY);
}

#[test]
fn the_examples_of_proposals_are_answered_as_the_page_says() {
    run(PROPOSALS);
}

#[test]
fn the_examples_of_admins_are_answered_as_the_page_says() {
    run(ADMINS);
}

#[test]
fn the_examples_of_machine_tokens_are_answered_as_the_page_says() {
    run(TOKENS);
}

#[test]
fn the_examples_of_the_box_office_are_answered_as_the_page_says() {
    run(BOX_OFFICE);
}

#[test]
fn every_page_with_examples_is_run() {
    let files = std::fs::read_dir(place_of("api-docs")).expect("the folder is there");
    let names = files.map(|file| file.expect("a file").file_name());
    let pages = names.map(|name| format!("api-docs/{}", name.to_string_lossy()));
    let with_examples: BTreeSet<String> = pages
        .filter(|page| page.ends_with(".md") && read(page).contains("```http"))
        .collect();
    assert_eq!(with_examples, BTreeSet::from(PAGES.map(str::to_owned)));
}

#[test]
fn every_call_of_the_document_has_an_example() {
    let operations = operations();
    assert!(operations.len() >= 20, "there are calls: {operations:?}");
    let mut missing = operations.clone();
    for page in PAGES {
        let text = read(page);
        for example in all_of(page, &text) {
            if let Some(operation) = shown(&example, &operations) {
                missing.remove(operation);
            }
        }
    }
    let unshown = BTreeSet::from(UNSHOWN.map(str::to_owned));
    assert_eq!(missing, unshown, "calls without an example");
}
