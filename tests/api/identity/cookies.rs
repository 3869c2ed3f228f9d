//! The session cookie: when it is set, how, and what somebody else can do with it.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use super::sign_in;
use crate::support::*;

/// The attributes of a `Set-Cookie` line, in lower case.
fn attributes(line: &str) -> Vec<String> {
    line.split(';')
        .skip(1)
        .map(|part| part.trim().to_ascii_lowercase())
        .collect()
}

fn new_session(app: &App) -> String {
    let reply = sign_in(app, app.token_of("ann"));
    reply
        .set_cookie("session")
        .expect("a sign-in sets the session cookie")
        .to_owned()
}

#[test]
fn the_cookie_is_for_this_site_and_thirty_days_and_not_for_scripts() {
    each(|app| {
        let line = new_session(app);
        let attributes = attributes(&line);
        for expected in ["httponly", "path=/", "max-age=2592000", "samesite=lax"] {
            assert!(
                attributes.iter().any(|part| part == expected),
                "{expected}: {line}"
            );
        }
        assert!(!attributes.iter().any(|part| part == "secure"), "{line}");
        assert!(
            !attributes.iter().any(|part| part.starts_with("domain")),
            "{line}"
        );
    });
}

#[test]
fn the_cookie_is_secure_where_the_public_url_is() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        let line = new_session(app);
        assert!(
            attributes(&line).iter().any(|part| part == "secure"),
            "{line}"
        );
    });
}

#[test]
fn same_site_is_as_configured() {
    for setting in ["lax", "strict", "none"] {
        let settings = [
            ("PUBLIC_URL", "https://events.example.org"),
            ("SESSION_SAMESITE", setting),
        ];
        each_with(&settings, |app| {
            let line = new_session(app);
            let expected = format!("samesite={setting}");
            assert!(attributes(&line).contains(&expected), "{line}");
        });
    }
}

#[test]
fn the_database_knows_the_hash_of_the_cookie_only() {
    each(|app| {
        let ann = app.user("ann");
        let hash = digest(&SHA256, ann.session().as_bytes());
        let hex: String = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let kept = app.text("select token_hash from sessions");
        assert_eq!(kept.as_deref(), Some(hex.as_str()));
        assert!(ann.session().len() >= 24, "a value that nobody guesses");
    });
}

#[test]
fn every_sign_in_has_a_value_of_its_own() {
    each(|app| {
        let [one, two] = [app.user("ann"), app.user("ann")];
        assert_ne!(one.session(), two.session());
        one.get("/api/auth/@me").ok(200);
        two.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn a_value_that_the_browser_brought_along_is_never_signed_in() {
    each(|app| {
        let planted = "session=AAAAAAAAAAAAAAAAAAAAAAAA";
        let ann = app.anon().with("Cookie", planted).sign_in("ann");
        assert_ne!(ann.cookie(), Some(planted));
        app.anon()
            .with("Cookie", planted)
            .get("/api/auth/@me")
            .refused(401);
        assert_eq!(app.count("select count(*) from sessions"), 1);
    });
}

#[test]
fn a_session_that_the_browser_brought_along_ends_at_sign_in() {
    each(|app| {
        let bob = app.user("bob");
        let planted = bob.cookie().expect("bob is signed in");
        let reply = app
            .anon()
            .with("Cookie", planted)
            .post("/api/auth", json!({ "token": app.token_of("ann") }));
        reply.ok(200);
        let session = reply
            .new_cookie("session")
            .expect("a sign-in sets the session cookie");
        assert_ne!(session, planted);
        bob.get("/api/auth/@me").refused(401);
        let me = app
            .anon()
            .with("Cookie", &session)
            .get("/api/auth/@me")
            .ok(200);
        assert_eq!(me["data"]["name"], "ann");
        assert_eq!(app.count("select count(*) from sessions"), 1);
    });
}

#[test]
fn a_refused_sign_in_leaves_the_session_alone() {
    each(|app| {
        let bob = app.user("bob");
        bob.post("/api/auth", json!({ "token": "garbage" }))
            .error(400, "Invalid token.");
        let me = bob.get("/api/auth/@me").ok(200);
        assert_eq!(me["data"]["name"], "bob");
    });
}

#[test]
fn whoever_is_not_signed_in_gets_no_cookie() {
    each(|app| {
        let anon = app.anon();
        for reply in [
            anon.get("/api/events"),
            anon.get("/api/nothing/here"),
            anon.get("/api/events/00000000-0000-7000-8000-000000000000"),
            anon.get("/api/auth/@me"),
            anon.post("/api/events", json!({})),
            anon.post("/api/auth", json!({ "token": "garbage" })),
            anon.get("/api/auth/logout"),
            anon.raw("POST", "/api/auth/logout", None, b""),
            anon.raw("PATCH", "/api/events", None, b""),
        ] {
            assert_eq!(reply.header("Set-Cookie"), None, "{reply:?}");
        }
    });
}

#[test]
fn whoever_is_signed_in_already_gets_no_cookie_either() {
    each(|app| {
        let ann = app.user("ann");
        for reply in [
            ann.get("/api/events"),
            ann.get("/api/auth/@me"),
            ann.put("/api/users", json!({ "name": "Ann" })),
            ann.get("/api/nothing/here"),
        ] {
            assert_eq!(reply.header("Set-Cookie"), None, "{reply:?}");
        }
    });
}

#[test]
fn a_malformed_cookie_is_nobody() {
    each(|app| {
        app.user("ann");
        let long = format!("session={}", "A".repeat(10_240));
        for cookie in [
            "session=",
            "session",
            "session=short",
            "session=AAAAAAAAAAAAAAAAAAAAAAA",
            "session=AAAAAAAAAAAAAAAAAAAAAAAAA",
            "session=AAAAAAAAAAAAAAAAAAAAAAAA",
            "session=AAAAAAAAAAAA-AAAAAAAAAAA",
            "session=' OR '1'='1' --",
            "session=%27%20OR%201%3D1%20--%20A",
            "session=%00%00%00%00%00%00%00%00",
            "session=AAAAAAAAAAAAAAAAAAAAAAA%00",
            "session=%FF%FE%FD",
            "session=\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
            long.as_str(),
        ] {
            let caller = app.anon().with("Cookie", cookie);
            let reply = caller.get("/api/auth/@me");
            assert_eq!(reply.status(), 401, "{cookie}: {}", reply.text());
            reply.refused(401);
            caller.get("/api/events").ok(200);
            caller
                .raw("POST", "/api/auth/logout", None, b"")
                .no_content();
        }
        assert_eq!(app.count("select count(*) from sessions"), 1);
    });
}

#[test]
fn the_hash_of_a_session_is_not_its_cookie() {
    each(|app| {
        app.user("ann");
        let hash = app
            .text("select token_hash from sessions")
            .expect("ann has a session");
        for value in [hash.as_str(), &hash[..24]] {
            let thief = app.anon().with("Cookie", &format!("session={value}"));
            thief.get("/api/auth/@me").refused(401);
        }
    });
}
