//! Events: gatherings that people attend.
//!
//! Routes: POST and GET `/api/events`, GET, PUT and DELETE `/api/events/{id}`.
//! Emits: `event.created`, `event.updated`, `event.deleted` (which implies its comments).

mod list;
mod search;
mod when;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, put, routes};
use serde::{Deserialize, Serialize};

use crate::bus::{self, Change};
use crate::clock::Clock;
use crate::db::schema::{comments, event_counters, events};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::body::{Body, present};
use crate::http::envelope::Said;
use crate::http::fields::Check;
use crate::http::idempotency::Kept;
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::UserId;
use when::When;

const TITLE_CHARS: usize = 120;
const DESCRIPTION_CHARS: usize = 10_000;
const LOCATION_CHARS: usize = 1_024;
/// How long after its end an event counts as over: long enough that it is so in every
/// zone, on the day after its last.
const OVER: chrono::TimeDelta = chrono::TimeDelta::hours(72);
/// How long a deleted event's tombstone stays.
const TOMBSTONE: chrono::TimeDelta = chrono::TimeDelta::days(30);

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

/// A new event.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewEvent {
    /// 1 to 120 characters, one line.
    title: String,
    /// At most 10 000 characters.
    description: String,
    /// 1 to 1024 characters, one line.
    location: String,
    /// `YYYY-MM-DD`.
    #[schema(example = "2026-12-05")]
    start_date: String,
    /// `HH:MM:SS` or `HH:MM`.
    #[schema(example = "19:00")]
    start_time: String,
    #[schema(example = "2026-12-05")]
    end_date: String,
    #[schema(example = "22:30")]
    end_time: String,
    /// An http or https address.
    thumbnail: Option<String>,
    /// IANA time zone; default `UTC`.
    #[schema(example = "Europe/Oslo")]
    timezone: Option<String>,
    /// The group it belongs to; the creator must be a member.
    group_id: Option<String>,
}

/// What of an event changes; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
struct EventPatch {
    #[serde(default, deserialize_with = "present")]
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    location: Option<String>,
    #[serde(default, deserialize_with = "present")]
    start_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    start_time: Option<String>,
    #[serde(default, deserialize_with = "present")]
    end_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    end_time: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    thumbnail: Option<Option<String>>,
    /// Keeps the wall time.
    #[serde(default, deserialize_with = "present")]
    timezone: Option<String>,
    /// Null takes it out of its group.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    group_id: Option<Option<String>>,
}

/// What an organiser says of an event, by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = events, treat_none_as_null = true)]
struct Details {
    title: String,
    description: String,
    location: String,
    #[diesel(embed)]
    when: When,
    thumbnail: Option<String>,
}

impl Details {
    fn read(new: &NewEvent) -> Result<Self> {
        let mut check = Check::default();
        let title = check.line("title", &new.title, 1..=TITLE_CHARS);
        let description = check.text("description", &new.description, 0..=DESCRIPTION_CHARS);
        let location = check.line("location", &new.location, 1..=LOCATION_CHARS);
        let thumbnail = new
            .thumbnail
            .as_ref()
            .map(|url| check.url("thumbnail", url));
        let said = when::Said {
            start_date: &new.start_date,
            start_time: &new.start_time,
            end_date: &new.end_date,
            end_time: &new.end_time,
            timezone: new.timezone.as_deref().unwrap_or("UTC"),
        };
        let when = When::read(&mut check, &said);
        check.done()?;
        let when = when.ok_or_else(|| Error::internal("no times and no problem"))?;
        Ok(Self {
            title,
            description,
            location,
            when,
            thumbnail,
        })
    }

    /// Names of the fields in which two differ.
    fn changed(&self, other: &Self) -> Vec<&'static str> {
        let (a, b) = (&self.when, &other.when);
        let fields = [
            ("title", self.title != other.title),
            ("description", self.description != other.description),
            ("location", self.location != other.location),
            ("start_date", a.start_date != b.start_date),
            ("start_time", a.start_time != b.start_time),
            ("end_date", a.end_date != b.end_date),
            ("end_time", a.end_time != b.end_time),
            ("timezone", a.timezone != b.timezone),
            ("thumbnail", self.thumbnail != other.thumbnail),
        ];
        fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }

    fn index(&self, conn: &mut Conn, id: EventId) -> Result<()> {
        search::index(conn, id, [&self.title, &self.description, &self.location])
    }
}

impl EventPatch {
    /// The event as the patch would have it.
    fn onto(&self, row: &EventRow) -> NewEvent {
        let or = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
        NewEvent {
            title: or(&self.title, &row.title),
            description: or(&self.description, &row.description),
            location: or(&self.location, &row.location),
            start_date: or(&self.start_date, &row.when.start_date),
            start_time: or(&self.start_time, &row.when.start_time),
            end_date: or(&self.end_date, &row.when.end_date),
            end_time: or(&self.end_time, &row.when.end_time),
            thumbnail: self
                .thumbnail
                .clone()
                .unwrap_or_else(|| row.thumbnail.clone()),
            timezone: Some(or(&self.timezone, &row.when.timezone)),
            group_id: self.group_id.clone().flatten(),
        }
    }
}

/// An event can only be put into a group that is there.
fn check_group(group_id: Option<&str>) -> Result<()> {
    match group_id {
        None => Ok(()),
        Some(_) => Err(Error::not_found("Group not found")),
    }
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
        let id = insert(conn, creator, &details, now)?;
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
        change(conn, before, me, &details, now)
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
        bury(conn, event_id, me, now)?;
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

fn insert(conn: &mut Conn, creator: UserId, details: &Details, now: Timestamp) -> Result<EventId> {
    let id = EventId::new();
    diesel::insert_into(events::table)
        .values((
            events::id.eq(id),
            events::creator_id.eq(creator),
            details,
            events::visible.eq(true),
            events::is_over.eq(is_over(&details.when, now)),
            events::revision.eq(0),
            events::created_at.eq(now),
            events::updated_at.eq(now),
        ))
        .execute(conn)?;
    diesel::insert_into(event_counters::table)
        .values((
            event_counters::event_id.eq(id),
            event_counters::comments.eq(0),
            event_counters::interested.eq(0),
        ))
        .execute(conn)?;
    details.index(conn, id)?;
    bus::record(
        conn,
        now,
        Change::by(creator, "event.created").of("event_id", id),
    )?;
    Ok(id)
}

/// An event of one day, as the program itself publishes it.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub location: &'a str,
    pub timezone: &'a str,
    pub date: &'a str,
    pub from: &'a str,
    pub to: &'a str,
}

/// Publishes an event, by the rules of the call that publishes one.
pub fn publish(
    conn: &mut Conn,
    creator: UserId,
    plan: &Plan<'_>,
    now: Timestamp,
) -> Result<EventId> {
    let details = Details::read(&NewEvent {
        title: plan.title.to_owned(),
        description: plan.description.to_owned(),
        location: plan.location.to_owned(),
        start_date: plan.date.to_owned(),
        start_time: plan.from.to_owned(),
        end_date: plan.date.to_owned(),
        end_time: plan.to.to_owned(),
        thumbnail: None,
        timezone: Some(plan.timezone.to_owned()),
        group_id: None,
    })?;
    insert(conn, creator, &details, now)
}

/// Changes an event to these details; records which fields changed, and nothing if none
/// did.
fn change(
    conn: &mut Conn,
    before: EventRow,
    by: UserId,
    details: &Details,
    now: Timestamp,
) -> Result<EventRow> {
    let id = before.id;
    let changed = details.changed(&Details {
        title: before.title.clone(),
        description: before.description.clone(),
        location: before.location.clone(),
        when: before.when.clone(),
        thumbnail: before.thumbnail.clone(),
    });
    if changed.is_empty() {
        return Ok(before);
    }
    diesel::update(events::table.find(id))
        .set((
            details,
            events::is_over.eq(is_over(&details.when, now)),
            events::revision.eq(events::revision + 1),
            events::updated_at.eq(now),
        ))
        .execute(conn)?;
    details.index(conn, id)?;
    let change = Change::by(by, "event.updated")
        .of("event_id", id)
        .fields(changed);
    bus::record(conn, now, change)?;
    row(conn, id, Some(by))
}

/// Makes an event invisible, and leaves a tombstone: title and times, for the calendars.
fn bury(conn: &mut Conn, id: EventId, by: UserId, now: Timestamp) -> Result<()> {
    diesel::update(events::table.find(id))
        .set((
            events::description.eq(""),
            events::location.eq(""),
            events::thumbnail.eq(None::<String>),
            events::deleted_at.eq(now),
            events::updated_at.eq(now),
            events::revision.eq(events::revision + 1),
        ))
        .execute(conn)?;
    search::forget(conn, id)?;
    bus::record(
        conn,
        now,
        Change::by(by, "event.deleted").of("event_id", id),
    )
}

/// Changes how many comments an event has; called by comments, in the transaction that
/// adds or removes one.
pub fn count_comments(conn: &mut Conn, id: EventId, by: i64) -> Result<()> {
    let counted = event_counters::comments.eq(event_counters::comments + by);
    let counter = diesel::update(event_counters::table.find(id)).set(counted);
    on_backend!(conn, conn => counter.execute(conn))?;
    Ok(())
}

/// The events whose counters differ from the rows they count, a sentence each; at most 10.
pub fn verify(conn: &mut Conn) -> Result<Vec<String>> {
    let rows = comments::table
        .filter(comments::event_id.eq(event_counters::event_id))
        .count()
        .single_value()
        .assume_not_null();
    let wrong = event_counters::table
        .filter(event_counters::comments.ne(rows))
        .select((event_counters::event_id, event_counters::comments))
        .order(event_counters::event_id)
        .limit(10)
        .load::<(EventId, i64)>(conn)?;
    let sentence = |(id, counted)| format!("event {id} counts {counted} comments and has others");
    Ok(wrong.into_iter().map(sentence).collect())
}

fn is_over(when: &When, now: Timestamp) -> bool {
    when.ends_at.0 < now.0 - OVER
}

/// Marks events that are over, at most 500 at a time; how many they were.
pub fn sweep_over(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let ended = events::table
        .filter(events::deleted_at.is_null())
        .filter(events::is_over.eq(false))
        .filter(events::ends_at.lt(Timestamp(now.0 - OVER)))
        .select(events::id)
        .limit(500)
        .load::<EventId>(conn)?;
    let ended = events::table.filter(events::id.eq_any(ended));
    Ok(diesel::update(ended)
        .set(events::is_over.eq(true))
        .execute(conn)?)
}

/// The condition that an event's tombstone is due to go.
#[auto_type]
pub fn is_due(now: Timestamp) -> _ {
    let until: Timestamp = (now.0 - TOMBSTONE).into();
    events::deleted_at.le(until)
}

/// Removes tombstones that are due, at most 500 at a time; how many they were. The events'
/// comments go before ([`super::comments::sweep`]), since an event may have many.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let due = events::table
        .filter(events::deleted_at.is_not_null())
        .filter(is_due(now))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            comments::table.filter(comments::event_id.eq(events::id)),
        )))
        .select(events::id)
        .limit(500)
        .load::<EventId>(conn)?;
    Ok(diesel::delete(events::table.filter(events::id.eq_any(due))).execute(conn)?)
}
