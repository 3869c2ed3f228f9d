//! Comments on events.
//!
//! Routes: POST and GET `/api/events/{id}/comments`, PUT and DELETE `/api/comments/{id}`.
//! Emits: `comment.created`, `comment.updated`, `comment.deleted`.

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, put, routes};
use serde::{Deserialize, Serialize};

use super::events::{self, EventId};
use super::images::{self, CommentImage};
use super::likes;
use crate::bus::{self, Change};
use crate::clock::Clock;
use crate::db::schema::{self, comments, users};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::{Listed, Said};
use crate::http::fields::Check;
use crate::http::fresh::Fresh;
use crate::http::idempotency::Kept;
use crate::http::page::{Key, Limit, Query};
use crate::identity::guard::{Reader, SignedIn};
use crate::identity::people::{PublicPerson, UserId};

const BODY_CHARS: usize = 4_000;
const NOT_SAVED: &str = "Comment could not be saved";
const NOT_FOUND: &str = "Comment not found";

/// Marks the ids of comments.
pub enum Comment {}
/// The id of a comment.
pub type CommentId = Id<Comment>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, list, edit, delete))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("comments", |rocket| async {
        rocket.mount("/", routes![create, list, edit, delete])
    })
}

/// A comment, as it is read.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = comments, check_for_backend(MultiBackend))]
#[diesel(base_query = comments::table.inner_join(users::table))]
struct CommentRow {
    #[schema(inline)]
    id: CommentId,
    #[schema(inline)]
    event_id: EventId,
    #[schema(inline)]
    user_id: UserId,
    #[diesel(embed)]
    author: PublicPerson,
    body: String,
    likes: i64,
    #[schema(inline)]
    created_at: Timestamp,
    #[schema(inline)]
    updated_at: Timestamp,
}

/// A comment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CommentView {
    #[serde(flatten)]
    row: CommentRow,
    images: Vec<CommentImage>,
    /// Whether I like it.
    liked_by_me: bool,
}

impl CommentRow {
    fn with(self, images: Vec<CommentImage>, liked_by_me: bool) -> CommentView {
        CommentView {
            row: self,
            images,
            liked_by_me,
        }
    }
}

/// A new comment.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewComment {
    /// 1 to 4000 characters.
    body: String,
    /// At most 8 http or https addresses.
    image_url_list: Option<Vec<String>>,
}

/// Comments on an event.
#[utoipa::path(tag = "Comments", security(("session" = [])), params(("event_id" = EventId, Path)),
    request_body = NewComment,
    responses(
        (status = 201, description = "`Comment saved successfully`", body = Said<CommentView>),
        (status = 400, description = "`Comment could not be saved`"),
        (status = 404, description = "`Event not found`"),
    ))]
#[post("/api/events/<event_id>/comments", data = "<body>")]
async fn create(
    event_id: EventId,
    who: SignedIn,
    body: Body<NewComment>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (new, once) = body.json_once(NOT_SAVED)?;
    let mut check = Check::default();
    let body = check.text("body", &new.body, 1..=BODY_CHARS);
    let urls = images::check_list(&mut check, &new.image_url_list.unwrap_or_default(), 0);
    check.done()?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    once.write(db, me, clock, move |conn| {
        let comment = insert(conn, event_id, me, &body, &urls, now)?;
        Ok(Said::created("Comment saved successfully", comment))
    })
    .await
}

/// The comments on an event, oldest first, a page at a time.
#[utoipa::path(tag = "Comments",
    params(
        ("event_id" = EventId, Path),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "`Comments successfully fetched`", body = Listed<CommentView>),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
        (status = 404, description = "`Comments not found`: there is no such event"),
    ))]
#[get("/api/events/<event_id>/comments")]
async fn list(
    event_id: EventId,
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
) -> Result<Fresh<Listed<CommentView>>> {
    // Names the list, which cursors are signed for.
    let oldest_first = format!("comments of {event_id} by age");
    let limit = query.limit()?;
    let after = query.key::<CommentId>(&oldest_first)?;
    let rows = db
        .read(move |conn| page(conn, event_id, reader.0, after, limit))
        .await?;
    let (data, next) = query.page(&oldest_first, limit, rows, |view| {
        (view.row.created_at.0.timestamp_micros(), view.row.id)
    })?;
    Ok(Fresh(Listed {
        message: "Comments successfully fetched",
        data,
        next,
    }))
}

/// New words for a comment.
#[derive(Deserialize, utoipa::ToSchema)]
struct Edit {
    /// 1 to 4000 characters.
    body: String,
}

/// Edits my comment.
#[utoipa::path(tag = "Comments", security(("session" = [])),
    params(("comment_id" = CommentId, Path)), request_body = Edit,
    responses(
        (status = 200, description = "`Comment updated successfully`", body = Said<CommentView>),
        (status = 400, description = "`Comment could not be saved`"),
        (status = 403, description = "Not my comment"),
        (status = 404, description = "`Comment not found`"),
    ))]
#[put("/api/comments/<comment_id>", data = "<body>")]
async fn edit(
    comment_id: CommentId,
    who: SignedIn,
    body: Body<Edit>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<CommentView>> {
    let new = body.json(NOT_SAVED)?;
    let mut check = Check::default();
    let body = check.text("body", &new.body, 1..=BODY_CHARS);
    check.done()?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let comment = who.write(db, move |conn| {
        let comment = mine(conn, comment_id, me)?;
        if comment.body != body {
            diesel::update(comments::table.find(comment_id))
                .set(comments::body.eq(&body))
                .execute(conn)?;
            touch(conn, &comment, me, vec!["body"], now)?;
        }
        view(conn, comment_id, me)
    });
    Ok(Said::ok("Comment updated successfully", comment.await?))
}

/// Deletes my comment, or one on my event.
#[utoipa::path(tag = "Comments", security(("session" = [])),
    params(("comment_id" = CommentId, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "Neither my comment nor my event"),
        (status = 404, description = "`Comment not found`"),
    ))]
#[delete("/api/comments/<comment_id>")]
async fn delete(
    comment_id: CommentId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    who.write(db, move |conn| {
        let comment = find(conn, comment_id, Some(me))?;
        if comment.user_id != me && comment.event_creator != Some(me) {
            return Err(Error::Forbidden(None));
        }
        remove_one(conn, &comment, Change::by(me, "comment.deleted"), now)?;
        Ok(NoContent)
    })
    .await
}

/// Deletes somebody's comment, for those who moderate.
pub fn remove(conn: &mut Conn, id: CommentId, now: Timestamp) -> Result<()> {
    let comment = Place::query()
        .filter(comments::id.eq(id))
        .filter(schema::events::deleted_at.is_null())
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(NOT_FOUND))?;
    remove_one(conn, &comment, Change::by_server("comment.deleted"), now)
}

/// Who wrote a comment.
pub fn author(conn: &mut Conn, id: CommentId) -> Result<UserId> {
    comments::table
        .find(id)
        .select(comments::user_id)
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found(NOT_FOUND))
}

fn remove_one(conn: &mut Conn, comment: &Place, change: Change, now: Timestamp) -> Result<()> {
    diesel::delete(comments::table.find(comment.id)).execute(conn)?;
    events::count_comments(conn, comment.event_id, -1)?;
    bus::record(conn, now, about(change, comment))
}

/// What is asked of a comment before something is done to it.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = comments, check_for_backend(MultiBackend))]
#[diesel(base_query = comments::table.inner_join(schema::events::table))]
pub struct Place {
    pub id: CommentId,
    pub event_id: EventId,
    pub user_id: UserId,
    pub body: String,
    pub likes: i64,
    #[diesel(select_expression = schema::events::creator_id)]
    pub event_creator: Option<UserId>,
}

/// The comment with that id, if the reader may see its event.
pub fn find(conn: &mut Conn, id: CommentId, reader: Option<UserId>) -> Result<Place> {
    on_backend!(conn, conn => Place::query()
        .filter(comments::id.eq(id))
        .filter(events::visible_to(reader))
        .first(conn))
    .optional()?
    .ok_or_else(|| Error::not_found(NOT_FOUND))
}

/// The comment with that id, if it is this person's to change.
pub fn mine(conn: &mut Conn, id: CommentId, me: UserId) -> Result<Place> {
    let place = find(conn, id, Some(me))?;
    match place.user_id == me {
        true => Ok(place),
        false => Err(Error::Forbidden(None)),
    }
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

fn about(change: Change, place: &Place) -> Change {
    change
        .of("comment_id", place.id)
        .of("event_id", place.event_id)
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

fn insert(
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

/// The comment as its author sees it.
fn view(conn: &mut Conn, id: CommentId, me: UserId) -> Result<CommentView> {
    let images = images::as_json(conn);
    let seen = on_backend!(conn, conn => comments::table
        .inner_join(users::table)
        .filter(comments::id.eq(id))
        .select((CommentRow::as_select(), likes::given_by(Some(me)), images))
        .first::<Seen>(conn))?;
    view_of(seen)
}

/// A comment, whether its reader likes it, and its pictures as JSON.
type Seen = (CommentRow, bool, String);

fn view_of((row, liked_by_me, images): Seen) -> Result<CommentView> {
    Ok(row.with(images::from_json(&images)?, liked_by_me))
}

/// Removes comments on events whose tombstone is due, 500 at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let due = comments::table
        .inner_join(schema::events::table)
        .filter(events::is_due(now))
        .select(comments::id)
        .limit(500)
        .load::<CommentId>(conn)?;
    Ok(diesel::delete(comments::table.filter(comments::id.eq_any(due))).execute(conn)?)
}

/// A page of an event's comments, with authors, pictures and likes, in one statement; only
/// an empty page asks whether there is such an event.
fn page(
    conn: &mut Conn,
    event_id: EventId,
    reader: Option<UserId>,
    after: Option<Key<CommentId>>,
    limit: Limit,
) -> Result<Vec<CommentView>> {
    // Before the first page stands the beginning of time, and nobody's id.
    let (at, id) = after.unwrap_or((chrono::DateTime::UNIX_EPOCH.into(), Id::nobody()));
    let images = images::as_json(conn);
    let rows = on_backend!(conn, conn => comments::table
        .inner_join(users::table)
        .filter(comments::event_id.eq(event_id))
        .filter(comments::created_at.ge(at))
        .filter(comments::created_at.gt(at).or(comments::id.gt(id)))
        .filter(events::is_there(event_id, reader))
        .order((comments::created_at, comments::id))
        .limit(limit.rows())
        .select((CommentRow::as_select(), likes::given_by(reader), images))
        .load::<Seen>(conn))?;
    if rows.is_empty() && !events::is_found(conn, event_id, reader)? {
        return Err(Error::not_found("Comments not found"));
    }
    rows.into_iter().map(view_of).collect()
}

/// A comment, as its person's own export shows it, but for the event and the pictures.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = comments, check_for_backend(MultiBackend))]
pub struct Written {
    pub id: CommentId,
    body: String,
    likes: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Up to 500 of the comments that a person wrote, after this one, with their events, unless
/// those are somebody's drafts now, and pictures.
pub fn of(
    conn: &mut Conn,
    user_id: UserId,
    after: CommentId,
) -> Result<Vec<(Written, Option<EventId>, Vec<CommentImage>)>> {
    let images = images::as_json(conn);
    let visible = diesel::dsl::case_when(
        events::visible_to(Some(user_id)),
        comments::event_id.nullable(),
    );
    let rows = on_backend!(conn, conn => comments::table
        .inner_join(schema::events::table)
        .filter(comments::user_id.eq(user_id))
        .filter(comments::id.gt(after))
        .order(comments::id)
        .limit(500)
        .select((Written::as_select(), visible, images))
        .load::<(Written, Option<EventId>, String)>(conn))?;
    rows.into_iter()
        .map(|(row, event_id, images)| Ok((row, event_id, images::from_json(&images)?)))
        .collect()
}

/// Removes the words and pictures of a person who is erased from up to 500 comments, after
/// this one; the last of them, or none when there are no more.
pub fn erase(conn: &mut Conn, user_id: UserId, after: CommentId) -> Result<Option<CommentId>> {
    let some = comments::table
        .filter(comments::user_id.eq(user_id))
        .filter(comments::id.gt(after))
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
