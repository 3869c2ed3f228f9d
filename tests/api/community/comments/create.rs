//! `POST /api/events/{id}/comments`.

use super::*;

const BAD: &str = "Comment could not be saved";

/// So many addresses of pictures.
fn pictures(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("https://img.example.org/{n}.png"))
        .collect()
}

#[test]
fn a_new_comment_is_answered_whole() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Is there coffee?");
        let expected = json!({
            "id": comment["id"],
            "event_id": event["id"],
            "user_id": bob.id(),
            "author": {
                "id": bob.id(),
                "name": "bob",
                "avatar": "https://img.example.org/bob.png",
            },
            "body": "Is there coffee?",
            "images": [],
            "likes": 0,
            "liked_by_me": false,
            "created_at": comment["created_at"],
            "updated_at": comment["created_at"],
        });
        assert_eq!(comment, expected);
        assert_stamp(&comment["created_at"]);
        let id = uuid::Uuid::parse_str(id_of(&comment)).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
    });
}

#[test]
fn a_comment_may_bring_0_to_8_pictures() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for count in [0, 1, 8] {
            let body = json!({ "body": "Look", "image_url_list": pictures(count) });
            let reply = ann.post(&comments_path(&event), body);
            let comment = data(&reply, 201, "Comment saved successfully");
            app.changes(&["comment.created"]);
            let images = comment["images"].as_array().expect("an array");
            assert_eq!(texts(images, "image_url"), pictures(count));
            for image in images {
                assert_eq!(keys(image), ["image_id", "image_url"]);
            }
        }
        assert_eq!(app.count("select count(*) from comment_images"), 9);
    });
}

#[test]
fn nine_pictures_are_too_many() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({ "body": "Look", "image_url_list": pictures(9) });
        ann.post(&comments_path(&event), body)
            .invalid(&["image_url_list"]);
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from comments"), 0);
        assert_eq!(app.count("select count(*) from comment_images"), 0);
        assert_eq!(count_of(&ann, &event), 0);
    });
}

#[test]
fn one_bad_address_refuses_the_whole_comment() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let too_long = url_of_length(2049);
        for bad in BAD_URLS.into_iter().chain([too_long.as_str()]) {
            let list = [
                "https://img.example.org/a.png",
                bad,
                "https://img.example.org/b.png",
            ];
            let body = json!({ "body": "Look", "image_url_list": list });
            ann.post(&comments_path(&event), body)
                .invalid(&["image_url_list"]);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from comments"), 0);
        assert_eq!(app.count("select count(*) from comment_images"), 0);
        assert_eq!(count_of(&ann, &event), 0);
    });
}

#[test]
fn a_body_has_1_to_4000_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for body in ["x".to_owned(), "ø".repeat(4000), "🎪".repeat(4000)] {
            assert_eq!(say(app, &ann, &event, &body)["body"], body);
        }
        let (long, wide) = ("x".repeat(4001), "🎪".repeat(4001));
        let blank = ["", "   ", " \n\t\r\n ", "\u{2003}"];
        for body in blank
            .into_iter()
            .chain([long.as_str(), wide.as_str(), "a\0b"])
        {
            ann.post(&comments_path(&event), json!({ "body": body }))
                .invalid(&["body"]);
        }
        app.changes(&[]);
        assert_eq!(count_of(&ann, &event), 3);
    });
}

#[test]
fn line_breaks_and_markup_are_kept() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = "one\n\n  two <script>alert('x')</script>\nthree & \"four\"";
        assert_eq!(say(app, &ann, &event, body)["body"], body);
        assert_eq!(bodies(&app.anon(), &event), [body]);
    });
}

#[test]
fn a_body_is_trimmed_and_normalised() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        assert_eq!(
            say(app, &ann, &event, " \n Cafe\u{301} \n")["body"],
            "Caf\u{e9}"
        );
        let long = "e\u{301}".repeat(4000);
        assert_eq!(say(app, &ann, &event, &long)["body"], "\u{e9}".repeat(4000));
    });
}

#[test]
fn a_missing_or_mistyped_field_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let path = comments_path(&event);
        for body in [
            json!({}),
            json!({ "text": "Hello" }),
            json!({ "body": null }),
            json!({ "body": 7 }),
            json!({ "body": ["Hello"] }),
            json!({ "body": "Hello", "image_url_list": "https://img.example.org/a.png" }),
            json!({ "body": "Hello", "image_url_list": [7] }),
            json!({ "body": "Hello", "image_url_list": { "0": "https://img.example.org/a.png" } }),
        ] {
            ann.post(&path, body).error(400, BAD);
        }
        for body in [json!([]), json!(["Hello"]), json!("Hello"), json!(null)] {
            ann.post(&path, body).refused(400);
        }
        for body in [
            "",
            "{",
            r#"{"body":"a","body":"b"}"#,
            r#"{"body":"\ud800"}"#,
        ] {
            ann.raw("POST", &path, Some("application/json"), body.as_bytes())
                .refused(400);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from comments"), 0);
    });
}

#[test]
fn unknown_keys_are_ignored() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({
            "body": "Hello",
            "id": UNKNOWN,
            "user_id": bob.id(),
            "author": { "name": "Mallory" },
            "likes": 7,
            "created_at": "2001-01-01 00:00:00",
        });
        let reply = ann.post(&comments_path(&event), body);
        let comment = data(&reply, 201, "Comment saved successfully");
        app.changes(&["comment.created"]);
        assert_ne!(comment["id"], UNKNOWN);
        assert_eq!(comment["user_id"], ann.id());
        assert_eq!(comment["author"]["name"], "ann");
        assert_eq!(comment["likes"], 0);
    });
}

#[test]
fn an_unknown_or_malformed_event_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN]) {
            let path = format!("/api/events/{id}/comments");
            ann.post(&path, json!({ "body": "Hello" })).refused(404);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from comments"), 0);
    });
}

#[test]
fn commenting_needs_a_session() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let anon = app.anon();
        anon.post(&comments_path(&event), json!({ "body": "Hello" }))
            .refused(401);
        anon.post(&comments_path(&event), json!({})).refused(401);
        app.changes(&[]);
        assert_eq!(count_of(&anon, &event), 0);
    });
}
