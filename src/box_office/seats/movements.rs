//! Taking seats and giving them back.

use diesel::prelude::*;
use diesel::query_builder::QueryId;

use super::statements::{SellSeats, TakeSeats};
use super::{Seats, Status, concurrent_update, find, insufficient, lock, not_found, record};
use crate::box_office::bookings::BookingId;
use crate::community::events::EventId;
use crate::db::schema::{event_seats, seat_movements};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, on_backend};
use crate::error::{Error, Result};

/// How often a take is tried that was refused for a reason that is gone a moment later.
const TRIES: usize = 8;

/// Marks the ids of rows of the ledger.
pub(super) enum Movement {}

/// Who moves seats.
#[derive(Debug, Clone)]
pub enum Source {
    /// A service with the internal key; with the hash of the call's `Idempotency-Key`.
    Internal(Option<String>),
    /// A booking.
    Booking(BookingId),
}

/// Seats that somebody wants.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Take {
    pub event_id: EventId,
    /// How many, at least 1.
    pub quantity: i64,
    /// Only if this is the event's version.
    pub version: Option<i64>,
}

/// An event's seats after a movement.
#[derive(Debug, Clone, Queryable)]
pub struct After {
    pub available: i64,
    pub version: i64,
    pub base_price: i64,
    pub currency: String,
    pub max_per_booking: i64,
}

type AfterColumns = (
    event_seats::available,
    event_seats::version,
    event_seats::base_price,
    event_seats::currency,
    event_seats::max_per_booking,
);
const AFTER: AfterColumns = (
    event_seats::available,
    event_seats::version,
    event_seats::base_price,
    event_seats::currency,
    event_seats::max_per_booking,
);

/// Takes seats of an event that is on sale, at most as many as one call may. What the ledger says
/// of it follows when the booking has its row, so it is the caller's to [`enter`].
///
/// # Errors
/// 404 `EVENT_NOT_FOUND`, 409 `EVENT_NOT_MODIFIABLE`, 400 for more than one call may take, 409
/// `CONCURRENT_UPDATE`, 409 `INSUFFICIENT_SEATS`.
pub fn take(conn: &mut Conn, take: Take, now: Timestamp) -> Result<After> {
    let statement = TakeSeats {
        take,
        internal: 0,
        now,
    };
    insist(conn, take, now, |conn| {
        let after = on_backend!(conn, conn => statement.get_result::<After>(conn));
        Ok(after.optional()?)
    })
}

/// As [`take`], by a service, with what the ledger says of it.
pub fn sell(
    conn: &mut Conn,
    take: Take,
    key_hash: Option<String>,
    now: Timestamp,
) -> Result<After> {
    let statement = TakeSeats {
        take,
        internal: take.quantity,
        now,
    };
    let source = Source::Internal(key_hash);
    insist(conn, take, now, |conn| {
        // On PostgreSQL each statement is a way to the server and back, and the row is locked
        // meanwhile: so all of it is one.
        if let Conn::Pg(pg) = conn {
            let all = SellSeats::new(statement, &source)?;
            return Ok(all.get_result::<After>(pg).optional()?);
        }
        let after = on_backend!(conn, conn => statement.get_result::<After>(conn));
        let Some(after) = after.optional()? else {
            return Ok(None);
        };
        let entry = Entry {
            quantity: -take.quantity,
            amount: take.quantity * after.base_price,
        };
        enter(conn, take.event_id, &source, &entry, now)?;
        Ok(Some(after))
    })
}

/// Tries a conditional statement, until it is refused for a reason that stands.
fn insist(
    conn: &mut Conn,
    take: Take,
    now: Timestamp,
    mut tried: impl FnMut(&mut Conn) -> Result<Option<After>>,
) -> Result<After> {
    for _ in 0..TRIES {
        if let Some(after) = tried(conn)? {
            return Ok(after);
        }
        let seats = find(conn, take.event_id)?;
        if let Some(refusal) = refusal(&seats, take, now) {
            return Err(refusal);
        }
    }
    Err(Error::unavailable("seats changed hands too often"))
}

/// Why seats cannot be taken; none if they can by now.
fn refusal(seats: &Seats, take: Take, now: Timestamp) -> Option<Error> {
    if let Err(refusal) = seats.check_on_sale(now) {
        return Some(refusal);
    }
    if take.quantity > seats.max_per_booking {
        return Some(too_many(seats));
    }
    match take.version {
        Some(expected) if expected != seats.version => Some(concurrent_update(seats, expected)),
        _ if seats.available < take.quantity => Some(insufficient(seats, take.quantity)),
        _ => None,
    }
}

/// The refusal of more seats than one call may move.
fn too_many(seats: &Seats) -> Error {
    let most = seats.max_per_booking;
    Error::invalid("quantity", format!("must be at most {most} for this event"))
}

/// A movement as the ledger has it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Taken ones are negative.
    pub quantity: i64,
    /// What was paid for them, or given back, in minor units.
    pub amount: i64,
}

/// Enters a movement into the ledger, and tells of it.
pub fn enter(
    conn: &mut Conn,
    event_id: EventId,
    source: &Source,
    entry: &Entry,
    now: Timestamp,
) -> Result<()> {
    enter_quietly(conn, event_id, source, entry, now)?;
    record(conn, event_id, now)
}

fn enter_quietly(
    conn: &mut Conn,
    event_id: EventId,
    source: &Source,
    entry: &Entry,
    now: Timestamp,
) -> Result<()> {
    let (name, booking_id, key_hash) = match source {
        Source::Internal(key_hash) => ("internal", None, key_hash.as_deref()),
        Source::Booking(id) => ("booking", Some(*id), None),
    };
    let row = (
        seat_movements::event_id.eq(event_id),
        seat_movements::id.eq(Id::<Movement>::new()),
        seat_movements::quantity.eq(entry.quantity),
        seat_movements::amount.eq(entry.amount),
        seat_movements::at.eq(now),
        seat_movements::source.eq(name),
        seat_movements::booking_id.eq(booking_id),
        seat_movements::key_hash.eq(key_hash),
    );
    on_backend!(conn, conn => diesel::insert_into(seat_movements::table).values(row).execute(conn))?;
    Ok(())
}

/// Gives back seats that the internal calls took, if bounded at most as many as one call may
/// take, each for what such a seat was sold for on
/// average, and the last of them for all that is left; so that what comes and goes at different
/// prices leaves nothing behind.
///
/// # Errors
/// 404 `EVENT_NOT_FOUND`, 409 `EVENT_NOT_MODIFIABLE`, 400 for more than they took, 409
/// `CONCURRENT_UPDATE`.
pub fn return_internal(
    conn: &mut Conn,
    back: Take,
    bounded: bool,
    key_hash: Option<String>,
    now: Timestamp,
) -> Result<After> {
    let seats = lock(conn, back.event_id)?;
    seats.check_on_sale(now)?;
    if bounded && back.quantity > seats.max_per_booking {
        return Err(too_many(&seats));
    }
    if back.quantity > seats.internal_taken {
        return Err(Error::invalid(
            "quantity",
            format!(
                "must be at most {}, which is what was taken so",
                seats.internal_taken
            ),
        ));
    }
    if let Some(expected) = back.version.filter(|version| *version != seats.version) {
        return Err(concurrent_update(&seats, expected));
    }
    let amount = match back.quantity == seats.internal_taken {
        true => seats.internal_revenue,
        false => seats.internal_revenue / seats.internal_taken * back.quantity,
    };
    let after = on_backend!(conn, conn => {
        diesel::update(event_seats::table.find(back.event_id))
            .set((
                event_seats::available.eq(event_seats::available + back.quantity),
                event_seats::version.eq(event_seats::version + 1),
                event_seats::internal_taken.eq(event_seats::internal_taken - back.quantity),
                event_seats::internal_revenue.eq(event_seats::internal_revenue - amount),
                event_seats::changed_at.eq(now),
            ))
            .returning(AFTER)
            .get_result::<After>(conn)
    })?;
    let entry = Entry {
        quantity: back.quantity,
        amount: -amount,
    };
    enter(
        conn,
        back.event_id,
        &Source::Internal(key_hash),
        &entry,
        now,
    )?;
    Ok(after)
}

/// A booking whose seats come back.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    pub booking_id: BookingId,
    pub quantity: i64,
    /// What it cost, in minor units.
    pub amount: i64,
}

/// Gives back the seats of bookings that have just ceased to hold them, all of one event.
pub fn give_back(conn: &mut Conn, event_id: EventId, backs: &[Back], now: Timestamp) -> Result<()> {
    let quantity = backs.iter().map(|back| back.quantity).sum::<i64>();
    let met = diesel::update(event_seats::table.find(event_id))
        .set((
            event_seats::available.eq(event_seats::available + quantity),
            event_seats::version.eq(event_seats::version + 1),
            event_seats::changed_at.eq(now),
        ))
        .execute(conn)?;
    if met != 1 {
        return Err(not_found());
    }
    for back in backs {
        let entry = Entry {
            quantity: back.quantity,
            amount: -back.amount,
        };
        let source = Source::Booking(back.booking_id);
        enter_quietly(conn, event_id, &source, &entry, now)?;
    }
    record(conn, event_id, now)
}

impl From<Seats> for After {
    fn from(seats: Seats) -> Self {
        Self {
            available: seats.available,
            version: seats.version,
            base_price: seats.base_price,
            currency: seats.currency,
            max_per_booking: seats.max_per_booking,
        }
    }
}

impl After {
    /// What the event is: seats move only while it is published.
    pub fn status(&self) -> Status {
        Status::of("published", self.available)
    }
}
