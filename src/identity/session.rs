//! Sessions: 30 days from sign-in, kept in the database under the SHA-256 of the cookie.
//!
//! Routes: GET `/api/auth/@me`, GET and DELETE `/api/auth/sessions`, DELETE
//! `/api/auth/sessions/{id}`, GET and POST `/api/auth/logout`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::fairing::{AdHoc, Fairing, Info};
use rocket::http::{Cookie, CookieJar, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::status::NoContent;
use rocket::{Build, Request, Response, Rocket, State, delete, get, post, routes};
use rocket_session_store::{SessionError, SessionResult, SessionStore, SessionStoreFairing, Store};
use serde::Serialize;

use super::guard::SignedIn;
use super::people::{self, Person, UserId};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::schema::sessions;
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend, on_backend};
use crate::error::{Error, Result};
use crate::http::envelope::{self, Listed, Said};
use crate::http::{address, origin};
use crate::secret::sha256_hex;

/// The cookie's name.
const COOKIE: &str = "session";
/// The cookie's age and the session's.
const LASTS: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Characters of a token, as rocket-session-store makes it: 142 bits.
const TOKEN_CHARS: usize = 24;
/// Most sessions of a person; the oldest end first.
const MOST: i64 = 100;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(me, list, end_others, end, logout_link, logout))]
pub struct Api;

/// Keeps sessions and serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("sessions", |rocket| async {
        let (Some(config), Some(db), Some(clock)) = (
            rocket.state::<Config>(),
            rocket.state::<Db>(),
            rocket.state::<Clock>(),
        ) else {
            return rocket;
        };
        let store = SessionStore {
            store: Box::new(Sessions {
                db: db.clone(),
                clock: clock.clone(),
            }),
            name: COOKIE.into(),
            duration: LASTS,
            cookie_builder: cookie(config)
                .max_age(rocket::time::Duration::seconds_f64(LASTS.as_secs_f64())),
        };
        let routes = routes![me, list, end_others, end, logout_link, logout];
        rocket
            .attach(CookieWhenBegun(store.fairing()))
            .mount("/", routes)
    })
}

fn cookie(config: &Config) -> rocket::http::private::cookie::CookieBuilder<'static> {
    Cookie::build((COOKIE, ""))
        .path("/")
        .http_only(true)
        .same_site(config.session_samesite)
        .secure(config.https())
}

/// Marks the ids of sessions, which are names, not tokens.
pub enum SessionName {}
/// The name of a session, by which its person ends it.
pub type SessionId = Id<SessionName>;

/// A person who is signed in somewhere. It never changes after it was made: a session
/// that is changed while it ends could come back.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = sessions, check_for_backend(MultiBackend))]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub agent: String,
    pub address_family: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The store behind rocket-session-store.
struct Sessions {
    db: Db,
    clock: Clock,
}

/// True for what the store itself hands out. A cookie is whatever a client sends.
fn is_token(token: &str) -> bool {
    token.len() == TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn hash(token: &str) -> String {
    sha256_hex(&[token.as_bytes()])
}

/// The crate's error has no cause; the log gets it.
fn unreachable_store(error: Error) -> SessionError {
    tracing::warn!(cause = %error, "the session store failed");
    SessionError
}

#[rocket::async_trait]
impl Store for Sessions {
    type Value = Session;

    async fn get(&self, token: &str) -> SessionResult<Option<Session>> {
        if !is_token(token) {
            return Ok(None);
        }
        let (hash, now) = (hash(token), Timestamp(self.clock.now()));
        let found = self.db.read(move |conn| {
            Ok(on_backend!(conn, conn => Session::query()
                .filter(sessions::token_hash.eq(&hash))
                .filter(sessions::expires_at.gt(now))
                .first(conn))
            .optional()?)
        });
        found.await.map_err(unreachable_store)
    }

    async fn set(&self, token: &str, session: Session, _: Duration) -> SessionResult<()> {
        if !is_token(token) {
            return Err(SessionError);
        }
        let hash = hash(token);
        let made = self.db.write(move |conn| insert(conn, &hash, &session));
        made.await.map_err(unreachable_store)
    }

    /// Sessions end 30 days after sign-in, however much they are used.
    async fn touch(&self, _: &str, _: Duration) -> SessionResult<()> {
        Ok(())
    }

    async fn remove(&self, token: &str) -> SessionResult<()> {
        if !is_token(token) {
            return Ok(());
        }
        let hash = hash(token);
        let ended = self.db.write(move |conn| {
            diesel::delete(sessions::table.find(&hash)).execute(conn)?;
            Ok(())
        });
        ended.await.map_err(unreachable_store)
    }
}

fn insert(conn: &mut Conn, token_hash: &str, session: &Session) -> Result<()> {
    let oldest = sessions::table
        .filter(sessions::user_id.eq(session.user_id))
        .order(sessions::created_at.desc())
        .offset(MOST - 1)
        .limit(MOST)
        .select(sessions::token_hash)
        .load::<String>(conn)?;
    for token_hash in oldest {
        diesel::delete(sessions::table.find(token_hash)).execute(conn)?;
    }
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token_hash),
            sessions::id.eq(session.id),
            sessions::user_id.eq(session.user_id),
            sessions::agent.eq(&session.agent),
            sessions::address_family.eq(&session.address_family),
            sessions::created_at.eq(session.created_at),
            sessions::expires_at.eq(session.expires_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets sessions that have expired, 500 at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let expired = sessions::table
        .filter(sessions::expires_at.le(now))
        .select(sessions::token_hash)
        .limit(500)
        .load::<String>(conn)?;
    Ok(
        diesel::delete(sessions::table.filter(sessions::token_hash.eq_any(expired)))
            .execute(conn)?,
    )
}

/// rocket-session-store's fairing sets a cookie on every answer, and draws 24 random
/// values for it; this one lets it do so only when a handler began a session.
struct CookieWhenBegun(SessionStoreFairing<Session>);

/// True once a handler began a session.
#[derive(Default)]
struct Begun(AtomicBool);

#[rocket::async_trait]
impl Fairing for CookieWhenBegun {
    fn info(&self) -> Info {
        self.0.info()
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> rocket::fairing::Result {
        self.0.on_ignite(rocket).await
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if request
            .local_cache(Begun::default)
            .0
            .load(Ordering::Acquire)
        {
            self.0.on_response(request, response).await;
        }
    }
}

type Handle<'r> = rocket_session_store::Session<'r, Session>;

/// True when the request has a session cookie, good or not.
pub fn has_cookie(request: &Request<'_>) -> bool {
    request.cookies().get(COOKIE).is_some()
}

/// The request's session, read once; none for an anonymous caller or a cookie of no
/// session.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn current<'r>(request: &'r Request<'_>) -> Result<Option<&'r Session>> {
    let found: &SessionResult<Option<Session>> = request
        .local_cache_async(async {
            if !has_cookie(request) {
                return Ok(None);
            }
            match request.guard::<Handle<'_>>().await {
                Outcome::Success(handle) => handle.get().await,
                _ => Err(SessionError),
            }
        })
        .await;
    match found {
        Ok(session) => Ok(session.as_ref()),
        Err(SessionError) => Err(Error::unavailable("the session store is out of reach")),
    }
}

/// Begins a session in the browser or app that calls.
pub struct Begin<'r> {
    handle: Handle<'r>,
    begun: &'r Begun,
    agent: String,
    address_family: &'static str,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Begin<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Outcome::Success(handle) = request.guard::<Handle<'r>>().await else {
            return Outcome::Error((Status::InternalServerError, ()));
        };
        let agent = request.headers().get_one("User-Agent").unwrap_or_default();
        Outcome::Success(Self {
            handle,
            begun: request.local_cache(Begun::default),
            agent: agent
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect(),
            address_family: address::family(address::of(request)),
        })
    }
}

impl Begin<'_> {
    /// Begins a session under a token of its own, whatever the caller's cookie said; a
    /// session that the cookie named ends.
    pub async fn session(mut self, user_id: UserId, clock: &Clock) -> Result<()> {
        let now = clock.now();
        let lasts = TimeDelta::from_std(LASTS).map_err(Error::internal)?;
        let session = Session {
            id: Id::new(),
            user_id,
            agent: self.agent,
            address_family: self.address_family.to_owned(),
            created_at: now.into(),
            expires_at: (now + lasts).into(),
        };
        let failed = |SessionError| Error::unavailable("the session store is out of reach");
        self.handle.remove().await.map_err(failed)?;
        self.handle.regenerate_token().await.map_err(failed)?;
        self.handle.set(session).await.map_err(failed)?;
        self.begun.0.store(true, Ordering::Release);
        Ok(())
    }
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
    let found = db.read(move |conn| {
        let mine = Session::query()
            .filter(sessions::user_id.eq(user_id))
            .filter(sessions::expires_at.gt(now))
            .order(sessions::created_at.desc())
            .limit(MOST);
        Ok(mine.load(conn)?)
    });
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
        let others = sessions::table
            .filter(sessions::user_id.eq(user_id))
            .filter(sessions::id.ne(mine));
        diesel::delete(others).execute(conn)?;
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
    db.write(move |conn| {
        let one = sessions::table
            .filter(sessions::user_id.eq(user_id))
            .filter(sessions::id.eq(session_id));
        match diesel::delete(one).execute(conn)? {
            0 => Err(Error::not_found("Session not found")),
            _ => Ok(NoContent),
        }
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
        if let Err(error) = origin::check_link(request) {
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
            cookies.remove(cookie(config));
        }
        Ok(NoContent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_store_made_is_a_token() {
        assert!(is_token("abcdefghijklmnopqrstuvwX"));
        for other in [
            "",
            "abcdefghijklmnopqrstuvw",
            "abcdefghijklmnopqrstuvwxy",
            "abcdefghijklmnopqrstuv'-",
        ] {
            assert!(!is_token(other), "{other}");
        }
    }
}
