//! `PUT /api/events/{id}`: who may, and what is refused.

use super::*;

/// Sends an update of one field and expects a 422 that names it.
#[track_caller]
fn refuse(client: &Client, event: &Value, field: &str, value: impl Into<Value>) {
    client
        .put(&event_path(event), set(json!({}), field, value))
        .invalid(&[field]);
}

#[test]
fn only_the_creator_updates() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let path = event_path(&event);
        bob.put(&path, json!({ "title": "Mine" })).refused(403);
        bob.put(&path, json!({})).refused(403);
        app.anon()
            .put(&path, json!({ "title": "Mine" }))
            .refused(401);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
        update(&app.user("ann"), &event, json!({ "title": "Other" }));
        app.changes(&["event.updated"]);
    });
}

#[test]
fn an_event_without_a_creator_is_read_only() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        app.sql("update events set creator_id = null");
        let read = read_event(&ann, &event);
        assert_eq!(read["creator_id"], Value::Null);
        ann.put(&event_path(&event), json!({ "title": "Mine" }))
            .refused(403);
        ann.delete(&event_path(&event)).refused(403);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), read);
    });
}

#[test]
fn an_unknown_event_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = json!({ "title": "Other" });
        ann.put(&format!("/api/events/{UNKNOWN}"), body.clone())
            .error(404, "Event not found");
        for id in MALFORMED {
            ann.put(&format!("/api/events/{id}"), body.clone())
                .refused(404);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_update_is_held_to_the_bounds_of_creation() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for title in [
            String::new(),
            "  ".to_owned(),
            "x".repeat(121),
            "a\0b".to_owned(),
        ] {
            refuse(&ann, &event, "title", title);
        }
        for location in [String::new(), "x".repeat(1025), "a\u{7}b".to_owned()] {
            refuse(&ann, &event, "location", location);
        }
        refuse(&ann, &event, "description", "ø".repeat(10_001));
        refuse(&ann, &event, "description", "a\0b");
        for url in BAD_URLS {
            refuse(&ann, &event, "thumbnail", url);
        }
        refuse(&ann, &event, "thumbnail", url_of_length(2049));
        for field in ["start_date", "end_date"] {
            for date in ["", "nonsense", "2031-02-30", "31-1-1"] {
                refuse(&ann, &event, field, date);
            }
        }
        for field in ["start_time", "end_time"] {
            for time in ["", "noon", "25:00"] {
                refuse(&ann, &event, field, time);
            }
        }
        refuse(&ann, &event, "timezone", "Mars/Olympus");
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn an_update_may_not_move_the_end_before_the_stored_start() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let fields = ["start_date", "start_time", "end_date", "end_time"];
        for (field, value) in [
            ("end_time", "09:59:59"),
            ("end_date", "2031-06-13"),
            ("start_time", "12:00:01"),
            ("start_date", "2031-06-15"),
        ] {
            let reply = ann.put(&event_path(&event), json!({ field: value }));
            invalid_among(&reply, &fields);
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
        update(&ann, &event, json!({ "end_time": "10:00" }));
        app.changes(&["event.updated"]);
    });
}

#[test]
fn an_update_may_not_move_to_a_wall_time_that_the_clocks_skip() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = days("Night", "2026-03-28", "2026-03-30");
        let event = create_event(&ann, set(body, "timezone", "Europe/Oslo"));
        app.changes(&["event.published"]);
        let body = json!({ "start_date": "2026-03-29", "start_time": "02:30" });
        let reply = ann.put(&event_path(&event), body);
        invalid_among(&reply, &["start_date", "start_time", "timezone"]);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn one_wrong_field_keeps_the_good_ones_from_changing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({ "title": "Other", "location": "", "thumbnail": "nonsense" });
        ann.put(&event_path(&event), body)
            .invalid(&["location", "thumbnail"]);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn null_clears_nothing_but_the_thumbnail() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for field in FIELDS.into_iter().filter(|field| *field != "thumbnail") {
            ann.put(&event_path(&event), json!({ field: null }))
                .refused(400);
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn a_field_of_the_wrong_type_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for field in FIELDS.into_iter().chain(["group_id"]) {
            for value in [json!(7), json!(true), json!(["x"])] {
                ann.put(&event_path(&event), json!({ field: value }))
                    .refused(400);
            }
        }
        for body in [json!([]), json!(["Mine"]), json!(null), json!("Mine")] {
            ann.put(&event_path(&event), body).refused(400);
        }
        for body in [
            "",
            "{",
            r#"{"title":"a","title":"b"}"#,
            r#"{"title":"\ud800"}"#,
        ] {
            let json = Some("application/json");
            ann.raw("PUT", &event_path(&event), json, body.as_bytes())
                .refused(400);
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn an_unknown_group_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for group in [UNKNOWN, "nonsense"] {
            let body = json!({ "title": "Other", "group_id": group });
            ann.put(&event_path(&event), body)
                .error(404, "Group not found");
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn a_deleted_event_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        let body = json!({ "title": "Other" });
        ann.put(&event_path(&event), body)
            .error(404, "Event not found");
        app.changes(&[]);
    });
}
