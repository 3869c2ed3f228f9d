//! The box office, over HTTP: what its admin puts on sale, and what services ask of it.

use std::net::SocketAddr;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::accounts::{self, json_of, post, text};
use super::client::Call;
use super::loads;
use super::server::INTERNAL_API_KEY;

/// The most seats that an event has.
pub const MOST_SEATS: i64 = 1_000_000;
/// The most that a person holds of an event.
const PER_PERSON: i64 = 1_000;
/// Days from now to the events: they are later than all that are seeded.
const AHEAD: i64 = 3_000;

/// An admin who puts events on sale.
pub struct Desk {
    server: SocketAddr,
    token: String,
    venue_id: String,
}

impl Desk {
    /// Signs the admin in, who makes a venue.
    pub fn open(server: SocketAddr) -> Result<Self, String> {
        let token = accounts::admin(server)?;
        let body = json!({
            "name": "Benchmark Hall", "address": "1 Main Street", "city": "Bergen",
            "country": "Norway", "capacity": MOST_SEATS,
        });
        let call = Call {
            token: &token,
            ..Call::get("/api/v1/admin/venues")
        };
        let venue_id = text(&post(call, &body.to_string(), server)?, "/venue_id")?;
        Ok(Self {
            server,
            token,
            venue_id,
        })
    }

    /// Puts so many events on sale, each with so many seats that cost something; their ids.
    pub fn events(&self, count: usize, seats: i64) -> Result<Vec<String>, String> {
        (0..count).map(|_| self.event(seats)).collect()
    }

    /// Puts an event on sale; its id.
    pub fn event(&self, seats: i64) -> Result<String, String> {
        let start = Utc::now() + TimeDelta::days(AHEAD);
        let end = start + TimeDelta::hours(3);
        let body = json!({
            "name": "Benchmark", "description": "Seats by the thousand.",
            "venue_id": self.venue_id, "event_type": "festival",
            "start_datetime": start.to_rfc3339(), "end_datetime": end.to_rfc3339(),
            "total_capacity": seats, "base_price": 25.5, "max_tickets_per_booking": PER_PERSON,
        });
        let call = Call {
            token: &self.token,
            ..Call::get("/api/v1/admin/events")
        };
        let draft = post(call, &body.to_string(), self.server)?;
        let id = text(&draft, "/event_id")?;
        let path = format!("/api/v1/admin/events/{id}");
        let publish = Call {
            method: "PUT",
            token: &self.token,
            body: r#"{"status":"published","version":1}"#,
            ..Call::get(&path)
        };
        publish.succeed(self.server)?;
        Ok(id)
    }
}

/// Sells a seat of an event; the version that it had before, which it never has again.
pub fn stale_version(event: &str, server: SocketAddr) -> Result<i64, String> {
    let path = format!("/internal/events/{event}");
    let look = Call {
        api_key: INTERNAL_API_KEY,
        ..Call::get(&path)
    };
    let seats = json_of(&look.succeed(server)?.body)?;
    let version = seats.pointer("/version").and_then(Value::as_i64);
    let path = loads::seats_path(event);
    let sell = Call {
        api_key: INTERNAL_API_KEY,
        ..Call::get(&path)
    };
    post(sell, &loads::taking(1, None), server)?;
    version.ok_or_else(|| "GET /internal/events: an answer without a version".to_owned())
}
