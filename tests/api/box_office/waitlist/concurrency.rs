//! Many at once in one line: nobody is forgotten, and no seat is offered twice.

use std::sync::Barrier;
use std::thread;

use super::*;

const NAMES: [&str; 8] = ["ann", "bob", "cem", "dag", "eve", "fay", "gil", "hal"];

/// How often two calls are made at the same moment.
const ROUNDS: i64 = 12;

/// Makes calls at the same moment, each from a thread of its own; their answers in order.
fn at_once(count: usize, call: impl Fn(usize) -> Reply + Sync) -> Vec<Reply> {
    let start = Barrier::new(count);
    let (start, call) = (&start, &call);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    call(n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|reply| reply.expect("an answer")).collect()
    })
}

/// How many answers have this status.
fn with_status(replies: &[Reply], status: u16) -> usize {
    let of_status = replies.iter().filter(|reply| reply.status() == status);
    of_status.count()
}

/// The places of those who wait, in order.
#[track_caller]
fn positions(line: &[Client], event: &str) -> Vec<i64> {
    let places = line.iter().map(|client| entry(client, event));
    let waiting = places.filter(|place| place["status"] == "waiting");
    let positions = waiting.map(|place| place["position"].as_i64().expect("a number"));
    let mut positions: Vec<i64> = positions.collect();
    positions.sort_unstable();
    positions
}

#[test]
fn those_who_join_at_once_stand_one_behind_the_other() {
    each(|app| {
        let event = full(app, 2);
        let line = people(app, NAMES);
        for reply in at_once(8, |n| ask(&line[n], &event, 1)) {
            let answer = reply.ok(201);
            assert_eq!(answer["status"], "waiting");
            let position = answer["position"].as_i64().expect("a number");
            assert!((1..=8).contains(&position), "{position}");
        }
        assert_eq!(positions(&line, &event), [1, 2, 3, 4, 5, 6, 7, 8]);
        app.changes(&["waitlist.joined"; 8]);
        assert_adds_up(app, &event);
    });
}

#[test]
fn one_person_who_joins_many_times_at_once_stands_in_line_once() {
    each(|app| {
        let event = full(app, 2);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let replies = at_once(4, |_| ask(&ann, &event, 1));
        assert_eq!(with_status(&replies, 201), 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status() != 201) {
            reply.refused_as(409, "CONFLICT");
        }
        app.changes(&["waitlist.joined"]);
        let keyed = bob.with("Idempotency-Key", "line-1");
        let replies = at_once(4, |_| ask(&keyed, &event, 1));
        let replayed = |reply: &&Reply| reply.header("Idempotency-Replayed") == Some("true");
        assert_eq!(replies.iter().filter(replayed).count(), 3);
        for reply in &replies {
            assert_eq!(reply.ok(201)["position"], 2);
        }
        app.changes(&["waitlist.joined"]);
        assert_eq!(app.count("select count(*) from waitlist"), 2);
    });
}

#[test]
fn free_seats_are_offered_to_as_many_as_there_are() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 5, "base_price": 0 }));
        let line = people(app, NAMES);
        for reply in at_once(8, |n| ask(&line[n], &event, 1)) {
            reply.ok(201);
        }
        assert_eq!(positions(&line, &event), [1, 2, 3]);
        assert_eq!(recorded(app, "waitlist.offered"), 5);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
        // All that were offered are declined at once: three go on, two are free.
        let offered = |client: &&Client| entry(client, &event)["status"] == "offered";
        let offered: Vec<&Client> = line.iter().filter(offered).collect();
        assert_eq!(offered.len(), 5);
        for reply in at_once(5, |n| offered[n].delete(&waitlist_path(&event))) {
            reply.ok(200);
        }
        assert_eq!(recorded(app, "waitlist.offered"), 8);
        assert_eq!(recorded(app, "waitlist.left"), 5);
        assert_eq!(app.free_seats(&event), 2);
        assert_adds_up(app, &event);
    });
}

#[test]
fn bookings_cancelled_at_once_serve_all_who_wait() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 8, "base_price": 0 }));
        let clients = people(app, NAMES);
        let (holders, line) = clients.split_at(4);
        let bookings: Vec<String> = holders.iter().map(|one| book(one, &event, 2)).collect();
        app.skip_changes();
        let parties = [3, 1, 3, 1];
        for (position, (client, party)) in (1..).zip(line.iter().zip(parties)) {
            queue(app, client, &event, party, position);
        }
        for reply in at_once(4, |n| holders[n].delete(&booking_path(&bookings[n]))) {
            reply.ok(200);
        }
        for (client, party) in line.iter().zip(parties) {
            let booking = offer(client, &event);
            assert_eq!(read_booking(client, &booking)["quantity"], party);
        }
        assert_eq!(recorded(app, "waitlist.offered"), 4);
        assert_eq!(recorded(app, "booking.cancelled"), 4);
        assert_eq!(app.free_seats(&event), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn who_joins_while_the_seat_comes_free_gets_it() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 1, "base_price": 0 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        for _ in 0..ROUNDS {
            let booking = book(&ann, &event, 1);
            let replies = at_once(2, |n| match n {
                0 => ann.delete(&booking_path(&booking)),
                _ => ask(&bob, &event, 1),
            });
            replies[0].ok(200);
            replies[1].ok(201);
            offer(&bob, &event);
            assert_eq!(app.free_seats(&event), 0);
            bob.delete(&waitlist_path(&event)).ok(200);
            assert_eq!(app.free_seats(&event), 1);
        }
        for topic in ["waitlist.joined", "waitlist.offered", "waitlist.left"] {
            assert_eq!(recorded(app, topic), ROUNDS, "{topic}");
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn an_offer_that_is_confirmed_and_declined_at_once_is_one_of_both() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 1, "base_price": 0 }));
        let [ann] = people(app, ["ann"]);
        let mut confirmed = 0;
        for _ in 0..ROUNDS {
            ask(&ann, &event, 1).ok(201);
            let booking = offer(&ann, &event);
            let replies = at_once(2, |n| match n {
                0 => ann.post(&confirm_path(&booking), json!({})),
                _ => ann.delete(&waitlist_path(&event)),
            });
            if replies[0].status() == 200 {
                replies[1].refused_as(404, "NOT_FOUND");
                assert_eq!(read_booking(&ann, &booking)["status"], "confirmed");
                assert_status(&ann, &event, "booked");
                confirmed += 1;
                ann.delete(&booking_path(&booking)).ok(200);
            } else {
                replies[0].refused_as(409, "CONFLICT");
                replies[1].ok(200);
                assert_eq!(read_booking(&ann, &booking)["status"], "cancelled");
            }
            assert_eq!(app.free_seats(&event), 1);
            assert_adds_up(app, &event);
        }
        assert_eq!(recorded(app, "waitlist.booked"), confirmed);
        assert_eq!(recorded(app, "booking.confirmed"), confirmed);
        assert_eq!(recorded(app, "waitlist.left"), ROUNDS - confirmed);
    });
}

#[test]
fn an_offer_that_is_declined_both_ways_at_once_goes_back_once() {
    each(|app| {
        let event = app.on_sale(json!({ "total_capacity": 2, "base_price": 0 }));
        let [ann] = people(app, ["ann"]);
        for _ in 0..ROUNDS {
            ask(&ann, &event, 2).ok(201);
            let booking = offer(&ann, &event);
            let replies = at_once(4, |n| match n % 2 {
                0 => ann.delete(&booking_path(&booking)),
                _ => ann.delete(&waitlist_path(&event)),
            });
            for (n, reply) in replies.iter().enumerate() {
                match n % 2 == 1 && reply.status() == 404 {
                    true => drop(reply.refused_as(404, "NOT_FOUND")),
                    false => drop(reply.ok(200)),
                }
            }
            assert_eq!(app.free_seats(&event), 2);
        }
        for topic in ["waitlist.left", "booking.cancelled"] {
            assert_eq!(recorded(app, topic), ROUNDS, "{topic}");
        }
        assert_adds_up(app, &event);
    });
}

#[test]
fn nobody_is_left_in_the_line_of_an_event_that_is_cancelled_meanwhile() {
    each(|app| {
        let event = full(app, 1);
        let root = app.super_admin();
        let version = version_of(app, &event);
        let path = format!("{}?version={version}", event_path(&event));
        let line = people(app, NAMES);
        queue(app, &line[0], &event, 1, 1);
        let replies = at_once(8, |n| match n {
            0 => root.delete(&path),
            _ => ask(&line[n], &event, 1),
        });
        replies[0].ok(200);
        let joined = with_status(&replies, 201);
        for reply in replies[1..].iter().filter(|reply| reply.status() != 201) {
            reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        }
        let open = "select count(*) from waitlist where status in ('waiting', 'offered')";
        assert_eq!(app.count(open), 0);
        let closed = usize::try_from(recorded(app, "waitlist.closed"));
        assert_eq!(closed, Ok(joined + 1));
        assert_eq!(recorded(app, "waitlist.offered"), 0);
        assert_adds_up(app, &event);
    });
}

#[test]
fn two_sweeps_at_once_pass_an_offer_on_once() {
    each_with(&SHORT, |app| {
        let event = full(app, 1);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        for (position, client) in (1..).zip([&ann, &bob, &cem]) {
            queue(app, client, &event, 1, position);
        }
        give_back(app, &event, 1);
        app.changes(&then_offers(&["seats.changed"], 1));
        outlive(app, &ann, &event);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| app.sweep());
            }
        });
        for topic in ["booking.expired", "waitlist.expired"] {
            assert_eq!(recorded(app, topic), 1, "{topic}");
        }
        assert_eq!(recorded(app, "waitlist.offered"), 2);
        assert_status(&ann, &event, "expired");
        offer(&bob, &event);
        assert_waits(&cem, &event, 1);
        assert_adds_up(app, &event);
    });
}
