//! `POST /api/groups`.

use super::*;

const BAD: &str = "group creation failed";

/// Asserts that there is no group.
#[track_caller]
fn assert_none(app: &App) {
    app.changes(&[]);
    assert_eq!(app.count("select count(*) from groups"), 0);
    assert_eq!(app.count("select count(*) from group_members"), 0);
}

/// The title that a group gets.
#[track_caller]
fn stored(app: &App, client: &Client, title: &str) -> Value {
    let group = gather(app, client, title);
    let title = read_group(&app.anon(), &group)["title"].take();
    assert_eq!(group["title"], title);
    title
}

#[test]
fn a_new_group_is_answered_whole() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let reply = ann.post("/api/groups", json!({ "title": "Walkers" }));
        let answer = reply.ok(201);
        app.changes(&["group.created"]);
        assert_eq!(keys(&answer), ["data", "message"]);
        assert_eq!(answer["message"], "Group created successfully");

        let group = &answer["data"];
        assert_eq!(keys(group), KEYS);
        let id = uuid::Uuid::parse_str(id_of(group)).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(group["title"], "Walkers");
        assert_eq!(group["creator_id"], ann.id());
        assert_eq!(group["members"], 1);
        assert_stamp(&group["created_at"]);
        assert_eq!(group["updated_at"], group["created_at"]);
        assert_eq!(group["updated"], group["updated_at"]);
        assert_eq!(read_group(&app.anon(), group), *group);
        assert_eq!(app.count("select count(*) from groups"), 1);
    });
}

#[test]
fn the_creator_is_a_member() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Walkers");
        assert_members(app, &group, &["ann"]);
        assert_eq!(group_titles(&ann, MINE), ["Walkers"]);
        add(&ann, &group, ann.id()).error(403, ALREADY_IN);
        app.changes(&[]);
    });
}

#[test]
fn equal_groups_may_exist_twice() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let first = gather(app, &ann, "Walkers");
        let second = gather(app, &ann, "Walkers");
        let third = gather(app, &bob, "Walkers");
        assert_ne!(first["id"], second["id"]);
        assert_eq!(third["creator_id"], bob.id());
        assert_members(app, &third, &["bob"]);
        assert_eq!(groups_found(&app.anon(), "walkers").len(), 3);
    });
}

#[test]
fn a_title_has_1_to_120_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in ["x".to_owned(), "ø".repeat(120), "🎪".repeat(120)] {
            assert_eq!(stored(app, &ann, &title), title);
        }
        let (long, wide) = ("x".repeat(121), "🎪".repeat(121));
        for title in ["", "   ", "\n\t", "\u{2003}", long.as_str(), wide.as_str()] {
            let body = json!({ "title": title });
            ann.post("/api/groups", body).invalid(&["title"]);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from groups"), 3);
    });
}

#[test]
fn a_title_is_trimmed_and_normalised_before_it_is_measured() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        assert_eq!(stored(app, &ann, "  Cafe\u{301}\n"), "Caf\u{e9}");
        assert_eq!(stored(app, &ann, "Long\nwalk"), "Long walk");
        let composed = "\u{e9}".repeat(120);
        assert_eq!(stored(app, &ann, &"e\u{301}".repeat(120)), composed);
        let padded = format!("  {}  ", "x".repeat(120));
        assert_eq!(stored(app, &ann, &padded), "x".repeat(120));
    });
}

#[test]
fn markup_and_quotes_are_kept() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in [
            "<script>alert(\"x\")</script>",
            "'); drop table groups; --",
            "50 % & more \\ {{x}} ${y}",
        ] {
            assert_eq!(stored(app, &ann, title), title);
        }
    });
}

#[test]
fn nul_and_control_characters_are_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in ["a\0b", "\0", "a\u{7}b", "a\u{1b}[31mb", "a\tb", "a\u{7f}b"] {
            let body = json!({ "title": title });
            ann.post("/api/groups", body).invalid(&["title"]);
        }
        assert_none(app);
    });
}

#[test]
fn unknown_keys_are_ignored() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let body = json!({
            "title": "Walkers",
            "id": UNKNOWN,
            "group_id": UNKNOWN,
            "creator_id": bob.id(),
            "members": [bob.id()],
            "created_at": "2001-01-01 00:00:00",
            "deleted_at": "2001-01-01 00:00:00",
            "whatever": { "a": [1, null] },
        });
        let reply = ann.post("/api/groups", body);
        let group = data(&reply, 201, "Group created successfully");
        app.changes(&["group.created"]);
        assert_eq!(keys(&group), KEYS);
        assert_ne!(group["id"], UNKNOWN);
        assert_eq!(group["creator_id"], ann.id());
        assert_ne!(group["created_at"], "2001-01-01 00:00:00");
        assert_members(app, &group, &["ann"]);
    });
}

#[test]
fn a_title_that_is_missing_or_no_text_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for body in [
            json!({}),
            json!({ "name": "Walkers" }),
            json!({ "title": null }),
            json!({ "title": 7 }),
            json!({ "title": true }),
            json!({ "title": ["Walkers"] }),
            json!({ "title": { "en": "Walkers" } }),
        ] {
            ann.post("/api/groups", body).error(400, BAD);
        }
        assert_none(app);
    });
}

#[test]
fn what_is_no_json_object_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for body in [json!(["Walkers"]), json!([]), json!("Walkers"), json!(null)] {
            ann.post("/api/groups", body).refused(400);
        }
        let deep = format!("{{\"title\":{}", "[".repeat(50_000));
        for body in [
            "",
            "{",
            "title=Walkers",
            "{\"title\":\"Walkers\"},",
            r#"{"title":"a","title":"b"}"#,
            r#"{"title":"\ud800"}"#,
            deep.as_str(),
        ] {
            ann.raw(
                "POST",
                "/api/groups",
                Some("application/json"),
                body.as_bytes(),
            )
            .refused(400);
        }
        let broken = b"{\"title\":\"\xff\"}";
        ann.raw("POST", "/api/groups", Some("application/json"), broken)
            .refused(400);
        assert_none(app);
    });
}

#[test]
fn a_body_that_is_not_declared_as_json_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = br#"{"title":"Walkers"}"#;
        for kind in ["text/plain", "application/x-www-form-urlencoded"] {
            ann.raw("POST", "/api/groups", Some(kind), body)
                .refused(415);
        }
        assert_none(app);
    });
}

#[test]
fn making_a_group_needs_a_session() {
    each(|app| {
        let anon = app.anon();
        anon.post("/api/groups", json!({ "title": "Walkers" }))
            .refused(401);
        anon.post("/api/groups", json!({})).refused(401);
        anon.with("Cookie", "session=nonsense")
            .post("/api/groups", json!({ "title": "Walkers" }))
            .refused(401);
        assert_none(app);
    });
}

#[test]
fn a_change_never_holds_the_title() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Wintergreen walkers");
        ann.put(&group_path(&group), json!({ "title": "Evergreen walkers" }))
            .ok(200);
        ann.delete(&group_path(&group)).no_content();
        app.changes(&["group.updated", "group.deleted"]);
        let leaks = "select count(*) from changes where cast(fields as text) like '%ergreen%'";
        assert_eq!(app.count(leaks), 0);
    });
}

#[test]
fn a_repeated_call_makes_one_group() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let body = json!({ "title": "Walkers" });
        let keyed = ann.with("Idempotency-Key", "group-1");
        let first = keyed.post("/api/groups", body.clone());
        first.ok(201);
        app.changes(&["group.created"]);
        for _ in 0..2 {
            assert_replayed(&keyed.post("/api/groups", body.clone()), &first);
        }
        let other = keyed.post("/api/groups", json!({ "title": "Runners" }));
        assert_eq!(other.ok(422)["error"], "Unprocessable Entity");
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from groups"), 1);

        // The key of another person is another key.
        let keyed = bob.with("Idempotency-Key", "group-1");
        let theirs = keyed.post("/api/groups", body).ok(201);
        app.changes(&["group.created"]);
        assert_eq!(theirs["data"]["creator_id"], bob.id());
    });
}
