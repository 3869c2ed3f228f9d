//! `GET` and `PUT /api/users`, `GET /api/users/{id}`.

use super::*;

const BAD: &str = "your request could not be completed";
const FIELDS: [&str; 3] = ["name", "email", "avatar"];

/// My own profile.
#[track_caller]
fn profile(client: &Client) -> Value {
    data(
        &client.get("/api/users"),
        200,
        "user details fetched successfully",
    )
}

/// My profile after an accepted update.
#[track_caller]
fn update(client: &Client, body: Value) -> Value {
    let sentence = format!("user {} details updated successfully", client.id());
    data(&client.put("/api/users", body), 201, &sentence)
}

#[test]
fn my_profile_has_all_six_fields() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let me = profile(&ann);
        assert_eq!(
            keys(&me),
            ["avatar", "created_at", "email", "id", "name", "updated_at"]
        );
        assert_eq!(me["id"], ann.id());
        assert_eq!(me["name"], "ann");
        assert_eq!(me["email"], "ann@example.org");
        assert_eq!(me["avatar"], "https://img.example.org/ann.png");
        assert_stamp(&me["created_at"]);
        assert_stamp(&me["updated_at"]);
        app.changes(&[]);
    });
}

#[test]
fn my_profile_needs_a_session() {
    each(|app| {
        app.anon().get("/api/users").refused(401);
        app.changes(&[]);
    });
}

#[test]
fn each_field_changes_alone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (field, value) in [
            ("name", "Ann Lee"),
            ("email", "lee@example.net"),
            ("avatar", "http://img.example.org/lee.png"),
        ] {
            let before = profile(&ann);
            tick(app);
            let after = update(&ann, json!({ field: value }));
            app.changes(&["user.updated"]);
            assert_eq!(changed_names(app, "user.updated", &FIELDS), [field]);
            assert_ne!(after["updated_at"], before["updated_at"]);
            let expected = set(before, field, value);
            assert_eq!(
                after,
                set(expected, "updated_at", after["updated_at"].clone())
            );
            assert_eq!(profile(&ann), after);
        }
    });
}

#[test]
fn all_fields_change_together() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = json!({
            "name": "Ann Lee",
            "email": "lee@example.net",
            "avatar": "https://img.example.org/lee.png",
        });
        let after = update(&ann, body.clone());
        app.changes(&["user.updated"]);
        for field in FIELDS {
            assert_eq!(after[field], body[field]);
        }
        assert_eq!(changed_names(app, "user.updated", &FIELDS), FIELDS);
    });
}

#[test]
fn a_change_tells_names_of_fields_and_never_their_text() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        update(
            &ann,
            json!({ "name": "Wintergreen", "email": "wintergreen@example.net" }),
        );
        app.changes(&["user.updated"]);
        let leaks = "select count(*) from changes where cast(fields as text) like '%ergreen%'";
        assert_eq!(app.count(leaks), 0);
    });
}

#[test]
fn an_update_without_a_difference_records_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let before = profile(&ann);
        tick(app);
        assert_eq!(update(&ann, json!({})), before);
        assert_eq!(update(&ann, json!({ "name": "ann" })), before);
        assert_eq!(
            update(
                &ann,
                json!({ "id": UNKNOWN, "created_at": "x", "admin": true })
            ),
            before
        );
        app.changes(&[]);
        assert_eq!(profile(&ann), before);
    });
}

#[test]
fn an_edited_profile_survives_the_next_sign_in() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let edited = update(
            &ann,
            json!({ "name": "Ann Lee", "email": "lee@example.net" }),
        );
        app.changes(&["user.updated"]);
        assert_eq!(profile(&app.user("ann")), edited);
        app.changes(&[]);
    });
}

#[test]
fn two_people_may_have_one_email() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        update(&bob, json!({ "email": "ann@example.org" }));
        app.changes(&["user.updated"]);
        assert_eq!(profile(&ann)["email"], profile(&bob)["email"]);
        assert_ne!(ann.id(), bob.id());
    });
}

#[test]
fn a_name_has_1_to_120_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for name in ["x".to_owned(), "å".repeat(120), "🎪".repeat(120)] {
            assert_eq!(update(&ann, json!({ "name": name }))["name"], name);
            app.changes(&["user.updated"]);
        }
        for name in [
            "x".repeat(121),
            "🎪".repeat(121),
            String::new(),
            "  \u{a0} ".to_owned(),
        ] {
            ann.put("/api/users", json!({ "name": name }))
                .invalid(&["name"]);
        }
        app.changes(&[]);
        assert_eq!(profile(&ann)["name"], "🎪".repeat(120));
    });
}

#[test]
fn a_malformed_email_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for email in [
            "",
            " ",
            "nonsense",
            "@example.org",
            "ann@",
            "an n@example.org",
        ] {
            ann.put("/api/users", json!({ "email": email }))
                .invalid(&["email"]);
        }
        app.changes(&[]);
        assert_eq!(profile(&ann)["email"], "ann@example.org");
    });
}

#[test]
fn an_avatar_is_an_http_address_of_at_most_2048_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let longest = url_of_length(2048);
        assert_eq!(
            update(&ann, json!({ "avatar": longest }))["avatar"],
            longest
        );
        app.changes(&["user.updated"]);
        for avatar in BAD_URLS {
            ann.put("/api/users", json!({ "avatar": avatar }))
                .invalid(&["avatar"]);
        }
        ann.put("/api/users", json!({ "avatar": url_of_length(2049) }))
            .invalid(&["avatar"]);
        app.changes(&[]);
        assert_eq!(profile(&ann)["avatar"], longest);
    });
}

#[test]
fn all_wrong_fields_are_named_at_once_and_nothing_is_changed() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = json!({ "name": "Ann Lee", "email": "nonsense", "avatar": "nonsense" });
        ann.put("/api/users", body).invalid(&["avatar", "email"]);
        app.changes(&[]);
        assert_eq!(profile(&ann)["name"], "ann");
    });
}

#[test]
fn a_value_of_the_wrong_type_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in FIELDS {
            for value in [json!(7), json!(true), json!(["x"]), json!({ "x": "y" })] {
                ann.put("/api/users", json!({ field: value }))
                    .error(400, BAD);
            }
        }
        for body in [
            json!([]),
            json!(["mallory"]),
            json!("mallory"),
            json!(null),
            json!(1),
        ] {
            ann.put("/api/users", body).refused(400);
        }
        app.changes(&[]);
        assert_eq!(profile(&ann)["name"], "ann");
    });
}

#[test]
fn name_and_email_cannot_be_null() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        ann.put("/api/users", json!({ "name": null }))
            .error(400, BAD);
        ann.put("/api/users", json!({ "email": null }))
            .error(400, BAD);
        app.changes(&[]);
    });
}

#[test]
fn a_null_avatar_either_clears_it_or_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let reply = ann.put("/api/users", json!({ "avatar": null }));
        if reply.status() == 201 {
            assert_eq!(profile(&ann)["avatar"], Value::Null);
            app.changes(&["user.updated"]);
        } else {
            reply.error(400, BAD);
            app.changes(&[]);
        }
    });
}

#[test]
fn what_is_not_json_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for body in [
            "",
            "{",
            "name=mallory",
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"\ud800"}"#,
        ] {
            let json = Some("application/json");
            ann.raw("PUT", "/api/users", json, body.as_bytes())
                .refused(400);
        }
        app.changes(&[]);
        assert_eq!(profile(&ann)["name"], "ann");
    });
}

#[test]
fn an_update_needs_a_session() {
    each(|app| {
        let sentence = "You are not authorized to access this user's profile.";
        app.anon()
            .put("/api/users", json!({ "name": "Mallory" }))
            .error(401, sentence);
        app.anon()
            .put("/api/users", json!({ "name": 7 }))
            .error(401, sentence);
        app.changes(&[]);
    });
}

#[test]
fn text_is_trimmed_and_normalised_before_it_is_measured() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let name = |name: &str| update(&ann, json!({ "name": name }))["name"].clone();
        assert_eq!(name("  Jose\u{301} \n"), "Jos\u{e9}");
        assert_eq!(name("Ann\nLee"), "Ann Lee");
        assert_eq!(name(&format!("  {}  ", "x".repeat(120))), "x".repeat(120));
        assert_eq!(name(&"e\u{301}".repeat(120)), "\u{e9}".repeat(120));
        app.changes(&["user.updated"; 4]);
        let email = update(&ann, json!({ "email": " lee@example.net " }))["email"].clone();
        assert_eq!(email, "lee@example.net");
        app.changes(&["user.updated"]);
    });
}

#[test]
fn nul_and_control_characters_are_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for name in ["a\0b", "\0", "a\u{7}b", "a\u{1b}[31mb", "a\tb", "a\u{7f}b"] {
            ann.put("/api/users", json!({ "name": name }))
                .invalid(&["name"]);
        }
        ann.put("/api/users", json!({ "email": "a\0@example.org" }))
            .invalid(&["email"]);
        ann.put("/api/users", json!({ "avatar": "https://a.example/\0" }))
            .invalid(&["avatar"]);
        app.changes(&[]);
    });
}

#[test]
fn a_public_profile_has_id_name_and_avatar_and_never_an_email() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let path = format!("/api/users/{}", ann.id());
        for reader in [&ann, &bob, &app.anon()] {
            let reply = reader.get(&path);
            let public = reply.ok(200)["data"].clone();
            let expected = json!({
                "id": ann.id(),
                "name": "ann",
                "avatar": "https://img.example.org/ann.png",
            });
            assert_eq!(public, expected);
            assert!(
                !reply.text().contains("ann@"),
                "an e-mail shows: {}",
                reply.text()
            );
        }
        app.changes(&[]);
    });
}

#[test]
fn a_public_profile_shows_the_present_name() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        update(&ann, json!({ "name": "Ann Lee" }));
        app.changes(&["user.updated"]);
        let public = app.anon().get(&format!("/api/users/{}", ann.id())).ok(200);
        assert_eq!(public["data"]["name"], "Ann Lee");
    });
}

#[test]
fn an_unknown_or_malformed_user_id_is_not_found() {
    each(|app| {
        app.anon()
            .get(&format!("/api/users/{UNKNOWN}"))
            .refused(404);
        for id in MALFORMED {
            app.anon().get(&format!("/api/users/{id}")).refused(404);
        }
        app.changes(&[]);
    });
}
