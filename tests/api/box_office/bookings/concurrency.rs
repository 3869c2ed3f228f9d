//! Many hands at once: nothing is sold twice, nothing comes back twice, and no limit is passed.

use super::*;

const NAMES: [&str; 12] = [
    "ann", "bob", "cem", "dag", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "lea",
];

/// How often a race is run.
const ROUNDS: usize = 8;

/// Seats of the event's bookings that are held or confirmed.
fn booked(app: &App, event: &str) -> i64 {
    app.count(&format!(
        "select coalesce(sum(quantity), 0) from bookings \
         where event_id = '{event}' and status in ('held', 'confirmed')"
    ))
}

/// Asserts that every seat of a hundred is either free or booked.
#[track_caller]
fn assert_adds_up(app: &App, event: &str) {
    assert_eq!(app.free_seats(event) + booked(app, event), 100);
    app.verified();
}

/// Asserts that all calls have one of these statuses.
#[track_caller]
fn assert_among(replies: &[Reply], statuses: &[u16]) {
    for reply in replies {
        let known = statuses.contains(&reply.status());
        assert!(known, "{}: {}", reply.status(), reply.text());
    }
}

#[test]
fn thirty_calls_of_one_person_stay_within_the_limit() {
    each(|app| {
        let event = on_sale(app, json!({ "max_tickets_per_booking": 4 }));
        let [ann] = people(app, ["ann"]);
        let clients = [&ann, &app.user("ann")];
        let replies = at_once(30, |n| {
            let key = format!("key-{n}");
            reserve(&clients[n % 2].with("Idempotency-Key", &key), &event, 1)
        });
        assert_eq!(with_status(&replies, 201), 4, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status() != 201) {
            invalid(reply, "quantity");
        }
        assert_eq!(recorded(app, "booking.held"), 4);
        assert_eq!(recorded(app, "seats.changed"), 4);
        assert_eq!(app.free_seats(&event), 96);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_few_seats_are_sold_once_to_many_people() {
    each(|app| {
        for price in [25, 0] {
            let over = json!({ "total_capacity": 5, "base_price": price });
            let event = on_sale(app, over);
            let clients = people(app, NAMES);
            let replies = at_once(NAMES.len(), |n| reserve(&clients[n], &event, 1));
            assert_eq!(with_status(&replies, 201), 5, "{replies:?}");
            for reply in replies.iter().filter(|reply| reply.status() != 201) {
                let details = reply.refused_as(409, "INSUFFICIENT_SEATS");
                assert_eq!(details["available"], 0);
            }
            assert_eq!(app.free_seats(&event), 0);
            assert_eq!(booked(app, &event), 5);
            app.verified();
        }
        assert_eq!(recorded(app, "booking.held"), 5);
        assert_eq!(recorded(app, "booking.confirmed"), 5);
        assert_eq!(recorded(app, "seats.changed"), 10);
    });
}

#[test]
fn parties_of_several_get_all_their_seats_or_none() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 7 }));
        let clients = people(app, NAMES);
        let replies = at_once(NAMES.len(), |n| reserve(&clients[n], &event, 2));
        assert_eq!(with_status(&replies, 201), 3, "{replies:?}");
        assert_eq!(with_status(&replies, 409), 9, "{replies:?}");
        assert_eq!(app.free_seats(&event), 1);
        assert_eq!(booked(app, &event), 6);
        app.verified();
    });
}

#[test]
fn a_key_that_is_used_at_once_books_once_and_answers_all() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "seats-1");
        let replies = at_once(4, |_| reserve(&keyed, &event, 2));
        let first = replies[0].ok(201);
        for reply in &replies {
            assert_eq!(reply.ok(201), first);
        }
        let replayed = replies
            .iter()
            .filter(|reply| reply.header("Idempotency-Replayed") == Some("true"));
        assert_eq!(replayed.count(), 3);
        app.changes(&HELD);
        assert_eq!(app.free_seats(&event), 98);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_booking_that_is_cancelled_by_several_gives_its_seats_back_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let clients = [ann.clone(), app.user("ann"), app.super_admin()];
        for round in 0..ROUNDS {
            let booking = match round % 2 {
                0 => hold(app, &ann, &event, 3),
                _ => buy(app, &ann, &event, 3),
            };
            for reply in at_once(3, |n| cancel(&clients[n], &booking)) {
                assert_cancelled(&reply, &booking);
            }
            assert_eq!(recorded_of(app, "booking.cancelled", &booking), 1);
            let due = i64::from(round % 2 == 1);
            assert_eq!(recorded_of(app, "booking.refund_due", &booking), due);
            assert_eq!(app.free_seats(&event), 100);
            app.skip_changes();
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_payment_that_is_told_by_several_counts_once() {
    each(|app| {
        let event = on_sale(app, json!({ "max_tickets_per_booking": 100 }));
        let [ann] = people(app, ["ann"]);
        for round in 0..ROUNDS {
            let held = hold(app, &ann, &event, 1);
            // The same payment in every second round, two payments in the others.
            let references = [PAID, [PAID, "pay-4712"][round % 2]];
            let replies = at_once(2, |n| {
                let payment = json!({ "payment_reference": references[n] });
                app.internal().post(&confirm_path(&held), payment)
            });
            let confirmed = with_status(&replies, 200);
            assert_eq!(confirmed, 2 - round % 2, "{replies:?}");
            for reply in replies.iter().filter(|reply| reply.status() != 200) {
                reply.refused_as(409, "CONFLICT");
            }
            assert_eq!(recorded_of(app, "booking.confirmed", &held), 1);
            app.skip_changes();
        }
        assert_eq!(usize::try_from(booked(app, &event)), Ok(ROUNDS));
        assert_adds_up(app, &event);
    });
}

#[test]
fn what_is_paid_and_cancelled_at_once_is_cancelled_and_refunded_if_it_was_paid() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        for _ in 0..ROUNDS {
            let held = hold(app, &ann, &event, 2);
            let replies = at_once(2, |n| match n {
                0 => pay(app, &held),
                _ => cancel(&ann, &held),
            });
            assert_cancelled(&replies[1], &held);
            let paid = replies[0].status() == 200;
            if !paid {
                replies[0].refused_as(409, "CONFLICT");
            }
            let due = recorded_of(app, "booking.refund_due", &held);
            assert_eq!(due, i64::from(paid));
            assert_over(&ann, &held, "cancelled");
            assert_eq!(app.free_seats(&event), 100);
            app.skip_changes();
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn two_sweepers_free_every_hold_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let clients = people(app, NAMES);
        for client in &clients {
            hold(app, client, &event, 3);
        }
        assert_eq!(app.free_seats(&event), 64);
        app.clock().advance(TOO_LONG);
        at_once(3, |_| app.sweep());
        assert_eq!(recorded(app, "booking.expired"), NAMES.len());
        assert_eq!(app.free_seats(&event), 100);
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_hold_that_runs_out_while_it_is_paid_is_either_confirmed_or_free_again() {
    each(|app| {
        let event = on_sale(app, json!({ "max_tickets_per_booking": 100 }));
        let [ann] = people(app, ["ann"]);
        for _ in 0..ROUNDS {
            let (held, before) = (hold(app, &ann, &event, 2), app.free_seats(&event));
            let replies = at_once(3, |n| {
                if n == 0 {
                    return Some(pay(app, &held));
                }
                if n == 1 {
                    app.clock().advance(TOO_LONG);
                }
                app.sweep();
                None
            });
            let answer = replies.into_iter().flatten().next().expect("an answer");
            app.sweep();
            match answer.status() {
                200 => {
                    assert_eq!(read(&ann, &held)["status"], "confirmed");
                    assert_eq!(recorded_of(app, "booking.expired", &held), 0);
                    assert_eq!(app.free_seats(&event), before);
                }
                _ => {
                    answer.refused_as(409, "BOOKING_EXPIRED");
                    assert_over(&ann, &held, "expired");
                    assert_eq!(recorded_of(app, "booking.expired", &held), 1);
                    assert_eq!(app.free_seats(&event), before + 2);
                }
            }
            app.skip_changes();
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn a_hold_that_runs_out_while_it_is_cancelled_gives_its_seats_back_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        for _ in 0..ROUNDS {
            let held = hold(app, &ann, &event, 5);
            let replies = at_once(2, |n| {
                if n == 0 {
                    return Some(cancel(&ann, &held));
                }
                app.clock().advance(TOO_LONG);
                app.sweep();
                None
            });
            let answer = replies.into_iter().flatten().next().expect("an answer");
            app.sweep();
            let status = match answer.status() {
                200 => "cancelled",
                _ => {
                    answer.refused_as(409, "BOOKING_EXPIRED");
                    "expired"
                }
            };
            assert_over(&ann, &held, status);
            let ends = ["booking.cancelled", "booking.expired"];
            let ends = ends.map(|topic| recorded_of(app, topic, &held));
            assert_eq!(ends.iter().sum::<i64>(), 1, "{ends:?}");
            assert_eq!(app.free_seats(&event), 100);
            app.skip_changes();
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn overdue_seats_that_several_want_at_once_go_to_one_of_them() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 4 }));
        let clients = people(app, NAMES);
        let held = hold(app, &clients[0], &event, 4);
        app.clock().advance(TOO_LONG);
        let replies = at_once(NAMES.len(), |n| match n {
            0 => {
                app.sweep();
                None
            }
            _ => Some(reserve(&clients[n], &event, 4)),
        });
        let replies: Vec<Reply> = replies.into_iter().flatten().collect();
        assert_eq!(with_status(&replies, 201), 1, "{replies:?}");
        assert_among(&replies, &[201, 409]);
        assert_eq!(recorded_of(app, "booking.expired", &held), 1);
        assert_eq!(recorded(app, "booking.held"), 2);
        assert_eq!(app.free_seats(&event), 0);
        assert_eq!(booked(app, &event), 4);
        app.verified();
    });
}

#[test]
fn an_event_that_is_cancelled_while_people_book_and_pay_keeps_no_booking() {
    each(|app| {
        for _ in 0..3 {
            let event = on_sale(app, json!({}));
            let clients = people(app, NAMES);
            let held: Vec<Value> = clients[..5]
                .iter()
                .map(|client| hold(app, client, &event, 2))
                .collect();
            let due = recorded(app, "booking.refund_due");
            let replies = at_once(NAMES.len(), |n| match n {
                0 => call_off(app, &event),
                1..6 => pay(app, &held[n - 1]),
                _ => reserve(&clients[n], &event, 2),
            });
            replies[0].ok(200);
            assert_among(&replies[1..6], &[200, 409]);
            assert_among(&replies[6..], &[201, 409]);
            let paid = with_status(&replies[1..6], 200);
            assert_eq!(recorded(app, "booking.refund_due") - due, paid);
            assert_eq!(booked(app, &event), 0);
            assert_eq!(app.free_seats(&event), 100);
            assert_adds_up(app, &event);
        }
        assert_eq!(recorded(app, "event.cancelled"), 3);
        let ended = app.count("select count(*) from bookings where status = 'cancelled'");
        assert_eq!(
            usize::try_from(ended),
            Ok(recorded(app, "booking.cancelled"))
        );
    });
}

#[test]
fn a_storm_of_everything_adds_up() {
    each(|app| {
        let event = on_sale(app, json!({ "max_tickets_per_booking": 20 }));
        let clients = people(app, NAMES);
        let storms = at_once(NAMES.len(), |n| {
            let (client, mut replies) = (&clients[n], Vec::new());
            for (round, quantity) in (n..).zip([1, 4, 2, 3, 1, 2]) {
                let reply = reserve(client, &event, quantity);
                if reply.status() == 201 {
                    let booking = reply.json();
                    match round % 4 {
                        0 => replies.push(cancel(client, &booking)),
                        1 => replies.push(pay(app, &booking)),
                        2 => replies.extend([pay(app, &booking), cancel(client, &booking)]),
                        _ => app.sweep(),
                    }
                }
                replies.push(reply);
            }
            replies
        });
        let replies: Vec<Reply> = storms.into_iter().flatten().collect();
        assert_among(&replies, &[200, 201, 409]);
        // It takes so many to fill the hall.
        assert!(with_status(&replies, 201) >= 25, "{replies:?}");
        let made = app.count("select count(*) from bookings");
        assert_eq!(usize::try_from(made), Ok(with_status(&replies, 201)));
        assert_eq!(recorded(app, "booking.held"), with_status(&replies, 201));
        assert_adds_up(app, &event);
    });
}
