//! Which web pages may call: CORS for reading answers, and the origin check against
//! forged writes (CSRF).

use rocket::http::{Header, Method, Status};
use rocket::{Request, Response};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::identity::session;

/// Refuses a write that a page of another site sends with a person's cookie (403).
///
/// Browsers send `Origin` with every unsafe method, newer ones `Sec-Fetch-Site` as well;
/// native apps and machines send neither, and carry no cookie that a page could abuse.
pub fn check(request: &Request<'_>, config: &Config) -> Result<()> {
    let signs_in = request.uri().path() == "/api/auth";
    if is_safe(request.method()) || !(signs_in || session::has_cookie(request)) {
        return Ok(());
    }
    let allowed = match request.headers().get_one("Origin") {
        Some(origin) => is_ours(origin, config) || is_front_end(origin, config),
        None => from_here(request),
    };
    match allowed {
        true => Ok(()),
        false => Err(Error::forbidden("This origin may not do this.")),
    }
}

/// Refuses a plain link on another site (403); for the one GET that changes something.
pub fn check_link(request: &Request<'_>) -> Result<()> {
    match request.headers().get_one("Sec-Fetch-Site") {
        Some("cross-site") => Err(Error::forbidden("Another site may not do this.")),
        _ => Ok(()),
    }
}

/// Adds what lets a front end of [`Config::frontend_origins`] read the answer, and answers
/// its preflight (Fetch standard, CORS protocol).
pub fn allow_front_end(request: &Request<'_>, response: &mut Response<'_>, config: &Config) {
    if config.frontend_origins.is_empty() {
        return;
    }
    response.adjoin_header(Header::new("Vary", "Origin"));
    let Some(origin) = request.headers().get_one("Origin") else {
        return;
    };
    if !is_front_end(origin, config) {
        return;
    }
    response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned());
    response.set_raw_header("Access-Control-Allow-Credentials", "true");
    response.set_raw_header(
        "Access-Control-Expose-Headers",
        "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, ETag",
    );
    if is_preflight(request) {
        response.set_status(Status::NoContent);
        response.set_raw_header(
            "Access-Control-Allow-Methods",
            "GET, HEAD, POST, PUT, PATCH, DELETE",
        );
        response.set_raw_header(
            "Access-Control-Allow-Headers",
            "Content-Type, Idempotency-Key, If-None-Match, Authorization, Last-Event-ID",
        );
        response.set_raw_header("Access-Control-Max-Age", "600");
    }
}

fn is_safe(method: Method) -> bool {
    matches!(
        method,
        Method::Get | Method::Head | Method::Options | Method::Trace
    )
}

fn is_preflight(request: &Request<'_>) -> bool {
    request.method() == Method::Options
        && request.headers().contains("Access-Control-Request-Method")
}

fn is_ours(origin: &str, config: &Config) -> bool {
    origin == config.public_origin()
}

fn is_front_end(origin: &str, config: &Config) -> bool {
    config
        .frontend_origins
        .iter()
        .any(|front_end| front_end == origin)
}

fn from_here(request: &Request<'_>) -> bool {
    matches!(
        request.headers().get_one("Sec-Fetch-Site"),
        None | Some("same-origin" | "none")
    )
}
