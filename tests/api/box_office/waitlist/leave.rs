//! DELETE: who leaves the line or declines, and who is passed over or sent home.

use super::*;

/// Who is offered two seats of a free event, which all others wait for, each alone.
#[track_caller]
fn offered(app: &App, event: &str, first: &Client, others: &[&Client]) -> String {
    queue(app, first, event, 2, 1);
    for (position, client) in (2..).zip(others) {
        queue(app, client, event, 1, position);
    }
    give_back(app, event, 2);
    app.changes(&then_offers(&["seats.changed"], 1));
    offer(first, event)
}

#[track_caller]
fn assert_gone(client: &Client, event: &str) {
    let path = waitlist_path(event);
    client.get(&path).refused_as(404, "NOT_FOUND");
    client.delete(&path).refused_as(404, "NOT_FOUND");
}

#[test]
fn those_behind_whoever_leaves_move_up() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        for (position, client) in (1..).zip([&ann, &bob, &cem]) {
            queue(app, client, &event, 1, position);
        }
        let left = bob.delete(&waitlist_path(&event)).ok(200);
        let expected = json!({ "message": "Left the waitlist", "event_id": event });
        assert_eq!(left, expected);
        app.changes(&["waitlist.left"]);
        assert_waits(&ann, &event, 1);
        assert_waits(&cem, &event, 2);
        assert_gone(&bob, &event);
        ann.delete(&waitlist_path(&event)).ok(200);
        app.changes(&["waitlist.left"]);
        assert_waits(&cem, &event, 1);
        give_back(app, &event, 2);
        app.changes(&then_offers(&["seats.changed"], 1));
        offer(&cem, &event);
        for client in [&ann, &bob] {
            assert_gone(client, &event);
        }
        app.changes(&[]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn an_offer_is_declined_either_way_and_goes_to_the_next() {
    each(|app| {
        for by_booking in [false, true] {
            let event = full(app, 2);
            let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
            let booking = offered(app, &event, &ann, &[&bob, &cem]);
            if by_booking {
                let declined = ann.delete(&booking_path(&booking)).ok(200);
                let message = "Booking cancelled";
                let expected = json!({ "message": message, "booking_id": booking });
                assert_eq!(declined, expected);
            } else {
                let declined = ann.delete(&waitlist_path(&event)).ok(200);
                let message = "Left the waitlist";
                assert_eq!(declined, json!({ "message": message, "event_id": event }));
            }
            let declined = ["seats.changed", "booking.cancelled", "waitlist.left"];
            app.changes(&then_offers(&declined, 2));
            assert_gone(&ann, &event);
            let cancelled = read_booking(&ann, &booking);
            assert_eq!(cancelled["status"], "cancelled");
            assert_eq!(cancelled["expires_at"], Value::Null);
            for client in [&bob, &cem] {
                assert_ne!(offer(client, &event), booking);
            }
            // Once more, nothing moves.
            ann.delete(&booking_path(&booking)).ok(200);
            let late = ann.post(&confirm_path(&booking), json!({}));
            late.refused_as(409, "CONFLICT");
            app.changes(&[]);
            assert_eq!(app.free_seats(&event), 0);
            assert_adds_up(app, &event);
        }
    });
}

#[test]
fn what_nobody_else_waits_for_is_on_sale_again() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        offered(app, &event, &ann, &[]);
        queue(app, &bob, &event, 3, 1);
        ann.delete(&waitlist_path(&event)).ok(200);
        app.changes(&["seats.changed", "booking.cancelled", "waitlist.left"]);
        assert_waits(&bob, &event, 1);
        assert_eq!(app.free_seats(&event), 2);
        book(&cem, &event, 2);
        app.changes(&["seats.changed", "booking.confirmed"]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn an_offer_that_the_organiser_cancels_goes_to_the_next() {
    each(|app| {
        let event = full(app, 2);
        let root = app.super_admin();
        let other = app.admin("event_manager");
        let [ann, bob] = people(app, ["ann", "bob"]);
        let booking = offered(app, &event, &ann, &[&bob]);
        let path = booking_path(&booking);
        other.delete(&path).refused_as(403, "FORBIDDEN");
        bob.delete(&path).refused_as(404, "BOOKING_NOT_FOUND");
        app.anon().delete(&path).refused_as(401, "UNAUTHORIZED");
        app.changes(&[]);
        assert_eq!(offer(&ann, &event), booking);
        root.delete(&path).ok(200);
        let cancelled = ["seats.changed", "booking.cancelled", "waitlist.left"];
        app.changes(&then_offers(&cancelled, 1));
        assert_gone(&ann, &event);
        offer(&bob, &event);
        assert_eq!(app.free_seats(&event), 1);
        assert_adds_up(app, &event);
    });
}

#[test]
fn whoever_booked_has_nothing_to_leave() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let booking = offered(app, &event, &ann, &[&bob]);
        ann.post(&confirm_path(&booking), json!({})).ok(200);
        app.changes(&["booking.confirmed", "waitlist.booked"]);
        let left = ann.delete(&waitlist_path(&event));
        left.refused_as(404, "NOT_FOUND");
        app.changes(&[]);
        assert_eq!(read_booking(&ann, &booking)["status"], "confirmed");
        assert_waits(&bob, &event, 1);
        ann.delete(&booking_path(&booking)).ok(200);
        app.changes(&then_offers(&["seats.changed", "booking.cancelled"], 1));
        offer(&bob, &event);
        assert_adds_up(app, &event);
    });
}

#[test]
fn whoever_is_suspended_is_passed_over_and_keeps_the_place() {
    each(|app| {
        let event = full(app, 3);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        for (position, client) in (1..).zip([&ann, &bob, &cem]) {
            queue(app, client, &event, 1, position);
        }
        suspend(app, &ann);
        give_back(app, &event, 1);
        app.changes(&then_offers(&["seats.changed"], 1));
        offer(&bob, &event);
        assert_waits(&ann, &event, 1);
        let booking = offer(&bob, &event);
        bob.delete(&booking_path(&booking)).ok(200);
        let declined = ["seats.changed", "booking.cancelled", "waitlist.left"];
        app.changes(&then_offers(&declined, 1));
        offer(&cem, &event);
        give_back(app, &event, 1);
        app.changes(&["seats.changed"]);
        assert_eq!(app.free_seats(&event), 1);
        restore(app, &ann);
        give_back(app, &event, 1);
        app.changes(&then_offers(&["seats.changed"], 1));
        offer(&ann, &event);
        assert_eq!(app.free_seats(&event), 1);
        assert_adds_up(app, &event);
    });
}

#[test]
fn the_line_closes_when_the_event_is_cancelled() {
    each(|app| {
        let root = app.super_admin();
        for (times, by_put) in (1..).zip([false, true]) {
            let event = app.on_sale(json!({ "total_capacity": 3, "base_price": 0 }));
            let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
            let booked = book(&cem, &event, 1);
            app.changes(&["seats.changed", "booking.confirmed"]);
            let held = grab(app, &ann, &event, 2);
            queue(app, &bob, &event, 1, 1);
            queue(app, &cem, &event, 5, 2);
            let version = version_of(app, &event);
            let path = event_path(&event);
            let reply = match by_put {
                true => root.put(&path, json!({ "version": version, "status": "cancelled" })),
                false => root.delete(&format!("{path}?version={version}")),
            };
            reply.ok(200);
            app.skip_changes();
            for (topic, each) in [
                ("event.cancelled", 1),
                ("waitlist.closed", 3),
                ("booking.cancelled", 2),
                ("booking.refund_due", 0),
                ("waitlist.offered", 1),
                ("waitlist.left", 0),
            ] {
                assert_eq!(recorded(app, topic), each * times, "{topic}");
            }
            for client in [&ann, &bob, &cem] {
                assert_status(client, &event, "closed");
                let late = ask(client, &event, 1);
                late.refused_as(409, "EVENT_NOT_MODIFIABLE");
                let left = client.delete(&waitlist_path(&event)).status();
                assert!([404, 409].contains(&left), "{left}");
            }
            for (client, booking) in [(&ann, &held), (&cem, &booked)] {
                assert_eq!(read_booking(client, booking)["status"], "cancelled");
            }
            let late = ann.post(&confirm_path(&held), json!({}));
            assert_eq!(late.status(), 409, "{}", late.text());
            app.changes(&[]);
            assert_eq!(app.free_seats(&event), 3);
            assert_adds_up(app, &event);
        }
    });
}

#[test]
fn nothing_is_offered_once_the_event_has_ended() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 2 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let booking = book(&ann, &event, 2);
        app.changes(&["seats.changed", "booking.held"]);
        queue(app, &bob, &event, 2, 1);
        app.clock().advance(TimeDelta::days(11));
        app.sweep();
        assert_eq!(recorded(app, "waitlist.offered"), 0);
        assert_eq!(read_booking(&ann, &booking)["status"], "expired");
        for offers in [
            "waitlist where status = 'offered'",
            "bookings where status = 'held'",
        ] {
            let rows = app.count(&format!("select count(*) from {offers}"));
            assert_eq!(rows, 0, "{offers}");
        }
        assert_eq!(app.free_seats(&event), 2);
        assert_adds_up(app, &event);
    });
}
