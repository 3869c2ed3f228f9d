//! The five systems of one server: each failure is told in the form of the system that its
//! path belongs to, whatever failed.

mod bodies;
mod limits;
mod paths;

use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::{Value, json};

use super::UNKNOWN;
use crate::support::*;
use System::{Automation, BoxOffice, Community, Federation, Proposals};

const JSON: Option<&str> = Some("application/json");

const SIGN_IN: &str = "/proposals/v1/auth/signin";
const LOGIN: &str = "/api/v1/auth/admin/login";
const TOKENS: &str = "/api/v1/tokens";
const LINK: &str = "/api/users/@me/link";

/// Whose form an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    Community,
    Proposals,
    BoxOffice,
    Automation,
    Federation,
}

/// What the systems call a status, in their order.
const CODES: [(u16, [&str; 5]); 8] = [
    (
        400,
        [
            "Bad Request",
            "BadRequest",
            "VALIDATION_FAILED",
            "validation_error",
            "invalid_input",
        ],
    ),
    (
        401,
        [
            "Unauthorized",
            "Unauthorized",
            "UNAUTHORIZED",
            "unauthorized",
            "unauthorized",
        ],
    ),
    (
        403,
        [
            "Forbidden",
            "Forbidden",
            "FORBIDDEN",
            "forbidden",
            "no such code",
        ],
    ),
    (
        404,
        [
            "Not Found",
            "NotFound",
            "NOT_FOUND",
            "not_found",
            "not_found",
        ],
    ),
    (
        405,
        [
            "Method Not Allowed",
            "MethodNotAllowed",
            "METHOD_NOT_ALLOWED",
            "method_not_allowed",
            "method_not_allowed",
        ],
    ),
    (
        413,
        [
            "Payload Too Large",
            "PayloadTooLarge",
            "PAYLOAD_TOO_LARGE",
            "payload_too_large",
            "payload_too_large",
        ],
    ),
    (
        415,
        [
            "Unsupported Media Type",
            "UnsupportedMediaType",
            "UNSUPPORTED_MEDIA_TYPE",
            "unsupported_media_type",
            "unsupported_media_type",
        ],
    ),
    (
        429,
        [
            "Too Many Requests",
            "TooManyRequests",
            "RATE_LIMITED",
            "rate_limited",
            "rate_limited",
        ],
    ),
];

/// What a system calls a status.
fn code(system: System, status: u16) -> &'static str {
    let named = CODES.iter().find(|(known, _)| *known == status);
    let (_, names) = named.unwrap_or_else(|| panic!("{status} has no code here"));
    names[system as usize]
}

/// The keys of an object, in alphabetical order.
#[track_caller]
fn keys(object: &Value) -> String {
    let object = object.as_object().expect("an object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys.join(" ")
}

/// Asserts a failure in the form of a system; answers what it says of fields.
#[track_caller]
fn told(system: System, reply: &Reply, status: u16) -> Value {
    reply.expect_status(status);
    let kind = reply.header("Content-Type").unwrap_or_default();
    assert!(kind.starts_with("application/json"), "{kind}: {reply:?}");
    let ids = reply.headers_all("X-Request-Id");
    assert_eq!(ids.len(), 1, "one request id: {reply:?}");
    let body = reply.json();
    let (inner, known, named) = match system {
        Community => (&body, "error message", "error"),
        Proposals => (&body, "errors message name status", "name"),
        BoxOffice => (&body["error"], "code details message timestamp", "code"),
        Automation => (&body["error"], "code details message", "code"),
        Federation => (&body, "code message", "code"),
    };
    assert_eq!(keys(inner), known, "{system:?}: {body}");
    assert_eq!(inner[named], code(system, status), "{system:?}: {body}");
    let sentence = inner["message"].as_str().unwrap_or_default();
    assert!(!sentence.is_empty(), "it says nothing: {body}");
    match system {
        Proposals => assert_eq!(body["status"], status, "{body}"),
        BoxOffice => {
            assert_eq!(keys(&body), "error");
            let stamp = inner["timestamp"].as_str().unwrap_or_default();
            let at = DateTime::parse_from_rfc3339(stamp).expect("RFC 3339");
            assert_eq!(at.offset().local_minus_utc(), 0, "UTC: {body}");
        }
        Automation => {
            assert_eq!(keys(&body), "error success");
            assert_eq!(body["success"], false);
        }
        Community | Federation => {}
    }
    match system {
        Proposals => inner["errors"].clone(),
        _ => inner["details"].clone(),
    }
}
