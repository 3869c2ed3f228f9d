//! Holds whose time is over: their seats come back, once, whoever frees them first.

use std::time::Duration;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::tokio;

use super::{BookingId, Terms, closing, record, waitlist};
use crate::box_office::seats::{self, Back};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::schema::bookings;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;

/// How often holds are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Every so many times the lines are looked at, too.
const LINES: u64 = 10;
/// Most holds that end in one transaction.
const SLICE: i64 = 100;

/// Ends holds while the server runs, and settles events that were cancelled.
pub fn stage() -> AdHoc {
    AdHoc::on_liftoff("holds", |rocket| {
        Box::pin(async move {
            let (Some(db), Some(clock), Some(terms)) = (
                rocket.state::<Db>().cloned(),
                rocket.state::<Clock>().cloned(),
                rocket.state::<Terms>().copied(),
            ) else {
                return;
            };
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                for turn in 1_u64.. {
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(EVERY) => {}
                    }
                    let done = match turn % LINES {
                        0 => round(&db, &clock, terms).await,
                        _ => end_holds(&db, &clock, terms).await,
                    };
                    if let Err(error) = done {
                        tracing::warn!(cause = %error, "holds that are over were not ended");
                    }
                }
            });
        })
    })
}

/// Ends all holds that are over, settles all events that were cancelled, and offers what nobody
/// was offered yet.
///
/// # Errors
/// Those of the database; the next round goes on.
pub async fn round(db: &Db, clock: &Clock, terms: Terms) -> Result<()> {
    end_holds(db, clock, terms).await?;
    let now = Timestamp(clock.now());
    // Who waits for what is over waits no more.
    for event_id in db.scan(move |conn| waitlist::over(conn, now)).await? {
        while db
            .write_later(move |conn| waitlist::close(conn, event_id, now))
            .await?
        {}
    }
    for event_id in db.scan(move |conn| waitlist::unserved(conn, now)).await? {
        db.write_later(move |conn| waitlist::serve(conn, event_id, terms, now))
            .await?;
    }
    Ok(())
}

async fn end_holds(db: &Db, clock: &Clock, terms: Terms) -> Result<()> {
    loop {
        let now = Timestamp(clock.now());
        // Most rounds find nothing, and then there is nothing to write.
        let due = db.read(move |conn| due(conn, now)).await?;
        let mut ended = 0;
        for event_id in due {
            let slice = db.write_later(move |conn| {
                let ended = of_event(conn, event_id, now)?;
                waitlist::serve(conn, event_id, terms, now)?;
                Ok(ended)
            });
            match slice.await {
                Ok(some) => ended += some,
                // The others' turn comes all the same.
                Err(error) => tracing::warn!(cause = %error, "holds of an event were not ended"),
            }
        }
        if ended == 0 {
            break;
        }
    }
    closing::go_on(db, clock).await
}

/// Events with holds that are over.
fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<EventId>> {
    let mut due = bookings::table
        .filter(bookings::expires_at.le(now))
        .order(bookings::expires_at)
        .limit(500)
        .select(bookings::event_id)
        .load::<EventId>(conn)?;
    due.sort_unstable();
    due.dedup();
    Ok(due)
}

/// Ends the holds of an event that are over, at most [`SLICE`]; how many they were. A hold that
/// is confirmed or ended by another at the same moment is met by neither statement twice.
pub(super) fn of_event(conn: &mut Conn, event_id: EventId, now: Timestamp) -> Result<usize> {
    seats::hold_row(conn, event_id)?;
    let over = || {
        bookings::table
            .filter(bookings::event_id.eq(event_id))
            .filter(bookings::status.eq("held"))
            .filter(bookings::expires_at.le(now))
            .order((bookings::expires_at, bookings::id))
            .limit(SLICE)
            .select(bookings::id)
    };
    let over: Vec<BookingId> = match conn {
        Conn::Sqlite(conn) => over().load(conn)?,
        // Nobody is waited for: somebody may be confirming one of them.
        Conn::Pg(conn) => over().for_update().skip_locked().load(conn)?,
    };
    if over.is_empty() {
        return Ok(0);
    }
    // The guard once more: another may have been faster.
    let ended = diesel::update(bookings::table.filter(bookings::id.eq_any(over)))
        .filter(bookings::status.eq("held"))
        .filter(bookings::expires_at.le(now))
        .set((
            bookings::status.eq("expired"),
            bookings::expires_at.eq(None::<Timestamp>),
        ))
        .returning((bookings::id, bookings::quantity, bookings::amount))
        .get_results::<(BookingId, i64, i64)>(conn)?;
    if ended.is_empty() {
        return Ok(0);
    }
    let backs = ended.iter().map(|(booking_id, quantity, amount)| Back {
        booking_id: *booking_id,
        quantity: *quantity,
        amount: *amount,
    });
    let backs = backs.collect::<Vec<_>>();
    seats::give_back(conn, event_id, &backs, now)?;
    for Back { booking_id, .. } in &backs {
        record(conn, None, "booking.expired", (event_id, *booking_id), now)?;
        waitlist::offer_ended(conn, *booking_id, "expired", None, now)?;
    }
    Ok(backs.len())
}
