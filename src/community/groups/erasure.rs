//! Groups that go or change hands: those that were deleted, and those of people who are erased
//! or become others.

use diesel::prelude::*;

use super::write::{bury, delete_row, hold, pass_on};
use super::{GroupId, members, write};
use crate::community::events;
use crate::db::Conn;
use crate::db::schema::groups;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::identity::people::UserId;

/// Takes a person who is erased out of up to 100 groups; how many they were. The groups that
/// the person made pass to their oldest member, or go.
pub fn erase(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<usize> {
    let made = groups::table
        .filter(groups::creator_id.eq(user_id))
        .filter(groups::deleted_at.is_null())
        .order(groups::id)
        .limit(100)
        .select(groups::id)
        .load::<GroupId>(conn)?;
    for id in &made {
        // Whoever is removed from the group meanwhile waits, and then is its creator or not.
        hold(conn, *id)?;
        match members::oldest_but(conn, *id, user_id)? {
            Some(heir) => pass_on(conn, *id, user_id, heir, now)?,
            None => bury(conn, *id, user_id, now)?,
        }
    }
    let joined = members::some_of(conn, user_id)?;
    for id in &joined {
        members::delete_row(conn, *id, user_id)?;
    }
    Ok(made.len() + joined.len())
}

/// Gives the groups and memberships of a person to whom that person became, some at a time; how
/// many they were.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    Ok(write::adopt(conn, from, into)? + members::adopt(conn, from, into)?)
}

/// Lets up to 500 members and 500 events of a deleted group go, or the group itself once it has none;
/// how many rows that were.
pub fn sweep(conn: &mut Conn, _: Timestamp) -> Result<usize> {
    let deleted = groups::table
        .filter(groups::deleted_at.is_not_null())
        .order(groups::deleted_at)
        .select(groups::id)
        .first::<GroupId>(conn)
        .optional()?;
    let Some(id) = deleted else {
        return Ok(0);
    };
    match events::leave_group(conn, id)? + members::dismiss(conn, id)? {
        0 => delete_row(conn, id).map(|()| 1),
        rows => Ok(rows),
    }
}
