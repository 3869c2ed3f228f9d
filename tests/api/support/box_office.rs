//! What tests of the box office begin with: venues, events with seats, and a service's key.

use chrono::{SecondsFormat, TimeDelta};
use folkmoot::config::Config;
use folkmoot::ops::verify;
use serde_json::{Value, json};

use super::app::App;
use super::client::Client;

/// The key that services show to the server of a test.
pub const INTERNAL_KEY: &str = "the-internal-key-of-the-tests";

impl App {
    /// A service that shows the internal key.
    pub fn internal(&self) -> Client<'_> {
        self.anon().with("X-API-Key", INTERNAL_KEY)
    }

    /// A venue for so many people, made by the first super admin; its id.
    pub fn venue(&self, capacity: i64) -> String {
        let venue = json!({
            "name": "Hall",
            "address": "1 Main St",
            "city": "Oslo",
            "country": "Norway",
            "capacity": capacity,
        });
        let made = self.super_admin().post("/api/v1/admin/venues", venue);
        text(&made.ok(201)["venue_id"])
    }

    /// A draft of the first super admin, in ten days, with these fields instead of the usual
    /// ones; as it was answered.
    pub fn draft(&self, over: Value) -> Value {
        let starts = self.clock().now() + TimeDelta::days(10);
        let ends = starts + TimeDelta::hours(3);
        let at = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut event = json!({
            "name": "Jazz Night",
            "description": "Late",
            "event_type": "Concert",
            "start_datetime": at(starts),
            "end_datetime": at(ends),
            "total_capacity": 100,
            "base_price": 25.5,
            "max_tickets_per_booking": 10,
        });
        for (field, value) in over.as_object().expect("an object") {
            event[field] = value.clone();
        }
        if event.get("venue_id").is_none() {
            event["venue_id"] = self.venue(1_000).into();
        }
        self.super_admin()
            .post("/api/v1/admin/events", event)
            .ok(201)
    }

    /// The same, published; its id.
    pub fn on_sale(&self, over: Value) -> String {
        let draft = self.draft(over);
        let id = text(&draft["event_id"]);
        let publish = json!({ "version": draft["version"], "status": "published" });
        let path = format!("/api/v1/admin/events/{id}");
        self.super_admin().put(&path, publish).ok(200);
        id
    }

    /// How many seats of an event are free, as anyone is told.
    #[track_caller]
    pub fn free_seats(&self, id: &str) -> i64 {
        let path = format!("/api/v1/events/{id}/availability");
        let answer = self.anon().get(&path).ok(200);
        answer["available_seats"].as_i64().expect("a number")
    }

    /// Asserts that what is kept beside the rows it is made of agrees with them.
    #[track_caller]
    pub fn verified(&self) {
        let config = self.server().rocket().state::<Config>();
        let url = &config.expect("there are settings").database_url;
        let differences = verify::run(url).expect("the database can be verified");
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
