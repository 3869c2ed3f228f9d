//! `DELETE /api/comments/{id}`.

use super::*;

#[test]
fn the_author_deletes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        bob.delete(&comment_path(&comment)).no_content();
        app.changes(&["comment.deleted"]);
        assert!(bodies(&bob, &event).is_empty());
        assert_eq!(count_of(&bob, &event), 0);
    });
}

#[test]
fn the_events_creator_deletes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        ann.delete(&comment_path(&comment)).no_content();
        app.changes(&["comment.deleted"]);
        assert!(bodies(&bob, &event).is_empty());
    });
}

#[test]
fn nobody_else_deletes() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        announce(app, &eve, "Eve's own event");
        let comment = say(app, &bob, &event, "Hello");
        eve.delete(&comment_path(&comment)).refused(403);
        app.anon().delete(&comment_path(&comment)).refused(401);
        app.changes(&[]);
        assert_eq!(bodies(&bob, &event), ["Hello"]);
        assert_eq!(count_of(&bob, &event), 1);
    });
}

#[test]
fn a_second_deletion_is_not_found_and_counts_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "one");
        say(app, &ann, &event, "two");
        ann.delete(&comment_path(&comment)).no_content();
        app.changes(&["comment.deleted"]);
        ann.delete(&comment_path(&comment)).refused(404);
        ann.put(&comment_path(&comment), json!({ "body": "Back" }))
            .refused(404);
        app.changes(&[]);
        assert_eq!(count_of(&ann, &event), 1);
        assert_eq!(bodies(&ann, &event), ["two"]);
    });
}

#[test]
fn an_unknown_or_malformed_comment_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN]) {
            ann.delete(&format!("/api/comments/{id}")).refused(404);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_deleted_comment_takes_its_pictures_along() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({ "body": "Look", "image_url_list": ["https://img.example.org/a.png"] });
        let reply = ann.post(&comments_path(&event), body);
        let comment = data(&reply, 201, "Comment saved successfully");
        ann.delete(&comment_path(&comment)).no_content();
        app.changes(&["comment.created", "comment.deleted"]);
        ann.get(&images_path(&comment)).refused(404);
        let picture = json!({ "image_url": "https://img.example.org/b.png" });
        ann.post(&images_path(&comment), picture).refused(404);
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from comment_images"), 0);
    });
}

#[test]
fn a_comment_on_an_event_without_a_creator_is_its_authors() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        app.sql("update events set creator_id = null");
        let comment = say(app, &bob, &event, "Hello");
        ann.delete(&comment_path(&comment)).refused(403);
        app.changes(&[]);
        bob.delete(&comment_path(&comment)).no_content();
        app.changes(&["comment.deleted"]);
    });
}
