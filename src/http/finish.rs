//! What every answer carries: its request id, the security headers, CORS; and its line in
//! the log.

use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Request, Response};
use uuid::Uuid;

use super::{asked_for, docs, loggable, origin};
use crate::config::Config;

/// From this many milliseconds on, a read that succeeded is worth a line.
const SLOW_MS: u64 = 500;

/// The fairing.
pub struct Finish;

/// Names a request in its answer and in the log.
#[derive(Debug, Clone, Copy)]
struct RequestId(Uuid);

struct Began(Option<Instant>);

/// The request's id.
pub fn request_id(request: &Request<'_>) -> Uuid {
    request.local_cache(|| RequestId(Uuid::now_v7())).0
}

/// Notes when the request came.
pub fn began(request: &Request<'_>, at: Instant) {
    request.local_cache(|| Began(Some(at)));
}

#[rocket::async_trait]
impl Fairing for Finish {
    fn info(&self) -> Info {
        Info {
            name: "finish",
            kind: Kind::Response,
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let id = request_id(request);
        let (method, path) = asked_for(request);
        let mut buffer = Uuid::encode_buffer();
        response.set_raw_header(
            "X-Request-Id",
            id.hyphenated().encode_lower(&mut buffer).to_owned(),
        );
        response.set_raw_header(
            "Content-Security-Policy",
            match docs::is_page(path) {
                true => docs::PAGE_POLICY,
                false => "default-src 'none'; frame-ancestors 'none'",
            },
        );
        if !response.headers().contains("Cache-Control") {
            response.set_raw_header("Cache-Control", "no-store");
        }
        if let Some(config) = request.rocket().state::<Config>() {
            origin::allow_front_end(request, response, config);
        }
        log(request, id, method, &loggable(path), response.status().code);
    }
}

/// One line a call: writes, failures and slow reads always, other reads for debugging.
/// Without the query, which may hold what a person looked for.
fn log(request: &Request<'_>, id: Uuid, method: Method, path: &str, status: u16) {
    let elapsed = request
        .local_cache(|| Began(None))
        .0
        .map(|began| began.elapsed());
    let ms = elapsed.map_or(0, |elapsed| elapsed.as_millis() as u64);
    let quiet = matches!(method, Method::Get | Method::Head | Method::Options)
        && status < 500
        && ms < SLOW_MS;
    match quiet {
        true => tracing::debug!(request_id = %id, %method, path, status, ms, "answered"),
        false => tracing::info!(request_id = %id, %method, path, status, ms, "answered"),
    }
}
