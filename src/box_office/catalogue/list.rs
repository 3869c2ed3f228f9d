//! The list of what there is to come.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime};
use diesel::dsl::{auto_type, case_when};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use rocket::{State, get};
use serde::Serialize;

use super::rendered::Versions;
use super::{EventRow, Rendered, Renderings, SeatedEvent, Totals, with_seats};
use crate::box_office::venues::fold;
use crate::clock::Clock;
use crate::community::events::{EventId, FURTHEST_ZONE, YEARS};
use crate::community::search::{self, Wanted};
use crate::db::schema::{event_seats, events, venues};
use crate::db::types::{Timestamp, wall_date};
use crate::db::{Conn, Db, MultiBackend, in_time, on_backend};
use crate::error::{Error, Result};
use crate::http::fresh::Fresh;
use crate::http::page::{Key, Numbered, Query, malformed};

/// Items of a page where the caller does not say.
const DEFAULT_LIMIT: u8 = 20;
/// Most characters of a type or a city.
const NAME_CHARS: usize = 100;
/// Names the list, which cursors are signed for.
const CATALOGUE: &str = "catalogue by start";

/// A page of events.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EventPage {
    #[schema(value_type = Vec<SeatedEvent>)]
    events: Vec<Rendered>,
    /// How many there are in all; of public lists, as of a second ago.
    total: i64,
    /// Null where a cursor was followed.
    #[schema(required)]
    page: Option<i64>,
    limit: i64,
    has_more: bool,
    /// Public lists: the `cursor` of the next page; null on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<Option<String>>,
}

impl EventPage {
    /// A page by its number.
    pub fn numbered(events: &[SeatedEvent], total: i64, page: Numbered) -> Result<Self> {
        let events = events.iter().map(Rendered::of);
        Ok(Self {
            events: events.collect::<Result<_>>()?,
            total,
            page: Some(page.number),
            limit: page.limit,
            has_more: page.has_more(total),
            next: None,
        })
    }
}

/// One end of the days that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// A day, in the event's own zone.
    Day(NaiveDate),
    /// A moment.
    At(Timestamp),
}

impl End {
    fn read(query: &Query<'_>, name: &str) -> Result<Option<Self>> {
        if query.get(name).is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        query.parsed(name, |text| {
            let at = || Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
            let day = wall_date(text).map(Self::Day);
            day.or_else(|| {
                let at = at().filter(|at| (0..=9999).contains(&at.year()))?;
                Some(Self::At(at.into()))
            })
        })
    }
}

/// Which events a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Filter {
    type_key: Option<String>,
    city_key: Option<String>,
    from: Option<End>,
    to: Option<End>,
    /// The words as they were written: two callers who write them alike share a total.
    words: Option<String>,
}

impl Filter {
    fn read(query: &Query<'_>) -> Result<Self> {
        let named = |name| {
            let text = query.text(name, NAME_CHARS)?;
            Ok::<_, Error>(text.map(fold).filter(|text| !text.is_empty()))
        };
        let words = query.text("q", search::QUERY_CHARS)?;
        Ok(Self {
            type_key: named("type")?,
            city_key: named("city")?,
            from: End::read(query, "date_from")?,
            to: End::read(query, "date_to")?,
            words: words
                .map(|words| words.trim().to_owned())
                .filter(|words| !words.is_empty()),
        })
    }

    /// True when the index alone leads to the page.
    fn is_plain(&self) -> bool {
        let both = self.type_key.is_some() && self.city_key.is_some();
        self.from.is_none() && self.to.is_none() && self.words.is_none() && !both
    }

    /// True when it ends before it begins.
    fn is_backwards(&self) -> bool {
        let midnight = |end| match end {
            End::Day(day) => midnight(day),
            End::At(at) => at.0,
        };
        let same_kind = matches!(
            (self.from, self.to),
            (Some(End::Day(_)), Some(End::Day(_))) | (Some(End::At(_)), Some(End::At(_)))
        );
        same_kind && self.to.map(midnight) < self.from.map(midnight)
    }

    /// The words to look for; `Some(None)` if there are none in what was written.
    fn wanted(&self) -> Option<Option<Wanted>> {
        self.words.as_deref().map(Wanted::read)
    }
}

type Narrowed<DB> = events::BoxedQuery<'static, DB>;

/// The condition of a list, as a boxed query over the events alone.
macro_rules! narrowed {
    ($events:expr, $filter:expr, $found:expr, $now:expr) => {{
        let filter: &Filter = $filter;
        let mut list = $events
            .filter(events::deleted_at.is_null())
            .filter(events::visible.eq(true))
            .filter(events::is_over.eq(false))
            .filter(ends().gt($now));
        if let Some(key) = &filter.type_key {
            list = list.filter(events::type_key.eq(key.clone()));
        }
        if let Some(key) = &filter.city_key {
            list = list.filter(events::city_key.eq(key.clone()));
        }
        // The instants bound the walk, the wall dates decide.
        match filter.from {
            Some(End::At(at)) => list = list.filter(ends().ge(at)),
            Some(End::Day(day)) => {
                list = list.filter(events::end_date.ge(day.to_string()));
                if YEARS.contains(&day.year()) {
                    let at = Timestamp(midnight(day) - FURTHEST_ZONE);
                    list = list.filter(ends().ge(at));
                }
            }
            None => {}
        }
        match filter.to {
            Some(End::At(at)) => list = list.filter(events::starts_at.le(at)),
            Some(End::Day(day)) => {
                list = list.filter(events::start_date.le(day.to_string()));
                if YEARS.contains(&day.year()) {
                    let at = Timestamp(midnight(day) + FURTHEST_ZONE * 2);
                    list = list.filter(events::starts_at.le(at));
                }
            }
            None => {}
        }
        if let Some(found) = $found {
            list = list.filter(events::id.eq_any(search::events_where(found)));
        }
        list
    }};
}

/// When an event ends, in words that no index is entered with: the list is walked in the order
/// of the starts, and sorting all that ends after now would take as long as there are events.
#[auto_type]
fn ends() -> _ {
    let always: diesel::dsl::AsExprOf<bool, Bool> = true.into_sql::<Bool>();
    case_when(always, events::ends_at)
}

fn midnight(day: NaiveDate) -> DateTime<chrono::Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// What is to come: published events that have not ended, soonest first. Those of the community
/// have neither a type nor a city.
#[utoipa::path(tag = "Box office",
    params(
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1; up to row 10 000"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 20"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before, instead of `page`"),
        ("type" = Option<String>, Query, description = "The whole type, whatever its case"),
        ("city" = Option<String>, Query, description = "The city's whole name, whatever its case"),
        ("date_from" = Option<String>, Query, description = "`YYYY-MM-DD` in the event's zone, or RFC 3339: not over before"),
        ("date_to" = Option<String>, Query, description = "`YYYY-MM-DD` in the event's zone, or RFC 3339: begun by then"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
    ),
    responses(
        (status = 200, description = "A page of events", body = EventPage),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "`VALIDATION_FAILED`: a parameter of the wrong form"),
    ))]
#[get("/api/v1/events")]
pub(super) async fn list(
    query: Query<'_>,
    db: &State<Db>,
    totals: &State<Totals>,
    renderings: &State<Arc<Renderings>>,
    clock: &State<Clock>,
) -> Result<Fresh<EventPage>> {
    let filter = Filter::read(&query)?;
    let now = Timestamp(clock.now());
    let after = query.key::<EventId>(CATALOGUE)?;
    let page = match &after {
        Some(_) if query.get("page").is_some() => {
            return Err(malformed("page", "must not stand beside cursor"));
        }
        Some(_) => None,
        None => Some(query.numbered_or_cursor(DEFAULT_LIMIT)?),
    };
    let limit = query.limit_or(DEFAULT_LIMIT)?;
    let total = totals.of(db, &filter, clock).await?;
    let offset = page.map_or(0, Numbered::offset);
    let ask = (after, offset, limit.rows());
    let kept = renderings.inner().clone();
    let short = filter.is_plain() && offset < 1_000;
    let read = move |conn: &mut Conn| load(conn, &filter, ask, &kept, now);
    let rows = match short {
        true => db.read(read).await?,
        false => db.scan(read).await?,
    };
    let (rows, next) = query.page(CATALOGUE, limit, rows, |(key, _)| *key)?;
    Ok(Fresh(EventPage {
        total,
        page: page.map(|page| page.number),
        limit: limit.rows() - 1,
        has_more: next.is_some(),
        events: rows.into_iter().map(|(_, event)| event).collect(),
        next: Some(next),
    }))
}

type Ask = (Option<Key<EventId>>, i64, i64);

/// An event of a page, and its key in the order.
type Listed = ((i64, EventId), Rendered);

/// A page: which events it has, and what was written of them before; the others are read.
fn load(
    conn: &mut Conn,
    filter: &Filter,
    ask: Ask,
    kept: &Renderings,
    now: Timestamp,
) -> Result<Vec<Listed>> {
    let found = select(conn, filter, ask, now)?;
    let (keys, all): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let mut rendered = kept.find(&all);
    let unknown = all.iter().zip(&rendered);
    let unknown = unknown.filter_map(|(it, rendered)| rendered.is_none().then_some(it.event_id));
    let mut rows = rows(conn, &unknown.collect::<Vec<_>>())?;
    for (versions, rendered) in all.into_iter().zip(&mut rendered) {
        if let Some((now, row)) = rows.remove(&versions.event_id) {
            let event = Rendered::of(&row.into())?;
            // As of now: something may have changed since the page was read.
            kept.keep(now, &event);
            *rendered = Some(event);
        }
    }
    let keyed = |((at, id), event): ((Timestamp, EventId), Option<Rendered>)| {
        // One that is gone meanwhile is left out.
        event.map(|event| ((at.0.timestamp_micros(), id), event))
    };
    Ok(keys.into_iter().zip(rendered).filter_map(keyed).collect())
}

type Versioned = ((Timestamp, EventId), Versions);

/// The events of a page, as far as it takes to find them.
fn select(
    conn: &mut Conn,
    filter: &Filter,
    (after, offset, rows): Ask,
    now: Timestamp,
) -> Result<Vec<Versioned>> {
    let Some(found) = found(conn, filter) else {
        return Ok(Vec::new());
    };
    Ok(on_backend!(conn, conn: Backend => {
        let list = with_seats()
            .select(((events::starts_at, events::id), versions()))
            .order((events::starts_at.asc(), events::id.asc()))
            .offset(offset)
            .limit(rows)
            .into_boxed::<Backend>();
        let mut list = narrowed!(list, filter, found, now);
        if let Some((at, id)) = after {
            list = list
                .filter(events::starts_at.ge(at))
                .filter(events::starts_at.gt(at).or(events::id.gt(id)));
        }
        if !filter.is_plain() || offset >= 1_000 {
            list = list.filter(in_time());
        }
        list.load(conn)
    })?)
}

/// What an event as it is told depends on.
#[auto_type]
fn versions() -> _ {
    (
        events::id,
        events::revision,
        event_seats::version.nullable(),
        venues::updated_at.nullable(),
    )
}

/// These events, and the versions of what they are made of.
fn rows(conn: &mut Conn, ids: &[EventId]) -> Result<HashMap<EventId, (Versions, EventRow)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = on_backend!(conn, conn => with_seats()
        .filter(events::id.eq_any(ids))
        .select((versions(), EventRow::as_select()))
        .load::<(Versions, EventRow)>(conn))?;
    let by_id = |(versions, row): (Versions, EventRow)| (row.event_id, (versions, row));
    Ok(rows.into_iter().map(by_id).collect())
}

/// The condition of the words; `None` if nothing can match: the days end before they begin, or
/// words were asked for and there are none to look for.
fn found(conn: &Conn, filter: &Filter) -> Option<Option<search::Match>> {
    match filter.wanted() {
        _ if filter.is_backwards() => None,
        None => Some(None),
        Some(None) => None,
        Some(Some(wanted)) => Some(Some(wanted.matches_event(conn))),
    }
}

/// How many events a list has in all.
pub(super) fn count(conn: &mut Conn, filter: &Filter, now: Timestamp) -> Result<i64> {
    let Some(found) = found(conn, filter) else {
        return Ok(0);
    };
    let list: Narrowed<MultiBackend> = events::table.filter(in_time()).into_boxed();
    let list = narrowed!(list, filter, found, now);
    Ok(list.count().get_result(conn)?)
}
