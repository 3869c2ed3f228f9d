//! Likes on comments.
//!
//! Routes: POST (toggles), PUT (sets), DELETE (clears) and GET `/api/likes/{comment_id}`.
//! Emits: `comment.liked`, `comment.unliked`.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, delete, get, post, put, routes};
use serde::Serialize;

use super::comments::{self, CommentId};
use super::events;
use crate::bus::{self, Change};
use crate::clock::Clock;
use crate::db::schema::{self, comment_likes};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::envelope::Said;
use crate::http::fresh::Fresh;
use crate::http::idempotency::{Kept, Once};
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::UserId;

const NOT_ALLOWED: &str = "you are not allowed to perform such actions";

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(toggle, set, clear, count))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("likes", |rocket| async {
        rocket.mount("/", routes![toggle, set, clear, count])
    })
}

/// Likes a comment, or takes the like back.
///
/// Not safe to repeat without an `Idempotency-Key`: PUT and DELETE are.
#[utoipa::path(tag = "Likes", security(("session" = [])), params(("comment_id" = CommentId, Path)),
    responses(
        (status = 200, description = "`Liked` or `UnLiked`, and how many like it now", body = Said<i64>),
        (status = 403, description = "`you are not allowed to perform such actions`"),
        (status = 404, description = "`Comment not found`"),
    ))]
#[post("/api/likes/<comment_id>")]
async fn toggle(
    comment_id: CommentId,
    who: SignedIn,
    once: Once,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    once.write_hot(db, me, clock, move |conn| {
        like(conn, comment_id, me, Wish::Toggle, now)
    })
    .await
    .map_err(in_these_words)
}

/// Likes a comment; again is no matter.
#[utoipa::path(tag = "Likes", security(("session" = [])), params(("comment_id" = CommentId, Path)),
    responses(
        (status = 200, description = "`Liked`, and how many like it now", body = Said<i64>),
        (status = 403, description = "`you are not allowed to perform such actions`"),
        (status = 404, description = "`Comment not found`"),
    ))]
#[put("/api/likes/<comment_id>")]
async fn set(
    comment_id: CommentId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<i64>> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    who.write_hot(db, move |conn| like(conn, comment_id, me, Wish::Like, now))
        .await
        .map_err(in_these_words)
}

/// Takes my like back; none is no matter.
#[utoipa::path(tag = "Likes", security(("session" = [])), params(("comment_id" = CommentId, Path)),
    responses(
        (status = 200, description = "`UnLiked`, and how many like it now", body = Said<i64>),
        (status = 403, description = "`you are not allowed to perform such actions`"),
        (status = 404, description = "`Comment not found`"),
    ))]
#[delete("/api/likes/<comment_id>")]
async fn clear(
    comment_id: CommentId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<i64>> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    who.write_hot(db, move |conn| {
        like(conn, comment_id, me, Wish::Unlike, now)
    })
    .await
    .map_err(in_these_words)
}

/// How many like a comment.
#[utoipa::path(tag = "Likes", params(("comment_id" = CommentId, Path)), responses(
    (status = 200, description = "`Number of likes`", body = Said<i64>),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`Comment not found`"),
))]
#[get("/api/likes/<comment_id>")]
async fn count(comment_id: CommentId, reader: Reader, db: &State<Db>) -> Result<Fresh<Said<i64>>> {
    let place = db.read(move |conn| comments::find(conn, comment_id, reader.0));
    Ok(Fresh(Said::ok("Number of likes", place.await?.likes)))
}

fn in_these_words(error: Error) -> Error {
    match error {
        Error::Forbidden(None) => Error::forbidden(NOT_ALLOWED),
        error => error,
    }
}

/// What a person wants of a like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Like,
    Unlike,
    Toggle,
}

/// Likes a comment, as the program itself does it; again is no matter.
pub fn give(conn: &mut Conn, comment_id: CommentId, me: UserId, now: Timestamp) -> Result<()> {
    like(conn, comment_id, me, Wish::Like, now).map(drop)
}

/// Does as wished; the count goes by the rows that really came or went, so it is right
/// however many do this at once, and whatever the same person does on another device.
fn like(
    conn: &mut Conn,
    comment_id: CommentId,
    me: UserId,
    wish: Wish,
    now: Timestamp,
) -> Result<Said<i64>> {
    comments::hold(conn, comment_id)?;
    let comment = comments::find(conn, comment_id, Some(me))?;
    let gone = match wish {
        Wish::Like => 0,
        Wish::Unlike | Wish::Toggle => on_backend!(conn, conn => {
            diesel::delete(comment_likes::table.find((comment_id, me))).execute(conn)
        })?,
    };
    let come = match wish {
        Wish::Toggle if gone > 0 => 0,
        Wish::Unlike => 0,
        Wish::Like | Wish::Toggle => on_backend!(conn, conn => {
            diesel::insert_into(comment_likes::table)
                .values((
                    comment_likes::comment_id.eq(comment_id),
                    comment_likes::user_id.eq(me),
                    comment_likes::created_at.eq(now),
                ))
                .on_conflict_do_nothing()
                .execute(conn)
        })?,
    };
    let likes = match come as i64 - gone as i64 {
        0 => comment.likes,
        by => {
            let topic = if by > 0 {
                "comment.liked"
            } else {
                "comment.unliked"
            };
            let likes = comments::count_likes(conn, comment_id, by)?;
            let change = Change::by(me, topic)
                .of("comment_id", comment_id)
                .of("event_id", comment.event_id);
            bus::record(conn, now, change)?;
            likes
        }
    };
    let liked = wish == Wish::Like || (wish == Wish::Toggle && gone == 0);
    let sentence = if liked { "Liked" } else { "UnLiked" };
    Ok(Said::ok(sentence, likes))
}

/// Whether the reader likes the comment of the row; a scalar, as for interest.
#[auto_type]
pub fn given_by(reader: Option<UserId>) -> _ {
    comment_likes::table
        .filter(comment_likes::comment_id.eq(schema::comments::id))
        .filter(comment_likes::user_id.nullable().eq(reader))
        .select(comment_likes::comment_id)
        .single_value()
        .is_not_null()
}

/// A like, as its person's own export shows it.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = comment_likes, check_for_backend(MultiBackend))]
pub struct Given {
    pub comment_id: CommentId,
    created_at: Timestamp,
}

/// Up to 500 of the likes that a person gave, after that of this comment.
pub fn of(conn: &mut Conn, user_id: UserId, after: CommentId) -> Result<Vec<Given>> {
    Ok(Given::query()
        .filter(comment_likes::user_id.eq(user_id))
        .filter(comment_likes::comment_id.gt(after))
        .order(comment_likes::comment_id)
        .limit(500)
        .load(conn)?)
}

/// Takes back the likes of a person who is erased, 500 at a time; how many they were.
pub fn erase(conn: &mut Conn, user_id: UserId) -> Result<usize> {
    let some = comment_likes::table
        .filter(comment_likes::user_id.eq(user_id))
        .select(comment_likes::comment_id)
        .order(comment_likes::comment_id)
        .limit(500)
        .load::<CommentId>(conn)?;
    let theirs = comment_likes::table
        .filter(comment_likes::user_id.eq(user_id))
        .filter(comment_likes::comment_id.eq_any(&some));
    // Those that really went: the person may take one back meanwhile.
    let gone = diesel::delete(theirs)
        .returning(comment_likes::comment_id)
        .get_results::<CommentId>(conn)?;
    comments::count_likes_gone(conn, &gone)?;
    Ok(some.len())
}

/// Gives the likes of a person to whom that person became, 500 at a time; how many they were. A
/// comment that both like is liked once.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = comment_likes::table
        .filter(comment_likes::user_id.eq(from))
        .select(comment_likes::comment_id)
        .limit(500)
        .load::<CommentId>(conn)?;
    let both = comment_likes::table
        .filter(comment_likes::user_id.eq(into))
        .filter(comment_likes::comment_id.eq_any(&some))
        .select(comment_likes::comment_id)
        .load::<CommentId>(conn)?;
    let twice = comment_likes::table
        .filter(comment_likes::user_id.eq(from))
        .filter(comment_likes::comment_id.eq_any(&both));
    let gone = diesel::delete(twice)
        .returning(comment_likes::comment_id)
        .get_results::<CommentId>(conn)?;
    comments::count_likes_gone(conn, &gone)?;
    let rest = comment_likes::table
        .filter(comment_likes::user_id.eq(from))
        .filter(comment_likes::comment_id.eq_any(&some));
    diesel::update(rest)
        .set(comment_likes::user_id.eq(into))
        .execute(conn)?;
    Ok(some.len())
}

/// Removes likes of comments on events whose tombstone is due, of one comment and 500 at a
/// time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let due = schema::comments::table
        .inner_join(schema::events::table)
        .filter(events::is_due(now))
        .filter(schema::comments::likes.gt(0))
        .select(schema::comments::id)
        .first::<CommentId>(conn)
        .optional()?;
    let Some(comment_id) = due else {
        return Ok(0);
    };
    let some = comment_likes::table
        .filter(comment_likes::comment_id.eq(comment_id))
        .limit(500)
        .select(comment_likes::user_id)
        .load::<UserId>(conn)?;
    let some = comment_likes::table
        .filter(comment_likes::comment_id.eq(comment_id))
        .filter(comment_likes::user_id.eq_any(some));
    let gone = diesel::delete(some).execute(conn)?;
    comments::count_likes(conn, comment_id, -(gone as i64))?;
    Ok(gone)
}

/// The comments whose count of likes differs from the rows, a sentence each; at most 10.
pub fn verify(conn: &mut Conn) -> Result<Vec<String>> {
    let rows = comment_likes::table
        .filter(comment_likes::comment_id.eq(schema::comments::id))
        .count()
        .single_value()
        .assume_not_null();
    let wrong = schema::comments::table
        .filter(schema::comments::likes.ne(rows))
        .select((schema::comments::id, schema::comments::likes))
        .order(schema::comments::id)
        .limit(10)
        .load::<(CommentId, i64)>(conn)?;
    let sentence = |(id, counted)| format!("comment {id} counts {counted} likes and has others");
    Ok(wrong.into_iter().map(sentence).collect())
}
