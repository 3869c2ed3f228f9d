//! Events: gatherings that people attend.
//!
//! Routes: POST and GET `/api/events`, GET, PUT and DELETE `/api/events/{id}`.
//! Emits: `event.created`, `event.updated`, `event.deleted` (which implies its comments).

mod details;
mod list;
mod search;
mod when;
mod write;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, put, routes};
use serde::Serialize;

use crate::clock::Clock;
use crate::db::schema::{event_counters, events};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Said;
use crate::http::idempotency::Kept;
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::UserId;
use details::{Details, EventPatch, NewEvent, check_group};
use when::When;

pub use write::{Plan, count_comments, is_due, publish, sweep, sweep_over, verify};

/// The sentence for an event that is not there, or not for this reader.
pub const NOT_FOUND: &str = "Event not found";
const NOT_CREATED: &str = "An error occurred creating the event.";

/// Marks the ids of events.
pub enum Event {}
/// The id of an event.
pub type EventId = Id<Event>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(
    paths(create, list::list, find, update, delete),
    components(schemas(EventView))
)]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("events", |rocket| async {
        rocket.mount("/", routes![create, list::list, find, update, delete])
    })
}

/// An event, as it is read.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = events, check_for_backend(MultiBackend))]
#[diesel(base_query = events::table.inner_join(event_counters::table))]
struct EventRow {
    #[schema(inline)]
    id: EventId,
    title: String,
    description: String,
    /// Null for an event of the box office's admins.
    #[schema(inline, required)]
    creator_id: Option<UserId>,
    location: String,
    #[diesel(embed)]
    #[serde(flatten)]
    #[schema(value_type = when::WhenSchema)]
    when: When,
    #[schema(required)]
    thumbnail: Option<String>,
    /// How many people show interest.
    #[diesel(select_expression = event_counters::interested)]
    interested: i64,
    /// How many comments it has.
    #[diesel(select_expression = event_counters::comments)]
    comments: i64,
    #[schema(inline)]
    created_at: Timestamp,
    #[schema(inline)]
    updated_at: Timestamp,
}

/// An event.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct EventView {
    #[serde(flatten)]
    row: EventRow,
    /// The group it belongs to. There are no groups yet, so it is null.
    #[schema(required, value_type = Option<String>)]
    group_id: Option<uuid::Uuid>,
    /// Whether I showed interest; for a signed-in reader only.
    #[serde(skip_serializing_if = "Option::is_none")]
    interested_by_me: Option<bool>,
}

impl EventRow {
    /// As this reader sees it. Nobody can show interest yet.
    fn seen_by(self, reader: Reader) -> EventView {
        EventView {
            row: self,
            group_id: None,
            interested_by_me: reader.0.map(|_| false),
        }
    }
}

/// The condition under which a reader may know of an event: it is there, and published or
/// the reader's own draft.
#[auto_type]
pub fn visible_to(reader: Option<UserId>) -> _ {
    events::deleted_at
        .is_null()
        .and(events::visible.eq(true).or(events::creator_id.eq(reader)))
}

/// The condition that there is such an event, and the reader may know of it.
#[auto_type]
pub fn is_there(id: EventId, reader: Option<UserId>) -> _ {
    let visible: visible_to = visible_to(reader);
    diesel::dsl::exists(
        events::table
            .select(events::id)
            .filter(events::id.eq(id))
            .filter(visible),
    )
}

/// Publishes an event.
#[utoipa::path(tag = "Events", security(("session" = [])), request_body = NewEvent, responses(
    (status = 201, description = "`Event Created`", body = Said<EventView>),
    (status = 400, description = "`An error occurred creating the event.`"),
    (status = 404, description = "No such group"),
))]
#[post("/api/events", data = "<body>")]
async fn create(
    who: SignedIn,
    body: Body<NewEvent>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (new, once) = body.json_once(NOT_CREATED)?;
    let details = Details::read(&new)?;
    check_group(new.group_id.as_deref())?;
    let (creator, now) = (who.user_id, Timestamp(clock.now()));
    once.write(db, creator, clock, move |conn| {
        let id = write::insert(conn, creator, &details, now)?;
        let event = row(conn, id, Some(creator))?.seen_by(Reader(Some(creator)));
        Ok(Said::created("Event Created", event))
    })
    .await
}

/// An event.
#[utoipa::path(tag = "Events", params(("event_id" = EventId, Path)), responses(
    (status = 200, description = "`Event successfully Found`", body = Said<EventView>),
    (status = 404, description = "`Event not found`"),
))]
#[get("/api/events/<event_id>")]
async fn find(event_id: EventId, reader: Reader, db: &State<Db>) -> Result<Said<EventView>> {
    let row = db.read(move |conn| row(conn, event_id, reader.0)).await?;
    Ok(Said::ok("Event successfully Found", row.seen_by(reader)))
}

/// Changes my event.
#[utoipa::path(tag = "Events", security(("session" = [])), params(("event_id" = EventId, Path)),
    request_body = EventPatch,
    responses(
        (status = 201, description = "`item updated`", body = Said<EventView>),
        (status = 400, description = "Not JSON, or a field of another type"),
        (status = 403, description = "Not my event"),
        (status = 404, description = "`Event not found`"),
    ))]
#[put("/api/events/<event_id>", data = "<body>")]
async fn update(
    event_id: EventId,
    who: SignedIn,
    body: Body<EventPatch>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<EventView>> {
    let patch = body.json("Invalid input data.")?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let event = db.write(move |conn| {
        let before = mine(conn, event_id, me, None)?;
        let new = patch.onto(&before);
        let details = Details::read(&new)?;
        check_group(new.group_id.as_deref())?;
        write::change(conn, before, me, &details, now)
    });
    Ok(Said::created(
        "item updated",
        event.await?.seen_by(Reader(Some(me))),
    ))
}

/// Deletes my event; its comments go with it.
#[utoipa::path(tag = "Events", security(("session" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "`Only the creator can delete this event`"),
        (status = 404, description = "`Event not found`"),
    ))]
#[delete("/api/events/<event_id>")]
async fn delete(
    event_id: EventId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    db.write(move |conn| {
        mine(
            conn,
            event_id,
            me,
            Some("Only the creator can delete this event"),
        )?;
        write::bury(conn, event_id, me, now)?;
        Ok(NoContent)
    })
    .await
}

/// The event with that id, if the reader may know of it.
fn row(conn: &mut Conn, id: EventId, reader: Option<UserId>) -> Result<EventRow> {
    on_backend!(conn, conn => EventRow::query()
        .filter(events::id.eq(id))
        .filter(visible_to(reader))
        .first(conn))
    .optional()?
    .ok_or_else(|| Error::not_found(NOT_FOUND))
}

/// The event with that id, if it is this person's to change.
fn mine(
    conn: &mut Conn,
    id: EventId,
    me: UserId,
    sentence: Option<&'static str>,
) -> Result<EventRow> {
    let row = row(conn, id, Some(me))?;
    match row.creator_id == Some(me) {
        true => Ok(row),
        false => Err(Error::Forbidden(sentence.map(Into::into))),
    }
}
