//! Methods and paths: HEAD, 405 with `Allow`, malformed ids, and forms that pretend.

use std::collections::BTreeSet;

use serde_json::json;

use super::{UNKNOWN, make_event, routes};
use crate::support::*;

/// A body that every call with an id takes.
const ANY_BODY: &[u8] = br#"{"title":"t","body":"b","image_url":"https://img.example.org/1.png"}"#;

#[test]
fn head_answers_like_get_without_the_body() {
    each(|app| {
        let ann = app.user("ann");
        let event = format!("/api/events/{}", make_event(&ann));
        for path in [
            "/api/events",
            event.as_str(),
            "/api/auth/@me",
            "/api/nothing",
            "/api/events/x",
        ] {
            let (get, head) = (ann.get(path), ann.raw("HEAD", path, None, b""));
            assert_eq!(head.status(), get.status(), "{path}");
            assert_eq!(head.text(), "", "{path}");
            assert_eq!(
                head.header("Content-Type"),
                get.header("Content-Type"),
                "{path}"
            );
            assert!(head.header("X-Request-Id").is_some(), "{path}");
        }
    });
}

#[test]
fn a_wrong_method_is_a_405_that_lists_the_right_ones() {
    each(|app| {
        let routes = routes(app);
        let paths: BTreeSet<String> = routes.iter().map(|route| route.filled(UNKNOWN)).collect();
        for path in paths {
            let right: BTreeSet<&str> = routes
                .iter()
                .filter(|route| route.matches(&path))
                .map(|route| route.method.as_str())
                .collect();
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                if right.contains(method) {
                    continue;
                }
                let reply = app.anon().raw(method, &path, None, b"");
                let sentence = "The HTTP method used is not allowed for this endpoint.";
                reply.error(405, sentence);
                let allow = reply.header("Allow").expect("a 405 says what is allowed");
                let allow: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
                assert!(allow.is_superset(&right), "{method} {path}: {allow:?}");
                // HEAD and OPTIONS come along by themselves.
                let mut more = allow.difference(&right);
                assert!(
                    more.all(|one| ["HEAD", "OPTIONS"].contains(one)),
                    "{path}: {allow:?}"
                );
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_wrong_method_is_a_405_for_whoever_is_signed_in_too() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        ann.raw("PATCH", "/api/events", Some("application/json"), b"{}")
            .refused(405);
        ann.delete("/api/users").refused(405);
        ann.get("/api/comments/01890000-0000-7000-8000-000000000000")
            .refused(405);
        app.changes(&[]);
    });
}

#[test]
fn a_malformed_id_is_a_404_on_every_route() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let varying: Vec<_> = routes(app)
            .into_iter()
            .filter(|route| route.varies() && !route.is_of_admins())
            .collect();
        assert!(!varying.is_empty(), "there are routes with ids");
        for route in varying {
            for id in [
                "nonsense",
                "1",
                "%00",
                "01890000-0000-7000-8000-00000000000g",
            ] {
                let path = route.filled(id);
                let body = Some("application/json");
                let reply = match route.method.as_str() {
                    "GET" | "DELETE" => ann.raw(&route.method, &path, None, b""),
                    method => ann.raw(method, &path, body, ANY_BODY),
                };
                assert_eq!(
                    reply.status(),
                    404,
                    "{} {path}: {}",
                    route.method,
                    reply.text()
                );
                reply.refused(404);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_form_does_not_choose_its_method() {
    each(|app| {
        let ann = app.user("ann");
        let event = format!("/api/events/{}", make_event(&ann));
        app.changes(&["user.created", "event.published"]);
        let form = Some("application/x-www-form-urlencoded");
        for field in ["_method=delete", "_method=DELETE", "_method=put&title=Mine"] {
            let reply = ann.raw("POST", &event, form, field.as_bytes());
            assert!(
                [405, 415].contains(&reply.status()),
                "{field}: {}",
                reply.status()
            );
            reply.refused(reply.status());
        }
        let boundary = Some("multipart/form-data; boundary=x");
        let body =
            b"--x\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\ndelete\r\n--x--";
        let reply = ann.raw("POST", &event, boundary, body);
        assert!(
            [405, 415].contains(&reply.status()),
            "multipart: {}",
            reply.status()
        );
        app.changes(&[]);
        app.anon().get(&event).ok(200);
    });
}

#[test]
fn a_form_does_not_sign_anyone_out_of_other_sessions() {
    each(|app| {
        let (one, two) = (app.user("ann"), app.user("ann"));
        let form = Some("application/x-www-form-urlencoded");
        let reply = one.raw("POST", "/api/auth/sessions", form, b"_method=delete");
        assert!([405, 415].contains(&reply.status()), "{}", reply.text());
        two.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn a_method_override_header_is_no_method() {
    each(|app| {
        let ann = app.user("ann");
        let event = format!("/api/events/{}", make_event(&ann));
        let caller = ann.with("X-HTTP-Method-Override", "DELETE");
        caller.post(&event, json!({})).refused(405);
        app.anon().get(&event).ok(200);
    });
}
