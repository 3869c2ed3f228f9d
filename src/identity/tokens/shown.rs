//! The machine token that a request shows.

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::kept::{refused, used};
use super::{MachineToken, TokenId, TokenView};
use crate::clock::Clock;
use crate::config::{Config, Hidden};
use crate::db::schema::machine_tokens;
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::envelope;
use crate::identity::audit::Source;
use crate::identity::jwt;
use crate::secret::{same, sha256_hex};

/// A machine token that holds; anyone else is refused with 401.
#[derive(Debug, Clone)]
pub enum Shown {
    /// That of the settings: every scope, all projects.
    Configured,
    /// One that was made here.
    Kept(TokenView),
}

impl Shown {
    /// Its id; none for that of the settings.
    pub fn id(&self) -> Option<TokenId> {
        match self {
            Self::Configured => None,
            Self::Kept(view) => Some(view.id),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Shown {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match seen(request).await {
            Ok(Some(Seen::Good(shown))) => Outcome::Success(shown.clone()),
            Ok(Some(Seen::Ended(id))) => {
                // Here, after the limits, which a token that ended is not known by.
                record_refusal(request, *id).await;
                Outcome::Error(envelope::park(request, Error::NoToken))
            }
            Ok(None) => Outcome::Error(envelope::park(request, Error::NoToken)),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}

async fn record_refusal(request: &Request<'_>, id: TokenId) {
    let (db, clock) = (
        request.rocket().state::<Db>(),
        request.rocket().state::<Clock>(),
    );
    if let (Some(db), Some(clock), Outcome::Success(source)) =
        (db, clock, request.guard::<Source>().await)
    {
        let now = Timestamp(clock.now());
        let noted = db.write_later(move |conn| refused(conn, id, source, now));
        note(noted.await);
    }
}

/// What was found, or that the database was out of reach.
type Found = std::result::Result<Option<Seen>, ()>;

/// A token of ours that was shown.
enum Seen {
    Good(Shown),
    /// It was revoked, or has expired.
    Ended(TokenId),
}

/// The machine token that the request shows, if it holds. Looked up once a request.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn current<'r>(request: &'r Request<'_>) -> Result<Option<&'r Shown>> {
    match seen(request).await? {
        Some(Seen::Good(shown)) => Ok(Some(shown)),
        Some(Seen::Ended(_)) | None => Ok(None),
    }
}

async fn seen<'r>(request: &'r Request<'_>) -> Result<Option<&'r Seen>> {
    let found: &Found = request
        .local_cache_async(async {
            look_up(request).await.map_err(|error| {
                tracing::warn!(cause = %error, "machine tokens are out of reach");
            })
        })
        .await;
    match found {
        Ok(seen) => Ok(seen.as_ref()),
        Err(()) => Err(Error::unavailable("machine tokens are out of reach")),
    }
}

async fn look_up(request: &Request<'_>) -> Result<Option<Seen>> {
    let rocket = request.rocket();
    let (Some(config), Some(db), Some(clock)) = (
        rocket.state::<Config>(),
        rocket.state::<Db>(),
        rocket.state::<Clock>(),
    ) else {
        return Err(Error::internal("no settings"));
    };
    let Some(text) = jwt::bearer(request) else {
        return Ok(None);
    };
    if let Some(Hidden(configured)) = &config.api_token
        && same(&hash(configured), &hash(text))
    {
        return Ok(Some(Seen::Good(Shown::Configured)));
    }
    let Some((id, secret)) = parse(text) else {
        return Ok(None);
    };
    let (secret, now) = (hash(secret), Timestamp(clock.now()));
    let found = db.read(move |conn| find(conn, id, &secret)).await?;
    let Some(view) = found else {
        return Ok(None);
    };
    let over = view.expires_at.is_some_and(|at| at.0 <= now.0);
    if over || view.revoked_at.is_some() {
        return Ok(Some(Seen::Ended(id)));
    }
    let fresh = view
        .last_used_at
        .is_some_and(|at| now.0 < at.0 + TimeDelta::minutes(1));
    if !fresh {
        let noted = db.write_later(move |conn| used(conn, id, now)).await;
        note(noted);
    }
    Ok(Some(Seen::Good(Shown::Kept(view))))
}

/// What is only noted keeps nobody from anything.
fn note(noted: Result<()>) {
    if let Err(error) = noted {
        tracing::warn!(cause = %error, "the use of a machine token was not noted");
    }
}

fn hash(text: &str) -> String {
    sha256_hex(&[text.as_bytes()])
}

/// The parts of `fmt_<id>_<secret>`; the secret may hold `_`.
fn parse(text: &str) -> Option<(TokenId, &str)> {
    let (id, secret) = text.strip_prefix("fmt_")?.split_once('_')?;
    let simple = id.len() == 32
        && id
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = uuid::Uuid::try_parse(id).ok().filter(|_| simple)?;
    (secret.len() <= 100).then(|| (Id::<MachineToken>::from(id), secret))
}

/// The token of that id, if this is the hash of its secret.
fn find(conn: &mut Conn, id: TokenId, secret_hash: &str) -> Result<Option<TokenView>> {
    let found = machine_tokens::table
        .find(id)
        .select((machine_tokens::secret_hash, TokenView::as_select()))
        .first::<(String, TokenView)>(conn)
        .optional()?;
    Ok(found.and_then(|(hash, view)| same(&hash, secret_hash).then_some(view)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_form() {
        let id = TokenId::new();
        let text = format!("fmt_{}_a_b-c", id.uuid().simple());
        assert_eq!(parse(&text), Some((id, "a_b-c")));
        for other in [
            text.to_uppercase(),
            format!("fmt_{id}_secret"),
            format!("fmt_{}", id.uuid().simple()),
            format!("xyz_{}_secret", id.uuid().simple()),
            format!("fmt_{}_{}", id.uuid().simple(), "x".repeat(101)),
            String::new(),
        ] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }
}
