//! Interest in events.
//!
//! Routes: POST and DELETE `/api/users/{id}/interests/{event_id}`, GET
//! `/api/events/{id}/interests`; the events that interest me are a list of events
//! ([`super::events`]). Emits: `interest.registered`, `interest.removed`.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, delete, get, post, routes};
use serde::Serialize;

use super::events::{self, EventId};
use crate::bus::{self, Change};
use crate::clock::Clock;
use crate::db::schema::{self, event_counters, event_interests, users};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::envelope::Said;
use crate::http::fresh::Fresh;
use crate::http::idempotency::{Kept, Once};
use crate::http::page::{Key, Limit, Query};
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::{self, PublicPerson, UserId};

const NOT_FOUND: &str = "User or Event not found";

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(register, remove, people_of))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("interest", |rocket| async {
        rocket.mount("/", routes![register, remove, people_of])
    })
}

/// Shows interest in an event.
#[utoipa::path(tag = "Interest", security(("session" = [])),
    params(
        ("user_id" = String, Path, description = "My id, or `@me`"),
        ("event_id" = EventId, Path),
    ),
    responses(
        (status = 200, description = "`Interest registered.`, or `Interest cannot be registered twice.`", body = Said<String>),
        (status = 403, description = "Somebody else's id"),
        (status = 404, description = "`User or Event not found`"),
    ))]
#[post("/api/users/<user_id>/interests/<event_id>")]
async fn register(
    user_id: &str,
    event_id: EventId,
    who: SignedIn,
    once: Once,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let named = user_id.to_owned();
    once.write_hot(db, me, clock, move |conn| {
        check_me(conn, &named, me)?;
        let first = add(conn, event_id, me, now)?;
        let sentence = match first {
            true => "Interest registered.",
            false => "Interest cannot be registered twice.",
        };
        Ok(Said::ok(
            sentence,
            format!("{me} has shown interest in {event_id}"),
        ))
    })
    .await
}

/// Takes my interest in an event back.
#[utoipa::path(tag = "Interest", security(("session" = [])),
    params(
        ("user_id" = String, Path, description = "My id, or `@me`"),
        ("event_id" = EventId, Path),
    ),
    responses(
        (status = 200, description = "`Interest deleted`, or `user has not previously shown interest`", body = Said<String>),
        (status = 403, description = "Somebody else's id"),
        (status = 404, description = "`User or Event not found`"),
    ))]
#[delete("/api/users/<user_id>/interests/<event_id>")]
async fn remove(
    user_id: &str,
    event_id: EventId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<&'static str>> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let named = user_id.to_owned();
    who.write_hot(db, move |conn| {
        check_me(conn, &named, me)?;
        check_event(conn, event_id, me)?;
        let gone = on_backend!(conn, conn => {
            diesel::delete(event_interests::table.find((event_id, me))).execute(conn)
        })?;
        if gone == 0 {
            return Ok(Said::ok(
                "user has not previously shown interest",
                "Nothing to delete",
            ));
        }
        events::count_interest(conn, event_id, -1)?;
        let change = Change::by(me, "interest.removed")
            .of("event_id", event_id)
            .of("user_id", me);
        bus::record(conn, now, change)?;
        Ok(Said::ok("Interest deleted", "No content"))
    })
    .await
}

/// People who show interest in an event.
#[derive(Serialize, utoipa::ToSchema)]
struct Interested {
    message: &'static str,
    /// The people of this page.
    data: Vec<PublicPerson>,
    /// How many people show interest.
    total: i64,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// Who shows interest in an event, newest first, a page at a time.
#[utoipa::path(tag = "Interest",
    params(
        ("event_id" = EventId, Path),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "`Interested people successfully fetched`", body = Interested),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
        (status = 404, description = "`Event not found`"),
    ))]
#[get("/api/events/<event_id>/interests")]
async fn people_of(
    event_id: EventId,
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
) -> Result<Fresh<Interested>> {
    // Names the list, which cursors are signed for.
    let newest_first = format!("interest in {event_id} by age");
    let limit = query.limit()?;
    let before = query.key::<UserId>(&newest_first)?;
    let (total, rows) = db
        .read(move |conn| {
            let total = total(conn, event_id, reader.0)?;
            Ok((total, page(conn, event_id, before, limit)?))
        })
        .await?;
    let (rows, next) = query.page(&newest_first, limit, rows, |(person, at)| {
        (at.0.timestamp_micros(), person.id)
    })?;
    Ok(Fresh(Interested {
        message: "Interested people successfully fetched",
        data: rows.into_iter().map(|(person, _)| person).collect(),
        total,
        next,
    }))
}

/// Takes `@me` and the caller's own id.
fn check_me(conn: &mut Conn, named: &str, me: UserId) -> Result<()> {
    if named == "@me" || named.parse() == Ok(me) {
        return Ok(());
    }
    let other = named.parse::<UserId>().ok();
    match other.map(|id| people::find_public(conn, id)).transpose()? {
        Some(Some(_)) => Err(Error::Forbidden(None)),
        _ => Err(Error::not_found(NOT_FOUND)),
    }
}

fn check_event(conn: &mut Conn, event_id: EventId, me: UserId) -> Result<()> {
    match events::is_found(conn, event_id, Some(me))? {
        true => Ok(()),
        false => Err(Error::not_found(NOT_FOUND)),
    }
}

/// Adds a person's interest in an event; false if it was there.
pub fn add(conn: &mut Conn, event_id: EventId, me: UserId, now: Timestamp) -> Result<bool> {
    check_event(conn, event_id, me)?;
    let come = on_backend!(conn, conn => {
        diesel::insert_into(event_interests::table)
            .values((
                event_interests::event_id.eq(event_id),
                event_interests::user_id.eq(me),
                event_interests::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
    })?;
    if come == 0 {
        return Ok(false);
    }
    events::count_interest(conn, event_id, 1)?;
    let change = Change::by(me, "interest.registered")
        .of("event_id", event_id)
        .of("user_id", me);
    bus::record(conn, now, change)?;
    Ok(true)
}

fn total(conn: &mut Conn, event_id: EventId, reader: Option<UserId>) -> Result<i64> {
    schema::events::table
        .inner_join(event_counters::table)
        .filter(schema::events::id.eq(event_id))
        .filter(events::visible_to(reader))
        .select(event_counters::interested)
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(events::NOT_FOUND))
}

fn page(
    conn: &mut Conn,
    event_id: EventId,
    before: Option<Key<UserId>>,
    limit: Limit,
) -> Result<Vec<(PublicPerson, Timestamp)>> {
    let mut newest = event_interests::table
        .inner_join(users::table)
        .filter(event_interests::event_id.eq(event_id))
        .order((
            event_interests::created_at.desc(),
            event_interests::user_id.desc(),
        ))
        .limit(limit.rows())
        .select((PublicPerson::as_select(), event_interests::created_at))
        .into_boxed::<MultiBackend>();
    if let Some((at, id)) = before {
        newest = newest.filter(event_interests::created_at.le(at)).filter(
            event_interests::created_at
                .lt(at)
                .or(event_interests::user_id.lt(id)),
        );
    }
    Ok(newest.load(conn)?)
}

/// Whether the reader shows interest in the event of the row. A scalar, since PostgreSQL
/// would take `EXISTS` for an invitation to hash all that interests the reader.
#[auto_type]
pub fn shown_by(reader: Option<UserId>) -> _ {
    event_interests::table
        .filter(event_interests::event_id.eq(schema::events::id))
        .filter(event_interests::user_id.nullable().eq(reader))
        .select(event_interests::event_id)
        .single_value()
        .is_not_null()
}

/// The events that a person shows interest in.
#[auto_type]
pub fn shown_in(person: UserId) -> _ {
    event_interests::table
        .filter(event_interests::user_id.eq(person))
        .select(event_interests::event_id)
}

/// An interest, as its person's own export shows it.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = event_interests, check_for_backend(MultiBackend))]
#[diesel(base_query = event_interests::table.inner_join(schema::events::table))]
pub struct Shown {
    pub event_id: EventId,
    created_at: Timestamp,
}

/// Up to 500 of the interests that a person showed, after that in this event.
pub fn of(conn: &mut Conn, user_id: UserId, after: EventId) -> Result<Vec<Shown>> {
    Ok(Shown::query()
        .filter(events::visible_to(Some(user_id)))
        .filter(event_interests::user_id.eq(user_id))
        .filter(event_interests::event_id.gt(after))
        .order(event_interests::event_id)
        .limit(500)
        .load(conn)?)
}

/// Takes back the interests of a person who is erased, 500 at a time; how many they were.
pub fn erase(conn: &mut Conn, user_id: UserId) -> Result<usize> {
    let some = event_interests::table
        .filter(event_interests::user_id.eq(user_id))
        .select(event_interests::event_id)
        .order(event_interests::event_id)
        .limit(500)
        .load::<EventId>(conn)?;
    let theirs = event_interests::table
        .filter(event_interests::user_id.eq(user_id))
        .filter(event_interests::event_id.eq_any(&some));
    // Those that really went: the person may take one back meanwhile.
    let gone = diesel::delete(theirs)
        .returning(event_interests::event_id)
        .get_results::<EventId>(conn)?;
    events::count_interest_gone(conn, &gone)?;
    Ok(some.len())
}

/// Gives the interests of a person to whom that person became, 500 at a time; how many they
/// were. Where both show interest, one counts.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = event_interests::table
        .filter(event_interests::user_id.eq(from))
        .select(event_interests::event_id)
        .limit(500)
        .load::<EventId>(conn)?;
    let both = event_interests::table
        .filter(event_interests::user_id.eq(into))
        .filter(event_interests::event_id.eq_any(&some))
        .select(event_interests::event_id)
        .load::<EventId>(conn)?;
    let twice = event_interests::table
        .filter(event_interests::user_id.eq(from))
        .filter(event_interests::event_id.eq_any(&both));
    let gone = diesel::delete(twice)
        .returning(event_interests::event_id)
        .get_results::<EventId>(conn)?;
    events::count_interest_gone(conn, &gone)?;
    let rest = event_interests::table
        .filter(event_interests::user_id.eq(from))
        .filter(event_interests::event_id.eq_any(&some));
    diesel::update(rest)
        .set(event_interests::user_id.eq(into))
        .execute(conn)?;
    Ok(some.len())
}

/// How many people show interest in the event of the row.
#[auto_type]
pub fn count() -> _ {
    event_interests::table
        .filter(event_interests::event_id.eq(event_counters::event_id))
        .count()
        .single_value()
        .assume_not_null()
}

/// Removes interests in events whose tombstone is due, 500 at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let due = event_interests::table
        .inner_join(schema::events::table)
        .filter(events::is_due(now))
        .select((event_interests::event_id, event_interests::user_id))
        .limit(500)
        .load::<(EventId, UserId)>(conn)?;
    for key in &due {
        diesel::delete(event_interests::table.find(*key)).execute(conn)?;
    }
    Ok(due.len())
}
