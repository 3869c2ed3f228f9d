//! Which front ends may read answers with credentials (the Fetch standard's CORS protocol).

use serde_json::json;

use super::UNKNOWN;
use crate::support::*;

const SETTINGS: [(&str, &str); 1] = [(
    "FRONTEND_ORIGINS",
    "https://app.example.org,https://m.example.org",
)];

const LISTED: &str = "https://app.example.org";

/// The names of a header's comma-separated list, in lower case.
fn names(reply: &Reply, header: &str) -> Vec<String> {
    let lines = reply.headers_all(header);
    let names = lines.iter().flat_map(|line| line.split(','));
    names.map(|name| name.trim().to_ascii_lowercase()).collect()
}

/// Asserts that this origin, and no other, may read the answer with credentials.
#[track_caller]
fn assert_readable(reply: &Reply, origin: &str) {
    assert_eq!(reply.headers_all("Access-Control-Allow-Origin"), [origin]);
    assert_eq!(
        reply.headers_all("Access-Control-Allow-Credentials"),
        ["true"]
    );
    assert!(
        names(reply, "Vary").iter().any(|name| name == "origin"),
        "{reply:?}"
    );
}

#[track_caller]
fn assert_unreadable(reply: &Reply) {
    for header in ["Origin", "Credentials", "Methods", "Headers"] {
        let header = format!("Access-Control-Allow-{header}");
        assert_eq!(reply.header(&header), None, "{header}");
    }
}

fn preflight(app: &App, origin: &str, path: &str) -> Reply {
    let browser = app
        .anon()
        .with("Origin", origin)
        .with("Access-Control-Request-Method", "PUT")
        .with(
            "Access-Control-Request-Headers",
            "content-type, idempotency-key",
        );
    browser.raw("OPTIONS", path, None, b"")
}

#[test]
fn a_preflight_from_a_listed_origin_is_answered() {
    each_with(&SETTINGS, |app| {
        let comments = format!("/api/events/{UNKNOWN}/comments");
        for path in ["/api/users", "/api/events", "/api/auth", comments.as_str()] {
            let reply = preflight(app, LISTED, path);
            reply.no_content();
            assert_readable(&reply, LISTED);
            let methods = names(&reply, "Access-Control-Allow-Methods");
            for method in ["get", "post", "put", "delete"] {
                assert!(
                    methods.iter().any(|one| one == method),
                    "{path}: {methods:?}"
                );
            }
            let headers = names(&reply, "Access-Control-Allow-Headers");
            for header in ["content-type", "idempotency-key"] {
                assert!(
                    headers.iter().any(|one| one == header),
                    "{path}: {headers:?}"
                );
            }
            for list in [methods, headers] {
                // With credentials a star means nothing.
                assert!(!list.iter().any(|one| one == "*"), "{list:?}");
            }
        }
        let reply = preflight(app, "https://m.example.org", "/api/users");
        assert_readable(&reply, "https://m.example.org");
    });
}

#[test]
fn a_preflight_needs_no_session_and_makes_none() {
    each_with(&SETTINGS, |app| {
        let reply = preflight(app, LISTED, "/api/users");
        assert_eq!(reply.header("Set-Cookie"), None);
        assert_eq!(app.count("select count(*) from sessions"), 0);
    });
}

#[test]
fn a_preflight_from_another_origin_allows_nothing() {
    each_with(&SETTINGS, |app| {
        for origin in [
            "https://evil.example",
            "null",
            "https://app.example.org.evil.example",
        ] {
            assert_unreadable(&preflight(app, origin, "/api/users"));
        }
    });
}

#[test]
fn answers_to_a_listed_origin_are_readable_failures_too() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann").with("Origin", LISTED);
        for reply in [
            ann.get("/api/events"),
            ann.get("/api/nothing"),
            ann.put("/api/users", json!({ "name": "Ann" })),
            ann.put("/api/users", json!({ "name": "" })),
            app.anon().with("Origin", LISTED).get("/api/auth/@me"),
            ann.raw("PATCH", "/api/events", None, b""),
            ann.get("/api/auth/logout"),
        ] {
            assert_readable(&reply, LISTED);
        }
    });
}

#[test]
fn another_origin_is_answered_but_cannot_read_it() {
    each_with(&SETTINGS, |app| {
        for origin in [
            "https://evil.example",
            "null",
            "https://app.example.org.evil.example",
        ] {
            let reply = app.user("ann").with("Origin", origin).get("/api/events");
            reply.ok(200);
            assert_unreadable(&reply);
        }
    });
}

#[test]
fn without_front_ends_nobody_is_named() {
    each(|app| {
        let reply = app.anon().with("Origin", LISTED).get("/api/events");
        reply.ok(200);
        assert_unreadable(&reply);
        assert_unreadable(&preflight(app, LISTED, "/api/users"));
    });
}

#[test]
fn an_answer_that_depends_on_the_origin_says_so_to_caches() {
    each_with(&SETTINGS, |app| {
        let reply = app.anon().get("/api/events");
        assert!(
            names(&reply, "Vary").iter().any(|name| name == "origin"),
            "{reply:?}"
        );
    });
}
