//! What becomes of a booking: it is confirmed, or cancelled.

use diesel::prelude::*;
use rocket::http::Status as HttpStatus;
use serde_json::json;

use super::{BookingId, BookingRow, BookingStatus, expired, find_locked, lock, record, waitlist};
use crate::box_office::seats::{self, Back};
use crate::db::Conn;
use crate::db::schema::bookings;
use crate::db::types::{Rfc3339, Timestamp};
use crate::error::{Error, Result};
use crate::identity::people::UserId;

/// Who confirms a booking.
#[derive(Debug, Clone)]
pub(super) enum Confirming {
    /// A service, after it was paid.
    Service(Option<String>),
    /// Its person, who accepts what is free.
    Person(UserId),
}

/// Makes a held booking its person's. Again with the same payment, it is the same.
///
/// # Errors
/// 404 for another person's; 403 for a person where there is something to pay; 400 without a
/// payment where there is; 409 `BOOKING_EXPIRED`; 409 for one that was cancelled, or confirmed
/// by another payment.
pub(super) fn confirm(
    conn: &mut Conn,
    id: BookingId,
    by: &Confirming,
    now: Timestamp,
) -> Result<BookingRow> {
    let row = lock(conn, id)?;
    let (payment, actor) = match by {
        Confirming::Person(me) if row.user_id != Some(*me) => return Err(super::not_found()),
        Confirming::Person(_) if row.amount > 0 => {
            return Err(Error::forbidden("The payment service confirms it."));
        }
        Confirming::Person(me) => (None, Some(*me)),
        Confirming::Service(None) if row.amount > 0 => {
            return Err(Error::invalid("payment_reference", "is missing"));
        }
        Confirming::Service(payment) => (payment.clone(), None),
    };
    match row.status(now) {
        BookingStatus::Held => {}
        BookingStatus::Expired => return Err(expired()),
        BookingStatus::Confirmed if row.payment_reference == payment => return Ok(row),
        BookingStatus::Confirmed => {
            return Err(Error::conflict("It was confirmed by another payment."));
        }
        BookingStatus::Cancelled => return Err(Error::conflict("It was cancelled.")),
    }
    check_takes_place(conn, &row)?;
    diesel::update(bookings::table.find(id))
        .set((
            bookings::status.eq("confirmed"),
            bookings::expires_at.eq(None::<Timestamp>),
            bookings::payment_reference.eq(payment),
            bookings::confirmed_at.eq(Some(now)),
        ))
        .execute(conn)?;
    let subject = (row.event_id, id);
    record(conn, actor, "booking.confirmed", subject, now)?;
    waitlist::offer_ended(conn, id, "booked", actor, now)?;
    super::by_id(conn, id)
}

/// Whether a cancelling had anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// Its seats came back.
    Now,
    /// It was cancelled before.
    Before,
}

/// Cancels a booking that the caller has locked; its seats come back, and are for the caller to
/// offer to those who wait.
///
/// # Errors
/// 409 `BOOKING_EXPIRED`, `ALREADY_CHECKED_IN`, `EVENT_NOT_MODIFIABLE` after the event's end.
pub fn cancel(
    conn: &mut Conn,
    row: &BookingRow,
    actor: Option<UserId>,
    now: Timestamp,
) -> Result<Cancelled> {
    let confirmed = match row.status(now) {
        BookingStatus::Cancelled => return Ok(Cancelled::Before),
        BookingStatus::Expired => return Err(expired()),
        status => status == BookingStatus::Confirmed,
    };
    if let Some(at) = row.admitted_at {
        return Err(checked_in(row.id, at));
    }
    if seats::find(conn, row.event_id)?.ends_at <= now {
        return Err(seats::not_modifiable("The event has ended."));
    }
    diesel::update(bookings::table.find(row.id))
        .set((
            bookings::status.eq("cancelled"),
            bookings::expires_at.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    let back = Back {
        booking_id: row.id,
        quantity: row.quantity,
        amount: row.amount,
    };
    seats::give_back(conn, row.event_id, &[back], now)?;
    let subject = (row.event_id, row.id);
    record(conn, actor, "booking.cancelled", subject, now)?;
    waitlist::offer_ended(conn, row.id, "left", actor, now)?;
    if confirmed && row.amount > 0 {
        record(conn, actor, "booking.refund_due", subject, now)?;
    }
    Ok(Cancelled::Now)
}

/// Refuses what is for an event that was cancelled, though its bookings are not yet.
fn check_takes_place(conn: &mut Conn, row: &BookingRow) -> Result<()> {
    match seats::find(conn, row.event_id)?.status() {
        seats::Status::Cancelled => Err(Error::conflict("The event is cancelled.")),
        _ => Ok(()),
    }
}

/// Lets the people of a booking in, once; none for a booking that is gone.
///
/// # Errors
/// 409 `ALREADY_CHECKED_IN`; 409 for one that was cancelled.
pub fn admit(
    conn: &mut Conn,
    id: BookingId,
    by: UserId,
    now: Timestamp,
) -> Result<Option<BookingRow>> {
    let Some(row) = find_locked(conn, id)? else {
        return Ok(None);
    };
    if let Some(at) = row.admitted_at {
        return Err(checked_in(id, at));
    }
    if row.status(now) != BookingStatus::Confirmed {
        return Err(Error::conflict("The booking was cancelled."));
    }
    check_takes_place(conn, &row)?;
    diesel::update(bookings::table.find(id))
        .set(bookings::admitted_at.eq(Some(now)))
        .execute(conn)?;
    let subject = (row.event_id, id);
    record(conn, Some(by), "booking.admitted", subject, now)?;
    Ok(Some(row))
}

/// The refusal of a ticket that was shown before.
fn checked_in(id: BookingId, at: Timestamp) -> Error {
    Error::named(
        HttpStatus::Conflict,
        "ALREADY_CHECKED_IN",
        "Its people were let in before.",
        Some(json!({ "booking_id": id, "at": Rfc3339::from(at) })),
    )
}
