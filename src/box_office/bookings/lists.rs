//! Lists of bookings: a person's own, and those of an event for its admin.

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, get, routes};
use serde::Serialize;

use super::{BookingId, BookingRow, BookingStatus, MyBooking};
use crate::box_office::money::Minor;
use crate::box_office::tickets::Tickets;
use crate::box_office::{events, seats};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::schema::{bookings, users};
use crate::db::types::{Rfc3339, Timestamp};
use crate::db::{Conn, Db, MultiBackend, in_time, on_backend};
use crate::error::{Error, Result};
use crate::http::envelope::Plain;
use crate::http::page::{Limit, Query};
use crate::identity::guard::{Admin, SignedIn};
use crate::identity::people::{PublicPerson, UserId};
use crate::identity::roles::Permission;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(mine, of_event))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("lists of bookings", |rocket| async {
        rocket.mount("/", routes![mine, of_event])
    })
}

/// A page of bookings.
#[derive(Serialize, utoipa::ToSchema)]
struct BookingPage<T> {
    bookings: Vec<T>,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// My bookings, newest first.
#[utoipa::path(tag = "Bookings", security(("session" = [])),
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page of bookings", body = BookingPage<MyBooking>)))]
#[get("/api/v1/bookings")]
async fn mine(
    who: SignedIn,
    query: Query<'_>,
    db: &State<Db>,
    clock: &State<Clock>,
    tickets: &State<Tickets>,
) -> Result<Plain<BookingPage<MyBooking>>> {
    let me = who.user_id;
    let list = format!("bookings of {me}");
    let limit = query.limit()?;
    let before = query.cursor::<BookingId>(&list)?;
    let rows = db.read(move |conn| of(conn, me, before, limit)).await?;
    let (rows, next) = query.page(&list, limit, rows, |row| row.id)?;
    let now = Timestamp(clock.now());
    let shown = |row: &BookingRow| MyBooking::of(row, tickets, now);
    Ok(Plain::ok(BookingPage {
        bookings: rows.iter().map(shown).collect::<Result<_>>()?,
        next,
    }))
}

fn of(
    conn: &mut Conn,
    person: UserId,
    before: Option<BookingId>,
    limit: Limit,
) -> Result<Vec<BookingRow>> {
    let mut list = BookingRow::query()
        .filter(bookings::user_id.eq(person))
        .order(bookings::id.desc())
        .limit(limit.rows())
        .into_boxed::<MultiBackend>();
    if let Some(before) = before {
        list = list.filter(bookings::id.lt(before));
    }
    Ok(list.load(conn)?)
}

/// A booking, as the event's admin sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BookingOfEvent {
    #[schema(inline)]
    booking_id: BookingId,
    reference: String,
    quantity: i64,
    status: BookingStatus,
    #[schema(inline, required)]
    expires_at: Option<Rfc3339>,
    total_amount: Minor,
    currency: String,
    #[schema(inline)]
    created_at: Rfc3339,
    #[schema(inline, required)]
    confirmed_at: Option<Rfc3339>,
    #[schema(inline, required)]
    admitted_at: Option<Rfc3339>,
    /// Null for somebody who is gone.
    #[schema(required)]
    person: Option<PublicPerson>,
}

impl BookingOfEvent {
    fn of((row, person): Booked, now: Timestamp) -> Self {
        Self {
            booking_id: row.id,
            status: row.status(now),
            expires_at: row.ends(now),
            quantity: row.quantity,
            total_amount: Minor(row.amount),
            created_at: row.created_at.into(),
            confirmed_at: row.confirmed_at.map(Rfc3339::from),
            admitted_at: row.admitted_at.map(Rfc3339::from),
            reference: row.reference,
            currency: row.currency,
            person,
        }
    }
}

type Booked = (BookingRow, Option<PublicPerson>);

/// The bookings of an event of mine, newest first.
#[utoipa::path(tag = "Box office", security(("admin" = [])),
    params(
        ("event_id" = EventId, Path),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("status" = Option<String>, Query, description = "`held`, `confirmed`, `cancelled` or `expired`"),
    ),
    responses(
        (status = 200, description = "A page of bookings", body = BookingPage<BookingOfEvent>),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
    ))]
#[get("/api/v1/admin/events/<event_id>/bookings")]
async fn of_event(
    event_id: &str,
    admin: Admin,
    query: Query<'_>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<BookingPage<BookingOfEvent>>> {
    admin.may(Permission::WriteEvents)?;
    let id = seats::read_id(event_id)?;
    let status = match query.get("status") {
        None => None,
        Some(text) => Some(BookingStatus::read(text).ok_or_else(|| {
            Error::invalid("status", "must be held, confirmed, cancelled or expired")
        })?),
    };
    let named = status.map_or("all", BookingStatus::as_str);
    let list = format!("{named} bookings of event {id}");
    let limit = query.limit()?;
    let before = query.cursor::<BookingId>(&list)?;
    let now = Timestamp(clock.now());
    let rows = db.scan(move |conn| {
        events::mine(&admin, seats::find(conn, id)?)?;
        page(conn, id, status, before, (limit, now))
    });
    let (rows, next) = query.page(&list, limit, rows.await?, |(row, _)| row.id)?;
    let shown = |booked| BookingOfEvent::of(booked, now);
    Ok(Plain::ok(BookingPage {
        bookings: rows.into_iter().map(shown).collect(),
        next,
    }))
}

fn page(
    conn: &mut Conn,
    event_id: EventId,
    status: Option<BookingStatus>,
    before: Option<BookingId>,
    (limit, now): (Limit, Timestamp),
) -> Result<Vec<Booked>> {
    Ok(on_backend!(conn, conn: Backend => {
        let mut list = bookings::table
            .left_join(users::table)
            .filter(bookings::event_id.eq(event_id))
            .filter(in_time())
            .order(bookings::id.desc())
            .limit(limit.rows())
            .select((BookingRow::as_select(), Option::<PublicPerson>::as_select()))
            .into_boxed::<Backend>();
        if let Some(status) = status {
            // A hold whose time is over is one no more, though nobody has ended it yet.
            let over = bookings::expires_at.le(now).assume_not_null();
            list = match status {
                BookingStatus::Held => list
                    .filter(bookings::status.eq("held"))
                    .filter(bookings::expires_at.gt(now)),
                BookingStatus::Expired => list.filter(bookings::status.eq("expired").or(over)),
                other => list.filter(bookings::status.eq(other.as_str())),
            };
        }
        if let Some(before) = before {
            list = list.filter(bookings::id.lt(before));
        }
        list.load::<Booked>(conn)
    })?)
}
