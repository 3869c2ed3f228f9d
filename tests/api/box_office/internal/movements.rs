//! Seats that are taken and come back, by either call, and what the ledger says of them.

use super::*;

#[test]
fn the_key_opens_in_either_header() {
    each(|app| {
        let id = hall(app, 20);
        let anon = app.anon();
        for client in [
            anon.with("X-API-Key", INTERNAL_KEY),
            anon.with("Authorization", &format!("ApiKey {INTERNAL_KEY}")),
            anon.with("Authorization", &format!("apikey {INTERNAL_KEY}")),
        ] {
            client.get(&seats_path(&id)).ok(200);
            moved(app, &shift(&client, &id, -2));
            moved(app, &give_back(&client, &id, 2));
        }
        assert_free(app, &id, 20);
    });
}

#[test]
fn seats_are_taken_and_come_back_one_version_each() {
    each(|app| {
        let id = hall(app, 20);
        let first = version(app, &id);
        for (n, (quantity, free)) in (1..).zip([(-2, 18), (-10, 8), (1, 9), (10, 19), (-1, 18)]) {
            let told = moved(app, &shift(&app.internal(), &id, quantity));
            let expected = json!({
                "event_id": id,
                "available_seats": free,
                "status": "published",
                "version": first + n,
            });
            assert_eq!(told, expected);
            assert_eq!(version(app, &id), first + n);
            assert_eq!(rows(app, &id, "true"), n);
            assert_free(app, &id, free);
        }
    });
}

#[test]
fn every_movement_is_a_row_of_the_ledger() {
    each(|app| {
        let id = hall(app, 20);
        let other = hall(app, 20);
        let internal = app.internal();
        moved(app, &shift(&internal, &id, -3));
        moved(app, &shift(&internal, &id, 1));
        moved(app, &give_back(&internal, &id, 2));
        for quantity in [-3, 1, 2] {
            let like = format!("quantity = {quantity} and source = 'internal'");
            let like = format!("{like} and booking_id is null");
            assert_eq!(rows(app, &id, &like), 1, "{quantity}");
        }
        assert_eq!(rows(app, &id, "true"), 3);
        assert_eq!(rows(app, &other, "true"), 0);
        assert_free(app, &id, 20);
        assert_free(app, &other, 20);
        app.changes(&[]);
    });
}

#[test]
fn the_version_that_is_current_moves_seats() {
    each(|app| {
        let id = hall(app, 20);
        let mut current = version(app, &id);
        for quantity in [-4, 2, -1] {
            let reply = shift_at(&app.internal(), &id, quantity, current);
            let told = moved(app, &reply);
            assert_eq!(told["version"], current + 1);
            current = number(&told["version"]);
        }
        let body = json!({ "quantity": 3, "version": current });
        let told = moved(app, &app.internal().post(&return_path(&id), body));
        assert_eq!(told["version"], current + 1);
        assert_free(app, &id, 20);
    });
}

#[test]
fn a_version_of_null_is_one_left_out() {
    each(|app| {
        let id = hall(app, 20);
        let none = |quantity: i64| json!({ "quantity": quantity, "version": null });
        moved(app, &app.internal().post(&update_path(&id), none(-2)));
        moved(app, &app.internal().post(&update_path(&id), none(1)));
        moved(app, &app.internal().post(&return_path(&id), none(1)));
        assert_free(app, &id, 20);
    });
}

#[test]
fn keys_of_a_body_that_mean_nothing_are_ignored() {
    each(|app| {
        let id = hall(app, 20);
        let body = json!({ "quantity": -2, "reason": "sold", "event_id": UNKNOWN, "free": 0 });
        moved(app, &app.internal().post(&update_path(&id), body));
        let body = json!({ "quantity": 1, "reason": "returned", "total_capacity": 1 });
        moved(app, &app.internal().post(&return_path(&id), body));
        assert_free(app, &id, 19);
    });
}

#[test]
fn the_last_seat_sells_out_and_a_return_puts_back_on_sale() {
    each(|app| {
        let id = hall(app, 5);
        let internal = app.internal();
        for round in 0..2 {
            let told = moved(app, &shift(&internal, &id, -5));
            assert_eq!(told["available_seats"], 0);
            assert_eq!(told["status"], "sold_out");
            for path in [seats_path(&id), event_path(&id), availability_path(&id)] {
                let seen = internal.get(&path).ok(200);
                assert_eq!(seen["status"], "sold_out", "{path}");
                assert_eq!(seen["available_seats"], 0, "{path}");
            }
            assert_free(app, &id, 0);
            short_of(&shift(&internal, &id, -1), &id, 1, 0);
            app.changes(&[]);
            let back = match round {
                0 => shift(&internal, &id, 1),
                _ => give_back(&internal, &id, 1),
            };
            let told = moved(app, &back);
            assert_eq!(told["available_seats"], 1);
            assert_eq!(told["status"], "published");
            for path in [seats_path(&id), event_path(&id), availability_path(&id)] {
                let seen = internal.get(&path).ok(200);
                assert_eq!(seen["status"], "published", "{path}");
            }
            assert_free(app, &id, 1);
            moved(app, &give_back(&internal, &id, 4));
            assert_free(app, &id, 5);
        }
    });
}

#[test]
fn sold_out_is_kept_nowhere() {
    each(|app| {
        let id = hall(app, 2);
        take(app, &id, 2);
        let kept = format!("select status from event_seats where event_id = '{id}'");
        assert_eq!(app.text(&kept).as_deref(), Some("published"));
        assert_eq!(standing(app, &id)["status"], "sold_out");
    });
}

#[test]
fn one_update_moves_at_most_what_one_booking_may_have() {
    each(|app| {
        let over = json!({ "total_capacity": 20, "max_tickets_per_booking": 4 });
        let id = app.on_sale(over);
        app.skip_changes();
        let internal = app.internal();
        take(app, &id, 4);
        take(app, &id, 4);
        for quantity in [-5, 5, 6, -20, 8] {
            invalid(&shift(&internal, &id, quantity), "quantity");
        }
        app.changes(&[]);
        assert_free(app, &id, 12);
        moved(app, &shift(&internal, &id, 4));
        take(app, &id, 4);
        // A return has no such bound.
        let told = moved(app, &give_back(&internal, &id, 8));
        assert_eq!(told["available_seats"], 20);
        assert_free(app, &id, 20);
    });
}

#[test]
fn no_more_comes_back_than_was_taken() {
    each(|app| {
        let (id, other) = (hall(app, 20), hall(app, 20));
        let internal = app.internal();
        take(app, &other, 9);
        let refuse = |quantity: i64| {
            invalid(&shift(&internal, &id, quantity), "quantity");
            invalid(&give_back(&internal, &id, quantity), "quantity");
            app.changes(&[]);
        };
        // Nothing of this event was taken yet, whatever was of another.
        refuse(1);
        take(app, &id, 3);
        refuse(4);
        moved(app, &shift(&internal, &id, 2));
        refuse(2);
        moved(app, &give_back(&internal, &id, 1));
        refuse(1);
        assert_free(app, &id, 20);
        assert_free(app, &other, 11);
    });
}

#[test]
fn seats_of_bookings_are_not_theirs_to_return() {
    each(|app| {
        let id = hall(app, 20);
        let internal = app.internal();
        book(app, "ann", &id, 4);
        invalid(&shift(&internal, &id, 1), "quantity");
        invalid(&give_back(&internal, &id, 4), "quantity");
        take(app, &id, 2);
        book(app, "bob", &id, 5);
        invalid(&shift(&internal, &id, 3), "quantity");
        invalid(&give_back(&internal, &id, 3), "quantity");
        app.changes(&[]);
        assert_free(app, &id, 9);
        let told = moved(app, &give_back(&internal, &id, 2));
        assert_eq!(told["available_seats"], 11);
        invalid(&give_back(&internal, &id, 1), "quantity");
        app.changes(&[]);
        assert_free(app, &id, 11);
        assert_eq!(rows(app, &id, "source = 'booking'"), 2);
        assert_eq!(rows(app, &id, "source = 'internal'"), 2);
    });
}

#[test]
fn bookings_and_internal_calls_take_of_the_same_seats() {
    each(|app| {
        let id = hall(app, 6);
        take(app, &id, 3);
        book(app, "ann", &id, 3);
        assert_eq!(standing(app, &id)["status"], "sold_out");
        short_of(&shift(&app.internal(), &id, -1), &id, 1, 0);
        app.changes(&[]);
        assert_free(app, &id, 0);
    });
}

#[test]
fn a_booking_service_sees_what_it_needs() {
    each(|app| {
        let over = json!({
            "total_capacity": 7,
            "max_tickets_per_booking": 6,
            "base_price": 19.99,
            "currency": "NOK",
        });
        let id = app.on_sale(over);
        app.skip_changes();
        let expected = json!({
            "event_id": id,
            "available_seats": 7,
            "max_tickets_per_booking": 6,
            "base_price": 19.99,
            "currency": "NOK",
            "version": 2,
            "status": "published",
        });
        assert_eq!(standing(app, &id), expected);
        assert_eq!(read_event(app, &id)["version"], 2);
        let told = take(app, &id, 6);
        let expected = set(expected, "available_seats", 1);
        let expected = set(expected, "version", told["version"].clone());
        assert_eq!(standing(app, &id), expected);
        assert_eq!(read_event(app, &id)["version"], told["version"]);
        app.changes(&[]);
    });
}

#[test]
fn an_event_sells_until_it_is_over_and_is_seen_thereafter() {
    each(|app| {
        let id = app.on_sale(on("short", &ahead(app, 2), &ahead(app, 4)));
        app.skip_changes();
        take(app, &id, 1);
        app.clock().advance(TimeDelta::hours(3));
        take(app, &id, 2);
        moved(app, &give_back(&app.internal(), &id, 1));
        let before = standing(app, &id);
        app.clock().advance(TimeDelta::hours(2));
        for quantity in [-1, 1] {
            let reply = shift(&app.internal(), &id, quantity);
            reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        }
        let reply = give_back(&app.internal(), &id, 1);
        reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        app.changes(&[]);
        assert_eq!(standing(app, &id), before);
        assert_free(app, &id, 98);
    });
}

#[test]
fn a_cancelled_event_moves_no_seats_and_is_seen_as_such() {
    each(|app| {
        let id = hall(app, 20);
        take(app, &id, 2);
        cancel(app, &id);
        for quantity in [-1, 1] {
            let reply = shift(&app.internal(), &id, quantity);
            reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        }
        let reply = give_back(&app.internal(), &id, 1);
        reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        app.changes(&[]);
        assert_eq!(standing(app, &id)["status"], "cancelled");
        // What the internal calls took stays taken.
        assert_free(app, &id, 18);
    });
}

#[test]
fn more_than_are_free_are_refused() {
    each(|app| {
        let id = hall(app, 5);
        let internal = app.internal();
        short_of(&shift(&internal, &id, -6), &id, 6, 5);
        take(app, &id, 3);
        short_of(&shift(&internal, &id, -3), &id, 3, 2);
        let current = version(app, &id);
        let reply = shift_at(&internal, &id, -10, current);
        short_of(&reply, &id, 10, 2);
        app.changes(&[]);
        assert_eq!(version(app, &id), current);
        assert_eq!(rows(app, &id, "true"), 1);
        assert_free(app, &id, 2);
        take(app, &id, 2);
        short_of(&shift(&internal, &id, -1), &id, 1, 0);
        app.changes(&[]);
        assert_free(app, &id, 0);
    });
}
