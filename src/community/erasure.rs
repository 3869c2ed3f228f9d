//! Erasing a person: nothing that others made is lost, and nothing personal is left.
//!
//! Route: DELETE `/api/users/@me`. Emits: `user.erased`, and `event.cancelled`,
//! `group.updated` and `group.deleted` for what goes or changes hands with the person.
//!
//! The person goes at once. What the person made goes in slices, before the call is
//! answered; if the server stops in between, or a write of the person was under way, a
//! sweeper goes over it once more.

use rocket::fairing::AdHoc;
use rocket::http::CookieJar;
use rocket::response::status::NoContent;
use rocket::{State, delete, routes};

use super::adoption;
use super::belongings::Belongings;
use super::calendars::private;
use super::comments::{self, CommentId};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, UserId};
use crate::identity::{grants, session};
use crate::secret::Secret;

/// How old an erasure is when it is gone over once more: no write of before is still under
/// way then.
const SETTLED: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(erase))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("erasure", |rocket| async {
        rocket.mount("/", routes![erase])
    })
}

/// Erases me. There is no way back.
///
/// My comments stay without words and name, my events are cancelled, my groups pass to their
/// oldest members. My likes and interests go, and all my sessions end.
#[utoipa::path(tag = "My data", security(("session" = [])), responses(
    (status = 204, description = "Erased"),
))]
#[delete("/api/users/@me")]
async fn erase(
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
    config: &State<Config>,
    secret: &State<Secret>,
    belongings: &State<Belongings>,
    cookies: &CookieJar<'_>,
) -> Result<NoContent> {
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    let secret = Secret::clone(secret);
    // Also for those who are suspended.
    db.write(move |conn| {
        people::erase(conn, me, &secret, now)?;
        session::end_all(conn, me)?;
        grants::end_all(conn, me, None)?;
        private::revoke_of(conn, me)
    })
    .await?;
    session::clear_cookie(cookies, config);
    // The person is gone. Should the rest fail, a sweeper does it.
    let removed = match remove_traces(db, belongings, me, now).await {
        Ok(()) => db.scrub().await,
        error => error,
    };
    if let Err(error) = removed {
        tracing::warn!(cause = %error, "an erasure is not complete yet");
    }
    Ok(NoContent)
}

/// Goes once more over the erasures that are not known to be complete.
///
/// # Errors
/// Those of the database; the next time tries again.
pub async fn finish(db: &Db, belongings: &Belongings, now: Timestamp) -> Result<usize> {
    let before = Timestamp(now.0 - SETTLED);
    let unfinished = db.read(move |conn| people::unfinished_erasures(conn, before));
    let unfinished = unfinished.await?;
    let mut finished = Vec::new();
    for person in unfinished {
        match go_over(db, belongings, person, now).await {
            Ok(()) => finished.push(person),
            // The others' turn comes all the same.
            Err(error) => tracing::warn!(cause = %error, "an erasure is not complete yet"),
        }
    }
    if finished.is_empty() {
        return Ok(0);
    }
    db.scrub().await?;
    let count = finished.len();
    db.write_later(move |conn| {
        finished
            .iter()
            .try_for_each(|person| people::finish_erasure(conn, *person))
    })
    .await?;
    Ok(count)
}

async fn go_over(db: &Db, belongings: &Belongings, person: UserId, now: Timestamp) -> Result<()> {
    db.write_later(move |conn| session::end_all(conn, person))
        .await?;
    remove_traces(db, belongings, person, now).await
}

/// Removes what an erased person made, slice after slice.
async fn remove_traces(
    db: &Db,
    belongings: &Belongings,
    person: UserId,
    now: Timestamp,
) -> Result<()> {
    let others = db.read(move |conn| people::becoming(conn, person)).await?;
    for other in others {
        adoption::hand_over(db, belongings, (other, person), now).await?;
    }
    let mut after = CommentId::nobody();
    while let Some(last) = db
        .write_later(move |conn| comments::erase(conn, person, after))
        .await?
    {
        after = last;
    }
    for belonging in belongings.iter() {
        loop {
            let erase = belonging.erase.clone();
            let slice = db.write_later(move |conn| erase(conn, person, now));
            if slice.await? == 0 {
                break;
            }
        }
    }
    Ok(())
}
