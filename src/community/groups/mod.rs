//! Groups: people who meet, and whose events belong together.
//!
//! Routes: POST and GET `/api/groups`, GET, PUT and DELETE `/api/groups/{id}`, GET
//! `/api/users/@me/groups`; who belongs to a group is in [`members`].
//! Emits: `group.created`, `group.updated`, `group.deleted` (which imply the membership).

mod erasure;
mod lists;
pub mod members;
mod write;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, put, routes};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::db::schema::{self, groups};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Said;
use crate::http::fields::Check;
use crate::http::fresh::Fresh;
use crate::http::idempotency::Kept;
use crate::identity::guard::SignedIn;
use crate::identity::people::UserId;

pub use erasure::{adopt, erase, sweep};
pub use lists::of;
pub use write::{make, verify};

const TITLE_CHARS: usize = 120;
/// The sentence for a group that is not there.
pub const NOT_FOUND: &str = "Group not found";
const NOT_CREATED: &str = "group creation failed";
const NOT_UPDATED: &str = "Something is wrong with the request data";

/// Marks the ids of groups.
pub enum Group {}
/// The id of a group.
pub type GroupId = Id<Group>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, lists::list, lists::mine, find, update, delete))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("groups", |rocket| async {
        let routes = routes![create, lists::list, lists::mine, find, update, delete];
        rocket.mount("/", routes).attach(members::stage())
    })
}

/// A group, as it is read.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = groups, check_for_backend(MultiBackend))]
struct GroupRow {
    id: GroupId,
    title: String,
    creator_id: UserId,
    members: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A group.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct GroupView {
    #[schema(inline)]
    id: GroupId,
    title: String,
    /// Who manages the group.
    #[schema(inline)]
    creator_id: UserId,
    /// How many people belong to it.
    members: i64,
    #[schema(inline)]
    created_at: Timestamp,
    #[schema(inline)]
    updated_at: Timestamp,
    /// The same as `updated_at`.
    #[schema(inline)]
    updated: Timestamp,
}

impl From<GroupRow> for GroupView {
    fn from(row: GroupRow) -> Self {
        Self {
            id: row.id,
            title: row.title,
            creator_id: row.creator_id,
            members: row.members,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated: row.updated_at,
        }
    }
}

/// What a group is called.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewGroup {
    /// 1 to 120 characters, one line.
    title: String,
}

impl NewGroup {
    fn title(&self) -> Result<String> {
        let mut check = Check::default();
        let title = check.line("title", &self.title, 1..=TITLE_CHARS);
        check.done()?;
        Ok(title)
    }
}

/// Makes a group, of which I am the first member.
#[utoipa::path(tag = "Groups", security(("session" = [])), request_body = NewGroup, responses(
    (status = 201, description = "`Group created successfully`", body = Said<GroupView>),
    (status = 400, description = "`group creation failed`"),
))]
#[post("/api/groups", data = "<body>")]
async fn create(
    who: SignedIn,
    body: Body<NewGroup>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (new, once) = body.json_once(NOT_CREATED)?;
    let title = new.title()?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    once.write(db, me, clock, move |conn| {
        let group = write::found(conn, me, &title, now)?;
        Ok(Said::created(
            "Group created successfully",
            GroupView::from(group),
        ))
    })
    .await
}

/// A group's details.
#[derive(Serialize, utoipa::ToSchema)]
struct Details {
    /// `Group details successfully fetched`.
    message: &'static str,
    /// `success`.
    status: &'static str,
    data: NamedGroup,
}

/// A group, with its id under a second name.
#[derive(Serialize, utoipa::ToSchema)]
struct NamedGroup {
    #[serde(flatten)]
    group: GroupView,
    /// The same as `id`.
    #[schema(inline)]
    group_id: GroupId,
}

/// A group.
#[utoipa::path(tag = "Groups", params(("group_id" = GroupId, Path)), responses(
    (status = 200, description = "`Group details successfully fetched`", body = Details),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`Group not found`"),
))]
#[get("/api/groups/<group_id>")]
async fn find(group_id: GroupId, db: &State<Db>) -> Result<Fresh<Details>> {
    let group = db.read(move |conn| row(conn, group_id)).await?;
    let group = group.ok_or_else(|| Error::not_found(NOT_FOUND))?;
    Ok(Fresh(Details {
        message: "Group details successfully fetched",
        status: "success",
        data: NamedGroup {
            group: group.into(),
            group_id,
        },
    }))
}

/// A group that was changed.
#[derive(Serialize, utoipa::ToSchema)]
struct Updated {
    /// `Group updated successfully`.
    message: &'static str,
    data: GroupView,
    /// The same as `data`.
    group: GroupView,
}

/// Renames my group.
#[utoipa::path(tag = "Groups", security(("session" = [])), params(("group_id" = GroupId, Path)),
    request_body = NewGroup,
    responses(
        (status = 200, description = "`Group updated successfully`", body = Updated),
        (status = 400, description = "`Something is wrong with the request data`"),
        (status = 403, description = "Not my group"),
        (status = 404, description = "`Group with ID {group_id} not found`"),
    ))]
#[put("/api/groups/<group_id>", data = "<body>")]
async fn update(
    group_id: &str,
    who: SignedIn,
    body: Body<NewGroup>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<rocket::serde::json::Json<Updated>> {
    let title = body.json(NOT_UPDATED)?.title()?;
    let id = group_id.parse().unwrap_or(GroupId::nobody());
    let named = group_id.to_owned();
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let group = who.write(db, move |conn| {
        let not_found = || Error::not_found(format!("Group with ID {named} not found"));
        let before = row(conn, id)?.ok_or_else(not_found)?;
        if before.creator_id != me {
            return Err(Error::Forbidden(None));
        }
        write::rename(conn, before, &title, now)
    });
    let group = GroupView::from(group.await?);
    Ok(rocket::serde::json::Json(Updated {
        message: "Group updated successfully",
        data: group.clone(),
        group,
    }))
}

/// Deletes my group. Its events stay, without a group.
#[utoipa::path(tag = "Groups", security(("session" = [])), params(("group_id" = GroupId, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "Not my group"),
        (status = 404, description = "`Group not found`"),
    ))]
#[delete("/api/groups/<group_id>")]
async fn delete(
    group_id: GroupId,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    who.write(db, move |conn| {
        let group = row(conn, group_id)?.ok_or_else(|| Error::not_found(NOT_FOUND))?;
        if group.creator_id != me {
            return Err(Error::Forbidden(None));
        }
        write::bury(conn, group_id, me, now)?;
        Ok(NoContent)
    })
    .await
}

/// The id in a body, of a group that may be there.
///
/// # Errors
/// 404 for a text that is no id.
pub fn id_of(text: &str) -> Result<GroupId> {
    text.parse().map_err(|_| Error::not_found(NOT_FOUND))
}

/// Asks whether a group is there.
///
/// # Errors
/// 404 if it is not.
pub fn check(conn: &mut Conn, id: GroupId) -> Result<()> {
    match diesel::select(is_there(id)).get_result(conn)? {
        true => Ok(()),
        false => Err(Error::not_found(NOT_FOUND)),
    }
}

/// What a group is called.
///
/// # Errors
/// 404 if it is not there.
pub fn title_of(conn: &mut Conn, id: GroupId) -> Result<String> {
    let group = row(conn, id)?.ok_or_else(|| Error::not_found(NOT_FOUND))?;
    Ok(group.title)
}

/// Asks whether a person belongs to a group that is there.
///
/// # Errors
/// 404 for no such group, 403 for somebody else.
pub fn check_member(conn: &mut Conn, id: GroupId, user_id: UserId) -> Result<()> {
    check(conn, id)?;
    match members::has(conn, id, user_id)? {
        true => Ok(()),
        false => Err(Error::Forbidden(None)),
    }
}

/// The condition that there is such a group.
#[auto_type]
pub fn is_there(id: GroupId) -> _ {
    diesel::dsl::exists(
        groups::table
            .select(groups::id)
            .filter(groups::id.eq(id))
            .filter(groups::deleted_at.is_null()),
    )
}

/// The group of an event of the row, if it is still there.
#[auto_type]
pub fn of_event() -> _ {
    groups::table
        .filter(groups::id.nullable().eq(schema::events::group_id))
        .filter(groups::deleted_at.is_null())
        .select(groups::id)
        .single_value()
}

fn row(conn: &mut Conn, id: GroupId) -> Result<Option<GroupRow>> {
    Ok(on_backend!(conn, conn => GroupRow::query()
        .filter(groups::id.eq(id))
        .filter(groups::deleted_at.is_null())
        .first(conn))
    .optional()?)
}
