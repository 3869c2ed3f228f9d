//! Sign-in with an ID token that a front end got from Google.
//!
//! Routes: POST `/api/auth`. Emits: `user.created`.

use std::sync::Arc;

use rocket::fairing::AdHoc;
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};
use rocket::{Request, State, http, post, routes};
use serde::{Deserialize, Serialize};

use super::audit::{self, Source};
use super::google::{Google, Verified};
use super::people::{self, Person, UserId};
use super::session;
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::http::body::Body;
use crate::http::idempotency::NoRepeat;
use crate::http::limit::Limits;
use crate::http::{address, envelope};
use crate::secret::Secret;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(sign_in))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("sign-in", |rocket| async {
        rocket.mount("/", routes![sign_in])
    })
}

/// A Google ID token.
#[derive(Deserialize, utoipa::ToSchema)]
struct Token {
    token: String,
}

/// Who signed in. The same in two forms: callers of the document read it flat, those of
/// the first server under `data`.
#[derive(Serialize, utoipa::ToSchema)]
struct Welcome {
    message: &'static str,
    name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    avatar: Option<String>,
    data: WelcomeData,
}

#[derive(Serialize, utoipa::ToSchema)]
struct WelcomeData {
    #[schema(inline)]
    id: UserId,
    name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    avatar: Option<String>,
}

impl From<Person> for Welcome {
    fn from(
        Person {
            id,
            name,
            email,
            avatar,
            ..
        }: Person,
    ) -> Self {
        let data = WelcomeData {
            id,
            name: name.clone(),
            email: email.clone(),
            avatar: avatar.clone(),
        };
        Self {
            message: "success",
            name,
            email,
            avatar,
            data,
        }
    }
}

impl<'r> Responder<'r, 'static> for Welcome {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        envelope::json(http::Status::Ok, &self)
    }
}

/// Signs in with a Google ID token; the answer sets the `session` cookie for 30 days.
#[utoipa::path(tag = "Sign-in", request_body = Token, responses(
    (status = 200, description = "Signed in", body = Welcome),
    (status = 400, description = "`Invalid token.`: absent, malformed, expired, not yet valid, or not signed by Google"),
    (status = 403, description = "`Token is of unknown origin`: another issuer or audience, or the e-mail is not verified"),
))]
#[post("/api/auth", data = "<body>")]
async fn sign_in(
    _no_repeat: NoRepeat,
    door: Door<'_>,
    google: &State<Google>,
    body: Body<Token>,
) -> Result<Welcome> {
    let Token { token } = body.json("Invalid token.")?;
    // Only a token that holds counts against its account, or anybody could use up
    // somebody's attempts; those that do not count together, by their address.
    match google.verify(&token, None).await {
        Ok(verified) => {
            door.count(verified.login.subject())?;
            Ok(door.enter(verified).await?.into())
        }
        Err(error) => {
            door.count("")?;
            if matches!(error.status().code, 400 | 403) {
                door.refused().await?;
            }
            Err(error)
        }
    }
}

/// Where people come in, however they signed in.
pub struct Door<'r> {
    session: session::Begin<'r>,
    address: std::net::IpAddr,
    source: Source,
    secret: &'r Secret,
    db: &'r Db,
    clock: &'r Clock,
    limits: &'r Limits,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Door<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let rocket = request.rocket();
        let states = (
            rocket.state(),
            rocket.state(),
            rocket.state::<Arc<Limits>>(),
            rocket.state(),
        );
        match (request.guard().await, request.guard().await, states) {
            (
                Outcome::Success(session),
                Outcome::Success(source),
                (Some(db), Some(clock), Some(limits), Some(secret)),
            ) => {
                let address = address::network(address::of(request));
                Outcome::Success(Self {
                    session,
                    address,
                    source,
                    secret,
                    db,
                    clock,
                    limits,
                })
            }
            _ => Outcome::Error((http::Status::InternalServerError, ())),
        }
    }
}

impl Door<'_> {
    /// Counts an attempt.
    ///
    /// # Errors
    /// 429 when this address tried this account too often.
    pub fn count(&self, account: &str) -> Result<()> {
        self.limits.sign_in(account, self.address)
    }

    /// Notes that somebody was refused, whoever it is.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn refused(&self) -> Result<()> {
        let (source, now) = (self.source, self.clock.now().into());
        self.db
            .write_later(move |conn| {
                audit::record::<()>(conn, source, None, "sign_in.failed", None, now)
            })
            .await
    }

    /// Finds or makes the person, and begins a session.
    pub async fn enter(self, verified: Verified) -> Result<Person> {
        let (source, now) = (self.source, self.clock.now().into());
        let secret = self.secret.clone();
        let person = self.db.write(move |conn| {
            let Verified { login, profile } = &verified;
            let person = people::find_or_make(conn, login, profile, &secret, now)?;
            audit::record::<()>(
                conn,
                source,
                Some(person.id),
                "sign_in.succeeded",
                None,
                now,
            )?;
            Ok(person)
        });
        let person = person.await?;
        self.session.session(person.id, self.clock).await?;
        Ok(person)
    }
}
