//! `PUT /api/events/{id}`: what changes, what stays, what is recorded.

use super::*;

/// Another good value for each field.
const OTHERS: [(&str, &str); 9] = [
    ("title", "Another walk"),
    ("description", "Bring\nlight clothes."),
    ("location", "Harbour"),
    ("start_date", "2031-06-13"),
    ("start_time", "09:30:00"),
    ("end_date", "2031-06-15"),
    ("end_time", "13:45:00"),
    ("timezone", "Europe/Oslo"),
    ("thumbnail", "https://img.example.org/other.png"),
];

/// The event without what follows from other fields.
fn essence(event: &Value) -> Value {
    let event = without(event.clone(), "starts_at");
    without(without(event, "ends_at"), "updated_at")
}

#[test]
fn each_field_changes_alone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (field, value) in OTHERS {
            let event = announce(app, &ann, "Walk");
            tick(app);
            let after = update(&ann, &event, json!({ field: value }));
            app.changes(&["event.updated"]);
            assert_eq!(
                essence(&after),
                set(essence(&event), field, value),
                "{field}"
            );
            assert_eq!(after["created_at"], event["created_at"]);
            assert_ne!(after["updated_at"], event["updated_at"]);
            assert_stamp(&after["updated_at"]);
            assert_eq!(read_event(&ann, &event), after);
        }
    });
}

#[test]
fn all_fields_change_together() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let mut body = json!({});
        for (field, value) in OTHERS {
            body = set(body, field, value);
        }
        let after = update(&ann, &event, body);
        app.changes(&["event.updated"]);
        for (field, value) in OTHERS {
            assert_eq!(after[field], value);
        }
        assert_instant(&after["starts_at"], "2031-06-13T09:30:00+02:00");
        assert_instant(&after["ends_at"], "2031-06-15T13:45:00+02:00");
        assert_eq!(changed_names(app, "event.updated", &FIELDS), FIELDS);
    });
}

#[test]
fn a_change_names_the_changed_fields_and_no_others() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (field, value) in OTHERS {
            let event = announce(app, &ann, "Walk");
            let same = set(without(new_event("Walk"), field), "timezone", "UTC");
            update(&ann, &event, set(same, field, value));
            app.changes(&["event.updated"]);
            assert_eq!(changed_names(app, "event.updated", &FIELDS), [field]);
        }
        let event = announce(app, &ann, "Walk");
        update(
            &ann,
            &event,
            json!({ "title": "Other", "location": "Harbour" }),
        );
        app.changes(&["event.updated"]);
        assert_eq!(
            changed_names(app, "event.updated", &FIELDS),
            ["title", "location"]
        );
    });
}

#[test]
fn names_of_fields_are_stored_as_a_json_array() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        update(&ann, &event, json!({ "title": "Other" }));
        app.changes(&["event.updated"]);
        let exact = "select count(*) from changes \
                     where topic = 'event.updated' and cast(fields as text) = '[\"title\"]'";
        assert_eq!(app.count(exact), 1);
    });
}

#[test]
fn a_change_never_holds_text() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Wintergreen walk");
        update(&ann, &event, json!({ "location": "Wintergreen hall" }));
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.updated", "event.cancelled"]);
        let leaks = "select count(*) from changes where cast(fields as text) like '%ergreen%'";
        assert_eq!(app.count(leaks), 0);
    });
}

#[test]
fn a_thumbnail_is_cleared_by_null() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = set(
            new_event("Walk"),
            "thumbnail",
            "https://img.example.org/a.png",
        );
        let event = create_event(&ann, body);
        app.changes(&["event.published"]);
        let after = update(&ann, &event, json!({ "thumbnail": null }));
        app.changes(&["event.updated"]);
        assert_eq!(after["thumbnail"], Value::Null);
        assert_eq!(changed_names(app, "event.updated", &FIELDS), ["thumbnail"]);
        update(&ann, &event, json!({ "thumbnail": null }));
        app.changes(&[]);
    });
}

#[test]
fn a_thumbnail_that_is_not_mentioned_stays() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let url = "https://img.example.org/a.png";
        let event = create_event(&ann, set(new_event("Walk"), "thumbnail", url));
        app.changes(&["event.published"]);
        assert_eq!(
            update(&ann, &event, json!({ "title": "Other" }))["thumbnail"],
            url
        );
        app.changes(&["event.updated"]);
    });
}

#[test]
fn an_update_without_a_difference_changes_and_records_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        tick(app);
        assert_eq!(update(&ann, &event, json!({})), event);
        assert_eq!(update(&ann, &event, new_event("Walk")), event);
        assert_eq!(update(&ann, &event, json!({ "title": "  Walk " })), event);
        assert_eq!(
            update(&ann, &event, json!({ "start_time": "10:00" })),
            event
        );
        assert_eq!(update(&ann, &event, json!({ "group_id": null })), event);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn unknown_keys_are_ignored() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        tick(app);
        let body = json!({
            "id": UNKNOWN,
            "creator_id": bob.id(),
            "created_at": "2001-01-01 00:00:00",
            "updated_at": "2001-01-01 00:00:00",
            "comments": 7,
            "interested": 7,
            "revision": 7,
            "visible": false,
            "deleted_at": "2001-01-01 00:00:00",
        });
        assert_eq!(update(&ann, &event, body), event);
        app.changes(&[]);
    });
}

#[test]
fn the_count_of_comments_survives_an_update() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        say(app, &bob, &event, "Hello");
        let after = update(&ann, &event, json!({ "title": "Other" }));
        app.changes(&["event.updated"]);
        assert_eq!(after["comments"], 1);
    });
}

#[test]
fn times_may_be_moved_past_each_other_together() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({ "start_date": "2031-08-01", "end_date": "2031-08-02" });
        let after = update(&ann, &event, body);
        app.changes(&["event.updated"]);
        assert_instant(&after["starts_at"], "2031-08-01T10:00:00Z");
        assert_instant(&after["ends_at"], "2031-08-02T12:00:00Z");
    });
}
