//! How often a password may be tried: ten times a minute from one place, thirty times an ever
//! longer while from places where nobody ever signed in, and never so that a stranger keeps
//! the owner out.

mod many_places;
mod one_place;
mod ways;

use std::ops::Range;
use std::sync::Barrier;
use std::thread;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::*;

const ON: [(&str, &str); 2] = [("RATE_LIMIT", "on"), ("TRUSTED_PROXIES", "127.0.0.1")];
/// Two attempts from one place, six in a while: for what takes many rounds.
const FEW: [(&str, &str); 2] = [("RATE_LIMIT", "0.2"), ("TRUSTED_PROXIES", "127.0.0.1")];

const SIGN_UP: &str = "/proposals/v1/auth/signup";
const SIGN_IN: &str = "/proposals/v1/auth/signin";
const CHANGE: &str = "/proposals/v1/auth/password";
const ADMIN: &str = "/api/v1/auth/admin/login";
const LINK: &str = "/api/users/@me/link";

const RIGHT: &str = "correct horse battery staple";
const BAD: &str = "wrong horse battery staple";

/// Two places: one where the owner has been, one where the owner is now.
const HOME: &str = "192.0.2.1";
const AWAY: &str = "203.0.113.9";

/// The place of a stranger.
fn stranger(n: usize) -> String {
    format!("198.51.{}.{}", n / 200, n % 200 + 1)
}

/// Somebody who calls from there.
fn at<'a>(app: &'a App, place: &str) -> Client<'a> {
    app.anon().with("X-Forwarded-For", place)
}

fn credentials(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

fn attempt(app: &App, place: &str, username: &str, password: &str) -> Reply {
    at(app, place).post(SIGN_IN, credentials(username, password))
}

fn wait(app: &App, seconds: i64) {
    app.clock().advance(TimeDelta::seconds(seconds));
}

/// One wrong password from each of these strangers; how many were looked at.
#[track_caller]
fn flood(app: &App, username: &str, strangers: Range<usize>) -> usize {
    let statuses: Vec<u16> = strangers
        .map(|n| attempt(app, &stranger(n), username, BAD).status())
        .collect();
    let looked = statuses.iter().filter(|status| **status == 401).count();
    let rest = &statuses[looked..];
    assert!(rest.iter().all(|status| *status == 429), "{statuses:?}");
    looked
}

/// How many passwords turned out wrong since the last look at the audit.
fn failed(app: &App) -> usize {
    let audit = app.audit();
    audit
        .iter()
        .filter(|action| *action == "sign_in.failed")
        .count()
}

/// Makes an account, in which somebody signed in at home an hour ago.
#[track_caller]
fn make(app: &App, username: &str) {
    app.account(username, "vendor");
    app.changes(&["user.created"]);
    attempt(app, HOME, username, RIGHT).ok(200);
    wait(app, 3600);
    app.audit();
}

/// Asserts what is told to whoever tried too often; answers how many seconds to wait.
#[track_caller]
fn assert_limited(reply: &Reply, longest: i64) -> i64 {
    reply.expect_status(429);
    let body = reply.json();
    assert_eq!(body["name"], "TooManyRequests", "{body}");
    let keys = body.as_object().map(|body| body.len());
    assert_eq!(keys, Some(4), "{body}");
    retry_after(reply, longest)
}

#[track_caller]
fn retry_after(reply: &Reply, longest: i64) -> i64 {
    let after = reply.header("Retry-After");
    let after = after.and_then(|after| after.parse::<i64>().ok());
    let after = after.expect("Retry-After is a number of seconds");
    assert!((1..=longest).contains(&after), "Retry-After: {after}");
    after
}

/// Runs something at the same moment on so many threads; the sum of what they give.
fn at_once(count: usize, act: impl Fn(usize) -> usize + Sync) -> usize {
    let start = Barrier::new(count);
    let (start, act) = (&start, &act);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    act(n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|done| done.expect("no thread fails")).sum()
    })
}
