//! The calls under `/proposals/v1`, from the contract: accounts, the catalogue of types, and
//! what organisers propose to vendors. Every test says which changes were recorded.

mod accounts;
mod approval;
mod catalogue;
mod concurrency;
mod create;
mod decide;
mod find;
mod list;
mod password;
mod users;

use std::fmt::Debug;

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use crate::support::*;

const SIGN_UP: &str = "/proposals/v1/auth/signup";
const SIGN_IN: &str = "/proposals/v1/auth/signin";
const PASSWORD: &str = "/proposals/v1/auth/password";
const TYPES: &str = "/proposals/v1/available-events";
const EVENTS: &str = "/proposals/v1/events";
const USERS: &str = "/proposals/v1/users";

const ORGANISER: &str = "human-resource";
const VENDOR: &str = "vendor";

/// Everybody's password.
const SECRET: &str = "correct horse battery staple";

/// What every person shows.
const PERSON: [&str; 5] = ["companyName", "createdAt", "id", "role", "username"];

/// Days that a good proposal names.
const DAYS: [&str; 3] = ["2031-06-14", "2031-06-15", "2031-06-16"];

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// Path segments that are no ids at all.
const MALFORMED: [&str; 8] = [
    "nonsense",
    "1",
    "-1",
    "null",
    "01890000-0000-7000-8000-00000000000",
    "01890000-0000-7000-8000-00000000000g",
    "%00",
    "%FF",
];

/// Bodies that are no JSON objects.
const NO_OBJECTS: [&[u8]; 11] = [
    b"",
    b" ",
    b"{",
    b"{}{}",
    b"nonsense",
    b"null",
    b"1",
    b"\"text\"",
    b"[]",
    b"[\"orla\", \"correct horse battery staple\"]",
    b"\xff\xfe",
];

/// Characters that control a terminal and show nothing.
const CONTROLS: [char; 8] = [
    '\0', '\u{1}', '\u{7}', '\u{8}', '\t', '\u{1b}', '\u{7f}', '\u{9f}',
];

/// Characters that change the direction of what follows them.
const TURNS: [char; 12] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}',
];

/// Makes accounts, each a name and its role, signs them in, and drains their changes.
#[track_caller]
fn accounts<'a, const N: usize>(app: &'a App, accounts: [(&str, &str); N]) -> [Client<'a>; N] {
    let clients = accounts.map(|(name, role)| app.account(name, role));
    app.changes(&["user.created"; N]);
    clients
}

/// The organiser `orla` and the vendor `vera`.
#[track_caller]
fn pair(app: &App) -> [Client<'_>; 2] {
    accounts(app, [("orla", ORGANISER), ("vera", VENDOR)])
}

/// The first super_admin; drains the change of the first use.
#[track_caller]
fn root(app: &App) -> Client<'_> {
    let root = app.super_admin();
    app.changes(&["admin.created"]);
    root
}

/// The body of a good sign-up.
fn account(username: &str, role: &str) -> Value {
    json!({
        "username": username,
        "password": SECRET,
        "companyName": format!("{username} Ltd"),
        "role": role,
    })
}

/// Signs somebody up and drains the change; answers the id.
#[track_caller]
fn sign_up(app: &App, body: Value) -> String {
    let made = app.anon().post(SIGN_UP, body).ok(201);
    app.changes(&["user.created"]);
    id_of(&made).to_owned()
}

fn credentials(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

/// The token of a good sign-in.
#[track_caller]
fn token(app: &App, username: &str, password: &str) -> String {
    let reply = app.anon().post(SIGN_IN, credentials(username, password));
    text(&reply.ok(200)["token"]).to_owned()
}

/// A sign-in that is refused.
#[track_caller]
fn stays_out(app: &App, username: &str, password: &str) {
    let reply = app.anon().post(SIGN_IN, credentials(username, password));
    refused(&reply, 401, "Unauthorized", "Invalid credentials");
}

/// Marks a person as suspended (`suspended_at`) or erased (`erased_at`), past the server.
#[track_caller]
fn mark(app: &App, person: &Client, column: &str) {
    let id = person.id();
    let marked = format!("update users set {column} = created_at where id = '{id}'");
    assert_eq!(app.sql(&marked), 1);
}

/// The type of that name, as the catalogue shows it.
#[track_caller]
fn kind(client: &Client, name: &str) -> Value {
    let (kinds, _) = page(client, &format!("{TYPES}?limit=100"));
    let found = kinds.into_iter().find(|kind| kind["eventName"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in the catalogue"))
}

/// Adds a type and drains the change; answers its object.
#[track_caller]
fn add_kind(app: &App, admin: &Client, name: &str) -> Value {
    let kind = admin.post(TYPES, json!({ "eventName": name })).ok(201);
    app.changes(&["event_type.created"]);
    kind
}

fn kind_path(kind: &Value) -> String {
    format!("{TYPES}/{}", id_of(kind))
}

/// The body of a good proposal.
fn proposal(kind: &Value, vendor: &Client) -> Value {
    json!({
        "eventName": kind["id"],
        "location": "Market Square 1",
        "proposedDates": DAYS,
        "proposedTo": vendor.id(),
    })
}

/// Proposes a health talk and drains the change; answers the proposal.
#[track_caller]
fn propose(app: &App, organiser: &Client, vendor: &Client) -> Value {
    let body = proposal(&kind(organiser, "Health Talks"), vendor);
    let made = organiser.post(EVENTS, body).ok(201);
    app.changes(&["proposal.created"]);
    made
}

fn proposal_path(proposal: &Value) -> String {
    format!("{EVENTS}/{}", id_of(proposal))
}

/// The proposal as a party sees it now.
#[track_caller]
fn read(client: &Client, proposal: &Value) -> Value {
    client.get(&proposal_path(proposal)).ok(200)
}

/// Asks for a decision.
fn decide(client: &Client, proposal: &Value, decision: Value) -> Reply {
    client.patch(&proposal_path(proposal), decision)
}

/// The organiser's decision.
fn canceled() -> Value {
    json!({ "status": "canceled" })
}

/// The vendor's decision for the second day.
fn approved() -> Value {
    json!({ "status": "approved", "eventDate": DAYS[1] })
}

/// The vendor's decision against it.
fn rejected() -> Value {
    json!({ "status": "rejected", "remarks": "We are booked out." })
}

/// One page of a list: its items, and what it says about pages.
#[track_caller]
fn page(client: &Client, path: &str) -> (Vec<Value>, Value) {
    let mut answer = client.get(path).ok(200);
    assert_eq!(keys(&answer), ["data", "page"], "{path}");
    let pages = answer["page"].take();
    assert_eq!(keys(&pages), ["current", "size", "total"], "{path}");
    match answer["data"].take() {
        Value::Array(items) => (items, pages),
        other => panic!("`data` of {path} is no array: {other}"),
    }
}

/// What a list says about its pages.
fn pages(size: usize, current: usize, total: usize) -> Value {
    json!({ "size": size, "current": current, "total": total })
}

/// Asserts which limits and pages a list takes.
#[track_caller]
fn refuses_bad_pages(client: &Client, path: &str) {
    let sign = if path.contains('?') { '&' } else { '?' };
    for good in [
        "limit=1",
        "limit=100",
        "page=1",
        "page=1000",
        "limit=1&page=10000",
        "limit=100&page=100",
    ] {
        client.get(&format!("{path}{sign}{good}")).ok(200);
    }
    let huge = "99999999999999999999999";
    for bad in ["0", "-1", "abc", "", "1.5", "0x1", "%00", "%20", huge] {
        for name in ["limit", "page"] {
            let path = format!("{path}{sign}{name}={bad}");
            client.get(&path).refused_as(400, "BadRequest");
        }
    }
    for bad in [
        "limit=101",
        "page=1001",
        "limit=1&page=10001",
        "limit=100&page=101",
        "limit=99&page=102",
        "limit=100&page=4294967297",
        "limit=100&page=184467440737095517",
    ] {
        let path = format!("{path}{sign}{bad}");
        client.get(&path).refused_as(400, "BadRequest");
    }
}

/// How many statements a call costs. What copies SQLite's log into its file counts as well,
/// but runs only after a write, and then twice at most: the least of three is the call's own.
#[track_caller]
fn cost(app: &App, reader: &Client, path: &str) -> usize {
    reader.get(path).ok(200);
    let costs = [0; 3].map(|_| app.statements(|| drop(reader.get(path).ok(200))));
    let least = costs.into_iter().min().expect("three costs");
    assert!(least > 0, "{path} is counted");
    least
}

/// Asserts a refusal and its sentence.
#[track_caller]
fn refused(reply: &Reply, status: u16, name: &str, message: &str) {
    reply.refused_as(status, name);
    assert_eq!(reply.json()["message"], message);
}

/// Asserts a 400 that says something about exactly this field.
#[track_caller]
fn invalid(reply: &Reply, field: &str, input: impl Debug) {
    let input: String = format!("{input:?}").chars().take(200).collect();
    let answer = reply.text();
    assert_eq!(reply.status(), 400, "{input} answers {answer}");
    let errors = reply.refused_as(400, "BadRequest");
    assert!(errors.is_object(), "{input} names no field: {answer}");
    assert_eq!(keys(&errors), [field], "{input} answers {answer}");
    assert_ne!(text(&errors[field]), "", "{input}");
}

/// Asserts that these fields of a good body are needed, and need to be texts.
#[track_caller]
fn needs_texts(body: &Value, fields: &[&str], send: impl Fn(Value) -> Reply) {
    for field in fields {
        let missing = without(body.clone(), field);
        invalid(&send(missing.clone()), field, &missing);
        for value in no_texts() {
            let wrong = set(body.clone(), field, value);
            invalid(&send(wrong.clone()), field, &wrong);
        }
    }
}

/// Values of every type but text.
fn no_texts() -> [Value; 7] {
    [
        json!(null),
        json!(1),
        json!(1.5),
        json!(true),
        json!([]),
        json!(["text"]),
        json!({ "text": "text" }),
    ]
}

/// Asserts that a call takes nothing but a JSON object, of at most a mebibyte.
#[track_caller]
fn refuses_other_bodies(client: &Client, method: &str, path: &str) {
    let kind = Some("application/json");
    let deep = "[".repeat(20_000);
    for body in NO_OBJECTS.into_iter().chain([deep.as_bytes()]) {
        let reply = client.raw(method, path, kind, body);
        let shown = String::from_utf8_lossy(body);
        let shown: String = shown.chars().take(80).collect();
        assert_eq!(reply.status(), 400, "{method} {path} with {shown}");
        reply.refused_as(400, "BadRequest");
    }
    let form = Some("application/x-www-form-urlencoded");
    for kind in [None, Some("text/plain"), form] {
        let reply = client.raw(method, path, kind, b"{\"a\": \"b\"}");
        reply.refused_as(415, "UnsupportedMediaType");
    }
    let long = vec![b' '; (1 << 20) + 1];
    let reply = client.raw(method, path, kind, &long);
    reply.refused_as(413, "PayloadTooLarge");
}

/// The texts under `field` of a list's items, in their order.
fn texts(items: &[Value], field: &str) -> Vec<String> {
    let texts = items.iter().map(|item| text(&item[field]).to_owned());
    texts.collect()
}

#[track_caller]
fn text(value: &Value) -> &str {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("not a text: {value}"))
}

#[track_caller]
fn id_of(object: &Value) -> &str {
    text(&object["id"])
}

/// Moves the app's clock by a second: what follows is later, in answers too.
fn tick(app: &App) {
    app.clock().advance(TimeDelta::seconds(1));
}

/// Asserts a moment in UTC, as RFC 3339 writes it.
#[track_caller]
fn assert_instant(value: &Value) {
    let moment = text(value);
    DateTime::parse_from_rfc3339(moment).expect("RFC 3339");
    assert!(moment.ends_with('Z'), "{moment}");
}
