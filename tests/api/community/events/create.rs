//! `POST /api/events`: what is accepted and answered, and who may.

use super::*;

const BAD: &str = "An error occurred creating the event.";
const REQUIRED: [&str; 7] = [
    "title",
    "description",
    "location",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
];

/// Sends a body as it is and expects a 400.
#[track_caller]
fn refuse(client: &Client, body: &str) {
    client
        .raw(
            "POST",
            "/api/events",
            Some("application/json"),
            body.as_bytes(),
        )
        .refused(400);
}

#[test]
fn a_new_event_is_answered_whole() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Midsummer walk");

        let mut expected: Vec<&str> = PUBLIC_KEYS.into();
        expected.push("interested_by_me");
        expected.sort_unstable();
        assert_eq!(keys(&event), expected);

        let id = uuid::Uuid::parse_str(id_of(&event)).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        for (field, value) in new_event("Midsummer walk").as_object().expect("an object") {
            assert_eq!(&event[field], value, "{field}");
        }
        assert_eq!(event["creator_id"], ann.id());
        assert_eq!(event["timezone"], "UTC");
        assert_instant(&event["starts_at"], "2031-06-14T10:00:00Z");
        assert_instant(&event["ends_at"], "2031-06-14T12:00:00Z");
        assert_eq!(event["thumbnail"], Value::Null);
        assert_eq!(event["group_id"], Value::Null);
        assert_eq!(event["interested"], 0);
        assert_eq!(event["comments"], 0);
        assert_eq!(event["interested_by_me"], false);
        assert_stamp(&event["created_at"]);
        assert_eq!(event["created_at"], event["updated_at"]);
        assert_eq!(app.count("select count(*) from events"), 1);
    });
}

#[test]
fn times_without_seconds_are_accepted_and_answered_with_them() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = set(
            set(new_event("Walk"), "start_time", "09:05"),
            "end_time",
            "23:59",
        );
        let event = create_event(&ann, body);
        app.changes(&["event.published"]);
        assert_eq!(event["start_time"], "09:05:00");
        assert_eq!(event["end_time"], "23:59:00");
    });
}

#[test]
fn a_thumbnail_may_be_given_and_may_be_null() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for url in [
            "https://img.example.org/a.png",
            "http://img.example.org/a%20b.png?w=1&h=2#x",
        ] {
            let event = create_event(&ann, set(new_event("Walk"), "thumbnail", url));
            assert_eq!(event["thumbnail"], url);
            assert_eq!(read_event(&ann, &event), event);
        }
        let event = create_event(&ann, set(new_event("Walk"), "thumbnail", Value::Null));
        assert_eq!(event["thumbnail"], Value::Null);
        app.changes(&["event.published"; 3]);
    });
}

#[test]
fn null_stands_for_no_group() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, set(new_event("Walk"), "group_id", Value::Null));
        app.changes(&["event.published"]);
        assert_eq!(event["group_id"], Value::Null);
    });
}

#[test]
fn equal_events_may_exist_twice() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let first = announce(app, &ann, "Walk");
        let second = announce(app, &ann, "Walk");
        assert_ne!(first["id"], second["id"]);
    });
}

#[test]
fn unknown_keys_are_ignored() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let mut body = new_event("Walk");
        for (field, value) in [
            ("id", json!(UNKNOWN)),
            ("creator_id", json!(bob.id())),
            ("created_at", json!("2001-01-01 00:00:00")),
            ("interested", json!(7)),
            ("comments", json!("many")),
            ("revision", json!(9)),
            ("visible", json!(false)),
            ("deleted_at", json!("2001-01-01 00:00:00")),
            ("starts_at", json!("2001-01-01T00:00:00Z")),
            ("whatever", json!({ "a": [1, null] })),
        ] {
            body = set(body, field, value);
        }
        let event = create_event(&ann, body);
        app.changes(&["event.published"]);
        assert_ne!(event["id"], UNKNOWN);
        assert_eq!(event["creator_id"], ann.id());
        assert_eq!(event["interested"], 0);
        assert_eq!(event["comments"], 0);
        assert_instant(&event["starts_at"], "2031-06-14T10:00:00Z");
        let plain = announce(app, &ann, "Walk");
        assert_eq!(keys(&event), keys(&plain));
        assert_eq!(read_event(&app.anon(), &event)["title"], "Walk");
    });
}

#[test]
fn each_required_field_is_required() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in REQUIRED {
            ann.post("/api/events", without(new_event("Walk"), field))
                .error(400, BAD);
            ann.post("/api/events", set(new_event("Walk"), field, Value::Null))
                .error(400, BAD);
        }
        ann.post("/api/events", json!({})).error(400, BAD);
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}

#[test]
fn a_field_of_the_wrong_type_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in FIELDS.into_iter().chain(["group_id"]) {
            for value in [
                json!(20310614),
                json!(true),
                json!(["x"]),
                json!({ "x": 1 }),
            ] {
                ann.post("/api/events", set(new_event("Walk"), field, value))
                    .error(400, BAD);
            }
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}

#[test]
fn a_body_that_is_no_object_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = new_event("Walk");
        let values: Vec<&Value> = REQUIRED.iter().map(|field| &event[*field]).collect();
        for body in [
            json!(values),
            json!([event]),
            json!(null),
            json!("Walk"),
            json!(7),
        ] {
            ann.post("/api/events", body).refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn what_is_not_json_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let good = new_event("Walk").to_string();
        for body in ["", "{", "title=Walk", "nonsense", &good[1..]] {
            refuse(&ann, body);
        }
        refuse(&ann, &format!("{good},"));
        let broken = b"{\"title\":\"\xff\"}";
        ann.raw("POST", "/api/events", Some("application/json"), broken)
            .refused(400);
        app.changes(&[]);
    });
}

#[test]
fn a_key_given_twice_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let good = new_event("Walk").to_string();
        refuse(&ann, &good.replacen('{', r#"{"title":"Other","#, 1));
        refuse(
            &ann,
            &good.replacen('{', r#"{"start_date":"2031-06-14","#, 1),
        );
        app.changes(&[]);
    });
}

#[test]
fn deep_json_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let deep = "[".repeat(50_000) + &"]".repeat(50_000);
        refuse(&ann, &deep);
        refuse(
            &ann,
            &new_event("Walk").to_string().replace("\"Walk\"", &deep),
        );
        refuse(&ann, &"{\"title\":".repeat(10_000));
        app.changes(&[]);
    });
}

#[test]
fn a_lone_surrogate_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let good = new_event("Walk").to_string();
        for surrogate in [r"\ud800", r"\udc00", r"a\ud83ca", r"\udf89\ud83c"] {
            refuse(&ann, &good.replace("Walk", surrogate));
        }
        app.changes(&[]);
        let pair = good.replace("Walk", r"\ud83c\udfaa");
        let reply = ann.raw(
            "POST",
            "/api/events",
            Some("application/json"),
            pair.as_bytes(),
        );
        assert_eq!(data(&reply, 201, "Event Created")["title"], "🎪");
        app.changes(&["event.published"]);
    });
}

#[test]
fn a_body_that_is_not_declared_as_json_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = new_event("Walk").to_string();
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ] {
            ann.raw("POST", "/api/events", Some(kind), body.as_bytes())
                .refused(415);
        }
        app.changes(&[]);
        let json = Some("application/json; charset=utf-8");
        ann.raw("POST", "/api/events", json, body.as_bytes())
            .ok(201);
        app.changes(&["event.published"]);
    });
}

#[test]
fn an_unknown_group_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for group in [UNKNOWN, "nonsense"] {
            let body = set(new_event("Walk"), "group_id", group);
            ann.post("/api/events", body).error(404, "Group not found");
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}

#[test]
fn creating_needs_a_session() {
    each(|app| {
        app.anon()
            .post("/api/events", new_event("Walk"))
            .refused(401);
        app.anon().post("/api/events", json!({})).refused(401);
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}
