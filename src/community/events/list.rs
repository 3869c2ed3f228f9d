//! Lists of events: all of them, a group's, and those that interest me.

use rocket::{State, get};

use super::EventView;
use super::selection::{Ask, Filter, Order, load_for};
use crate::clock::Clock;
use crate::community::groups::{self, GroupId};
use crate::db::Db;
use crate::error::Result;
use crate::http::envelope::Listed;
use crate::http::fresh::Fresh;
use crate::http::page::Query;
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::UserId;

/// Names of lists, which cursors are signed for.
const EVENTS: &str = "events";
const INTERESTS: &str = "interests";

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
        ("group" = Option<GroupId>, Query, description = "Of this group"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
        ("order" = Option<String>, Query, description = "`updated` (default): newest update first; `start`: soonest start first"),
    ),
    responses(
        (status = 200, description = "`events returned succesfully`", body = Listed<EventView>),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
    ))]
#[get("/api/events")]
pub(super) async fn list(
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Fresh<Listed<EventView>>> {
    let order = Order::read(&query, EVENTS)?;
    let filter = Filter::read(&query, clock)?;
    let listed = page(&query, EVENTS, reader.0, db, order, filter).await?;
    Ok(Fresh(listed))
}

/// The events of a group, a page at a time; filters and orders as for all events.
#[utoipa::path(tag = "Groups",
    params(
        ("group_id" = GroupId, Path),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("from" = Option<String>, Query, description = "`YYYY-MM-DD`: not over before this day"),
        ("to" = Option<String>, Query, description = "`YYYY-MM-DD`: begun by the end of this day"),
        ("creator" = Option<UserId>, Query, description = "Made by this person"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
        ("order" = Option<String>, Query, description = "`updated` (default): newest update first; `start`: soonest start first"),
    ),
    responses(
        (status = 200, description = "`events returned succesfully`", body = Listed<EventView>),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
        (status = 404, description = "`Group not found`"),
    ))]
#[get("/api/groups/<group_id>/events")]
pub(super) async fn of_group(
    group_id: GroupId,
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Fresh<Listed<EventView>>> {
    let list = format!("events of group {group_id}");
    let order = Order::read(&query, &list)?;
    let filter = Filter::read(&query, clock)?.of_group(group_id);
    db.read(move |conn| groups::check(conn, group_id)).await?;
    let listed = page(&query, &list, reader.0, db, order, filter).await?;
    Ok(Fresh(listed))
}

/// The events that interest me, soonest first, a page at a time; filters as for all events.
#[utoipa::path(tag = "Interest", security(("session" = [])),
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("from" = Option<String>, Query, description = "`YYYY-MM-DD`: not over before this day"),
        ("to" = Option<String>, Query, description = "`YYYY-MM-DD`: begun by the end of this day"),
        ("creator" = Option<UserId>, Query, description = "Made by this person"),
        ("group" = Option<GroupId>, Query, description = "Of this group"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
    ),
    responses(
        (status = 200, description = "`Interests successfully fetched`", body = Listed<EventView>),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
    ))]
#[get("/api/users/@me/interests")]
pub(super) async fn of_interest(
    who: SignedIn,
    query: Query<'_>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Listed<EventView>> {
    let order = Order::start(&query, INTERESTS)?;
    let filter = Filter::read(&query, clock)?.of_interest_to(who.user_id);
    let mut listed = page(&query, INTERESTS, Some(who.user_id), db, order, filter).await?;
    listed.message = "Interests successfully fetched";
    Ok(listed)
}

async fn page(
    query: &Query<'_>,
    list: &str,
    reader: Option<UserId>,
    db: &Db,
    order: Order,
    filter: Filter,
) -> Result<Listed<EventView>> {
    let limit = query.limit()?;
    let ask = Ask {
        reader,
        order,
        rows: limit.rows(),
    };
    let rows = load_for(db, filter, ask).await?;
    let (rows, next) = query.page(&order.of(list), limit, rows, |(row, _)| {
        let at = match order {
            Order::Start(_) => row.when.starts_at,
            _ => row.updated_at,
        };
        (at.0.timestamp_micros(), row.id)
    })?;
    let seen = |seen| EventView::of(seen, reader);
    Ok(Listed {
        message: "events returned succesfully",
        data: rows.into_iter().map(seen).collect(),
        next,
    })
}
