//! What I sign in with: mine to see, and to remove all but one of.
//!
//! Routes: GET `/api/users/@me/logins`, DELETE `/api/users/@me/logins/{id}`. Adding one is in
//! the slice of the accounts that have passwords. Emits: `user.updated`.

use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, routes};

use super::audit::{self, Source};
use super::grants;
use super::guard::SignedIn;
use super::people::{self, LoginId, LoginView};
use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::http::envelope::Listed;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, remove))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("logins", |rocket| async {
        rocket.mount("/", routes![list, remove])
    })
}

/// What I sign in with; a handful, so there is no second page.
#[utoipa::path(tag = "Profile", security(("session" = [])), responses(
    (status = 200, description = "`logins returned successfully`", body = Listed<LoginView>),
))]
#[get("/api/users/@me/logins")]
async fn list(who: SignedIn, db: &State<Db>) -> Result<Listed<LoginView>> {
    let me = who.user_id;
    Ok(Listed {
        message: "logins returned successfully",
        data: db.read(move |conn| people::logins(conn, me)).await?,
        next: None,
    })
}

/// Removes one of my logins. Tokens that came from it end; this session stays.
#[utoipa::path(tag = "Profile", security(("session" = [])),
    params(("login_id" = LoginId, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`Login not found`: I have no such login"),
        (status = 409, description = "`The last login cannot be removed.`"),
    ))]
#[delete("/api/users/@me/logins/<login_id>")]
async fn remove(
    login_id: LoginId,
    who: SignedIn,
    source: Source,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    who.write(db, move |conn| {
        let removed = people::remove_login(conn, me, login_id, now)?;
        if removed.kind != "google" {
            grants::end_all(conn, me, None)?;
        }
        audit::record(conn, source, Some(me), "login.removed", Some(login_id), now)?;
        Ok(NoContent)
    })
    .await
}
