//! Which events a list has, in which order: for pages, calendars and feeds.

use std::collections::HashSet;

use chrono::Datelike as _;
use diesel::prelude::*;

use super::when::YEARS;
use super::{EventId, EventRow, Seen, visible_to};
use crate::clock::Clock;
use crate::community::groups::{self, GroupId};
use crate::community::interest;
use crate::community::search::{self, Wanted};
use crate::db::schema::{event_counters, event_interests, event_search, events};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend, in_time};
use crate::error::{Error, Result};
use crate::http::page::{Key, Limit, Query};
use crate::identity::people::UserId;

/// No zone is further from UTC than this.
const FURTHEST_ZONE: chrono::TimeDelta = chrono::TimeDelta::hours(27);
/// Most events of a calendar.
const CALENDAR_EVENTS: i64 = 1_000;

/// The order of a list, and where its next page begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// Newest update first.
    Updated(Option<Key<EventId>>),
    /// Soonest start first.
    Start(Option<Key<EventId>>),
    /// Latest start first.
    StartLatest,
    /// Newest first.
    Created,
    /// What was deleted of late instead of what is there, latest first.
    Deleted,
}

impl Order {
    pub(super) fn read(query: &Query<'_>) -> Result<Self> {
        match query.get("order") {
            None | Some("updated") => Ok(Self::Updated(query.key(UPDATED)?)),
            Some("start") => Ok(Self::Start(query.key(START)?)),
            Some(_) => Err(Error::BadRequest(None)),
        }
    }
}

/// Names of the orders, which cursors are signed for.
pub(super) const UPDATED: &str = "events by update";
pub(super) const START: &str = "events by start";

/// Which events a caller asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    from: Option<chrono::NaiveDate>,
    /// `from` is no day of the past, so nothing that is over can match.
    to_come: bool,
    to: Option<chrono::NaiveDate>,
    creator: Option<UserId>,
    group: Option<GroupId>,
    /// Only what this person shows interest in.
    interests: Option<UserId>,
    /// None: any words. Some(None): words were asked for, and there are none to look for.
    wanted: Option<Option<Wanted>>,
}

impl Filter {
    /// What the query says.
    pub fn read(query: &Query<'_>, clock: &Clock) -> Result<Self> {
        let from = query.date("from")?;
        let today = clock.now().date_naive();
        Ok(Self {
            from,
            to_come: from.is_some_and(|from| from >= today),
            to: query.date("to")?,
            creator: query.id("creator")?,
            group: query.id("group")?,
            interests: None,
            wanted: query
                .text("q", search::QUERY_CHARS)?
                // An empty search box asks for nothing.
                .filter(|words| !words.trim().is_empty())
                .map(Wanted::read),
        })
    }

    /// Of this group only.
    #[must_use]
    pub fn of_group(mut self, group: GroupId) -> Self {
        self.group = Some(group);
        self
    }

    /// Of this person's interests only.
    #[must_use]
    pub fn of_interest_to(mut self, person: UserId) -> Self {
        self.interests = Some(person);
        self
    }

    /// True when no event can match: the days end before they begin, or words were asked
    /// for and there are none to look for.
    fn is_empty(&self) -> bool {
        let backwards = self.from.zip(self.to).is_some_and(|(from, to)| to < from);
        backwards || matches!(self.wanted, Some(None))
    }

    /// True when a person, a group or an interest narrows the list down, more than days do.
    fn is_narrow(&self) -> bool {
        self.creator.is_some() || self.group.is_some() || self.interests.is_some()
    }

    /// True when no index leads straight to the page, so that the walk may be long.
    fn may_walk(&self, order: Order) -> bool {
        self.from.is_some()
            || self.to.is_some()
            || self.wanted.is_some()
            || self.interests.is_some()
            || match order {
                Order::Updated(_) => false,
                Order::Start(_) => self.creator.is_some(),
                Order::StartLatest | Order::Created | Order::Deleted => true,
            }
    }
}

/// The newest events that this reader may see, newest first.
pub async fn newest(
    db: &Db,
    filter: Filter,
    reader: Option<UserId>,
    limit: Limit,
) -> Result<Vec<EventRow>> {
    let ask = Ask {
        reader,
        order: Order::Created,
        rows: limit.rows() - 1,
    };
    rows(db, filter, ask).await
}

/// The events of a calendar: those to come, soonest first, then the past while there is
/// room, then those that were cancelled of late.
pub async fn calendar(
    db: &Db,
    filter: Filter,
    reader: Option<UserId>,
    clock: &Clock,
) -> Result<Vec<EventRow>> {
    let yesterday = (clock.now() - FURTHEST_ZONE).date_naive();
    let ask = |order, rows| Ask {
        reader,
        order,
        rows,
    };
    let mut to_come = filter.clone();
    to_come.from = filter.from.max(Some(yesterday));
    // What ended since yesterday does not count as over yet.
    to_come.to_come = true;
    let mut all = rows(db, to_come, ask(Order::Start(None), CALENDAR_EVENTS)).await?;
    let room = CALENDAR_EVENTS - all.len() as i64;
    if room > 0 {
        let mut past = filter.clone();
        past.to = Some(filter.to.map_or(yesterday, |to| to.min(yesterday)));
        // An event of several days is both.
        let known = all.iter().map(|row| row.id).collect::<HashSet<_>>();
        let past = rows(db, past, ask(Order::StartLatest, room)).await?;
        all.extend(past.into_iter().filter(|row| !known.contains(&row.id)));
    }
    all.extend(rows(db, filter, ask(Order::Deleted, CALENDAR_EVENTS)).await?);
    Ok(all)
}

async fn rows(db: &Db, filter: Filter, ask: Ask) -> Result<Vec<EventRow>> {
    let seen = load_for(db, filter, ask).await?;
    Ok(seen.into_iter().map(|(row, _)| row).collect())
}

/// How a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) reader: Option<UserId>,
    pub(super) order: Order,
    /// How many at most.
    pub(super) rows: i64,
}

/// Loads what is asked for, off the async workers where the walk may be long.
pub(super) async fn load_for(db: &Db, filter: Filter, ask: Ask) -> Result<Vec<Seen>> {
    match filter.may_walk(ask.order) {
        _ if filter.is_empty() => Ok(Vec::new()),
        true => db.scan(move |conn| load(conn, &filter, ask)).await,
        false => db.read(move |conn| load(conn, &filter, ask)).await,
    }
}

fn load(conn: &mut Conn, filter: &Filter, ask: Ask) -> Result<Vec<Seen>> {
    let mut list = events::table
        .inner_join(event_counters::table)
        .select((EventRow::as_select(), interest::shown_by(ask.reader)))
        .limit(ask.rows)
        .into_boxed::<MultiBackend>();
    list = match ask.order {
        // What is left of an event that everyone could see.
        Order::Deleted => list
            .filter(events::deleted_at.is_not_null())
            .filter(events::visible.eq(true)),
        _ => list.filter(visible_to(ask.reader)),
    };
    // The redundant first half of each condition is what the index is entered with.
    match ask.order {
        Order::Updated(after) => {
            list = list.order((events::updated_at.desc(), events::id.desc()));
            if let Some((at, id)) = after {
                list = list
                    .filter(events::updated_at.le(at))
                    .filter(events::updated_at.lt(at).or(events::id.lt(id)));
            }
        }
        Order::Start(after) => {
            list = list.order((events::starts_at.asc(), events::id.asc()));
            if let Some((at, id)) = after {
                list = list
                    .filter(events::starts_at.ge(at))
                    .filter(events::starts_at.gt(at).or(events::id.gt(id)));
            }
        }
        Order::StartLatest => list = list.order((events::starts_at.desc(), events::id.desc())),
        Order::Deleted => list = list.order((events::deleted_at.desc(), events::id.desc())),
        // Ids made later are greater.
        Order::Created => list = list.order(events::id.desc()),
    }
    if let Some(creator) = filter.creator {
        list = list.filter(events::creator_id.eq(creator));
    }
    if let Some(group) = filter.group {
        list = list
            .filter(events::group_id.eq(group))
            .filter(groups::is_there(group));
    }
    if let Some(person) = filter.interests {
        let theirs = event_interests::table
            .filter(event_interests::user_id.eq(person))
            .select(event_interests::event_id);
        list = list.filter(events::id.eq_any(theirs));
    }
    // SQLite would walk all that is to come for the sake of its order.
    if filter.to_come && !filter.is_narrow() {
        list = list.filter(events::is_over.eq(false));
    }
    // The instants bound the walk, the wall dates decide.
    if let Some(from) = filter.from {
        list = list.filter(events::end_date.ge(from.to_string()));
        // What is to come is in its order already, and almost all of it matches.
        let in_order =
            filter.to_come && !filter.is_narrow() && matches!(ask.order, Order::Start(_));
        if !in_order && YEARS.contains(&from.year()) {
            let bound = from.and_time(chrono::NaiveTime::MIN).and_utc() - FURTHEST_ZONE;
            list = list.filter(events::ends_at.ge(Timestamp(bound)));
        }
    }
    if let Some(to) = filter.to {
        list = list.filter(events::start_date.le(to.to_string()));
        // Beyond the years that events lie in, the wall date decides alone.
        if to.year() <= *YEARS.end() {
            let bound = to.and_time(chrono::NaiveTime::MIN).and_utc() + FURTHEST_ZONE * 2;
            list = list.filter(events::starts_at.le(Timestamp(bound)));
        }
    }
    if let Some(Some(wanted)) = &filter.wanted {
        let found = event_search::table
            .filter(wanted.matches_event(conn))
            .filter(in_time())
            .select(event_search::event_id);
        list = list.filter(events::id.eq_any(found));
    }
    if filter.may_walk(ask.order) {
        list = list.filter(in_time());
    }
    Ok(list.load(conn)?)
}
