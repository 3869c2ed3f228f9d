//! The browser's way in, taken by somebody else, twice, or to somewhere else.

use super::assert_nobody;
use super::oauth::{Journey, redirect, start};
use crate::support::*;

/// The query of a way back, one parameter replaced, or left out.
fn replaced(back: &str, name: &str, value: Option<&str>) -> String {
    let (path, query) = back.split_once('?').expect("the way back has a query");
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| pair.split('=').next() != Some(name))
        .map(str::to_owned)
        .collect();
    pairs.extend(value.map(|value| format!("{name}={value}")));
    format!("{path}?{}", pairs.join("&"))
}

/// Asserts a refusal that signs nobody in.
#[track_caller]
fn assert_refused(app: &App, reply: &Reply, status: u16) {
    reply.refused(status);
    assert_eq!(reply.set_cookie("session"), None);
    assert_nobody(app);
}

#[test]
fn a_wrong_or_missing_state_is_refused() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let browser = app.anon().with("Cookie", &journey.cookie);
        for state in [None, Some(""), Some("made-up"), Some("%00")] {
            let back = replaced(&journey.agree(app, |_| {}), "state", state);
            assert_refused(app, &browser.get(&back), 400);
        }
    });
}

#[test]
fn the_state_of_another_journey_is_refused() {
    each(|app| {
        let [mine, other] = [(); 2].map(|()| Journey::begin(&app.anon(), None));
        let state = other
            .asked()
            .get("state")
            .cloned()
            .expect("a journey has a state");
        let back = replaced(&mine.agree(app, |_| {}), "state", Some(&state));
        let browser = app.anon().with("Cookie", &mine.cookie);
        assert_refused(app, &browser.get(&back), 400);
    });
}

#[test]
fn a_browser_that_did_not_begin_the_way_cannot_end_it() {
    each(|app| {
        let [mine, other] = [(); 2].map(|()| Journey::begin(&app.anon(), None));
        let back = mine.agree(app, |_| {});
        assert_refused(app, &app.anon().get(&back), 400);
        let elsewhere = app.anon().with("Cookie", &other.cookie);
        assert_refused(app, &elsewhere.get(&back), 400);
        for cookie in [
            "oauth=",
            "oauth=made-up",
            "oauth=AAAA.BBBB.CCCC",
            "oauth=%00",
        ] {
            assert_refused(app, &app.anon().with("Cookie", cookie).get(&back), 400);
        }
    });
}

#[test]
fn an_oauth_cookie_that_was_changed_is_refused() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let cookie = journey.cookie.as_str();
        let (left, right) = cookie.split_at(cookie.len() / 2);
        let swapped = if right.starts_with('x') { "y" } else { "x" };
        for changed in [
            format!("{left}{swapped}{}", &right[1..]),
            cookie[..cookie.len() - 4].to_owned(),
            format!("{cookie}AAAA"),
        ] {
            let back = journey.agree(app, |_| {});
            assert_refused(app, &app.anon().with("Cookie", &changed).get(&back), 400);
        }
    });
}

#[test]
fn a_way_back_is_good_once() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let browser = app.anon().with("Cookie", &journey.cookie);
        let back = journey.agree(app, |_| {});
        redirect(&browser.get(&back));
        app.changes(&["user.created"]);
        let again = browser.get(&back);
        again.refused(400);
        assert_eq!(again.set_cookie("session"), None);
        assert_eq!(app.count("select count(*) from sessions"), 1);
        app.changes(&[]);
    });
}

#[test]
fn a_code_that_the_issuer_never_gave_is_refused() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let browser = app.anon().with("Cookie", &journey.cookie);
        for code in [None, Some(""), Some("made-up")] {
            let back = replaced(&journey.agree(app, |_| {}), "code", code);
            assert_refused(app, &browser.get(&back), 400);
        }
    });
}

#[test]
fn a_code_of_another_journey_is_refused() {
    each(|app| {
        let [mine, other] = [(); 2].map(|()| Journey::begin(&app.anon(), None));
        // The code of a stranger's journey, slipped under mine: its challenge is not mine.
        let theirs = other.agree(app, |_| {});
        let code = theirs
            .split('&')
            .find_map(|pair| pair.strip_prefix("code="));
        let back = replaced(&mine.agree(app, |_| {}), "code", code);
        let browser = app.anon().with("Cookie", &mine.cookie);
        assert_refused(app, &browser.get(&back), 400);
    });
}

#[test]
fn a_token_for_another_nonce_is_refused() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let browser = app.anon().with("Cookie", &journey.cookie);
        for nonce in [serde_json::Value::Null, "".into(), "made-up".into()] {
            let back = journey.agree(app, |claims| claims["nonce"] = nonce);
            assert_refused(app, &browser.get(&back), 400);
        }
    });
}

#[test]
fn the_token_behind_the_code_is_checked_like_any_other() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let browser = app.anon().with("Cookie", &journey.cookie);
        let unverified = journey.agree(app, |claims| claims["email_verified"] = false.into());
        assert_refused(app, &browser.get(&unverified), 403);
        let foreign = journey.agree(app, |claims| claims["aud"] = "another-client".into());
        assert_refused(app, &browser.get(&foreign), 403);
        let expired = journey.agree(app, |claims| claims["exp"] = 1_000_000_000.into());
        assert_refused(app, &browser.get(&expired), 400);
    });
}

#[test]
fn a_person_who_refuses_is_not_signed_in() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let state = journey
            .asked()
            .get("state")
            .cloned()
            .expect("a journey has a state");
        let back = format!("/api/auth/google/callback?error=access_denied&state={state}");
        let browser = app.anon().with("Cookie", &journey.cookie);
        assert_refused(app, &browser.get(&back), 403);
    });
}

#[test]
fn the_way_never_ends_on_another_site() {
    each(|app| {
        for next in [
            "//evil.example",
            "%2F%2Fevil.example",
            "https://evil.example",
            "https:evil.example",
            "/%5Cevil.example",
            "%5C%5Cevil.example",
            "/%5C/evil.example",
            "/events%5Cmine",
            "evil.example",
            "javascript:alert(1)",
            "%20//evil.example",
            "/%0D%0ASet-Cookie:%20session=made-up",
            "/%09/evil.example",
            "%09//evil.example",
            "/events%00",
            "/events%7F",
        ] {
            let reply = app.anon().get(&start(Some(next)));
            assert_eq!(reply.status(), 400, "next={next}: {}", reply.text());
            assert_refused(app, &reply, 400);
            assert_eq!(reply.header("Location"), None, "next={next}");
            assert_eq!(reply.set_cookie("oauth"), None, "next={next}");
        }
    });
}

#[test]
fn without_a_secret_the_way_is_closed() {
    each_with(&[("GOOGLE_CLIENT_SECRET", "")], |app| {
        assert_refused(app, &app.anon().get(&start(None)), 503);
        let back = "/api/auth/google/callback?code=made-up&state=made-up";
        let status = app.anon().get(back).status();
        assert!(
            [400, 503].contains(&status),
            "the callback answered {status}"
        );
    });
}

#[test]
fn without_client_ids_the_way_is_closed() {
    each_with(&[("GOOGLE_CLIENT_IDS", "")], |app| {
        assert_refused(app, &app.anon().get(&start(None)), 503);
    });
}

#[test]
fn an_issuer_out_of_reach_is_a_503() {
    each_with_own_issuer(&[], |app| {
        let journey = Journey::begin(&app.anon(), None);
        let back = journey.agree(app, |_| {});
        app.google().break_down(true);
        let browser = app.anon().with("Cookie", &journey.cookie);
        assert_refused(app, &browser.get(&back), 503);
    });
}

#[test]
fn the_way_back_after_the_cookie_aged_is_refused() {
    each(|app| {
        let journey = Journey::begin(&app.anon(), None);
        let line = app.anon().get(&start(None));
        let line = line
            .set_cookie("oauth")
            .expect("the journey is bound to the browser");
        let age = line.to_ascii_lowercase();
        let age = age
            .split("max-age=")
            .nth(1)
            .and_then(|rest| rest.split(';').next());
        let age: i64 = age
            .and_then(|age| age.trim().parse().ok())
            .expect("it has a Max-Age");
        app.clock().advance(chrono::TimeDelta::seconds(age + 1));
        let back = journey.agree(app, |_| {});
        let browser = app.anon().with("Cookie", &journey.cookie);
        assert_refused(app, &browser.get(&back), 400);
    });
}
