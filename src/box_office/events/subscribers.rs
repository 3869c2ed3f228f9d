//! What admins' events hear: their venue was changed, or those who moderate took one away.

use diesel::prelude::*;

use crate::box_office::seats;
use crate::box_office::venues::{self, Venue, fold};
use crate::bus::worker::{Subscriber, Verdict};
use crate::bus::{self, Audience, Change, Heard};
use crate::community::events::announced;
use crate::community::events::{Event, EventId};
use crate::db::Conn;
use crate::db::schema::{event_seats, events, venues as venues_table};
use crate::db::types::Timestamp;
use crate::error::Result;

/// Most events that follow in one transaction.
const SLICE: i64 = 200;

/// Events to come are where their venue is.
pub const VENUES: Subscriber = Subscriber {
    name: "events follow their venues",
    topics: &["venue.updated", "venue.events_moved"],
    hear: follow,
};

/// What is no event of the community any more sells no seats either.
pub const REMOVALS: Subscriber = Subscriber {
    name: "seats of removed events",
    topics: &["event.cancelled"],
    hear: close,
};

fn follow(conn: &mut Conn, heard: &Heard, now: Timestamp) -> Result<Verdict> {
    let id = heard.id::<Venue>("venue_id")?;
    let there = venues_table::table.find(id).select(venues_table::id);
    if there.first::<venues::VenueId>(conn).optional()?.is_none() {
        return Ok(Verdict::Done);
    }
    let venue = venues::by_id(conn, id)?;
    let (location, city_key) = (venue.location(), fold(&venue.city));
    let elsewhere = event_seats::table
        .inner_join(events::table)
        .filter(event_seats::venue_id.eq(id))
        .filter(events::deleted_at.is_null())
        .filter(events::starts_at.gt(now))
        .filter(
            events::location
                .ne(&location)
                .or(events::city_key.ne(&city_key)),
        )
        .order(event_seats::event_id)
        .limit(SLICE)
        .select(event_seats::event_id)
        .load::<EventId>(conn)?;
    let more = elsewhere.len() as i64 == SLICE;
    for event_id in elsewhere {
        announced::relocate(conn, event_id, &location, &city_key, now)?;
    }
    if more {
        // Heard here, so that the next ones follow.
        let change = Change::by_admin(None, "venue.events_moved").of("venue_id", id);
        bus::record(conn, now, change.heard_by(Audience::Admins))?;
    }
    Ok(Verdict::Done)
}

fn close(conn: &mut Conn, heard: &Heard, now: Timestamp) -> Result<Verdict> {
    let id = heard.id::<Event>("event_id")?;
    let ends = events::table.find(id).select(events::ends_at);
    let is_over = ends
        .first::<Timestamp>(conn)
        .optional()?
        .is_none_or(|ends| ends <= now);
    seats::close(conn, id, is_over, now)?;
    Ok(Verdict::Done)
}
