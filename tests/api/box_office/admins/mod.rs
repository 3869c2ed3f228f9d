//! Admins: who becomes one, how they sign in and out, who is in charge, and what is noted of it.

mod audit;
mod audit_list;
mod login;
mod manage;
mod password;
mod refresh;
mod register;

use std::sync::Barrier;
use std::thread;

use chrono::TimeDelta;
use serde_json::json;

use super::*;

const REGISTER: &str = "/api/v1/auth/admin/register";
const LOGIN: &str = "/api/v1/auth/admin/login";
const REFRESH: &str = "/api/v1/auth/admin/refresh";
const LOGOUT: &str = "/api/v1/auth/admin/logout";
const PASSWORD: &str = "/api/v1/auth/admin/password";
const ADMINS: &str = "/api/v1/admin/admins";
const AUDIT: &str = "/api/v1/admin/audit";
const TOKENS: &str = "/api/v1/tokens";

/// The first super_admin.
const ROOT: &str = "root@example.org";
/// Everybody's password, until it is changed.
const PASS: &str = "correct horse battery staple";
/// What it is changed to.
const NEW_PASS: &str = "quite another horse";

/// What a new password of an admin is in the log of changes.
const PASSWORD_CHANGED: &str = "user.password_changed";

const ROLES: [&str; 3] = ["super_admin", "event_manager", "analyst"];

/// The first super_admin; what its making recorded is drained.
#[track_caller]
fn begin(app: &App) -> Client<'_> {
    let root = app.super_admin();
    app.changes(&["admin.created"]);
    app.audit();
    root
}

/// The body of a good registration.
fn newcomer(email: &str) -> Value {
    json!({ "email": email, "password": PASS, "name": "Ada" })
}

/// Lets root register an admin, and drains what that recorded; answers what was told.
#[track_caller]
fn hire(app: &App, email: &str, role: &str) -> Value {
    let body = set(newcomer(email), "role", role);
    let answer = app.super_admin().post(REGISTER, body).ok(201);
    app.changes(&["admin.created"]);
    app.audit();
    answer
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

fn try_password(app: &App, email: &str, password: &str) -> Reply {
    app.anon().post(LOGIN, credentials(email, password))
}

/// Signs in with everybody's password; answers what was told.
#[track_caller]
fn sign_in(app: &App, email: &str) -> Value {
    try_password(app, email, PASS).ok(200)
}

/// A caller with the access token of a registration, sign-in or refresh.
#[track_caller]
fn caller<'a>(app: &'a App, answer: &Value) -> Client<'a> {
    app.anon().bearer(text(&answer["access_token"]))
}

/// Shows the refresh token of such an answer.
fn refresh(app: &App, answer: &Value) -> Reply {
    let token = answer["refresh_token"].clone();
    app.anon().post(REFRESH, json!({ "refresh_token": token }))
}

fn log_out(app: &App, answer: &Value) -> Reply {
    let token = answer["refresh_token"].clone();
    app.anon().post(LOGOUT, json!({ "refresh_token": token }))
}

/// Asserts that an access token holds, whatever it opens.
#[track_caller]
fn assert_holds(client: &Client) {
    let reply = client.get(ADMINS);
    assert!([200, 403].contains(&reply.status()), "{}", reply.text());
}

/// Asserts that an access token does not hold any more.
#[track_caller]
fn assert_ended(client: &Client) {
    let reply = client.get(ADMINS);
    reply.refused_as(401, "UNAUTHORIZED");
    assert_eq!(reply.header("WWW-Authenticate"), Some("Bearer"));
}

/// Asserts that neither token of an answer holds any more.
#[track_caller]
fn assert_over(app: &App, answer: &Value) {
    assert_ended(&caller(app, answer));
    refresh(app, answer).refused_as(401, "UNAUTHORIZED");
}

/// How many changes of a topic were ever recorded.
fn recorded(app: &App, topic: &str) -> i64 {
    app.count(&format!(
        "select count(*) from changes where topic = '{topic}'"
    ))
}

/// What is kept of an admin's password.
#[track_caller]
fn hash_of(app: &App, email: &str) -> String {
    let hash = app.text(&format!(
        "select hash from passwords join logins on logins.id = passwords.login_id \
         where kind = 'admin_email' and subject = '{email}'"
    ));
    hash.expect("the admin has a password")
}

/// Passwords that nobody may have, least of all the admin of this address.
fn bad_passwords(email: &str) -> Vec<String> {
    let nine = "x7Kq-93zL";
    let mut bad: Vec<String> = [
        "",
        " ",
        nine,
        "1234567890",
        "password123",
        "PassWord123",
        "qwertyuiop",
        "QWERTYUIOP",
        "correct\0horse battery",
        "correct\u{7}horse battery",
        "correct horse\u{1b}[31m",
        "correct horse\nbattery",
    ]
    .map(str::to_owned)
    .into();
    bad.push(email.to_owned());
    bad.push(email.to_uppercase());
    bad.push("x7Kq".repeat(32) + "x");
    // Nine characters in normal form C, eighteen as they are written here.
    bad.push("u\u{308}".repeat(9));
    bad
}

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

/// One page of the audit: its entries and the cursor of the next.
#[track_caller]
fn entries(client: &Client, query: &str) -> (Vec<Value>, Option<String>) {
    let answer = client.get(&format!("{AUDIT}?{query}")).ok(200);
    assert_eq!(keys(&answer), ["entries", "next"]);
    let found = answer["entries"].as_array().expect("an array").clone();
    let next = match &answer["next"] {
        Value::Null => None,
        cursor => Some(text(cursor).to_owned()),
    };
    (found, next)
}

/// All entries that a query finds, page after page.
#[track_caller]
fn all_entries(client: &Client, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = entries(client, query);
    while let Some(next) = cursor {
        let (more, after) = entries(client, &format!("{query}&cursor={}", encode(&next)));
        assert!(!more.is_empty(), "a page without entries");
        found.extend(more);
        cursor = after;
    }
    found
}

/// Fails to sign in, so many times.
fn fail(app: &App, email: &str, times: usize) {
    for _ in 0..times {
        let reply = try_password(app, email, "wrong horse battery staple");
        reply.refused_as(401, "UNAUTHORIZED");
    }
}
