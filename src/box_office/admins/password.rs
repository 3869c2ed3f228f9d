//! An admin's own password.
//!
//! Route: PUT `/api/v1/auth/admin/password`. Emits: `user.password_changed`.

use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{put, routes};
use serde::Deserialize;

use super::auth::{Hall, REFUSED};
use super::{PASSWORD_CHARS, login};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::fields::Check;
use crate::identity::credentials::{self, Desk};
use crate::identity::guard::Admin;
use crate::identity::{audit, grants, password, people};

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(change_password))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("admins' password", |rocket| async {
        rocket.mount("/", routes![change_password])
    })
}

/// An admin's new password.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewAdminPassword {
    current_password: String,
    /// 10 to 128 characters, none of the most common ones.
    password: String,
}

/// Changes my password, and ends all my other sign-ins.
#[utoipa::path(tag = "Admins", security(("admin" = [])), request_body = NewAdminPassword,
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "`VALIDATION_FAILED`"),
        (status = 401, description = "`UNAUTHORIZED`: no token, or not the current password"),
    ))]
#[put("/api/v1/auth/admin/password", data = "<body>")]
async fn change_password(
    admin: Admin,
    desk: Desk<'_>,
    body: Body<NewAdminPassword>,
    hall: Hall<'_>,
) -> Result<NoContent> {
    let NewAdminPassword {
        current_password,
        password,
    } = body.valid()?;
    replace_password(&admin, &desk, &current_password, &password, &hall).await?;
    Ok(NoContent)
}

/// Changes an admin's password; the sign-in that the call came with stays.
async fn replace_password(
    admin: &Admin,
    desk: &Desk<'_>,
    current: &str,
    new: &str,
    hall: &Hall<'_>,
) -> Result<()> {
    let (id, grant) = (admin.user_id, admin.grant_id);
    let logins = hall.db.read(move |conn| people::logins(conn, id)).await?;
    let email = logins.into_iter().find(|login| login.kind == "admin_email");
    let email = email.ok_or(Error::Forbidden(None))?.subject;
    let mut check = Check::default();
    let new = password::rule(&mut check, "password", new, PASSWORD_CHARS, &email);
    check.done()?;
    let proved = desk.prove(login(&email), current, REFUSED).await?;
    let hash = desk.hash(&new).await?;
    let (now, source) = (Timestamp(hall.clock.now()), desk.source);
    hall.db
        .write(move |conn| {
            proved.hold(conn, now)?;
            credentials::change(conn, proved.login_id, &hash, now)?;
            grants::end_all(conn, id, Some(grant))?;
            audit::record::<()>(conn, source, Some(id), "password.changed", None, now)?;
            people::record_new_password(conn, id, now)
        })
        .await
}
