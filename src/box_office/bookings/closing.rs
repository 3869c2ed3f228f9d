//! What a cancelled event leaves: bookings that are cancelled with it, and a waitlist that
//! closes. In slices, before the call is answered; if the server stops in between, the worker
//! goes on.

use diesel::prelude::*;

use super::{BookingId, record, waitlist};
use crate::box_office::seats::{self, Back};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::schema::bookings;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;

/// Most bookings that are cancelled in one transaction.
const SLICE: i64 = 100;

/// Cancels all bookings of a cancelled event.
///
/// # Errors
/// Those of the database; the worker does what is left.
pub async fn finish(db: &Db, event_id: EventId, clock: &Clock) -> Result<()> {
    let now = Timestamp(clock.now());
    while db
        .write_later(move |conn| slice(conn, event_id, now))
        .await?
    {}
    Ok(())
}

/// As [`finish`], for all events that are not done.
pub(super) async fn finish_all(db: &Db, clock: &Clock) -> Result<()> {
    for event_id in db.read(seats::closing).await? {
        finish(db, event_id, clock).await?;
    }
    Ok(())
}

/// Cancels some bookings of a cancelled event; false once all of them are.
fn slice(conn: &mut Conn, event_id: EventId, now: Timestamp) -> Result<bool> {
    let some = bookings::table
        .filter(bookings::event_id.eq(event_id))
        .filter(bookings::status.eq_any(["held", "confirmed"]))
        .order(bookings::id)
        .limit(SLICE)
        .select(bookings::id)
        .load::<BookingId>(conn)?;
    // What was paid for has been confirmed; the guard once more, since another may be faster.
    let mut ended = Vec::new();
    for (status, paid) in [("confirmed", true), ("held", false)] {
        let rows = diesel::update(bookings::table.filter(bookings::id.eq_any(&some)))
            .filter(bookings::status.eq(status))
            .set((
                bookings::status.eq("cancelled"),
                bookings::expires_at.eq(None::<Timestamp>),
            ))
            .returning((bookings::id, bookings::quantity, bookings::amount))
            .get_results::<(BookingId, i64, i64)>(conn)?;
        ended.extend(rows.into_iter().map(|(booking_id, quantity, amount)| {
            let back = Back {
                booking_id,
                quantity,
                amount,
            };
            (back, paid && amount > 0)
        }));
    }
    let backs = ended.iter().map(|(back, _)| *back).collect::<Vec<_>>();
    if !backs.is_empty() {
        seats::give_back_many(conn, event_id, &backs, now)?;
    }
    for (Back { booking_id, .. }, paid) in ended {
        let subject = (event_id, booking_id);
        record(conn, None, "booking.cancelled", subject, now)?;
        waitlist::offer_ended(conn, booking_id, "closed", None, now)?;
        if paid {
            record(conn, None, "booking.refund_due", subject, now)?;
        }
    }
    if !some.is_empty() || waitlist::close(conn, event_id, now)? {
        return Ok(true);
    }
    seats::closed(conn, event_id)?;
    Ok(false)
}
