//! GET `/api/auth/google` and its callback: the browser's way in (authorization code, PKCE).

use std::collections::HashMap;

use serde_json::Value;
use url::Url;

use crate::support::*;

/// A browser on its way to the issuer: where it was sent, and the cookie it was given.
pub(super) struct Journey {
    pub(super) location: String,
    pub(super) cookie: String,
}

impl Journey {
    /// Begins at the server, with a `next` that is percent-encoded already, or none.
    pub(super) fn begin(client: &Client, next: Option<&str>) -> Journey {
        let reply = client.get(&start(next));
        Journey {
            location: redirect(&reply),
            cookie: reply
                .new_cookie("oauth")
                .expect("the journey is bound to the browser"),
        }
    }

    /// What was asked of the issuer.
    pub(super) fn asked(&self) -> HashMap<String, String> {
        let location = Url::parse(&self.location).expect("the redirect is absolute");
        location.query_pairs().into_owned().collect()
    }

    /// The person agrees: path and query of the way back.
    pub(super) fn agree(&self, app: &App, change: impl FnOnce(&mut Value)) -> String {
        app.google()
            .agree(&self.location, app.clock().now(), change)
    }
}

pub(super) fn start(next: Option<&str>) -> String {
    match next {
        Some(next) => format!("/api/auth/google?next={next}"),
        None => "/api/auth/google".to_owned(),
    }
}

/// Asserts a redirect that turns every method into GET, or keeps GET; answers its target.
#[track_caller]
pub(super) fn redirect(reply: &Reply) -> String {
    assert!(
        [302, 303].contains(&reply.status()),
        "{}: {}",
        reply.status(),
        reply.text()
    );
    reply
        .header("Location")
        .expect("a redirect has a target")
        .to_owned()
}

#[test]
fn the_way_begins_with_a_redirect_that_asks_for_a_code() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        let journey = Journey::begin(&app.anon(), None);
        let (page, _) = journey
            .location
            .split_once('?')
            .expect("the redirect has a query");
        assert_eq!(page, app.google().url("auth"));
        let asked = journey.asked();
        let said = |name: &str| asked.get(name).map_or("", String::as_str);
        assert_eq!(said("response_type"), "code");
        assert_eq!(
            said("client_id"),
            "test-client",
            "the first of GOOGLE_CLIENT_IDS"
        );
        let callback = "https://events.example.org/api/auth/google/callback";
        assert_eq!(said("redirect_uri"), callback);
        let scope: Vec<&str> = said("scope").split(' ').collect();
        for part in ["openid", "email", "profile"] {
            assert!(scope.contains(&part), "the scope is {scope:?}");
        }
        assert!(
            said("state").len() >= 16,
            "a state that nobody guesses: {asked:?}"
        );
        assert!(
            said("nonce").len() >= 16,
            "a nonce that nobody guesses: {asked:?}"
        );
        assert_eq!(said("code_challenge_method"), "S256");
        assert_eq!(
            said("code_challenge").len(),
            43,
            "a SHA-256 in base64url: {asked:?}"
        );
        assert!(!journey.location.contains("test-secret"));
    });
}

#[test]
fn every_journey_has_a_state_a_nonce_and_a_challenge_of_its_own() {
    each(|app| {
        let [one, two] = [(); 2].map(|()| Journey::begin(&app.anon(), None).asked());
        for name in ["state", "nonce", "code_challenge"] {
            assert_ne!(one.get(name), two.get(name), "{name}");
        }
    });
}

#[test]
fn the_oauth_cookie_is_short_lived_and_out_of_reach_of_scripts() {
    each_with(
        &[
            ("SESSION_SAMESITE", "strict"),
            ("PUBLIC_URL", "https://events.example.org"),
        ],
        |app| {
            let reply = app.anon().get(&start(None));
            let line = reply
                .set_cookie("oauth")
                .expect("the journey is bound to the browser");
            let parts: Vec<String> = line
                .split(';')
                .map(|part| part.trim().to_ascii_lowercase())
                .collect();
            let has = |part: &str| parts.iter().any(|other| other == part);
            assert!(has("httponly"), "{line}");
            assert!(has("secure"), "{line}");
            // Strict would keep the cookie back on the way from the issuer.
            assert!(has("samesite=lax"), "{line}");
            let age = parts.iter().find_map(|part| part.strip_prefix("max-age="));
            let age: i64 = age
                .and_then(|age| age.parse().ok())
                .expect("it has a Max-Age");
            assert!((1..=3600).contains(&age), "{line}");
            assert_eq!(reply.set_cookie("session"), None, "nobody is signed in yet");
        },
    );
}

#[test]
fn the_oauth_cookie_is_secure_only_where_the_public_url_is() {
    each(|app| {
        let reply = app.anon().get(&start(None));
        let line = reply
            .set_cookie("oauth")
            .expect("the journey is bound to the browser");
        assert!(!line.to_ascii_lowercase().contains("secure"), "{line}");
    });
}

#[test]
fn the_way_ends_in_a_session_and_at_next() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), Some("/events/7%3Ftab%3Dwho%23top"));
        assert_eq!(app.count("select count(*) from sessions"), 0);
        let back = journey.agree(app, |_| {});
        let reply = app.anon().with("Cookie", &journey.cookie).get(&back);
        assert_eq!(redirect(&reply), "/events/7?tab=who#top");
        let session = reply.new_cookie("session").expect("a session begins");
        let me = app
            .anon()
            .with("Cookie", &session)
            .get("/api/auth/@me")
            .ok(200);
        assert_eq!(me["data"]["name"], "someone");
        assert_eq!(me["data"]["email"], "someone@example.org");
        app.changes(&["user.created"]);
    });
}

#[test]
fn without_next_the_way_ends_at_the_root() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let back = journey.agree(app, |_| {});
        let reply = app.anon().with("Cookie", &journey.cookie).get(&back);
        assert_eq!(redirect(&reply), "/");
    });
}

#[test]
fn both_ways_in_lead_to_the_same_person() {
    each(|app| {
        let token = app.google().token(|_| {});
        let direct = app
            .anon()
            .post("/api/auth", serde_json::json!({ "token": token }))
            .ok(200);
        let journey = Journey::begin(&app.anon(), None);
        let back = journey.agree(app, |_| {});
        let reply = app.anon().with("Cookie", &journey.cookie).get(&back);
        let session = reply.new_cookie("session").expect("a session begins");
        let me = app
            .anon()
            .with("Cookie", &session)
            .get("/api/auth/@me")
            .ok(200);
        assert_eq!(me["data"]["id"], direct["data"]["id"]);
        app.changes(&["user.created"]);
    });
}

#[test]
fn the_end_of_the_way_clears_the_oauth_cookie() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let back = journey.agree(app, |_| {});
        let reply = app.anon().with("Cookie", &journey.cookie).get(&back);
        let line = reply.set_cookie("oauth").expect("the cookie is taken back");
        assert!(line.to_ascii_lowercase().contains("max-age=0"), "{line}");
    });
}

#[test]
fn a_session_that_the_browser_had_before_ends() {
    each(|app| {
        let bob = app.user("bob");
        let journey = Journey::begin(&app.anon(), None);
        let back = journey.agree(app, |_| {});
        let reply = bob.with("Cookie", &journey.cookie).get(&back);
        redirect(&reply);
        assert_ne!(reply.new_cookie("session").as_deref(), bob.cookie());
        bob.get("/api/auth/@me").refused(401);
        assert_eq!(app.count("select count(*) from sessions"), 1);
    });
}

#[test]
fn two_journeys_of_one_person_on_two_browsers_do_not_disturb_each_other() {
    each(|app| {
        let [one, two] = [(); 2].map(|()| Journey::begin(&app.anon(), None));
        for journey in [two, one] {
            let back = journey.agree(app, |_| {});
            redirect(&app.anon().with("Cookie", &journey.cookie).get(&back));
        }
        assert_eq!(app.count("select count(*) from sessions"), 2);
        assert_eq!(app.count("select count(*) from users"), 1);
    });
}
