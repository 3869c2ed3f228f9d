//! Lists of comments: an event's, and a person's own.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::{State, get};
use serde::Serialize;

use super::{CommentId, CommentRow, CommentView};
use crate::community::events::{self, EventId};
use crate::community::images::{self, CommentImage};
use crate::community::likes;
use crate::db::schema::{self, comments, event_counters, users};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::envelope::Listed;
use crate::http::fresh::Fresh;
use crate::http::page::{Key, Limit, Query};
use crate::identity::guard::Reader;
use crate::identity::people::UserId;

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
pub(super) async fn list(
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

/// The comment as its author sees it.
pub(super) fn view(conn: &mut Conn, id: CommentId, me: UserId) -> Result<CommentView> {
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

#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = comments, check_for_backend(MultiBackend))]
struct WrittenRow {
    id: CommentId,
    body: String,
    likes: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A comment, as its person's own export shows it.
#[derive(Debug, Serialize)]
pub struct Written {
    #[serde(flatten)]
    row: WrittenRow,
    /// None if the event is gone, or somebody's draft now.
    event_id: Option<EventId>,
    images: Vec<CommentImage>,
}

impl Written {
    /// The comment's id.
    pub fn id(&self) -> CommentId {
        self.row.id
    }
}

/// Up to 500 of the comments that a person wrote, after this one.
pub fn of(conn: &mut Conn, user_id: UserId, after: CommentId) -> Result<Vec<Written>> {
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
        .select((WrittenRow::as_select(), visible, images))
        .load::<(WrittenRow, Option<EventId>, String)>(conn))?;
    rows.into_iter()
        .map(|(row, event_id, images)| {
            Ok(Written {
                row,
                event_id,
                images: images::from_json(&images)?,
            })
        })
        .collect()
}

/// How many comments there are on the event of the row.
#[auto_type]
pub fn count() -> _ {
    comments::table
        .filter(comments::event_id.eq(event_counters::event_id))
        .count()
        .single_value()
        .assume_not_null()
}
