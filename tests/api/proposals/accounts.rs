//! `POST /auth/signup` and `POST /auth/signin`: how companies get an account, and come in.

use super::*;

/// A password of eight characters, which nobody else has.
const SHORT: &str = "k4!zP q9";

/// Asserts that nobody signed up.
#[track_caller]
fn assert_nobody(app: &App) {
    app.changes(&[]);
    for table in ["users", "logins", "passwords"] {
        assert_eq!(app.count(&format!("select count(*) from {table}")), 0);
    }
}

/// Asserts that sign-ups with these values of a field are refused for it.
#[track_caller]
fn refuses(app: &App, field: &str, values: impl IntoIterator<Item = impl Into<Value>>) {
    for value in values {
        let body = set(account("orla", ORGANISER), field, value);
        invalid(&app.anon().post(SIGN_UP, body.clone()), field, &body[field]);
    }
    assert_nobody(app);
}

/// Replaces the hash of a person's password, past the server.
#[track_caller]
fn import(app: &App, username: &str, hash: &str) {
    let login = format!("select id from logins where kind = 'username' and subject = '{username}'");
    let imported = format!("update passwords set hash = '{hash}' where login_id = ({login})");
    assert_eq!(app.sql(&imported), 1);
}

/// How many passwords are kept as today's recommendation has it.
fn of_today(app: &App) -> i64 {
    app.count("select count(*) from passwords where hash like '$argon2id$v=19$m=19456,t=2,p=1$%'")
}

#[test]
fn an_account_is_made_and_signs_in() {
    each(|app| {
        let made = app.anon().post(SIGN_UP, account("orla", ORGANISER)).ok(201);
        assert_eq!(keys(&made), ["id"]);
        app.changes(&["user.created"]);
        assert_eq!(of_today(app), 1);

        let reply = app.anon().post(SIGN_IN, credentials("orla", SECRET));
        let answer = reply.ok(200);
        assert_eq!(keys(&answer), ["expiresIn", "token"]);
        assert_eq!(answer["expiresIn"], 43_200);
        let orla = app.anon().bearer(text(&answer["token"]));
        assert_eq!(orla.get(EVENTS).ok(200)["page"], pages(0, 1, 0));
        app.changes(&[]);

        let [vera] = accounts(app, [("vera", VENDOR)]);
        let (people, _) = page(&vera, USERS);
        assert_eq!(people.len(), 1);
        assert_eq!(keys(&people[0]), PERSON);
        assert_eq!(people[0]["id"], made["id"]);
        assert_eq!(people[0]["username"], "orla");
        assert_eq!(people[0]["companyName"], "orla Ltd");
        assert_eq!(people[0]["role"], ORGANISER);
        assert_instant(&people[0]["createdAt"]);
    });
}

#[test]
fn a_user_name_has_3_to_32_plain_characters() {
    each(|app| {
        let long = "z".repeat(33);
        let mut bad: Vec<String> = [
            "",
            "ab",
            "  ab  ",
            long.as_str(),
            "a b",
            "a@b.c",
            "a/b",
            "a%00b",
            "a+b",
            "añb",
            "абв",
            "ａｂｃ",
            "İstan",
            "ab🎪",
            "ab\u{200b}c",
            "ab\u{301}c",
        ]
        .map(str::to_owned)
        .into();
        let hostile = CONTROLS.into_iter().chain(TURNS);
        bad.extend(hostile.map(|character| format!("ab{character}cd")));
        refuses(app, "username", bad);
        for good in ["abc", &long[..32], "0-1_2.3"] {
            sign_up(app, account(good, VENDOR));
            token(app, good, SECRET);
        }
    });
}

#[test]
fn a_user_name_is_trimmed_and_folded() {
    each(|app| {
        let id = sign_up(app, account("  Orla.K-1_X ", ORGANISER));
        for username in ["orla.k-1_x", "ORLA.K-1_X", "Orla.k-1_x"] {
            token(app, username, SECRET);
        }
        let [vera] = accounts(app, [("vera", VENDOR)]);
        let (people, _) = page(&vera, USERS);
        assert_eq!(people[0]["id"], id);
        assert_eq!(people[0]["username"], "orla.k-1_x");
        let subjects = "select subject from logins where subject like 'orla%'";
        assert_eq!(app.text(subjects).as_deref(), Some("orla.k-1_x"));
    });
}

#[test]
fn a_user_name_is_taken_once_whatever_its_case() {
    each(|app| {
        sign_up(app, account("orla", ORGANISER));
        for (username, role) in [
            ("orla", ORGANISER),
            ("ORLA", ORGANISER),
            (" Orla ", VENDOR),
            ("orla", VENDOR),
        ] {
            let body = set(account(username, role), "password", SHORT);
            let reply = app.anon().post(SIGN_UP, body);
            refused(&reply, 409, "Conflict", "User already exists");
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from users"), 1);
        stays_out(app, "orla", SHORT);
        token(app, "orla", SECRET);
    });
}

#[test]
fn a_password_has_8_to_128_characters_none_of_them_a_control() {
    each(|app| {
        let mut bad = vec![
            String::new(),
            SHORT[1..].to_owned(),
            "ü".repeat(129),
            "x".repeat(1_000_000),
        ];
        let controls = CONTROLS.into_iter().chain(['\n', '\r']);
        bad.extend(controls.map(|character| format!("k4!z{character}Pq9w")));
        refuses(app, "password", bad);
    });
}

#[test]
fn a_password_is_counted_in_characters_and_never_trimmed() {
    each(|app| {
        let padded = format!(" {} ", &SHORT[1..7]);
        assert_eq!(padded.len(), 8);
        let (composed, decomposed) = ("é".repeat(128), "e\u{301}".repeat(128));
        for (username, password) in [
            ("short", SHORT),
            ("padded", padded.as_str()),
            ("accents", decomposed.as_str()),
        ] {
            let body = set(account(username, VENDOR), "password", password);
            sign_up(app, body);
            token(app, username, password);
        }
        stays_out(app, "padded", padded.trim());
        stays_out(app, "short", &SHORT.to_uppercase());
        token(app, "accents", &composed);
        stays_out(app, "accents", &composed[2..]);
        app.changes(&[]);
    });
}

#[test]
fn a_common_password_and_ones_own_name_are_refused() {
    each(|app| {
        let common = [
            "password",
            "PASSWORD",
            "12345678",
            "qwertyuiop",
            "QwertyUiop",
            "password123",
            "Password123",
            "1234567890",
        ];
        refuses(app, "password", common);
        for username in ["greta.garbo", " Greta.Garbo"] {
            for password in ["greta.garbo", "GRETA.GARBO", "Greta.Garbo"] {
                let body = set(account(username, VENDOR), "password", password);
                invalid(&app.anon().post(SIGN_UP, body.clone()), "password", &body);
            }
        }
        assert_nobody(app);
    });
}

#[test]
fn a_company_has_a_name_of_one_line() {
    each(|app| {
        let mut bad = vec![String::new(), " \u{3000}".to_owned(), "ü".repeat(121)];
        let hostile = CONTROLS.into_iter().chain(TURNS);
        bad.extend(hostile.map(|character| format!("Acme{character}Ltd")));
        refuses(app, "companyName", bad);
        let markup = "<b>Ac'me</b> & \"Co\" {{7*7}} 🎪";
        let most = "e\u{301}".repeat(120);
        for (username, company) in [
            ("abc", "X"),
            ("bcd", "  Zu\u{308}rich Events  "),
            ("cde", markup),
            ("def", most.as_str()),
        ] {
            let body = set(account(username, ORGANISER), "companyName", company);
            sign_up(app, body);
        }
        let [vera] = accounts(app, [("vera", VENDOR)]);
        let companies = texts(&page(&vera, USERS).0, "companyName");
        let most = "é".repeat(120);
        assert_eq!(companies, ["X", "Zürich Events", markup, most.as_str()]);
    });
}

#[test]
fn a_role_is_one_of_two() {
    each(|app| {
        let bad = [
            "",
            "admin",
            "super_admin",
            "event_manager",
            "human_resource",
            "human-resource,vendor",
            "vendor\0",
        ];
        refuses(app, "role", bad);
    });
}

#[test]
fn a_sign_up_needs_four_texts() {
    each(|app| {
        let body = account("orla", ORGANISER);
        let fields = ["username", "password", "companyName", "role"];
        needs_texts(&body, &fields, |body| app.anon().post(SIGN_UP, body));
        refuses_other_bodies(&app.anon(), "POST", SIGN_UP);
        assert_nobody(app);
    });
}

#[test]
fn what_the_server_sets_is_not_taken_from_a_sign_up() {
    each(|app| {
        let mut body = account("orla", ORGANISER);
        body["id"] = UNKNOWN.into();
        body["createdAt"] = "2001-01-01T00:00:00Z".into();
        body["isAdmin"] = true.into();
        body["roles"] = json!(["super_admin"]);
        assert_ne!(sign_up(app, body), UNKNOWN);
        let orla = app.anon().bearer(&token(app, "orla", SECRET));
        orla.get(USERS).ok(200);
        let reply = orla.post(TYPES, json!({ "eventName": "Yoga" }));
        reply.refused_as(403, "Forbidden");
        app.changes(&[]);
    });
}

#[test]
fn a_wrong_password_is_answered_like_an_unknown_name() {
    each(|app| {
        sign_up(app, account("orla", ORGANISER));
        let wrong = |username: &str| {
            let reply = app.anon().post(SIGN_IN, credentials(username, SHORT));
            assert_eq!(reply.status(), 401);
            reply.json()
        };
        assert_eq!(wrong("orla"), wrong("nobody"));
        app.changes(&[]);
    });
}

#[test]
fn whatever_text_is_no_password_of_the_account_is_a_401() {
    each(|app| {
        sign_up(app, account("orla", ORGANISER));
        let lengths = [0, 7, 8, 129, 9_999, 1_000_000].map(|length| "x".repeat(length));
        let mut wrong = Vec::from(lengths);
        wrong.extend([
            format!("{SECRET} "),
            format!("{SECRET}\0"),
            SECRET.to_uppercase(),
            "\0\u{1}\u{7f}\u{202e}".to_owned(),
            "' or '1' = '1".to_owned(),
        ]);
        for password in &wrong {
            for username in ["orla", "nobody"] {
                stays_out(app, username, password);
            }
        }
        let long = "o".repeat(9_999);
        for username in ["", " ", "%", "or_a", "orla\0", "örla", long.as_str()] {
            stays_out(app, username, SECRET);
        }
        token(app, "orla", SECRET);
        app.changes(&[]);
    });
}

#[test]
fn a_sign_in_needs_two_texts() {
    each(|app| {
        sign_up(app, account("orla", ORGANISER));
        let body = credentials("orla", SECRET);
        needs_texts(&body, &["username", "password"], |body| {
            app.anon().post(SIGN_IN, body)
        });
        refuses_other_bodies(&app.anon(), "POST", SIGN_IN);
        app.changes(&[]);
    });
}

#[test]
fn who_has_no_account_of_a_company_does_not_come_in() {
    each(|app| {
        root(app);
        app.user("ann");
        app.changes(&["user.created"]);
        for name in ["root@example.org", "root", "ann", "ann@example.org"] {
            stays_out(app, name, SECRET);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_imported_hash_is_replaced_at_the_next_sign_in() {
    each(|app| {
        sign_up(app, account("orla", ORGANISER));
        let bcrypt = "04$If6bvum7DFjUnE9p2uDeDuMUpfvpWo2St/k.RQATv5eOqa7vdt2hO";
        let weaker = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
                      $be44ZmiN3vyCbqWeB+HwHUM/Nr2UmJldFwMRb6eL5Ak";
        let hashes = ["$2a$", "$2b$", "$2y$"].map(|kind| format!("{kind}{bcrypt}"));
        for hash in hashes.iter().map(String::as_str).chain([weaker]) {
            import(app, "orla", hash);
            stays_out(app, "orla", SHORT);
            assert_eq!(of_today(app), 0, "{hash} stays after a wrong password");
            token(app, "orla", SECRET);
            assert_eq!(of_today(app), 1, "{hash} is replaced");
            token(app, "orla", SECRET);
            stays_out(app, "orla", SHORT);
        }
        app.changes(&[]);
    });
}

#[test]
fn failures_have_the_envelope_of_proposals_whatever_failed() {
    each(|app| {
        let anon = app.anon();
        for path in [
            "/proposals/v1",
            "/proposals/v1/nothing",
            "/proposals/v1/auth",
        ] {
            anon.get(path).refused_as(404, "NotFound");
        }
        for (method, path) in [
            ("GET", SIGN_UP),
            ("PUT", SIGN_IN),
            ("PATCH", TYPES),
            ("DELETE", EVENTS),
            ("POST", USERS),
        ] {
            let reply = anon.raw(method, path, None, b"");
            reply.refused_as(405, "MethodNotAllowed");
            let allowed = reply.header("Allow").expect("the methods that are");
            assert!(!allowed.contains(method), "{method} {path}: {allowed}");
        }
        assert_nobody(app);
    });
}
