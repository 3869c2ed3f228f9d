//! The events of admins: an event of the community with a row of seats beside it.
//!
//! Routes: POST and GET `/api/v1/admin/events`, GET, PUT and DELETE `/api/v1/admin/events/{id}`.
//! Emits: `event.created` (a draft), and `event.published`, `event.updated`, `event.cancelled`
//! through the community; `venue.events_moved` when many events follow their venue.

mod details;
mod subscribers;
mod write;

use rocket::fairing::AdHoc;
use rocket::{State, delete, get, post, put, routes};
use serde::{Deserialize, Serialize};

use super::bookings::{Terms, closing, waitlist};
use super::catalogue::{EventPage, SeatedEvent};
use super::seats::{self, Seats, Status};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::page::Query;
use crate::identity::guard::Admin;
use crate::identity::people::UserId;
use crate::identity::roles::{Permission, Role};
use details::{Details, SeatedEventChanges};

pub use details::NewSeatedEvent;
pub use subscribers::{REMOVALS, VENUES};

/// Items of a page where the caller does not say.
const DEFAULT_LIMIT: u8 = 20;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, list, find, update, cancel))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("admins' events", |rocket| async {
        rocket.mount("/", routes![create, list, find, update, cancel])
    })
}

/// The seats of an event, if it is this admin's.
///
/// # Errors
/// 404 `EVENT_NOT_FOUND`, 403 for another's.
pub fn mine(admin: &Admin, seats: Seats) -> Result<Seats> {
    match seats.admin_id == admin.user_id || admin.role() == Role::SuperAdmin {
        true => Ok(seats),
        false => Err(Error::Forbidden(None)),
    }
}

/// Makes a draft, all seats free.
#[utoipa::path(tag = "Box office", security(("admin" = [])), request_body = NewSeatedEvent,
    responses(
        (status = 201, description = "The event", body = SeatedEvent),
        (status = 404, description = "`VENUE_NOT_FOUND`"),
    ))]
#[post("/api/v1/admin/events", data = "<body>")]
async fn create(
    admin: Admin,
    body: Body<NewSeatedEvent>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<SeatedEvent>> {
    admin.may(Permission::WriteEvents)?;
    let now = Timestamp(clock.now());
    let details = Details::read(&body.valid()?, now)?;
    let made = db.write_hot(move |conn| {
        admin.check(conn, Permission::WriteEvents)?;
        let id = write::create(conn, admin.user_id, &details, now)?;
        super::catalogue::view(conn, id)
    });
    Ok(Plain::created(made.await?))
}

/// My events, drafts too, newest first; a super admin's are everybody's.
#[utoipa::path(tag = "Box office", security(("admin" = [])),
    params(
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 20"),
        ("status" = Option<String>, Query, description = "`draft`, `published`, `sold_out` or `cancelled`"),
    ),
    responses((status = 200, description = "A page of events", body = EventPage)))]
#[get("/api/v1/admin/events")]
async fn list(admin: Admin, query: Query<'_>, db: &State<Db>) -> Result<Plain<EventPage>> {
    admin.may(Permission::WriteEvents)?;
    let page = query.numbered(DEFAULT_LIMIT)?;
    let status = query.get("status").map(read_status).transpose()?;
    let owner = Some(admin.user_id).filter(|_| admin.role() != Role::SuperAdmin);
    let found = db.scan(move |conn| write::page(conn, owner, status, page));
    let (events, total) = found.await?;
    Ok(Plain::ok(EventPage::numbered(&events, total, page)?))
}

fn read_status(text: &str) -> Result<Status> {
    Status::read(text)
        .ok_or_else(|| Error::invalid("status", "must be draft, published, sold_out or cancelled"))
}

/// An event of mine, also as a draft.
#[utoipa::path(tag = "Box office", security(("admin" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "The event", body = SeatedEvent),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
    ))]
#[get("/api/v1/admin/events/<event_id>")]
async fn find(event_id: &str, admin: Admin, db: &State<Db>) -> Result<Plain<SeatedEvent>> {
    admin.may(Permission::WriteEvents)?;
    let id = seats::read_id(event_id)?;
    let event = db.read(move |conn| {
        mine(&admin, seats::find(conn, id)?)?;
        super::catalogue::view(conn, id)
    });
    Ok(Plain::ok(event.await?))
}

/// Changes an event.
///
/// The version is the one that the caller saw; seats that were sold meanwhile are no conflict,
/// another admin's change is. A draft is published, and what is not over cancelled, by `status`.
#[utoipa::path(tag = "Box office", security(("admin" = [])), params(("event_id" = EventId, Path)),
    request_body = SeatedEventChanges,
    responses(
        (status = 200, description = "The event", body = SeatedEvent),
        (status = 404, description = "`EVENT_NOT_FOUND`, `VENUE_NOT_FOUND`"),
        (status = 409, description = "`CONCURRENT_UPDATE`, `EVENT_NOT_MODIFIABLE`, or `INSUFFICIENT_SEATS` for a capacity below what is sold"),
    ))]
#[put("/api/v1/admin/events/<event_id>", data = "<body>")]
async fn update(
    event_id: &str,
    admin: Admin,
    body: Body<SeatedEventChanges>,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Plain<SeatedEvent>> {
    admin.may(Permission::WriteEvents)?;
    let terms = *terms.inner();
    let changes = body.valid()?;
    let status = changes.status.as_deref().map(read_status).transpose()?;
    let id = seats::read_id(event_id)?;
    let version = version(Some(changes.version))?;
    let now = Timestamp(clock.now());
    changes.check(now)?;
    let changed = db.write_hot(move |conn| {
        admin.check(conn, Permission::WriteEvents)?;
        let seats = write::open(conn, &admin, id, version, now)?;
        if status == Some(Status::Cancelled) {
            write::cancel(conn, &admin, &seats, now)?;
            return Ok(true);
        }
        write::change(conn, &admin, &seats, &changes, status, now)?;
        // A larger capacity may be what somebody waits for.
        waitlist::serve(conn, id, terms, now)?;
        Ok(false)
    });
    if changed.await? {
        closing::finish_or_leave(db, id, clock).await;
    }
    let event = db
        .read(move |conn| super::catalogue::view(conn, id))
        .await?;
    Ok(Plain::ok(event))
}

/// The version that the caller saw.
#[derive(Deserialize, utoipa::ToSchema)]
struct Seen {
    version: Option<i64>,
}

/// What was cancelled.
#[derive(Serialize, utoipa::ToSchema)]
struct CancelledEvent {
    /// `Event cancelled`
    message: &'static str,
    #[schema(inline)]
    event_id: EventId,
}

/// Cancels an event: its bookings are cancelled, its waitlist closes. It stays readable.
#[utoipa::path(tag = "Box office", security(("admin" = [])),
    params(
        ("event_id" = EventId, Path),
        ("version" = Option<i64>, Query, description = "The version that the caller saw; here or in the body"),
    ),
    request_body = Option<Seen>,
    responses(
        (status = 200, description = "`Event cancelled`", body = CancelledEvent),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
        (status = 409, description = "`CONCURRENT_UPDATE`, `EVENT_NOT_MODIFIABLE`"),
    ))]
#[delete("/api/v1/admin/events/<event_id>", data = "<body>")]
async fn cancel(
    event_id: &str,
    admin: Admin,
    query: Query<'_>,
    body: Body<Seen>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<CancelledEvent>> {
    admin.may(Permission::WriteEvents)?;
    let seen = body.given()?.and_then(|seen| seen.version);
    let seen = match (seen, query.get("version")) {
        (None, Some(text)) => text.parse().ok(),
        (seen, _) => seen,
    };
    let (version, id) = (version(seen)?, seats::read_id(event_id)?);
    let now = Timestamp(clock.now());
    db.write_hot(move |conn| {
        admin.check(conn, Permission::WriteEvents)?;
        let seats = write::open(conn, &admin, id, version, now)?;
        write::cancel(conn, &admin, &seats, now)
    })
    .await?;
    closing::finish_or_leave(db, id, clock).await;
    Ok(Plain::ok(CancelledEvent {
        message: "Event cancelled",
        event_id: id,
    }))
}

/// Makes an event and publishes it, by the rules of the calls that do so.
pub fn publish(
    conn: &mut Conn,
    admin: UserId,
    new: &NewSeatedEvent,
    now: Timestamp,
) -> Result<EventId> {
    let details = Details::read(new, now)?;
    let id = write::create(conn, admin, &details, now)?;
    write::publish(conn, (id, admin), &details, now)?;
    Ok(id)
}

/// The version of an event that a caller saw.
pub fn version(seen: Option<i64>) -> Result<i64> {
    seen.filter(|version| *version >= 1)
        .ok_or_else(|| Error::invalid("version", "must be the version that you saw, from 1"))
}
