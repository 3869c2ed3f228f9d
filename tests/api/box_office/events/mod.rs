//! An admin's events under `/api/v1/admin/events`: drafts first, then on sale, then cancelled or
//! over; who may do what with them, and which version of them was meant.

mod cancel;
mod create;
mod list;
mod rules;
mod update;
mod versions;

use std::sync::Barrier;
use std::thread;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::json;

use super::*;

pub(super) const EVENTS: &str = "/api/v1/admin/events";
const PUBLIC: &str = "/api/v1/events";

/// What every event shows.
const FIELDS: &str = "available_seats base_price currency datetime description end_datetime \
                      event_id event_type max_tickets_per_booking name start_datetime status \
                      timezone total_capacity venue version";

/// Bodies that are no JSON objects.
const NO_OBJECTS: [&[u8]; 10] = [
    b"",
    b" ",
    b"{",
    b"{}{}",
    b"nonsense",
    b"null",
    b"7",
    b"\"text\"",
    b"[]",
    b"{\"name\": \"\xff\xfe\"}",
];

/// New admins of these roles; what their making recorded is forgotten.
pub(super) fn hired<'a, const N: usize>(app: &'a App, roles: [&str; N]) -> [Client<'a>; N] {
    let admins = roles.map(|role| app.admin(role));
    app.skip_changes();
    admins
}

/// Callers who are no admins: nobody, and holders of the other keys of this server.
pub(super) fn outsiders(app: &App) -> Vec<Client<'_>> {
    let token = json!({ "name": "Cron", "scopes": ["events:write"] });
    let made = app.super_admin().post("/api/v1/tokens", token).ok(201);
    let outsiders = vec![
        app.anon(),
        app.anon().bearer("garbage"),
        app.anon().bearer(text(&made["data"]["token"])),
        app.account("vera", "vendor"),
        app.user("cem"),
        app.internal(),
    ];
    app.skip_changes();
    outsiders
}

/// A moment that is so far ahead, as RFC 3339 writes it.
pub(super) fn later(app: &App, by: TimeDelta) -> String {
    let moment = app.clock().now() + by;
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The body of a good event.
pub(super) fn new_event(app: &App, venue: &str) -> Value {
    let start = TimeDelta::days(10);
    json!({
        "name": "Quiz Night",
        "description": "Six rounds.\nBring a pencil.",
        "venue_id": venue,
        "event_type": "Quiz",
        "start_datetime": later(app, start),
        "end_datetime": later(app, start + TimeDelta::hours(3)),
        "total_capacity": 100,
        "base_price": 12.5,
    })
}

/// The times of an event that begins in five minutes and is over in ten: what its admin signed in
/// for is still open then.
pub(super) fn soon(app: &App) -> Value {
    json!({
        "start_datetime": later(app, TimeDelta::minutes(5)),
        "end_datetime": later(app, TimeDelta::minutes(10)),
    })
}

/// Makes an event and drains its change.
#[track_caller]
fn make(app: &App, client: &Client, body: Value) -> Value {
    let event = client.post(EVENTS, body).ok(201);
    app.changes(&["event.created"]);
    event
}

/// A draft of the super admin's; what its making recorded is forgotten.
fn draft(app: &App, over: Value) -> Value {
    let event = app.draft(over);
    app.skip_changes();
    event
}

/// An event of the super admin's that is on sale; what its making recorded is forgotten.
#[track_caller]
fn on_sale(app: &App, over: Value) -> Value {
    let id = app.on_sale(over);
    app.skip_changes();
    let event = app.super_admin().get(&format!("{EVENTS}/{id}")).ok(200);
    assert_eq!(event["status"], "published");
    event
}

#[track_caller]
fn id_of(event: &Value) -> &str {
    text(&event["event_id"])
}

#[track_caller]
fn venue_of(event: &Value) -> &str {
    text(&event["venue"]["venue_id"])
}

#[track_caller]
fn version_of(event: &Value) -> i64 {
    let version = event["version"].as_i64();
    version.unwrap_or_else(|| panic!("no version: {event}"))
}

#[track_caller]
pub(super) fn path_of(event: &Value) -> String {
    format!("{EVENTS}/{}", id_of(event))
}

/// The event as an admin sees it now.
#[track_caller]
fn read(client: &Client, event: &Value) -> Value {
    client.get(&path_of(event)).ok(200)
}

/// Asks for changes of the event as it was in this answer.
#[track_caller]
pub(super) fn update(client: &Client, event: &Value, change: Value) -> Reply {
    client.put(&path_of(event), set(change, "version", version_of(event)))
}

/// Asks to cancel the event as it was in this answer.
#[track_caller]
fn cancel(client: &Client, event: &Value) -> Reply {
    let (path, version) = (path_of(event), version_of(event));
    client.delete(&format!("{path}?version={version}"))
}

/// The booking service takes seats.
#[track_caller]
fn try_to_sell(app: &App, event: &Value, seats: i64) -> Reply {
    let path = format!("/internal/events/{}/update-availability", id_of(event));
    app.internal().post(&path, json!({ "quantity": -seats }))
}

/// The same, drained; answers the event as an admin sees it then.
#[track_caller]
fn sell(app: &App, event: &Value, seats: i64) -> Value {
    try_to_sell(app, event, seats).ok(200);
    app.changes(&["seats.changed"]);
    read(&app.super_admin(), event)
}

/// Asserts that what was refused left the event as it was, and recorded nothing.
#[track_caller]
fn untouched(app: &App, event: &Value) {
    app.changes(&[]);
    assert_eq!(read(&app.super_admin(), event), *event);
}

#[track_caller]
fn not_modifiable(reply: &Reply) {
    reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
}

/// Asserts that this version was refused, and that the caller is told how the event is now.
#[track_caller]
fn conflicts(reply: &Reply, given: i64, now: &Value) {
    let details = reply.refused_as(409, "CONCURRENT_UPDATE");
    let told = json!({
        "event_id": now["event_id"],
        "expected_version": given,
        "current_version": now["version"],
        "available_seats": now["available_seats"],
    });
    assert_eq!(details, told);
}

/// Asserts a 400 that says something about one or both of the event's times and nothing else.
#[track_caller]
fn invalid_times(reply: &Reply) {
    let details = reply.refused_as(400, "VALIDATION_FAILED");
    let named = keys(&details).join(" ");
    let times = [
        "start_datetime",
        "end_datetime",
        "end_datetime start_datetime",
    ];
    assert!(times.contains(&named.as_str()), "{details}");
}

/// Asserts that a moment is told as this one, in the same zone.
#[track_caller]
fn tells(value: &Value, expected: &str) {
    let parse = |moment: &str| {
        let moment = DateTime::parse_from_rfc3339(moment).expect("RFC 3339");
        (moment.naive_local(), *moment.offset())
    };
    assert_eq!(parse(text(value)), parse(expected));
}

/// Asserts that a call takes nothing but a JSON object, of at most a mebibyte.
#[track_caller]
pub(super) fn refuses_other_bodies(client: &Client, method: &str, path: &str) {
    let kind = Some("application/json");
    let deep = "[".repeat(20_000);
    for body in NO_OBJECTS.into_iter().chain([deep.as_bytes()]) {
        let reply = client.raw(method, path, kind, body);
        reply.refused_as(400, "VALIDATION_FAILED");
    }
    let form = Some("application/x-www-form-urlencoded");
    for kind in [None, Some("text/plain"), form] {
        let reply = client.raw(method, path, kind, b"{\"a\": \"b\"}");
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let long = vec![b' '; (1 << 20) + 1];
    let reply = client.raw(method, path, kind, &long);
    reply.refused_as(413, "PAYLOAD_TOO_LARGE");
}

/// How many changes of a topic were ever recorded.
pub(super) fn recorded(app: &App, topic: &str) -> i64 {
    app.count(&format!(
        "select count(*) from changes where topic = '{topic}'"
    ))
}

/// Makes calls at the same moment, each from a thread of its own; their answers in order.
pub(super) fn at_once(count: usize, call: impl Fn(usize) -> Reply + Sync) -> Vec<Reply> {
    let start = Barrier::new(count);
    let (start, call) = (&start, &call);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    call(n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|reply| reply.expect("an answer")).collect()
    })
}

/// Asserts that of two calls one was done, with this status; answers which.
#[track_caller]
pub(super) fn one_done(replies: &[Reply], status: u16) -> usize {
    let done = |reply: &&Reply| reply.status() == status;
    assert_eq!(replies.iter().filter(done).count(), 1, "{replies:?}");
    usize::from(replies[1].status() == status)
}

/// How many statements a page costs. What copies SQLite's log into its file counts as well,
/// but runs only after a write, and then twice at most: the least of three is the page's own.
#[track_caller]
pub(super) fn cost(app: &App, reader: &Client, path: &str) -> usize {
    reader.get(path).ok(200);
    let costs = [0; 3].map(|_| app.statements(|| drop(reader.get(path).ok(200))));
    let least = costs.into_iter().min().expect("three costs");
    assert!(least > 0, "{path} is counted");
    least
}

/// A super admin, and the event that is changed.
struct Trial<'a> {
    app: &'a App,
    root: Client<'a>,
    event: Value,
}

impl<'a> Trial<'a> {
    fn start(app: &'a App) -> Trial<'a> {
        let root = app.super_admin();
        let event = draft(app, json!({}));
        Trial { app, root, event }
    }

    fn good(&self) -> Value {
        new_event(self.app, venue_of(&self.event))
    }

    /// Sends a value in a new event, and in a change of the one that is there.
    fn both(&self, field: &str, value: &Value) -> [Reply; 2] {
        let body = set(self.good(), field, value.clone());
        let change = set(json!({}), field, value.clone());
        [
            self.root.post(EVENTS, body),
            update(&self.root, &self.event, change),
        ]
    }

    /// The same with a number as it is written here.
    fn both_written(&self, field: &str, number: &str) -> [Reply; 2] {
        let written = |body: Value| {
            let body = set(body, field, "the number").to_string();
            body.replace("\"the number\"", number)
        };
        let change = json!({ "version": version_of(&self.event) });
        let kind = Some("application/json");
        [
            ("POST", EVENTS.to_owned(), written(self.good())),
            ("PUT", path_of(&self.event), written(change)),
        ]
        .map(|(method, path, body)| self.root.raw(method, &path, kind, body.as_bytes()))
    }

    #[track_caller]
    fn refuses(&self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        for reply in self.both(field, &value) {
            invalid(&reply, field);
        }
    }

    #[track_caller]
    fn refuses_written(&self, field: &str, number: &str) {
        for reply in self.both_written(field, number) {
            invalid(&reply, field);
        }
    }

    /// Asserts that a new event and a change were made; answers what they are now.
    #[track_caller]
    fn made(&mut self, [new, changed]: &[Reply; 2]) -> [Value; 2] {
        let both = [new.ok(201), changed.ok(200)];
        self.app.changes(&["event.created", "event.updated"]);
        self.event = both[1].clone();
        both
    }

    #[track_caller]
    fn takes(&mut self, field: &str, value: impl Into<Value>, kept: impl Into<Value>) {
        let (value, kept) = (value.into(), kept.into());
        let replies = self.both(field, &value);
        for event in self.made(&replies) {
            assert_eq!(event[field], kept, "{value}");
        }
    }

    /// Asserts that nothing came of what was refused.
    #[track_caller]
    fn end(self) {
        untouched(self.app, &self.event);
    }
}
