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

/// Most bookings of a status that are cancelled in one transaction.
const SLICE: i64 = 100;
/// Most slices of an event in a round of the worker.
const SLICES: usize = 5;

/// Cancels all bookings of a cancelled event; what fails is left to the worker.
pub async fn finish_or_leave(db: &Db, event_id: EventId, clock: &Clock) {
    slices(db, event_id, usize::MAX, clock).await;
}

/// Cancels some bookings of each event that is not done.
///
/// # Errors
/// Those of the database; the next round goes on.
pub(super) async fn go_on(db: &Db, clock: &Clock) -> Result<()> {
    for event_id in db.read(seats::closing).await? {
        slices(db, event_id, SLICES, clock).await;
    }
    Ok(())
}

/// At most so many slices of an event. A failure is for the log, so that the others' turn comes.
async fn slices(db: &Db, event_id: EventId, most: usize, clock: &Clock) {
    let now = Timestamp(clock.now());
    for _ in 0..most {
        match db.write_later(move |conn| slice(conn, event_id, now)).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(cause = %error, "bookings of a cancelled event are not cancelled yet");
                return;
            }
        }
    }
}

/// Cancels some bookings of a cancelled event, also of who was let in early; false once all of
/// them are.
fn slice(conn: &mut Conn, event_id: EventId, now: Timestamp) -> Result<bool> {
    seats::hold_row(conn, event_id)?;
    let (mut ended, mut any) = (Vec::new(), false);
    // What was paid for has been confirmed. Held ones first: one that is confirmed at the same
    // moment is met by the one look or the other.
    for (status, paid) in [("held", false), ("confirmed", true)] {
        let some = bookings::table
            .filter(bookings::event_id.eq(event_id))
            .filter(bookings::status.eq(status))
            .order(bookings::id)
            .limit(SLICE)
            .select(bookings::id)
            .load::<BookingId>(conn)?;
        any |= !some.is_empty();
        // The guard once more, since another may be faster; then the next slice meets it.
        let rows = diesel::update(bookings::table.filter(bookings::id.eq_any(some)))
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
        seats::give_back(conn, event_id, &backs, now)?;
    }
    for (Back { booking_id, .. }, paid) in ended {
        let subject = (event_id, booking_id);
        record(conn, None, "booking.cancelled", subject, now)?;
        waitlist::offer_ended(conn, booking_id, "closed", None, now)?;
        if paid {
            record(conn, None, "booking.refund_due", subject, now)?;
        }
    }
    if any || waitlist::close(conn, event_id, now)? {
        return Ok(true);
    }
    seats::closed(conn, event_id)?;
    Ok(false)
}
