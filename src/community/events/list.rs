//! The list of events.

use chrono::Datelike as _;
use diesel::prelude::*;
use rocket::{State, get};

use super::search::{self, Wanted};
use super::when::YEARS;
use super::{EventId, EventRow, EventView, visible_to};
use crate::clock::Clock;
use crate::db::schema::{event_search, events};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend, in_time};
use crate::error::{Error, Result};
use crate::http::envelope::Listed;
use crate::http::page::{Limit, Query};
use crate::identity::guard::Reader;
use crate::identity::people::UserId;

/// No zone is further from UTC than this.
const FURTHEST_ZONE: chrono::TimeDelta = chrono::TimeDelta::hours(27);

/// The order of a list, and where its next page begins.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// Newest update first.
    Updated(Option<(Timestamp, EventId)>),
    /// Soonest start first.
    Start(Option<(Timestamp, EventId)>),
}

impl Order {
    fn read(query: &Query<'_>) -> Result<Self> {
        match query.get("order") {
            None | Some("updated") => Ok(Self::Updated(cursor(query, UPDATED)?)),
            Some("start") => Ok(Self::Start(cursor(query, START)?)),
            Some(_) => Err(Error::BadRequest(None)),
        }
    }
}

/// Names of the orders, which cursors are signed for.
const UPDATED: &str = "events by update";
const START: &str = "events by start";

fn cursor(query: &Query<'_>, order: &str) -> Result<Option<(Timestamp, EventId)>> {
    let Some((micros, id)) = query.cursor::<(i64, EventId)>(order)? else {
        return Ok(None);
    };
    let at = chrono::DateTime::from_timestamp_micros(micros).ok_or(Error::BadRequest(None))?;
    Ok(Some((at.into(), id)))
}

/// Which events a caller asks for.
#[derive(Debug, Clone)]
struct Filter {
    from: Option<chrono::NaiveDate>,
    /// `from` is no day of the past, so nothing that is over can match.
    to_come: bool,
    to: Option<chrono::NaiveDate>,
    creator: Option<UserId>,
    /// None: any words. Some(None): words were asked for, and there are none to look for.
    wanted: Option<Option<Wanted>>,
}

impl Filter {
    fn read(query: &Query<'_>, today: chrono::NaiveDate) -> Result<Self> {
        let from = query.date("from")?;
        Ok(Self {
            from,
            to_come: from.is_some_and(|from| from >= today),
            to: query.date("to")?,
            creator: query.id("creator")?,
            wanted: query
                .text("q", search::QUERY_CHARS)?
                // An empty search box asks for nothing.
                .filter(|words| !words.trim().is_empty())
                .map(Wanted::read),
        })
    }

    /// True when no event can match: the days end before they begin, or words were asked
    /// for and there are none to look for.
    fn is_empty(&self) -> bool {
        let backwards = self.from.zip(self.to).is_some_and(|(from, to)| to < from);
        backwards || matches!(self.wanted, Some(None))
    }

    /// True when no index leads straight to the page, so that the walk may be long.
    fn may_walk(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.wanted.is_some()
    }
}

/// The events, a page at a time.
///
/// `from` and `to` take events that overlap these days, in each event's own zone. `q` finds
/// events with all these words in title, description or location, whatever their case and
/// accents; the last word may be the beginning of one.
#[utoipa::path(tag = "Events",
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("from" = Option<String>, Query, description = "`YYYY-MM-DD`: not over before this day"),
        ("to" = Option<String>, Query, description = "`YYYY-MM-DD`: begun by the end of this day"),
        ("creator" = Option<UserId>, Query, description = "Made by this person"),
        ("group" = Option<String>, Query, description = "Of this group"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
        ("order" = Option<String>, Query, description = "`updated` (default): newest update first; `start`: soonest start first"),
    ),
    responses(
        (status = 200, description = "`events returned succesfully`", body = Listed<EventView>),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
    ))]
#[get("/api/events")]
pub(super) async fn list(
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Listed<EventView>> {
    let (limit, order) = (query.limit()?, Order::read(&query)?);
    let filter = Filter::read(&query, clock.now().date_naive())?;
    let group = query.id::<Group>("group")?;
    let rows = match group {
        // There are no groups yet, so none has events.
        Some(_) => Vec::new(),
        None if filter.is_empty() => Vec::new(),
        None if filter.may_walk() => {
            db.scan(move |conn| load(conn, reader, order, &filter, limit))
                .await?
        }
        _ => {
            db.read(move |conn| load(conn, reader, order, &filter, limit))
                .await?
        }
    };
    let (rows, next) = match order {
        Order::Updated(_) => query.page(UPDATED, limit, rows, |row| {
            (row.updated_at.0.timestamp_micros(), row.id)
        })?,
        Order::Start(_) => query.page(START, limit, rows, |row| {
            (row.when.starts_at.0.timestamp_micros(), row.id)
        })?,
    };
    let data = rows.into_iter().map(|row| row.seen_by(reader)).collect();
    Ok(Listed {
        message: "events returned succesfully",
        data,
        next,
    })
}

enum Group {}

fn load(
    conn: &mut Conn,
    reader: Reader,
    order: Order,
    filter: &Filter,
    limit: Limit,
) -> Result<Vec<EventRow>> {
    let mut list = EventRow::query()
        .filter(visible_to(reader.0))
        .limit(limit.rows())
        .into_boxed::<MultiBackend>();
    // The redundant first half of each condition is what the index is entered with.
    match order {
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
    }
    if let Some(creator) = filter.creator {
        list = list.filter(events::creator_id.eq(creator));
    }
    if filter.to_come {
        list = list.filter(events::is_over.eq(false));
    }
    // The instants bound the walk, the wall dates decide.
    if let Some(from) = filter.from {
        list = list.filter(events::end_date.ge(from.to_string()));
        // What is to come is in its order already, and almost all of it matches.
        let in_order = filter.to_come && matches!(order, Order::Start(_));
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
            .filter(wanted.matches(conn))
            .filter(in_time())
            .select(event_search::event_id);
        list = list.filter(events::id.eq_any(found));
    }
    if filter.may_walk() {
        list = list.filter(in_time());
    }
    Ok(list.load(conn)?)
}
