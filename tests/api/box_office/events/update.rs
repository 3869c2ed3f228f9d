//! PUT `/api/v1/admin/events/{id}`: what it changes, where a status may go, and when it is too
//! late.

use super::*;

/// Asserts that the event does not go there, and stays as it is in all else.
#[track_caller]
fn stays(app: &App, event: &Value, status: &str) {
    let change = json!({ "status": status, "name": "Moved" });
    not_modifiable(&update(&app.super_admin(), event, change));
    untouched(app, event);
}

/// Asserts that the event changes like this, and that one such change is recorded; answers the
/// event as it is then.
#[track_caller]
fn goes(app: &App, event: &Value, change: Value, topic: &str) -> Value {
    let root = app.super_admin();
    let changed = update(&root, event, change.clone()).ok(200);
    app.changes(&[topic]);
    assert_eq!(version_of(&changed), version_of(event) + 1);
    for field in keys(&change) {
        assert_eq!(changed[field], change[field], "{field}");
    }
    assert_eq!(read(&root, event), changed);
    changed
}

#[test]
fn each_field_is_changed_by_itself() {
    each(|app| {
        let mut event = draft(app, json!({}));
        for (field, value) in [
            ("name", json!("Blues Night")),
            ("description", json!("Early")),
            ("event_type", json!("Festival")),
            ("base_price", json!(30.25)),
            ("max_tickets_per_booking", json!(3)),
            ("currency", json!("EUR")),
            ("total_capacity", json!(90)),
        ] {
            let change = set(json!({}), field, value.clone());
            let changed = goes(app, &event, change, "event.updated");
            let mut expected = set(event, field, value);
            expected["version"] = changed["version"].clone();
            if field == "total_capacity" {
                expected["available_seats"] = 90.into();
            }
            assert_eq!(changed, expected);
            event = changed;
        }
        app.verified();
    });
}

#[test]
fn times_and_their_zone_are_changed_by_themselves() {
    each(|app| {
        let root = app.super_admin();
        let times = json!({ "start_datetime": "2031-06-14T18:00:00Z",
                            "end_datetime": "2031-06-14T20:00:00Z" });
        let event = draft(app, times);
        let change = json!({ "end_datetime": "2031-06-14T23:00:00+01:00" });
        let event = update(&root, &event, change).ok(200);
        tells(&event["start_datetime"], "2031-06-14T18:00:00+00:00");
        tells(&event["end_datetime"], "2031-06-14T22:00:00+00:00");
        let change = json!({ "start_datetime": "2031-06-14T17:30:00Z" });
        let event = update(&root, &event, change).ok(200);
        tells(&event["start_datetime"], "2031-06-14T17:30:00+00:00");
        tells(&event["end_datetime"], "2031-06-14T22:00:00+00:00");
        let change = json!({ "timezone": "Europe/Oslo" });
        let event = update(&root, &event, change).ok(200);
        for field in ["datetime", "start_datetime", "end_datetime"] {
            let time = DateTime::parse_from_rfc3339(text(&event[field]));
            let time = time.expect("RFC 3339");
            assert_eq!(time.offset().local_minus_utc(), 2 * 60 * 60, "{field}");
        }
        app.changes(&["event.updated"; 3]);
        assert_eq!(read(&root, &event), event);
        assert_eq!(event["version"], 4);
    });
}

#[test]
fn what_is_changed_together_is_one_change_or_none() {
    each(|app| {
        let root = app.super_admin();
        let event = draft(app, json!({}));
        let change = json!({ "name": "Blues Night", "base_price": 30.25, "total_capacity": 90 });
        let event = goes(app, &event, change, "event.updated");
        assert_eq!(event["available_seats"], 90);
        let change = json!({ "name": "Folk Night", "base_price": 1, "total_capacity": 0 });
        invalid(&update(&root, &event, change), "total_capacity");
        untouched(app, &event);
        let unknown = json!({ "event_id": UNKNOWN, "available_seats": 3, "nonsense": [1],
                              "name": "Folk Night" });
        let changed = update(&root, &event, unknown).ok(200);
        app.changes(&["event.updated"]);
        assert_eq!(changed["name"], "Folk Night");
        assert_eq!(changed["event_id"], event["event_id"]);
        assert_eq!(changed["available_seats"], 90);
    });
}

#[test]
fn an_event_moves_to_a_venue_that_holds_it() {
    each(|app| {
        let root = app.super_admin();
        let event = on_sale(app, json!({ "total_capacity": 100 }));
        let old = venue_of(&event).to_owned();
        let (small, enough, gone) = (app.venue(99), app.venue(100), app.venue(500));
        let path = format!("/api/v1/admin/venues/{enough}");
        root.put(&path, json!({ "name": "Opera", "city": "Voss" }))
            .ok(200);
        let path = format!("/api/v1/admin/venues/{gone}");
        root.delete(&path).ok(200);
        app.skip_changes();
        for id in MALFORMED.into_iter().chain([UNKNOWN, &gone]) {
            let reply = update(&root, &event, json!({ "venue_id": id }));
            reply.refused_as(404, "VENUE_NOT_FOUND");
        }
        for id in [json!(7), json!(true), json!([]), json!({})] {
            let reply = update(&root, &event, json!({ "venue_id": id }));
            invalid(&reply, "venue_id");
        }
        let reply = update(&root, &event, json!({ "venue_id": small }));
        invalid(&reply, "total_capacity");
        let change = json!({ "venue_id": enough, "total_capacity": 101 });
        invalid(&update(&root, &event, change), "total_capacity");
        untouched(app, &event);
        let moved = update(&root, &event, json!({ "venue_id": enough })).ok(200);
        app.changes(&["event.updated"]);
        assert_eq!(venue_of(&moved), enough);
        assert_eq!(moved["venue"]["name"], "Opera");
        let path = format!("/api/events/{}", id_of(&event));
        let told = app.anon().get(&path).ok(200)["data"].take();
        assert_eq!(told["location"], "Opera, 1 Main St, Voss");
        let change = json!({ "venue_id": small, "total_capacity": 99 });
        let moved = update(&root, &moved, change).ok(200);
        app.changes(&["event.updated"]);
        assert_eq!(venue_of(&moved), small);
        assert_eq!(moved["available_seats"], 99);
        root.delete(&format!("/api/v1/admin/venues/{old}")).ok(200);
    });
}

#[test]
fn only_the_owner_and_super_admins_change_an_event() {
    each(|app| {
        let [ann, bob, analyst] = hired(app, ["event_manager", "event_manager", "analyst"]);
        let root = app.super_admin();
        let venue = app.venue(100);
        app.skip_changes();
        let event = make(app, &ann, new_event(app, &venue));
        let change = json!({ "name": "Taken over" });
        for outsider in outsiders(app) {
            update(&outsider, &event, change.clone()).refused_as(401, "UNAUTHORIZED");
        }
        for other in [&bob, &analyst] {
            update(other, &event, change.clone()).refused_as(403, "FORBIDDEN");
        }
        untouched(app, &event);
        let event = update(&ann, &event, json!({ "name": "Mine" })).ok(200);
        let event = update(&root, &event, json!({ "name": "Everybody's" })).ok(200);
        app.changes(&["event.updated"; 2]);
        let role = json!({ "role": "analyst" });
        root.patch(&format!("/api/v1/admin/admins/{}", ann.id()), role)
            .ok(200);
        app.changes(&["admin.updated"]);
        update(&ann, &event, change).refused_as(403, "FORBIDDEN");
        untouched(app, &event);
    });
}

#[test]
fn an_event_that_is_not_there_or_has_no_seats_is_not_found() {
    each(|app| {
        let root = app.super_admin();
        let community = json!({
            "title": "Picnic", "description": "Cake.", "location": "The park",
            "start_date": "2031-06-14", "start_time": "10:00",
            "end_date": "2031-06-14", "end_time": "12:00",
        });
        let made = app.user("cem").post("/api/events", community).ok(201);
        app.skip_changes();
        let picnic = text(&made["data"]["id"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN, picnic]) {
            let path = format!("{EVENTS}/{id}");
            let reply = root.put(&path, json!({ "version": 1, "name": "Taken over" }));
            reply.refused_as(404, "EVENT_NOT_FOUND");
        }
        app.changes(&[]);
        let path = format!("/api/events/{picnic}");
        assert_eq!(app.anon().get(&path).ok(200)["data"]["title"], "Picnic");
    });
}

#[test]
fn of_several_reasons_to_refuse_the_first_is_told() {
    each(|app| {
        let [ann, bob] = hired(app, ["event_manager", "event_manager"]);
        let venue = app.venue(100);
        app.skip_changes();
        let event = make(app, &ann, new_event(app, &venue));
        let nowhere = format!("{EVENTS}/{UNKNOWN}");
        let bad = json!({ "version": 1, "base_price": -1 });
        invalid(&bob.put(&nowhere, bad.clone()), "base_price");
        invalid(&bob.put(&path_of(&event), bad), "base_price");
        let stale = json!({ "version": 99, "status": "sold_out" });
        let reply = bob.put(&nowhere, stale.clone());
        reply.refused_as(404, "EVENT_NOT_FOUND");
        let reply = bob.put(&path_of(&event), stale.clone());
        reply.refused_as(403, "FORBIDDEN");
        conflicts(&ann.put(&path_of(&event), stale.clone()), 99, &event);
        untouched(app, &event);
        cancel(&ann, &event).ok(200);
        app.changes(&["event.cancelled"]);
        let reply = bob.put(&path_of(&event), stale.clone());
        reply.refused_as(403, "FORBIDDEN");
        not_modifiable(&ann.put(&path_of(&event), stale));
        app.changes(&[]);
    });
}

#[test]
fn a_draft_is_published_or_cancelled_and_nothing_else() {
    each(|app| {
        let event = draft(app, json!({}));
        stays(app, &event, "sold_out");
        let publish = json!({ "status": "published", "name": "Blues Night", "base_price": 7.25 });
        let event = goes(app, &event, publish, "event.published");
        let path = format!("{PUBLIC}/{}", id_of(&event));
        assert_eq!(app.anon().get(&path).ok(200), event);
        let other = draft(app, json!({}));
        let publish = json!({ "status": "published" });
        goes(app, &other, publish, "event.published");
        let third = draft(app, json!({}));
        let cancelled = json!({ "status": "cancelled" });
        goes(app, &third, cancelled, "event.cancelled");
    });
}

#[test]
fn what_is_on_sale_is_cancelled_and_nothing_else() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 5 }));
        for status in ["draft", "sold_out"] {
            stays(app, &event, status);
        }
        // It is published already.
        let change = json!({ "status": "published", "name": "Blues Night" });
        let event = goes(app, &event, change, "event.updated");
        let event = sell(app, &event, 5);
        assert_eq!(event["status"], "sold_out");
        stays(app, &event, "draft");
        let change = json!({ "status": "sold_out", "name": "Folk Night" });
        let event = goes(app, &event, change, "event.updated");
        let cancelled = json!({ "status": "cancelled" });
        let event = goes(app, &event, cancelled, "event.cancelled");
        for status in ["draft", "published", "sold_out", "cancelled"] {
            stays(app, &event, status);
        }
        let root = app.super_admin();
        not_modifiable(&update(&root, &event, json!({ "name": "Moved" })));
        not_modifiable(&update(&root, &event, json!({})));
        untouched(app, &event);
        app.verified();
    });
}

#[test]
fn a_status_that_is_none_is_a_bad_request() {
    each(|app| {
        let root = app.super_admin();
        let event = draft(app, json!({}));
        for status in [
            json!(""),
            json!("Published"),
            json!("canceled"),
            json!("published\0"),
            json!(1),
            json!([]),
            json!({}),
        ] {
            let reply = update(&root, &event, json!({ "status": status }));
            invalid(&reply, "status");
        }
        refuses_other_bodies(&root, "PUT", &path_of(&event));
        untouched(app, &event);
    });
}

#[test]
fn a_new_capacity_moves_the_free_seats_and_leaves_those_that_are_sold() {
    each(|app| {
        let root = app.super_admin();
        let event = on_sale(app, json!({ "total_capacity": 10 }));
        let mut event = sell(app, &event, 4);
        for (capacity, free, status) in [
            (20_i64, 16_i64, "published"),
            (5, 1, "published"),
            (4, 0, "sold_out"),
            (4, 0, "sold_out"),
            (6, 2, "published"),
        ] {
            let change = json!({ "total_capacity": capacity, "description": capacity.to_string() });
            event = goes(app, &event, change, "event.updated");
            assert_eq!(event["available_seats"], free);
            assert_eq!(event["status"], status);
            assert_eq!(app.free_seats(id_of(&event)), free);
            let change = json!({ "total_capacity": 3, "name": "Moved" });
            let reply = update(&root, &event, change);
            let told = json!({ "requested": 3, "available": free, "event_id": event["event_id"] });
            assert_eq!(reply.refused_as(409, "INSUFFICIENT_SEATS"), told);
            // The version comes first.
            let stale = json!({ "version": 1, "total_capacity": 3 });
            conflicts(&root.put(&path_of(&event), stale), 1, &event);
            untouched(app, &event);
        }
        app.verified();
    });
}

#[test]
fn the_currency_stays_once_a_seat_was_moved() {
    each(|app| {
        let root = app.super_admin();
        let event = on_sale(app, json!({}));
        let event = goes(app, &event, json!({ "currency": "EUR" }), "event.updated");
        let event = sell(app, &event, 1);
        let change = json!({ "currency": "NOK", "name": "Moved" });
        not_modifiable(&update(&root, &event, change.clone()));
        untouched(app, &event);
        let path = format!("/internal/events/{}/return-seats", id_of(&event));
        app.internal().post(&path, json!({ "quantity": 1 })).ok(200);
        app.changes(&["seats.changed"]);
        let event = read(&root, &event);
        assert_eq!(event["available_seats"], event["total_capacity"]);
        not_modifiable(&update(&root, &event, change));
        untouched(app, &event);
        let same = json!({ "currency": "EUR", "name": "Blues Night", "base_price": 7.25 });
        goes(app, &event, same, "event.updated");
    });
}

#[test]
fn what_has_begun_is_not_changed_any_more() {
    each(|app| {
        let root = app.super_admin();
        let (begun, idle) = (on_sale(app, soon(app)), draft(app, soon(app)));
        let put_off = draft(app, soon(app));
        let change = json!({ "start_datetime": later(app, TimeDelta::minutes(8)) });
        let put_off = update(&root, &put_off, change).ok(200);
        app.skip_changes();
        let changes = [
            json!({}),
            json!({ "name": "Moved" }),
            json!({ "total_capacity": 101 }),
            json!({ "end_datetime": later(app, TimeDelta::days(1)) }),
            json!({ "status": "published" }),
            json!({ "status": "cancelled" }),
        ];
        // Begun first, then over.
        for minutes in [6, 5] {
            app.clock().advance(TimeDelta::minutes(minutes));
            for event in [&begun, &idle] {
                for change in &changes {
                    not_modifiable(&update(&root, event, change.clone()));
                }
                not_modifiable(&cancel(&root, event));
                untouched(app, event);
            }
            if minutes == 6 {
                let change = json!({ "name": "Blues Night" });
                goes(app, &put_off, change, "event.updated");
            }
        }
    });
}

#[test]
fn people_do_not_change_it_through_the_community() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let person = app.user("cem");
        app.skip_changes();
        let path = format!("/api/events/{}", id_of(&event));
        let told = person.get(&path).ok(200)["data"].take();
        assert_eq!(told["title"], event["name"]);
        assert_eq!(told["location"], "Hall, 1 Main St, Oslo");
        assert_eq!(told.get("creator_id"), Some(&Value::Null));
        person
            .put(&path, json!({ "title": "Taken over" }))
            .refused(403);
        person.delete(&path).refused(403);
        untouched(app, &event);
    });
}
