//! `GET /api/events/{id}`.

use super::*;

#[test]
fn an_event_is_public() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        assert_eq!(read_event(&ann, &event), event);
        assert_eq!(read_event(&bob, &event), event);
        assert_eq!(
            read_event(&app.anon(), &event),
            without(event, "interested_by_me")
        );
        app.changes(&[]);
    });
}

#[test]
fn my_interest_shows_to_signed_in_readers_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        assert_eq!(keys(&read_event(&app.anon(), &event)), PUBLIC_KEYS);
        assert_eq!(read_event(&ann, &event)["interested_by_me"], false);
        assert_eq!(read_event(&bob, &event)["interested_by_me"], false);
        let (listed, _) = page(&app.anon(), "/api/events", None);
        assert_eq!(keys(&listed[0]), PUBLIC_KEYS);
        let (listed, _) = page(&bob, "/api/events", None);
        assert_eq!(listed[0]["interested_by_me"], false);
    });
}

#[test]
fn an_unknown_or_malformed_id_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for reader in [&ann, &app.anon()] {
            reader
                .get(&format!("/api/events/{UNKNOWN}"))
                .error(404, "Event not found");
            for id in MALFORMED {
                reader
                    .get(&format!("/api/events/{id}"))
                    .error(404, "Event not found");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn markup_comes_back_as_it_was_written() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let title = r#"<script>alert("x")</script> & <b>'co'</b> %41 \u0041 {{7*7}}"#;
        let body = set(
            set(new_event(title), "description", title),
            "location",
            title,
        );
        let event = create_event(&ann, body);
        app.changes(&["event.published"]);
        let reply = app.anon().get(&event_path(&event));
        let read = reply.ok(200)["data"].take();
        for field in ["title", "description", "location"] {
            assert_eq!(read[field], title);
        }
        let kind = reply.header("Content-Type").expect("a content type");
        assert!(kind.starts_with("application/json"), "{kind}");
    });
}
