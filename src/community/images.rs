//! The pictures of a comment, by their address.
//!
//! Routes: POST and GET `/api/comments/{id}/images`, DELETE
//! `/api/comments/{id}/images/{image_id}`. Emits: `comment.updated`.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, routes};
use serde::{Deserialize, Serialize};

use super::comments::{self, CommentId};
use crate::clock::Clock;
use crate::db::schema::comment_images;
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::{Listed, Said};
use crate::http::fields::Check;
use crate::http::fresh::Fresh;
use crate::http::idempotency::Kept;
use crate::identity::guard::{Reader, SignedIn};

/// Most pictures of a comment.
pub const MOST: usize = 8;
const NOT_SAVED: &str = "Error: image data could not be saved";

/// Marks the ids of pictures.
pub enum Image {}
/// The id of a picture.
pub type ImageId = Id<Image>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(add, list, remove))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("images", |rocket| async {
        rocket.mount("/", routes![add, list, remove])
    })
}

/// A picture, as its own calls show it.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = comment_images, check_for_backend(MultiBackend))]
pub struct ImageView {
    #[diesel(column_name = id)]
    #[schema(inline)]
    pub image_id: ImageId,
    #[schema(inline)]
    pub comment_id: CommentId,
    #[diesel(column_name = url)]
    pub image_url: String,
}

/// A picture, as it stands in its comment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CommentImage {
    #[schema(inline)]
    image_id: ImageId,
    image_url: String,
}

impl From<ImageView> for CommentImage {
    fn from(image: ImageView) -> Self {
        Self {
            image_id: image.image_id,
            image_url: image.image_url,
        }
    }
}

/// One picture, or several; not both.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewImages {
    /// An http or https address.
    image_url: Option<String>,
    /// 1 to 8 of them.
    image_url_list: Option<Vec<String>>,
}

/// One picture for `image_url`, a list for `image_url_list`.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Added {
    One(ImageView),
    Many(Vec<ImageView>),
}

/// Adds pictures to my comment.
#[utoipa::path(tag = "Comments", security(("session" = [])),
    params(("comment_id" = CommentId, Path)), request_body = NewImages,
    responses(
        (status = 201, description = "`Image saved successfully`", body = Said<Added>),
        (status = 400, description = "`Error: image data could not be saved`"),
        (status = 403, description = "Not my comment"),
        (status = 404, description = "`Comment not found`"),
    ))]
#[post("/api/comments/<comment_id>/images", data = "<body>")]
async fn add(
    comment_id: CommentId,
    who: SignedIn,
    body: Body<NewImages>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (new, once) = body.json_once(NOT_SAVED)?;
    let mut check = Check::default();
    let (field, urls) = match (new.image_url, new.image_url_list) {
        (Some(url), None) => ("image_url", vec![check.url("image_url", &url)]),
        (None, Some(urls)) => ("image_url_list", check_list(&mut check, &urls, 1)),
        _ => return Err(Error::bad_request(NOT_SAVED)),
    };
    check.done()?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    once.write_hot(db, me, clock, move |conn| {
        // One after the other, so that there are never more than allowed.
        comments::hold(conn, comment_id)?;
        let comment = comments::mine(conn, comment_id, me)?;
        let there = comment_images::table
            .filter(comment_images::comment_id.eq(comment_id))
            .count()
            .get_result::<i64>(conn)?;
        if there + urls.len() as i64 > MOST as i64 {
            return Err(Error::invalid(
                field,
                format!("a comment has at most {MOST} pictures"),
            ));
        }
        let mut images = insert(conn, comment_id, &urls)?;
        comments::touch(conn, &comment, me, vec!["images"], now)?;
        let added = match field {
            "image_url" => images
                .pop()
                .map(Added::One)
                .ok_or_else(|| Error::internal("no image"))?,
            _ => Added::Many(images),
        };
        Ok(Said::created("Image saved successfully", added))
    })
    .await
}

/// The pictures of a comment, in their order; at most 8, so there is no second page.
#[utoipa::path(tag = "Comments", params(("comment_id" = CommentId, Path)), responses(
    (status = 200, description = "`all images successfully fetched`", body = Listed<ImageView>),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`Comment not found`"),
))]
#[get("/api/comments/<comment_id>/images")]
async fn list(
    comment_id: CommentId,
    reader: Reader,
    db: &State<Db>,
) -> Result<Fresh<Listed<ImageView>>> {
    let images = db.read(move |conn| {
        comments::find(conn, comment_id, reader.0)?;
        let images = ImageView::query()
            .filter(comment_images::comment_id.eq(comment_id))
            .order(comment_images::id)
            .limit(MOST as i64);
        Ok(images.load(conn)?)
    });
    Ok(Fresh(Listed {
        message: "all images successfully fetched",
        data: images.await?,
        next: None,
    }))
}

/// Removes a picture from my comment.
#[utoipa::path(tag = "Comments", security(("session" = [])),
    params(("comment_id" = CommentId, Path), ("image_id" = ImageId, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "Not my comment"),
        (status = 404, description = "`Comment not found` or `Image not found`"),
    ))]
#[delete("/api/comments/<comment_id>/images/<image_id>")]
async fn remove(
    comment_id: CommentId,
    image_id: ImageId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    who.write_hot(db, move |conn| {
        let comment = comments::mine(conn, comment_id, me)?;
        let one = comment_images::table
            .filter(comment_images::id.eq(image_id))
            .filter(comment_images::comment_id.eq(comment_id));
        if diesel::delete(one).execute(conn)? == 0 {
            return Err(Error::not_found("Image not found"));
        }
        comments::touch(conn, &comment, me, vec!["images"], now)?;
        Ok(NoContent)
    })
    .await
}

/// Checks a list of addresses: from `least` to [`MOST`] of them.
pub fn check_list(check: &mut Check, urls: &[String], least: usize) -> Vec<String> {
    if !(least..=MOST).contains(&urls.len()) {
        check.problem(
            "image_url_list",
            format!("must have {least} to {MOST} addresses"),
        );
        return Vec::new();
    }
    urls.iter()
        .map(|url| check.url("image_url_list", url))
        .collect()
}

/// Adds pictures to a comment, in this order.
pub fn insert(conn: &mut Conn, comment_id: CommentId, urls: &[String]) -> Result<Vec<ImageView>> {
    let mut images = Vec::with_capacity(urls.len());
    for url in urls {
        let image = ImageView {
            image_id: Id::new(),
            comment_id,
            image_url: url.clone(),
        };
        diesel::insert_into(comment_images::table)
            .values((
                comment_images::id.eq(image.image_id),
                comment_images::comment_id.eq(comment_id),
                comment_images::url.eq(url),
            ))
            .execute(conn)?;
        images.push(image);
    }
    Ok(images)
}

/// The pictures of the comment of the row, in their order, as [`from_json`] reads them: so
/// that a page of comments is one statement.
pub fn as_json(conn: &Conn) -> SqlLiteral<Text> {
    sql::<Text>(match conn {
        Conn::Sqlite(_) => {
            "(SELECT json_group_array(json_array(i.id, i.url) ORDER BY i.id) \
             FROM comment_images i WHERE i.comment_id = comments.id)"
        }
        Conn::Pg(_) => {
            "COALESCE((SELECT json_agg(json_build_array(i.id, i.url) ORDER BY i.id) \
             FROM comment_images i WHERE i.comment_id = comments.id)::text, '[]')"
        }
    })
}

/// Reads what [`as_json`] selects.
pub fn from_json(json: &str) -> Result<Vec<CommentImage>> {
    // Most comments have none.
    if json == "[]" {
        return Ok(Vec::new());
    }
    let images: Vec<(ImageId, String)> = serde_json::from_str(json).map_err(Error::internal)?;
    let image = |(image_id, image_url)| CommentImage {
        image_id,
        image_url,
    };
    Ok(images.into_iter().map(image).collect())
}

/// Removes the pictures of these comments.
pub fn erase(conn: &mut Conn, comments: &[CommentId]) -> Result<()> {
    let theirs = comment_images::table.filter(comment_images::comment_id.eq_any(comments));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
