//! `POST /api/v1/auth/admin/{refresh,logout}`: how long a sign-in lasts, and what ends it.

use super::*;

/// Nearly the life of a token: less a share for the time that the test itself takes.
fn nearly(life: TimeDelta) -> TimeDelta {
    life - TimeDelta::minutes(1)
}

/// What tokens are that nobody was ever given.
fn never_given(access: &str) -> Vec<String> {
    let mut tokens: Vec<String> = ["", " ", "nonsense", "\0", "' or '1' = '1", "%", UNKNOWN]
        .map(str::to_owned)
        .into();
    tokens.push(access.to_owned());
    tokens.push("A".repeat(100_000));
    tokens
}

fn shown(token: &str) -> Value {
    json!({ "refresh_token": token })
}

#[test]
fn a_refresh_gives_new_tokens_for_the_same_sign_in() {
    each(|app| {
        begin(app);
        let first = sign_in(app, ROOT);
        app.audit();
        let reply = refresh(app, &first);
        let second = reply.ok(200);
        assert_eq!(
            keys(&second),
            ["access_token", "expires_in", "refresh_token"]
        );
        assert_eq!(second["expires_in"], 900);
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        assert_holds(&caller(app, &second));
        // The first access token is of the same sign-in, which goes on.
        assert_holds(&caller(app, &first));
        let third = refresh(app, &second).ok(200);
        assert_ne!(third["refresh_token"], second["refresh_token"]);
        assert_holds(&caller(app, &third));
        app.changes(&[]);
        assert_eq!(app.audit(), [""; 0]);
    });
}

#[test]
fn the_tokens_of_a_registration_are_refreshed_as_those_of_a_sign_in() {
    each(|app| {
        begin(app);
        let made = hire(app, "ann@example.org", "analyst");
        assert_holds(&caller(app, &made));
        let next = refresh(app, &made).ok(200);
        assert_holds(&caller(app, &next));
    });
}

#[test]
fn a_token_that_is_refreshed_twice_ends_its_family() {
    each(|app| {
        begin(app);
        let (first, other) = (sign_in(app, ROOT), sign_in(app, ROOT));
        let second = refresh(app, &first).ok(200);
        let third = refresh(app, &second).ok(200);
        app.audit();
        refresh(app, &first).refused_as(401, "UNAUTHORIZED");
        assert_eq!(app.audit(), ["refresh.reused"]);
        for answer in [&first, &second, &third] {
            assert_over(app, answer);
        }
        // Another sign-in of the same admin goes on.
        assert_holds(&caller(app, &other));
        refresh(app, &other).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn of_those_who_refresh_one_token_at_once_at_most_one_gets_new_ones_and_none_keeps_them() {
    each(|app| {
        begin(app);
        for _ in 0..6 {
            let answer = sign_in(app, ROOT);
            let replies = at_once(2, |_| refresh(app, &answer));
            let won = with_status(&replies, 200);
            assert!(won <= 1, "{replies:?}");
            for reply in &replies {
                match reply.status() {
                    200 => assert_over(app, &reply.json()),
                    _ => drop(reply.refused_as(401, "UNAUTHORIZED")),
                }
            }
            // The token was shown twice, whoever was first.
            assert_over(app, &answer);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_token_that_nobody_was_given_is_refused() {
    each(|app| {
        begin(app);
        let answer = sign_in(app, ROOT);
        for token in never_given(text(&answer["access_token"])) {
            let reply = app.anon().post(REFRESH, shown(&token));
            reply.refused_as(401, "UNAUTHORIZED");
        }
        // Neither kind of token does what the other one is for.
        assert_ended(&app.anon().bearer(text(&answer["refresh_token"])));
        let bearer = caller(app, &answer);
        let reply = bearer.post(REFRESH, json!({}));
        invalid(&reply, "refresh_token");
        refresh(app, &answer).ok(200);
    });
}

#[test]
fn a_missing_or_mistyped_token_is_named() {
    each(|app| {
        begin(app);
        for path in [REFRESH, LOGOUT] {
            let anon = app.anon();
            invalid(&anon.post(path, json!({})), "refresh_token");
            for value in [Value::Null, json!(7), json!(true), json!([]), json!({})] {
                let body = json!({ "refresh_token": value });
                invalid(&anon.post(path, body), "refresh_token");
            }
            for body in ["", "{", "[]", "null"] {
                let reply = anon.raw("POST", path, Some("application/json"), body.as_bytes());
                let details = reply.refused_as(400, "VALIDATION_FAILED");
                assert_eq!(details, Value::Null, "{body}");
            }
            let reply = anon.raw("POST", path, Some("text/plain"), b"{}");
            reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        let answer = sign_in(app, ROOT);
        let keyed = app.anon().with("Idempotency-Key", "refresh-1");
        let reply = keyed.post(REFRESH, shown(text(&answer["refresh_token"])));
        reply.refused_as(400, "VALIDATION_FAILED");
        // It was not used up.
        refresh(app, &answer).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn a_sign_out_ends_the_sign_in_and_no_other() {
    each(|app| {
        begin(app);
        let (first, other) = (sign_in(app, ROOT), sign_in(app, ROOT));
        let second = refresh(app, &first).ok(200);
        app.audit();
        log_out(app, &second).no_content();
        assert_eq!(app.audit(), ["sign_out"]);
        for answer in [&first, &second] {
            assert_over(app, answer);
        }
        assert_holds(&caller(app, &other));
        app.audit();
        // What is over already can be ended again.
        log_out(app, &second).no_content();
        for token in never_given(text(&other["access_token"])) {
            app.anon().post(LOGOUT, shown(&token)).no_content();
        }
        assert_eq!(app.audit(), [""; 0]);
        refresh(app, &other).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn an_access_token_holds_for_15_minutes() {
    each(|app| {
        begin(app);
        let answer = sign_in(app, ROOT);
        let life = TimeDelta::minutes(15);
        app.clock().advance(nearly(life));
        assert_holds(&caller(app, &answer));
        app.clock()
            .advance(life - nearly(life) + TimeDelta::seconds(1));
        assert_ended(&caller(app, &answer));
        let next = refresh(app, &answer).ok(200);
        assert_holds(&caller(app, &next));
        assert_ended(&caller(app, &answer));
    });
}

#[test]
fn a_refresh_token_holds_for_7_days() {
    each(|app| {
        begin(app);
        let [one, two] = [(); 2].map(|()| sign_in(app, ROOT));
        let life = TimeDelta::days(7);
        app.clock().advance(nearly(life));
        app.sweep();
        let next = refresh(app, &one).ok(200);
        assert_holds(&caller(app, &next));
        app.clock()
            .advance(life - nearly(life) + TimeDelta::seconds(1));
        refresh(app, &two).refused_as(401, "UNAUTHORIZED");
        assert_ended(&caller(app, &two));
        app.changes(&[]);
    });
}

#[test]
fn what_has_expired_is_swept() {
    each(|app| {
        begin(app);
        sign_in(app, ROOT);
        let kept = "select count(*) from refresh_tokens";
        assert!(app.count(kept) >= 1);
        app.clock().advance(TimeDelta::days(8));
        let answer = sign_in(app, ROOT);
        app.sweep();
        assert_eq!(app.count(kept), 1, "the one that still holds");
        refresh(app, &answer).ok(200);
    });
}

#[test]
fn the_database_knows_hashes_of_refresh_tokens_only() {
    each(|app| {
        begin(app);
        let first = sign_in(app, ROOT);
        let second = refresh(app, &first).ok(200);
        for answer in [&first, &second] {
            for token in ["access_token", "refresh_token"] {
                let held = columns_that_hold(app, text(&answer[token]));
                assert_eq!(held, [""; 0], "{token}");
            }
            let token = text(&answer["refresh_token"]);
            assert!(token.len() >= 24, "a value that nobody guesses");
        }
        let hash = app.text("select token_hash from refresh_tokens limit 1");
        let hash = hash.expect("a token is kept");
        let found = columns_that_hold(app, &hash);
        assert!(
            found.contains(&"refresh_tokens.token_hash".to_owned()),
            "{found:?}"
        );
        let reply = app.anon().post(REFRESH, shown(&hash));
        reply.refused_as(401, "UNAUTHORIZED");
    });
}
