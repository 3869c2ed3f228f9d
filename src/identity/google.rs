//! Google's ID tokens, checked as Google documents it: signature (RS256, key by `kid` from
//! the JWKS), issuer, audience, times, verified e-mail.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rocket::tokio;
use serde::Deserialize;

use super::people::{self, Login, Profile};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http::fields::{Check, turns_direction};

/// Most bytes of a token that is looked at.
const TOKEN_BYTES: usize = 16 << 10;
/// Most bytes of a set of keys.
const KEYS_BYTES: usize = 256 << 10;
/// Clocks may differ by this much.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// An unknown `kid` asks for the keys again, but not more often than this.
const REFETCH: TimeDelta = TimeDelta::minutes(1);
/// After a failed fetch nobody waits for another one for this long.
const BACK_OFF: TimeDelta = TimeDelta::seconds(5);
/// Bounds of the keys' age, whatever `Cache-Control` says.
const AGES: std::ops::RangeInclusive<i64> = 60..=86_400;

/// Checks ID tokens, with a cache of Google's keys.
pub struct Google {
    client_ids: Vec<String>,
    certs_url: url::Url,
    http: reqwest::Client,
    clock: Clock,
    keys: RwLock<Arc<Keys>>,
    /// Held by whoever fetches, so that concurrent sign-ins share one fetch.
    fetching: tokio::sync::Mutex<()>,
}

struct Keys {
    by_kid: HashMap<String, DecodingKey>,
    fetched_at: DateTime<Utc>,
    fresh_until: DateTime<Utc>,
    failed_at: Option<DateTime<Utc>>,
}

/// A person, as Google vouches for them.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The login to find them by.
    pub login: Login,
    /// What to make them from if they are new.
    pub profile: Profile,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    aud: Option<String>,
    sub: String,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<Flag>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    picture: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
}

/// Google writes it as a boolean, and in some tokens as text.
#[derive(Deserialize, PartialEq)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

fn invalid() -> Error {
    Error::bad_request("Invalid token.")
}

fn unknown_origin() -> Error {
    Error::forbidden("Token is of unknown origin")
}

/// A client for calls to addresses from the settings: no proxy variables, no redirects.
pub fn http_client() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(5))
        .build()
        .map_err(|error| format!("the HTTP client cannot be made: {error}"))
}

impl Google {
    /// A verifier with no keys yet.
    pub fn new(config: &Config, http: reqwest::Client, clock: Clock) -> Self {
        let never = DateTime::<Utc>::MIN_UTC;
        Self {
            client_ids: config.google_client_ids.clone(),
            certs_url: config.google_certs_url.clone(),
            http,
            clock,
            keys: RwLock::new(Arc::new(Keys {
                by_kid: HashMap::new(),
                fetched_at: never,
                fresh_until: never,
                failed_at: None,
            })),
            fetching: tokio::sync::Mutex::new(()),
        }
    }

    /// The person that a token speaks of. In the redirect flow the token must carry the
    /// nonce that the flow began with.
    ///
    /// # Errors
    /// 400 if it is no good token, 403 if it is one for somebody else, 503 if Google's keys
    /// are out of reach or no client id is set.
    pub async fn verify(&self, token: &str, nonce: Option<&str>) -> Result<Verified> {
        if self.client_ids.is_empty() {
            return Err(Error::unavailable("GOOGLE_CLIENT_IDS is not set"));
        }
        if token.len() > TOKEN_BYTES {
            return Err(invalid());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        let kid = header
            .kid
            .filter(|_| header.alg == Algorithm::RS256)
            .ok_or_else(invalid)?;
        let key = self.key(&kid).await?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &signature_only());
        let claims = claims.map_err(|_| invalid())?.claims;
        self.check(&claims, nonce)?;
        Ok(claims.into())
    }

    fn check(&self, claims: &Claims, nonce: Option<&str>) -> Result<()> {
        let now = self.clock.now();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).ok_or_else(invalid);
        let begins = at(claims.nbf.unwrap_or(claims.iat))?.max(at(claims.iat)?);
        if now > at(claims.exp)? + LEEWAY || now + LEEWAY < begins {
            return Err(invalid());
        }
        if nonce.is_some() && nonce != claims.nonce.as_deref() {
            return Err(invalid());
        }
        let named = (1..=255).contains(&claims.sub.len());
        if !named || claims.sub.chars().any(char::is_control) {
            return Err(invalid());
        }
        let issuer = claims.iss.as_deref().unwrap_or_default();
        let issuer = issuer.strip_prefix("https://").unwrap_or(issuer);
        let verified = match &claims.email_verified {
            Some(Flag::Bool(verified)) => *verified,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        let ours = claims
            .aud
            .as_ref()
            .is_some_and(|aud| self.client_ids.contains(aud));
        match issuer == "accounts.google.com" && ours && verified {
            true => Ok(()),
            false => Err(unknown_origin()),
        }
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey> {
        if let Some(key) = self.cached(kid)? {
            return Ok(key);
        }
        let _turn = self.fetching.lock().await;
        // Whoever held the turn before may have brought it.
        if let Some(key) = self.cached(kid)? {
            return Ok(key);
        }
        let keys = self.snapshot();
        let now = self.clock.now();
        if keys
            .failed_at
            .is_some_and(|failed_at| now < failed_at + BACK_OFF)
        {
            return Err(Error::unavailable(
                "Google's keys could not be fetched just now",
            ));
        }
        match self.fetch(now).await {
            Ok(fetched) => {
                self.replace(fetched);
                self.snapshot().by_kid.get(kid).cloned().ok_or_else(invalid)
            }
            Err(cause) => {
                self.replace(Keys {
                    by_kid: keys.by_kid.clone(),
                    failed_at: Some(now),
                    fetched_at: keys.fetched_at,
                    fresh_until: keys.fresh_until,
                });
                Err(Error::unavailable(format_args!("Google's keys: {cause}")))
            }
        }
    }

    /// The key, if the cache can tell: none means that a fetch may.
    fn cached(&self, kid: &str) -> Result<Option<DecodingKey>> {
        let (keys, now) = (self.snapshot(), self.clock.now());
        match keys.by_kid.get(kid) {
            _ if now >= keys.fresh_until => Ok(None),
            Some(key) => Ok(Some(key.clone())),
            None if now < keys.fetched_at + REFETCH => Err(invalid()),
            None => Ok(None),
        }
    }

    fn snapshot(&self) -> Arc<Keys> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    async fn fetch(&self, now: DateTime<Utc>) -> Result<Keys, String> {
        let told = |error: reqwest::Error| error.without_url().to_string();
        let answer = self
            .http
            .get(self.certs_url.clone())
            .send()
            .await
            .map_err(told)?;
        let mut answer = answer.error_for_status().map_err(told)?;
        let cache_control = answer
            .headers()
            .get("cache-control")
            .and_then(|v| v.to_str().ok());
        let age = max_age(cache_control.unwrap_or_default());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(told)? {
            body.extend_from_slice(&chunk);
            if body.len() > KEYS_BYTES {
                return Err("the set of keys is too long".into());
            }
        }
        let set: JwkSet = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let by_kid = set.keys.iter().filter_map(|key| {
            let rsa = matches!(key.algorithm, AlgorithmParameters::RSA(_));
            let rs256 = key
                .common
                .key_algorithm
                .is_none_or(|a| a == KeyAlgorithm::RS256);
            let kid = key.common.key_id.clone()?;
            (rsa && rs256).then(|| DecodingKey::from_jwk(key).ok().map(|key| (kid, key)))?
        });
        Ok(Keys {
            by_kid: by_kid.collect(),
            fetched_at: now,
            fresh_until: now + age,
            failed_at: None,
        })
    }
}

/// Times, issuer and audience are checked by [`Google::check`]: with our clock, and with a
/// status of their own each.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn max_age(cache_control: &str) -> TimeDelta {
    let seconds = cache_control
        .split(',')
        .find_map(|directive| directive.trim().strip_prefix("max-age=")?.parse().ok())
        .unwrap_or(3600);
    TimeDelta::seconds(i64::clamp(seconds, *AGES.start(), *AGES.end()))
}

impl From<Claims> for Verified {
    /// What does not obey our rules for profiles is left out: a picture that is no web
    /// address must keep nobody from signing in.
    fn from(claims: Claims) -> Self {
        let mut check = Check::default();
        let name = claims
            .name
            .unwrap_or_default()
            .replace(|c: char| c.is_control() || turns_direction(c), " ");
        let name: String = name.trim().chars().take(people::NAME_CHARS).collect();
        let name = check.line("name", &name, 0..=people::NAME_CHARS);
        let kept = |field: &'static str,
                    text: Option<String>,
                    rule: fn(&mut Check, &'static str, &str) -> String| {
            let mut check = Check::default();
            let text = rule(&mut check, field, &text?);
            check.done().is_ok().then_some(text)
        };
        Self {
            login: Login::Google(claims.sub),
            profile: Profile {
                name: if name.is_empty() {
                    "New member".into()
                } else {
                    name
                },
                email: kept("email", claims.email, Check::email),
                avatar: kept("avatar", claims.picture, Check::url),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_keys_is_what_the_header_says_within_bounds() {
        for (header, seconds) in [
            ("public, max-age=19845, must-revalidate", 19_845),
            ("max-age=1", 60),
            ("max-age=99999999", 86_400),
            ("no-store", 3_600),
            ("", 3_600),
            ("max-age=-5", 60),
        ] {
            assert_eq!(max_age(header).num_seconds(), seconds, "{header}");
        }
    }
}
