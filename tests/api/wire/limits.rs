//! Rate limits: how much is too much, whose share it is, and what the refused are told.

use std::time::Instant;

use serde_json::{Value, json};

use super::UNKNOWN;
use crate::support::*;

const ON: [(&str, &str); 1] = [("RATE_LIMIT", "on")];

/// Calls until the limit refuses; answers the refusal. Asserts that a minute's share passes at
/// once, and beyond it no more than what came back in the time that the calls took.
#[track_caller]
pub(super) fn use_up(share: u32, mut call: impl FnMut() -> Reply) -> Reply {
    let began = Instant::now();
    for number in 1..=share {
        assert_ne!(call().status(), 429, "call {number} of {share}");
    }
    let mut more = 0_u32;
    loop {
        let reply = call();
        if reply.status() == 429 {
            return reply;
        }
        more += 1;
        let back = began.elapsed().as_secs_f64() * f64::from(share) / 60.0 + 1.0;
        assert!(
            f64::from(more) <= back,
            "{more} calls passed beyond {share}"
        );
    }
}

/// The body of a good sign-in.
pub(super) fn token(app: &App, name: &str) -> Value {
    json!({ "token": app.token_of(name) })
}

/// Asserts what a caller over the limit is told.
#[track_caller]
fn assert_limited(reply: &Reply) {
    reply.error(429, "Rate limit exceeded. Please try again later.");
    let after = reply
        .header("Retry-After")
        .and_then(|after| after.parse::<u64>().ok());
    let after = after.expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&after), "Retry-After: {after}");
    for name in ["RateLimit", "RateLimit-Policy"] {
        assert!(
            reply.header(name).is_some_and(|value| !value.is_empty()),
            "{name}: {reply:?}"
        );
    }
    assert!(reply.header("X-Request-Id").is_some(), "{reply:?}");
}

#[test]
fn an_address_reads_1200_times_a_minute() {
    each_with(&ON, |app| {
        let path = format!("/api/events/{UNKNOWN}");
        let here = app.anon();
        assert_limited(&use_up(1200, || here.get(&path)));
        let there = here.from_address("203.0.113.9:50000".parse().expect("an address"));
        there.get(&path).refused(404);
    });
}

#[test]
fn a_person_reads_600_times_a_minute() {
    each_with(&ON, |app| {
        let ann = app.user("ann");
        assert_limited(&use_up(600, || ann.get("/api/auth/@me")));
        // The address has a share of its own, and so has another person there.
        app.anon().get("/api/events").ok(200);
        app.user("bob").get("/api/auth/@me").ok(200);
    });
}

#[test]
fn a_person_writes_120_times_a_minute_and_others_at_the_address_go_on() {
    each_with(&ON, |app| {
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        let body = || json!({ "name": "Ann Other" });
        assert_limited(&use_up(120, || ann.put("/api/users", body())));
        app.changes(&["user.created", "user.created", "user.updated"]);
        bob.put("/api/users", json!({ "name": "Bob Other" }))
            .ok(201);
        app.changes(&["user.updated"]);
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn a_refused_write_writes_nothing() {
    each_with(&ON, |app| {
        let ann = app.user("ann");
        let mut number = 0;
        use_up(120, || {
            number += 1;
            ann.put("/api/users", json!({ "name": format!("Ann {number}") }))
        });
        let named = |number: usize| {
            app.count(&format!(
                "select count(*) from users where name = 'Ann {number}'"
            ))
        };
        assert_eq!((named(number - 1), named(number)), (1, 0));
        let mut expected = vec!["user.created"];
        expected.extend(vec!["user.updated"; number - 1]);
        app.changes(&expected);
    });
}

#[test]
fn a_person_signs_in_ten_times_a_minute_from_one_address() {
    each_with(&ON, |app| {
        let sign_in = |name: &str| app.anon().post("/api/auth", token(app, name));
        let refusal = use_up(10, || sign_in("ann"));
        assert_limited(&refusal);
        assert_eq!(refusal.header("Set-Cookie"), None);
        // Another person at this address, and she herself at another.
        sign_in("bob").ok(200);
        let elsewhere = app
            .anon()
            .from_address("203.0.113.9:1".parse().expect("an address"));
        elsewhere.post("/api/auth", token(app, "ann")).ok(200);
    });
}

#[test]
fn a_stranger_cannot_lock_a_person_out() {
    each_with(&ON, |app| {
        // At the person's own address, with tokens in the person's name that do not hold.
        let forged = hostile(app.clock().now());
        let forged = forged.iter().filter(|hostile| hostile.status == 400);
        for Hostile { token, .. } in forged.cycle().take(30) {
            app.anon().post("/api/auth", json!({ "token": token }));
        }
        app.user("someone");
    });
}

#[test]
fn a_factor_multiplies_the_limits() {
    each_with(&[("RATE_LIMIT", "2")], |app| {
        assert_limited(&use_up(20, || {
            app.anon().post("/api/auth", token(app, "ann"))
        }));
    });
}

#[test]
fn off_is_off() {
    each_with(&[("RATE_LIMIT", "off")], |app| {
        for _ in 0..30 {
            app.anon().post("/api/auth", token(app, "ann")).ok(200);
        }
    });
}
