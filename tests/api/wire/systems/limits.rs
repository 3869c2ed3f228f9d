//! Too many calls, told in each system's form; and how many a machine may make.

use super::super::limits::use_up;
use super::*;

const ON: [(&str, &str); 2] = [
    ("RATE_LIMIT", "on"),
    ("API_TOKEN", "a-configured-token-of-the-tests-0123456789"),
];

#[track_caller]
fn assert_limited(system: System, reply: &Reply) {
    told(system, reply, 429);
    let after = reply
        .header("Retry-After")
        .and_then(|after| after.parse::<u64>().ok());
    let after = after.expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&after), "Retry-After: {after}");
    for name in ["RateLimit", "RateLimit-Policy"] {
        let value = reply.header(name).unwrap_or_default();
        assert!(!value.is_empty(), "{name}: {reply:?}");
    }
}

#[test]
fn an_address_writes_120_times_a_minute_in_every_system() {
    each_with(&ON, |app| {
        for (n, (system, path)) in (1..).zip([
            (Proposals, SIGN_IN),
            (BoxOffice, LOGIN),
            (Automation, TOKENS),
            (Federation, "/bubbles/v1/nothing"),
            (Community, LINK),
        ]) {
            let address = format!("203.0.113.{n}:50000");
            let address = address.parse().expect("an address");
            let caller = app.anon().from_address(address);
            let refused = use_up(120, || caller.post(path, json!({})));
            assert_limited(system, &refused);
            // Whoever calls from elsewhere has a share of their own.
            assert_ne!(app.anon().post(path, json!({})).status(), 429, "{path}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_machine_calls_1000_times_a_minute() {
    each_with(&ON, |app| {
        let root = app.super_admin();
        let [one, other] = [(); 2].map(|()| {
            let body = json!({ "name": "Machine", "scopes": ["events:read"] });
            let made = root.post(TOKENS, body).ok(201);
            let token = made["data"]["token"].as_str().expect("a token is text");
            let token = format!("Bearer {token}");
            app.anon().with("Authorization", &token)
        });
        let path = "/api/v1/tokens/@me";
        assert_limited(Automation, &use_up(1000, || one.get(path)));
        // Each has a share of its own, and so has the address.
        other.get(path).ok(200);
        let configured = format!("Bearer {}", ON[1].1);
        let configured = app.anon().with("Authorization", &configured);
        configured.get(path).ok(200);
        app.anon().get("/api/events").ok(200);
        app.changes(&["admin.created", "token.created", "token.created"]);
    });
}
