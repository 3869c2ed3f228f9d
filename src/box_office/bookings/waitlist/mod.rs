//! Waiting for seats. Owns `waitlist`.
//!
//! Routes: POST, GET and DELETE `/api/v1/events/{id}/waitlist`. Emits: `waitlist.joined`,
//! `waitlist.offered`, `waitlist.booked`, `waitlist.expired`, `waitlist.left`,
//! `waitlist.closed`.
//!
//! Whoever makes seats free offers them in the same transaction ([`serve`]): to the first in
//! line whose party fits. An offer is a hold like any other, and ends like one.

mod line;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, delete, get, post, routes};
use serde::{Deserialize, Serialize};

use super::{BookingId, BookingStatus, Terms, cancel, lock, share};
use crate::box_office::seats;
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::schema::{bookings, waitlist};
use crate::db::types::{Id, Rfc3339, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::idempotency::{HotRow, Kept};
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, UserId};

pub use line::{close, end_place, offer_ended, over, serve, unserved};

/// How far places are counted: nobody walks a longer line to say how long it is.
const COUNTED: i64 = 5_000;

/// Marks the ids of places in a line.
pub enum Waiting {}
/// The id of a place in a line.
pub type WaitingId = Id<Waiting>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(join, mine, leave))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("waitlist", |rocket| async {
        rocket.mount("/", routes![join, mine, leave])
    })
}

/// A place in a line, as it is kept.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = waitlist, check_for_backend(MultiBackend))]
#[diesel(base_query = waitlist::table.left_join(bookings::table))]
struct Entry {
    id: WaitingId,
    status: String,
    party_size: i64,
    booking_id: Option<BookingId>,
    #[diesel(select_expression = bookings::expires_at.nullable())]
    expires_at: Option<Timestamp>,
}

/// Who wants to wait.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewWaiting {
    /// How many seats it takes, at least 1.
    party_size: i64,
}

/// A place that was just taken.
#[derive(Serialize, utoipa::ToSchema)]
struct Place {
    /// From 1 among those who wait, and 5000 for all behind; 0 for one who waits no more.
    position: i64,
    /// `waiting`, or `offered` where seats are free.
    status: String,
}

/// My place in a line.
#[derive(Serialize, utoipa::ToSchema)]
struct MyPlace {
    /// From 1 among those who wait, and 5000 for all behind; 0 for one who waits no more.
    position: i64,
    /// `waiting`, `offered`, `booked`, `expired` or `closed`.
    status: String,
    party_size: i64,
    /// The offer, to confirm or cancel; null unless there is one.
    #[schema(inline, required)]
    booking_id: Option<BookingId>,
    /// Until when the offer holds.
    #[schema(inline, required)]
    expires_at: Option<Rfc3339>,
}

/// Waits for seats.
///
/// When as many come free, they are held for the first in line whose party fits, who has a
/// quarter of an hour to confirm.
#[utoipa::path(tag = "Bookings", security(("session" = [])), params(("event_id" = EventId, Path)),
    request_body = NewWaiting,
    responses(
        (status = 201, description = "The place", body = Place),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
        (status = 409, description = "`CONFLICT`: I wait already; `EVENT_NOT_MODIFIABLE`"),
        (status = 422, description = "`IDEMPOTENCY_CONFLICT`: the key was used for another call"),
    ))]
#[post("/api/v1/events/<event_id>/waitlist", data = "<body>")]
async fn join(
    event_id: &str,
    who: SignedIn,
    body: Body<NewWaiting>,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Kept> {
    let (new, once) = body.valid_once()?;
    let (event_id, party) = (seats::read_id(event_id)?, new.party_size);
    let (me, now, terms) = (who.user_id, Timestamp(clock.now()), *terms.inner());
    if party < 1 {
        return Err(Error::invalid("party_size", "must be at least 1"));
    }
    let row: HotRow<_> = (event_id, seats::hold_row);
    once.write_row(db, me, clock, row, move |conn| {
        check_party(conn, event_id, me, party, now)?;
        let id = line::add(conn, event_id, me, party, now)?;
        serve(conn, event_id, terms, now)?;
        let entry = newest(conn, event_id, me)?;
        let entry = entry.filter(|entry| entry.id == id);
        let entry = entry.ok_or_else(|| Error::internal("a place is gone"))?;
        Ok(Plain::created(Place {
            position: position(conn, event_id, &entry)?,
            status: entry.status,
        }))
    })
    .await
}

/// Holds a party against what a person may have of an event.
fn check_party(
    conn: &mut Conn,
    event_id: EventId,
    me: UserId,
    party: i64,
    now: Timestamp,
) -> Result<()> {
    // Locked, so that nobody joins the line of an event while it is cancelled.
    let seats = seats::lock(conn, event_id)?;
    seats.check_on_sale(now)?;
    let most = seats.max_per_booking;
    match share(conn, event_id, me, now)?.checked_add(party) {
        Some(all) if all <= most => Ok(()),
        _ => Err(Error::invalid(
            "party_size",
            format!("must leave a person with at most {most} seats of this event"),
        )),
    }
}

/// My place in the line of an event.
#[utoipa::path(tag = "Bookings", security(("session" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "My place", body = MyPlace),
        (status = 404, description = "`NOT_FOUND`: I do not wait; `EVENT_NOT_FOUND`"),
    ))]
#[get("/api/v1/events/<event_id>/waitlist")]
async fn mine(event_id: &str, who: SignedIn, db: &State<Db>) -> Result<Plain<MyPlace>> {
    let (event_id, me) = (seats::read_id(event_id)?, who.user_id);
    let place = db.scan(move |conn| {
        seats::find(conn, event_id)?.check_public()?;
        let entry = newest(conn, event_id, me)?.filter(|entry| entry.status != "left");
        let entry = entry.ok_or(Error::NotFound(None))?;
        let offered = entry.status == "offered";
        Ok(MyPlace {
            position: position(conn, event_id, &entry)?,
            party_size: entry.party_size,
            booking_id: entry.booking_id.filter(|_| offered),
            expires_at: entry.expires_at.filter(|_| offered).map(Rfc3339::from),
            status: entry.status,
        })
    });
    Ok(Plain::ok(place.await?))
}

/// Who waits no more.
#[derive(Serialize, utoipa::ToSchema)]
struct Left {
    /// `Left the waitlist`
    message: &'static str,
    #[schema(inline)]
    event_id: EventId,
}

/// Waits no more; an offer is declined, and goes to the next.
#[utoipa::path(tag = "Bookings", security(("session" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "`Left the waitlist`", body = Left),
        (status = 404, description = "`NOT_FOUND`: I do not wait; `EVENT_NOT_FOUND`"),
    ))]
#[delete("/api/v1/events/<event_id>/waitlist")]
async fn leave(
    event_id: &str,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Plain<Left>> {
    let (event_id, me) = (seats::read_id(event_id)?, who.user_id);
    let (now, terms) = (Timestamp(clock.now()), *terms.inner());
    db.write_row(event_id, move |conn| {
        // The seats first, as everybody locks them.
        seats::lock(conn, event_id)?.check_public()?;
        people::check_may_write(conn, me)?;
        if line::leave(conn, event_id, me, now)? {
            return Ok(());
        }
        let offer = newest(conn, event_id, me)?.filter(|entry| entry.status == "offered");
        let offer = offer.and_then(|entry| entry.booking_id);
        let row = lock(conn, offer.ok_or(Error::NotFound(None))?)?;
        // One that was confirmed meanwhile is no offer any more.
        if row.status(now) == BookingStatus::Confirmed {
            return Err(Error::NotFound(None));
        }
        cancel(conn, &row, Some(me), now)?;
        serve(conn, event_id, terms, now).map(drop)
    })
    .await?;
    Ok(Plain::ok(Left {
        message: "Left the waitlist",
        event_id,
    }))
}

/// A person's place in the line of an event: the one that goes on, or else the newest.
fn newest(conn: &mut Conn, event_id: EventId, person: UserId) -> Result<Option<Entry>> {
    let theirs = || {
        Entry::query()
            .filter(waitlist::event_id.eq(event_id))
            .filter(waitlist::user_id.eq(person))
            .order(waitlist::id.desc())
    };
    let goes_on = theirs().filter(waitlist::status.eq_any(["waiting", "offered"]));
    match goes_on.first(conn).optional()? {
        Some(entry) => Ok(Some(entry)),
        None => Ok(theirs().first(conn).optional()?),
    }
}

/// From 1 among those who wait, up to [`COUNTED`]; 0 for one who waits no more.
fn position(conn: &mut Conn, event_id: EventId, entry: &Entry) -> Result<i64> {
    if entry.status != "waiting" {
        return Ok(0);
    }
    let before = waitlist::table
        .filter(waitlist::event_id.eq(event_id))
        .filter(waitlist::status.eq("waiting"))
        .filter(waitlist::id.lt(entry.id))
        .select(waitlist::id)
        .limit(COUNTED - 1);
    Ok(before.load::<WaitingId>(conn)?.len() as i64 + 1)
}
