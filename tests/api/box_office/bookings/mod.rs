//! Bookings of signed-in people: how seats are held, confirmed, given back and listed, and that
//! none is ever sold twice.

mod cancel;
mod concurrency;
mod confirm;
mod event_cancelled;
mod holds;
mod lists;
mod reserve;

use std::sync::Barrier;
use std::thread;

use chrono::TimeDelta;
use serde_json::json;

use super::*;

const MINE: &str = "/api/v1/bookings";

/// What a booking shows when it is made, and what it shows later.
const MADE: &str = "booking_id currency event_id expires_at quantity reference status total_amount";
const SHOWN: &str = "admitted_at booking_id confirmed_at created_at currency event_id expires_at \
                     quantity reference status ticket_code total_amount";

/// Longer than a hold lasts, and shorter than an admin's token.
const TOO_LONG: TimeDelta = TimeDelta::seconds(601);

/// What the payment service calls a payment.
const PAID: &str = "pay-4711";

/// What is recorded of each kind of event in the life of a booking.
const HELD: [&str; 2] = ["seats.changed", "booking.held"];
const TAKEN: [&str; 2] = ["seats.changed", "booking.confirmed"];
const CANCELLED: [&str; 2] = ["seats.changed", "booking.cancelled"];
const REFUNDED: [&str; 3] = ["seats.changed", "booking.cancelled", "booking.refund_due"];
const EXPIRED: [&str; 2] = ["seats.changed", "booking.expired"];

/// Signs people in; what was recorded so far is forgotten.
pub(super) fn people<'a, const N: usize>(app: &'a App, names: [&str; N]) -> [Client<'a>; N] {
    let people = names.map(|name| app.user(name));
    app.skip_changes();
    people
}

/// The id of an event that the super admin sells; what was recorded so far is forgotten.
pub(super) fn on_sale(app: &App, over: Value) -> String {
    let event = app.on_sale(over);
    app.skip_changes();
    event
}

/// The id of an event that this admin sells, at a venue of the same admin's.
#[track_caller]
pub(super) fn event_of(app: &App, admin: &Client) -> String {
    let venue = json!({
        "name": "Club",
        "address": "2 Side St",
        "city": "Oslo",
        "country": "Norway",
        "capacity": 1000,
    });
    let venue = admin.post("/api/v1/admin/venues", venue).ok(201);
    let starts = app.clock().now() + TimeDelta::days(10);
    let event = json!({
        "name": "Club Night",
        "description": "Early",
        "venue_id": venue["venue_id"],
        "event_type": "Concert",
        "start_datetime": starts.to_rfc3339(),
        "end_datetime": (starts + TimeDelta::hours(3)).to_rfc3339(),
        "total_capacity": 100,
        "base_price": 25.5,
    });
    let event = admin.post("/api/v1/admin/events", event).ok(201);
    let id = text(&event["event_id"]).to_owned();
    let published = json!({ "version": event["version"], "status": "published" });
    admin.put(&admin_path(&id), published).ok(200);
    app.skip_changes();
    id
}

/// The id of an event of the community, which has no seats.
#[track_caller]
pub(super) fn gathering(app: &App, host: &Client) -> String {
    let event = json!({
        "title": "Walk",
        "description": "Bring warm clothes.",
        "location": "Market Square",
        "start_date": "2031-06-14",
        "start_time": "10:00:00",
        "end_date": "2031-06-14",
        "end_time": "12:00:00",
    });
    let made = host.post("/api/events", event).ok(201);
    app.skip_changes();
    text(&made["data"]["id"]).to_owned()
}

/// An event's path among the admins' calls.
pub(super) fn admin_path(event: &str) -> String {
    format!("/api/v1/admin/events/{event}")
}

/// Where the event's admin sees its bookings.
fn sold_path(event: &str) -> String {
    format!("{}/bookings", admin_path(event))
}

pub(super) fn booking_path(booking: &Value) -> String {
    format!("{MINE}/{}", text(&booking["booking_id"]))
}

fn confirm_path(booking: &Value) -> String {
    format!("{}/confirm", booking_path(booking))
}

/// Asks for so many seats.
pub(super) fn reserve(client: &Client, event: &str, quantity: i64) -> Reply {
    let path = format!("/api/v1/events/{event}/bookings");
    client.post(&path, json!({ "quantity": quantity }))
}

/// Holds seats of a priced event and drains the changes; answers the booking.
#[track_caller]
pub(super) fn hold(app: &App, client: &Client, event: &str, quantity: i64) -> Value {
    let booking = reserve(client, event, quantity).ok(201);
    app.changes(&HELD);
    assert_eq!(booking["status"], "held");
    booking
}

/// Books seats of a free event and drains the changes; answers the booking.
#[track_caller]
pub(super) fn take(app: &App, client: &Client, event: &str, quantity: i64) -> Value {
    let booking = reserve(client, event, quantity).ok(201);
    app.changes(&TAKEN);
    assert_eq!(booking["status"], "confirmed");
    booking
}

/// Says that a booking is paid, as the payment service does.
fn pay(app: &App, booking: &Value) -> Reply {
    let payment = json!({ "payment_reference": PAID });
    app.internal().post(&confirm_path(booking), payment)
}

/// Holds seats of a priced event, pays for them and drains the changes; answers the booking.
#[track_caller]
pub(super) fn buy(app: &App, client: &Client, event: &str, quantity: i64) -> Value {
    let held = hold(app, client, event, quantity);
    let booking = pay(app, &held).ok(200);
    app.changes(&["booking.confirmed"]);
    assert_eq!(booking["status"], "confirmed");
    booking
}

/// The booking as its person sees it now.
#[track_caller]
pub(super) fn read(client: &Client, booking: &Value) -> Value {
    let seen = client.get(&booking_path(booking)).ok(200);
    assert_eq!(keys(&seen).join(" "), SHOWN);
    assert_eq!(seen["booking_id"], booking["booking_id"]);
    seen
}

/// Asserts what its person sees of a booking that came to nothing.
#[track_caller]
fn assert_over(client: &Client, booking: &Value, status: &str) {
    let seen = read(client, booking);
    assert_eq!(seen["status"], status);
    for gone in ["expires_at", "ticket_code", "admitted_at"] {
        assert_eq!(seen[gone], Value::Null, "{gone}");
    }
}

pub(super) fn cancel(client: &Client, booking: &Value) -> Reply {
    client.delete(&booking_path(booking))
}

/// Asserts the answer to a cancellation, which is always the same.
#[track_caller]
pub(super) fn assert_cancelled(reply: &Reply, booking: &Value) {
    let id = &booking["booking_id"];
    let expected = json!({ "message": "Booking cancelled", "booking_id": id });
    assert_eq!(reply.ok(200), expected);
}

/// Asserts that a refused call has recorded nothing and moved no seat.
#[track_caller]
fn untouched(app: &App, event: &str, free: i64) {
    app.changes(&[]);
    assert_eq!(app.free_seats(event), free);
    app.verified();
}

/// Cancels an event, as its admin does it.
#[track_caller]
pub(super) fn call_off(app: &App, event: &str) -> Reply {
    let (root, path) = (app.super_admin(), admin_path(event));
    let version = root.get(&path).ok(200)["version"].clone();
    root.delete(&format!("{path}?version={version}"))
}

/// Sets a field of an event, as its admin does it, and drains the change.
#[track_caller]
pub(super) fn amend(app: &App, event: &str, field: &str, value: Value) {
    let (root, path) = (app.super_admin(), admin_path(event));
    let version = root.get(&path).ok(200)["version"].clone();
    let change = set(json!({ "version": version }), field, value);
    root.put(&path, change).ok(200);
    app.changes(&["event.updated"]);
}

/// Suspends a person, past the server.
#[track_caller]
fn suspend(app: &App, person: &Client) {
    let id = person.id();
    let suspended = format!("update users set suspended_at = updated_at where id = '{id}'");
    assert_eq!(app.sql(&suspended), 1);
}

/// Whom the box office knows neither as a person nor as an admin.
pub(super) fn strangers(app: &App) -> Vec<(&'static str, Client<'_>)> {
    let strangers = vec![
        ("nobody", app.anon()),
        (
            "a session of nobody",
            app.anon().with("Cookie", "session=nonsense"),
        ),
        ("a token of nobody", app.anon().bearer("nonsense")),
        ("an organiser", app.account("orla", "human-resource")),
        ("a vendor", app.account("vera", "vendor")),
        ("a machine", app.anon().bearer(MACHINE)),
    ];
    app.skip_changes();
    strangers
}

/// A machine token of the settings.
pub(super) const MACHINE: &str = "a-configured-token-of-the-tests-0123456789";

/// The setting that makes it one.
pub(super) const WITH_MACHINE: [(&str, &str); 1] = [("API_TOKEN", MACHINE)];

/// One admin of every role.
pub(super) fn admins(app: &App) -> Vec<(&'static str, Client<'_>)> {
    let admins = vec![
        ("a super_admin", app.super_admin()),
        ("an event_manager", app.admin("event_manager")),
        ("an analyst", app.admin("analyst")),
    ];
    app.skip_changes();
    admins
}

/// Does things at the same moment, each in a thread of its own; what came of them, in order.
pub(super) fn at_once<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    let (start, act) = (&start, &act);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    act(n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|result| result.expect("it ends")).collect()
    })
}

/// How many answers have this status.
pub(super) fn with_status(replies: &[Reply], status: u16) -> usize {
    let of_status = replies.iter().filter(|reply| reply.status() == status);
    of_status.count()
}

/// How many changes of a topic were ever recorded, for what comes in no certain order.
pub(super) fn recorded(app: &App, topic: &str) -> usize {
    let query = format!("select count(*) from changes where topic = '{topic}'");
    usize::try_from(app.count(&query)).expect("a count")
}

/// How many changes of a topic are about this booking.
fn recorded_of(app: &App, topic: &str, booking: &Value) -> i64 {
    let id = text(&booking["booking_id"]);
    app.count(&format!(
        "select count(*) from changes where topic = '{topic}' \
         and cast(subject as text) like '%{id}%'"
    ))
}

/// A JSON number.
#[track_caller]
pub(super) fn number(value: &Value) -> f64 {
    let number = value.as_f64();
    number.unwrap_or_else(|| panic!("not a number: {value}"))
}
