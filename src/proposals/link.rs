//! One person, two ways in: whoever is signed in with Google adds a user name of theirs by
//! proving it, and the two people become one.
//!
//! Route: POST `/api/users/@me/link`. Emits: `user.merged`.

use rocket::fairing::AdHoc;
use rocket::{State, post, routes};
use serde::Deserialize;

use super::accounts::auth::{REFUSED, login};
use super::{accounts, requests};
use crate::clock::Clock;
use crate::community::adoption;
use crate::community::belongings::Belongings;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Said;
use crate::http::idempotency::Kept;
use crate::identity::audit::{self, Source};
use crate::identity::credentials::{Desk, Proved};
use crate::identity::grants;
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, LoginView, UserId};

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(link))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("linking", |rocket| async {
        rocket.mount("/", routes![link])
    })
}

/// A user name and its password.
#[derive(Deserialize, utoipa::ToSchema)]
struct LinkCredentials {
    username: String,
    password: String,
}

/// Adds a user name to what I sign in with. Who signed in with it before is me from then on, and
/// all that was made so is mine; its tokens end.
#[utoipa::path(tag = "Profile", security(("session" = [])), request_body = LinkCredentials,
    responses(
        (status = 200, description = "`login linked successfully`", body = Said<Vec<LoginView>>),
        (status = 400, description = "Not JSON, or a field that is missing or of another type"),
        (status = 401, description = "Nobody is signed in, or `Invalid credentials`"),
        (status = 403, description = "I am suspended, or the other is"),
        (status = 409, description = "`You belong to a company already.`, or `This user name is linked to another person already.`"),
    ))]
#[post("/api/users/@me/link", data = "<body>")]
async fn link(
    who: SignedIn,
    desk: Desk<'_>,
    body: Body<LinkCredentials>,
    db: &State<Db>,
    clock: &State<Clock>,
    belongings: &State<Belongings>,
) -> Result<Kept> {
    let (LinkCredentials { username, password }, once) = body.json_once("Invalid input data.")?;
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    db.read(move |conn| people::check_may_write(conn, me))
        .await?;
    let theirs = login(&username);
    let proved = desk.prove(theirs, &password, REFUSED).await?;
    let (other, source) = (proved.user_id, desk.source);
    let linked = once
        .write(db, me, clock, move |conn| {
            join(conn, me, &proved, source, now)?;
            let logins = people::logins(conn, me)?;
            Ok(Said::ok("login linked successfully", logins))
        })
        .await?;
    // They are one person. Should the rest fail, a sweeper does it.
    if other != me
        && let Err(error) = adoption::hand_over(db, belongings, (other, me), now).await
    {
        tracing::warn!(cause = %error, "what a person made is not handed over yet");
    }
    Ok(linked)
}

fn join(
    conn: &mut Conn,
    me: UserId,
    proved: &Proved,
    source: Source,
    now: Timestamp,
) -> Result<()> {
    // Not whose it was when the password was looked at.
    let other = proved.hold(conn, now)?;
    if other == me {
        return Ok(());
    }
    people::check_may_write(conn, other)?;
    // A password never moves another way in: whoever has one is somebody else.
    if people::logins(conn, other)?.len() > 1 {
        return Err(Error::conflict(
            "This user name is linked to another person already.",
        ));
    }
    if accounts::is_open(conn, other)? && accounts::is_open(conn, me)? {
        return Err(Error::conflict("You belong to a company already."));
    }
    people::merge(conn, other, me, now)?;
    accounts::adopt(conn, other, me)?;
    requests::adopt(conn, other, me)?;
    grants::end_all(conn, other, None)?;
    adoption::begin(conn, other, me)?;
    audit::record(
        conn,
        source,
        Some(me),
        "login.linked",
        Some(proved.login_id),
        now,
    )
}
