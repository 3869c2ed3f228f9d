//! One event with two faces: what the box office puts on sale is an event of the community too,
//! which people talk about and nobody there may change.

use chrono::{DateTime, TimeDelta};
use serde_json::json;

use super::catalogue::{EVENTS, cancel, event_path, gather, on, read_event};
use super::*;

/// The event's face in the community.
fn community_path(id: &str) -> String {
    format!("/api/events/{id}")
}

/// What the community says of the event.
#[track_caller]
fn community(app: &App, id: &str) -> Value {
    let mut answer = app.anon().get(&community_path(id)).ok(200);
    answer["data"].take()
}

/// The events of one of the community's lists.
#[track_caller]
fn listed(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("/api/events?{query}")).ok(200);
    let events = answer["data"].as_array().expect("an array");
    let ids = events.iter().map(|event| text(&event["id"]).to_owned());
    ids.collect()
}

/// The event as its admins see it.
fn admin_path(id: &str) -> String {
    format!("/api/v1/admin/events/{id}")
}

/// A person; what their arrival recorded is skipped.
fn person<'a>(app: &'a App, name: &str) -> Client<'a> {
    let person = app.user(name);
    app.skip_changes();
    person
}

/// Asserts that the community knows nothing of an event, for reading or for writing.
#[track_caller]
fn assert_unknown_there(app: &App, id: &str) {
    let ann = person(app, "ann");
    let path = community_path(id);
    for reader in [&app.anon(), &ann] {
        for path in [
            path.clone(),
            format!("{path}.jsonld"),
            format!("{path}/comments"),
            format!("{path}/interests"),
        ] {
            reader.get(&path).refused(404);
        }
        assert!(listed(reader, "limit=100").is_empty());
        assert!(listed(reader, "q=jazz").is_empty());
        let atom = reader.get("/api/events.atom");
        atom.expect_status(200);
        assert!(!atom.text().contains(id), "{}", atom.text());
    }
    let comment = json!({ "body": "Who plays?" });
    ann.post(&format!("{path}/comments"), comment).refused(404);
    let interest = format!("/api/users/@me/interests/{id}");
    ann.raw("POST", &interest, None, b"").refused(404);
    ann.put(&path, json!({ "title": "Mine" })).refused(404);
    ann.delete(&path).refused(404);
    let report = json!({ "subject": "event", "id": id, "reason": "Spam" });
    ann.post("/api/reports", report).refused(404);
    app.changes(&[]);
}

#[test]
fn what_is_on_sale_is_an_event_of_the_community() {
    each(|app| {
        let body = on("Jazz Night", "2031-06-14T10:00:00Z", "2031-06-14T13:00:00Z");
        let id = app.on_sale(set(body, "timezone", "Europe/Oslo"));
        app.skip_changes();
        let event = community(app, &id);
        for (field, expected) in [
            ("id", json!(id)),
            ("creator_id", json!(null)),
            ("title", json!("Jazz Night")),
            ("description", json!("Late")),
            ("location", json!("Hall, 1 Main St, Oslo")),
            ("timezone", json!("Europe/Oslo")),
            ("start_date", json!("2031-06-14")),
            ("start_time", json!("12:00:00")),
            ("end_date", json!("2031-06-14")),
            ("end_time", json!("15:00:00")),
            ("thumbnail", json!(null)),
            ("group_id", json!(null)),
            ("comments", json!(0)),
            ("interested", json!(0)),
        ] {
            assert_eq!(event[field], expected, "{field}");
        }
        let told = read_event(app, &id);
        for (here, there) in [("starts_at", "start_datetime"), ("ends_at", "end_datetime")] {
            let instant = |value: &Value| DateTime::parse_from_rfc3339(text(value));
            let (here, there) = (instant(&event[here]), instant(&told[there]));
            assert_eq!(here.expect("RFC 3339"), there.expect("RFC 3339"));
        }
        for query in [
            "limit=100",
            "order=start",
            "q=jazz",
            "q=hall%20oslo",
            "from=2031-06-14",
        ] {
            assert_eq!(listed(&app.anon(), query), [id.as_str()], "{query}");
        }
        for ending in [".ics", ".jsonld"] {
            let reply = app.anon().get(&format!("{}{ending}", community_path(&id)));
            reply.expect_status(200);
            assert!(reply.text().contains("Jazz Night"), "{}", reply.text());
        }
        for feed in ["/api/events.ics", "/api/events.atom"] {
            let reply = app.anon().get(feed);
            reply.expect_status(200);
            assert!(reply.text().contains(&id), "{}", reply.text());
        }
        app.changes(&[]);
    });
}

#[test]
fn a_draft_of_the_box_office_is_unknown_to_the_community_until_it_is_published() {
    each(|app| {
        let draft = app.draft(json!({}));
        let id = text(&draft["event_id"]);
        app.skip_changes();
        assert_unknown_there(app, id);
        let publish = json!({ "status": "published", "version": 1 });
        app.super_admin().put(&admin_path(id), publish).ok(200);
        app.changes(&["event.published"]);
        assert_eq!(community(app, id)["title"], "Jazz Night");
        assert_eq!(listed(&app.anon(), "limit=100"), [id]);
    });
}

#[test]
fn nobody_changes_or_deletes_it_through_the_community() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let ann = person(app, "ann");
        let manager = app.admin("event_manager");
        let root = app.super_admin();
        app.skip_changes();
        let before = community(app, &id);
        let path = community_path(&id);
        for (client, status) in [
            (&app.anon(), 401),
            (&ann, 403),
            (&root, 401),
            (&manager, 401),
            (&app.internal(), 401),
        ] {
            let body = json!({ "title": "Mine" });
            client.put(&path, body).refused(status);
            client.delete(&path).refused(status);
        }
        app.changes(&[]);
        assert_eq!(community(app, &id), before);
        assert_eq!(read_event(app, &id)["name"], "Jazz Night");
    });
}

#[test]
fn people_talk_about_it_like_what_is_said_and_show_interest() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let (ann, bob) = (person(app, "ann"), person(app, "bob"));
        let before = read_event(app, &id);
        let comments = format!("{}/comments", community_path(&id));
        let said = ann.post(&comments, json!({ "body": "Who plays?" })).ok(201);
        app.changes(&["comment.created"]);
        let like = format!("/api/likes/{}", text(&said["data"]["id"]));
        bob.raw("PUT", &like, None, b"").ok(200);
        app.changes(&["comment.liked"]);
        let interest = format!("/api/users/@me/interests/{id}");
        bob.raw("POST", &interest, None, b"").ok(200);
        app.changes(&["interest.registered"]);
        let event = community(app, &id);
        assert_eq!(event["comments"], 1);
        assert_eq!(event["interested"], 1);
        let said = app.anon().get(&comments).ok(200);
        assert_eq!(said["data"][0]["body"], "Who plays?");
        // None of it is a matter of seats.
        assert_eq!(read_event(app, &id), before);
        app.verified();
    });
}

#[test]
fn seats_that_move_are_no_matter_of_the_community() {
    each(|app| {
        let id = app.on_sale(json!({}));
        app.skip_changes();
        let before = community(app, &id);
        let path = format!("/internal/events/{id}/update-availability");
        let taken = app.internal().post(&path, json!({ "quantity": -10 }));
        taken.ok(200);
        app.changes(&["seats.changed"]);
        assert_eq!(community(app, &id), before);
        assert_eq!(read_event(app, &id)["available_seats"], 90);
    });
}

#[test]
fn what_its_admin_changes_shows_on_both_faces() {
    each(|app| {
        let id = app.on_sale(json!({}));
        app.skip_changes();
        let body = json!({
            "version": 2,
            "name": "Blues Evening",
            "description": "Early",
            "start_datetime": "2031-07-01T18:00:00Z",
            "end_datetime": "2031-07-01T20:00:00Z",
        });
        app.super_admin().put(&admin_path(&id), body).ok(200);
        app.changes(&["event.updated"]);
        let event = community(app, &id);
        assert_eq!(event["title"], "Blues Evening");
        assert_eq!(event["description"], "Early");
        assert_eq!(event["start_date"], "2031-07-01");
        assert_eq!(event["start_time"], "18:00:00");
        assert_eq!(event["location"], "Hall, 1 Main St, Oslo");
        let told = read_event(app, &id);
        assert_eq!(told["name"], "Blues Evening");
        assert_eq!(told["description"], "Early");
        assert_eq!(told["version"], 3);
        for (word, found) in [("blues", 1), ("early", 1), ("jazz", 0), ("late", 0)] {
            assert_eq!(listed(&app.anon(), &format!("q={word}")).len(), found);
            let answer = app.anon().get(&format!("{EVENTS}?q={word}")).ok(200);
            assert_eq!(answer["total"], found, "{word}");
        }
        app.changes(&[]);
    });
}

#[test]
fn what_changes_at_its_venue_reaches_both_faces_through_the_bus() {
    each(|app| {
        let venue = app.venue(1000);
        let id = app.on_sale(json!({ "venue_id": venue }));
        app.deliver();
        app.skip_changes();
        let path = format!("/api/v1/admin/venues/{venue}");
        let body = json!({ "name": "Arena", "city": "Bergen" });
        app.super_admin().put(&path, body).ok(200);
        app.changes(&["venue.updated"]);
        app.deliver();
        app.changes(&["event.updated"]);
        let event = community(app, &id);
        assert_eq!(event["location"], "Arena, 1 Main St, Bergen");
        let told = read_event(app, &id);
        assert_eq!(told["venue"]["name"], "Arena");
        assert_eq!(told["venue"]["city"], "Bergen");
        for (city, found) in [("bergen", 1), ("oslo", 0)] {
            let answer = app.anon().get(&format!("{EVENTS}?city={city}")).ok(200);
            assert_eq!(answer["total"], found, "{city}");
            assert_eq!(listed(&app.anon(), &format!("q={city}")).len(), found);
        }
        // A second delivery finds nothing to do.
        app.deliver();
        app.changes(&[]);
    });
}

#[test]
fn what_is_cancelled_is_gone_there_and_readable_here() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let ann = person(app, "ann");
        let comments = format!("{}/comments", community_path(&id));
        ann.post(&comments, json!({ "body": "Who plays?" })).ok(201);
        cancel(app, &id);
        assert_unknown_there(app, &id);
        // Whoever has it in a calendar is told.
        for path in [
            format!("{}.ics", community_path(&id)),
            "/api/events.ics".to_owned(),
        ] {
            let reply = app.anon().get(&path);
            reply.expect_status(200);
            let calendar = reply.text();
            assert!(calendar.contains(&id), "{calendar}");
            assert!(calendar.contains("STATUS:CANCELLED"), "{calendar}");
        }
        let told = read_event(app, &id);
        assert_eq!(told["status"], "cancelled");
        assert_eq!(told["name"], "Jazz Night");
        let answer = app.anon().get(EVENTS).ok(200);
        assert_eq!(answer["events"], json!([]));
        assert_eq!(answer["total"], 0);
        app.changes(&[]);
    });
}

#[test]
fn what_was_cancelled_long_ago_keeps_its_ledger() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let path = format!("/internal/events/{id}/update-availability");
        let taken = app.internal().post(&path, json!({ "quantity": -3 }));
        taken.ok(200);
        cancel(app, &id);
        app.clock().advance(TimeDelta::days(45));
        app.sweep();
        app.skip_changes();
        let rows = format!("select count(*) from seat_movements where event_id = '{id}'");
        assert_eq!(app.count(&rows), 1);
        let told = read_event(app, &id);
        assert_eq!(told["status"], "cancelled");
        assert_eq!(told["available_seats"], 97);
        app.verified();
    });
}

#[test]
fn a_community_event_shows_here_what_it_shows_there() {
    each(|app| {
        let ann = person(app, "ann");
        let id = gather(&ann, "Walk", "2031-06-14");
        app.changes(&["event.published"]);
        let body = json!({ "title": "March", "description": "Along the river" });
        ann.put(&community_path(&id), body).ok(201);
        app.changes(&["event.updated"]);
        let (here, there) = (read_event(app, &id), community(app, &id));
        assert_eq!(here["name"], there["title"]);
        assert_eq!(here["description"], there["description"]);
        assert_eq!(here["timezone"], there["timezone"]);
        let answer = app.anon().get(&format!("{EVENTS}?q=river")).ok(200);
        assert_eq!(answer["events"], json!([here]));
        ann.delete(&community_path(&id)).no_content();
        app.changes(&["event.cancelled"]);
        let reply = app.anon().get(&event_path(&id));
        reply.refused_as(404, "EVENT_NOT_FOUND");
    });
}
