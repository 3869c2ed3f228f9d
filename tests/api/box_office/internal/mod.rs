//! The calls of a booking service under `/internal`: seats taken and given back by its key.

mod concurrency;
mod idempotency;
mod lanes;
mod movements;
mod refusals;

use chrono::TimeDelta;
use serde_json::json;

use super::catalogue::{
    ahead, availability_path, cancel, event_path, gather, hide, on, read_event,
};
use super::*;

/// What every movement of seats is in the log of changes.
const MOVED: &str = "seats.changed";

fn seats_path(id: &str) -> String {
    format!("/internal/events/{id}")
}

fn update_path(id: &str) -> String {
    format!("/internal/events/{id}/update-availability")
}

fn return_path(id: &str) -> String {
    format!("/internal/events/{id}/return-seats")
}

/// An event on sale with so many seats; its id.
#[track_caller]
fn hall(app: &App, seats: i64) -> String {
    let id = app.on_sale(json!({ "total_capacity": seats }));
    app.skip_changes();
    id
}

/// Asks for a movement of so many seats, negative ones out, whatever the version.
fn shift(client: &Client, id: &str, quantity: i64) -> Reply {
    client.post(&update_path(id), json!({ "quantity": quantity }))
}

/// The same, for whoever saw this version.
fn shift_at(client: &Client, id: &str, quantity: i64, version: i64) -> Reply {
    let body = json!({ "quantity": quantity, "version": version });
    client.post(&update_path(id), body)
}

/// Asks for the return of so many seats.
fn give_back(client: &Client, id: &str, quantity: i64) -> Reply {
    client.post(&return_path(id), json!({ "quantity": quantity }))
}

/// Asserts that seats were moved, and drains the change; answers what was told.
#[track_caller]
fn moved(app: &App, reply: &Reply) -> Value {
    let told = reply.ok(200);
    let known = ["available_seats", "event_id", "status", "version"];
    assert_eq!(keys(&told), known);
    app.changes(&[MOVED]);
    told
}

/// Takes so many seats by the internal key, and drains the change.
#[track_caller]
fn take(app: &App, id: &str, quantity: i64) -> Value {
    moved(app, &shift(&app.internal(), id, -quantity))
}

/// The event as the booking service sees it now.
#[track_caller]
fn standing(app: &App, id: &str) -> Value {
    app.internal().get(&seats_path(id)).ok(200)
}

/// The event's version now.
#[track_caller]
fn version(app: &App, id: &str) -> i64 {
    number(&standing(app, id)["version"])
}

#[track_caller]
fn number(value: &Value) -> i64 {
    let number = value.as_i64();
    number.unwrap_or_else(|| panic!("not a whole number: {value}"))
}

/// Asserts how many seats are free: in the tables, by the ledger, and as anyone is told.
#[track_caller]
fn assert_free(app: &App, id: &str, free: i64) {
    let of_event = |what: &str| {
        app.count(&format!(
            "select {what} from event_seats where event_id = '{id}'"
        ))
    };
    let sum = app.count(&format!(
        "select coalesce(sum(quantity), 0) from seat_movements where event_id = '{id}'"
    ));
    assert_eq!(of_event("capacity - available"), -sum, "the ledger");
    assert_eq!(of_event("available"), free);
    assert_eq!(app.free_seats(id), free);
    app.verified();
}

/// How many rows the ledger has of an event, that are like this.
fn rows(app: &App, id: &str, like: &str) -> i64 {
    app.count(&format!(
        "select count(*) from seat_movements where event_id = '{id}' and {like}"
    ))
}

/// Asserts the refusal of more seats than there are.
#[track_caller]
fn short_of(reply: &Reply, id: &str, requested: i64, available: i64) {
    let details = reply.refused_as(409, "INSUFFICIENT_SEATS");
    let expected = json!({
        "requested": requested,
        "available": available,
        "event_id": id,
    });
    assert_eq!(details, expected);
}

/// Asserts the refusal of a version, which tells the current one and the seats that are free.
#[track_caller]
fn outdated(reply: &Reply, id: &str, expected: i64, current: i64, free: i64) {
    let details = reply.refused_as(409, "CONCURRENT_UPDATE");
    let told = json!({
        "event_id": id,
        "expected_version": expected,
        "current_version": current,
        "available_seats": free,
    });
    assert_eq!(details, told);
}

/// Makes a person hold so many seats; what that recorded is skipped.
#[track_caller]
fn book(app: &App, name: &str, id: &str, quantity: i64) {
    let path = format!("{}/bookings", event_path(id));
    let body = json!({ "quantity": quantity });
    app.user(name).post(&path, body).ok(201);
    app.skip_changes();
}

/// How many changes of seats were ever recorded.
fn recorded(app: &App) -> i64 {
    app.count(&format!(
        "select count(*) from changes where topic = '{MOVED}'"
    ))
}
