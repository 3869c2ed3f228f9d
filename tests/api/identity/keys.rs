//! Google's signing keys: fetched seldom, changed in time, and missed honestly.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;

use super::{assert_nobody, sign_in};
use crate::support::*;

/// A little more than the time in which an unknown key is looked for once.
const A_MINUTE: TimeDelta = TimeDelta::seconds(61);

/// A little more than the age that the stand-in allows for its keys.
const AN_HOUR: TimeDelta = TimeDelta::seconds(3601);

#[test]
fn many_sign_ins_need_one_fetch_of_the_keys() {
    each_with_own_issuer(&[], |app| {
        for name in ["ann", "bob", "ann", "cleo", "ann"] {
            app.user(name);
        }
        assert_eq!(app.google().fetches(), 1);
    });
}

#[test]
fn sign_ins_at_the_same_time_share_one_fetch() {
    each_with_own_issuer(&[], |app| {
        let token = app.token_of("ann");
        let under_way = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let held = app.google().hold();
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        under_way.fetch_add(1, Ordering::SeqCst);
                        sign_in(app, token.as_str()).ok(200)
                    })
                })
                .collect();
            while under_way.load(Ordering::SeqCst) < 8 || app.google().fetches() == 0 {
                std::thread::yield_now();
                if threads.iter().any(|thread| thread.is_finished()) {
                    break;
                }
            }
            drop(held);
            for thread in threads {
                thread.join().expect("each is signed in");
            }
        });
        assert_eq!(app.google().fetches(), 1);
    });
}

#[test]
fn an_unknown_key_is_looked_for_once_a_minute() {
    each_with_own_issuer(&[], |app| {
        app.user("ann");
        for expected in 2..5 {
            app.clock().advance(A_MINUTE);
            for _ in 0..3 {
                let token = app.google().token_of_unknown_key(app.clock().now());
                sign_in(app, token).error(400, "Invalid token.");
            }
            assert_eq!(app.google().fetches(), expected);
        }
        assert_eq!(app.count("select count(*) from users"), 1);
    });
}

#[test]
fn a_new_key_is_found_without_waiting_for_the_old_ones_to_age() {
    each_with_own_issuer(&[], |app| {
        let ann = app.user("ann");
        app.google().rotate();
        app.clock().advance(A_MINUTE);
        assert_eq!(app.user("ann").id(), ann.id());
        assert_eq!(app.google().fetches(), 2);
    });
}

#[test]
fn keys_are_fetched_anew_when_they_are_as_old_as_their_answer_allowed() {
    each_with_own_issuer(&[], |app| {
        app.user("ann");
        app.clock().advance(AN_HOUR);
        app.user("ann");
        assert_eq!(app.google().fetches(), 2);
    });
}

#[test]
fn a_withdrawn_key_opens_nothing_once_the_keys_are_fetched_anew() {
    each_with_own_issuer(&[], |app| {
        app.user("ann");
        // Signed by the key that goes, for a time after it went.
        let late = app.google().token_at(app.clock().now() + AN_HOUR, |_| {});
        app.google().rotate();
        app.clock().advance(AN_HOUR);
        sign_in(app, late).error(400, "Invalid token.");
        assert_eq!(app.count("select count(*) from users"), 1);
    });
}

#[test]
fn keys_out_of_reach_are_a_503_and_not_an_invalid_token() {
    each_with_own_issuer(&[], |app| {
        app.google().break_down(true);
        sign_in(app, app.token_of("ann")).refused(503);
        assert_nobody(app);
        app.google().break_down(false);
        app.clock().advance(A_MINUTE);
        sign_in(app, app.token_of("ann")).ok(200);
    });
}

#[test]
fn garbage_costs_no_fetch_of_the_keys() {
    each_with_own_issuer(&[], |app| {
        for token in ["", "a.b.c", "garbage"] {
            sign_in(app, token).error(400, "Invalid token.");
        }
        assert_eq!(app.google().fetches(), 0);
    });
}
