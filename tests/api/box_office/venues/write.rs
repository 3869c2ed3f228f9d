//! POST and PUT of venues: what is kept, what is refused, and the events that hold a capacity.

use super::*;

/// The texts of a venue, and how many characters each may have.
const TEXTS: [(&str, usize); 6] = [
    ("name", 120),
    ("address", 200),
    ("city", 100),
    ("state", 100),
    ("country", 100),
    ("postal_code", 20),
];

/// Those that a venue needs.
const NEEDED: [&str; 5] = ["name", "address", "city", "country", "capacity"];

/// Sends a value in a new venue, and in a change of one that is there.
fn both(client: &Client, venue: &Value, field: &str, value: &Value) -> [Reply; 2] {
    let change = set(json!({}), field, value.clone());
    [
        client.post(VENUES, set(hall(), field, value.clone())),
        client.put(&path_of(venue), change),
    ]
}

#[track_caller]
fn refuses(client: &Client, venue: &Value, field: &str, value: impl Into<Value>) {
    for reply in both(client, venue, field, &value.into()) {
        invalid(&reply, field);
    }
}

/// Asserts that both are made, and what they keep.
#[track_caller]
fn takes(app: &App, client: &Client, venue: &Value, field: &str, value: &Value, kept: &Value) {
    let [new, changed] = both(client, venue, field, value);
    for venue in [new.ok(201), changed.ok(200)] {
        assert_eq!(venue[field], *kept, "{field}");
        assert_eq!(client.get(&path_of(&venue)).ok(200), venue);
    }
    app.changes(&["venue.created", "venue.updated"]);
}

#[test]
fn a_venue_is_told_as_it_was_given() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for admin in [&ann, &app.super_admin()] {
            let before = app.clock().now() - TimeDelta::seconds(1);
            let body = whole_hall();
            let venue = open(app, admin, body.clone());
            assert_eq!(keys(&venue).join(" "), FIELDS);
            for field in keys(&body) {
                assert_eq!(venue[field], body[field], "{field}");
            }
            let made = moment(&venue["created_at"]);
            assert!(made >= before, "{made}");
            assert!(made <= app.clock().now(), "{made}");
            assert_eq!(moment(&venue["updated_at"]), made);
            assert_eq!(admin.get(&path_of(&venue)).ok(200), venue);
        }
        let venue = open(app, &ann, hall());
        assert_eq!(keys(&venue).join(" "), FIELDS);
        for field in ["state", "postal_code", "layout_config"] {
            assert_eq!(venue[field], Value::Null, "{field}");
        }
        let mut nothing = hall();
        for field in ["state", "postal_code", "layout_config"] {
            nothing[field] = Value::Null;
        }
        let other = open(app, &ann, nothing);
        // Two of the same name are two.
        assert_ne!(id_of(&other), id_of(&venue));
        assert_eq!(other["layout_config"], Value::Null);
    });
}

#[test]
fn what_is_not_the_owners_to_say_is_ignored() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let strange = json!({
            "venue_id": UNKNOWN, "admin_id": UNKNOWN, "owner": UNKNOWN, "nonsense": [1, 2, 3],
            "created_at": "2001-01-01T00:00:00Z", "updated_at": "2001-01-01T00:00:00Z",
        });
        let mut body = hall();
        for key in keys(&strange) {
            body[key] = strange[key].clone();
        }
        let venue = open(app, &ann, body);
        assert_eq!(keys(&venue).join(" "), FIELDS);
        assert_ne!(id_of(&venue), UNKNOWN);
        assert_ne!(venue["created_at"], strange["created_at"]);
        assert_eq!(ann.put(&path_of(&venue), strange).ok(200), venue);
        untouched(app, &venue);
    });
}

#[test]
fn each_field_is_changed_by_itself() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let mut venue = open(app, &ann, whole_hall());
        for (field, value) in [
            ("name", json!("Opera")),
            ("address", json!("1 Fjord Road")),
            ("city", json!("Voss")),
            ("state", json!("Viken")),
            ("country", json!("Sweden")),
            ("postal_code", json!("5700")),
            ("capacity", json!(251)),
            ("layout_config", json!({ "rows": [] })),
            ("state", Value::Null),
            ("postal_code", Value::Null),
            ("layout_config", Value::Null),
        ] {
            app.clock().advance(TimeDelta::seconds(1));
            let change = set(json!({}), field, value.clone());
            let changed = ann.put(&path_of(&venue), change).ok(200);
            app.changes(&["venue.updated"]);
            let before = moment(&venue["updated_at"]);
            assert!(moment(&changed["updated_at"]) > before, "{field}");
            let expected = set(venue, field, value);
            let expected = set(expected, "updated_at", changed["updated_at"].clone());
            assert_eq!(changed, expected);
            assert_eq!(ann.get(&path_of(&changed)).ok(200), changed);
            venue = changed;
        }
    });
}

#[test]
fn what_differs_in_nothing_is_no_change() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = open(app, &ann, whole_hall());
        app.clock().advance(TimeDelta::seconds(2));
        for same in [
            json!({}),
            whole_hall(),
            json!({ "name": " Town Hall " }),
            json!({ "layout_config": whole_hall()["layout_config"] }),
        ] {
            assert_eq!(ann.put(&path_of(&venue), same).ok(200), venue);
        }
        untouched(app, &venue);
    });
}

#[test]
fn texts_are_one_line_of_a_bounded_length() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = open(app, &ann, whole_hall());
        for (field, most) in TEXTS {
            for bad in ["A\0b", "A\u{7}b", "\u{1b}[31mA", "A\u{9f}b"] {
                refuses(&ann, &venue, field, bad);
            }
            refuses(&ann, &venue, field, "\u{fc}".repeat(most + 1));
            for bad in [json!(7), json!(true), json!([]), json!({})] {
                refuses(&ann, &venue, field, bad);
            }
            if NEEDED.contains(&field) {
                for bad in ["", " ", "\u{3000}"] {
                    refuses(&ann, &venue, field, bad);
                }
            }
            untouched(app, &venue);
        }
        for (field, most) in TEXTS {
            let long = "\u{fc}".repeat(most);
            for (given, kept) in [
                ("  Voss  ", "Voss"),
                ("Cafe\u{301}", "Caf\u{e9}"),
                ("O'Hara <b> %00 \\\"", "O'Hara <b> %00 \\\""),
                (long.as_str(), long.as_str()),
            ] {
                takes(app, &ann, &venue, field, &json!(given), &json!(kept));
            }
        }
    });
}

#[test]
fn a_capacity_is_a_whole_number_up_to_a_million() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = open(app, &ann, hall());
        for bad in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!(1e300),
            json!(-9_223_372_036_854_775_808_i64),
            json!(1_000_001),
            json!(2_147_483_648_u64),
            json!(4_294_967_297_u64),
            json!(9_223_372_036_854_775_808_u64),
            json!("10"),
            json!(true),
            json!([10]),
            json!({}),
        ] {
            refuses(&ann, &venue, "capacity", bad);
        }
        let body = hall().to_string();
        for bad in ["18446744073709551617", "1e400", "010", "0x10", "NaN"] {
            let body = body.replace("250", bad);
            let reply = ann.raw("POST", VENUES, Some("application/json"), body.as_bytes());
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        untouched(app, &venue);
        for good in [json!(1), json!(1_000_000)] {
            takes(app, &ann, &venue, "capacity", &good, &good);
        }
    });
}

#[test]
fn a_layout_is_an_object_of_at_most_64_kib() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = open(app, &ann, hall());
        // `{"a":""}` is eight bytes of it.
        let layout = |size: usize| json!({ "a": "x".repeat(size - 8) });
        for bad in [
            json!([]),
            json!("{}"),
            json!(7),
            json!(true),
            layout(64 * 1024 + 1),
            layout(500_000),
        ] {
            refuses(&ann, &venue, "layout_config", bad);
        }
        untouched(app, &venue);
        for good in [
            json!({}),
            json!({ "rows": [{ "name": "\u{c5} \u{1f3b7}", "seats": [1, 2.5, null, true] }] }),
            json!({ "": 18_446_744_073_709_551_615_u64, "'; --": -1, "b": { "a": 0.1 } }),
            layout(64 * 1024),
        ] {
            takes(app, &ann, &venue, "layout_config", &good, &good);
        }
        // A NUL is kept or refused, on every database.
        let reply = ann.put(
            &path_of(&venue),
            json!({ "layout_config": { "a\0": "b\0" } }),
        );
        match reply.status() {
            200 => assert_eq!(reply.json()["layout_config"], json!({ "a\0": "b\0" })),
            _ => invalid(&reply, "layout_config"),
        }
    });
}

#[test]
fn all_that_is_missing_or_wrong_is_named() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = open(app, &ann, hall());
        for field in NEEDED {
            invalid(&ann.post(VENUES, without(hall(), field)), field);
            invalid(&ann.post(VENUES, set(hall(), field, Value::Null)), field);
        }
        invalid(&ann.post(VENUES, json!({})), "name");
        let wrong = json!({
            "name": "", "address": " ", "city": "A\0b", "state": "A\u{7}b", "country": " ",
            "postal_code": "123456789012345678901", "capacity": 0, "layout_config": [],
        });
        for reply in [
            ann.post(VENUES, wrong.clone()),
            ann.put(&path_of(&venue), wrong.clone()),
        ] {
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(keys(&details), keys(&wrong));
        }
        // One that is wrong keeps the others from being changed.
        let half = json!({ "name": "Opera", "capacity": 0 });
        invalid(&ann.put(&path_of(&venue), half), "capacity");
        refuses_other_bodies(&ann, "POST", VENUES);
        refuses_other_bodies(&ann, "PUT", &path_of(&venue));
        untouched(app, &venue);
        assert_eq!(app.count("select count(*) from venues"), 1);
    });
}

#[test]
fn a_capacity_stays_as_large_as_the_events_to_come_need_it() {
    each(|app| {
        let root = app.super_admin();
        app.skip_changes();
        let venue = open(app, &root, set(hall(), "capacity", 500));
        let at = |total: i64| json!({ "venue_id": id_of(&venue), "total_capacity": total });
        let mut begun = set(soon(app), "venue_id", id_of(&venue));
        begun["total_capacity"] = 400.into();
        begun["end_datetime"] = later(app, TimeDelta::days(1)).into();
        app.on_sale(begun);
        let off = app.draft(at(300));
        app.draft(at(200));
        app.on_sale(at(100));
        app.skip_changes();
        let smaller = |capacity: i64| root.put(&path_of(&venue), json!({ "capacity": capacity }));
        let down_to = |least: i64| {
            invalid(&smaller(least - 1), "capacity");
            invalid(&smaller(1), "capacity");
            app.changes(&[]);
            let now = smaller(least).ok(200);
            app.changes(&["venue.updated"]);
            assert_eq!(now["capacity"], least);
        };
        down_to(400);
        app.clock().advance(TimeDelta::minutes(6));
        down_to(300);
        root.delete(&format!("{}?version=1", event_path(&off)))
            .ok(200);
        app.changes(&["event.cancelled"]);
        down_to(200);
        let now = root
            .put(&path_of(&venue), json!({ "capacity": 600 }))
            .ok(200);
        app.changes(&["venue.updated"]);
        assert_eq!(now["capacity"], 600);
    });
}

#[test]
fn a_larger_event_and_a_smaller_venue_at_once_are_one_or_the_other() {
    each(|app| {
        let root = app.super_admin();
        for _ in 0..10 {
            let event = app.draft(json!({ "total_capacity": 10, "venue_id": app.venue(100) }));
            let venue = path_of(&event["venue"]);
            let replies = at_once(2, |n| match n {
                0 => update_event(&root, &event, json!({ "total_capacity": 100 })),
                _ => root.put(&venue, json!({ "capacity": 50 })),
            });
            match one_done(&replies, 200) {
                0 => invalid(&replies[1], "capacity"),
                _ => invalid(&replies[0], "total_capacity"),
            }
        }
        let (larger, smaller) = (
            recorded(app, "event.updated"),
            recorded(app, "venue.updated"),
        );
        assert_eq!(larger + smaller, 10);
    });
}
