//! How many seats one person may have, and holds that run out: their seats come back once, and
//! nobody has to wait for the sweeper.

use super::*;

#[test]
fn held_and_confirmed_seats_of_a_person_stay_within_the_event_s_limit() {
    each(|app| {
        let event = on_sale(app, json!({ "max_tickets_per_booking": 4 }));
        let other = on_sale(app, json!({ "max_tickets_per_booking": 4 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        invalid(&reserve(&ann, &event, 5), "quantity");
        let first = hold(app, &ann, &event, 3);
        invalid(&reserve(&ann, &event, 2), "quantity");
        pay(app, &first).ok(200);
        app.changes(&["booking.confirmed"]);
        invalid(&reserve(&ann, &event, 2), "quantity");
        let second = hold(app, &ann, &event, 1);
        invalid(&reserve(&app.user("ann"), &event, 1), "quantity");
        untouched(app, &event, 96);
        // Neither others' seats count, nor those of other events, nor what was given back.
        hold(app, &bob, &event, 4);
        hold(app, &ann, &other, 4);
        assert_cancelled(&cancel(&ann, &second), &second);
        app.changes(&CANCELLED);
        hold(app, &ann, &event, 1);
        invalid(&reserve(&ann, &event, 1), "quantity");
        untouched(app, &event, 92);
    });
}

#[test]
fn thirty_keys_of_one_person_never_exceed_the_limit() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        for n in 0..30 {
            let reply = reserve(&ann.with("Idempotency-Key", &format!("key-{n}")), &event, 1);
            match n < 10 {
                true => {
                    reply.ok(201);
                    app.changes(&HELD);
                }
                false => {
                    invalid(&reply, "quantity");
                    app.changes(&[]);
                }
            }
        }
        untouched(app, &event, 90);
    });
}

#[test]
fn holds_that_run_out_give_their_seats_back_once() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 5 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let holds = [hold(app, &ann, &event, 3), hold(app, &bob, &event, 2)];
        let path = format!("/api/v1/events/{event}/availability");
        assert_eq!(app.anon().get(&path).ok(200)["status"], "sold_out");
        app.clock().advance(TOO_LONG);
        app.sweep();
        // The seats came back at once.
        app.changes(&["seats.changed", "booking.expired", "booking.expired"]);
        for _ in 0..2 {
            app.sweep();
            untouched(app, &event, 5);
        }
        assert_eq!(app.anon().get(&path).ok(200)["status"], "published");
        for (client, booking) in [&ann, &bob].into_iter().zip(&holds) {
            assert_over(client, booking, "expired");
            assert_eq!(recorded_of(app, "booking.expired", booking), 1);
        }
    });
}

#[test]
fn a_hold_stays_until_its_time_is_over() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let first = hold(app, &ann, &event, 3);
        app.clock().advance(TimeDelta::minutes(5));
        let second = hold(app, &bob, &event, 2);
        app.clock().advance(TimeDelta::minutes(4));
        app.sweep();
        untouched(app, &event, 95);
        for (client, booking) in [(&ann, &first), (&bob, &second)] {
            let seen = read(client, booking);
            assert_eq!(seen["status"], "held");
            assert_eq!(seen["expires_at"], booking["expires_at"]);
        }
        app.clock().advance(TimeDelta::minutes(2));
        app.sweep();
        app.changes(&EXPIRED);
        assert_over(&ann, &first, "expired");
        assert_eq!(read(&bob, &second)["status"], "held");
        untouched(app, &event, 98);
        // The later one is paid in time.
        pay(app, &second).ok(200);
        app.changes(&["booking.confirmed"]);
        app.clock().advance(TOO_LONG);
        app.sweep();
        assert_eq!(read(&bob, &second)["status"], "confirmed");
        untouched(app, &event, 98);
    });
}

#[test]
fn a_hold_reads_as_expired_before_the_sweeper_comes_by() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 3);
        app.clock().advance(TOO_LONG);
        assert_over(&ann, &held, "expired");
        let mine = ann.get(MINE).ok(200);
        let sold = app.super_admin().get(&sold_path(&event)).ok(200);
        for list in [mine, sold] {
            assert_eq!(list["bookings"][0]["booking_id"], held["booking_id"]);
            assert_eq!(list["bookings"][0]["status"], "expired");
            assert_eq!(list["bookings"][0]["expires_at"], Value::Null);
        }
        app.changes(&[]);
        let before = read(&ann, &held);
        app.sweep();
        app.changes(&EXPIRED);
        assert_eq!(read(&ann, &held), before);
        app.verified();
    });
}

#[test]
fn whoever_finds_too_few_seats_gets_those_whose_time_is_over() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 4 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let held = hold(app, &ann, &event, 3);
        reserve(&bob, &event, 2).refused_as(409, "INSUFFICIENT_SEATS");
        app.clock().advance(TOO_LONG);
        // One seat is free without that.
        hold(app, &bob, &event, 1);
        let more = reserve(&bob, &event, 3).ok(201);
        app.changes(&[EXPIRED, HELD].concat());
        assert_eq!(more["status"], "held");
        assert_over(&ann, &held, "expired");
        app.sweep();
        untouched(app, &event, 0);
        assert_eq!(recorded_of(app, "booking.expired", &held), 1);
    });
}

#[test]
fn seats_whose_time_is_over_come_back_once_even_if_they_do_not_suffice() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 4 }));
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let held = hold(app, &ann, &event, 2);
        buy(app, &bob, &event, 2);
        app.clock().advance(TOO_LONG);
        for _ in 0..2 {
            let details = reserve(&cem, &event, 3).refused_as(409, "INSUFFICIENT_SEATS");
            assert_eq!(details["requested"], 3);
        }
        app.sweep();
        app.changes(&EXPIRED);
        assert_eq!(recorded_of(app, "booking.expired", &held), 1);
        untouched(app, &event, 2);
        hold(app, &cem, &event, 2);
        untouched(app, &event, 0);
    });
}

#[test]
fn what_has_expired_does_not_count_against_its_person() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let old = hold(app, &ann, &event, 10);
        invalid(&reserve(&ann, &event, 1), "quantity");
        app.clock().advance(TOO_LONG);
        let new = reserve(&ann, &event, 10).ok(201);
        app.sweep();
        app.skip_changes();
        assert_eq!(recorded(app, "booking.expired"), 1);
        assert_eq!(recorded(app, "booking.held"), 2);
        assert_over(&ann, &old, "expired");
        assert_eq!(read(&ann, &new)["status"], "held");
        invalid(&reserve(&ann, &event, 1), "quantity");
        untouched(app, &event, 90);
    });
}

#[test]
fn a_key_of_a_hold_that_has_expired_takes_nothing() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "seats-1");
        let held = hold(app, &keyed, &event, 4);
        app.clock().advance(TOO_LONG);
        app.sweep();
        app.changes(&EXPIRED);
        let replay = reserve(&keyed, &event, 4);
        assert_eq!(replay.ok(201), held);
        assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
        assert_over(&ann, &held, "expired");
        untouched(app, &event, 100);
    });
}

#[test]
fn a_hold_of_someone_suspended_runs_out_as_any_other() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 4);
        suspend(app, &ann);
        app.clock().advance(TOO_LONG);
        app.sweep();
        app.changes(&EXPIRED);
        assert_over(&ann, &held, "expired");
        untouched(app, &event, 100);
    });
}
