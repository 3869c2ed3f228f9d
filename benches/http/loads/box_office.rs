//! What wrk calls of the box office.

use serde_json::json;

use super::{AVAILABILITY, BOOKING_HOLD, cookies};
use crate::google::Person;
use crate::server::INTERNAL_API_KEY;
use crate::texts::{CITY, TYPE};
use crate::wrk::{Load, Order};

/// What there is to come, soonest first.
pub fn catalogue_list(name: &str) -> Load {
    Load::get(name, vec!["/api/v1/events?limit=20".to_owned()])
}

/// The same of one type and in one city.
pub fn catalogue_list_filtered(name: &str) -> Load {
    let path = format!("/api/v1/events?limit=20&type={TYPE}&city={CITY}");
    Load::get(name, vec![path])
}

/// How many seats of these events are left.
pub fn availability(events: &[String]) -> Load {
    let paths = events
        .iter()
        .map(|id| format!("/api/v1/events/{id}/availability"))
        .collect();
    Load::get(AVAILABILITY, paths)
}

/// Where the seats of an event are moved.
pub fn seats_path(event: &str) -> String {
    format!("/internal/events/{event}/update-availability")
}

/// What takes so many seats, if this is the event's version.
pub fn taking(quantity: i64, version: Option<i64>) -> String {
    let body = match version {
        Some(version) => json!({ "quantity": -quantity, "version": version }),
        None => json!({ "quantity": -quantity }),
    };
    body.to_string()
}

/// A service takes one seat after the other of these events.
pub fn seats_taken(name: &str, events: &[String], order: Order) -> Load {
    Load {
        method: "POST",
        bodies: vec![taking(1, None)],
        api_key: INTERNAL_API_KEY.to_owned(),
        order,
        waits: false,
        ..Load::get(name, events.iter().map(|id| seats_path(id)).collect())
    }
}

/// People hold one seat after the other of these events.
pub fn booking_hold(people: &[Person], events: &[String]) -> Load {
    let paths = events
        .iter()
        .map(|id| format!("/api/v1/events/{id}/bookings"))
        .collect();
    Load {
        method: "POST",
        cookies: cookies(people),
        bodies: vec![json!({ "quantity": 1 }).to_string()],
        waits: false,
        ..Load::get(BOOKING_HOLD, paths)
    }
}
