//! Events as calendars (RFC 5545): one event, all of them, a group's, and those that interest
//! me, at a secret address.
//!
//! Routes: GET `/api/events.ics`, GET `/api/groups/{id}/events.ics`; one event's is served by
//! [`super::events`], the secret ones by [`private`].

mod ics;
pub mod private;
mod zones;

use std::time::Duration;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::http::ContentType;
use rocket::tokio::sync::Semaphore;
use rocket::{State, get, routes, tokio};

use super::events::selection::{self, Filter};
use super::events::{self, EventId, EventRow};
use super::groups::{self, GroupId};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::schema;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::fresh::FreshText;
use crate::http::page::Query;
use crate::identity::guard::Reader;
use crate::identity::people::UserId;

/// How long a caller waits for a calendar's turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(of_all, of_group, of_event_for_docs))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("calendars", |rocket| async {
        rocket
            .mount("/", routes![of_all, of_group])
            .attach(private::stage())
    })
}

/// The events as a calendar to subscribe to: at most 1000, those to come first.
///
/// An event that was deleted stays for 30 days with `STATUS:CANCELLED`, so that those who
/// subscribed see it. Long descriptions end after 1000 characters; `URL` leads to the whole.
#[utoipa::path(tag = "Calendars",
    params(
        ("from" = Option<String>, Query, description = "`YYYY-MM-DD`: not over before this day"),
        ("to" = Option<String>, Query, description = "`YYYY-MM-DD`: begun by the end of this day"),
        ("creator" = Option<UserId>, Query, description = "Made by this person"),
        ("group" = Option<GroupId>, Query, description = "Of this group"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
    ),
    responses(
        (status = 200, description = "A calendar", body = String, content_type = "text/calendar"),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form"),
    ))]
#[get("/api/events.ics")]
async fn of_all(
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
    config: &State<Config>,
    clock: &State<Clock>,
) -> Result<FreshText> {
    let filter = Filter::read(&query, clock)?;
    many("Events", filter, reader.0, db, config, clock).await
}

/// A group's events as a calendar to subscribe to.
#[utoipa::path(tag = "Calendars",
    params(
        ("group_id" = GroupId, Path),
        ("from" = Option<String>, Query, description = "`YYYY-MM-DD`: not over before this day"),
        ("to" = Option<String>, Query, description = "`YYYY-MM-DD`: begun by the end of this day"),
        ("creator" = Option<UserId>, Query, description = "Made by this person"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
    ),
    responses(
        (status = 200, description = "A calendar", body = String, content_type = "text/calendar"),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form"),
        (status = 404, description = "`Group not found`"),
    ))]
#[get("/api/groups/<group_id>/events.ics")]
async fn of_group(
    group_id: GroupId,
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
    config: &State<Config>,
    clock: &State<Clock>,
) -> Result<FreshText> {
    let filter = Filter::read(&query, clock)?.of_group(group_id);
    let title = db
        .read(move |conn| groups::title_of(conn, group_id))
        .await?;
    many(&title, filter, reader.0, db, config, clock).await
}

/// An event as a calendar of its own.
#[utoipa::path(get, path = "/api/events/{event_id}.ics", tag = "Calendars",
    params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "A calendar of one event", body = String, content_type = "text/calendar"),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 404, description = "`Event not found`"),
    ))]
#[expect(dead_code, reason = "documents what of_event serves")]
fn of_event_for_docs() {}

/// An event as a calendar of its own; for 30 days also one that was deleted.
pub async fn of_event(
    id: EventId,
    reader: Reader,
    db: &Db,
    (config, clock): (&Config, &Clock),
) -> Result<FreshText> {
    let now = Timestamp(clock.now());
    let row = db
        .read(move |conn| one_or_its_tombstone(conn, id, reader.0, now))
        .await?;
    let title = row.title.clone();
    calendar(&title, vec![row], config, false).await
}

fn one_or_its_tombstone(
    conn: &mut Conn,
    id: EventId,
    reader: Option<UserId>,
    now: Timestamp,
) -> Result<EventRow> {
    EventRow::query()
        .filter(schema::events::id.eq(id))
        .filter(events::visible_to(reader).or(events::is_tombstone(now)))
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(events::NOT_FOUND))
}

/// A calendar of many events. A few at a time are made: each takes megabytes meanwhile, and
/// calendar programs all over ask at the full hour.
async fn many(
    name: &str,
    filter: Filter,
    reader: Option<UserId>,
    db: &Db,
    config: &Config,
    clock: &Clock,
) -> Result<FreshText> {
    static TURNS: Semaphore = Semaphore::const_new(2);
    let _turn = tokio::time::timeout(PATIENCE, TURNS.acquire())
        .await
        .map_err(|_| Error::unavailable("too many calendars are asked for"))?
        .map_err(Error::internal)?;
    let rows = selection::calendar(db, filter, reader, clock).await?;
    calendar(name, rows, config, true).await
}

/// Writes a calendar, off the async workers: a thousand long descriptions take a while.
async fn calendar(
    name: &str,
    rows: Vec<EventRow>,
    config: &Config,
    brief: bool,
) -> Result<FreshText> {
    let (name, origin) = (name.to_owned(), config.public_origin());
    let text = tokio::task::spawn_blocking(move || ics::write(&name, &rows, &origin, brief))
        .await
        .map_err(Error::internal)??;
    Ok(FreshText {
        content_type: ContentType::new("text", "calendar").with_params(("charset", "utf-8")),
        text,
    })
}
