//! POST and GET: who may stand in line, where, with how many, and what an entry tells.

use super::*;

#[test]
fn who_joins_a_full_event_waits_behind_those_who_came_before() {
    each(|app| {
        let event = full(app, 4);
        let line = people(app, ["ann", "bob", "cem"]);
        for (position, client) in (1..).zip(&line) {
            queue(app, client, &event, 2, position);
        }
        for (position, client) in (1..).zip(&line) {
            assert_waits(client, &event, position);
            assert_eq!(entry(client, &event)["party_size"], 2);
            let mine = client.get("/api/v1/bookings").ok(200);
            assert_eq!(mine["bookings"], json!([]));
        }
        assert_eq!(app.free_seats(&event), 0);
        app.changes(&[]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn who_fits_into_free_seats_is_offered_them_at_once() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 3, "base_price": 12.5 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let before = app.clock().now();
        let booking = grab(app, &ann, &event, 3);
        let after = app.clock().now();
        let place = entry(&ann, &event);
        assert_eq!(place["party_size"], 3);
        let until = moment(&place["expires_at"]);
        assert!(until >= before + TimeDelta::seconds(899), "{until}");
        assert!(until <= after + TimeDelta::seconds(900), "{until}");

        let held = read_booking(&ann, &booking);
        assert_eq!(held["booking_id"], *booking);
        assert_eq!(held["event_id"], *event);
        assert_eq!(held["status"], "held");
        assert_eq!(held["quantity"], 3);
        assert_eq!(moment(&held["expires_at"]), until);
        assert_eq!(held["total_amount"].as_f64(), Some(37.5));
        assert_eq!(held["ticket_code"], Value::Null);
        let mine = ann.get("/api/v1/bookings").ok(200);
        assert_eq!(mine["bookings"][0]["booking_id"], *booking);

        let availability = format!("/api/v1/events/{event}/availability");
        let seats = app.anon().get(&availability).ok(200);
        assert_eq!(seats["available_seats"], 0);
        assert_eq!(seats["status"], "sold_out");
        let refused = bob.post(&bookings_path(&event), json!({ "quantity": 1 }));
        refused.refused_as(409, "INSUFFICIENT_SEATS");
        app.changes(&[]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_party_that_fits_passes_those_that_do_not() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 2, "base_price": 0 }));
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        queue(app, &ann, &event, 3, 1);
        assert_eq!(app.free_seats(&event), 2);
        grab(app, &bob, &event, 2);
        queue(app, &cem, &event, 1, 2);
        assert_waits(&ann, &event, 1);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_party_is_one_at_least_and_no_more_than_one_may_book() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let path = waitlist_path(&event);
        for bad in [
            json!(0),
            json!(-1),
            json!(11),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1.5),
            json!(1e300),
            json!("2"),
            json!(""),
            json!(true),
            json!([2]),
            json!({}),
            json!(null),
        ] {
            let reply = ann.post(&path, json!({ "party_size": bad }));
            invalid(&reply, "party_size");
        }
        invalid(&ann.post(&path, json!({})), "party_size");
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from waitlist"), 0);
        queue(app, &ann, &event, 10, 1);
        queue(app, &bob, &event, 1, 2);
        // What else a body says is not taken.
        let body = json!({
            "party_size": 2, "position": 1, "status": "offered", "user_id": ann.id(),
        });
        let answer = cem.post(&path, body).ok(201);
        assert_eq!(answer, json!({ "position": 3, "status": "waiting" }));
        app.changes(&["waitlist.joined"]);
    });
}

#[test]
fn a_body_is_an_object_of_json() {
    each(|app| {
        let event = full(app, 2);
        let [ann] = people(app, ["ann"]);
        let path = waitlist_path(&event);
        let bodies: [&[u8]; 7] = [b"", b"{", b"[]", b"null", b"2", b"\"2\"", b"\xff"];
        for body in bodies {
            let reply = ann.raw("POST", &path, Some("application/json"), body);
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        let form = "application/x-www-form-urlencoded";
        for kind in [None, Some("text/plain"), Some(form)] {
            let reply = ann.raw("POST", &path, kind, b"{\"party_size\": 2}");
            reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        app.changes(&[]);
        not_there(&ann.get(&path));
    });
}

#[test]
fn the_seats_one_has_count_towards_the_party() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 8, "base_price": 0 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        book(&ann, &event, 8);
        app.changes(&["seats.changed", "booking.confirmed"]);
        for party in [3, 10] {
            invalid(&ask(&ann, &event, party), "party_size");
        }
        app.changes(&[]);
        queue(app, &ann, &event, 2, 1);
        queue(app, &bob, &event, 10, 2);
    });
}

#[test]
fn whoever_waits_or_is_offered_seats_cannot_join_again() {
    each(|app| {
        let (event, other) = (full(app, 2), full(app, 2));
        let [ann, bob] = people(app, ["ann", "bob"]);
        queue(app, &ann, &event, 2, 1);
        let again = app.user("ann");
        for client in [&ann, &again] {
            for party in [1, 2] {
                ask(client, &event, party).refused_as(409, "CONFLICT");
            }
        }
        assert_waits(&ann, &event, 1);
        assert_eq!(entry(&ann, &event)["party_size"], 2);
        app.changes(&[]);
        give_back(app, &event, 2);
        app.changes(&then_offers(&["seats.changed"], 1));
        offer(&ann, &event);
        ask(&ann, &event, 1).refused_as(409, "CONFLICT");
        app.changes(&[]);
        queue(app, &ann, &other, 1, 1);
        queue(app, &bob, &event, 1, 1);
    });
}

#[test]
fn whoever_comes_back_stands_at_the_end() {
    each_with(&SHORT, |app| {
        let event = full(app, 2);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        queue(app, &ann, &event, 1, 1);
        queue(app, &bob, &event, 1, 2);
        ann.delete(&waitlist_path(&event)).ok(200);
        app.changes(&["waitlist.left"]);
        queue(app, &ann, &event, 1, 2);
        give_back(app, &event, 1);
        app.changes(&then_offers(&["seats.changed"], 1));
        queue(app, &cem, &event, 1, 2);
        outlive(app, &bob, &event);
        app.sweep();
        let run_out = ["seats.changed", "booking.expired", "waitlist.expired"];
        app.changes(&then_offers(&run_out, 1));
        queue(app, &bob, &event, 1, 2);
        let booking = offer(&ann, &event);
        ann.post(&confirm_path(&booking), json!({})).ok(200);
        app.changes(&["booking.confirmed", "waitlist.booked"]);
        queue(app, &ann, &event, 1, 3);
        for (position, client) in (1..).zip([&cem, &bob, &ann]) {
            assert_waits(client, &event, position);
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn only_a_person_stands_in_line() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let path = waitlist_path(&event);
        for other in [app.anon(), app.super_admin(), app.internal()] {
            for reply in [
                ask(&other, &event, 1),
                other.get(&path),
                other.delete(&path),
            ] {
                reply.refused_as(401, "UNAUTHORIZED");
            }
        }
        let page = ann.with("Sec-Fetch-Site", "cross-site");
        ask(&page, &event, 1).refused_as(403, "FORBIDDEN");
        suspend(app, &bob);
        ask(&bob, &event, 1).refused_as(403, "FORBIDDEN");
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from waitlist"), 0);
        restore(app, &bob);
        queue(app, &bob, &event, 1, 1);
    });
}

#[test]
fn there_is_no_line_for_what_is_not_seen() {
    each(|app| {
        let draft = text(&app.draft(json!({}))["event_id"]).to_owned();
        let hidden = full(app, 2);
        let hide = format!("update events set visible = false where id = '{hidden}'");
        assert_eq!(app.sql(&hide), 1);
        let [ann] = people(app, ["ann"]);
        let walk = json!({
            "title": "Walk",
            "description": "Bring warm clothes.",
            "location": "Market Square",
            "start_date": "2031-06-14",
            "start_time": "10:00:00",
            "end_date": "2031-06-14",
            "end_time": "12:00:00",
        });
        let walk = ann.post("/api/events", walk).ok(201);
        app.changes(&["event.published"]);
        let walk = text(&walk["data"]["id"]);
        let ids = [draft.as_str(), hidden.as_str(), walk, UNKNOWN];
        for id in ids.into_iter().chain(MALFORMED) {
            ask(&ann, id, 1).refused_as(404, "EVENT_NOT_FOUND");
            not_there(&ann.get(&waitlist_path(id)));
            not_there(&ann.delete(&waitlist_path(id)));
        }
        app.changes(&[]);
    });
}

#[test]
fn one_waits_for_an_event_until_it_has_ended_or_is_cancelled() {
    each(|app| {
        let (event, cancelled) = (full(app, 2), full(app, 2));
        let version = version_of(app, &cancelled);
        let path = format!("{}?version={version}", event_path(&cancelled));
        app.super_admin().delete(&path).ok(200);
        let [ann, bob] = people(app, ["ann", "bob"]);
        ask(&ann, &cancelled, 1).refused_as(409, "EVENT_NOT_MODIFIABLE");
        app.changes(&[]);
        let begun = TimeDelta::days(10) + TimeDelta::hours(1);
        app.clock().advance(begun);
        queue(app, &ann, &event, 1, 1);
        app.clock().advance(TimeDelta::hours(3));
        ask(&bob, &event, 1).refused_as(409, "EVENT_NOT_MODIFIABLE");
        app.changes(&[]);
    });
}

#[test]
fn a_repeated_call_joins_once() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let keyed = ann.with("Idempotency-Key", "line-1");
        for bad in [0, 11] {
            let refused = ask(&keyed, &event, bad);
            invalid(&refused, "party_size");
            assert_eq!(refused.header("Idempotency-Replayed"), None);
        }
        let first = ask(&keyed, &event, 2);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        let expected = json!({ "position": 1, "status": "waiting" });
        assert_eq!(first.ok(201), expected);
        app.changes(&["waitlist.joined"]);
        let others = bob.with("Idempotency-Key", "line-1");
        assert_eq!(ask(&others, &event, 2).ok(201)["position"], 2);
        app.changes(&["waitlist.joined"]);
        give_back(app, &event, 2);
        app.changes(&then_offers(&["seats.changed"], 1));
        for _ in 0..2 {
            let replay = ask(&keyed, &event, 2);
            assert_eq!(replay.ok(201), expected, "the first answer");
            assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
        }
        let other = ask(&keyed, &event, 1);
        other.refused_as(422, "IDEMPOTENCY_CONFLICT");
        app.changes(&[]);
        offer(&ann, &event);
        assert_eq!(app.count("select count(*) from waitlist"), 2);
    });
}

#[test]
fn nobody_sees_the_place_of_another() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let path = waitlist_path(&event);
        bob.get(&path).refused_as(404, "NOT_FOUND");
        queue(app, &ann, &event, 2, 1);
        bob.get(&path).refused_as(404, "NOT_FOUND");
        bob.delete(&path).refused_as(404, "NOT_FOUND");
        app.changes(&[]);
        assert_waits(&ann, &event, 1);
        assert_waits(&app.user("ann"), &event, 1);
    });
}
