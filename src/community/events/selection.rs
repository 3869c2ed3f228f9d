//! Which events a list has, in which order: for pages, calendars and feeds.

use std::collections::HashSet;

use chrono::Datelike as _;
use diesel::prelude::*;

use super::when::YEARS;
use super::{EventId, EventRow, Seen, is_tombstone, visible_to};
use crate::clock::Clock;
use crate::community::groups::{self, GroupId};
use crate::community::interest;
use crate::community::search::{self, Wanted};
use crate::db::schema::{event_counters, events};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, in_time, on_backend};
use crate::error::{Error, Result};
use crate::http::page::{Key, Limit, Query};
use crate::identity::people::UserId;

/// No zone is further from UTC than this.
pub const FURTHEST_ZONE: chrono::TimeDelta = chrono::TimeDelta::hours(27);
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
    /// What was deleted of late, seen from now, instead of what is there, latest first.
    Deleted(Timestamp),
}

impl Order {
    /// The order that the query says, of the list of that name.
    pub(super) fn read(query: &Query<'_>, list: &str) -> Result<Self> {
        match query.get("order") {
            None | Some("updated") => Ok(Self::Updated(query.key(&Self::Updated(None).of(list))?)),
            Some("start") => Self::start(query, list),
            Some(_) => Err(Error::BadRequest(None)),
        }
    }

    /// Soonest start first, whatever the query says.
    pub(super) fn start(query: &Query<'_>, list: &str) -> Result<Self> {
        Ok(Self::Start(query.key(&Self::Start(None).of(list))?))
    }

    /// Names a list in this order, which cursors are signed for.
    pub(super) fn of(self, list: &str) -> String {
        match self {
            Self::Start(_) => format!("{list} by start"),
            _ => format!("{list} by update"),
        }
    }
}

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
                Order::StartLatest | Order::Created | Order::Deleted(_) => true,
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
    all.extend(
        rows(
            db,
            filter,
            ask(Order::Deleted(clock.now().into()), CALENDAR_EVENTS),
        )
        .await?,
    );
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
    let wanted = filter.wanted.as_ref().and_then(Option::as_ref);
    let found = wanted.map(|wanted| wanted.matches_event(conn));
    let days = filter.days(ask.order);
    let may_walk = filter.may_walk(ask.order);
    Ok(on_backend!(conn, conn: Backend => {
        let mut list = events::table
            .inner_join(event_counters::table)
            .select((EventRow::as_select(), interest::shown_by(ask.reader)))
            .limit(ask.rows)
            .into_boxed::<Backend>();
        list = match ask.order {
            Order::Deleted(now) => list.filter(is_tombstone(now)),
            _ => list.filter(visible_to(ask.reader)),
        };
        list = match ask.order {
            Order::Updated(_) => list.order((events::updated_at.desc(), events::id.desc())),
            Order::Start(_) => list.order((events::starts_at.asc(), events::id.asc())),
            Order::StartLatest => list.order((events::starts_at.desc(), events::id.desc())),
            Order::Deleted(_) => list.order((events::deleted_at.desc(), events::id.desc())),
            // Ids made later are greater.
            Order::Created => list.order(events::id.desc()),
        };
        // The redundant first half of each condition is what the index is entered with.
        match ask.order {
            Order::Updated(Some((at, id))) => {
                list = list
                    .filter(events::updated_at.le(at))
                    .filter(events::updated_at.lt(at).or(events::id.lt(id)));
            }
            Order::Start(Some((at, id))) => {
                list = list
                    .filter(events::starts_at.ge(at))
                    .filter(events::starts_at.gt(at).or(events::id.gt(id)));
            }
            _ => {}
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
            list = list.filter(events::id.eq_any(interest::shown_in(person)));
        }
        if days.not_over {
            list = list.filter(events::is_over.eq(false));
        }
        if let Some(from) = days.from {
            list = list.filter(events::end_date.ge(from));
        }
        if let Some(at) = days.ends_from {
            list = list.filter(events::ends_at.ge(at));
        }
        if let Some(to) = days.to {
            list = list.filter(events::start_date.le(to));
        }
        if let Some(at) = days.starts_to {
            list = list.filter(events::starts_at.le(at));
        }
        if let Some(found) = found {
            list = list.filter(events::id.eq_any(search::events_where(found)));
        }
        if may_walk {
            list = list.filter(in_time());
        }
        list.load(conn)
    })?)
}

/// What the days that are asked for mean for an event's columns: the instants bound the walk,
/// the wall dates decide.
struct Days {
    not_over: bool,
    from: Option<String>,
    ends_from: Option<Timestamp>,
    to: Option<String>,
    starts_to: Option<Timestamp>,
}

impl Filter {
    fn days(&self, order: Order) -> Days {
        // SQLite would walk all that is to come for the sake of its order, whatever else
        // narrows the list down.
        let not_over = self.to_come && !self.is_narrow();
        // What is to come is in its order already, and almost all of it matches.
        let in_order = not_over && matches!(order, Order::Start(_));
        let midnight = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
        // Beyond the years that events lie in, the wall date decides alone.
        let from = self
            .from
            .filter(|from| !in_order && YEARS.contains(&from.year()));
        let to = self.to.filter(|to| to.year() <= *YEARS.end());
        Days {
            not_over,
            from: self.from.map(|from| from.to_string()),
            ends_from: from.map(|from| Timestamp(midnight(from) - FURTHEST_ZONE)),
            to: self.to.map(|to| to.to_string()),
            starts_to: to.map(|to| Timestamp(midnight(to) + FURTHEST_ZONE * 2)),
        }
    }
}
