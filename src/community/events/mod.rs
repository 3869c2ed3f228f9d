//! Events: gatherings that people attend.
//!
//! Routes: POST and GET `/api/events`, GET, PUT and DELETE `/api/events/{id}`; the same
//! events as a calendar, as a feed and for search engines are in [`super::calendars`],
//! [`super::feed`] and [`super::structured`].
//! Emits: `event.published`, `event.updated`, `event.cancelled` (which implies its comments).

pub mod announced;
mod details;
mod list;
pub mod selection;
mod when;
mod write;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::request::FromParam;
use rocket::response::status::NoContent;
use rocket::{Responder, State, delete, get, post, put, routes};
use serde::Serialize;

use crate::bus::Change;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::schema::{event_counters, events};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Said;
use crate::http::fresh::{Fresh, FreshText};
use crate::http::idempotency::Kept;
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::UserId;
use details::{Details, EventPatch, NewEvent};

use super::groups::{self, GroupId};
use super::{calendars, interest, structured};

pub use selection::FURTHEST_ZONE;
pub use when::{When, YEARS};
pub use write::{
    Plan, adopt, count_comments, count_interest, count_interest_gone, erase, is_due, leave_group,
    publish, sweep, sweep_over, verify,
};

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
    paths(
        create,
        list::list,
        list::of_group,
        list::of_interest,
        find,
        update,
        delete
    ),
    components(schemas(EventView))
)]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("events", |rocket| async {
        rocket.mount(
            "/",
            routes![
                create,
                list::list,
                list::of_group,
                list::of_interest,
                find,
                update,
                delete
            ],
        )
    })
}

/// An event, as it is read.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = events, check_for_backend(MultiBackend))]
#[diesel(base_query = events::table.inner_join(event_counters::table))]
pub struct EventRow {
    #[schema(inline)]
    pub id: EventId,
    pub title: String,
    pub description: String,
    /// Null for an event of the box office's admins.
    #[schema(inline, required)]
    pub creator_id: Option<UserId>,
    pub location: String,
    #[diesel(embed)]
    #[serde(flatten)]
    #[schema(value_type = when::WhenSchema)]
    pub when: When,
    #[schema(required)]
    pub thumbnail: Option<String>,
    /// The group it belongs to.
    #[diesel(select_expression = groups::of_event())]
    #[schema(inline, required)]
    pub group_id: Option<GroupId>,
    /// How many people show interest.
    #[diesel(select_expression = event_counters::interested)]
    pub interested: i64,
    /// How many comments it has.
    #[diesel(select_expression = event_counters::comments)]
    pub comments: i64,
    #[schema(inline)]
    pub created_at: Timestamp,
    #[schema(inline)]
    pub updated_at: Timestamp,
    /// How often it changed; for calendars.
    #[serde(skip)]
    #[schema(ignore)]
    pub revision: i64,
    /// Set on a tombstone; for calendars.
    #[serde(skip)]
    #[schema(ignore)]
    pub deleted_at: Option<Timestamp>,
}

/// An event.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EventView {
    #[serde(flatten)]
    pub row: EventRow,
    /// Whether I showed interest; for a signed-in reader only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interested_by_me: Option<bool>,
}

/// An event, and whether its reader shows interest.
type Seen = (EventRow, bool);

impl EventView {
    /// As this reader sees it.
    fn of((row, interested_by_me): Seen, reader: Option<UserId>) -> Self {
        Self {
            row,
            interested_by_me: reader.map(|_| interested_by_me),
        }
    }
}

/// The address of an event, below the address that users see.
pub fn url(public_origin: &str, id: EventId) -> String {
    format!("{public_origin}/api/events/{id}")
}

/// The condition under which a reader may know of an event: it is there, and published or
/// the reader's own draft.
#[auto_type]
pub fn visible_to(reader: Option<UserId>) -> _ {
    events::deleted_at
        .is_null()
        .and(events::visible.eq(true).or(events::creator_id.eq(reader)))
}

/// The condition that an event was deleted of late, and everyone could see it: calendars show
/// it as cancelled.
#[auto_type]
pub fn is_tombstone(now: Timestamp) -> _ {
    let since: Timestamp = (now.0 - write::TOMBSTONE).into();
    events::deleted_at.gt(since).and(events::visible.eq(true))
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

/// True if there is such an event, and the reader may know of it.
pub fn is_found(conn: &mut Conn, id: EventId, reader: Option<UserId>) -> Result<bool> {
    Ok(on_backend!(conn, conn => diesel::select(is_there(id, reader)).get_result(conn))?)
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
    let (creator, now) = (who.user_id, Timestamp(clock.now()));
    once.write(db, creator, clock, move |conn| {
        let id = write::insert(conn, creator, &details, now)?;
        let event = view(conn, id, Some(creator))?;
        Ok(Said::created("Event Created", event))
    })
    .await
}

/// The last segment of an event's address: its id, and the form in which it is wanted.
/// Rocket takes no suffix after a segment that varies, so both are one.
struct Wanted {
    id: EventId,
    form: Form,
}

enum Form {
    Json,
    Calendar,
    Structured,
}

impl FromParam<'_> for Wanted {
    type Error = std::convert::Infallible;

    fn from_param(param: &str) -> Result<Self, Self::Error> {
        let (id, form) = match param.rsplit_once('.') {
            Some((id, "ics")) => (id, Form::Calendar),
            Some((id, "jsonld")) => (id, Form::Structured),
            _ => (param, Form::Json),
        };
        let id = EventId::from_param(id)?;
        Ok(Self { id, form })
    }
}

/// An event in the form that was asked for.
#[derive(Responder)]
enum Found {
    Json(Fresh<Said<EventView>>),
    Text(FreshText),
}

/// An event.
#[utoipa::path(tag = "Events", params(("event_id" = EventId, Path)), responses(
    (status = 200, description = "`Event successfully Found`", body = Said<EventView>),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`Event not found`"),
))]
#[get("/api/events/<event_id>")]
async fn find(
    event_id: Wanted,
    reader: Reader,
    db: &State<Db>,
    config: &State<Config>,
    clock: &State<Clock>,
) -> Result<Found> {
    let Wanted { id, form } = event_id;
    match form {
        Form::Json => {
            let event = db.read(move |conn| view(conn, id, reader.0)).await?;
            let said = Said::ok("Event successfully Found", event);
            Ok(Found::Json(Fresh(said)))
        }
        Form::Calendar => calendars::of_event(id, reader, db, (config, clock))
            .await
            .map(Found::Text),
        Form::Structured => structured::of_event(id, reader, db, config)
            .await
            .map(Found::Text),
    }
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
    let event = who.write(db, move |conn| {
        let before = mine(conn, event_id, me, None)?;
        let details = Details::read(&patch.onto(&before))?;
        write::change(conn, before, me, &details, now)?;
        view(conn, event_id, Some(me))
    });
    Ok(Said::created("item updated", event.await?))
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
    who.write(db, move |conn| {
        let event = mine(
            conn,
            event_id,
            me,
            Some("Only the creator can delete this event"),
        )?;
        write::bury(conn, &event, Change::by(me, "event.cancelled"), now)?;
        Ok(NoContent)
    })
    .await
}

/// Deletes somebody's event, for those who moderate. Its title may be why, so it goes as well.
pub fn remove(conn: &mut Conn, id: EventId, by: Option<UserId>, now: Timestamp) -> Result<()> {
    let there = events::table
        .filter(events::id.eq(id))
        .filter(events::deleted_at.is_null())
        .select(events::id)
        .first::<EventId>(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(NOT_FOUND))?;
    write::bury_nameless(
        conn,
        &[there],
        &Change::by_admin(by, "event.cancelled"),
        now,
    )
}

/// Who made an event, also one that was deleted; none for one of the box office's admins.
pub fn creator(conn: &mut Conn, id: EventId) -> Result<Option<UserId>> {
    events::table
        .find(id)
        .select(events::creator_id)
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(NOT_FOUND))
}

/// The event with that id as the reader sees it, if the reader may know of it.
pub fn view(conn: &mut Conn, id: EventId, reader: Option<UserId>) -> Result<EventView> {
    on_backend!(conn, conn => events::table
        .inner_join(event_counters::table)
        .filter(events::id.eq(id))
        .filter(visible_to(reader))
        .select((EventRow::as_select(), interest::shown_by(reader)))
        .first::<Seen>(conn))
    .optional()?
    .map(|seen| EventView::of(seen, reader))
    .ok_or_else(|| Error::not_found(NOT_FOUND))
}

/// Up to 100 of the events that a person made, drafts too, in the order of their last
/// changes, after the one that changed at that time.
pub fn made_by(
    conn: &mut Conn,
    creator: UserId,
    (at, id): (Timestamp, EventId),
) -> Result<Vec<EventRow>> {
    Ok(EventRow::query()
        .filter(events::creator_id.eq(creator))
        .filter(events::deleted_at.is_null())
        .filter(events::updated_at.ge(at))
        .filter(events::updated_at.gt(at).or(events::id.gt(id)))
        .order((events::updated_at, events::id))
        .limit(100)
        .load(conn)?)
}

/// The event with that id, if it is this person's to change.
fn mine(
    conn: &mut Conn,
    id: EventId,
    me: UserId,
    sentence: Option<&'static str>,
) -> Result<EventRow> {
    let row = view(conn, id, Some(me))?.row;
    match row.creator_id == Some(me) {
        true => Ok(row),
        false => Err(Error::Forbidden(sentence.map(Into::into))),
    }
}
