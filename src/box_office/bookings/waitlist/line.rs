//! The line itself: who is added, offered seats, and leaves.

use diesel::prelude::*;

use super::WaitingId;
use crate::box_office::bookings::{BookingId, Hold, Terms, hold, share};
use crate::box_office::seats::{self, Seats};
use crate::bus::{self, Audience, Change};
use crate::community::events::EventId;
use crate::db::schema::{event_seats, events, waitlist};
use crate::db::types::Timestamp;
use crate::db::{Conn, in_time};
use crate::error::{Error, Result};
use crate::identity::people::{self, UserId};

/// Most offers of one transaction; the worker goes on.
const OFFERS: usize = 50;
/// How far the line is walked for somebody whose party fits, in tens.
const WALKS: usize = 20;
/// Most places that are closed in one transaction.
const SLICE: i64 = 100;

/// Adds a person to the line of an event.
///
/// # Errors
/// 409 for who waits already, or has an offer.
pub(super) fn add(
    conn: &mut Conn,
    event_id: EventId,
    person: UserId,
    party: i64,
    now: Timestamp,
) -> Result<WaitingId> {
    let id = WaitingId::new();
    let added = diesel::insert_into(waitlist::table)
        .values((
            waitlist::id.eq(id),
            waitlist::event_id.eq(event_id),
            waitlist::user_id.eq(person),
            waitlist::party_size.eq(party),
            waitlist::status.eq("waiting"),
            waitlist::created_at.eq(now),
        ))
        .execute(conn);
    match added.map_err(Error::from) {
        Err(error) if error.is_unique_violation() => {
            Err(Error::conflict("You are on the waitlist already."))
        }
        Err(error) => Err(error),
        Ok(_) => {
            record(conn, Some(person), "waitlist.joined", (event_id, id), now)?;
            Ok(id)
        }
    }
}

/// Offers an event's free seats to those who wait, each time to the first in line whose party
/// fits; how many offers were made.
pub fn serve(conn: &mut Conn, event_id: EventId, terms: Terms, now: Timestamp) -> Result<usize> {
    let smallest = waitlist::table
        .filter(waitlist::status.eq("waiting"))
        .filter(waitlist::event_id.eq(event_id))
        .select(diesel::dsl::min(waitlist::party_size));
    let Some(smallest) = smallest.first::<Option<i64>>(conn)? else {
        return Ok(0);
    };
    let mut offers = 0;
    while offers < OFFERS {
        let seats = seats::lock(conn, event_id)?;
        if seats.check_on_sale(now).is_err() || seats.available < smallest {
            break;
        }
        let Some((id, person, party)) = first(conn, &seats, now)? else {
            break;
        };
        let offer = Hold {
            event_id,
            person,
            quantity: party,
            until: Timestamp(now.0 + terms.offer),
            is_offer: true,
        };
        let booking = hold(conn, offer, now)?;
        diesel::update(waitlist::table.find(id))
            .set((
                waitlist::status.eq("offered"),
                waitlist::booking_id.eq(Some(booking.id)),
            ))
            .execute(conn)?;
        record(conn, None, "waitlist.offered", (event_id, id), now)?;
        offers += 1;
    }
    Ok(offers)
}

/// Events on sale with free seats for somebody who waits: they were too many for one
/// transaction, or who stood in the way is gone.
pub fn unserved(conn: &mut Conn, now: Timestamp) -> Result<Vec<EventId>> {
    Ok(waitlist::table
        .inner_join(event_seats::table.on(event_seats::event_id.eq(waitlist::event_id)))
        .inner_join(events::table.on(events::id.eq(waitlist::event_id)))
        .filter(waitlist::status.eq("waiting"))
        .filter(event_seats::status.eq("published"))
        .filter(event_seats::available.ge(waitlist::party_size))
        .filter(event_seats::max_per_booking.ge(waitlist::party_size))
        .filter(events::deleted_at.is_null())
        .filter(events::ends_at.gt(now))
        .filter(in_time())
        .select(waitlist::event_id)
        .distinct()
        .limit(500)
        .load(conn)?)
}

/// Events that have ended, for which somebody still waits.
pub fn over(conn: &mut Conn, now: Timestamp) -> Result<Vec<EventId>> {
    Ok(waitlist::table
        .inner_join(events::table.on(events::id.eq(waitlist::event_id)))
        .filter(waitlist::status.eq("waiting"))
        .filter(events::ends_at.le(now))
        .filter(in_time())
        .select(waitlist::event_id)
        .distinct()
        .limit(500)
        .load(conn)?)
}

/// The first in line whose party fits, who may write and would not have more than one may;
/// nobody else moves that place until the transaction ends.
fn first(conn: &mut Conn, seats: &Seats, now: Timestamp) -> Result<Option<Waits>> {
    let mut after = WaitingId::nobody();
    for _ in 0..WALKS {
        let some = fitting(conn, seats, after)?;
        let Some((last, ..)) = some.last() else {
            return Ok(None);
        };
        after = *last;
        for (id, person, party) in some {
            let may = match people::check_may_write(conn, person) {
                Ok(()) => true,
                Err(Error::Forbidden(_) | Error::Unauthorized(_)) => false,
                Err(error) => return Err(error),
            };
            if may && share(conn, seats.event_id, person, now)? + party <= seats.max_per_booking {
                return Ok(Some((id, person, party)));
            }
        }
    }
    Ok(None)
}

/// A place in the line, whose it is, and for how many.
type Waits = (WaitingId, UserId, i64);

/// Some of those in line whose party fits, after that place.
fn fitting(conn: &mut Conn, seats: &Seats, after: WaitingId) -> Result<Vec<Waits>> {
    let most = seats.available.min(seats.max_per_booking);
    let waiting = || {
        waitlist::table
            .filter(waitlist::event_id.eq(seats.event_id))
            .filter(waitlist::status.eq("waiting"))
            .filter(waitlist::id.gt(after))
            .filter(waitlist::party_size.le(most))
            .order(waitlist::id)
            .limit(10)
            .select((waitlist::id, waitlist::user_id, waitlist::party_size))
    };
    Ok(match conn {
        Conn::Sqlite(conn) => waiting().load(conn)?,
        // One who leaves at the same moment is passed over.
        Conn::Pg(conn) => waiting().for_update().skip_locked().load(conn)?,
    })
}

/// Takes a place out of the line that is in this state; nothing if it is in another by now.
pub fn end_place(
    conn: &mut Conn,
    (event_id, id, status): (EventId, WaitingId, &str),
    person: UserId,
    now: Timestamp,
) -> Result<()> {
    let place = waitlist::table
        .find(id)
        .filter(waitlist::status.eq(status.to_owned()));
    let ended = diesel::update(place)
        .set(waitlist::status.eq("left"))
        .execute(conn)?;
    match ended {
        0 => Ok(()),
        _ => record(conn, Some(person), "waitlist.left", (event_id, id), now),
    }
}

/// Takes a person who waits out of the line; false for one who does not.
pub(super) fn leave(
    conn: &mut Conn,
    event_id: EventId,
    person: UserId,
    now: Timestamp,
) -> Result<bool> {
    let waiting = waitlist::table
        .filter(waitlist::event_id.eq(event_id))
        .filter(waitlist::user_id.eq(person))
        .filter(waitlist::status.eq("waiting"));
    let left = diesel::update(waiting)
        .set(waitlist::status.eq("left"))
        .returning(waitlist::id)
        .get_results::<WaitingId>(conn)?;
    for id in &left {
        record(conn, Some(person), "waitlist.left", (event_id, *id), now)?;
    }
    Ok(!left.is_empty())
}

/// Says what became of an offer; nothing if the booking was none.
pub fn offer_ended(
    conn: &mut Conn,
    booking_id: BookingId,
    status: &'static str,
    actor: Option<UserId>,
    now: Timestamp,
) -> Result<()> {
    let topic = match status {
        "booked" => "waitlist.booked",
        "expired" => "waitlist.expired",
        "closed" => "waitlist.closed",
        _ => "waitlist.left",
    };
    let offer = waitlist::table
        .filter(waitlist::booking_id.eq(booking_id))
        .filter(waitlist::status.eq("offered"));
    let ended = diesel::update(offer)
        .set(waitlist::status.eq(status))
        .returning((waitlist::event_id, waitlist::id))
        .get_result::<(EventId, WaitingId)>(conn)
        .optional()?;
    match ended {
        Some(place) => record(conn, actor, topic, place, now),
        None => Ok(()),
    }
}

/// Closes the line of an event that was cancelled or has ended, some places at a time; false once it is closed.
pub fn close(conn: &mut Conn, event_id: EventId, now: Timestamp) -> Result<bool> {
    let some = waitlist::table
        .filter(waitlist::event_id.eq(event_id))
        .filter(waitlist::status.eq("waiting"))
        .order(waitlist::id)
        .limit(SLICE)
        .select(waitlist::id)
        .load::<WaitingId>(conn)?;
    let closed = diesel::update(waitlist::table.filter(waitlist::id.eq_any(&some)))
        .filter(waitlist::status.eq("waiting"))
        .set(waitlist::status.eq("closed"))
        .returning(waitlist::id)
        .get_results::<WaitingId>(conn)?;
    for id in closed {
        record(conn, None, "waitlist.closed", (event_id, id), now)?;
    }
    Ok(!some.is_empty())
}

fn record(
    conn: &mut Conn,
    actor: Option<UserId>,
    topic: &'static str,
    (event_id, id): (EventId, WaitingId),
    now: Timestamp,
) -> Result<()> {
    let change = Change::by_admin(actor, topic)
        .of("waiting_id", id)
        .of("event_id", event_id);
    bus::record(conn, now, change.heard_by(Audience::People))
}
