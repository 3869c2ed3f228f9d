//! The wire: what every call has in common, before and after its handler.
//!
//! A request passes the [`gate`] (origin, limits), its guards ([`crate::identity::guard`],
//! [`page::Query`], [`body::Body`]), and its handler; the answer is an [`envelope`] and
//! leaves through [`finish`]. What nobody handles ends in [`catch`].

pub mod address;
pub mod body;
pub mod catch;
pub mod docs;
pub mod envelope;
pub mod fields;
pub mod finish;
pub mod fresh;
pub mod gate;
pub mod idempotency;
pub mod limit;
pub mod origin;
pub mod page;

use std::borrow::Cow;

use rocket::Request;
use rocket::fairing::AdHoc;
use rocket::http::Method;

/// Whose paths, and so whose envelope: the five systems that meet in this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// `/api`, and whatever is nobody else's.
    Community,
    /// `/api/v1`, `/internal`, `/health`.
    BoxOffice,
    /// Signals, workflows and webhooks below `/api/v1`.
    Automation,
    /// `/proposals/v1`.
    Proposals,
    /// `/bubbles/v1`.
    Federation,
}

/// The system a call belongs to.
pub fn system_of(method: Method, path: &str) -> System {
    const AUTOMATION: [&str; 5] = ["signals", "tokens", "workflows", "executions", "webhooks"];
    let mut segments = path.split('/').skip(1);
    let first = segments.next().unwrap_or_default();
    let second = segments.next().unwrap_or_default();
    match (first, second) {
        ("api", "v1") => match segments.next().unwrap_or_default() {
            // One path, two systems: taking signals is automation's, the list of events
            // the box office's, which answers for every other method as well.
            "events" if method == Method::Post && segments.next().is_none() => System::Automation,
            segment if AUTOMATION.contains(&segment) => System::Automation,
            _ => System::BoxOffice,
        },
        ("internal" | "health" | "healthz", _) => System::BoxOffice,
        ("proposals", "v1") => System::Proposals,
        ("bubbles", "v1") => System::Federation,
        _ => System::Community,
    }
}

/// The method and path that were asked for, also after the gate sent the request
/// elsewhere.
pub fn asked_for<'a>(request: &'a Request<'_>) -> (Method, &'a str) {
    match gate::refusal(request) {
        Some(refusal) => (request.method(), &refusal.path),
        None => (request.method(), request.uri().path().as_str()),
    }
}

/// Where private calendars are; what follows is a secret.
pub const SECRET_PATHS: &str = "/api/calendars/";

/// True for a path that holds a secret.
pub fn secret_path(path: &str) -> bool {
    path.starts_with(SECRET_PATHS)
}

/// A path as it may stand in the log: without segments that may be secrets, wherever they
/// were mistyped to. Ids stay.
pub fn loggable(path: &str) -> Cow<'_, str> {
    const LONGEST_NAME: usize = 24;
    let telling = |segment: &str| {
        let stem = segment.split('.').next().unwrap_or_default();
        segment.len() <= LONGEST_NAME || uuid::Uuid::try_parse(stem).is_ok()
    };
    if path.split('/').all(telling) && !secret_path(path) {
        return Cow::Borrowed(path);
    }
    let shown = path.split('/').map(|segment| match telling(segment) {
        true => segment,
        false => "…",
    });
    let shown = shown.collect::<Vec<_>>().join("/");
    match secret_path(&shown) {
        true => Cow::Borrowed(SECRET_PATHS),
        false => Cow::Owned(shown),
    }
}

/// Everything of the wire that stands before and after the routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("wire", |rocket| async {
        rocket
            .attach(finish::Finish)
            .attach(gate::Gate)
            .mount("/", gate::routes())
            .register("/", catch::catchers())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_system() {
        for (method, path, system) in [
            (Method::Post, "/api/v1/events", System::Automation),
            (Method::Get, "/api/v1/events", System::BoxOffice),
            (Method::Post, "/api/v1/events/1/bookings", System::BoxOffice),
            (Method::Get, "/api/v1/signals/1", System::Automation),
            (Method::Get, "/api/v1/tokens", System::Automation),
            (Method::Put, "/api/v1/workflows/a", System::Automation),
            (Method::Get, "/api/v1/executions", System::Automation),
            (Method::Get, "/api/v1/webhooks", System::Automation),
            (Method::Get, "/api/v1", System::BoxOffice),
            (Method::Post, "/api/v1/auth/admin/login", System::BoxOffice),
            (Method::Get, "/internal/events/1", System::BoxOffice),
            (Method::Get, "/healthz", System::BoxOffice),
            (Method::Get, "/health/ready", System::BoxOffice),
            (Method::Get, "/proposals/v1/users", System::Proposals),
            (Method::Post, "/bubbles/v1/events", System::Federation),
            (Method::Get, "/api/events", System::Community),
            (Method::Get, "/api/feed", System::Community),
            (Method::Get, "/api/changes", System::Community),
            (Method::Get, "/api/v10/events", System::Community),
            (Method::Get, "/", System::Community),
            (Method::Get, "/healthy", System::Community),
            (Method::Get, "", System::Community),
        ] {
            assert_eq!(system_of(method, path), system, "{method} {path}");
        }
    }
}
