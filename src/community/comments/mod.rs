//! Comments on events.
//!
//! Routes: POST and GET `/api/events/{id}/comments`, PUT and DELETE `/api/comments/{id}`.
//! Emits: `comment.created`, `comment.updated`, `comment.deleted`.

mod list;
mod write;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, post, put, routes};
use serde::{Deserialize, Serialize};

use super::events::{self, EventId};
use super::images::{self, CommentImage};
use crate::bus::Change;
use crate::clock::Clock;
use crate::db::schema::{self, comments, users};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Said;
use crate::http::fields::Check;
use crate::http::idempotency::Kept;
use crate::identity::guard::SignedIn;
use crate::identity::people::{PublicPerson, UserId};

pub use list::{count, of};
pub use write::{adopt, count_likes, count_likes_gone, erase, hold, remove, say, sweep, touch};

const BODY_CHARS: usize = 4_000;
const NOT_SAVED: &str = "Comment could not be saved";
const NOT_FOUND: &str = "Comment not found";

/// Marks the ids of comments.
pub enum Comment {}
/// The id of a comment.
pub type CommentId = Id<Comment>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, list::list, edit, delete))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("comments", |rocket| async {
        rocket.mount("/", routes![create, list::list, edit, delete])
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
    once.write_hot(db, me, clock, move |conn| {
        let comment = write::insert(conn, event_id, me, &body, &urls, now)?;
        Ok(Said::created("Comment saved successfully", comment))
    })
    .await
}

/// New words for a comment.
#[derive(Deserialize, utoipa::ToSchema)]
struct CommentEdit {
    /// 1 to 4000 characters.
    body: String,
}

/// Edits my comment.
#[utoipa::path(tag = "Comments", security(("session" = [])),
    params(("comment_id" = CommentId, Path)), request_body = CommentEdit,
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
    body: Body<CommentEdit>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<CommentView>> {
    let new = body.json(NOT_SAVED)?;
    let mut check = Check::default();
    let body = check.text("body", &new.body, 1..=BODY_CHARS);
    check.done()?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let comment = who.write_hot(db, move |conn| {
        write::hold(conn, comment_id)?;
        let comment = mine(conn, comment_id, me)?;
        write::rewrite(conn, &comment, &body, now)?;
        list::view(conn, comment_id, me)
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
    who.write_hot(db, move |conn| {
        let comment = find(conn, comment_id, Some(me))?;
        if comment.user_id != me && comment.event_creator != Some(me) {
            return Err(Error::Forbidden(None));
        }
        write::remove_one(conn, &comment, Change::by(me, "comment.deleted"), now)?;
        Ok(NoContent)
    })
    .await
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
