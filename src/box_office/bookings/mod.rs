//! Bookings: seats that people hold, and those that are theirs. Owns `bookings`.
//!
//! Routes: POST `/api/v1/events/{id}/bookings`, GET `/api/v1/bookings`, GET and DELETE
//! `/api/v1/bookings/{id}`, POST `/api/v1/bookings/{id}/confirm`, GET
//! `/api/v1/admin/events/{id}/bookings`. Emits: `booking.held`, `booking.confirmed`,
//! `booking.cancelled`, `booking.expired`, `booking.refund_due`.
//!
//! Rows are locked in one order, so that two calls never wait for each other: the event's seats,
//! then bookings, then the waitlist.

mod change;
pub mod closing;
pub mod expiry;
mod lists;
pub mod personal;
mod reserve;
mod routes;
pub mod waitlist;

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::http::Status as HttpStatus;
use serde::Serialize;

use super::money::Minor;
use super::tickets::Tickets;
use crate::bus::{self, Audience, Change};
use crate::community::events::EventId;
use crate::config::Config;
use crate::db::schema::bookings;
use crate::db::types::{Id, Rfc3339, Timestamp};
use crate::db::{Conn, MultiBackend};
use crate::error::{Error, Result};
use crate::identity::people::UserId;

pub use change::{Cancelled, admit, cancel};
pub use lists::Api as ListsApi;
pub use reserve::{Hold, hold};
pub use routes::Api;

/// Marks the ids of bookings.
pub enum Booking {}
/// The id of a booking.
pub type BookingId = Id<Booking>;

/// How long seats are held.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// For somebody who is about to pay.
    pub hold: TimeDelta,
    /// For somebody who was offered them from the waitlist.
    pub offer: TimeDelta,
}

impl Terms {
    /// Those of the settings.
    pub fn of(config: &Config) -> Self {
        let seconds = |seconds| TimeDelta::seconds(i64::from(seconds));
        Self {
            hold: seconds(config.booking_hold_seconds),
            offer: seconds(config.waitlist_offer_seconds),
        }
    }
}

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("bookings", |rocket| async {
        let terms = rocket.state::<Config>().map(Terms::of);
        let rocket = match terms {
            Some(terms) => rocket.manage(terms),
            None => rocket,
        };
        rocket
            .attach(routes::stage())
            .attach(lists::stage())
            .attach(waitlist::stage())
            .attach(expiry::stage())
    })
}

/// A booking, as it is kept.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = bookings, check_for_backend(MultiBackend))]
pub struct BookingRow {
    pub id: BookingId,
    reference: String,
    pub event_id: EventId,
    pub user_id: Option<UserId>,
    pub quantity: i64,
    pub amount: i64,
    currency: String,
    status: String,
    expires_at: Option<Timestamp>,
    payment_reference: Option<String>,
    confirmed_at: Option<Timestamp>,
    pub admitted_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// What became of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Its seats are held for somebody who is about to pay, or to accept them.
    Held,
    /// Its seats are somebody's.
    Confirmed,
    /// It was taken back.
    Cancelled,
    /// It was held for too long.
    Expired,
}

impl BookingStatus {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Reads its name.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Held, Self::Confirmed, Self::Cancelled, Self::Expired]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

impl BookingRow {
    /// What became of it by now: a hold whose time is over is one no more, though its seats are
    /// free a moment later.
    pub fn status(&self, now: Timestamp) -> BookingStatus {
        match BookingStatus::read(&self.status) {
            Some(BookingStatus::Held) if self.expires_at.is_none_or(|at| at <= now) => {
                BookingStatus::Expired
            }
            Some(status) => status,
            None => BookingStatus::Cancelled,
        }
    }

    /// What people say for it.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    fn ends(&self, now: Timestamp) -> Option<Rfc3339> {
        let held = self.status(now) == BookingStatus::Held;
        self.expires_at.filter(|_| held).map(Rfc3339::from)
    }
}

/// A booking that was just made.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BookingView {
    #[schema(inline)]
    booking_id: BookingId,
    /// For people to say.
    #[schema(example = "7K3M-9QXD-04TZ")]
    reference: String,
    #[schema(inline)]
    event_id: EventId,
    quantity: i64,
    status: BookingStatus,
    /// Until when the seats are held; null unless they are.
    #[schema(inline, required)]
    expires_at: Option<Rfc3339>,
    total_amount: Minor,
    currency: String,
}

impl BookingView {
    fn of(row: &BookingRow, now: Timestamp) -> Self {
        Self {
            booking_id: row.id,
            reference: row.reference.clone(),
            event_id: row.event_id,
            quantity: row.quantity,
            status: row.status(now),
            expires_at: row.ends(now),
            total_amount: Minor(row.amount),
            currency: row.currency.clone(),
        }
    }
}

/// A booking of mine.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MyBooking {
    #[serde(flatten)]
    booking: BookingView,
    #[schema(inline)]
    created_at: Rfc3339,
    #[schema(inline, required)]
    confirmed_at: Option<Rfc3339>,
    /// When its people were let in.
    #[schema(inline, required)]
    admitted_at: Option<Rfc3339>,
    /// What is shown at the door (a JWS, RFC 7515); null unless confirmed.
    #[schema(required)]
    ticket_code: Option<String>,
}

impl MyBooking {
    fn of(row: &BookingRow, tickets: &Tickets, now: Timestamp) -> Result<Self> {
        let confirmed = row.status(now) == BookingStatus::Confirmed;
        let code = confirmed.then(|| tickets.code(row)).transpose()?;
        Ok(Self {
            booking: BookingView::of(row, now),
            created_at: row.created_at.into(),
            confirmed_at: row.confirmed_at.map(Rfc3339::from),
            admitted_at: row.admitted_at.map(Rfc3339::from),
            ticket_code: code,
        })
    }
}

/// The refusal of a booking that is not there, or not this caller's.
pub fn not_found() -> Error {
    Error::named(
        HttpStatus::NotFound,
        "BOOKING_NOT_FOUND",
        "There is no such booking.",
        None,
    )
}

/// The refusal of a hold whose time is over.
fn expired() -> Error {
    Error::named(
        HttpStatus::Conflict,
        "BOOKING_EXPIRED",
        "The seats were held for too long; book them anew.",
        None,
    )
}

/// The id of a booking as a caller wrote it; one that is none is nobody's.
pub fn read_id(text: &str) -> Result<BookingId> {
    text.parse().map_err(|_| not_found())
}

/// The booking with that id.
pub fn by_id(conn: &mut Conn, id: BookingId) -> Result<BookingRow> {
    find(conn, id)?.ok_or_else(not_found)
}

fn find(conn: &mut Conn, id: BookingId) -> Result<Option<BookingRow>> {
    Ok(BookingRow::query()
        .filter(bookings::id.eq(id))
        .first(conn)
        .optional()?)
}

/// As [`by_id`], and nobody else changes it until the transaction ends.
pub fn lock(conn: &mut Conn, id: BookingId) -> Result<BookingRow> {
    find_locked(conn, id)?.ok_or_else(not_found)
}

/// As [`lock`], if there is one.
fn find_locked(conn: &mut Conn, id: BookingId) -> Result<Option<BookingRow>> {
    if let Conn::Pg(pg) = conn {
        let locked = bookings::table.find(id).select(bookings::id).for_update();
        locked.first::<BookingId>(pg).optional()?;
    }
    find(conn, id)
}

/// As [`by_id`], of this person.
fn of_person(conn: &mut Conn, id: BookingId, person: UserId) -> Result<BookingRow> {
    let row = by_id(conn, id)?;
    match row.user_id == Some(person) {
        true => Ok(row),
        false => Err(not_found()),
    }
}

/// How many seats of an event a person holds or has.
pub fn share(conn: &mut Conn, event_id: EventId, person: UserId, now: Timestamp) -> Result<i64> {
    // A sum of the database would be of another type on PostgreSQL; the rows are few.
    let quantities = bookings::table
        .filter(bookings::event_id.eq(event_id))
        .filter(bookings::user_id.eq(person))
        .filter(bookings::status.eq_any(["held", "confirmed"]))
        .filter(
            bookings::expires_at
                .is_null()
                .or(bookings::expires_at.gt(now)),
        )
        .select(bookings::quantity)
        .load::<i64>(conn)?;
    Ok(quantities.into_iter().sum())
}

/// Tells what became of a booking, to its person and to the event's admin.
pub fn record(
    conn: &mut Conn,
    actor: Option<UserId>,
    topic: &'static str,
    (event_id, id): (EventId, BookingId),
    now: Timestamp,
) -> Result<()> {
    let change = Change::by_admin(actor, topic)
        .of("booking_id", id)
        .of("event_id", event_id);
    bus::record(conn, now, change.heard_by(Audience::People))
}
