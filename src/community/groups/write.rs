//! What changes groups: the functions that write their table.

use diesel::prelude::*;

use super::{GroupId, GroupRow, members, row};
use crate::bus::{self, Change};
use crate::community::search;
use crate::db::Conn;
use crate::db::schema::groups;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::identity::people::UserId;

/// Makes a group, as the program itself does it.
pub fn make(conn: &mut Conn, creator: UserId, title: &str, now: Timestamp) -> Result<GroupId> {
    Ok(found(conn, creator, title, now)?.id)
}

pub(super) fn found(
    conn: &mut Conn,
    creator: UserId,
    title: &str,
    now: Timestamp,
) -> Result<GroupRow> {
    let id = GroupId::new();
    diesel::insert_into(groups::table)
        .values((
            groups::id.eq(id),
            groups::title.eq(title),
            groups::creator_id.eq(creator),
            groups::members.eq(0),
            groups::created_at.eq(now),
            groups::updated_at.eq(now),
        ))
        .execute(conn)?;
    search::index_group(conn, id, title)?;
    members::insert(conn, id, creator, now)?;
    let change = Change::by(creator, "group.created").of("group_id", id);
    bus::record(conn, now, change)?;
    row(conn, id)?.ok_or_else(|| Error::internal("a group that was not made"))
}

pub(super) fn rename(
    conn: &mut Conn,
    before: GroupRow,
    title: &str,
    now: Timestamp,
) -> Result<GroupRow> {
    if before.title == title {
        return Ok(before);
    }
    let id = before.id;
    diesel::update(groups::table.find(id))
        .set((groups::title.eq(title), groups::updated_at.eq(now)))
        .execute(conn)?;
    search::index_group(conn, id, title)?;
    let change = Change::by(before.creator_id, "group.updated")
        .of("group_id", id)
        .fields(vec!["title"]);
    bus::record(conn, now, change)?;
    row(conn, id)?.ok_or_else(|| Error::internal("a group that is gone while it is renamed"))
}

/// Makes a group invisible; [`super::sweep`] lets its members and events go.
pub(super) fn bury(conn: &mut Conn, id: GroupId, by: UserId, now: Timestamp) -> Result<()> {
    diesel::update(groups::table.find(id))
        .set((
            groups::title.eq(""),
            groups::deleted_at.eq(now),
            groups::updated_at.eq(now),
        ))
        .execute(conn)?;
    search::forget_group(conn, id)?;
    let change = Change::by(by, "group.deleted").of("group_id", id);
    bus::record(conn, now, change)
}

/// Changes how many people belong to a group; called by members, in the transaction that
/// adds or removes one.
pub(super) fn count_members(conn: &mut Conn, id: GroupId, by: i64) -> Result<()> {
    diesel::update(groups::table.find(id))
        .set(groups::members.eq(groups::members + by))
        .execute(conn)?;
    Ok(())
}

/// Holds a group until the end of the transaction; on SQLite all writes are one after the
/// other.
pub(super) fn hold(conn: &mut Conn, id: GroupId) -> Result<()> {
    if let Conn::Pg(conn) = conn {
        groups::table
            .find(id)
            .select(groups::id)
            .for_no_key_update()
            .first::<GroupId>(conn)
            .optional()?;
    }
    Ok(())
}

/// Gives a group to another of its members.
pub(super) fn pass_on(
    conn: &mut Conn,
    id: GroupId,
    from: UserId,
    to: UserId,
    now: Timestamp,
) -> Result<()> {
    diesel::update(groups::table.find(id))
        .set((groups::creator_id.eq(to), groups::updated_at.eq(now)))
        .execute(conn)?;
    let change = Change::by(from, "group.updated")
        .of("group_id", id)
        .fields(vec!["creator_id"]);
    bus::record(conn, now, change)
}

/// Removes a group that nothing belongs to any more.
pub(super) fn delete_row(conn: &mut Conn, id: GroupId) -> Result<()> {
    diesel::delete(groups::table.find(id)).execute(conn)?;
    Ok(())
}

/// Gives the groups that a person made to whom that person became, 500 at a time; how many they
/// were.
pub(super) fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = groups::table
        .filter(groups::creator_id.eq(from))
        .select(groups::id)
        .limit(500)
        .load::<GroupId>(conn)?;
    Ok(
        diesel::update(groups::table.filter(groups::id.eq_any(some)))
            .set(groups::creator_id.eq(into))
            .execute(conn)?,
    )
}

/// The groups whose count of members differs from the rows, a sentence each; at most 10.
pub fn verify(conn: &mut Conn) -> Result<Vec<String>> {
    let wrong = groups::table
        .filter(groups::members.ne(members::count()))
        .select((groups::id, groups::members))
        .order(groups::id)
        .limit(10)
        .load::<(GroupId, i64)>(conn)?;
    let sentence = |(id, counted)| format!("group {id} counts {counted} members and has others");
    Ok(wrong.into_iter().map(sentence).collect())
}
