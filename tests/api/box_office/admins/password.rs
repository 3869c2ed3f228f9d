//! `PUT /api/v1/auth/admin/password`: an admin's own, and what a new one ends.

use super::*;

fn change(client: &Client, current: &str, new: &str) -> Reply {
    let body = json!({ "current_password": current, "password": new });
    client.put(PASSWORD, body)
}

/// Asserts that nothing came of what was refused.
#[track_caller]
fn assert_unchanged(app: &App, email: &str, hash: &str) {
    app.changes(&[]);
    assert_eq!(hash_of(app, email), hash);
}

#[test]
fn a_new_password_ends_every_other_sign_in_of_that_admin() {
    each(|app| {
        let root = begin(app);
        let email = "ann@example.org";
        let made = hire(app, email, "analyst");
        let [mine, other] = [(); 2].map(|()| sign_in(app, email));
        let older = refresh(app, &other).ok(200);
        app.audit();
        let reply = change(&caller(app, &mine), PASS, NEW_PASS);
        reply.no_content();
        app.changes(&[PASSWORD_CHANGED]);
        assert_eq!(app.audit(), ["password.changed"]);
        for answer in [&made, &older] {
            assert_over(app, answer);
        }
        assert_ended(&caller(app, &other));
        // The caller's own goes on, and so do others' sign-ins.
        assert_holds(&caller(app, &mine));
        let next = refresh(app, &mine).ok(200);
        assert_holds(&caller(app, &next));
        root.get(ADMINS).ok(200);
        let reply = try_password(app, email, PASS);
        reply.refused_as(401, "UNAUTHORIZED");
        let again = try_password(app, email, NEW_PASS).ok(200);
        assert_eq!(again["admin_id"], made["admin_id"]);
        sign_in(app, ROOT);
        app.changes(&[]);
    });
}

#[test]
fn a_wrong_current_password_changes_nothing() {
    each(|app| {
        begin(app);
        let answer = sign_in(app, ROOT);
        let (admin, hash) = (caller(app, &answer), hash_of(app, ROOT));
        let huge = "x".repeat(100_000);
        for wrong in [
            "",
            " ",
            "\0",
            "wrong horse battery staple",
            "Correct horse battery staple",
            "correct horse battery staple ",
            NEW_PASS,
            &hash,
            &huge,
        ] {
            let reply = change(&admin, wrong, NEW_PASS);
            reply.refused_as(401, "UNAUTHORIZED");
        }
        assert_unchanged(app, ROOT, &hash);
        assert!(!app.audit().contains(&"password.changed".to_owned()));
        assert_holds(&admin);
        refresh(app, &answer).ok(200);
        sign_in(app, ROOT);
    });
}

#[test]
fn a_bad_new_password_changes_nothing() {
    each(|app| {
        begin(app);
        let answer = sign_in(app, ROOT);
        let (admin, hash) = (caller(app, &answer), hash_of(app, ROOT));
        for password in bad_passwords(ROOT) {
            invalid(&change(&admin, PASS, &password), "password");
        }
        assert_unchanged(app, ROOT, &hash);
        let long = "\u{fc}".repeat(128);
        change(&admin, PASS, &long).no_content();
        app.changes(&[PASSWORD_CHANGED]);
        change(&admin, &long, "x7Kq-93zLp").no_content();
        app.changes(&[PASSWORD_CHANGED]);
        try_password(app, ROOT, "x7Kq-93zLp").ok(200);
    });
}

#[test]
fn a_missing_or_mistyped_field_is_named() {
    each(|app| {
        let root = begin(app);
        let hash = hash_of(app, ROOT);
        let good = json!({ "current_password": PASS, "password": NEW_PASS });
        for field in ["current_password", "password"] {
            invalid(&root.put(PASSWORD, without(good.clone(), field)), field);
            for value in [Value::Null, json!(7), json!(true), json!([]), json!({})] {
                let body = set(good.clone(), field, value);
                invalid(&root.put(PASSWORD, body), field);
            }
        }
        for body in ["", "{", "[]", "null"] {
            let reply = root.raw("PUT", PASSWORD, Some("application/json"), body.as_bytes());
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(details, Value::Null, "{body}");
        }
        let body = good.to_string();
        let reply = root.raw("PUT", PASSWORD, Some("text/plain"), body.as_bytes());
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        assert_unchanged(app, ROOT, &hash);
    });
}

#[test]
fn nobody_changes_a_password_without_an_admins_token() {
    each(|app| {
        begin(app);
        let (person, vendor) = (app.user("bob"), app.account("vera", "vendor"));
        app.changes(&["user.created", "user.created"]);
        let gone = sign_in(app, ROOT);
        log_out(app, &gone).no_content();
        let hash = hash_of(app, ROOT);
        for nobody in [
            &app.anon(),
            &app.anon().bearer("garbage"),
            &person,
            &vendor,
            &caller(app, &gone),
        ] {
            let reply = change(nobody, PASS, NEW_PASS);
            reply.refused_as(401, "UNAUTHORIZED");
            assert_eq!(reply.header("WWW-Authenticate"), Some("Bearer"));
        }
        assert_unchanged(app, ROOT, &hash);
    });
}

#[test]
fn an_admin_changes_no_password_but_the_own_one() {
    each(|app| {
        begin(app);
        let ann = caller(app, &hire(app, "ann@example.org", "analyst"));
        let hash = hash_of(app, ROOT);
        let body = json!({
            "current_password": PASS, "password": NEW_PASS, "email": ROOT, "admin_id": UNKNOWN,
        });
        let reply = ann.put(PASSWORD, body);
        match reply.status() {
            204 => app.changes(&[PASSWORD_CHANGED]),
            _ => {
                reply.refused_as(400, "VALIDATION_FAILED");
                app.changes(&[]);
            }
        }
        assert_eq!(hash_of(app, ROOT), hash);
        sign_in(app, ROOT);
    });
}

#[test]
fn the_checks_of_a_password_change_count_as_attempts_to_sign_in() {
    each_with(&[("RATE_LIMIT", "on")], |app| {
        let root = begin(app);
        // Whatever its making counted is forgotten.
        app.clock().advance(TimeDelta::minutes(2));
        for _ in 0..10 {
            let reply = change(&root, "wrong horse battery staple", NEW_PASS);
            reply.refused_as(401, "UNAUTHORIZED");
        }
        for reply in [change(&root, PASS, NEW_PASS), try_password(app, ROOT, PASS)] {
            reply.refused_as(429, "RATE_LIMITED");
            assert!(reply.header("Retry-After").is_some(), "{reply:?}");
        }
        app.changes(&[]);
        app.clock().advance(TimeDelta::seconds(61));
        change(&root, PASS, NEW_PASS).no_content();
        app.changes(&[PASSWORD_CHANGED]);
    });
}

#[test]
fn of_two_sign_ins_that_change_one_password_at_once_one_does() {
    each(|app| {
        begin(app);
        let email = "ann@example.org";
        hire(app, email, "analyst");
        let mut current = PASS.to_owned();
        for round in 0..4 {
            let new = [0, 1].map(|n| format!("a new horse {round}.{n}"));
            let answers = [(); 2].map(|()| try_password(app, email, &current).ok(200));
            let replies = at_once(2, |n| change(&caller(app, &answers[n]), &current, &new[n]));
            assert_eq!(with_status(&replies, 204), 1, "{replies:?}");
            assert_eq!(with_status(&replies, 401), 1, "{replies:?}");
            let winner = usize::from(replies[1].status() == 204);
            assert_holds(&caller(app, &answers[winner]));
            assert_over(app, &answers[1 - winner]);
            for password in [&current, &new[1 - winner]] {
                let reply = try_password(app, email, password);
                reply.refused_as(401, "UNAUTHORIZED");
            }
            current.clone_from(&new[winner]);
        }
        try_password(app, email, &current).ok(200);
        assert_eq!(recorded(app, PASSWORD_CHANGED), 4);
    });
}
