//! `POST /api/v1/auth/admin/login`: who gets in, what is answered, and how often one may try.

use std::net::SocketAddr;

use super::*;

const ON: [(&str, &str); 1] = [("RATE_LIMIT", "on")];

/// What a hash of today begins with.
const TODAY: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Hashes of everybody's password from elsewhere or from former days.
const FORMER: [&str; 6] = [
    "$2b$10$N9qo8uLOickgx2ZMRZoMyehtJ/whDdsI.d1w/JqKiOrDw8pCT0JLG",
    "$2a$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$argon2id$v=19$m=1024,t=1,p=1$c2FsdCBvZiBhIGZvcm1lcg\
     $25K7yMhuSLgbG/qIhI4Nw1tSRgHiC63u+T5z1pTnBsw",
    "$argon2id$v=19$m=1024,t=2,p=2$c2FsdCBvZiBhIGZvcm1lcg\
     $g0waaknHEsIPp4Zz3TfYeBd4RaSsu1130wA/jEfbqWU",
];

/// Asserts that a sign-in is refused as any other, without a word of what was wrong.
#[track_caller]
fn assert_refused(reply: &Reply) -> Value {
    let details = reply.refused_as(401, "UNAUTHORIZED");
    assert_eq!(details, Value::Null, "{}", reply.text());
    reply.json()["error"]["message"].take()
}

/// Puts a hash in the place of an admin's own.
#[track_caller]
fn put_hash(app: &App, email: &str, hash: &str) {
    let put = format!(
        "update passwords set hash = '{hash}' where login_id = \
         (select id from logins where kind = 'admin_email' and subject = '{email}')"
    );
    assert_eq!(app.sql(&put), 1);
}

/// Somebody at an address of a network that no admin calls from.
fn at<'a>(app: &'a App, last: u8) -> Client<'a> {
    app.anon()
        .from_address(SocketAddr::from(([203, 0, 113, last], 50_000)))
}

/// Asserts that whoever calls is told to wait.
#[track_caller]
fn assert_limited(reply: &Reply) {
    reply.refused_as(429, "RATE_LIMITED");
    let after = reply.header("Retry-After").unwrap_or_default();
    let after = after.parse::<u64>().expect("a number of seconds");
    assert!(after >= 1, "{after}");
}

#[test]
fn an_admin_signs_in_and_is_told_what_the_role_permits() {
    each(|app| {
        begin(app);
        let manages = "analytics:read catalogue:write events:write venues:write";
        let all = "admins:write analytics:read audit:read catalogue:write events:write \
                   friends:write moderation:write tokens:write venues:write";
        let permitted = [all, manages, "analytics:read"];
        for (role, permitted) in ROLES.into_iter().zip(permitted) {
            let email = format!("{role}@example.org");
            let made = hire(app, &email, role);
            let reply = try_password(app, &email, PASS);
            let answer = reply.ok(200);
            let known = "access_token admin_id email expires_in name permissions refresh_token \
                         role";
            assert_eq!(keys(&answer).join(" "), known);
            for same in ["admin_id", "email", "name", "role"] {
                assert_eq!(answer[same], made[same], "{same}");
            }
            assert_eq!(answer["expires_in"], 900);
            let permissions = answer["permissions"].as_array().expect("an array");
            let mut permissions: Vec<&str> = permissions.iter().map(text).collect();
            permissions.sort_unstable();
            assert_eq!(permissions.join(" "), permitted);
            assert_holds(&caller(app, &answer));
            for unique in ["access_token", "refresh_token"] {
                assert_ne!(answer[unique], made[unique], "{unique}");
            }
            for secret in [PASS, "$argon2"] {
                assert!(!reply.text().contains(secret), "{}", reply.text());
            }
            // A sign-in is no change.
            app.changes(&[]);
        }
    });
}

#[test]
fn an_email_is_known_however_it_is_written() {
    each(|app| {
        begin(app);
        let made = hire(app, "j\u{fc}rgen@example.org", "analyst");
        for email in [
            "J\u{dc}RGEN@EXAMPLE.ORG",
            " j\u{fc}rgen@Example.org ",
            "ju\u{308}rgen@example.org",
        ] {
            assert_eq!(sign_in(app, email)["admin_id"], made["admin_id"]);
        }
    });
}

#[test]
fn a_wrong_password_an_unknown_and_an_inactive_admin_are_refused_alike() {
    each(|app| {
        let root = begin(app);
        let gone = hire(app, "ann@example.org", "analyst");
        let path = format!("{ADMINS}/{}", text(&gone["admin_id"]));
        root.patch(&path, json!({ "is_active": false })).ok(200);
        app.changes(&["admin.updated"]);
        let wrong = assert_refused(&try_password(app, ROOT, "wrong horse battery staple"));
        for (email, password) in [
            ("nobody@example.org", PASS),
            ("ann@example.org", PASS),
            ("ann@example.org", "wrong horse battery staple"),
            ("nonsense", PASS),
            ("' or '1' = '1", PASS),
            ("%", PASS),
        ] {
            let reply = try_password(app, email, password);
            assert_eq!(assert_refused(&reply), wrong, "{email}");
        }
        app.changes(&[]);
    });
}

#[test]
fn whatever_is_typed_as_a_password_is_refused_and_nothing_else() {
    each(|app| {
        begin(app);
        hire(app, "ann@example.org", "analyst");
        put_hash(app, "ann@example.org", FORMER[3]);
        let padded = format!(" {PASS} ");
        let ended = format!("{PASS}\0");
        let huge = "x".repeat((1 << 20) - 100);
        let capitals = PASS.to_uppercase();
        for password in [
            "",
            "\0",
            "x",
            "\u{7}\u{1b}[31m",
            "\u{202e}",
            &padded,
            &ended,
            &capitals,
            &huge,
            &hash_of(app, ROOT),
        ] {
            for email in [ROOT, "ann@example.org", "nobody@example.org"] {
                assert_refused(&try_password(app, email, password));
            }
        }
        // An address with a NUL is nobody's, or no address.
        let reply = try_password(app, "root@example.org\0", PASS);
        assert!([400, 401].contains(&reply.status()), "{}", reply.text());
        assert_eq!(hash_of(app, "ann@example.org"), FORMER[3]);
        app.changes(&[]);
    });
}

#[test]
fn a_missing_or_mistyped_field_is_named() {
    each(|app| {
        begin(app);
        let good = credentials(ROOT, PASS);
        for field in ["email", "password"] {
            invalid(&app.anon().post(LOGIN, without(good.clone(), field)), field);
            for value in [Value::Null, json!(7), json!(true), json!([PASS]), json!({})] {
                let body = set(good.clone(), field, value);
                invalid(&app.anon().post(LOGIN, body), field);
            }
        }
        for body in ["", "{", "[]", "null"] {
            let json = Some("application/json");
            let reply = app.anon().raw("POST", LOGIN, json, body.as_bytes());
            assert_eq!(reply.refused_as(400, "VALIDATION_FAILED"), Value::Null);
        }
        let body = good.to_string();
        let form = Some("application/x-www-form-urlencoded");
        let reply = app.anon().raw("POST", LOGIN, form, body.as_bytes());
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        let keyed = app.anon().with("Idempotency-Key", "login-1");
        keyed.post(LOGIN, good).refused_as(400, "VALIDATION_FAILED");
    });
}

#[test]
fn an_admins_login_and_an_organisers_are_different_keys() {
    each(|app| {
        begin(app);
        app.account("vera", "vendor");
        app.changes(&["user.created"]);
        assert_refused(&try_password(app, "vera", PASS));
        let path = "/proposals/v1/auth/signin";
        let body = json!({ "username": ROOT, "password": PASS });
        app.anon().post(path, body).refused_as(401, "Unauthorized");
        app.changes(&[]);
    });
}

#[test]
fn a_former_hash_works_and_is_replaced_by_one_of_today() {
    each(|app| {
        begin(app);
        let email = "ann@example.org";
        let before = caller(app, &hire(app, email, "analyst"));
        for former in FORMER {
            put_hash(app, email, former);
            assert_refused(&try_password(app, email, "wrong horse battery staple"));
            assert_eq!(hash_of(app, email), former, "a refusal replaces nothing");
            sign_in(app, email);
            let hash = hash_of(app, email);
            assert!(hash.starts_with(TODAY), "{former}: {hash}");
            sign_in(app, email);
            assert_eq!(hash_of(app, email), hash, "what is of today stays");
            assert_refused(&try_password(app, email, "wrong horse battery staple"));
        }
        // The password is the same one: no other sign-in ends, and nothing has changed.
        assert_holds(&before);
        app.changes(&[]);
    });
}

#[test]
fn two_admins_with_one_password_have_different_hashes() {
    each(|app| {
        begin(app);
        hire(app, "ann@example.org", "analyst");
        let hashes = [hash_of(app, ROOT), hash_of(app, "ann@example.org")];
        assert!(hashes.iter().all(|hash| hash.starts_with(TODAY)));
        assert_ne!(hashes[0], hashes[1]);
    });
}

#[test]
fn an_admin_tries_ten_times_a_minute_from_one_address() {
    each_with(&ON, |app| {
        begin(app);
        hire(app, "ann@example.org", "analyst");
        // Whatever their making counted is forgotten.
        app.clock().advance(TimeDelta::minutes(2));
        for _ in 0..9 {
            assert_refused(&try_password(app, ROOT, "wrong horse battery staple"));
        }
        sign_in(app, ROOT);
        assert_limited(&try_password(app, ROOT, PASS));
        assert_limited(&try_password(app, " Root@Example.org", PASS));
        // Another admin here, and the same one elsewhere.
        sign_in(app, "ann@example.org");
        at(app, 9).post(LOGIN, credentials(ROOT, PASS)).ok(200);
        app.clock().advance(TimeDelta::seconds(61));
        sign_in(app, ROOT);
        app.changes(&[]);
    });
}

#[test]
fn strangers_cannot_keep_an_admin_out() {
    each_with(&ON, |app| {
        begin(app);
        sign_in(app, ROOT);
        for stranger in 1..=3 {
            let stranger = at(app, stranger);
            let wrong = credentials(ROOT, "wrong horse battery staple");
            for _ in 0..10 {
                assert_refused(&stranger.post(LOGIN, wrong.clone()));
            }
        }
        // Another stranger is out, whatever the password; whoever was here before is not.
        assert_limited(&at(app, 4).post(LOGIN, credentials(ROOT, PASS)));
        sign_in(app, ROOT);
    });
}
