//! What super admins do with admins.
//!
//! Routes: GET `/api/v1/admin/admins`, PATCH `/api/v1/admin/admins/{id}`. Emits:
//! `admin.updated`.

use rocket::fairing::AdHoc;
use rocket::{State, get, patch, routes};
use serde::{Deserialize, Serialize};

use super::{AdminView, Edit};
use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::http::body::{Body, present};
use crate::http::envelope::Plain;
use crate::http::page::Query;
use crate::identity::audit::Source;
use crate::identity::guard::Admin;
use crate::identity::people::UserId;
use crate::identity::roles::{Permission, Role};

/// Items of a page where the caller does not say.
const DEFAULT_LIMIT: u8 = 20;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, edit))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("managing admins", |rocket| async {
        rocket.mount("/", routes![list, edit])
    })
}

/// A page of admins.
#[derive(Serialize, utoipa::ToSchema)]
struct AdminPage {
    admins: Vec<AdminView>,
    total: i64,
    page: i64,
    limit: i64,
    has_more: bool,
}

/// The admins, oldest first. For super admins.
#[utoipa::path(tag = "Admins", security(("admin" = [])),
    params(
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 20"),
    ),
    responses((status = 200, description = "A page of admins", body = AdminPage)))]
#[get("/api/v1/admin/admins")]
async fn list(admin: Admin, query: Query<'_>, db: &State<Db>) -> Result<Plain<AdminPage>> {
    admin.may(Permission::ManageAdmins)?;
    let page = query.numbered(DEFAULT_LIMIT)?;
    let found = db.read(move |conn| super::page(conn, page.offset(), page.limit));
    let (admins, total) = found.await?;
    Ok(Plain::ok(AdminPage {
        has_more: page.has_more(total),
        admins,
        total,
        page: page.number,
        limit: page.limit,
    }))
}

/// What of an admin changes; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AdminChanges {
    /// `super_admin`, `event_manager` or `analyst`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    role: Option<String>,
    /// False ends every sign-in of that admin at once.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<bool>)]
    is_active: Option<bool>,
}

/// Changes an admin's role, or whether the admin is active. For super admins; the last active
/// one stays what it is.
#[utoipa::path(tag = "Admins", security(("admin" = [])), request_body = AdminChanges,
    params(("admin_id" = UserId, Path)),
    responses(
        (status = 200, description = "The admin", body = AdminView),
        (status = 400, description = "`VALIDATION_FAILED`: an unknown role or key"),
        (status = 404, description = "`NOT_FOUND`"),
        (status = 409, description = "`CONFLICT`: the last active super admin"),
    ))]
#[patch("/api/v1/admin/admins/<admin_id>", data = "<body>")]
async fn edit(
    admin_id: UserId,
    admin: Admin,
    source: Source,
    body: Body<AdminChanges>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<AdminView>> {
    admin.may(Permission::ManageAdmins)?;
    let AdminChanges { role, is_active } = body.valid()?;
    let role = role.as_deref().map(Role::asked).transpose()?;
    let by = admin.user_id;
    let (edit, now) = (Edit { role, is_active }, Timestamp(clock.now()));
    // Serializable: of two who demote each other one is refused.
    let changed = db.write(move |conn| {
        admin.check(conn, Permission::ManageAdmins)?;
        super::change(conn, admin_id, edit, by, source, now)
    });
    Ok(Plain::ok(changed.await?))
}
