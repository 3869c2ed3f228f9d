//! What an event's cancelling does to its bookings: all end, seats go back, and what was paid is
//! to be refunded.

use super::*;

/// How many bookings of an event have this status.
fn with(app: &App, event: &str, status: &str) -> i64 {
    app.count(&format!(
        "select count(*) from bookings where event_id = '{event}' and status = '{status}'"
    ))
}

/// Asserts how often topics were recorded.
#[track_caller]
fn assert_recorded(app: &App, expected: [(&str, usize); 4]) {
    for (topic, count) in expected {
        assert_eq!(recorded(app, topic), count, "{topic}");
    }
    app.skip_changes();
}

/// What its reader sees of a cancelled event whose seats are all back.
#[track_caller]
fn assert_empty(app: &App, event: &str) {
    let seen = app.anon().get(&format!("/api/v1/events/{event}")).ok(200);
    assert_eq!(seen["status"], "cancelled");
    assert_eq!(seen["available_seats"], seen["total_capacity"]);
    app.verified();
}

#[test]
fn holds_and_bookings_end_and_what_was_paid_is_refunded() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let other = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let held = hold(app, &ann, &event, 2);
        let paid = [buy(app, &ann, &event, 1), buy(app, &bob, &event, 3)];
        let gone = buy(app, &bob, &event, 1);
        assert_cancelled(&cancel(&bob, &gone), &gone);
        app.changes(&REFUNDED);
        let kept = buy(app, &bob, &other, 1);
        let answer = call_off(app, &event).ok(200);
        assert_eq!(
            answer,
            json!({ "message": "Event cancelled", "event_id": event })
        );
        assert_recorded(
            app,
            [
                ("event.cancelled", 1),
                ("booking.cancelled", 4),
                ("booking.refund_due", 3),
                ("booking.expired", 0),
            ],
        );
        for (client, booking) in [(&ann, &held), (&ann, &paid[0]), (&bob, &paid[1])] {
            assert_over(client, booking, "cancelled");
            assert_eq!(recorded_of(app, "booking.cancelled", booking), 1);
        }
        for (booking, due) in [(&held, 0), (&paid[0], 1), (&paid[1], 1), (&gone, 1)] {
            assert_eq!(recorded_of(app, "booking.refund_due", booking), due);
        }
        assert_eq!(read(&bob, &kept), kept);
        assert_empty(app, &event);
        assert_eq!(app.free_seats(&other), 99);
    });
}

#[test]
fn the_cancelling_is_recorded_before_what_follows_from_it() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        buy(app, &ann, &event, 1);
        call_off(app, &event).ok(200);
        let first = |topic: &str| {
            app.count(&format!(
                "select min(id) from changes where topic = '{topic}'"
            ))
        };
        assert!(first("event.cancelled") < first("booking.cancelled"));
        assert!(first("booking.cancelled") <= first("booking.refund_due"));
        assert_eq!(recorded(app, "seats.changed"), 2);
        assert_empty(app, &event);
    });
}

#[test]
fn what_was_free_is_not_refunded() {
    each(|app| {
        let event = on_sale(app, json!({ "base_price": 0 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let bookings = [take(app, &ann, &event, 2), take(app, &bob, &event, 1)];
        call_off(app, &event).ok(200);
        assert_recorded(
            app,
            [
                ("event.cancelled", 1),
                ("booking.cancelled", 2),
                ("booking.refund_due", 0),
                ("booking.expired", 0),
            ],
        );
        assert_over(&ann, &bookings[0], "cancelled");
        assert_over(&bob, &bookings[1], "cancelled");
        assert_empty(app, &event);
    });
}

#[test]
fn a_change_of_the_status_does_the_same() {
    each(|app| {
        let owner = app.admin("event_manager");
        let event = event_of(app, &owner);
        let [ann] = people(app, ["ann"]);
        let (paid, held) = (buy(app, &ann, &event, 1), hold(app, &ann, &event, 1));
        let path = admin_path(&event);
        let version = owner.get(&path).ok(200)["version"].clone();
        let change = json!({ "version": version, "status": "cancelled" });
        assert_eq!(owner.put(&path, change).ok(200)["status"], "cancelled");
        assert_recorded(
            app,
            [
                ("event.cancelled", 1),
                ("booking.cancelled", 2),
                ("booking.refund_due", 1),
                ("event.updated", 0),
            ],
        );
        for booking in [&paid, &held] {
            assert_over(&ann, booking, "cancelled");
        }
        assert_empty(app, &event);
    });
}

#[test]
fn nothing_comes_of_a_cancelled_event_s_bookings_any_more() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "seats-1");
        let held = hold(app, &keyed, &event, 2);
        let paid = buy(app, &ann, &event, 1);
        call_off(app, &event).ok(200);
        app.skip_changes();
        pay(app, &held).refused_as(409, "CONFLICT");
        pay(app, &paid).refused_as(409, "CONFLICT");
        let code = json!({ "code": paid["ticket_code"] });
        let path = format!("{}/check-in", admin_path(&event));
        app.super_admin()
            .post(&path, code)
            .refused_as(409, "CONFLICT");
        ann.get(&format!("{}/ticket.svg", booking_path(&paid)))
            .refused_as(409, "CONFLICT");
        reserve(&ann, &event, 1).refused_as(409, "EVENT_NOT_MODIFIABLE");
        // A late repeat is answered, and takes nothing.
        let replay = reserve(&keyed, &event, 2);
        assert_eq!(replay.ok(201), held);
        for booking in [&held, &paid] {
            assert_cancelled(&cancel(&ann, booking), booking);
        }
        app.clock().advance(TOO_LONG);
        app.sweep();
        app.changes(&[]);
        for booking in [&held, &paid] {
            assert_over(&ann, booking, "cancelled");
        }
        assert_empty(app, &event);
    });
}

#[test]
fn holds_that_had_run_out_stay_expired_and_free_their_seats_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let swept = hold(app, &ann, &event, 1);
        app.clock().advance(TOO_LONG);
        app.sweep();
        app.changes(&EXPIRED);
        let paid = buy(app, &bob, &event, 2);
        call_off(app, &event).ok(200);
        app.skip_changes();
        app.sweep();
        app.changes(&[]);
        assert_over(&ann, &swept, "expired");
        assert_over(&bob, &paid, "cancelled");
        assert_eq!(with(app, &event, "held"), 0);
        assert_eq!(with(app, &event, "confirmed"), 0);
        assert_empty(app, &event);
    });
}

#[test]
fn seats_that_the_internal_calls_took_stay_taken() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let path = format!("/internal/events/{event}/update-availability");
        app.internal()
            .post(&path, json!({ "quantity": -4 }))
            .ok(200);
        app.changes(&["seats.changed"]);
        buy(app, &ann, &event, 3);
        call_off(app, &event).ok(200);
        app.skip_changes();
        untouched(app, &event, 96);
    });
}

#[test]
fn a_refused_cancelling_leaves_bookings_as_they_are() {
    each(|app| {
        let owner = app.admin("event_manager");
        let event = event_of(app, &owner);
        let [ann] = people(app, ["ann"]);
        let paid = buy(app, &ann, &event, 2);
        let path = admin_path(&event);
        let version = owner.get(&path).ok(200)["version"].clone();
        let stranger = app.admin("event_manager");
        app.skip_changes();
        let reply = stranger.delete(&format!("{path}?version={version}"));
        reply.refused_as(403, "FORBIDDEN");
        let reply = owner.delete(&format!("{path}?version=99"));
        reply.refused_as(409, "CONCURRENT_UPDATE");
        ann.delete(&format!("{path}?version={version}"))
            .refused_as(401, "UNAUTHORIZED");
        assert_eq!(read(&ann, &paid), paid);
        untouched(app, &event, 98);
    });
}

#[test]
fn what_is_paid_while_its_event_is_cancelled_is_cancelled_and_refunded() {
    each(|app| {
        if app.database() != Database::Postgres {
            return;
        }
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 2);
        app.super_admin();
        // The payment service's call, of which the commit is still to come.
        app.sql("begin");
        app.sql(&format!(
            "update bookings set status = 'confirmed', expires_at = null, \
             payment_reference = 'p-1', confirmed_at = created_at where id = '{}'",
            text(&held["booking_id"])
        ));
        std::thread::scope(|scope| {
            let cancelling = scope.spawn(|| call_off(app, &event));
            let waiting = "select count(*) from pg_locks where not granted";
            while app.count(waiting) == 0 && !cancelling.is_finished() {
                std::thread::yield_now();
            }
            app.sql("commit");
            cancelling.join().expect("an answer").ok(200);
        });
        assert_eq!(read(&ann, &held)["status"], "cancelled");
        assert_eq!(recorded(app, "booking.refund_due"), 1);
        assert_empty(app, &event);
    });
}
