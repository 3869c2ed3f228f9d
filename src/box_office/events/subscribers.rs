//! What admins' events hear: their venue was changed, or those who moderate took one away.

use diesel::prelude::*;

use crate::box_office::seats;
use crate::box_office::venues::{self, Venue, fold};
use crate::bus::Heard;
use crate::bus::worker::{Subscriber, Verdict};
use crate::community::events::announced;
use crate::community::events::{Event, EventId};
use crate::db::Conn;
use crate::db::schema::{event_seats, events, venues as venues_table};
use crate::db::types::Timestamp;
use crate::error::Result;

/// Events to come are where their venue is.
pub const VENUES: Subscriber = Subscriber {
    name: "events follow their venues",
    topics: &["venue.updated"],
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
        .select(event_seats::event_id)
        .load::<EventId>(conn)?;
    for event_id in elsewhere {
        announced::relocate(conn, event_id, &location, &city_key, now)?;
    }
    Ok(Verdict::Done)
}

fn close(conn: &mut Conn, heard: &Heard, now: Timestamp) -> Result<Verdict> {
    seats::close(conn, heard.id::<Event>("event_id")?, now)?;
    Ok(Verdict::Done)
}
