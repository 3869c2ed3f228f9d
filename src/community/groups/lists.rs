//! Lists of groups: all of them, and mine.

use diesel::prelude::*;
use rocket::{State, get};
use serde::Serialize;

use super::{GroupId, GroupRow, GroupView};
use crate::community::search::{self, Wanted};
use crate::db::schema::{group_members, group_search, groups};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend, in_time};
use crate::error::Result;
use crate::http::envelope::Listed;
use crate::http::fresh::Fresh;
use crate::http::page::{Key, Limit, Query};
use crate::identity::guard::SignedIn;
use crate::identity::people::UserId;

const FETCHED: &str = "All groups successfully fetched";
/// Names of the lists, which cursors are signed for.
const UPDATED: &str = "groups by update";
const MINE: &str = "my groups by membership";

/// The groups, newest update first, a page at a time. `q` finds groups with all these words
/// in the title; the last may be the beginning of one.
#[utoipa::path(tag = "Groups",
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
    ),
    responses(
        (status = 200, description = "`All groups successfully fetched`", body = Listed<GroupView>),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
    ))]
#[get("/api/groups")]
pub(super) async fn list(query: Query<'_>, db: &State<Db>) -> Result<Fresh<Listed<GroupView>>> {
    let (limit, after) = (query.limit()?, query.key::<GroupId>(UPDATED)?);
    let wanted = query
        .text("q", search::QUERY_CHARS)?
        // An empty search box asks for nothing.
        .filter(|words| !words.trim().is_empty())
        .map(Wanted::read);
    let rows = match wanted {
        // There are no words to look for.
        Some(None) => Vec::new(),
        Some(wanted) => {
            db.scan(move |conn| load(conn, wanted.as_ref(), after, limit))
                .await?
        }
        None => db.read(move |conn| load(conn, None, after, limit)).await?,
    };
    let (rows, next) = query.page(UPDATED, limit, rows, |row| {
        (row.updated_at.0.timestamp_micros(), row.id)
    })?;
    Ok(Fresh(Listed {
        message: FETCHED,
        data: rows.into_iter().map(GroupView::from).collect(),
        next,
    }))
}

/// The groups I belong to, newest membership first, a page at a time.
#[utoipa::path(tag = "Groups", security(("session" = [])),
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "`All groups successfully fetched`", body = Listed<GroupView>),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
    ))]
#[get("/api/users/@me/groups")]
pub(super) async fn mine(
    who: SignedIn,
    query: Query<'_>,
    db: &State<Db>,
) -> Result<Listed<GroupView>> {
    let (limit, before) = (query.limit()?, query.key::<GroupId>(MINE)?);
    let me = who.user_id;
    let rows = db.read(move |conn| joined(conn, me, before, limit)).await?;
    let (rows, next) = query.page(MINE, limit, rows, |(row, joined_at)| {
        (joined_at.0.timestamp_micros(), row.id)
    })?;
    Ok(Listed {
        message: FETCHED,
        data: rows.into_iter().map(|(row, _)| row.into()).collect(),
        next,
    })
}

fn load(
    conn: &mut Conn,
    wanted: Option<&Wanted>,
    after: Option<Key<GroupId>>,
    limit: Limit,
) -> Result<Vec<GroupRow>> {
    let mut list = GroupRow::query()
        .filter(groups::deleted_at.is_null())
        .order((groups::updated_at.desc(), groups::id.desc()))
        .limit(limit.rows())
        .into_boxed::<MultiBackend>();
    if let Some((at, id)) = after {
        list = list
            .filter(groups::updated_at.le(at))
            .filter(groups::updated_at.lt(at).or(groups::id.lt(id)));
    }
    if let Some(wanted) = wanted {
        let found = group_search::table
            .filter(wanted.matches_group(conn))
            .filter(in_time())
            .select(group_search::group_id);
        list = list.filter(groups::id.eq_any(found)).filter(in_time());
    }
    Ok(list.load(conn)?)
}

fn joined(
    conn: &mut Conn,
    me: UserId,
    before: Option<Key<GroupId>>,
    limit: Limit,
) -> Result<Vec<(GroupRow, Timestamp)>> {
    let mut newest = group_members::table
        .inner_join(groups::table)
        .filter(group_members::user_id.eq(me))
        .filter(groups::deleted_at.is_null())
        .order((
            group_members::joined_at.desc(),
            group_members::group_id.desc(),
        ))
        .limit(limit.rows())
        .select((GroupRow::as_select(), group_members::joined_at))
        .into_boxed::<MultiBackend>();
    if let Some((at, id)) = before {
        newest = newest.filter(group_members::joined_at.le(at)).filter(
            group_members::joined_at
                .lt(at)
                .or(group_members::group_id.lt(id)),
        );
    }
    Ok(newest.load(conn)?)
}

/// A group that a person belongs to, as that person's own export shows it.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = group_members, check_for_backend(MultiBackend))]
#[diesel(base_query = group_members::table.inner_join(groups::table))]
pub struct Membership {
    #[diesel(select_expression = groups::id)]
    pub id: GroupId,
    #[diesel(select_expression = groups::title)]
    title: String,
    #[diesel(select_expression = groups::creator_id)]
    creator_id: UserId,
    pub joined_at: Timestamp,
}

/// Up to 500 of the groups that a person belongs to, after the one joined at that time.
pub fn of(
    conn: &mut Conn,
    user_id: UserId,
    (at, id): (Timestamp, GroupId),
) -> Result<Vec<Membership>> {
    Ok(Membership::query()
        .filter(group_members::user_id.eq(user_id))
        .filter(groups::deleted_at.is_null())
        .filter(group_members::joined_at.ge(at))
        .filter(
            group_members::joined_at
                .gt(at)
                .or(group_members::group_id.gt(id)),
        )
        .order((group_members::joined_at, group_members::group_id))
        .limit(500)
        .load(conn)?)
}
