//! Access tokens: JWTs (RFC 7519) that say who, for which system, from which sign-in, and
//! until when. Everything else is looked up at each request.
//!
//! One algorithm (HS256) and one key, which is derived from `SECRET_KEY`; its id stands in the
//! header (`kid`), so that tokens of a former key still hold.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rocket::Request;
use serde::{Deserialize, Serialize};

use super::grants::GrantId;
use super::people::UserId;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::secret::{Secret, sha256_hex};

/// What the keys are derived for.
const PURPOSE: &str = "folkmoot access tokens 1";
/// Longer than any of our tokens, in bytes.
const MOST_BYTES: usize = 2_048;

/// The system whose calls a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Whatever administrators do.
    Admin,
    /// `/proposals/v1`.
    Proposals,
}

impl Audience {
    /// Its name in tokens and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Proposals => "proposals",
        }
    }

    /// How long an access token lasts.
    pub fn lasts(self) -> Duration {
        match self {
            Self::Admin => Duration::from_secs(15 * 60),
            Self::Proposals => Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// What a token says (RFC 7519, section 4.1; `sid` as in OpenID Connect).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    /// The system that it is for.
    pub aud: Audience,
    /// Who it is.
    pub sub: UserId,
    /// The sign-in that it comes from.
    pub sid: GrantId,
    iat: i64,
    exp: i64,
}

/// Makes tokens and checks them.
pub struct Jwts {
    issuer: String,
    clock: Clock,
    header: Header,
    signing: EncodingKey,
    /// By key id, the one in use first.
    checking: Vec<(String, DecodingKey)>,
}

impl Jwts {
    /// With the keys and for the address of this server.
    pub fn new(secret: &Secret, config: &Config, clock: Clock) -> Result<Self, String> {
        let keys = secret.keys_for(PURPOSE);
        let named = |key: &Vec<u8>| {
            let kid = sha256_hex(&[b"kid", key]).chars().take(16).collect();
            (kid, DecodingKey::from_secret(key))
        };
        let checking = keys.iter().map(named).collect::<Vec<(String, _)>>();
        let (Some(key), Some((kid, _))) = (keys.first(), checking.first()) else {
            return Err("SECRET_KEY: there is none".into());
        };
        Ok(Self {
            issuer: config.public_origin(),
            clock,
            header: Header {
                kid: Some(kid.clone()),
                ..Header::new(Algorithm::HS256)
            },
            signing: EncodingKey::from_secret(key),
            checking,
        })
    }

    /// A token of this sign-in, and how many seconds it lasts.
    pub fn issue(&self, audience: Audience, who: UserId, grant: GrantId) -> Result<(String, u64)> {
        let (now, lasts) = (self.clock.now().timestamp(), audience.lasts().as_secs());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience,
            sub: who,
            sid: grant,
            iat: now,
            exp: now.saturating_add_unsigned(lasts),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.signing);
        Ok((token.map_err(Error::internal)?, lasts))
    }

    /// What a token says, if it is one of ours and its time is not over. Whether its sign-in
    /// still holds is for the database.
    fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > MOST_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid?;
        let (_, key) = self.checking.iter().find(|(known, _)| *known == kid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &signature_only());
        let claims = claims.ok()?.claims;
        let timely = self.clock.now().timestamp() < claims.exp;
        (timely && claims.iss == self.issuer).then_some(claims)
    }
}

/// Issuer and time are checked by [`Jwts::read`], with our clock; the audience by the guards.
/// No other algorithm is taken than the one that we sign with (RFC 8725, section 3.1).
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

/// The token in a request's `Authorization` header (RFC 6750); none without the header, with
/// several, or with another scheme.
pub fn bearer<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    let mut headers = request.headers().get("Authorization");
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// What the request's token says, if it is one of ours. Read once a request.
pub fn shown<'r>(request: &'r Request<'_>) -> Option<&'r Claims> {
    let shown: &Option<Claims> = request.local_cache(|| {
        let jwts = request.rocket().state::<Jwts>()?;
        jwts.read(bearer(request)?)
    });
    shown.as_ref()
}
