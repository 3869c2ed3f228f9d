//! The community's calls under `/api`: profiles, events, comments and images, from the contract.
//! Every test runs on both databases and says which changes were recorded.

mod atom;
mod calendars;
mod comments;
mod concurrency;
mod crowds;
mod erasure;
mod events;
mod export;
mod groups;
mod images;
mod interest;
mod jsonld;
mod likes;
mod linking;
mod moderation;
mod reports;
mod statements;
mod suspension;
mod users;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use crate::support::*;

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

/// Addresses that no picture may have.
const BAD_URLS: [&str; 7] = [
    "nonsense",
    "/relative.png",
    "//img.example.org/a.png",
    "ftp://img.example.org/a.png",
    "javascript:alert(1)",
    "data:image/png;base64,AAAA",
    "https://",
];

/// Signs people in and drains the changes that their arrival records.
fn people<'a, const N: usize>(app: &'a App, names: [&str; N]) -> [Client<'a>; N] {
    let people = names.map(|name| app.user(name));
    app.changes(&["user.created"; N]);
    people
}

/// Moves the app's clock by a second: what follows is later, in answers too.
fn tick(app: &App) {
    app.clock().advance(TimeDelta::seconds(1));
}

/// The body of a good event, two hours on a day far ahead.
fn new_event(title: &str) -> Value {
    json!({
        "title": title,
        "description": "Bring warm clothes.",
        "location": "Market Square",
        "start_date": "2031-06-14",
        "start_time": "10:00:00",
        "end_date": "2031-06-14",
        "end_time": "12:00:00",
    })
}

/// Makes an event and answers its object.
#[track_caller]
fn create_event(client: &Client, body: Value) -> Value {
    data(&client.post("/api/events", body), 201, "Event Created")
}

/// Makes a good event and drains its change.
#[track_caller]
fn announce(app: &App, client: &Client, title: &str) -> Value {
    let event = create_event(client, new_event(title));
    app.changes(&["event.published"]);
    event
}

/// Writes a comment on an event and drains its change.
#[track_caller]
fn say(app: &App, client: &Client, event: &Value, body: &str) -> Value {
    let reply = client.post(&comments_path(event), json!({ "body": body }));
    let comment = data(&reply, 201, "Comment saved successfully");
    app.changes(&["comment.created"]);
    comment
}

fn event_path(event: &Value) -> String {
    format!("/api/events/{}", id_of(event))
}

fn comments_path(event: &Value) -> String {
    format!("/api/events/{}/comments", id_of(event))
}

fn comment_path(comment: &Value) -> String {
    format!("/api/comments/{}", id_of(comment))
}

fn images_path(comment: &Value) -> String {
    format!("/api/comments/{}/images", id_of(comment))
}

/// The data of a good answer, its status and sentence checked.
#[track_caller]
fn data(reply: &Reply, status: u16, message: &str) -> Value {
    let mut answer = reply.ok(status);
    assert_eq!(answer["message"], message);
    answer["data"].take()
}

/// The event as a reader sees it now.
#[track_caller]
fn read_event(client: &Client, event: &Value) -> Value {
    data(
        &client.get(&event_path(event)),
        200,
        "Event successfully Found",
    )
}

/// A 422 whose `fields` name at least one of these and nothing else.
#[track_caller]
fn invalid_among(reply: &Reply, allowed: &[&str]) {
    let answer = reply.json();
    assert_eq!(reply.status(), 422, "{answer}");
    let sentence = "The server cannot process the request due to invalid data.";
    assert_eq!(answer["error"], "Unprocessable Entity");
    assert_eq!(answer["message"], sentence);
    let fields = keys(&answer["fields"]);
    assert!(!fields.is_empty(), "no field is named: {answer}");
    assert!(
        fields.iter().all(|field| allowed.contains(field)),
        "other fields: {answer}"
    );
}

/// One page of a list: its items and the cursor of the next page.
#[track_caller]
fn page(client: &Client, path: &str, cursor: Option<&str>) -> (Vec<Value>, Option<String>) {
    let path = match cursor {
        Some(cursor) => {
            let sign = if path.contains('?') { '&' } else { '?' };
            format!("{path}{sign}cursor={}", encode(cursor))
        }
        None => path.to_owned(),
    };
    let mut answer = client.get(&path).ok(200);
    let next = match answer.get("next") {
        Some(Value::Null) => None,
        Some(Value::String(cursor)) => Some(cursor.clone()),
        other => panic!("`next` of {path} is neither null nor text: {other:?}"),
    };
    match answer["data"].take() {
        Value::Array(items) => (items, next),
        other => panic!("`data` of {path} is no array: {other}"),
    }
}

/// All items of a list, page after page.
#[track_caller]
fn walk(client: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = page(client, path, None);
    for _ in 0..200 {
        let Some(next) = cursor else { return items };
        let (more, after) = page(client, path, Some(&next));
        items.extend(more);
        cursor = after;
    }
    panic!("{path} never ends");
}

/// The texts under `field` of a list's items, in their order.
fn texts(items: &[Value], field: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| text(&item[field]).to_owned())
        .collect()
}

/// The names in the newest change of a topic, out of `known`.
fn changed_names<'n>(app: &App, topic: &str, known: &[&'n str]) -> Vec<&'n str> {
    let names = |name: &str| {
        app.count(&format!(
            "select count(*) from changes where cast(fields as text) like '%\"{name}\"%' \
             and id = (select max(id) from changes where topic = '{topic}')"
        ))
    };
    known
        .iter()
        .copied()
        .filter(|name| names(name) == 1)
        .collect()
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
}

fn id_of(object: &Value) -> &str {
    text(&object["id"])
}

/// An https address of exactly so many characters.
fn url_of_length(length: usize) -> String {
    let start = "https://img.example.org/";
    format!("{start}{}", "a".repeat(length - start.len()))
}

/// Percent-encodes a value for a query.
fn encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Asserts the wire's format of a moment: `YYYY-MM-DD HH:MM:SS`.
#[track_caller]
fn assert_stamp(value: &Value) {
    let format = "%Y-%m-%d %H:%M:%S";
    let stamp = text(value);
    let parsed = NaiveDateTime::parse_from_str(stamp, format).expect("a moment");
    assert_eq!(parsed.format(format).to_string(), stamp);
}

/// Asserts an RFC 3339 moment and its offset (`Z` is `+00:00`).
#[track_caller]
fn assert_instant(actual: &Value, expected: &str) {
    let parse = |moment: &str| {
        let moment = DateTime::parse_from_rfc3339(moment).expect("RFC 3339");
        (moment.naive_local(), *moment.offset())
    };
    assert_eq!(parse(text(actual)), parse(expected));
}
