//! `Idempotency-Key`: what is no key, what a key does not fit, and what is not kept.

use serde_json::json;

use super::{UNKNOWN, keyed, make_event, picnic};
use crate::support::*;

/// Asserts a 422 in the community's envelope, with or without fields.
#[track_caller]
fn assert_another_call(reply: &Reply) {
    let body = reply.ok(422);
    assert_eq!(body["error"], "Unprocessable Entity", "{body}");
    assert!(body["message"].is_string(), "{body}");
    assert_eq!(reply.header("Idempotency-Replayed"), None);
}

#[test]
fn another_body_under_the_key_is_refused() {
    each(|app| {
        let ann = keyed(&app.user("ann"), "picnic-1");
        ann.post("/api/events", picnic()).ok(201);
        app.changes(&["user.created", "event.published"]);
        let mut other = picnic();
        other["title"] = "Barbecue".into();
        assert_another_call(&ann.post("/api/events", other));
        app.changes(&[]);
        // The key stays with the first call.
        let replay = ann.post("/api/events", picnic());
        assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
    });
}

#[test]
fn another_path_under_the_key_is_refused() {
    each(|app| {
        let ann = app.user("ann");
        let [one, two] = [(); 2].map(|()| format!("/api/events/{}/comments", make_event(&ann)));
        app.changes(&["user.created", "event.published", "event.published"]);
        let ann = keyed(&ann, "comment-1");
        ann.post(&one, json!({ "body": "Cake" })).ok(201);
        assert_another_call(&ann.post(&two, json!({ "body": "Cake" })));
        assert_another_call(&ann.post("/api/events", picnic()));
        assert_eq!(app.count("select count(*) from comments"), 1);
        app.changes(&["comment.created"]);
    });
}

#[test]
fn a_refused_call_leaves_its_key_free() {
    each(|app| {
        let ann = keyed(&app.user("ann"), "picnic-1");
        app.changes(&["user.created"]);
        let mut bad = picnic();
        bad["title"] = "".into();
        for _ in 0..2 {
            let refusal = ann.post("/api/events", bad.clone());
            refusal.invalid(&["title"]);
            assert_eq!(refusal.header("Idempotency-Replayed"), None);
        }
        ann.raw("POST", "/api/events", Some("application/json"), b"{")
            .refused(400);
        ann.post(
            &format!("/api/events/{UNKNOWN}/comments"),
            json!({ "body": "x" }),
        )
        .refused(404);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
        ann.post("/api/events", picnic()).ok(201);
        app.changes(&["event.published"]);
    });
}

#[test]
fn what_is_no_key_is_a_400() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let long = "k".repeat(300);
        for key in ["", long.as_str(), "a\tb", "a\u{1}b", "a\u{7f}b", "a\0b"] {
            let reply = keyed(&ann, key).post("/api/events", picnic());
            assert_eq!(reply.status(), 400, "{key:?}: {}", reply.text());
            reply.refused(400);
        }
        assert_eq!(app.count("select count(*) from events"), 0);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
        app.changes(&[]);
    });
}

#[test]
fn a_key_may_be_long_and_punctuated() {
    each(|app| {
        let ann = app.user("ann");
        let long = "k".repeat(200);
        for key in [
            "k",
            long.as_str(),
            "018f2f6e-7f6a-7000-8000-000000000001",
            "\"quoted:1/2\"",
        ] {
            let first = keyed(&ann, key).post("/api/events", picnic()).ok(201);
            let second = keyed(&ann, key).post("/api/events", picnic()).ok(201);
            assert_eq!(first, second, "{key}");
        }
        assert_eq!(app.count("select count(*) from events"), 4);
    });
}

#[test]
fn a_key_opens_nothing() {
    each(|app| {
        let ann = app.user("ann");
        keyed(&ann, "picnic-1")
            .post("/api/events", picnic())
            .ok(201);
        keyed(&app.anon(), "picnic-1")
            .post("/api/events", picnic())
            .refused(401);
        ann.get("/api/auth/logout").no_content();
        keyed(&ann, "picnic-1")
            .post("/api/events", picnic())
            .refused(401);
    });
}

#[test]
fn a_kept_answer_goes_when_its_person_goes() {
    each(|app| {
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        let path = format!("/api/events/{}/comments", make_event(&ann));
        keyed(&bob, "comment-1")
            .post(&path, json!({ "body": "x" }))
            .ok(201);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 1);
        app.sql("delete from comments");
        app.sql(&format!("delete from users where id = '{}'", bob.id()));
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
    });
}

#[test]
fn a_key_on_a_read_changes_nothing() {
    each(|app| {
        let ann = keyed(&app.user("ann"), "read-1");
        assert_eq!(ann.get("/api/auth/@me").ok(200)["data"]["name"], "ann");
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
    });
}
