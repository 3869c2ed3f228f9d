//! The calls on sessions.
//!
//! Routes: GET `/api/auth/@me`, GET and DELETE `/api/auth/sessions`, DELETE
//! `/api/auth/sessions/{id}`, GET and POST `/api/auth/logout`.

use rocket::http::{CookieJar, Method, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::status::NoContent;
use rocket::{Request, Route, State, delete, get, post, routes};
use rocket_session_store::SessionError;
use serde::Serialize;

use super::{Handle, Session, SessionId, clear_cookie, has_cookie, store};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::envelope::{self, Listed, Said};
use crate::http::origin;
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, Person, UserId};

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(me, list, end_others, end, logout_link, logout))]
pub struct Api;

pub(super) fn all() -> Vec<Route> {
    routes![me, list, end_others, end, logout_link, logout]
}

/// Me, and until when.
#[derive(Serialize, utoipa::ToSchema)]
struct Me {
    #[schema(inline)]
    id: UserId,
    name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    avatar: Option<String>,
    #[schema(inline)]
    session_expires_at: Timestamp,
}

/// The signed-in person.
#[utoipa::path(tag = "Sign-in", security(("session" = [])), responses(
    (status = 200, description = "Me, and when this session ends", body = Said<Me>),
))]
#[get("/api/auth/@me")]
async fn me(who: SignedIn, db: &State<Db>) -> Result<Said<Me>> {
    let (id, expires_at) = (who.user_id, who.session.expires_at);
    let person = db.read(move |conn| people::find(conn, id)).await?;
    let Person {
        id,
        name,
        email,
        avatar,
        ..
    } = person.ok_or(Error::Unauthorized(None))?;
    Ok(Said::ok(
        "success",
        Me {
            id,
            name,
            email,
            avatar,
            session_expires_at: expires_at,
        },
    ))
}

/// One of my sessions.
#[derive(Serialize, utoipa::ToSchema)]
struct Listing {
    #[schema(inline)]
    id: SessionId,
    /// The browser or app, as it named itself at sign-in.
    agent: String,
    /// `IPv4` or `IPv6`, at sign-in.
    address_family: String,
    /// The one that asks.
    current: bool,
    #[schema(inline)]
    created_at: Timestamp,
    #[schema(inline)]
    expires_at: Timestamp,
}

/// My sessions, newest first; at most 100, so there is no second page.
#[utoipa::path(tag = "Sign-in", security(("session" = [])), responses(
    (status = 200, description = "My sessions", body = Listed<Listing>),
))]
#[get("/api/auth/sessions")]
async fn list(who: SignedIn, db: &State<Db>, clock: &State<Clock>) -> Result<Listed<Listing>> {
    let (user_id, now) = (who.user_id, Timestamp(clock.now()));
    let found = db.read(move |conn| store::of(conn, user_id, now));
    let listing = |session: Session| Listing {
        current: session.id == who.session.id,
        id: session.id,
        agent: session.agent,
        address_family: session.address_family,
        created_at: session.created_at,
        expires_at: session.expires_at,
    };
    let data = found.await?.into_iter().map(listing).collect();
    Ok(Listed {
        message: "sessions returned successfully",
        data,
        next: None,
    })
}

/// Ends all my sessions but this one.
#[utoipa::path(tag = "Sign-in", security(("session" = [])), responses(
    (status = 204, description = "Ended"),
))]
#[delete("/api/auth/sessions")]
async fn end_others(who: SignedIn, db: &State<Db>) -> Result<NoContent> {
    let (user_id, mine) = (who.user_id, who.session.id);
    db.write(move |conn| {
        store::end_others(conn, user_id, mine)?;
        Ok(NoContent)
    })
    .await
}

/// Ends one of my sessions.
#[utoipa::path(tag = "Sign-in", security(("session" = [])),
    params(("session_id" = SessionId, Path)),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "I have no such session"),
    ))]
#[delete("/api/auth/sessions/<session_id>")]
async fn end(session_id: SessionId, who: SignedIn, db: &State<Db>) -> Result<NoContent> {
    let user_id = who.user_id;
    db.write(move |conn| match store::end(conn, user_id, session_id)? {
        0 => Err(Error::not_found("Session not found")),
        _ => Ok(NoContent),
    })
    .await
}

/// Signs out by a link; a link on another site is refused.
#[utoipa::path(tag = "Sign-in", responses(
    (status = 204, description = "Signed out, or was not signed in"),
    (status = 403, description = "The link is on another site"),
))]
#[get("/api/auth/logout")]
async fn logout_link(leave: Leave<'_>) -> Result<NoContent> {
    leave.now().await
}

/// Signs out.
#[utoipa::path(tag = "Sign-in", responses(
    (status = 204, description = "Signed out, or was not signed in"),
))]
#[post("/api/auth/logout")]
async fn logout(leave: Leave<'_>) -> Result<NoContent> {
    leave.now().await
}

/// Ends the caller's session, if there is one.
struct Leave<'r>(Option<(Handle<'r>, &'r CookieJar<'r>, &'r Config)>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Leave<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        // A POST has passed the origin check like any other write.
        if request.method() == Method::Get
            && let Err(error) = origin::check_link(request)
        {
            return Outcome::Error(envelope::park(request, error));
        }
        if !has_cookie(request) {
            return Outcome::Success(Self(None));
        }
        match (request.guard().await, request.rocket().state()) {
            (Outcome::Success(handle), Some(config)) => {
                Outcome::Success(Self(Some((handle, request.cookies(), config))))
            }
            _ => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

impl Leave<'_> {
    async fn now(self) -> Result<NoContent> {
        if let Some((handle, cookies, config)) = self.0 {
            let failed = |SessionError| Error::unavailable("the session store is out of reach");
            handle.remove().await.map_err(failed)?;
            clear_cookie(cookies, config);
        }
        Ok(NoContent)
    }
}
