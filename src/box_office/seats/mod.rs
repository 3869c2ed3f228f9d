//! The seats of events, and the ledger of their movements. Owns `event_seats` and
//! `seat_movements`.
//!
//! A seat is taken by one conditional statement, so never one too many is: whoever comes when
//! fewer are left is told so. Its row in the ledger is written in the same transaction; rows
//! there are only ever added.
//!
//! Emits: `seats.changed`.

mod movements;
mod statements;
mod verify;

use diesel::prelude::*;
use rocket::http::Status as HttpStatus;
use serde::Serialize;
use serde_json::json;

use crate::bus::{self, Change};
use crate::community::events::EventId;
use crate::db::schema::{event_seats, events, seat_movements};
use crate::db::types::Timestamp;
use crate::db::{Conn, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::identity::people::UserId;

use super::money::Minor;
use super::venues::VenueId;

pub use movements::{
    After, Back, Entry, Source, Take, enter, give_back, return_internal, sell, take,
};
pub use verify::verify;

/// What an event's seats are, on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody but its admin knows of it.
    Draft,
    /// It can be booked.
    Published,
    /// It is published, and no seat is left.
    SoldOut,
    /// It does not take place.
    Cancelled,
}

impl Status {
    /// What is kept, seen together with how many seats are left.
    pub fn of(kept: &str, available: i64) -> Self {
        match kept {
            "draft" => Self::Draft,
            "cancelled" => Self::Cancelled,
            _ if available == 0 => Self::SoldOut,
            _ => Self::Published,
        }
    }

    /// Reads its name.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Draft, Self::Published, Self::SoldOut, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::SoldOut => "sold_out",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The seats of an event.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = event_seats, check_for_backend(MultiBackend))]
#[diesel(base_query = event_seats::table.inner_join(events::table))]
pub struct Seats {
    pub event_id: EventId,
    pub admin_id: UserId,
    pub venue_id: VenueId,
    pub event_type: String,
    pub capacity: i64,
    pub available: i64,
    pub base_price: i64,
    pub currency: String,
    pub max_per_booking: i64,
    status: String,
    pub version: i64,
    pub admin_version: i64,
    internal_taken: i64,
    internal_revenue: i64,
    #[diesel(select_expression = events::starts_at)]
    pub starts_at: Timestamp,
    #[diesel(select_expression = events::ends_at)]
    pub ends_at: Timestamp,
    #[diesel(select_expression = events::visible)]
    visible: bool,
    #[diesel(select_expression = events::deleted_at)]
    deleted_at: Option<Timestamp>,
}

impl Seats {
    /// What the event is.
    pub fn status(&self) -> Status {
        // One that was taken away by those who moderate is cancelled within a moment.
        match self.deleted_at {
            Some(_) => Status::Cancelled,
            None if !self.visible => Status::Draft,
            None => Status::of(&self.status, self.available),
        }
    }

    /// The refusal of an event that only its admin may know of: it is not published, or was
    /// cancelled before it was.
    ///
    /// # Errors
    /// 404 `EVENT_NOT_FOUND`.
    pub fn check_public(&self) -> Result<()> {
        match self.visible {
            true => Ok(()),
            false => Err(not_found()),
        }
    }

    /// How many seats are taken, by whomever.
    pub fn taken(&self) -> i64 {
        self.capacity - self.available
    }

    /// Whether any seat was ever sold or held.
    pub fn has_moved(&self, conn: &mut Conn) -> Result<bool> {
        let of = seat_movements::table
            .filter(seat_movements::event_id.eq(self.event_id))
            .select(seat_movements::id);
        Ok(diesel::select(diesel::dsl::exists(of)).get_result(conn)?)
    }

    /// What one seat costs.
    pub fn price(&self) -> Minor {
        Minor(self.base_price)
    }

    /// The refusal of an event that sells nothing: a draft, one that is cancelled, or one that
    /// has ended.
    ///
    /// # Errors
    /// 404 `EVENT_NOT_FOUND`, 409 `EVENT_NOT_MODIFIABLE`.
    pub fn check_on_sale(&self, now: Timestamp) -> Result<()> {
        self.check_public()?;
        match self.status() {
            Status::Draft => Err(not_found()),
            Status::Cancelled => Err(not_modifiable("The event is cancelled.")),
            _ if self.ends_at <= now => Err(not_modifiable("The event has ended.")),
            _ => Ok(()),
        }
    }
}

/// The refusal of an event that is not there, or not for this caller.
pub fn not_found() -> Error {
    Error::named(
        HttpStatus::NotFound,
        "EVENT_NOT_FOUND",
        "There is no such event.",
        None,
    )
}

/// The refusal of what can no longer be done with an event.
pub fn not_modifiable(why: &'static str) -> Error {
    Error::named(HttpStatus::Conflict, "EVENT_NOT_MODIFIABLE", why, None)
}

/// The refusal of a call that was made for another version.
pub fn concurrent_update(seats: &Seats, expected: i64) -> Error {
    Error::named(
        HttpStatus::Conflict,
        "CONCURRENT_UPDATE",
        "The event has changed since that version.",
        Some(json!({
            "event_id": seats.event_id,
            "expected_version": expected,
            "current_version": seats.version,
            "available_seats": seats.available,
        })),
    )
}

/// The refusal of a call that needs more seats than are left.
pub fn insufficient(seats: &Seats, requested: i64) -> Error {
    Error::named(
        HttpStatus::Conflict,
        "INSUFFICIENT_SEATS",
        "There are not as many seats left.",
        Some(json!({
            "event_id": seats.event_id,
            "requested": requested,
            "available": seats.available,
        })),
    )
}

/// The id of an event as a caller wrote it; one that is none is nobody's.
pub fn read_id(text: &str) -> Result<EventId> {
    text.parse().map_err(|_| not_found())
}

/// The seats of an event.
///
/// # Errors
/// 404 `EVENT_NOT_FOUND`, also for an event that has none.
pub fn find(conn: &mut Conn, id: EventId) -> Result<Seats> {
    let found = on_backend!(conn, conn => event_seats::table
        .inner_join(events::table)
        .filter(event_seats::event_id.eq(id))
        .select(Seats::as_select())
        .first::<Seats>(conn));
    found.optional()?.ok_or_else(not_found)
}

/// As [`find`], and nobody else changes them until the transaction ends.
pub fn lock(conn: &mut Conn, id: EventId) -> Result<Seats> {
    hold_row(conn, id)?;
    find(conn, id)
}

/// Keeps others from changing an event's seats until the transaction ends, if it has any.
pub fn hold_row(conn: &mut Conn, id: EventId) -> Result<()> {
    if let Conn::Pg(pg) = conn {
        let locked = event_seats::table
            .find(id)
            .select(event_seats::version)
            .for_update();
        locked.first::<i64>(pg).optional()?;
    }
    Ok(())
}

/// What an admin says of an event's seats.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = event_seats)]
pub struct Terms {
    pub venue_id: VenueId,
    pub event_type: String,
    pub capacity: i64,
    pub base_price: i64,
    pub currency: String,
    pub max_per_booking: i64,
}

/// Gives an event seats, all free; it is a draft.
///
/// # Errors
/// A foreign key violation if the venue is gone.
pub fn insert(
    conn: &mut Conn,
    id: EventId,
    admin_id: UserId,
    terms: &Terms,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(event_seats::table)
        .values((
            event_seats::event_id.eq(id),
            event_seats::admin_id.eq(admin_id),
            terms,
            event_seats::available.eq(terms.capacity),
            event_seats::status.eq(Status::Draft.as_str()),
            event_seats::version.eq(1),
            event_seats::admin_version.eq(1),
            event_seats::internal_taken.eq(0),
            event_seats::internal_revenue.eq(0),
            event_seats::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes an event's seats, which the caller has locked; free ones grow and shrink with the
/// capacity.
pub fn change(
    conn: &mut Conn,
    seats: &Seats,
    terms: &Terms,
    publish: bool,
    now: Timestamp,
) -> Result<()> {
    let status = match publish {
        true => Status::Published.as_str(),
        false => seats.status.as_str(),
    };
    let available = seats.available + terms.capacity - seats.capacity;
    diesel::update(event_seats::table.find(seats.event_id))
        .set((
            terms,
            event_seats::available.eq(available),
            event_seats::status.eq(status),
            event_seats::version.eq(seats.version + 1),
            event_seats::admin_version.eq(seats.version + 1),
            event_seats::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Cancels an event's seats; those of bookings come back when the bookings are cancelled
/// ([`super::bookings::closing`]), unless the event is over: then who was there was there.
pub fn close(conn: &mut Conn, id: EventId, is_over: bool, now: Timestamp) -> Result<()> {
    let open = event_seats::table
        .find(id)
        .filter(event_seats::status.ne(Status::Cancelled.as_str()));
    diesel::update(open)
        .set((
            event_seats::status.eq(Status::Cancelled.as_str()),
            event_seats::version.eq(event_seats::version + 1),
            event_seats::admin_version.eq(event_seats::version + 1),
            event_seats::closing_since.eq((!is_over).then_some(now)),
            event_seats::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Events that were cancelled while bookings of them are still to be, longest ago first.
pub fn closing(conn: &mut Conn) -> Result<Vec<EventId>> {
    Ok(event_seats::table
        .filter(event_seats::closing_since.is_not_null())
        .order(event_seats::closing_since)
        .limit(100)
        .select(event_seats::event_id)
        .load(conn)?)
}

/// Notes that all bookings of a cancelled event are cancelled.
pub fn closed(conn: &mut Conn, id: EventId) -> Result<()> {
    diesel::update(event_seats::table.find(id))
        .set(event_seats::closing_since.eq(None::<Timestamp>))
        .execute(conn)?;
    Ok(())
}

/// Tells that an event's seats moved.
fn record(conn: &mut Conn, id: EventId, now: Timestamp) -> Result<()> {
    bus::record(conn, now, changed(id))
}

fn changed(id: EventId) -> Change {
    Change::by_admin(None, "seats.changed").of("event_id", id)
}
