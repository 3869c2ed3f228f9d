//! What every answer looks like, whatever failed.

use std::collections::BTreeSet;

use serde_json::json;

use super::{UNKNOWN, make_event};
use crate::support::*;

/// One answer of every kind, by what it is.
fn one_of_each(app: &App) -> Vec<(&'static str, Reply)> {
    let (ann, bob) = (app.user("ann"), app.user("bob"));
    let event = format!("/api/events/{}", make_event(&ann));
    let anon = app.anon();
    let json = Some("application/json");
    let long = vec![b' '; 2 << 20];
    vec![
        ("200", anon.get("/api/events")),
        ("201", ann.put("/api/users", json!({ "name": "Ann" }))),
        ("204", anon.get("/api/auth/logout")),
        ("400", ann.raw("POST", "/api/events", json, b"{")),
        ("400 of a sign-in", anon.post("/api/auth", json!({}))),
        ("401", anon.get("/api/auth/@me")),
        ("403", bob.delete(&event)),
        (
            "403 of an origin",
            ann.with("Origin", "https://evil.example").delete(&event),
        ),
        ("404", anon.get(&format!("/api/events/{UNKNOWN}"))),
        ("404 of a malformed id", anon.get("/api/events/nonsense")),
        ("404 of a route", anon.get("/api/nothing/here")),
        ("404 outside the API", anon.get("/nothing")),
        ("405", anon.raw("PATCH", "/api/events", json, b"{}")),
        ("413", ann.raw("POST", "/api/events", json, &long)),
        (
            "415",
            ann.raw("POST", "/api/events", Some("text/plain"), b"{}"),
        ),
        ("422", ann.put("/api/users", json!({ "name": "" }))),
        ("a redirect", anon.get("/api/auth/google")),
        ("the document", anon.get("/api-docs/openapi.json")),
    ]
}

#[test]
fn a_failure_has_two_keys_whatever_failed() {
    each(|app| {
        for (what, reply) in one_of_each(app) {
            let expected = what
                .split(' ')
                .next()
                .and_then(|status| status.parse::<u16>().ok());
            if let Some(status) = expected {
                assert_eq!(reply.status(), status, "{what}: {}", reply.text());
            }
            match reply.status() {
                422 => reply.invalid(&["name"]),
                status if status >= 400 => drop(reply.refused(status)),
                _ => {}
            }
        }
    });
}

#[test]
fn every_body_is_json_by_its_type() {
    each(|app| {
        for (what, reply) in one_of_each(app) {
            if !reply.text().is_empty() && what != "a redirect" {
                let kind = reply.header("Content-Type").unwrap_or_default();
                assert!(kind.starts_with("application/json"), "{what}: {kind}");
            }
        }
    });
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    each(|app| {
        let mut seen = BTreeSet::new();
        for (what, reply) in one_of_each(app) {
            let ids = reply.headers_all("X-Request-Id");
            assert_eq!(ids.len(), 1, "{what} has one request id: {ids:?}");
            assert!(ids[0].len() >= 16, "{what}: {ids:?}");
            assert!(
                seen.insert(ids[0].to_owned()),
                "{what} has an id that was given before"
            );
        }
    });
}

#[test]
fn a_caller_does_not_choose_the_request_id() {
    each(|app| {
        let reply = app.anon().with("X-Request-Id", "mine").get("/api/events");
        assert_ne!(reply.header("X-Request-Id"), Some("mine"));
    });
}

#[test]
fn every_answer_has_the_security_headers() {
    each(|app| {
        for (what, reply) in one_of_each(app) {
            assert_eq!(
                reply.header("X-Content-Type-Options"),
                Some("nosniff"),
                "{what}"
            );
            for name in ["Referrer-Policy", "Content-Security-Policy"] {
                assert!(
                    reply.header(name).is_some_and(|value| !value.is_empty()),
                    "{what}: {name}"
                );
            }
        }
    });
}

#[test]
fn no_answer_tells_what_serves_it() {
    each(|app| {
        for (what, reply) in one_of_each(app) {
            assert_eq!(reply.header("Server"), None, "{what}");
            assert_eq!(reply.header("X-Powered-By"), None, "{what}");
        }
    });
}

#[test]
fn an_unknown_route_is_a_404_for_every_method() {
    each(|app| {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for path in ["/api", "/api/nothing", "/api/events/x/y/z", "/nothing", "/"] {
                app.anon().raw(method, path, None, b"").refused(404);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_path_that_is_no_text_is_a_404_or_400_in_the_envelope() {
    each(|app| {
        for path in [
            "/api/events/%FF",
            "/api/events/%00",
            "/api/%2e%2e/events",
            "/api/events/%",
        ] {
            let reply = app.anon().get(path);
            assert!(
                [400, 404].contains(&reply.status()),
                "{path}: {}",
                reply.status()
            );
            reply.refused(reply.status());
        }
    });
}
