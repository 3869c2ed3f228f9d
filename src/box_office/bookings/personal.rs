//! What of bookings and waitlists is a person's own: it is exported, passes to whom the person
//! becomes, and goes with the person.

use diesel::prelude::*;
use serde::Serialize;

use super::waitlist::{Waiting, WaitingId, end_place, serve};
use super::{Booking, BookingId, BookingRow, BookingStatus, BookingView, Terms, cancel, lock};
use crate::box_office::seats;
use crate::community::belongings::Belonging;
use crate::community::events::EventId;
use crate::community::export::{START, Section, items};
use crate::db::Conn;
use crate::db::schema::{bookings, waitlist};
use crate::db::types::{Rfc3339, Timestamp};
use crate::error::Result;
use crate::identity::people::UserId;

/// Most rows of a slice.
const SLICE: i64 = 100;

/// What a person's own export shows.
pub fn sections() -> [Section; 2] {
    [
        Section {
            name: "bookings",
            page: |conn, me, (_, id)| {
                let rows = BookingRow::query()
                    .filter(bookings::user_id.eq(me))
                    .filter(bookings::id.gt(id.of::<Booking>()))
                    .order(bookings::id)
                    .limit(SLICE)
                    .load(conn)?;
                items(rows.iter().map(OwnBooking::of), |own| {
                    (START.0, own.booking.booking_id.of())
                })
            },
        },
        Section {
            name: "waitlist",
            page: |conn, me, (_, id)| {
                let rows = OwnPlace::query()
                    .filter(waitlist::user_id.eq(me))
                    .filter(waitlist::id.gt(id.of::<Waiting>()))
                    .order(waitlist::id)
                    .limit(SLICE)
                    .load(conn)?;
                items(rows, |place| (START.0, place.id.of()))
            },
        },
    ]
}

#[derive(Serialize)]
struct OwnBooking {
    #[serde(flatten)]
    booking: BookingView,
    created_at: Rfc3339,
    confirmed_at: Option<Rfc3339>,
    admitted_at: Option<Rfc3339>,
    payment_reference: Option<String>,
}

impl OwnBooking {
    fn of(row: &BookingRow) -> Self {
        Self {
            // As it is kept: an export tells what is there.
            booking: BookingView::of(row, row.created_at),
            created_at: row.created_at.into(),
            confirmed_at: row.confirmed_at.map(Rfc3339::from),
            admitted_at: row.admitted_at.map(Rfc3339::from),
            payment_reference: row.payment_reference.clone(),
        }
    }
}

#[derive(Serialize, HasQuery)]
#[diesel(table_name = waitlist, check_for_backend(crate::db::MultiBackend))]
struct OwnPlace {
    id: WaitingId,
    event_id: EventId,
    party_size: i64,
    status: String,
    created_at: Rfc3339,
}

/// How bookings and places in lines pass and go.
pub fn belongings(terms: Terms) -> [Belonging; 2] {
    [
        Belonging::new(
            |conn, from, into, _| adopt_bookings(conn, from, into),
            move |conn, person, now| erase_bookings(conn, person, terms, now),
        ),
        Belonging::new(adopt_places, erase_places),
    ]
}

fn adopt_bookings(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = bookings::table
        .filter(bookings::user_id.eq(from))
        .select(bookings::id)
        .limit(SLICE)
        .load::<BookingId>(conn)?;
    Ok(
        diesel::update(bookings::table.filter(bookings::id.eq_any(some)))
            .set(bookings::user_id.eq(Some(into)))
            .execute(conn)?,
    )
}

/// Takes a person's bookings from the person: holds are cancelled, what is confirmed stays a
/// number with its payment's, for the door, the books and what is to be given back.
fn erase_bookings(conn: &mut Conn, person: UserId, terms: Terms, now: Timestamp) -> Result<usize> {
    let theirs = || bookings::table.filter(bookings::user_id.eq(person));
    // One in a transaction: each locks the seats of its event.
    let held = theirs()
        .filter(bookings::status.eq("held"))
        .select((bookings::event_id, bookings::id))
        .first::<(EventId, BookingId)>(conn)
        .optional()?;
    let some = match held {
        Some((event_id, id)) => {
            let on = seats::lock(conn, event_id)?.ends_at > now;
            let row = lock(conn, id)?;
            if on && row.status(now) == BookingStatus::Held {
                cancel(conn, &row, Some(person), now)?;
                serve(conn, row.event_id, terms, now)?;
            }
            vec![id]
        }
        None => theirs()
            .order(bookings::id)
            .limit(SLICE)
            .select(bookings::id)
            .load(conn)?,
    };
    diesel::update(bookings::table.filter(bookings::id.eq_any(&some)))
        .set(bookings::user_id.eq(None::<UserId>))
        .execute(conn)?;
    Ok(some.len())
}

/// A place in a line, as it passes and goes.
type Place = (WaitingId, EventId, String);

fn places_of(conn: &mut Conn, person: UserId) -> Result<Vec<Place>> {
    Ok(waitlist::table
        .filter(waitlist::user_id.eq(person))
        .order(waitlist::id)
        .limit(SLICE)
        .select((waitlist::id, waitlist::event_id, waitlist::status))
        .load(conn)?)
}

/// Where both wait for one event, an offer stays, or else the older place.
fn adopt_places(conn: &mut Conn, from: UserId, into: UserId, now: Timestamp) -> Result<usize> {
    let theirs = places_of(conn, from)?;
    for (id, event_id, status) in &theirs {
        let other = waitlist::table
            .filter(waitlist::event_id.eq(event_id))
            .filter(waitlist::user_id.eq(into))
            .filter(waitlist::status.eq_any(["waiting", "offered"]))
            .select((waitlist::id, waitlist::status))
            .first::<(WaitingId, String)>(conn)
            .optional()?;
        let ends = match (status.as_str(), other) {
            // The older place is the better one.
            ("waiting", Some((other, waits))) if waits == "waiting" => {
                Some((other.max(*id), "waiting"))
            }
            ("waiting", Some(_)) => Some((*id, "waiting")),
            ("offered", Some((other, waits))) if waits == "waiting" => Some((other, "waiting")),
            // Two offers are two holds: this one is no place in the line any more.
            ("offered", Some(_)) => Some((*id, "offered")),
            _ => None,
        };
        if let Some((place, status)) = ends {
            end_place(conn, (*event_id, place, status), into, now)?;
        }
        diesel::update(waitlist::table.find(id))
            .set(waitlist::user_id.eq(into))
            .execute(conn)?;
    }
    Ok(theirs.len())
}

fn erase_places(conn: &mut Conn, person: UserId, now: Timestamp) -> Result<usize> {
    let theirs = places_of(conn, person)?;
    for (id, event_id, status) in &theirs {
        if status == "waiting" {
            end_place(conn, (*event_id, *id, "waiting"), person, now)?;
        }
        diesel::delete(waitlist::table.find(id)).execute(conn)?;
    }
    Ok(theirs.len())
}
