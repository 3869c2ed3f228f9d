//! The public catalogue: what there is to come, and how many seats are left.
//!
//! Routes: GET `/api/v1/events`, `/api/v1/events/{id}`, `/api/v1/events/{id}/availability`.
//! Events of the community are in it, too; they have no seats.

mod list;
mod rendered;
mod totals;

use std::sync::Arc;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, get, routes};
use serde::Serialize;

use super::money::Minor;
use super::seats::{self, Status};
use super::venues::VenueId;
use crate::community::events::{EventId, When};
use crate::db::schema::{event_seats, events, venues};
use crate::db::types::{Rfc3339, Timestamp};
use crate::db::{Conn, Db, on_backend};
use crate::error::Result;
use crate::http::fresh::Fresh;

pub use list::EventPage;
pub use rendered::{Rendered, Renderings};
pub use totals::Totals;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, find, availability))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("catalogue", |rocket| async {
        rocket
            .manage(Totals::default())
            .manage(Arc::new(Renderings::default()))
            .mount("/", routes![list::list, find, availability])
    })
}

/// An event with what the box office knows of it, as it is read.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventRow {
    #[diesel(column_name = id)]
    pub event_id: EventId,
    #[diesel(column_name = title)]
    pub name: String,
    pub description: String,
    #[diesel(embed)]
    pub when: When,
    revision: i64,
    deleted_at: Option<Timestamp>,
    #[diesel(embed)]
    seats: Option<SeatsRow>,
    #[diesel(embed)]
    venue: Option<VenueOfEvent>,
}

/// Its seats.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = event_seats)]
pub struct SeatsRow {
    event_type: String,
    capacity: i64,
    available: i64,
    base_price: i64,
    currency: String,
    max_per_booking: i64,
    status: String,
    version: i64,
}

/// Where an event of the box office takes place.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, utoipa::ToSchema)]
#[diesel(table_name = venues)]
pub struct VenueOfEvent {
    #[schema(inline)]
    #[serde(rename = "venue_id")]
    id: VenueId,
    name: String,
    address: String,
    city: String,
    #[schema(required)]
    state: Option<String>,
    country: String,
    #[schema(required)]
    postal_code: Option<String>,
}

/// An event, as the box office tells it. An event of the community has no seats: what is about
/// them is null.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SeatedEvent {
    #[schema(inline)]
    event_id: EventId,
    name: String,
    description: String,
    #[schema(required, example = "concert")]
    event_type: Option<String>,
    #[schema(required)]
    venue: Option<VenueOfEvent>,
    /// The start once more.
    #[schema(format = DateTime)]
    datetime: String,
    /// RFC 3339, with the offset of `timezone` at that time.
    #[schema(format = DateTime)]
    start_datetime: String,
    #[schema(format = DateTime)]
    end_datetime: String,
    /// IANA time zone.
    timezone: String,
    #[schema(required)]
    total_capacity: Option<i64>,
    #[schema(required)]
    available_seats: Option<i64>,
    #[schema(required)]
    base_price: Option<Minor>,
    /// ISO 4217.
    #[schema(required, example = "USD")]
    currency: Option<String>,
    #[schema(required)]
    max_tickets_per_booking: Option<i64>,
    status: Status,
    /// Grows with each change.
    version: i64,
}

impl From<EventRow> for SeatedEvent {
    fn from(row: EventRow) -> Self {
        let start = row.when.start_rfc3339();
        let (status, version) = (row.status(), row.version());
        let seats = row.seats;
        let of = |of: fn(&SeatsRow) -> i64| seats.as_ref().map(of);
        Self {
            event_id: row.event_id,
            name: row.name,
            description: row.description,
            datetime: start.clone(),
            start_datetime: start,
            end_datetime: row.when.end_rfc3339(),
            timezone: row.when.timezone,
            total_capacity: of(|seats| seats.capacity),
            available_seats: of(|seats| seats.available),
            base_price: of(|seats| seats.base_price).map(Minor),
            max_tickets_per_booking: of(|seats| seats.max_per_booking),
            status,
            version,
            venue: row.venue,
            currency: seats.as_ref().map(|seats| seats.currency.clone()),
            event_type: seats.map(|seats| seats.event_type),
        }
    }
}

impl EventRow {
    fn status(&self) -> Status {
        if self.deleted_at.is_some() {
            return Status::Cancelled;
        }
        // An event of the community is there for as long as it is published.
        self.seats.as_ref().map_or(Status::Published, |seats| {
            Status::of(&seats.status, seats.available)
        })
    }

    fn version(&self) -> i64 {
        let seats = self.seats.as_ref();
        seats.map_or(self.revision + 1, |seats| seats.version)
    }
}

/// The events with what the box office knows of them.
#[auto_type]
fn with_seats() -> _ {
    events::table
        .left_join(event_seats::table)
        .left_join(venues::table.on(venues::id.nullable().eq(event_seats::venue_id.nullable())))
}

/// The condition that anyone may know of an event: it is published; what the box office sold
/// seats for stays readable when it is cancelled.
#[auto_type]
fn is_public() -> _ {
    events::visible.eq(true).and(
        events::deleted_at
            .is_null()
            .or(event_seats::event_id.nullable().is_not_null()),
    )
}

/// An event, whoever may know of it.
pub fn row(conn: &mut Conn, id: EventId) -> Result<EventRow> {
    let row = on_backend!(conn, conn => with_seats()
        .filter(events::id.eq(id))
        .select(EventRow::as_select())
        .first::<EventRow>(conn));
    row.optional()?.ok_or_else(seats::not_found)
}

/// As [`row`], as it is told.
pub fn view(conn: &mut Conn, id: EventId) -> Result<SeatedEvent> {
    row(conn, id).map(SeatedEvent::from)
}

/// These events, newest first.
pub fn newest_of(conn: &mut Conn, ids: &[EventId]) -> Result<Vec<SeatedEvent>> {
    let rows = on_backend!(conn, conn => with_seats()
        .filter(events::id.eq_any(ids))
        .order(events::id.desc())
        .select(EventRow::as_select())
        .load::<EventRow>(conn))?;
    Ok(rows.into_iter().map(SeatedEvent::from).collect())
}

fn public(conn: &mut Conn, id: EventId) -> Result<EventRow> {
    let row = on_backend!(conn, conn => with_seats()
        .filter(events::id.eq(id))
        .filter(is_public())
        .select(EventRow::as_select())
        .first::<EventRow>(conn));
    row.optional()?.ok_or_else(seats::not_found)
}

/// An event.
#[utoipa::path(tag = "Box office", params(("event_id" = EventId, Path)), responses(
    (status = 200, description = "The event", body = SeatedEvent),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`EVENT_NOT_FOUND`"),
))]
#[get("/api/v1/events/<event_id>")]
async fn find(event_id: &str, db: &State<Db>) -> Result<Fresh<SeatedEvent>> {
    let id = seats::read_id(event_id)?;
    let row = db.read(move |conn| public(conn, id)).await?;
    Ok(Fresh(row.into()))
}

/// How many seats are left.
#[derive(Serialize, Queryable, utoipa::ToSchema)]
struct Availability {
    /// Null for an event without seats.
    #[schema(required)]
    available_seats: Option<i64>,
    status: Status,
    #[schema(inline)]
    last_updated: Rfc3339,
}

/// How many seats are left, in little more than a number.
#[utoipa::path(tag = "Box office", params(("event_id" = EventId, Path)), responses(
    (status = 200, description = "How many", body = Availability),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`EVENT_NOT_FOUND`"),
))]
#[get("/api/v1/events/<event_id>/availability")]
async fn availability(event_id: &str, db: &State<Db>) -> Result<Fresh<Availability>> {
    type Found = (
        (Timestamp, Option<Timestamp>),
        Option<i64>,
        Option<String>,
        Option<Timestamp>,
    );
    let id = seats::read_id(event_id)?;
    let found = db.read(move |conn| {
        let found = on_backend!(conn, conn => events::table
            .left_join(event_seats::table)
            .filter(events::id.eq(id))
            .filter(is_public())
            .select((
                (events::updated_at, events::deleted_at),
                event_seats::available.nullable(),
                event_seats::status.nullable(),
                event_seats::changed_at.nullable(),
            ))
            .first::<Found>(conn));
        found.optional()?.ok_or_else(seats::not_found)
    });
    let ((updated_at, deleted_at), available_seats, kept, changed_at) = found.await?;
    let kept = deleted_at.map(|_| "cancelled".to_owned()).or(kept);
    let status = kept.zip(available_seats);
    Ok(Fresh(Availability {
        available_seats,
        status: status.map_or(Status::Published, |(kept, left)| Status::of(&kept, left)),
        last_updated: changed_at.unwrap_or(updated_at).into(),
    }))
}
