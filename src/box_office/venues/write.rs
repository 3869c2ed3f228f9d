//! What reads and changes venues.

use diesel::prelude::*;
use rocket::http::Status;

use super::details::Details;
use super::{VenueId, VenueView, by_id, fold};
use crate::bus::{self, Audience, Change};
use crate::db::schema::{event_seats, events, venues};
use crate::db::types::Timestamp;
use crate::db::{Conn, MultiBackend, containing, in_time};
use crate::error::{Error, Result};
use crate::http::page::Numbered;
use crate::identity::people::UserId;

pub(super) fn insert(
    conn: &mut Conn,
    owner: UserId,
    details: &Details,
    now: Timestamp,
) -> Result<VenueView> {
    let id = VenueId::new();
    diesel::insert_into(venues::table)
        .values((
            venues::id.eq(id),
            venues::owner_id.eq(owner),
            details,
            venues::created_at.eq(now),
            venues::updated_at.eq(now),
        ))
        .execute(conn)?;
    record(conn, Change::by(owner, "venue.created"), id, now)?;
    by_id(conn, id)
}

/// Changes a venue to these details; records which fields changed, and nothing if none did.
pub(super) fn change(
    conn: &mut Conn,
    before: VenueView,
    by: UserId,
    details: &Details,
    now: Timestamp,
) -> Result<VenueView> {
    let changed = details.changed(&before);
    if changed.is_empty() {
        return Ok(before);
    }
    if details.capacity < before.capacity && largest(conn, before.id, now)? > details.capacity {
        return Err(Error::invalid(
            "capacity",
            "must not be below that of an event to come here",
        ));
    }
    diesel::update(venues::table.find(before.id))
        .set((details, venues::updated_at.eq(now)))
        .execute(conn)?;
    let change = Change::by(by, "venue.updated").fields(changed);
    record(conn, change, before.id, now)?;
    by_id(conn, before.id)
}

/// The capacity of the largest event that is to come at a venue; 0 if there is none.
fn largest(conn: &mut Conn, id: VenueId, now: Timestamp) -> Result<i64> {
    let largest = event_seats::table
        .inner_join(events::table)
        .filter(event_seats::venue_id.eq(id))
        .filter(event_seats::status.ne("cancelled"))
        .filter(events::starts_at.gt(now))
        .select(diesel::dsl::max(event_seats::capacity))
        .first::<Option<i64>>(conn)?;
    Ok(largest.unwrap_or(0))
}

pub(super) fn delete(conn: &mut Conn, venue: &VenueView, by: UserId, now: Timestamp) -> Result<()> {
    let used = event_seats::table
        .filter(event_seats::venue_id.eq(venue.id))
        .select(event_seats::event_id);
    if diesel::select(diesel::dsl::exists(used)).get_result(conn)? {
        return Err(Error::named(
            Status::Conflict,
            "VENUE_IN_USE",
            "There are events at this venue.",
            None,
        ));
    }
    diesel::delete(venues::table.find(venue.id)).execute(conn)?;
    record(conn, Change::by(by, "venue.deleted"), venue.id, now)
}

fn record(conn: &mut Conn, change: Change, id: VenueId, now: Timestamp) -> Result<()> {
    let change = change.of("venue_id", id).heard_by(Audience::Admins);
    bus::record(conn, now, change)
}

/// Venues by name, and how many there are.
pub(super) fn page(
    conn: &mut Conn,
    city: Option<&str>,
    part: Option<&str>,
    page: Numbered,
) -> Result<(Vec<VenueView>, i64)> {
    let there = || {
        let mut there = venues::table.filter(in_time()).into_boxed::<MultiBackend>();
        if let Some(city) = city {
            there = there.filter(venues::city_key.eq(city.to_owned()));
        }
        if let Some(part) = part {
            there = there.filter(
                venues::search_key
                    .like(containing(&fold(part)))
                    .escape('\\'),
            );
        }
        there
    };
    let total = there().count().get_result(conn)?;
    let some = there()
        .order((venues::name_key, venues::id))
        .offset(page.offset())
        .limit(page.limit)
        .select(VenueView::as_select())
        .load(conn)?;
    Ok((some, total))
}
