//! Taking seats for a person.

use diesel::prelude::*;

use super::{BookingId, BookingRow, by_id, expiry, record, share, waitlist};
use crate::box_office::seats::{self, Entry, Source, Take};
use crate::community::events::EventId;
use crate::db::Conn;
use crate::db::schema::bookings;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::identity::people::UserId;

/// Letters and digits that are not taken for each other (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a reference: 60 bits, so that no two bookings of a server ever have one.
const REFERENCE_CHARS: usize = 12;

/// Seats that a person wants.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    pub event_id: EventId,
    pub person: UserId,
    /// How many, at least 1.
    pub quantity: i64,
    /// Until when they are held.
    pub until: Timestamp,
    /// Free ones are theirs at once, unless they are offered.
    pub is_offer: bool,
}

/// Books seats; frees those first whose hold is over, if too few are left.
///
/// # Errors
/// As [`hold`].
pub(super) fn reserve(
    conn: &mut Conn,
    hold_of: Hold,
    terms: super::Terms,
    now: Timestamp,
) -> Result<BookingRow> {
    match hold(conn, hold_of, now) {
        Err(Error::Named(named)) if named.code == "INSUFFICIENT_SEATS" => {
            match expiry::of_event(conn, hold_of.event_id, now)? {
                0 => Err(Error::Named(named)),
                _ => {
                    waitlist::serve(conn, hold_of.event_id, terms, now)?;
                    hold(conn, hold_of, now)
                }
            }
        }
        held => held,
    }
}

/// Holds seats for a person, or books them if they cost nothing.
///
/// # Errors
/// Those of [`seats::take`]; 400 for more than one person may have.
pub fn hold(conn: &mut Conn, hold: Hold, now: Timestamp) -> Result<BookingRow> {
    let Hold {
        event_id,
        person,
        quantity,
        ..
    } = hold;
    let take = Take {
        event_id,
        quantity,
        version: None,
    };
    let after = seats::take(conn, take, now)?;
    // The event's row is locked now: nobody else books for this person at the same moment.
    let had = share(conn, event_id, person, now)?;
    if had + quantity > after.max_per_booking {
        let most = after.max_per_booking;
        return Err(Error::invalid(
            "quantity",
            format!("must leave a person with at most {most} seats of this event; {had} are held"),
        ));
    }
    let amount = quantity * after.base_price;
    let confirmed = amount == 0 && !hold.is_offer;
    let id = BookingId::new();
    let (status, topic) = match confirmed {
        true => ("confirmed", "booking.confirmed"),
        false => ("held", "booking.held"),
    };
    diesel::insert_into(bookings::table)
        .values((
            bookings::id.eq(id),
            bookings::reference.eq(reference()?),
            bookings::event_id.eq(event_id),
            bookings::user_id.eq(person),
            bookings::quantity.eq(quantity),
            bookings::amount.eq(amount),
            bookings::currency.eq(&after.currency),
            bookings::status.eq(status),
            bookings::expires_at.eq((!confirmed).then_some(hold.until)),
            bookings::confirmed_at.eq(confirmed.then_some(now)),
            bookings::created_at.eq(now),
        ))
        .execute(conn)?;
    let entry = Entry {
        quantity: -quantity,
        amount,
    };
    seats::enter(conn, event_id, &Source::Booking(id), &entry, now)?;
    record(conn, Some(person), topic, (event_id, id), now)?;
    by_id(conn, id)
}

/// What people say at the door and on the telephone: `7K3M-9QXD-04TZ`.
fn reference() -> Result<String> {
    let mut bytes = [0; REFERENCE_CHARS];
    aws_lc_rs::rand::fill(&mut bytes).map_err(Error::internal)?;
    let mut reference = String::with_capacity(REFERENCE_CHARS + 2);
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            reference.push('-');
        }
        let letter = LETTERS.get(usize::from(byte % 32)).copied();
        reference.push(char::from(letter.unwrap_or(b'0')));
    }
    Ok(reference)
}
