//! Services that share the internal key: they move seats and confirm what was paid.
//!
//! The key is shown as `X-API-Key: …` or `Authorization: ApiKey …`, and compared in constant
//! time: it takes as long to be told no, however much of a key is right.

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use crate::config::{Config, Hidden};
use crate::error::{Error, Result};
use crate::http::envelope;
use crate::secret::{same, sha256_hex};

/// A caller who shows the internal key; anyone else is refused with 401, and everybody with 503
/// where no key is set.
#[derive(Debug, Clone, Copy)]
pub struct Service;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Service {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match service(request) {
            Ok(service) => Outcome::Success(service),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}

fn service(request: &Request<'_>) -> Result<Service> {
    match key(request) {
        None => Err(Error::unavailable("INTERNAL_API_KEY is not set")),
        Some(_) if is_shown(request) => Ok(Service),
        Some(_) => Err(Error::Unauthorized(None)),
    }
}

fn key<'r>(request: &'r Request<'_>) -> Option<&'r Hidden> {
    let config = request.rocket().state::<Config>()?;
    config.internal_api_key.as_ref()
}

/// True if the request tries to show an internal key, right or wrong.
pub fn is_claimed(request: &Request<'_>) -> bool {
    claimed(request).next().is_some()
}

/// True if the request shows the internal key.
pub fn is_shown(request: &Request<'_>) -> bool {
    let (Some(Hidden(key)), Some(shown)) = (key(request), claimed(request).next()) else {
        return false;
    };
    let hash = |text: &str| sha256_hex(&[text.as_bytes()]);
    // Two headers of a kind are an attempt to be two callers.
    let headers = request.headers();
    let once = ["X-API-Key", "Authorization"].map(|name| headers.get(name).count() <= 1);
    once == [true, true] && claimed(request).count() == 1 && same(&hash(key), &hash(shown))
}

fn claimed<'r>(request: &'r Request<'_>) -> impl Iterator<Item = &'r str> {
    let scheme = |value: &'r str| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("ApiKey").then(|| key.trim())
    };
    let headers = request.headers();
    let authorizations = headers.get("Authorization").filter_map(scheme);
    headers.get("X-API-Key").chain(authorizations)
}
