//! Offers: what makes seats come free, who gets them, for how long, and how they become a booking.

use super::*;

#[test]
fn seats_of_a_cancelled_booking_go_to_the_first_whose_party_fits() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 6, "base_price": 0 }));
        let [ann, bob, cem, dag] = people(app, ["ann", "bob", "cem", "dag"]);
        let bookings = [3, 3].map(|quantity| book(&dag, &event, quantity));
        app.skip_changes();
        queue(app, &ann, &event, 4, 1);
        queue(app, &bob, &event, 2, 2);
        queue(app, &cem, &event, 3, 3);
        let cancelled = ["seats.changed", "booking.cancelled"];

        dag.delete(&booking_path(&bookings[0])).ok(200);
        app.changes(&then_offers(&cancelled, 1));
        let booking = read_booking(&bob, &offer(&bob, &event));
        assert_eq!(booking["status"], "held");
        assert_eq!(booking["quantity"], 2);
        assert_waits(&ann, &event, 1);
        assert_waits(&cem, &event, 2);
        assert_eq!(app.free_seats(&event), 1);

        dag.delete(&booking_path(&bookings[1])).ok(200);
        app.changes(&then_offers(&cancelled, 1));
        let booking = read_booking(&ann, &offer(&ann, &event));
        assert_eq!(booking["quantity"], 4);
        assert_waits(&cem, &event, 1);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn seats_that_come_free_together_are_offered_to_as_many_as_fit() {
    each(|app| {
        let event = full(app, 6);
        let line = people(app, ["ann", "bob", "cem", "dag"]);
        for (position, (client, party)) in (1..).zip(line.iter().zip([2, 4, 3, 1])) {
            queue(app, client, &event, party, position);
        }
        let [ann, bob, cem, dag] = &line;
        give_back(app, &event, 5);
        app.changes(&then_offers(&["seats.changed"], 2));
        let offers = [(ann, 2), (cem, 3)].map(|(client, quantity)| {
            let booking = offer(client, &event);
            assert_eq!(read_booking(client, &booking)["quantity"], quantity);
            booking
        });
        assert_ne!(offers[0], offers[1]);
        assert_waits(bob, &event, 1);
        assert_waits(dag, &event, 2);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn seats_that_the_booking_service_gives_back_either_way_are_offered() {
    each(|app| {
        let event = full(app, 4);
        let [ann, bob] = people(app, ["ann", "bob"]);
        queue(app, &ann, &event, 1, 1);
        queue(app, &bob, &event, 2, 2);
        for (call, quantity) in [("return-seats", 1), ("update-availability", 2)] {
            let path = format!("/internal/events/{event}/{call}");
            let returned = json!({ "quantity": quantity });
            app.internal().post(&path, returned).ok(200);
            app.changes(&then_offers(&["seats.changed"], 1));
        }
        offer(&ann, &event);
        offer(&bob, &event);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn the_seats_of_a_larger_capacity_are_offered() {
    each(|app| {
        let event = full(app, 4);
        let [ann, bob] = people(app, ["ann", "bob"]);
        queue(app, &ann, &event, 3, 1);
        queue(app, &bob, &event, 1, 2);
        let larger = json!({ "version": version_of(app, &event), "total_capacity": 8 });
        let larger = app.super_admin().put(&event_path(&event), larger);
        assert_eq!(larger.ok(200)["total_capacity"], 8);
        app.changes(&then_offers(&["event.updated"], 2));
        offer(&ann, &event);
        offer(&bob, &event);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn seats_of_a_hold_that_ran_out_are_offered() {
    each_with(&SHORT, |app| {
        let event = app.on_sale(json!({ "total_capacity": 2 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        book(&ann, &event, 2);
        app.changes(&["seats.changed", "booking.held"]);
        queue(app, &bob, &event, 2, 1);
        app.clock().advance(TimeDelta::seconds(301));
        app.sweep();
        app.changes(&then_offers(&["seats.changed", "booking.expired"], 1));
        let booking = offer(&bob, &event);
        assert_eq!(read_booking(&bob, &booking)["status"], "held");
        assert_adds_up(app, &event);
    });
}

#[test]
fn whoever_comes_by_does_not_get_what_the_line_waits_for() {
    each_with(&SHORT, |app| {
        let event = app.on_sale(json!({ "total_capacity": 2 }));
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        book(&ann, &event, 2);
        app.changes(&["seats.changed", "booking.held"]);
        queue(app, &bob, &event, 2, 1);
        app.clock().advance(TimeDelta::seconds(301));
        // Nobody has swept yet.
        let refused = cem.post(&bookings_path(&event), json!({ "quantity": 2 }));
        refused.refused_as(409, "INSUFFICIENT_SEATS");
        app.sweep();
        app.changes(&then_offers(&["seats.changed", "booking.expired"], 1));
        offer(&bob, &event);
        let refused = cem.post(&bookings_path(&event), json!({ "quantity": 1 }));
        refused.refused_as(409, "INSUFFICIENT_SEATS");
        app.changes(&[]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn an_offer_that_runs_out_goes_to_the_next_until_nobody_waits() {
    each_with(&SHORT, |app| {
        let event = full(app, 2);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        queue(app, &ann, &event, 2, 1);
        queue(app, &bob, &event, 1, 2);
        give_back(app, &event, 2);
        app.changes(&then_offers(&["seats.changed"], 1));
        let run_out = ["seats.changed", "booking.expired", "waitlist.expired"];

        app.clock().advance(TimeDelta::seconds(90));
        app.sweep();
        app.changes(&[]);
        let booking = offer(&ann, &event);
        outlive(app, &ann, &event);
        assert_eq!(read_booking(&ann, &booking)["status"], "expired");
        app.sweep();
        app.changes(&then_offers(&run_out, 1));
        assert_status(&ann, &event, "expired");
        let expired = read_booking(&ann, &booking);
        assert_eq!(expired["status"], "expired");
        assert_eq!(expired["expires_at"], Value::Null);
        let next = offer(&bob, &event);
        assert_ne!(next, booking);
        assert_eq!(app.free_seats(&event), 1);

        outlive(app, &bob, &event);
        app.sweep();
        app.changes(&run_out);
        for client in [&ann, &bob] {
            assert_status(client, &event, "expired");
        }
        app.sweep();
        app.changes(&[]);
        assert_eq!(app.free_seats(&event), 2);
        book(&cem, &event, 2);
        app.changes(&["seats.changed", "booking.confirmed"]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn offers_that_run_out_together_are_all_passed_on() {
    each_with(&SHORT, |app| {
        let event = full(app, 4);
        let line = people(app, ["ann", "bob", "cem", "dag"]);
        for (position, client) in (1..).zip(&line) {
            queue(app, client, &event, 2, position);
        }
        give_back(app, &event, 4);
        app.changes(&then_offers(&["seats.changed"], 2));
        outlive(app, &line[1], &event);
        app.sweep();
        app.skip_changes();
        for topic in ["booking.expired", "waitlist.expired"] {
            assert_eq!(recorded(app, topic), 2, "{topic}");
        }
        assert_eq!(recorded(app, "waitlist.offered"), 4);
        for (client, status) in line
            .iter()
            .zip(["expired", "expired", "offered", "offered"])
        {
            assert_status(client, &event, status);
        }
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_free_offer_is_confirmed_by_its_person_alone() {
    each_with(&SHORT, |app| {
        let event = full(app, 2);
        let [ann, bob] = people(app, ["ann", "bob"]);
        queue(app, &ann, &event, 2, 1);
        queue(app, &bob, &event, 2, 2);
        give_back(app, &event, 2);
        app.changes(&then_offers(&["seats.changed"], 1));
        let booking = offer(&ann, &event);
        let path = confirm_path(&booking);
        let confirm = |client: &Client| client.post(&path, json!({}));
        confirm(&bob).refused_as(404, "BOOKING_NOT_FOUND");
        for other in [app.anon(), app.super_admin()] {
            confirm(&other).refused_as(401, "UNAUTHORIZED");
        }
        app.changes(&[]);
        assert_eq!(offer(&ann, &event), booking);

        let confirmed = confirm(&ann).ok(200);
        app.changes(&["booking.confirmed", "waitlist.booked"]);
        assert_eq!(confirmed["booking_id"], *booking);
        assert_eq!(confirmed["status"], "confirmed");
        assert_eq!(confirmed["quantity"], 2);
        assert_eq!(confirmed["expires_at"], Value::Null);
        assert!(confirmed["ticket_code"].is_string(), "{confirmed}");
        assert_status(&ann, &event, "booked");
        assert_waits(&bob, &event, 1);
        assert_eq!(confirm(&ann).ok(200), confirmed);

        app.clock().advance(TimeDelta::minutes(5));
        app.sweep();
        app.changes(&[]);
        assert_eq!(read_booking(&ann, &booking), confirmed);
        assert_waits(&bob, &event, 1);
        assert_adds_up(app, &event);
    });
}

#[test]
fn an_offer_that_has_a_price_is_confirmed_by_the_booking_service_alone() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 2, "base_price": 25.5 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let booking = grab(app, &ann, &event, 2);
        let path = confirm_path(&booking);
        let paid = json!({ "payment_reference": "pay-1" });
        ann.post(&path, json!({})).refused_as(403, "FORBIDDEN");
        ann.post(&path, paid.clone()).refused_as(403, "FORBIDDEN");
        let stranger = bob.post(&path, paid.clone());
        stranger.refused_as(404, "BOOKING_NOT_FOUND");
        let service = app.internal();
        invalid(&service.post(&path, json!({})), "payment_reference");
        app.changes(&[]);
        offer(&ann, &event);

        let confirmed = service.post(&path, paid.clone()).ok(200);
        app.changes(&["booking.confirmed", "waitlist.booked"]);
        assert_eq!(confirmed["status"], "confirmed");
        assert_eq!(confirmed["total_amount"].as_f64(), Some(51.0));
        assert_status(&ann, &event, "booked");
        assert_eq!(service.post(&path, paid).ok(200), confirmed);
        let other = json!({ "payment_reference": "pay-2" });
        service.post(&path, other).refused_as(409, "CONFLICT");
        app.changes(&[]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn an_offer_that_ran_out_is_not_confirmed() {
    each_with(&SHORT, |app| {
        for price in [0.0, 25.5] {
            let offered = json!({ "total_capacity": 2, "base_price": price });
            let event = app.on_sale(offered);
            let [ann, bob] = people(app, ["ann", "bob"]);
            let booking = grab(app, &ann, &event, 2);
            queue(app, &bob, &event, 2, 1);
            outlive(app, &ann, &event);
            let confirm = || {
                let paid = json!({ "payment_reference": "pay-1" });
                match price > 0.0 {
                    true => app.internal().post(&confirm_path(&booking), paid),
                    false => ann.post(&confirm_path(&booking), json!({})),
                }
            };
            // First while nobody has swept.
            confirm().refused_as(409, "BOOKING_EXPIRED");
            app.changes(&[]);
            app.sweep();
            let run_out = ["seats.changed", "booking.expired", "waitlist.expired"];
            app.changes(&then_offers(&run_out, 1));
            confirm().refused_as(409, "BOOKING_EXPIRED");
            app.changes(&[]);
            assert_status(&ann, &event, "expired");
            offer(&bob, &event);
            bob.delete(&waitlist_path(&event)).ok(200);
            app.changes(&["seats.changed", "booking.cancelled", "waitlist.left"]);
            assert_adds_up(app, &event);
        }
    });
}

#[test]
fn an_offer_never_gives_a_person_more_than_one_may_book() {
    each(|app| {
        let event = full(app, 20);
        let [ann, bob] = people(app, ["ann", "bob"]);
        queue(app, &ann, &event, 8, 1);
        queue(app, &bob, &event, 8, 2);
        give_back(app, &event, 5);
        app.changes(&["seats.changed"]);
        book(&ann, &event, 5);
        app.changes(&["seats.changed", "booking.confirmed"]);
        give_back(app, &event, 8);
        app.changes(&then_offers(&["seats.changed"], 1));
        let seats = app.count(&format!(
            "select coalesce(sum(quantity), 0) from bookings where user_id = '{}' \
             and status in ('held', 'confirmed')",
            ann.id()
        ));
        assert_eq!(seats, 5);
        offer(&bob, &event);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_line_longer_than_one_transaction_is_served_to_its_end() {
    each(|app| {
        let event = full(app, 60);
        let names: Vec<String> = (0..55).map(|n| format!("waits{n}")).collect();
        let line: Vec<Client> = names.iter().map(|name| app.user(name)).collect();
        for client in &line {
            ask(client, &event, 1).ok(201);
        }
        let larger = json!({ "version": version_of(app, &event), "total_capacity": 115 });
        app.super_admin().put(&event_path(&event), larger).ok(200);
        app.sweep();
        for client in &line {
            assert_status(client, &event, "offered");
        }
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn the_line_of_an_event_that_has_ended_closes() {
    each(|app| {
        let soon = app.clock().now() + TimeDelta::minutes(5);
        let event = app.on_sale(json!({
            "start_datetime": soon.to_rfc3339(),
            "end_datetime": (soon + TimeDelta::minutes(5)).to_rfc3339(),
            "total_capacity": 1,
            "base_price": 0,
        }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        book(&ann, &event, 1);
        ask(&bob, &event, 1).ok(201);
        app.clock().advance(TimeDelta::minutes(11));
        app.sweep();
        assert_status(&bob, &event, "closed");
        assert_adds_up(app, &event);
    });
}
