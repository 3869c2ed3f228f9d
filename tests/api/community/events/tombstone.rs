//! What stays of a deleted event, for 30 days.

use super::*;

/// Makes an event with a comment and a picture, and deletes it.
fn deleted(app: &App, client: &Client) -> Value {
    let body = set(new_event("Lantern walk"), "description", "Vermilion");
    let event = create_event(client, set(body, "location", "Cobalt"));
    let body = json!({ "body": "Magenta", "image_url_list": ["https://img.example.org/teal.png"] });
    client.post(&comments_path(&event), body).ok(201);
    client.delete(&event_path(&event)).no_content();
    app.changes(&["event.published", "comment.created", "event.cancelled"]);
    event
}

#[test]
fn a_tombstone_keeps_title_and_times() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = deleted(app, &ann);
        let kept = format!(
            "select count(*) from events where id = '{}' and title = 'Lantern walk' \
             and deleted_at is not null and starts_at is not null and ends_at is not null \
             and start_date is not null and end_date is not null and timezone = 'UTC'",
            id_of(&event)
        );
        assert_eq!(app.count(&kept), 1);
    });
}

#[test]
fn a_tombstone_has_no_description_no_location_and_is_found_by_its_title_alone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        deleted(app, &ann);
        let left = "select count(*) from events where \
                    coalesce(description, '') <> '' or coalesce(location, '') <> ''";
        assert_eq!(app.count(left), 0);
        let words = app.text("select words from event_search");
        assert_eq!(words.as_deref(), Some("lantern walk"));
    });
}

#[test]
fn no_text_of_a_deleted_event_is_reachable() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = deleted(app, &ann);
        for reader in [&ann, &app.anon()] {
            for path in [
                event_path(&event),
                comments_path(&event),
                "/api/events".to_owned(),
                "/api/events?order=start".to_owned(),
                "/api/events?q=magenta".to_owned(),
                format!("/api/events?creator={}", ann.id()),
            ] {
                let reply = reader.get(&path);
                for word in ["Lantern", "Vermilion", "Cobalt", "Magenta", "teal"] {
                    assert!(!reply.text().contains(word), "{word} shows at {path}");
                }
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn all_rows_go_after_30_days() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        deleted(app, &ann);
        let other = announce(app, &bob, "Another");
        say(app, &bob, &other, "Still here");
        let rows = || {
            ["events", "event_counters", "comments", "comment_images"]
                .map(|table| app.count(&format!("select count(*) from {table}")))
        };

        app.clock().advance(TimeDelta::days(29));
        app.sweep();
        assert_eq!(
            app.count("select count(*) from events where deleted_at is not null"),
            1
        );

        app.clock().advance(TimeDelta::hours(25));
        app.sweep();
        assert_eq!(rows(), [1, 1, 1, 0]);
        assert_eq!(
            app.count("select count(*) from events where deleted_at is not null"),
            0
        );
        assert_eq!(read_event(&app.anon(), &other)["comments"], 1);
        assert_eq!(found(&app.anon(), "another"), ["Another"]);
        app.changes(&[]);
    });
}

#[test]
fn a_sweep_leaves_living_events_alone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, days("Long ago", "1999-12-31", "1999-12-31"));
        app.changes(&["event.published"]);
        app.clock().advance(TimeDelta::days(400));
        app.sweep();
        assert_eq!(read_event(&app.anon(), &event)["title"], "Long ago");
        app.changes(&[]);
    });
}
