//! POST `/api/v1/bookings/{id}/confirm`: who says that a booking is paid, when that is too late,
//! and how an offer of a free event is accepted.

use super::*;

fn pay_as(client: &Client, booking: &Value, reference: &str) -> Reply {
    let payment = json!({ "payment_reference": reference });
    client.post(&confirm_path(booking), payment)
}

/// Asserts that a hold is as it was.
#[track_caller]
fn still_held(app: &App, client: &Client, booking: &Value) {
    app.changes(&[]);
    let seen = read(client, booking);
    assert_eq!(seen["status"], "held");
    assert_eq!(seen["ticket_code"], Value::Null);
    assert_eq!(seen["expires_at"], booking["expires_at"]);
}

#[test]
fn what_is_paid_is_confirmed_and_stays() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 2);
        let before = app.clock().now();
        let reply = pay(app, &held);
        let booking = reply.ok(200);
        app.changes(&["booking.confirmed"]);
        assert_eq!(keys(&booking).join(" "), SHOWN);
        assert_eq!(booking["status"], "confirmed");
        assert_eq!(booking["expires_at"], Value::Null);
        assert_eq!(booking["admitted_at"], Value::Null);
        assert!(!text(&booking["ticket_code"]).is_empty());
        let at = moment(&booking["confirmed_at"]);
        assert!(
            at >= before - TimeDelta::seconds(1) && at <= app.clock().now(),
            "{at}"
        );
        for same in [
            "booking_id",
            "reference",
            "event_id",
            "quantity",
            "total_amount",
            "currency",
        ] {
            assert_eq!(booking[same], held[same], "{same}");
        }
        assert!(!reply.text().contains(PAID), "{}", reply.text());
        app.clock().advance(TOO_LONG);
        app.sweep();
        assert_eq!(read(&ann, &held), booking);
        untouched(app, &event, 98);
    });
}

#[test]
fn the_internal_key_is_shown_in_either_header() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 1);
        let key = format!("ApiKey {INTERNAL_KEY}");
        let client = app.anon().with("Authorization", &key);
        let booking = pay_as(&client, &held, PAID).ok(200);
        app.changes(&["booking.confirmed"]);
        assert_eq!(booking["status"], "confirmed");
        app.verified();
    });
}

#[test]
fn a_payment_that_is_told_twice_counts_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 2);
        app.clock().advance(TOO_LONG);
        for reference in [PAID, &format!(" {PAID} ")] {
            let again = pay_as(&app.internal(), &booking, reference).ok(200);
            assert_eq!(again, booking);
        }
        let other = pay_as(&app.internal(), &booking, "pay-4712");
        other.refused_as(409, "CONFLICT");
        assert_eq!(read(&ann, &booking), booking);
        untouched(app, &event, 98);
    });
}

#[test]
fn only_the_internal_key_says_that_a_booking_is_paid() {
    each_with(&WITH_MACHINE, |app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let held = hold(app, &ann, &event, 1);
        for client in [&ann, &app.user("ann")] {
            pay_as(client, &held, PAID).refused_as(403, "FORBIDDEN");
        }
        pay_as(&bob, &held, PAID).refused_as(404, "BOOKING_NOT_FOUND");
        let near = &INTERNAL_KEY[..INTERNAL_KEY.len() - 1];
        let wrong = [near, "nonsense", "", &format!("{INTERNAL_KEY}x")]
            .map(|key| ("a wrong key", app.anon().with("X-API-Key", key)));
        let bearer = [("the key as a token", app.anon().bearer(INTERNAL_KEY))];
        let all = admins(app).into_iter().chain(strangers(app));
        for (who, client) in all.chain(wrong).chain(bearer) {
            let reply = pay_as(&client, &held, PAID);
            assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
            reply.refused_as(401, "UNAUTHORIZED");
        }
        still_held(app, &ann, &held);
        untouched(app, &event, 99);
    });
}

#[test]
fn without_an_internal_key_nobody_confirms() {
    each_with(&[("INTERNAL_API_KEY", "")], |app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 1);
        for key in [INTERNAL_KEY, "nonsense"] {
            let client = app.anon().with("X-API-Key", key);
            let reply = pay_as(&client, &held, PAID);
            reply.refused_as(503, "UNAVAILABLE");
        }
        still_held(app, &ann, &held);
    });
}

#[test]
fn a_payment_has_a_reference_of_one_line() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 1);
        let (service, path) = (app.internal(), confirm_path(&held));
        let field = "payment_reference";
        invalid(&service.post(&path, json!({})), field);
        for bad in [
            json!(""),
            json!("  "),
            json!("a\0b"),
            json!("a\u{1b}[31mb"),
            json!("x".repeat(201)),
            json!(null),
            json!(4711),
            json!(true),
            json!([PAID]),
            json!({ "id": PAID }),
        ] {
            invalid(&service.post(&path, json!({ field: bad })), field);
        }
        let kind = Some("application/json");
        for body in ["", "{", "[]", "null", "\"pay\""] {
            let reply = service.raw("POST", &path, kind, body.as_bytes());
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        let reply = service.raw("POST", &path, Some("text/plain"), b"{}");
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        still_held(app, &ann, &held);
        let long = "\u{e9}".repeat(200);
        pay_as(&service, &held, &long).ok(200);
        app.changes(&["booking.confirmed"]);
    });
}

#[test]
fn what_is_no_booking_is_not_found() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 1);
        for id in MALFORMED
            .into_iter()
            .chain([UNKNOWN, event.as_str(), ann.id()])
        {
            let booking = json!({ "booking_id": id });
            for client in [&app.internal(), &ann] {
                let reply = pay_as(client, &booking, PAID);
                reply.refused_as(404, "BOOKING_NOT_FOUND");
            }
        }
        still_held(app, &ann, &held);
    });
}

#[test]
fn what_was_cancelled_is_not_confirmed() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 2);
        assert_cancelled(&cancel(&ann, &held), &held);
        app.changes(&CANCELLED);
        pay(app, &held).refused_as(409, "CONFLICT");
        let paid = buy(app, &ann, &event, 2);
        assert_cancelled(&cancel(&ann, &paid), &paid);
        app.changes(&REFUNDED);
        for reference in [PAID, "pay-4712"] {
            pay_as(&app.internal(), &paid, reference).refused_as(409, "CONFLICT");
        }
        for booking in [&held, &paid] {
            assert_over(&ann, booking, "cancelled");
        }
        untouched(app, &event, 100);
    });
}

#[test]
fn what_has_expired_is_not_confirmed_and_takes_nothing() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 10 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let held = hold(app, &ann, &event, 10);
        app.clock().advance(TOO_LONG);
        // Before the seats are back, after that, and when others have them.
        pay(app, &held).refused_as(409, "BOOKING_EXPIRED");
        app.changes(&[]);
        app.sweep();
        app.changes(&EXPIRED);
        pay(app, &held).refused_as(409, "BOOKING_EXPIRED");
        untouched(app, &event, 10);
        buy(app, &bob, &event, 10);
        pay(app, &held).refused_as(409, "BOOKING_EXPIRED");
        assert_over(&ann, &held, "expired");
        untouched(app, &event, 0);
    });
}

#[test]
fn an_offer_of_a_free_event_is_accepted_by_its_person_alone() {
    each_with(&WITH_MACHINE, |app| {
        let event = on_sale(app, json!({ "total_capacity": 1, "base_price": 0 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let taken = take(app, &ann, &event, 1);
        let path = format!("/api/v1/events/{event}/waitlist");
        bob.post(&path, json!({ "party_size": 1 })).ok(201);
        app.changes(&["waitlist.joined"]);
        assert_cancelled(&cancel(&ann, &taken), &taken);
        let offered = ["seats.changed", "booking.held", "waitlist.offered"];
        app.changes(&[&CANCELLED[..], &offered[..]].concat());
        let offer = bob.get(&path).ok(200);
        assert_eq!(offer["status"], "offered");
        let accept = |client: &Client| client.post(&confirm_path(&offer), json!({}));
        accept(&ann).refused_as(404, "BOOKING_NOT_FOUND");
        for (who, client) in admins(app).into_iter().chain(strangers(app)) {
            let reply = accept(&client);
            assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
        }
        still_held(app, &bob, &read(&bob, &offer));
        let booking = accept(&bob).ok(200);
        app.changes(&["booking.confirmed", "waitlist.booked"]);
        assert_eq!(keys(&booking).join(" "), SHOWN);
        assert_eq!(booking["status"], "confirmed");
        assert_eq!(read(&bob, &offer), booking);
        assert_eq!(bob.get(&path).ok(200)["status"], "booked");
        untouched(app, &event, 0);
    });
}
