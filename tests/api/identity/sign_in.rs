//! POST `/api/auth`: who is let in with which token, and what that leaves behind.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{assert_nobody, sign_in};
use crate::support::*;

#[test]
fn a_sign_in_answers_the_flat_and_the_nested_form() {
    each(|app| {
        let answer = sign_in(app, app.token_of("ann")).ok(200);
        let id = answer["data"]["id"]
            .as_str()
            .expect("the nested form has the id");
        let expected = json!({
            "message": "success",
            "name": "ann",
            "email": "ann@example.org",
            "avatar": "https://img.example.org/ann.png",
            "data": {
                "id": id,
                "name": "ann",
                "email": "ann@example.org",
                "avatar": "https://img.example.org/ann.png",
            },
        });
        assert_eq!(answer, expected);
    });
}

#[test]
fn the_first_sign_in_makes_a_person_with_a_login() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let kept = |query: &str| app.count(&format!("select count(*) from {query}"));
        assert_eq!(kept("users"), 1);
        assert_eq!(
            kept("users where name = 'ann' and email = 'ann@example.org'"),
            1
        );
        assert_eq!(
            kept("users where avatar = 'https://img.example.org/ann.png'"),
            1
        );
        let login = format!("logins where kind = 'google' and user_id = '{}'", ann.id());
        assert_eq!(kept(&format!("{login} and subject = 'ann'")), 1);
        assert_eq!(kept("sessions"), 1);
    });
}

#[test]
fn a_person_is_found_by_the_subject_alone() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let token = app.token(|claims| {
            claims["sub"] = "ann".into();
            claims["name"] = "Ann of elsewhere".into();
            claims["email"] = "elsewhere@example.org".into();
            claims["picture"] = "https://img.example.org/elsewhere.png".into();
        });
        let answer = sign_in(app, token).ok(200);
        assert_eq!(answer["data"]["id"], ann.id());
        assert_eq!(
            answer["name"], "ann",
            "the profile is the person's own by now"
        );
        assert_eq!(answer["email"], "ann@example.org");
        assert_eq!(answer["avatar"], "https://img.example.org/ann.png");
        assert_eq!(app.count("select count(*) from users"), 1);
        app.changes(&[]);
    });
}

#[test]
fn a_later_sign_in_leaves_an_edited_profile_alone() {
    each(|app| {
        let ann = app.user("ann");
        let edited = json!({
            "name": "Ann Other",
            "email": "other@example.org",
            "avatar": "https://img.example.org/other.png",
        });
        ann.put("/api/users", edited).ok(201);
        app.changes(&["user.created", "user.updated"]);
        let answer = sign_in(app, app.token_of("ann")).ok(200);
        assert_eq!(answer["data"]["id"], ann.id());
        assert_eq!(answer["data"]["name"], "Ann Other");
        assert_eq!(answer["data"]["email"], "other@example.org");
        assert_eq!(
            answer["data"]["avatar"],
            "https://img.example.org/other.png"
        );
        app.changes(&[]);
    });
}

#[test]
fn two_subjects_with_one_e_mail_are_two_people() {
    each(|app| {
        let [first, second] = ["one", "two"].map(|subject| {
            let token = app.token(|claims| {
                claims["sub"] = subject.into();
                claims["email"] = "both@example.org".into();
            });
            sign_in(app, token).ok(200)
        });
        assert_ne!(first["data"]["id"], second["data"]["id"]);
        assert_eq!(
            app.count("select count(*) from users where email = 'both@example.org'"),
            2
        );
        app.changes(&["user.created", "user.created"]);
    });
}

#[test]
fn subjects_that_differ_in_case_are_two_people() {
    each(|app| {
        assert_ne!(app.user("ann").id(), app.user("ANN").id());
    });
}

#[test]
fn every_client_of_ours_and_both_names_of_the_issuer_are_accepted() {
    each(|app| {
        for audience in ["test-client", "other-client"] {
            for issuer in ["accounts.google.com", "https://accounts.google.com"] {
                let token = app.token(|claims| {
                    claims["aud"] = audience.into();
                    claims["iss"] = issuer.into();
                });
                sign_in(app, token).ok(200);
            }
        }
        assert_eq!(app.count("select count(*) from users"), 1);
    });
}

#[test]
fn a_verified_e_mail_may_be_told_as_text() {
    each(|app| {
        let token = app.token(|claims| claims["email_verified"] = "true".into());
        sign_in(app, token).ok(200);
    });
}

#[test]
fn a_token_without_a_picture_makes_a_person_without_an_avatar() {
    each(|app| {
        let token = app.token(|claims| {
            claims
                .as_object_mut()
                .expect("claims are an object")
                .remove("picture");
        });
        let answer = sign_in(app, token).ok(200);
        assert_eq!(answer["avatar"], Value::Null);
        assert_eq!(answer["data"]["avatar"], Value::Null);
    });
}

#[test]
fn a_token_without_a_name_makes_a_person_with_one_all_the_same() {
    each(|app| {
        let token = app.token(|claims| {
            claims
                .as_object_mut()
                .expect("claims are an object")
                .remove("name");
        });
        let answer = sign_in(app, token).ok(200);
        let name = answer["data"]["name"].as_str().unwrap_or_default();
        assert!(!name.trim().is_empty(), "a person has a name: {answer}");
    });
}

#[test]
fn clocks_may_differ_by_less_than_a_minute() {
    each(|app| {
        let now = app.clock().now().timestamp();
        for (iat, exp) in [(now - 3600, now - 30), (now + 55, now + 3600)] {
            let token = app.token(|claims| {
                claims["iat"] = iat.into();
                claims["exp"] = exp.into();
            });
            sign_in(app, token).ok(200);
        }
    });
}

#[test]
fn no_hostile_token_opens_the_door_or_leaves_a_trace() {
    each(|app| {
        for Hostile {
            what,
            token,
            status,
            sentence,
        } in hostile(app.clock().now())
        {
            let reply = sign_in(app, token);
            assert_eq!(reply.status(), status, "{what}: {}", reply.text());
            reply.error(status, sentence);
            assert_eq!(reply.header("Set-Cookie"), None, "{what}");
            assert_nobody(app);
        }
    });
}

#[test]
fn a_hostile_token_for_a_known_person_opens_nothing_either() {
    each(|app| {
        app.user("someone");
        app.changes(&["user.created"]);
        for Hostile {
            what,
            token,
            status,
            ..
        } in hostile(app.clock().now())
        {
            let reply = sign_in(app, token);
            assert_eq!(reply.status(), status, "{what}: {}", reply.text());
        }
        assert_eq!(app.count("select count(*) from sessions"), 1);
        app.changes(&[]);
    });
}

#[test]
fn a_body_that_is_no_object_with_a_token_is_an_invalid_token() {
    each(|app| {
        let bodies: [&[u8]; 11] = [
            b"",
            b" ",
            b"{",
            b"{}",
            b"null",
            b"\"token\"",
            b"[\"token\"]",
            b"{\"Token\": \"a.b.c\"}",
            b"{\"token\": \"a.b.c\"} more",
            b"{\"token\": \"\\ud800\"}",
            b"\xff\xfe",
        ];
        for body in bodies {
            let reply = app
                .anon()
                .raw("POST", "/api/auth", Some("application/json"), body);
            reply.error(400, "Invalid token.");
        }
        assert_nobody(app);
    });
}

#[test]
fn a_body_that_is_not_json_by_its_type_is_refused() {
    each(|app| {
        let token = app.token_of("ann");
        let json = json!({ "token": token }).to_string();
        let form = format!("token={token}");
        for (content_type, body) in [
            (Some("text/plain"), json.as_bytes()),
            (Some("application/x-www-form-urlencoded"), form.as_bytes()),
            (None, json.as_bytes()),
        ] {
            app.anon()
                .raw("POST", "/api/auth", content_type, body)
                .refused(415);
        }
        assert_nobody(app);
    });
}

#[test]
fn a_sign_in_takes_no_idempotency_key() {
    each(|app| {
        let anon = app.anon().with("Idempotency-Key", "once");
        anon.post("/api/auth", json!({ "token": app.token_of("ann") }))
            .refused(400);
        assert_nobody(app);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
    });
}

#[test]
fn without_client_ids_nobody_can_sign_in() {
    each_with(&[("GOOGLE_CLIENT_IDS", "")], |app| {
        sign_in(app, app.token_of("ann")).refused(503);
        assert_nobody(app);
    });
}

#[test]
fn eight_first_sign_ins_at_once_make_one_person() {
    each(|app| {
        let token = app.token_of("ann");
        let ids: BTreeSet<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| sign_in(app, token.as_str()).ok(200)))
                .collect();
            let answers = threads
                .into_iter()
                .map(|thread| thread.join().expect("it is answered"));
            answers
                .map(|answer| answer["data"]["id"].to_string())
                .collect()
        });
        assert_eq!(ids.len(), 1, "one person: {ids:?}");
        assert_eq!(app.count("select count(*) from users"), 1);
        assert_eq!(app.count("select count(*) from logins"), 1);
        assert_eq!(app.count("select count(*) from sessions"), 8);
        app.changes(&["user.created"]);
    });
}
