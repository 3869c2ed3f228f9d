//! The public catalogue: what anyone is told about the events that are on.

mod filters;
mod list;
mod pages;
mod read;

use chrono::{DateTime, SecondsFormat, TimeDelta};
use serde_json::json;

use super::*;

pub(super) const EVENTS: &str = "/api/v1/events";

/// What an event shows to everyone.
const EVENT_KEYS: [&str; 16] = [
    "available_seats",
    "base_price",
    "currency",
    "datetime",
    "description",
    "end_datetime",
    "event_id",
    "event_type",
    "max_tickets_per_booking",
    "name",
    "start_datetime",
    "status",
    "timezone",
    "total_capacity",
    "venue",
    "version",
];

/// What a community event does not have.
const WITH_SEATS: [&str; 7] = [
    "available_seats",
    "base_price",
    "currency",
    "event_type",
    "max_tickets_per_booking",
    "total_capacity",
    "venue",
];

pub(super) fn event_path(id: &str) -> String {
    format!("{EVENTS}/{id}")
}

pub(super) fn availability_path(id: &str) -> String {
    format!("{EVENTS}/{id}/availability")
}

/// The event as anyone sees it now.
#[track_caller]
pub(super) fn read_event(app: &App, id: &str) -> Value {
    app.anon().get(&event_path(id)).ok(200)
}

/// A moment so many hours from now, as a body writes it.
pub(super) fn ahead(app: &App, hours: i64) -> String {
    let then = app.clock().now() + TimeDelta::hours(hours);
    then.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What an event of that name and time differs in from any other.
pub(super) fn on(name: &str, start: &str, end: &str) -> Value {
    json!({ "name": name, "start_datetime": start, "end_datetime": end })
}

/// The same, from 10 to 12 o'clock (UTC) on a day.
fn on_day(name: &str, day: &str) -> Value {
    on(
        name,
        &format!("{day}T10:00:00Z"),
        &format!("{day}T12:00:00Z"),
    )
}

/// Makes a community event, from 10 to 12 o'clock on a day; answers its id.
#[track_caller]
pub(super) fn gather(client: &Client, title: &str, day: &str) -> String {
    let event = json!({
        "title": title,
        "description": "Bring warm clothes.",
        "location": "Market Square",
        "start_date": day,
        "start_time": "10:00",
        "end_date": day,
        "end_time": "12:00",
    });
    let made = client.post("/api/events", event).ok(201);
    text(&made["data"]["id"]).to_owned()
}

/// Cancels an event on sale; what that recorded is skipped.
#[track_caller]
pub(super) fn cancel(app: &App, id: &str) {
    let version = &read_event(app, id)["version"];
    let path = format!("/api/v1/admin/events/{id}?version={version}");
    app.super_admin().delete(&path).ok(200);
    app.skip_changes();
}

/// Makes an event its creator's draft, past the server.
#[track_caller]
pub(super) fn hide(app: &App, id: &str) {
    let hidden = format!("update events set visible = false where id = '{id}'");
    assert_eq!(app.sql(&hidden), 1);
}

/// Moves so many seats by the internal key, negative ones out.
#[track_caller]
fn shift(app: &App, id: &str, quantity: i64) {
    let path = format!("/internal/events/{id}/update-availability");
    let body = json!({ "quantity": quantity });
    app.internal().post(&path, body).ok(200);
}

/// One page of the list, two seconds after what was before: by then its total is exact.
#[track_caller]
fn listed(app: &App, query: &str) -> Value {
    app.clock().advance(TimeDelta::seconds(2));
    let path = match query {
        "" => EVENTS.to_owned(),
        query => format!("{EVENTS}?{query}"),
    };
    let page = app.anon().get(&path).ok(200);
    assert_eq!(
        keys(&page),
        ["events", "has_more", "limit", "next", "page", "total"],
        "{path}"
    );
    assert_eq!(page["has_more"], page["next"].is_string(), "{path}");
    page
}

#[track_caller]
fn events(page: &Value) -> &[Value] {
    page["events"].as_array().expect("an array")
}

#[track_caller]
fn texts(page: &Value, field: &str) -> Vec<String> {
    let texts = events(page).iter().map(|event| text(&event[field]));
    texts.map(str::to_owned).collect()
}

/// The names of a page's events, in its order.
#[track_caller]
fn names(page: &Value) -> Vec<String> {
    texts(page, "name")
}

/// The ids of a page's events, in its order.
#[track_caller]
fn ids(page: &Value) -> Vec<String> {
    texts(page, "event_id")
}

/// Asserts a moment and its offset (`Z` is `+00:00`).
#[track_caller]
fn assert_instant(actual: &Value, expected: &str) {
    let parse = |moment: &str| {
        let moment = DateTime::parse_from_rfc3339(moment).expect("RFC 3339");
        (moment.naive_local(), *moment.offset())
    };
    assert_eq!(parse(text(actual)), parse(expected), "{actual}");
}
