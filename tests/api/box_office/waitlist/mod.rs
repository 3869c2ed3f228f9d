//! `/api/v1/events/{id}/waitlist`: seats that come free are offered to the first in line whose
//! party fits into them, for a while, and then to the next.

mod concurrency;
mod join;
mod leave;
mod offers;

use chrono::TimeDelta;
use serde_json::json;

use super::*;

/// What each offer records.
const OFFERED: [&str; 3] = ["seats.changed", "booking.held", "waitlist.offered"];

/// Holds and offers that end while an admin's token still lasts.
const SHORT: [(&str, &str); 2] = [
    ("BOOKING_HOLD_SECONDS", "300"),
    ("WAITLIST_OFFER_SECONDS", "120"),
];

/// As many seats as one call of the booking service moves.
const MOST: i64 = 10;

/// Signs people in; all that was recorded so far is forgotten.
pub(super) fn people<'a, const N: usize>(app: &'a App, names: [&str; N]) -> [Client<'a>; N] {
    let people = names.map(|name| app.user(name));
    app.skip_changes();
    people
}

pub(super) fn waitlist_path(event: &str) -> String {
    format!("/api/v1/events/{event}/waitlist")
}

pub(super) fn bookings_path(event: &str) -> String {
    format!("/api/v1/events/{event}/bookings")
}

pub(super) fn booking_path(booking: &str) -> String {
    format!("/api/v1/bookings/{booking}")
}

pub(super) fn confirm_path(booking: &str) -> String {
    format!("/api/v1/bookings/{booking}/confirm")
}

fn event_path(event: &str) -> String {
    format!("/api/v1/admin/events/{event}")
}

/// A free event all of whose seats the booking service has taken; what that recorded is forgotten.
#[track_caller]
pub(super) fn full(app: &App, seats: i64) -> String {
    let event = app.on_sale(json!({ "total_capacity": seats, "base_price": 0 }));
    let path = format!("/internal/events/{event}/update-availability");
    let mut left = seats;
    while left > 0 {
        let some = left.min(MOST);
        let taken = json!({ "quantity": -some });
        app.internal().post(&path, taken).ok(200);
        left -= some;
    }
    app.skip_changes();
    event
}

/// Returns seats that the booking service has taken.
#[track_caller]
pub(super) fn give_back(app: &App, event: &str, seats: i64) {
    let path = format!("/internal/events/{event}/return-seats");
    let returned = json!({ "quantity": seats });
    app.internal().post(&path, returned).ok(200);
}

/// Asks for a place in line.
pub(super) fn ask(client: &Client, event: &str, party_size: i64) -> Reply {
    let party = json!({ "party_size": party_size });
    client.post(&waitlist_path(event), party)
}

/// Joins the line, gets nothing yet, and drains the change.
#[track_caller]
fn queue(app: &App, client: &Client, event: &str, party_size: i64, position: i64) {
    let expected = json!({ "position": position, "status": "waiting" });
    assert_eq!(ask(client, event, party_size).ok(201), expected);
    app.changes(&["waitlist.joined"]);
}

/// Joins, and is offered seats at once; drains the changes, answers the booking's id.
#[track_caller]
fn grab(app: &App, client: &Client, event: &str, party_size: i64) -> String {
    let expected = json!({ "position": 0, "status": "offered" });
    assert_eq!(ask(client, event, party_size).ok(201), expected);
    app.changes(&then_offers(&["waitlist.joined"], 1));
    offer(client, event)
}

/// Books seats; answers the booking's id.
#[track_caller]
pub(super) fn book(client: &Client, event: &str, quantity: i64) -> String {
    let wanted = json!({ "quantity": quantity });
    let booking = client.post(&bookings_path(event), wanted).ok(201);
    text(&booking["booking_id"]).to_owned()
}

/// A booking of the caller's, as it is told.
#[track_caller]
pub(super) fn read_booking(client: &Client, booking: &str) -> Value {
    client.get(&booking_path(booking)).ok(200)
}

/// The caller's newest entry, as it is told.
#[track_caller]
fn entry(client: &Client, event: &str) -> Value {
    let entry = client.get(&waitlist_path(event)).ok(200);
    let known = "booking_id expires_at party_size position status";
    assert_eq!(keys(&entry).join(" "), known);
    let offered = entry["status"] == "offered";
    for field in ["booking_id", "expires_at"] {
        assert_eq!(entry[field].is_string(), offered, "{field}: {entry}");
        assert_eq!(entry[field].is_null(), !offered, "{field}: {entry}");
    }
    match entry["status"] == "waiting" {
        true => assert!(entry["position"].as_i64() >= Some(1), "{entry}"),
        false => assert_eq!(entry["position"], 0, "{entry}"),
    }
    entry
}

#[track_caller]
pub(super) fn assert_status(client: &Client, event: &str, status: &str) {
    let entry = entry(client, event);
    assert_eq!(entry["status"], status, "{entry}");
}

#[track_caller]
pub(super) fn assert_waits(client: &Client, event: &str, position: i64) {
    let entry = entry(client, event);
    assert_eq!(entry["status"], "waiting", "{entry}");
    assert_eq!(entry["position"], position, "{entry}");
}

/// Asserts that the caller is offered seats; answers the id of the booking that holds them.
#[track_caller]
pub(super) fn offer(client: &Client, event: &str) -> String {
    let entry = entry(client, event);
    assert_eq!(entry["status"], "offered", "{entry}");
    text(&entry["booking_id"]).to_owned()
}

/// The topics of these changes and of so many offers after them.
fn then_offers(first: &[&'static str], offers: usize) -> Vec<&'static str> {
    let mut topics = first.to_vec();
    for _ in 0..offers {
        topics.extend(OFFERED);
    }
    topics
}

/// Moves the clock past the end of the caller's offer.
#[track_caller]
fn outlive(app: &App, client: &Client, event: &str) {
    let until = moment(&entry(client, event)["expires_at"]);
    let left = until - app.clock().now();
    app.clock().advance(left + TimeDelta::seconds(1));
}

/// Asserts that there is nothing of the caller's, or no event at all.
#[track_caller]
fn not_there(reply: &Reply) {
    reply.expect_status(404);
    let code = reply.json()["error"]["code"].take();
    assert!(code == "NOT_FOUND" || code == "EVENT_NOT_FOUND", "{code}");
}

/// How many changes of a topic were ever recorded. For what is recorded in no certain order.
pub(super) fn recorded(app: &App, topic: &str) -> i64 {
    app.count(&format!(
        "select count(*) from changes where topic = '{topic}'"
    ))
}

/// The version of an event now.
#[track_caller]
fn version_of(app: &App, event: &str) -> Value {
    let path = format!("/api/v1/events/{event}");
    app.anon().get(&path).ok(200)["version"].take()
}

#[track_caller]
fn suspend(app: &App, person: &Client) {
    let id = person.id();
    let suspended = format!("update users set suspended_at = updated_at where id = '{id}'");
    assert_eq!(app.sql(&suspended), 1);
}

#[track_caller]
fn restore(app: &App, person: &Client) {
    let id = person.id();
    let restored = format!("update users set suspended_at = null where id = '{id}'");
    assert_eq!(app.sql(&restored), 1);
}

/// Asserts that seats, ledger, bookings and offers tell the same of an event.
#[track_caller]
pub(super) fn assert_adds_up(app: &App, event: &str) {
    app.verified();
    let of = format!("event_id = '{event}'");
    let count = |what: &str, from: &str| app.count(&format!("select {what} from {from}"));
    let moved = "coalesce(-sum(quantity), 0)";
    let taken = count("capacity - available", &format!("event_seats where {of}"));
    let ledger = count(moved, &format!("seat_movements where {of}"));
    assert_eq!(taken, ledger, "what is taken, and what was moved");
    let live = format!("bookings where {of} and status in ('held', 'confirmed')");
    let booked = count("coalesce(sum(quantity), 0)", &live);
    let by_bookings = format!("seat_movements where {of} and source = 'booking'");
    assert_eq!(booked, count(moved, &by_bookings), "what bookings moved");
    let offers = format!("waitlist where {of} and status = 'offered'");
    let holds =
        format!("{offers} and booking_id in (select id from bookings where status = 'held')");
    let all = count("count(*)", &offers);
    assert_eq!(count("count(*)", &holds), all, "an offer is a hold");
    let distinct = count("count(distinct booking_id)", &offers);
    assert_eq!(distinct, all, "a hold is offered to one");
}
