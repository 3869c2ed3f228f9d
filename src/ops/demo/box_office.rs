//! The demo's box office: two venues, events with seats, and people who booked some.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::json;

use crate::box_office::bookings::{Hold, hold};
use crate::box_office::events;
use crate::box_office::venues::{self, VenueId};
use crate::community::events::EventId;
use crate::db::schema::logins;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::identity::people::UserId;

/// What the demo's services show.
pub(super) const INTERNAL_KEY: &str = "dev-key";

/// Name, address, and how many it takes.
const VENUES: [(&str, &str, i64); 2] = [
    ("The Boiler House", "Maridalsveien 3", 600),
    ("Harbour Stage", "Akershusstranda 11", 2_000),
];

struct Show {
    venue: usize,
    name: &'static str,
    description: &'static str,
    event_type: &'static str,
    /// In how many days.
    days: i64,
    seats: i64,
    price: f64,
    /// How many people booked, two seats each.
    booked: i64,
}

const SHOWS: [Show; 4] = [
    Show {
        venue: 1,
        name: "Fjord Orchestra: Nielsen and Sibelius",
        description: "The whole orchestra, outdoors. Bring a blanket.",
        event_type: "concert",
        days: 18,
        seats: 1_800,
        price: 39.5,
        booked: 12,
    },
    Show {
        venue: 0,
        name: "Improvised theatre, with you",
        description: "You say a word, we play a story.",
        event_type: "theatre",
        days: 9,
        seats: 40,
        price: 15.0,
        booked: 17,
    },
    Show {
        venue: 0,
        name: "Screen printing for beginners",
        description: "Ten presses, twenty shirts.",
        event_type: "workshop",
        days: 13,
        seats: 20,
        price: 0.0,
        booked: 10,
    },
    Show {
        venue: 0,
        name: "Open stage",
        description: "Five minutes each.",
        event_type: "concert",
        days: 30,
        seats: 200,
        price: 0.0,
        booked: 3,
    },
];

/// Makes venues, events on sale and bookings; answers the first event, which has many seats
/// left.
pub(super) async fn settle(db: &Db, admin: UserId, now: DateTime<Utc>) -> Result<EventId> {
    db.write(move |conn| {
        let venues = VENUES.iter().map(|(name, address, capacity)| {
            let venue = json!({
                "name": name, "address": address, "city": "Oslo", "country": "Norway",
                "capacity": capacity,
            });
            let venue = serde_json::from_value(venue).map_err(Error::internal)?;
            Ok(venues::make(conn, admin, &venue, now.into())?.id)
        });
        let venues = venues.collect::<Result<Vec<_>>>()?;
        let people = logins::table
            .filter(logins::kind.eq("google"))
            .order(logins::user_id)
            .select(logins::user_id)
            .load::<UserId>(conn)?;
        let shows = SHOWS.iter().map(|show| {
            let venue = venues.get(show.venue).copied();
            let venue = venue.ok_or_else(|| Error::internal("no venue"))?;
            sell(conn, (admin, venue), show, &people, now)
        });
        let shows = shows.collect::<Result<Vec<_>>>()?;
        let first = shows.first().copied();
        first.ok_or_else(|| Error::internal("nothing is on sale"))
    })
    .await
}

fn sell(
    conn: &mut Conn,
    (admin, venue): (UserId, VenueId),
    show: &Show,
    people: &[UserId],
    now: DateTime<Utc>,
) -> Result<EventId> {
    let starts = now + TimeDelta::days(show.days);
    let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let event = json!({
        "name": show.name,
        "description": show.description,
        "venue_id": venue,
        "event_type": show.event_type,
        "start_datetime": at(starts),
        "end_datetime": at(starts + TimeDelta::hours(3)),
        "total_capacity": show.seats,
        "base_price": show.price,
        "currency": "EUR",
        "timezone": "Europe/Oslo",
    });
    let event = serde_json::from_value(event).map_err(Error::internal)?;
    let id = events::publish(conn, admin, &event, now.into())?;
    for person in people.iter().take(show.booked as usize) {
        let booked = Hold {
            event_id: id,
            person: *person,
            quantity: 2,
            until: Timestamp(now + TimeDelta::hours(1)),
            is_offer: false,
        };
        hold(conn, booked, now.into())?;
    }
    Ok(id)
}
