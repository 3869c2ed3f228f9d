//! Who belongs to a group.
//!
//! Routes: GET `/api/groups/{id}/members`, POST and DELETE
//! `/api/groups/{group_id}/members/{user_id}`.
//! Emits: `group.member_added`, `group.member_removed`.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, delete, get, post, routes};
use serde::Serialize;

use super::write::count_members;
use super::{GroupId, GroupRow, check, row};
use crate::bus::{self, Change};
use crate::clock::Clock;
use crate::db::schema::{group_members, groups, users};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend, OrIgnore};
use crate::error::{Error, Result};
use crate::http::envelope::{Listed, Said};
use crate::http::fresh::Fresh;
use crate::http::idempotency::{Kept, Once};
use crate::http::page::{Key, Limit, Query};
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, PublicPerson, UserId};

const NOT_FOUND: &str = "Group or user not found";

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, add, remove))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("group members", |rocket| async {
        rocket.mount("/", routes![list, add, remove])
    })
}

/// A member of a group.
#[derive(Debug, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = group_members, check_for_backend(MultiBackend))]
#[diesel(base_query = group_members::table.inner_join(users::table))]
struct Member {
    #[diesel(embed)]
    #[serde(flatten)]
    person: PublicPerson,
    #[schema(inline)]
    joined_at: Timestamp,
}

/// The members of a group, the oldest first, a page at a time.
#[utoipa::path(tag = "Groups",
    params(
        ("group_id" = GroupId, Path),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "`Group members successfully fetched`", body = Listed<Member>),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
        (status = 404, description = "`Group not found`"),
    ))]
#[get("/api/groups/<group_id>/members")]
async fn list(
    group_id: GroupId,
    query: Query<'_>,
    db: &State<Db>,
) -> Result<Fresh<Listed<Member>>> {
    // Names the list, which cursors are signed for.
    let oldest_first = format!("members of {group_id} by age");
    let limit = query.limit()?;
    let after = query.key::<UserId>(&oldest_first)?;
    let rows = db
        .read(move |conn| {
            check(conn, group_id)?;
            page(conn, group_id, after, limit)
        })
        .await?;
    let (data, next) = query.page(&oldest_first, limit, rows, |member| {
        (member.joined_at.0.timestamp_micros(), member.person.id)
    })?;
    Ok(Fresh(Listed {
        message: "Group members successfully fetched",
        data,
        next,
    }))
}

/// Adds a person to my group.
#[utoipa::path(tag = "Groups", security(("session" = [])),
    params(
        ("group_id" = GroupId, Path),
        ("user_id" = String, Path, description = "A person's id, or `@me`"),
    ),
    responses(
        (status = 200, description = "`User added to Group`, and the group's id", body = Said<GroupId>),
        (status = 403, description = "`User already in group`, or not my group"),
        (status = 404, description = "`Group or user not found`"),
    ))]
#[post("/api/groups/<group_id>/members/<user_id>")]
async fn add(
    group_id: GroupId,
    user_id: &str,
    who: SignedIn,
    once: Once,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let user_id = named(user_id, me);
    once.write(db, me, clock, move |conn| {
        let group = there(conn, group_id)?;
        if group.creator_id != me {
            return Err(Error::Forbidden(None));
        }
        if people::find_public(conn, user_id)?.is_none() {
            return Err(Error::not_found(NOT_FOUND));
        }
        if !join(conn, group_id, user_id, me, now)? {
            return Err(Error::forbidden("User already in group"));
        }
        Ok(Said::ok("User added to Group", group_id))
    })
    .await
}

/// Removes a person from my group, or me from a group.
#[utoipa::path(tag = "Groups", security(("session" = [])),
    params(
        ("group_id" = GroupId, Path),
        ("user_id" = String, Path, description = "A person's id, or `@me`"),
    ),
    responses(
        (status = 200, description = "`User removed from group successfully`, and the group's id", body = Said<GroupId>),
        (status = 403, description = "`User is not a member of this group`, the creator, or not mine to remove"),
        (status = 404, description = "`Group or user not found`"),
    ))]
#[delete("/api/groups/<group_id>/members/<user_id>")]
async fn remove(
    group_id: GroupId,
    user_id: &str,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<GroupId>> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let user_id = named(user_id, me);
    who.write(db, move |conn| {
        let group = there(conn, group_id)?;
        if group.creator_id != me && user_id != me {
            return Err(Error::Forbidden(None));
        }
        if people::find_public(conn, user_id)?.is_none() {
            return Err(Error::not_found(NOT_FOUND));
        }
        if group.creator_id == user_id {
            return Err(Error::forbidden("The creator cannot be removed"));
        }
        if delete_row(conn, group_id, user_id)? == 0 {
            return Err(Error::forbidden("User is not a member of this group"));
        }
        let change = Change::by(me, "group.member_removed")
            .of("group_id", group_id)
            .of("user_id", user_id);
        bus::record(conn, now, change)?;
        Ok(Said::ok("User removed from group successfully", group_id))
    })
    .await
}

/// The person that a path names: `@me`, or by id.
fn named(text: &str, me: UserId) -> UserId {
    match text {
        "@me" => me,
        id => id.parse().unwrap_or(UserId::nobody()),
    }
}

fn there(conn: &mut Conn, id: GroupId) -> Result<GroupRow> {
    row(conn, id)?.ok_or_else(|| Error::not_found(NOT_FOUND))
}

/// Adds a person to a group; false if the person belonged to it.
pub fn insert(conn: &mut Conn, group_id: GroupId, user_id: UserId, now: Timestamp) -> Result<bool> {
    let row = diesel::insert_into(group_members::table).values((
        group_members::group_id.eq(group_id),
        group_members::user_id.eq(user_id),
        group_members::joined_at.eq(now),
    ));
    let come = OrIgnore(row).execute(conn)?;
    count_members(conn, group_id, come as i64)?;
    Ok(come == 1)
}

/// Adds a person to a group in somebody's name, who may do that; false if the person belonged
/// to it.
pub fn join(
    conn: &mut Conn,
    group_id: GroupId,
    user_id: UserId,
    by: UserId,
    now: Timestamp,
) -> Result<bool> {
    if !insert(conn, group_id, user_id, now)? {
        return Ok(false);
    }
    let change = Change::by(by, "group.member_added")
        .of("group_id", group_id)
        .of("user_id", user_id);
    bus::record(conn, now, change)?;
    Ok(true)
}

/// Removes a person from a group; how many rows that were.
pub(super) fn delete_row(conn: &mut Conn, group_id: GroupId, user_id: UserId) -> Result<usize> {
    let gone = diesel::delete(group_members::table.find((group_id, user_id))).execute(conn)?;
    count_members(conn, group_id, -(gone as i64))?;
    Ok(gone)
}

/// True if a person belongs to a group.
pub(super) fn has(conn: &mut Conn, group_id: GroupId, user_id: UserId) -> Result<bool> {
    let one = group_members::table
        .find((group_id, user_id))
        .select(group_members::group_id);
    Ok(diesel::select(diesel::dsl::exists(one)).get_result(conn)?)
}

/// The groups that a person belongs to, up to 100 of them.
pub(super) fn some_of(conn: &mut Conn, user_id: UserId) -> Result<Vec<GroupId>> {
    Ok(group_members::table
        .filter(group_members::user_id.eq(user_id))
        .order((group_members::joined_at, group_members::group_id))
        .limit(100)
        .select(group_members::group_id)
        .load(conn)?)
}

/// Who belongs to a group the longest, but for one; one who may write before one who may not.
pub(super) fn oldest_but(
    conn: &mut Conn,
    group_id: GroupId,
    but: UserId,
) -> Result<Option<UserId>> {
    Ok(group_members::table
        .inner_join(users::table)
        .filter(group_members::group_id.eq(group_id))
        .filter(group_members::user_id.ne(but))
        .filter(users::erased_at.is_null())
        .order((
            users::suspended_at.is_not_null(),
            group_members::joined_at,
            group_members::user_id,
        ))
        .select(group_members::user_id)
        .first(conn)
        .optional()?)
}

/// Lets up to 500 members of a group go; how many they were.
pub(super) fn dismiss(conn: &mut Conn, group_id: GroupId) -> Result<usize> {
    let some = group_members::table
        .filter(group_members::group_id.eq(group_id))
        .limit(500)
        .select(group_members::user_id)
        .load::<UserId>(conn)?;
    let some = group_members::table
        .filter(group_members::group_id.eq(group_id))
        .filter(group_members::user_id.eq_any(some));
    let gone = diesel::delete(some).execute(conn)?;
    count_members(conn, group_id, -(gone as i64))?;
    Ok(gone)
}

/// Gives the memberships of a person to whom that person became, up to 100 at a time; how many
/// they were. Whoever belonged to a group twice belongs to it once.
pub(super) fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = some_of(conn, from)?;
    for id in &some {
        match has(conn, *id, into)? {
            true => {
                delete_row(conn, *id, from)?;
            }
            false => {
                diesel::update(group_members::table.find((*id, from)))
                    .set(group_members::user_id.eq(into))
                    .execute(conn)?;
            }
        }
    }
    Ok(some.len())
}

/// How many rows there are for the group of the row.
#[auto_type]
pub(super) fn count() -> _ {
    group_members::table
        .filter(group_members::group_id.eq(groups::id))
        .count()
        .single_value()
        .assume_not_null()
}

fn page(
    conn: &mut Conn,
    group_id: GroupId,
    after: Option<Key<UserId>>,
    limit: Limit,
) -> Result<Vec<Member>> {
    let mut oldest = Member::query()
        .filter(group_members::group_id.eq(group_id))
        .order((group_members::joined_at, group_members::user_id))
        .limit(limit.rows())
        .into_boxed::<MultiBackend>();
    if let Some((at, id)) = after {
        oldest = oldest.filter(group_members::joined_at.ge(at)).filter(
            group_members::joined_at
                .gt(at)
                .or(group_members::user_id.gt(id)),
        );
    }
    Ok(oldest.load(conn)?)
}
