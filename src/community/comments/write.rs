//! What changes comments: the functions that write their table, for the calls, for other
//! slices and for the sweepers.

use diesel::prelude::*;

use super::{CommentId, CommentRow, CommentView, NOT_FOUND, Place};
use crate::bus::{self, Change};
use crate::community::events::{self, EventId};
use crate::community::images::{self, CommentImage};
use crate::db::schema::{self, comments, users};
use crate::db::types::Timestamp;
use crate::db::{Conn, on_backend};
use crate::error::{Error, Result};
use crate::identity::people::{PublicPerson, UserId};

/// Deletes somebody's comment, for those who moderate.
pub fn remove(conn: &mut Conn, id: CommentId, by: Option<UserId>, now: Timestamp) -> Result<()> {
    let comment = Place::query()
        .filter(comments::id.eq(id))
        .filter(schema::events::deleted_at.is_null())
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(NOT_FOUND))?;
    remove_one(conn, &comment, Change::by_admin(by, "comment.deleted"), now)
}

pub(super) fn remove_one(
    conn: &mut Conn,
    comment: &Place,
    change: Change,
    now: Timestamp,
) -> Result<()> {
    // Two who delete it at once delete it once.
    if diesel::delete(comments::table.find(comment.id)).execute(conn)? == 0 {
        return Err(Error::not_found(NOT_FOUND));
    }
    events::count_comments(conn, comment.event_id, -1)?;
    bus::record(conn, now, about(change, comment))
}

/// Changes the words of a comment, by its author; nothing if they are the same.
pub(super) fn rewrite(conn: &mut Conn, place: &Place, body: &str, now: Timestamp) -> Result<()> {
    if place.body == body {
        return Ok(());
    }
    diesel::update(comments::table.find(place.id))
        .set(comments::body.eq(body))
        .execute(conn)?;
    touch(conn, place, place.user_id, vec!["body"], now)
}

/// Notes that something of a comment changed.
pub fn touch(
    conn: &mut Conn,
    place: &Place,
    by: UserId,
    fields: Vec<&'static str>,
    now: Timestamp,
) -> Result<()> {
    diesel::update(comments::table.find(place.id))
        .set(comments::updated_at.eq(now))
        .execute(conn)?;
    bus::record(
        conn,
        now,
        about(Change::by(by, "comment.updated"), place).fields(fields),
    )
}

/// Holds a comment until the end of the transaction, so that what comes to one comment at
/// once comes one after the other also on PostgreSQL; on SQLite all writes do.
pub fn hold(conn: &mut Conn, id: CommentId) -> Result<()> {
    if let Conn::Pg(conn) = conn {
        comments::table
            .find(id)
            .select(comments::id)
            .for_no_key_update()
            .first::<CommentId>(conn)
            .optional()?;
    }
    Ok(())
}

/// Counts one like less for each of these comments; called by likes, in the transaction that
/// removes them.
pub fn count_likes_gone(conn: &mut Conn, ids: &[CommentId]) -> Result<()> {
    diesel::update(comments::table.filter(comments::id.eq_any(ids)))
        .set(comments::likes.eq(comments::likes - 1))
        .execute(conn)?;
    Ok(())
}

/// Changes how many like a comment, and tells the new number; called by likes, in the
/// transaction that adds or removes one.
pub fn count_likes(conn: &mut Conn, id: CommentId, by: i64) -> Result<i64> {
    Ok(on_backend!(conn, conn => {
        diesel::update(comments::table.find(id))
            .set(comments::likes.eq(comments::likes + by))
            .returning(comments::likes)
            .get_result(conn)
    })?)
}

/// Comments on an event, as the program itself does it.
pub fn say(
    conn: &mut Conn,
    event_id: EventId,
    by: UserId,
    words: &str,
    now: Timestamp,
) -> Result<CommentId> {
    Ok(insert(conn, event_id, by, words, &[], now)?.row.id)
}

pub(super) fn insert(
    conn: &mut Conn,
    event_id: EventId,
    me: UserId,
    body: &str,
    urls: &[String],
    now: Timestamp,
) -> Result<CommentView> {
    // The author, if there is an event to comment on: one statement for both.
    let author = on_backend!(conn, conn => PublicPerson::query()
        .filter(users::id.eq(me))
        .filter(events::is_there(event_id, Some(me)))
        .first(conn))
    .optional()?
    .ok_or_else(|| Error::not_found(events::NOT_FOUND))?;
    let id = CommentId::new();
    let row = (
        comments::id.eq(id),
        comments::event_id.eq(event_id),
        comments::user_id.eq(me),
        comments::body.eq(body),
        comments::likes.eq(0),
        comments::created_at.eq(now),
        comments::updated_at.eq(now),
    );
    on_backend!(conn, conn => diesel::insert_into(comments::table).values(row).execute(conn))?;
    let images = images::insert(conn, id, urls)?;
    events::count_comments(conn, event_id, 1)?;
    let change = Change::by(me, "comment.created")
        .of("comment_id", id)
        .of("event_id", event_id);
    bus::record(conn, now, change)?;
    let row = CommentRow {
        id,
        event_id,
        user_id: me,
        author,
        body: body.to_owned(),
        likes: 0,
        created_at: now,
        updated_at: now,
    };
    let images = images.into_iter().map(CommentImage::from).collect();
    Ok(row.with(images, false))
}

/// Removes comments on events whose tombstone is due, 500 at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let due = comments::table
        .inner_join(schema::events::table)
        .filter(events::is_due(now))
        // Its likes go before (likes::sweep): there may be very many.
        .filter(comments::likes.eq(0))
        .select(comments::id)
        .limit(500)
        .load::<CommentId>(conn)?;
    Ok(diesel::delete(comments::table.filter(comments::id.eq_any(due))).execute(conn)?)
}

/// Removes the words and pictures of a person who is erased from up to 500 comments, after
/// this one; the last of them, or none when there are no more.
pub fn erase(conn: &mut Conn, user_id: UserId, after: CommentId) -> Result<Option<CommentId>> {
    let some = comments::table
        .filter(comments::user_id.eq(user_id))
        .filter(comments::id.gt(after))
        .filter(comments::body.ne(""))
        .order(comments::id)
        .limit(500)
        .select(comments::id)
        .load::<CommentId>(conn)?;
    images::erase(conn, &some)?;
    let last = some.last().copied();
    diesel::update(comments::table.filter(comments::id.eq_any(some)))
        .set(comments::body.eq(""))
        .execute(conn)?;
    Ok(last)
}

/// Gives the comments of a person to whom that person became, 500 at a time; how many they were.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = comments::table
        .filter(comments::user_id.eq(from))
        .select(comments::id)
        .limit(500)
        .load::<CommentId>(conn)?;
    Ok(
        diesel::update(comments::table.filter(comments::id.eq_any(some)))
            .set(comments::user_id.eq(into))
            .execute(conn)?,
    )
}

fn about(change: Change, place: &Place) -> Change {
    change
        .of("comment_id", place.id)
        .of("event_id", place.event_id)
}
