//! Sessions: 30 days from sign-in, kept in the database under the SHA-256 of the cookie.

mod routes;
mod store;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::fairing::{AdHoc, Fairing, Info};
use rocket::http::{Cookie, CookieJar, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::{Build, Request, Response, Rocket};
use rocket_session_store::{SessionError, SessionResult, SessionStore, SessionStoreFairing};
use serde::Serialize;

use super::people::UserId;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::schema::sessions;
use crate::db::types::{Id, Timestamp};
use crate::db::{Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::address;

pub use routes::Api;
pub use store::{end_all, of, sweep};

/// The cookie's name.
const COOKIE: &str = "session";
/// The cookie's age and the session's.
const LASTS: Duration = Duration::from_secs(30 * 24 * 60 * 60);

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
            store: Box::new(store::Sessions {
                db: db.clone(),
                clock: clock.clone(),
            }),
            name: COOKIE.into(),
            duration: LASTS,
            cookie_builder: cookie(config)
                .max_age(rocket::time::Duration::seconds_f64(LASTS.as_secs_f64())),
        };
        rocket
            .attach(CookieWhenBegun(store.fairing()))
            .mount("/", routes::all())
    })
}

fn cookie(config: &Config) -> rocket::http::private::cookie::CookieBuilder<'static> {
    Cookie::build((COOKIE, ""))
        .path("/")
        .http_only(true)
        .same_site(config.session_samesite)
        .secure(config.https())
}

/// Clears the cookie in the browser or app that calls.
pub fn clear_cookie(cookies: &CookieJar<'_>, config: &Config) {
    cookies.remove(cookie(config));
}

/// Marks the ids of sessions, which are names, not tokens.
pub enum SessionName {}
/// The name of a session, by which its person ends it.
pub type SessionId = Id<SessionName>;

/// A person who is signed in somewhere. It never changes after it was made: a session
/// that is changed while it ends could come back.
#[derive(Debug, Clone, Serialize, HasQuery)]
#[diesel(table_name = sessions, check_for_backend(MultiBackend))]
pub struct Session {
    pub id: SessionId,
    #[serde(skip)]
    pub user_id: UserId,
    pub agent: String,
    pub address_family: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
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
