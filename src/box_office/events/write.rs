//! What reads and changes admins' events.

use diesel::prelude::*;

use super::details::{Details, NewSeatedEvent, SeatedEventChanges};
use super::mine;
use crate::box_office::catalogue::{self, SeatedEvent};
use crate::box_office::seats::{
    self, Seats, Status, concurrent_update, insufficient, not_modifiable,
};
use crate::box_office::venues;
use crate::community::events::EventId;
use crate::community::events::announced::{self, Stage};
use crate::db::schema::event_seats;
use crate::db::types::Timestamp;
use crate::db::{Conn, MultiBackend, in_time};
use crate::error::{Error, Result};
use crate::http::page::Numbered;
use crate::identity::guard::Admin;
use crate::identity::people::UserId;

pub(super) fn create(
    conn: &mut Conn,
    admin: UserId,
    details: &Details,
    now: Timestamp,
) -> Result<EventId> {
    let venue = venues::lock(conn, details.terms.venue_id)?;
    details.fits(&venue)?;
    let id = announced::draft(conn, admin, &details.announcement(&venue), now)?;
    seats::insert(conn, id, admin, &details.terms, now)?;
    Ok(id)
}

/// Publishes a draft as it is.
pub(super) fn publish(
    conn: &mut Conn,
    (id, admin): (EventId, UserId),
    details: &Details,
    now: Timestamp,
) -> Result<()> {
    let seats = seats::lock(conn, id)?;
    let venue = venues::by_id(conn, details.terms.venue_id)?;
    seats::change(conn, &seats, &details.terms, true, now)?;
    let announcement = details.announcement(&venue);
    let stage = Stage::Publishing;
    let altered = announced::alter(conn, (id, admin), &announcement, stage, Vec::new(), now)?;
    altered.then_some(()).ok_or_else(taken_away)
}

/// The seats of an admin's own event, locked, if it can still be changed and nobody has since
/// the version that the admin saw.
pub(super) fn open(
    conn: &mut Conn,
    admin: &Admin,
    id: EventId,
    version: i64,
    now: Timestamp,
) -> Result<Seats> {
    let seats = mine(admin, seats::lock(conn, id)?)?;
    if seats.status() == Status::Cancelled {
        return Err(not_modifiable("The event is cancelled."));
    }
    if seats.starts_at <= now {
        return Err(not_modifiable("The event has begun."));
    }
    match (seats.admin_version..=seats.version).contains(&version) {
        true => Ok(seats),
        false => Err(concurrent_update(&seats, version)),
    }
}

pub(super) fn change(
    conn: &mut Conn,
    admin: &Admin,
    seats: &Seats,
    changes: &SeatedEventChanges,
    status: Option<Status>,
    now: Timestamp,
) -> Result<()> {
    let (id, before) = (seats.event_id, seats.status());
    let row = catalogue::row(conn, id)?;
    let details = Details::read(&changes.onto(NewSeatedEvent::as_is(&row, seats)), now)?;
    let stage = match (before, status) {
        (Status::Draft, None | Some(Status::Draft)) => Stage::Draft,
        (Status::Draft, Some(Status::Published)) => Stage::Publishing,
        (_, None) => Stage::Published,
        (before, Some(same)) if same == before => Stage::Published,
        // Whoever saw it before its seats were gone, or came back.
        (Status::SoldOut, Some(Status::Published)) => Stage::Published,
        (Status::Published, Some(Status::SoldOut)) => {
            return Err(not_modifiable("An event is sold out when its seats are."));
        }
        _ => return Err(not_modifiable("An event does not become that.")),
    };
    let terms = &details.terms;
    let venue = venues::lock(conn, terms.venue_id)?;
    details.fits(&venue)?;
    if terms.capacity < seats.taken() {
        return Err(insufficient(seats, terms.capacity));
    }
    if terms.currency != seats.currency && seats.has_moved(conn)? {
        return Err(not_modifiable(
            "The currency of an event stays when seats of it were sold.",
        ));
    }
    seats::change(conn, seats, terms, stage == Stage::Publishing, now)?;
    let fields = details.changed(&row, seats);
    let announcement = details.announcement(&venue);
    let altered = announced::alter(conn, (id, admin.user_id), &announcement, stage, fields, now)?;
    altered.then_some(()).ok_or_else(taken_away)
}

pub(super) fn cancel(conn: &mut Conn, admin: &Admin, seats: &Seats, now: Timestamp) -> Result<()> {
    seats::close(conn, seats.event_id, false, now)?;
    let called_off = announced::call_off(conn, seats.event_id, admin.user_id, now)?;
    called_off.then_some(()).ok_or_else(taken_away)
}

/// The refusal of an event that those who moderate took away at the same moment.
fn taken_away() -> Error {
    not_modifiable("The event was taken away.")
}

/// Events of one admin or of all, newest first, and how many there are.
pub(super) fn page(
    conn: &mut Conn,
    owner: Option<UserId>,
    status: Option<Status>,
    page: Numbered,
) -> Result<(Vec<SeatedEvent>, i64)> {
    let there = || {
        let mut there = event_seats::table
            .filter(in_time())
            .into_boxed::<MultiBackend>();
        if let Some(owner) = owner {
            there = there.filter(event_seats::admin_id.eq(owner));
        }
        there = match status {
            None => there,
            Some(Status::SoldOut) => there
                .filter(event_seats::status.eq("published"))
                .filter(event_seats::available.eq(0)),
            Some(Status::Published) => there
                .filter(event_seats::status.eq("published"))
                .filter(event_seats::available.gt(0)),
            Some(kept) => there.filter(event_seats::status.eq(kept.as_str())),
        };
        there
    };
    let total = there().count().get_result(conn)?;
    let ids = there()
        .order(event_seats::event_id.desc())
        .offset(page.offset())
        .limit(page.limit)
        .select(event_seats::event_id)
        .load::<EventId>(conn)?;
    Ok((catalogue::newest_of(conn, &ids)?, total))
}
