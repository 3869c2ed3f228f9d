//! `DELETE /api/events/{id}`: who may, and what is gone from then on.

use super::*;

/// An event with a comment by someone else and a picture on it.
fn scene(app: &App, creator: &Client, guest: &Client) -> (Value, Value) {
    let body = set(new_event("Lantern walk"), "description", "Vermilion");
    let event = create_event(creator, set(body, "location", "Cobalt"));
    let body = json!({ "body": "Magenta", "image_url_list": ["https://img.example.org/teal.png"] });
    let reply = guest.post(&comments_path(&event), body);
    let comment = data(&reply, 201, "Comment saved successfully");
    app.changes(&["event.published", "comment.created"]);
    (event, comment)
}

#[test]
fn the_creator_deletes_with_one_change() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, _) = scene(app, &ann, &bob);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
    });
}

#[test]
fn nobody_else_deletes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, _) = scene(app, &ann, &bob);
        let sentence = "Only the creator can delete this event";
        bob.delete(&event_path(&event)).error(403, sentence);
        app.anon().delete(&event_path(&event)).refused(401);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event)["comments"], 1);
    });
}

#[test]
fn a_second_deletion_is_not_found() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, _) = scene(app, &ann, &bob);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        ann.delete(&event_path(&event))
            .error(404, "Event not found");
        bob.delete(&event_path(&event))
            .error(404, "Event not found");
        app.changes(&[]);
    });
}

#[test]
fn an_unknown_or_malformed_id_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        ann.delete(&format!("/api/events/{UNKNOWN}"))
            .error(404, "Event not found");
        for id in MALFORMED {
            ann.delete(&format!("/api/events/{id}")).refused(404);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_deleted_event_is_gone_from_every_read() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, comment) = scene(app, &ann, &bob);
        tick(app);
        announce(app, &bob, "Another");
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);

        for reader in [&ann, &bob, &app.anon()] {
            reader
                .get(&event_path(&event))
                .error(404, "Event not found");
            reader
                .get(&comments_path(&event))
                .error(404, "Comments not found");
            reader.get(&images_path(&comment)).refused(404);
            for query in ["", "order=start", "from=2031-06-14&to=2031-06-14"] {
                assert_eq!(titles(reader, query), ["Another"], "{query}");
            }
            for q in ["lantern", "vermilion", "cobalt"] {
                assert!(found(reader, q).is_empty(), "{q}");
            }
            assert!(titles(reader, &format!("creator={}", ann.id())).is_empty());
        }
        app.changes(&[]);
    });
}

#[test]
fn a_deleted_event_takes_no_more_writes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, comment) = scene(app, &ann, &bob);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);

        let image = format!(
            "{}/{}",
            images_path(&comment),
            text(&comment["images"][0]["image_id"])
        );
        let picture = json!({ "image_url": "https://img.example.org/b.png" });
        ann.put(&event_path(&event), json!({ "title": "Back" }))
            .refused(404);
        bob.post(&comments_path(&event), json!({ "body": "Hello?" }))
            .refused(404);
        bob.put(&comment_path(&comment), json!({ "body": "Hello?" }))
            .refused(404);
        bob.post(&images_path(&comment), picture).refused(404);
        bob.delete(&image).refused(404);
        bob.delete(&comment_path(&comment)).refused(404);
        ann.delete(&comment_path(&comment)).refused(404);
        app.changes(&[]);
    });
}

#[test]
fn other_events_keep_their_comments() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, _) = scene(app, &ann, &bob);
        let (other, comment) = scene(app, &ann, &bob);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        assert_eq!(read_event(&ann, &other)["comments"], 1);
        let (comments, _) = page(&app.anon(), &comments_path(&other), None);
        assert_eq!(comments, [comment]);
    });
}
