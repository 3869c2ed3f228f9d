//! `PUT /api/comments/{id}`.

use super::*;

/// The comment after an accepted edit.
#[track_caller]
fn edit(client: &Client, comment: &Value, body: &str) -> Value {
    let reply = client.put(&comment_path(comment), json!({ "body": body }));
    data(&reply, 200, "Comment updated successfully")
}

#[test]
fn the_author_edits() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        tick(app);
        let after = edit(&bob, &comment, "Hello,\nagain");
        app.changes(&["comment.updated"]);
        assert_ne!(after["updated_at"], comment["updated_at"]);
        assert_stamp(&after["updated_at"]);
        let expected = set(comment, "body", "Hello,\nagain");
        assert_eq!(
            after,
            set(expected, "updated_at", after["updated_at"].clone())
        );
        let (listed, _) = page(&bob, &comments_path(&event), None);
        assert_eq!(listed, [after]);
        assert_eq!(count_of(&bob, &event), 1);
        assert_eq!(
            changed_names(app, "comment.updated", &["body", "images"]),
            ["body"]
        );
    });
}

#[test]
fn an_edit_keeps_the_pictures() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({ "body": "Look", "image_url_list": ["https://img.example.org/a.png"] });
        let reply = ann.post(&comments_path(&event), body);
        let comment = data(&reply, 201, "Comment saved successfully");
        let after = edit(&ann, &comment, "Look again");
        app.changes(&["comment.created", "comment.updated"]);
        assert_eq!(after["images"], comment["images"]);
    });
}

#[test]
fn an_edit_does_not_move_a_comment() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let first = say(app, &ann, &event, "one");
        tick(app);
        say(app, &ann, &event, "two");
        tick(app);
        edit(&ann, &first, "one, edited");
        app.changes(&["comment.updated"]);
        assert_eq!(bodies(&app.anon(), &event), ["one, edited", "two"]);
    });
}

#[test]
fn the_same_text_changes_and_records_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        tick(app);
        assert_eq!(edit(&ann, &comment, "Hello"), comment);
        assert_eq!(edit(&ann, &comment, "  Hello\n"), comment);
        app.changes(&[]);
    });
}

#[test]
fn nobody_else_edits_not_even_the_events_creator() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        let path = comment_path(&comment);
        ann.put(&path, json!({ "body": "Mine" })).refused(403);
        eve.put(&path, json!({ "body": "Mine" })).refused(403);
        app.anon()
            .put(&path, json!({ "body": "Mine" }))
            .refused(401);
        app.changes(&[]);
        assert_eq!(bodies(&bob, &event), ["Hello"]);
    });
}

#[test]
fn an_edit_is_held_to_the_bounds_of_a_new_comment() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let path = comment_path(&comment);
        let long = "🎪".repeat(4001);
        for body in ["", " \n ", long.as_str(), "a\0b"] {
            ann.put(&path, json!({ "body": body })).invalid(&["body"]);
        }
        for body in [
            json!({ "body": null }),
            json!({ "body": 7 }),
            json!([]),
            json!(["Mine"]),
        ] {
            ann.put(&path, body).refused(400);
        }
        ann.raw("PUT", &path, Some("application/json"), b"{")
            .refused(400);
        app.changes(&[]);
        assert_eq!(bodies(&ann, &event), ["Hello"]);
        edit(&ann, &comment, &"🎪".repeat(4000));
        app.changes(&["comment.updated"]);
    });
}

#[test]
fn an_edit_without_a_body_changes_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let status = ann.put(&comment_path(&comment), json!({})).status();
        assert!([200, 400].contains(&status), "{status}");
        app.changes(&[]);
        assert_eq!(bodies(&ann, &event), ["Hello"]);
    });
}

#[test]
fn an_unknown_or_malformed_comment_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN]) {
            ann.put(&format!("/api/comments/{id}"), json!({ "body": "Hello" }))
                .refused(404);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_comment_of_a_deleted_event_is_not_found() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        bob.put(&comment_path(&comment), json!({ "body": "Hello?" }))
            .refused(404);
        app.changes(&[]);
    });
}
