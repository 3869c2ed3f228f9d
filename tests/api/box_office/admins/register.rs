//! `POST /api/v1/auth/admin/register`: who may, what is asked for, and what is answered.

use super::*;

const CLOSED: [(&str, &str); 1] = [("ADMIN_REGISTRATION", "closed")];
const OPEN: [(&str, &str); 1] = [("ADMIN_REGISTRATION", "open")];

/// How many admins there are.
fn admins(app: &App) -> i64 {
    app.count("select count(*) from logins where kind = 'admin_email'")
}

/// Asserts that nothing came of what was refused.
#[track_caller]
fn assert_still(app: &App, count: i64) {
    app.changes(&[]);
    assert_eq!(admins(app), count);
    assert_eq!(app.count("select count(*) from passwords"), count);
}

/// Asserts that a registration made an admin of this role.
#[track_caller]
fn assert_made(app: &App, reply: &Reply, role: &str) {
    assert_eq!(reply.ok(201)["role"], role);
    app.changes(&["admin.created"]);
}

#[test]
fn the_first_to_register_is_super_admin_whatever_role_was_asked_for() {
    for role in [None, Some("analyst"), Some("event_manager")] {
        each(|app| {
            let mut body = newcomer("ada@example.org");
            if let Some(role) = role {
                body["role"] = role.into();
            }
            let reply = app.anon().post(REGISTER, body);
            let answer = reply.ok(201);
            app.changes(&["admin.created"]);
            let known = "access_token admin_id email expires_in name refresh_token role";
            assert_eq!(keys(&answer).join(" "), known);
            assert_eq!(answer["email"], "ada@example.org");
            assert_eq!(answer["name"], "Ada");
            assert_eq!(answer["role"], "super_admin");
            assert_eq!(answer["expires_in"], 900);
            assert!(!reply.text().contains(PASS), "{}", reply.text());
            let list = caller(app, &answer).get(ADMINS).ok(200);
            assert_eq!(list["total"], 1);
            let id = text(&answer["admin_id"]);
            let row = format!(
                "select count(*) from users join logins on logins.user_id = users.id \
                 join passwords on passwords.login_id = logins.id where users.id = '{id}' \
                 and users.name = 'Ada' and kind = 'admin_email' and subject = 'ada@example.org' \
                 and hash like '$argon2id$v=19$m=19456,t=2,p=1$%'"
            );
            assert_eq!(app.count(&row), 1);
        });
    }
}

#[test]
fn after_the_first_only_a_super_admin_registers_others() {
    each(|app| {
        let root = begin(app);
        let manager = caller(app, &hire(app, "eve@example.org", "event_manager"));
        let analyst = caller(app, &hire(app, "ann@example.org", "analyst"));
        let (person, vendor) = (app.user("bob"), app.account("vera", "vendor"));
        app.changes(&["user.created", "user.created"]);
        let garbage = app.anon().bearer("garbage");
        for role in ROLES {
            let body = set(newcomer("ada@example.org"), "role", role);
            for nobody in [&app.anon(), &garbage, &person, &vendor] {
                let reply = nobody.post(REGISTER, body.clone());
                reply.refused_as(401, "UNAUTHORIZED");
                assert_eq!(reply.header("WWW-Authenticate"), Some("Bearer"));
            }
            for other in [&manager, &analyst] {
                let reply = other.post(REGISTER, body.clone());
                reply.refused_as(403, "FORBIDDEN");
            }
        }
        app.changes(&[]);
        assert_eq!(admins(app), 3);
        for role in ROLES {
            let email = format!("{role}@example.org");
            let body = set(newcomer(&email), "role", role);
            assert_made(app, &root.post(REGISTER, body), role);
            assert_eq!(sign_in(app, &email)["role"], role);
        }
        let reply = root.post(REGISTER, newcomer("ada@example.org"));
        assert_made(app, &reply, "event_manager");
        app.changes(&[]);
    });
}

#[test]
fn the_first_to_register_may_not_show_a_bad_token() {
    each(|app| {
        let garbage = app.anon().bearer("garbage");
        let reply = garbage.post(REGISTER, newcomer("ada@example.org"));
        reply.refused_as(401, "UNAUTHORIZED");
        assert_still(app, 0);
        let reply = app.anon().post(REGISTER, newcomer("ada@example.org"));
        assert_made(app, &reply, "super_admin");
    });
}

#[test]
fn closed_means_that_only_a_super_admin_registers_others() {
    each_with(&CLOSED, |app| {
        let reply = app.anon().post(REGISTER, newcomer("ada@example.org"));
        reply.refused_as(403, "FORBIDDEN");
        assert_still(app, 0);
        let root = begin(app);
        let manager = caller(app, &hire(app, "eve@example.org", "event_manager"));
        for (who, status, code) in [
            (&app.anon(), 403, "FORBIDDEN"),
            (&manager, 403, "FORBIDDEN"),
            (&app.anon().bearer("garbage"), 401, "UNAUTHORIZED"),
        ] {
            let reply = who.post(REGISTER, newcomer("ada@example.org"));
            reply.refused_as(status, code);
        }
        assert_still(app, 2);
        let body = set(newcomer("ada@example.org"), "role", "super_admin");
        assert_made(app, &root.post(REGISTER, body), "super_admin");
    });
}

#[test]
fn open_makes_everybody_an_event_manager() {
    each_with(&OPEN, |app| {
        for (n, role) in ROLES.into_iter().enumerate() {
            let body = set(newcomer(&format!("a{n}@example.org")), "role", role);
            assert_made(app, &app.anon().post(REGISTER, body), "event_manager");
        }
        let reply = app.anon().post(REGISTER, newcomer("a3@example.org"));
        assert_made(app, &reply, "event_manager");
        let root = begin(app);
        let analyst = caller(app, &hire(app, "ann@example.org", "analyst"));
        let body = set(newcomer("ada@example.org"), "role", "super_admin");
        let reply = app.anon().bearer("garbage").post(REGISTER, body.clone());
        reply.refused_as(401, "UNAUTHORIZED");
        assert_still(app, 6);
        assert_made(app, &analyst.post(REGISTER, body), "event_manager");
        let body = set(newcomer("bea@example.org"), "role", "super_admin");
        assert_made(app, &root.post(REGISTER, body), "super_admin");
        let body = set(newcomer("cem@example.org"), "role", "owner");
        invalid(&app.anon().post(REGISTER, body), "role");
        assert_still(app, 8);
    });
}

#[test]
fn of_eight_who_register_first_at_once_one_is_super_admin() {
    for _ in 0..3 {
        each(|app| {
            let replies = at_once(8, |n| {
                let body = newcomer(&format!("a{n}@example.org"));
                app.anon().post(REGISTER, body)
            });
            let (made, refused): (Vec<&Reply>, Vec<&Reply>) =
                replies.iter().partition(|reply| reply.status() == 201);
            assert_eq!(made.len(), 1, "{replies:?}");
            let answer = made[0].ok(201);
            assert_eq!(answer["role"], "super_admin");
            for reply in refused {
                reply.refused_as(401, "UNAUTHORIZED");
            }
            let list = caller(app, &answer).get(ADMINS).ok(200);
            assert_eq!(list["total"], 1);
            for table in ["users", "logins", "passwords"] {
                let rows = format!("select count(*) from {table}");
                assert_eq!(app.count(&rows), 1, "{table}");
            }
            assert_eq!(recorded(app, "admin.created"), 1);
        });
    }
}

#[test]
fn an_email_that_eight_take_at_once_is_one_admins() {
    each(|app| {
        let root = begin(app);
        let replies = at_once(8, |_| root.post(REGISTER, newcomer("ada@example.org")));
        assert_eq!(with_status(&replies, 201), 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status() != 201) {
            reply.refused_as(409, "EMAIL_TAKEN");
        }
        assert_eq!(admins(app), 2);
        assert_eq!(recorded(app, "admin.created"), 2);
    });
}

#[test]
fn an_email_is_taken_however_it_is_written() {
    each(|app| {
        let root = begin(app);
        hire(app, "j\u{fc}rgen@example.org", "analyst");
        for email in [
            "j\u{fc}rgen@example.org",
            "J\u{dc}RGEN@EXAMPLE.ORG",
            " J\u{fc}rgen@Example.org ",
            "ju\u{308}rgen@example.org",
            ROOT,
            "ROOT@example.org",
        ] {
            let reply = root.post(REGISTER, newcomer(email));
            reply.refused_as(409, "EMAIL_TAKEN");
        }
        assert_still(app, 2);
        // A person's contact address is no login.
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let reply = root.post(REGISTER, newcomer("ann@example.org"));
        assert_made(app, &reply, "event_manager");
        assert_ne!(reply.json()["admin_id"], ann.id());
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn an_email_is_an_address_of_at_most_254_bytes() {
    each(|app| {
        let root = begin(app);
        let address = |length: usize| "a".repeat(length - 12) + "@example.org";
        let (long, longer) = (address(254), address(255));
        for email in [
            "",
            " ",
            "nonsense",
            "@example.org",
            "ada@",
            "ada@b@example.org",
            "a da@example.org",
            "ada@exa\nmple.org",
            "ada@example.org\0",
            "ada\u{7}@example.org",
            &longer,
        ] {
            invalid(&root.post(REGISTER, newcomer(email)), "email");
        }
        assert_still(app, 1);
        let reply = root.post(REGISTER, newcomer(&long));
        assert_made(app, &reply, "event_manager");
        sign_in(app, &long);
    });
}

#[test]
fn a_password_has_10_to_128_characters_and_is_not_one_that_all_know() {
    each(|app| {
        let root = begin(app);
        let email = "ada.lovelace@example.org";
        for password in bad_passwords(email) {
            let body = set(newcomer(email), "password", password.as_str());
            let reply = root.post(REGISTER, body);
            invalid(&reply, "password");
            let echoed = password.len() > 8 && reply.text().contains(&password);
            assert!(!echoed, "{}", reply.text());
        }
        assert_still(app, 1);
        let (long, wide) = ("x7Kq".repeat(32), "\u{fc}".repeat(128));
        let composed = "u\u{308}".repeat(10);
        let good = [
            "x7Kq-93zLp",
            "  spaces  ",
            "' or '1' = '1",
            &long,
            &wide,
            &composed,
        ];
        for (n, password) in good.into_iter().enumerate() {
            let email = format!("a{n}@example.org");
            let body = set(newcomer(&email), "password", password);
            assert_made(app, &root.post(REGISTER, body), "event_manager");
            try_password(app, &email, password).ok(200);
        }
        let trimmed = try_password(app, "a1@example.org", "spaces");
        trimmed.refused_as(401, "UNAUTHORIZED");
    });
}

#[test]
fn a_name_is_one_line_of_1_to_120_characters() {
    each(|app| {
        let root = begin(app);
        let (long, longer) = ("\u{fc}".repeat(120), "\u{fc}".repeat(121));
        for name in [
            "",
            " ",
            "A\0da",
            "A\u{7}da",
            "\u{1b}[31mAda",
            "\u{202e}Ada",
            "Ada\u{2066}",
            "A\u{200f}da",
            "A\u{61c}da",
            &longer,
        ] {
            let body = set(newcomer("ada@example.org"), "name", name);
            invalid(&root.post(REGISTER, body), "name");
        }
        assert_still(app, 1);
        let good = [
            ("  Ada  ", "Ada"),
            ("Cafe\u{301}", "Caf\u{e9}"),
            ("O'Hara <b> %00 \\", "O'Hara <b> %00 \\"),
            (long.as_str(), long.as_str()),
        ];
        for (n, (given, kept)) in good.into_iter().enumerate() {
            let body = set(newcomer(&format!("a{n}@example.org")), "name", given);
            let reply = root.post(REGISTER, body);
            assert_made(app, &reply, "event_manager");
            assert_eq!(reply.json()["name"], kept);
        }
    });
}

#[test]
fn a_phone_number_may_be_told_in_at_most_32_characters() {
    each(|app| {
        let root = begin(app);
        let (long, longer) = ("1".repeat(32), "1".repeat(33));
        for phone in [longer.as_str(), "+47\0 1", "+47\u{7} 1"] {
            let body = set(newcomer("ada@example.org"), "phone_number", phone);
            invalid(&root.post(REGISTER, body), "phone_number");
        }
        assert_still(app, 1);
        for (n, phone) in [long.as_str(), "+47 22 00 00 00"].into_iter().enumerate() {
            let email = format!("a{n}@example.org");
            let body = set(newcomer(&email), "phone_number", phone);
            assert_made(app, &root.post(REGISTER, body), "event_manager");
            let list = root.get(ADMINS).ok(200);
            assert_eq!(list["admins"][n + 1]["phone_number"], phone);
        }
    });
}

#[test]
fn a_missing_or_mistyped_field_is_named() {
    each(|app| {
        let root = begin(app);
        let good = newcomer("ada@example.org");
        let wrong = [json!(7), json!(true), json!([]), json!({})];
        for field in ["email", "password", "name"] {
            invalid(&root.post(REGISTER, without(good.clone(), field)), field);
            let null = set(good.clone(), field, Value::Null);
            invalid(&root.post(REGISTER, null), field);
        }
        for field in ["email", "password", "name", "phone_number", "role"] {
            for value in wrong.clone() {
                let body = set(good.clone(), field, value);
                invalid(&root.post(REGISTER, body), field);
            }
        }
        for role in ["", "admin", "Super_Admin", "super_admin ", "analyst\0"] {
            let body = set(good.clone(), "role", role);
            invalid(&root.post(REGISTER, body), "role");
        }
        assert_still(app, 1);
    });
}

#[test]
fn a_body_that_is_no_object_of_json_is_refused() {
    each(|app| {
        let root = begin(app);
        let good = newcomer("ada@example.org").to_string();
        for body in ["", "{", "[]", "null", "7", "\"ada\""] {
            let reply = root.raw("POST", REGISTER, Some("application/json"), body.as_bytes());
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(details, Value::Null, "{body}");
        }
        for kind in [None, Some("text/plain"), Some("application/yaml")] {
            let reply = root.raw("POST", REGISTER, kind, good.as_bytes());
            reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        let long = vec![b' '; (1 << 20) + 1];
        let reply = root.raw("POST", REGISTER, Some("application/json"), &long);
        reply.refused_as(413, "PAYLOAD_TOO_LARGE");
        // What answers secrets is not kept to be answered again.
        let keyed = root.with("Idempotency-Key", "ada-1");
        let reply = keyed.post(REGISTER, newcomer("ada@example.org"));
        reply.refused_as(400, "VALIDATION_FAILED");
        assert_still(app, 1);
        let reply = root.get(REGISTER);
        reply.refused_as(405, "METHOD_NOT_ALLOWED");
        let allowed = reply.header("Allow").unwrap_or_default();
        assert!(allowed.contains("POST"), "{allowed}");
        let nothing = root.get("/api/v1/auth/admin/nothing");
        nothing.refused_as(404, "NOT_FOUND");
    });
}
