//! POST `/api/v1/admin/events`: what is made of a good event, by whom, and who sees it then.

use super::super::venues::VENUES;
use super::*;

#[test]
fn a_new_event_is_a_draft_with_all_its_seats_free() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let place = json!({
            "name": "Town Hall", "address": "2 Market Square", "city": "Bergen",
            "state": "Vestland", "country": "Norway", "postal_code": "5003",
        });
        let body = set(place.clone(), "capacity", 300);
        let venue = ann.post(VENUES, body).ok(201)["venue_id"].take();
        app.changes(&["venue.created"]);
        let body = json!({
            "name": "Jazz Night",
            "description": "Late.\nBring ear plugs.",
            "venue_id": venue,
            "event_type": "Concert",
            "start_datetime": "2031-06-14T18:00:00Z",
            "end_datetime": "2031-06-15T03:30:00+05:30",
            "total_capacity": 300,
            "base_price": 25.5,
            "max_tickets_per_booking": 4,
            "currency": "NOK",
            "timezone": "Europe/Oslo",
        });
        let event = make(app, &ann, body.clone());
        assert_eq!(keys(&event).join(" "), FIELDS);
        for field in [
            "name",
            "description",
            "event_type",
            "total_capacity",
            "base_price",
            "max_tickets_per_booking",
            "currency",
            "timezone",
        ] {
            assert_eq!(event[field], body[field], "{field}");
        }
        assert_eq!(event["venue"], set(place, "venue_id", venue));
        assert_eq!(event["available_seats"], 300);
        assert_eq!(event["status"], "draft");
        assert_eq!(event["version"], 1);
        tells(&event["start_datetime"], "2031-06-14T20:00:00+02:00");
        tells(&event["end_datetime"], "2031-06-15T00:00:00+02:00");
        assert_eq!(event["datetime"], event["start_datetime"]);
        for admin in [&ann, &app.super_admin()] {
            assert_eq!(read(admin, &event), event);
        }
        app.changes(&[]);
        app.verified();
    });
}

#[test]
fn what_may_be_left_out_has_its_default() {
    each(|app| {
        let venue = app.venue(100);
        app.skip_changes();
        let event = make(app, &app.super_admin(), new_event(app, &venue));
        assert_eq!(event["max_tickets_per_booking"], 10);
        assert_eq!(event["currency"], "USD");
        assert_eq!(event["timezone"], "UTC");
        let start = DateTime::parse_from_rfc3339(text(&event["start_datetime"]));
        let start = start.expect("RFC 3339");
        assert_eq!(start.offset().local_minus_utc(), 0);
        // The venue is full to its last seat.
        assert_eq!(event["total_capacity"], 100);
        assert_eq!(event["available_seats"], 100);
    });
}

#[test]
fn what_is_not_the_makers_to_say_is_ignored() {
    each(|app| {
        let venue = app.venue(100);
        app.skip_changes();
        let body = new_event(app, &venue);
        let mut body = set(body, "status", "published");
        for (key, value) in [
            ("event_id", json!(UNKNOWN)),
            ("version", json!(9)),
            ("available_seats", json!(3)),
            ("admin_id", json!(UNKNOWN)),
            ("created_at", json!("2001-01-01T00:00:00Z")),
            ("nonsense", json!({ "a": [1, 2, 3] })),
        ] {
            body[key] = value;
        }
        let event = make(app, &app.super_admin(), body);
        assert_eq!(event["status"], "draft");
        assert_eq!(event["version"], 1);
        assert_eq!(event["available_seats"], 100);
        assert_ne!(event["event_id"], UNKNOWN);
    });
}

#[test]
fn super_admins_and_event_managers_make_events_and_nobody_else() {
    each(|app| {
        let [ann, analyst] = hired(app, ["event_manager", "analyst"]);
        let venue = app.venue(100);
        app.skip_changes();
        let body = new_event(app, &venue);
        for outsider in outsiders(app) {
            let reply = outsider.post(EVENTS, body.clone());
            reply.refused_as(401, "UNAUTHORIZED");
        }
        let reply = analyst.post(EVENTS, body.clone());
        reply.refused_as(403, "FORBIDDEN");
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
        for admin in [&ann, &app.super_admin()] {
            make(app, admin, body.clone());
        }
        assert_eq!(app.count("select count(*) from events"), 2);
        assert_eq!(app.count("select count(*) from event_seats"), 2);
    });
}

#[test]
fn nobody_but_its_admins_sees_a_draft() {
    each(|app| {
        let [ann, bob, analyst] = hired(app, ["event_manager", "event_manager", "analyst"]);
        let venue = app.venue(100);
        let person = app.user("cem");
        app.skip_changes();
        let event = make(app, &ann, new_event(app, &venue));
        let id = id_of(&event);
        for reader in [&app.anon(), &person] {
            for path in [
                format!("{PUBLIC}/{id}"),
                format!("{PUBLIC}/{id}/availability"),
            ] {
                reader.get(&path).refused_as(404, "EVENT_NOT_FOUND");
            }
            let reply = reader.get(&format!("/api/events/{id}"));
            reply.error(404, "Event not found");
            assert_eq!(reader.get(PUBLIC).ok(200)["events"], json!([]));
            assert_eq!(reader.get("/api/events").ok(200)["data"], json!([]));
        }
        let reply = app.internal().get(&format!("/internal/events/{id}"));
        reply.refused_as(404, "EVENT_NOT_FOUND");
        for other in [&bob, &analyst] {
            other.get(&path_of(&event)).refused_as(403, "FORBIDDEN");
        }
        app.changes(&[]);
        for outsider in outsiders(app) {
            let reply = outsider.get(&path_of(&event));
            reply.refused_as(401, "UNAUTHORIZED");
        }
        for admin in [&ann, &app.super_admin()] {
            assert_eq!(read(admin, &event), event);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_event_that_is_not_there_is_not_found() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for admin in [&ann, &app.super_admin()] {
            for id in MALFORMED.into_iter().chain([UNKNOWN]) {
                let reply = admin.get(&format!("{EVENTS}/{id}"));
                reply.refused_as(404, "EVENT_NOT_FOUND");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn an_event_needs_a_venue_that_is_there() {
    each(|app| {
        let root = app.super_admin();
        let venue = app.venue(100);
        let gone = app.venue(100);
        root.delete(&format!("{VENUES}/{gone}")).ok(200);
        app.skip_changes();
        let good = new_event(app, &venue);
        for id in MALFORMED.into_iter().chain([UNKNOWN, &gone]) {
            let reply = root.post(EVENTS, set(good.clone(), "venue_id", id));
            reply.refused_as(404, "VENUE_NOT_FOUND");
        }
        for id in ["", " ", "\0"] {
            let reply = root.post(EVENTS, set(good.clone(), "venue_id", id));
            assert!([400, 404].contains(&reply.status()), "{}", reply.text());
        }
        invalid(
            &root.post(EVENTS, without(good.clone(), "venue_id")),
            "venue_id",
        );
        for id in [json!(null), json!(7), json!(true), json!([]), json!({})] {
            let reply = root.post(EVENTS, set(good.clone(), "venue_id", id));
            invalid(&reply, "venue_id");
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}

#[test]
fn an_event_in_the_largest_venue_has_a_million_seats() {
    each(|app| {
        let venue = app.venue(1_000_000);
        app.skip_changes();
        let body = set(new_event(app, &venue), "total_capacity", 1_000_000);
        let event = make(app, &app.super_admin(), body);
        assert_eq!(event["available_seats"], 1_000_000);
    });
}

#[test]
fn a_field_that_is_needed_is_named_when_it_is_missing() {
    each(|app| {
        let root = app.super_admin();
        let venue = app.venue(100);
        app.skip_changes();
        let good = new_event(app, &venue);
        for field in [
            "name",
            "description",
            "venue_id",
            "event_type",
            "start_datetime",
            "end_datetime",
            "total_capacity",
            "base_price",
        ] {
            let missing = without(good.clone(), field);
            invalid(&root.post(EVENTS, missing), field);
            let null = set(good.clone(), field, Value::Null);
            invalid(&root.post(EVENTS, null), field);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}

#[test]
fn a_body_that_is_no_object_of_json_is_refused() {
    each(|app| {
        let root = app.super_admin();
        app.skip_changes();
        refuses_other_bodies(&root, "POST", EVENTS);
        app.changes(&[]);
    });
}

#[test]
fn an_event_and_the_deletion_of_its_venue_at_once_are_one_or_the_other() {
    each(|app| {
        let root = app.super_admin();
        for _ in 0..10 {
            let venue = app.venue(100);
            let (body, path) = (new_event(app, &venue), format!("{VENUES}/{venue}"));
            let replies = at_once(2, |n| match n {
                0 => root.post(EVENTS, body.clone()),
                _ => root.delete(&path),
            });
            if replies[0].status() == 201 {
                replies[1].refused_as(409, "VENUE_IN_USE");
            } else {
                replies[0].refused_as(404, "VENUE_NOT_FOUND");
                replies[1].ok(200);
            }
        }
        let (made, deleted) = (
            recorded(app, "event.created"),
            recorded(app, "venue.deleted"),
        );
        assert_eq!(made + deleted, 10);
        assert_eq!(app.count("select count(*) from event_seats"), made);
        assert_eq!(app.count("select count(*) from venues"), made);
    });
}

#[test]
fn an_event_and_a_smaller_venue_at_once_are_one_or_the_other() {
    each(|app| {
        let root = app.super_admin();
        for _ in 0..10 {
            let venue = app.venue(100);
            let (body, path) = (new_event(app, &venue), format!("{VENUES}/{venue}"));
            let replies = at_once(2, |n| match n {
                0 => root.post(EVENTS, body.clone()),
                _ => root.put(&path, json!({ "capacity": 99 })),
            });
            if replies[0].status() == 201 {
                invalid(&replies[1], "capacity");
            } else {
                invalid(&replies[0], "total_capacity");
                assert_eq!(replies[1].ok(200)["capacity"], 99);
            }
        }
        let (made, smaller) = (
            recorded(app, "event.created"),
            recorded(app, "venue.updated"),
        );
        assert_eq!(made + smaller, 10);
    });
}
