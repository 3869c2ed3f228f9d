//! `PUT /api/groups/{id}`.

use super::*;

const BAD: &str = "Something is wrong with the request data";

fn unknown(id: &str) -> String {
    format!("Group with ID {id} not found")
}

/// The group after an accepted update.
#[track_caller]
fn rename(client: &Client, group: &Value, title: &str) -> Value {
    let reply = client.put(&group_path(group), json!({ "title": title }));
    data(&reply, 200, "Group updated successfully")
}

#[test]
fn the_creator_renames() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        tick(app);
        let reply = ann.put(&group_path(&group), json!({ "title": "Hikers" }));
        app.changes(&["group.updated"]);
        assert_eq!(changed_names(app, "group.updated", &KEYS), ["title"]);

        let answer = reply.ok(200);
        assert_eq!(keys(&answer), ["data", "group", "message"]);
        assert_eq!(answer["message"], "Group updated successfully");
        assert_eq!(answer["data"], answer["group"]);
        let after = &answer["data"];
        assert_eq!(keys(after), KEYS);
        assert_eq!(after["title"], "Hikers");
        assert_eq!(after["members"], 2);
        for kept in ["id", "creator_id", "created_at"] {
            assert_eq!(after[kept], group[kept], "{kept}");
        }
        assert_stamp(&after["updated_at"]);
        assert!(text(&after["updated_at"]) > text(&group["updated_at"]));
        assert_eq!(after["updated"], after["updated_at"]);
        assert_eq!(read_group(&app.anon(), &group), *after);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn the_same_title_changes_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Café");
        tick(app);
        for title in ["Café", "  Café ", "Cafe\u{301}"] {
            assert_eq!(rename(&ann, &group, title), group);
        }
        app.changes(&[]);
        assert_eq!(read_group(&ann, &group), group);
    });
}

#[test]
fn case_counts_as_a_difference() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "walkers");
        assert_eq!(rename(&ann, &group, "Walkers")["title"], "Walkers");
        app.changes(&["group.updated"]);
    });
}

#[test]
fn nobody_else_renames() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        gather(app, &eve, "Eve's own group");
        enrol(app, &ann, &group, &[&bob]);
        let before = read_group(&ann, &group);
        let body = json!({ "title": "Hijacked" });
        for (caller, status) in [(&bob, 403), (&eve, 403), (&app.anon(), 401)] {
            caller
                .put(&group_path(&group), body.clone())
                .refused(status);
        }
        app.anon().put(&group_path(&group), json!({})).refused(401);
        let nowhere = format!("/api/groups/{UNKNOWN}");
        app.anon().put(&nowhere, body).refused(401);
        app.changes(&[]);
        assert_eq!(read_group(&ann, &group), before);
        assert!(groups_found(&ann, "hijacked").is_empty());
    });
}

#[test]
fn an_unknown_or_malformed_group_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = json!({ "title": "Walkers" });
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id()]) {
            let reply = ann.put(&format!("/api/groups/{id}"), body.clone());
            if id.contains('%') {
                reply.refused(404);
            } else {
                reply.error(404, &unknown(id));
            }
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from groups"), 0);
    });
}

#[test]
fn a_title_that_is_missing_or_no_text_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Walkers");
        for body in [
            json!({}),
            json!({ "name": "Hikers" }),
            json!({ "title": null }),
            json!({ "title": 7 }),
            json!({ "title": false }),
            json!({ "title": ["Hikers"] }),
        ] {
            ann.put(&group_path(&group), body).error(400, BAD);
        }
        for body in [json!([]), json!(["Hikers"]), json!("Hikers"), json!(null)] {
            ann.put(&group_path(&group), body).refused(400);
        }
        for body in [
            "",
            "{",
            r#"{"title":"a","title":"b"}"#,
            r#"{"title":"\udc00"}"#,
        ] {
            let kind = Some("application/json");
            ann.raw("PUT", &group_path(&group), kind, body.as_bytes())
                .refused(400);
        }
        let kind = Some("text/plain");
        ann.raw("PUT", &group_path(&group), kind, br#"{"title":"Hikers"}"#)
            .refused(415);
        app.changes(&[]);
        assert_eq!(read_group(&ann, &group), group);
    });
}

#[test]
fn a_title_keeps_its_bounds() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Walkers");
        let (long, wide) = ("x".repeat(121), "🎪".repeat(121));
        for title in [
            "",
            " \n ",
            "a\0b",
            "a\u{7}b",
            "a\tb",
            long.as_str(),
            wide.as_str(),
        ] {
            let body = json!({ "title": title });
            ann.put(&group_path(&group), body).invalid(&["title"]);
        }
        app.changes(&[]);
        assert_eq!(read_group(&ann, &group), group);
        assert_eq!(groups_found(&ann, "walkers"), ["Walkers"]);
        for (title, stored) in [
            (
                "  Cafe\u{301}\nclub ".to_owned(),
                "Caf\u{e9} club".to_owned(),
            ),
            ("e\u{301}".repeat(120), "\u{e9}".repeat(120)),
            ("🎪".repeat(120), "🎪".repeat(120)),
        ] {
            assert_eq!(rename(&ann, &group, &title)["title"], stored);
        }
        app.changes(&["group.updated"; 3]);
    });
}

#[test]
fn nothing_but_the_title_can_be_set() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        tick(app);
        let body = json!({
            "title": "Walkers",
            "id": UNKNOWN,
            "creator_id": bob.id(),
            "members": [bob.id()],
            "updated_at": "2001-01-01 00:00:00",
            "deleted_at": "2001-01-01 00:00:00",
        });
        let reply = ann.put(&group_path(&group), body);
        assert_eq!(data(&reply, 200, "Group updated successfully"), group);
        app.changes(&[]);
        assert_eq!(read_group(&bob, &group), group);
        assert_members(app, &group, &["ann"]);
    });
}

#[test]
fn a_renamed_group_is_found_by_its_new_words_only() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Lantern walkers");
        rename(&ann, &group, "Torch walkers");
        app.changes(&["group.updated"]);
        let anon = app.anon();
        assert!(groups_found(&anon, "lantern").is_empty());
        assert_eq!(groups_found(&anon, "torch walkers"), ["Torch walkers"]);
        assert_eq!(group_titles(&ann, MINE), ["Torch walkers"]);
    });
}

#[test]
fn a_deleted_group_is_not_renamed() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        ann.delete(&group_path(&group)).no_content();
        app.changes(&["group.deleted"]);
        for caller in [&ann, &bob] {
            let reply = caller.put(&group_path(&group), json!({ "title": "Back" }));
            reply.error(404, &unknown(id_of(&group)));
        }
        app.changes(&[]);
        assert!(groups_found(&ann, "back").is_empty());
    });
}

#[test]
fn someone_suspended_writes_nothing_about_groups() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        for person in [&ann, &bob] {
            let id = person.id();
            app.sql(&format!(
                "update users set suspended_at = created_at where id = '{id}'"
            ));
        }
        let [ann, bob] = ["ann", "bob"].map(|name| app.user(name));
        let body = json!({ "title": "Hikers" });
        ann.post("/api/groups", body.clone()).refused(403);
        ann.put(&group_path(&group), body).refused(403);
        ann.delete(&group_path(&group)).refused(403);
        add(&ann, &group, cem.id()).refused(403);
        remove(&ann, &group, bob.id()).refused(403);
        remove(&bob, &group, bob.id()).refused(403);
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob"]);
        assert_eq!(group_titles(&bob, MINE), ["Walkers"]);
    });
}
