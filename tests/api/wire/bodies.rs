//! Bodies that are too long, of the wrong type, or not JSON: refused, and nothing written.

use serde_json::json;

use super::picnic;
use crate::support::*;

/// Asserts that no event was made.
#[track_caller]
fn assert_no_event(app: &App) {
    assert_eq!(app.count("select count(*) from events"), 0);
    app.changes(&[]);
}

#[test]
fn a_body_of_two_mebibytes_is_refused() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let mut event = picnic();
        event["description"] = "x".repeat(2 << 20).into();
        ann.post("/api/events", event).refused(413);
        let spaces = vec![b' '; 2 << 20];
        ann.raw("POST", "/api/events", Some("application/json"), &spaces)
            .refused(413);
        ann.raw("PUT", "/api/users", Some("application/json"), &spaces)
            .refused(413);
        assert_no_event(app);
    });
}

#[test]
fn a_body_of_one_mebibyte_is_read_to_its_end() {
    each(|app| {
        let ann = app.user("ann");
        let mut body = picnic().to_string().into_bytes();
        body.resize(1 << 20, b' ');
        ann.raw("POST", "/api/events", Some("application/json"), &body)
            .ok(201);
        body.push(b' ');
        ann.raw("POST", "/api/events", Some("application/json"), &body)
            .refused(413);
        assert_eq!(app.count("select count(*) from events"), 1);
    });
}

#[test]
fn a_body_that_is_not_json_by_its_type_is_refused() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let body = picnic().to_string();
        for content_type in [
            None,
            Some("text/plain"),
            Some("text/json"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("application/octet-stream"),
            Some("nonsense"),
        ] {
            let reply = ann.raw("POST", "/api/events", content_type, body.as_bytes());
            assert_eq!(reply.status(), 415, "{content_type:?}: {}", reply.text());
            reply.refused(415);
        }
        assert_no_event(app);
    });
}

#[test]
fn a_content_type_may_tell_its_charset() {
    each(|app| {
        let ann = app.user("ann");
        let body = picnic().to_string();
        for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
            ann.raw("POST", "/api/events", Some(content_type), body.as_bytes())
                .ok(201);
        }
    });
}

#[test]
fn a_body_that_is_not_json_is_refused_in_the_endpoints_words() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let good = picnic().to_string();
        let twice = format!("{good}{good}");
        let deep = "[".repeat(20_000);
        let bodies: [&[u8]; 9] = [
            b"",
            b"{",
            b"nonsense",
            b"null",
            b"[]",
            b"{'title': 'Picnic'}",
            b"\xff\xfe",
            twice.as_bytes(),
            deep.as_bytes(),
        ];
        for body in bodies {
            let reply = ann.raw("POST", "/api/events", Some("application/json"), body);
            reply.error(400, "An error occurred creating the event.");
        }
        let reply = ann.raw("PUT", "/api/users", Some("application/json"), b"{");
        reply.error(400, "your request could not be completed");
        assert_no_event(app);
    });
}

#[test]
fn a_mistyped_field_is_a_400() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        for value in [
            json!(1),
            json!(true),
            json!(["Picnic"]),
            json!({ "en": "Picnic" }),
        ] {
            let mut event = picnic();
            event["title"] = value;
            let reply = ann.post("/api/events", event);
            reply.error(400, "An error occurred creating the event.");
        }
        assert_no_event(app);
    });
}
