//! What changes events: the functions that write their tables, for the calls, for other
//! slices and for the sweepers.

use diesel::dsl::auto_type;
use diesel::prelude::*;

use super::details::{Details, NewEvent};
use super::when::When;
use super::{EventId, EventRow};
use crate::bus::{self, Change};
use crate::community::groups::{self, GroupId};
use crate::community::{comments, interest, search};
use crate::db::schema::{self, event_counters, event_interests, event_seats, events};
use crate::db::types::Timestamp;
use crate::db::{Conn, on_backend};
use crate::error::Result;
use crate::identity::people::UserId;

/// How long after its end an event counts as over: long enough that it is so in every
/// zone, on the day after its last.
const OVER: chrono::TimeDelta = chrono::TimeDelta::hours(72);
/// How long a deleted event's tombstone stays.
pub(super) const TOMBSTONE: chrono::TimeDelta = chrono::TimeDelta::days(30);

pub(super) fn insert(
    conn: &mut Conn,
    creator: UserId,
    details: &Details,
    now: Timestamp,
) -> Result<EventId> {
    if let Some(group_id) = details.group_id {
        groups::check_member(conn, group_id, creator)?;
    }
    let id = insert_row(conn, Some(creator), details, &Keys::default(), now)?;
    let change = Change::by(creator, "event.published");
    bus::record(conn, now, change.of("event_id", id))?;
    Ok(id)
}

/// What lists of events are narrowed down by, folded; an event of the community has neither.
#[derive(Debug, Clone, Default, Insertable, AsChangeset)]
#[diesel(table_name = events)]
pub(super) struct Keys {
    pub(super) type_key: Option<String>,
    pub(super) city_key: Option<String>,
}

/// Adds the rows of an event; without a creator it is a draft of the box office.
pub(super) fn insert_row(
    conn: &mut Conn,
    creator: Option<UserId>,
    details: &Details,
    keys: &Keys,
    now: Timestamp,
) -> Result<EventId> {
    let id = EventId::new();
    diesel::insert_into(events::table)
        .values((
            events::id.eq(id),
            events::creator_id.eq(creator),
            details,
            keys,
            events::visible.eq(creator.is_some()),
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
    /// The creator must be a member.
    pub group_id: Option<GroupId>,
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
        group_id: plan.group_id.map(|id| id.to_string()),
    })?;
    insert(conn, creator, &details, now)
}

/// Changes an event to these details; records which fields changed, and nothing if none
/// did.
pub(super) fn change(
    conn: &mut Conn,
    before: EventRow,
    by: UserId,
    details: &Details,
    now: Timestamp,
) -> Result<()> {
    let id = before.id;
    // Who left the group meanwhile keeps the event there.
    if let Some(group_id) = details
        .group_id
        .filter(|_| details.group_id != before.group_id)
    {
        groups::check_member(conn, group_id, by)?;
    }
    let changed = details.changed(&Details {
        title: before.title,
        description: before.description,
        location: before.location,
        when: before.when,
        thumbnail: before.thumbnail,
        group_id: before.group_id,
    });
    if changed.is_empty() {
        return Ok(());
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
    bus::record(conn, now, change)
}

/// Makes an event invisible, and leaves a tombstone: title and times, for the calendars,
/// which still find it by its title.
pub(super) fn bury(
    conn: &mut Conn,
    event: &EventRow,
    change: Change,
    now: Timestamp,
) -> Result<()> {
    diesel::update(events::table.find(event.id))
        .set((blank(now), events::revision.eq(events::revision + 1)))
        .execute(conn)?;
    search::index_event(conn, event.id, &[&event.title])?;
    bus::record(conn, now, change.of("event_id", event.id))
}

/// Makes events invisible, and leaves tombstones without a title, also of those that are
/// tombstones already.
pub(super) fn bury_nameless(
    conn: &mut Conn,
    ids: &[EventId],
    change: &Change,
    now: Timestamp,
) -> Result<()> {
    let tombstones = events::table
        .filter(events::id.eq_any(ids))
        .filter(events::deleted_at.is_not_null());
    diesel::update(tombstones)
        .set((
            events::title.eq(""),
            events::updated_at.eq(now),
            events::revision.eq(events::revision + 1),
        ))
        .execute(conn)?;
    // All at once, so that a row only gets shorter: one that grew first would move, and what
    // it leaves behind in a page is not always written over.
    let there = events::table
        .filter(events::id.eq_any(ids))
        .filter(events::deleted_at.is_null());
    let buried = diesel::update(there)
        .set((
            events::title.eq(""),
            blank(now),
            events::revision.eq(events::revision + 1),
        ))
        .returning(events::id)
        .get_results::<EventId>(conn)?;
    search::forget_events(conn, ids)?;
    buried
        .into_iter()
        .try_for_each(|id| bus::record(conn, now, change.clone().of("event_id", id)))
}

/// What makes an event a tombstone: title and times are left.
#[derive(AsChangeset)]
#[diesel(table_name = events, treat_none_as_null = true)]
struct Blank {
    description: &'static str,
    location: &'static str,
    thumbnail: Option<String>,
    deleted_at: Option<Timestamp>,
    updated_at: Timestamp,
}

fn blank(now: Timestamp) -> Blank {
    Blank {
        description: "",
        location: "",
        thumbnail: None,
        deleted_at: Some(now),
        updated_at: now,
    }
}

/// Cancels the events of a person who is erased, 100 at a time, and leaves nothing in them
/// that the person wrote; how many they were.
pub fn erase(conn: &mut Conn, creator: UserId, now: Timestamp) -> Result<usize> {
    let left = events::table
        .filter(events::creator_id.eq(creator))
        .filter(events::deleted_at.is_null().or(events::title.ne("")))
        .order((events::updated_at, events::id))
        .limit(100)
        .select(events::id)
        .load::<EventId>(conn)?;
    bury_nameless(conn, &left, &Change::by(creator, "event.cancelled"), now)?;
    Ok(left.len())
}

/// Gives the events of a person to whom that person became, 500 at a time; how many they were.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = events::table
        .filter(events::creator_id.eq(from))
        .select(events::id)
        .limit(500)
        .load::<EventId>(conn)?;
    Ok(
        diesel::update(events::table.filter(events::id.eq_any(some)))
            .set(events::creator_id.eq(into))
            .execute(conn)?,
    )
}

/// Takes the events of a group that is gone out of it, 500 at a time; how many they were.
pub fn leave_group(conn: &mut Conn, group_id: GroupId) -> Result<usize> {
    let some = events::table
        .filter(events::group_id.eq(group_id))
        .select(events::id)
        .limit(500)
        .load::<EventId>(conn)?;
    let some = events::table.filter(events::id.eq_any(some));
    Ok(diesel::update(some)
        .set(events::group_id.eq(None::<GroupId>))
        .execute(conn)?)
}

/// Changes how many comments an event has; called by comments, in the transaction that
/// adds or removes one.
pub fn count_comments(conn: &mut Conn, id: EventId, by: i64) -> Result<()> {
    let counted = event_counters::comments.eq(event_counters::comments + by);
    let counter = diesel::update(event_counters::table.find(id)).set(counted);
    on_backend!(conn, conn => counter.execute(conn))?;
    Ok(())
}

/// Changes how many people show interest in an event; called by interest, likewise.
pub fn count_interest(conn: &mut Conn, id: EventId, by: i64) -> Result<()> {
    let counted = event_counters::interested.eq(event_counters::interested + by);
    let counter = diesel::update(event_counters::table.find(id)).set(counted);
    on_backend!(conn, conn => counter.execute(conn))?;
    Ok(())
}

/// Counts one interested person less for each of these events; called by interest, likewise.
pub fn count_interest_gone(conn: &mut Conn, ids: &[EventId]) -> Result<()> {
    diesel::update(event_counters::table.filter(event_counters::event_id.eq_any(ids)))
        .set(event_counters::interested.eq(event_counters::interested - 1))
        .execute(conn)?;
    Ok(())
}

/// The events whose counters differ from the rows they count, a sentence each; at most 10.
/// What belongs to a tombstone goes without being counted.
pub fn verify(conn: &mut Conn) -> Result<Vec<String>> {
    let wrong = event_counters::table
        .inner_join(events::table)
        .filter(events::deleted_at.is_null())
        .filter(
            event_counters::comments
                .ne(comments::count())
                .or(event_counters::interested.ne(interest::count())),
        )
        .select((
            event_counters::event_id,
            event_counters::comments,
            event_counters::interested,
        ))
        .order(event_counters::event_id)
        .limit(10)
        .load::<(EventId, i64, i64)>(conn)?;
    let sentence = |(id, comments, interested)| {
        format!(
            "event {id} counts {comments} comments and {interested} interested people, and has others"
        )
    };
    Ok(wrong.into_iter().map(sentence).collect())
}

pub(super) fn is_over(when: &When, now: Timestamp) -> bool {
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

/// Removes tombstones that are due, at most 500 at a time; how many they were. What the box
/// office sold seats for stays with its ledger. The events' comments and interests go before ([`crate::community::comments::sweep`],
/// [`crate::community::interest::sweep`]), since an event may have many.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let due = events::table
        .filter(events::deleted_at.is_not_null())
        .filter(is_due(now))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            schema::comments::table.filter(schema::comments::event_id.eq(events::id)),
        )))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            event_interests::table.filter(event_interests::event_id.eq(events::id)),
        )))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            event_seats::table.filter(event_seats::event_id.eq(events::id)),
        )))
        .select(events::id)
        .limit(500)
        .load::<EventId>(conn)?;
    Ok(diesel::delete(events::table.filter(events::id.eq_any(due))).execute(conn)?)
}
