//! `GET /api/events/{id}.jsonld`: one event as structured data (schema.org).

use super::*;

const GONE: &str = "Event not found";

fn jsonld_path(event: &Value) -> String {
    format!("{}.jsonld", event_path(event))
}

/// The structured data of an event, its type checked.
#[track_caller]
fn structured(client: &Client, event: &Value) -> Value {
    let reply = client.get(&jsonld_path(event));
    let data = reply.ok(200);
    let kind = reply.header("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next();
    assert_eq!(kind, Some("application/ld+json"));
    data
}

/// What the structured data of an event by this person should be, apart from the times.
fn expected(event: &Value, organizer: &str) -> Value {
    let url = format!("http://localhost:8000/api/events/{}", id_of(event));
    json!({
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": url,
        "url": url,
        "name": event["title"],
        "description": event["description"],
        "eventStatus": "https://schema.org/EventScheduled",
        "location": { "@type": "Place", "name": event["location"] },
        "organizer": { "@type": "Person", "name": organizer },
    })
}

/// The structured data without its times, which are those of the event.
#[track_caller]
fn timeless(client: &Client, event: &Value) -> Value {
    let data = structured(client, event);
    for (name, field) in [("startDate", "starts_at"), ("endDate", "ends_at")] {
        assert_instant(&data[name], text(&event[field]));
    }
    without(without(data, "startDate"), "endDate")
}

#[test]
fn structured_data_says_all_about_an_event() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        for reader in [&ann, &bob, &app.anon()] {
            assert_eq!(timeless(reader, &event), expected(&event, "ann"));
        }
        app.changes(&[]);
    });
}

#[test]
fn times_have_the_offset_of_the_zone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = set(new_event("Night"), "timezone", "Europe/Oslo");
        let body = set(
            set(body, "start_date", "2026-03-28"),
            "end_date",
            "2026-03-29",
        );
        let event = create_event(&ann, body);
        app.changes(&["event.published"]);
        let data = structured(&app.anon(), &event);
        assert_instant(&data["startDate"], "2026-03-28T10:00:00+01:00");
        assert_instant(&data["endDate"], "2026-03-29T12:00:00+02:00");
    });
}

#[test]
fn a_thumbnail_is_the_image() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let picture = "https://img.example.org/walk.png";
        let event = create_event(&ann, set(new_event("Walk"), "thumbnail", picture));
        app.changes(&["event.published"]);
        let with_image = set(expected(&event, "ann"), "image", picture);
        assert_eq!(timeless(&app.anon(), &event), with_image);
        ann.put(&event_path(&event), json!({ "thumbnail": null }))
            .ok(201);
        app.changes(&["event.updated"]);
        assert_eq!(timeless(&app.anon(), &event), expected(&event, "ann"));
    });
}

#[test]
fn an_event_without_a_creator_has_no_organizer() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        app.sql("update events set creator_id = null");
        let anonymous = without(expected(&event, "ann"), "organizer");
        assert_eq!(timeless(&app.anon(), &event), anonymous);
    });
}

#[test]
fn the_organizer_has_the_name_of_today() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        ann.put("/api/users", json!({ "name": "Ann Lee" })).ok(201);
        app.changes(&["user.updated"]);
        let reply = app.anon().get(&jsonld_path(&event));
        assert!(!reply.text().contains("example.org"), "{}", reply.text());
        assert_eq!(timeless(&app.anon(), &event), expected(&event, "Ann Lee"));
    });
}

#[test]
fn the_address_is_the_one_that_users_see() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let data = structured(&app.anon(), &event);
        let url = format!("https://events.example.org/api/events/{}", id_of(&event));
        assert_eq!(data["url"], url);
        assert_eq!(data["@id"], url);
    });
}

#[test]
fn texts_come_back_as_they_were_written() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for hostile in [
            "</script><script>alert(\"x\")</script>",
            "\",\"@type\":\"Person\",\"x\":\"",
            "a\\b \\u0041 \u{2068}🎪\u{2069} \u{fffe}",
        ] {
            let body = set(new_event(hostile), "description", hostile);
            let event = create_event(&ann, set(body, "location", hostile));
            app.changes(&["event.published"]);
            assert_eq!(event["title"], hostile);
            assert_eq!(timeless(&app.anon(), &event), expected(&event, "ann"));
        }
        let broken = set(
            new_event("Walk"),
            "description",
            "one\r\ntwo\u{2028}\tthree",
        );
        let event = create_event(&ann, broken);
        app.changes(&["event.published"]);
        assert_eq!(timeless(&app.anon(), &event), expected(&event, "ann"));
    });
}

#[test]
fn a_draft_is_its_creators() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        app.sql("update events set visible = false");
        assert_eq!(timeless(&ann, &event), expected(&event, "ann"));
        for reader in [&bob, &app.anon()] {
            reader.get(&jsonld_path(&event)).error(404, GONE);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_deleted_event_has_no_structured_data() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        for reader in [&ann, &bob, &app.anon()] {
            reader.get(&jsonld_path(&event)).error(404, GONE);
        }
    });
}

#[test]
fn what_is_no_event_has_no_structured_data() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for reader in [&ann, &app.anon()] {
            for id in MALFORMED.into_iter().chain([UNKNOWN, ""]) {
                let path = format!("/api/events/{id}.jsonld");
                reader.get(&path).error(404, GONE);
            }
            for suffix in [
                ".json",
                ".JSONLD",
                ".jsonld.jsonld",
                ".ics.jsonld",
                ".jsonld5",
            ] {
                let path = format!("{}{suffix}", event_path(&event));
                reader.get(&path).error(404, GONE);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn the_address_of_structured_data_takes_no_writes() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let path = jsonld_path(&event);
        let body = json!({ "title": "Run", "body": "Hello" });
        for reply in [
            ann.delete(&path),
            ann.put(&path, body.clone()),
            ann.post(&path, body.clone()),
            ann.post(&format!("{path}/comments"), body),
            ann.get(&format!("{path}/comments")),
        ] {
            assert!([404, 405].contains(&reply.status()), "{}", reply.text());
            reply.refused(reply.status());
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}
