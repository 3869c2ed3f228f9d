//! `GET /api/v1/events/{id}` and `…/availability`: what one event tells, and to whom; and the
//! tags of all public answers.

use super::*;

/// Both calls about one event.
fn paths(id: &str) -> [String; 2] {
    [event_path(id), availability_path(id)]
}

/// Asserts that an event is nobody's to see.
#[track_caller]
fn assert_unseen(app: &App, id: &str) {
    let stranger = app.user("mallory");
    for reader in [app.anon(), stranger, app.super_admin(), app.internal()] {
        for path in paths(id) {
            let reply = reader.get(&path);
            assert_eq!(reply.status(), 404, "{path}: {}", reply.text());
            reply.refused_as(404, "EVENT_NOT_FOUND");
        }
    }
}

/// What is told of an event's seats.
#[track_caller]
fn availability(app: &App, id: &str) -> Value {
    let told = app.anon().get(&availability_path(id)).ok(200);
    assert_eq!(keys(&told), ["available_seats", "last_updated", "status"]);
    let updated = moment(&told["last_updated"]);
    assert!(updated <= app.clock().now(), "{told}");
    told
}

/// The tag of an answer.
#[track_caller]
fn tag(reply: &Reply) -> String {
    let tags = reply.headers_all("ETag");
    assert_eq!(tags.len(), 1, "one tag: {reply:?}");
    assert!(tags[0].ends_with('"') && tags[0].len() > 2, "{}", tags[0]);
    tags[0].to_owned()
}

/// Asserts that caches are told something, and not to stay away.
#[track_caller]
fn assert_kept(reply: &Reply) {
    let control = reply.headers_all("Cache-Control");
    assert_eq!(control.len(), 1, "{reply:?}");
    assert!(!control[0].contains("no-store"), "{reply:?}");
    assert!(reply.headers_all("Set-Cookie").is_empty(), "{reply:?}");
}

#[test]
fn an_event_tells_all_about_itself_in_its_own_zone() {
    each(|app| {
        let venue = app.venue(1000);
        let body = on("Jazz", "2031-06-14T10:00:00Z", "2031-06-14T13:00:00Z");
        let body = set(set(body, "timezone", "Europe/Oslo"), "venue_id", &*venue);
        let id = app.on_sale(body);
        app.skip_changes();
        let event = read_event(app, &id);
        assert_eq!(keys(&event), EVENT_KEYS);
        assert_instant(&event["start_datetime"], "2031-06-14T12:00:00+02:00");
        assert_instant(&event["end_datetime"], "2031-06-14T15:00:00+02:00");
        assert_eq!(event["datetime"], event["start_datetime"]);
        let mut timeless = event;
        for field in ["datetime", "start_datetime", "end_datetime"] {
            timeless = without(timeless, field);
        }
        let expected = json!({
            "event_id": id,
            "name": "Jazz",
            "description": "Late",
            "event_type": "Concert",
            "venue": {
                "venue_id": venue,
                "name": "Hall",
                "address": "1 Main St",
                "city": "Oslo",
                "state": null,
                "country": "Norway",
                "postal_code": null,
            },
            "timezone": "Europe/Oslo",
            "total_capacity": 100,
            "available_seats": 100,
            "base_price": 25.5,
            "currency": "USD",
            "max_tickets_per_booking": 10,
            "status": "published",
            "version": 2,
        });
        assert_eq!(timeless, expected);
        app.changes(&[]);
    });
}

#[test]
fn a_price_is_a_number_with_its_currency() {
    each(|app| {
        for (price, currency) in [
            (0.0, "USD"),
            (0.01, "EUR"),
            (19.99, "NOK"),
            (1.1, "GBP"),
            (999_999.99, "USD"),
        ] {
            let id = app.on_sale(json!({ "base_price": price, "currency": currency }));
            app.skip_changes();
            let event = read_event(app, &id);
            assert_eq!(event["base_price"].as_f64(), Some(price));
            assert_eq!(event["currency"], currency);
        }
        app.changes(&[]);
    });
}

#[test]
fn whoever_reads_an_event_is_told_the_same() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let ann = app.user("ann");
        let theirs = gather(&ann, "Walk", "2031-06-14");
        let readers = [ann, app.user("bob"), app.super_admin(), app.internal()];
        app.skip_changes();
        for path in paths(&id).iter().chain(&paths(&theirs)) {
            let told = app.anon().get(path).ok(200);
            for reader in &readers {
                assert_eq!(reader.get(path).ok(200), told, "{path}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_draft_is_nobodys_until_it_is_published() {
    each(|app| {
        let draft = app.draft(json!({}));
        let id = text(&draft["event_id"]);
        assert_unseen(app, id);
        let path = format!("/api/v1/admin/events/{id}");
        let publish = json!({ "status": "published", "version": 1 });
        app.super_admin().put(&path, publish).ok(200);
        app.skip_changes();
        assert_eq!(read_event(app, id)["status"], "published");
        assert_eq!(availability(app, id)["available_seats"], 100);
        app.changes(&[]);
    });
}

#[test]
fn a_draft_that_was_cancelled_stays_nobodys() {
    each(|app| {
        let draft = app.draft(json!({}));
        let id = text(&draft["event_id"]);
        let path = format!("/api/v1/admin/events/{id}?version=1");
        app.super_admin().delete(&path).ok(200);
        assert_unseen(app, id);
    });
}

#[test]
fn an_unknown_id_and_what_is_no_id_are_the_same_404() {
    each(|app| {
        let person = app.user("ann");
        app.skip_changes();
        for id in MALFORMED.into_iter().chain([UNKNOWN, person.id()]) {
            for path in paths(id) {
                let reply = app.anon().get(&path);
                assert_eq!(reply.status(), 404, "{path}: {}", reply.text());
                reply.refused_as(404, "EVENT_NOT_FOUND");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_cancelled_event_stays_readable() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let before = read_event(app, &id);
        cancel(app, &id);
        let event = read_event(app, &id);
        assert_eq!(keys(&event), EVENT_KEYS);
        assert_eq!(event["status"], "cancelled");
        for field in ["event_id", "name", "start_datetime", "total_capacity"] {
            assert_eq!(event[field], before[field], "{field}");
        }
        assert!(event["version"].as_i64() > before["version"].as_i64());
        assert_eq!(availability(app, &id)["status"], "cancelled");
        app.changes(&[]);
    });
}

#[test]
fn an_event_that_is_over_stays_readable() {
    each(|app| {
        let id = app.on_sale(on("short", &ahead(app, 1), &ahead(app, 2)));
        app.skip_changes();
        let before = read_event(app, &id);
        app.clock().advance(TimeDelta::days(3));
        app.sweep();
        assert_eq!(read_event(app, &id), before);
        assert_eq!(availability(app, &id)["available_seats"], 100);
        app.changes(&[]);
    });
}

#[test]
fn a_community_event_has_no_seats_and_a_version_that_grows() {
    each(|app| {
        let ann = app.user("ann");
        let id = gather(&ann, "Walk", "2031-06-14");
        app.skip_changes();
        let event = read_event(app, &id);
        assert_eq!(keys(&event), EVENT_KEYS);
        assert_eq!(event["event_id"], *id);
        assert_eq!(event["name"], "Walk");
        assert_eq!(event["status"], "published");
        for field in WITH_SEATS {
            assert_eq!(event[field], Value::Null, "{field}");
        }
        let seats = availability(app, &id);
        assert_eq!(seats["available_seats"], Value::Null);
        assert_eq!(seats["status"], "published");
        assert!(event["version"].as_i64() >= Some(1), "{event}");
        let mine = format!("/api/events/{id}");
        ann.put(&mine, json!({ "title": "March" })).ok(201);
        app.changes(&["event.updated"]);
        let after = read_event(app, &id);
        assert_eq!(after["name"], "March");
        assert!(after["version"].as_i64() > event["version"].as_i64());
    });
}

#[test]
fn a_community_event_that_is_hidden_or_deleted_is_nobodys() {
    each(|app| {
        let ann = app.user("ann");
        let hidden = gather(&ann, "Hidden", "2031-06-14");
        let deleted = gather(&ann, "Deleted", "2031-06-14");
        hide(app, &hidden);
        ann.delete(&format!("/api/events/{deleted}")).no_content();
        for id in [&hidden, &deleted] {
            assert_unseen(app, id);
        }
    });
}

#[test]
fn availability_follows_the_seats_and_says_since_when() {
    each(|app| {
        let id = app.on_sale(json!({ "total_capacity": 5 }));
        app.skip_changes();
        let mut before = availability(app, &id);
        assert_eq!(before["available_seats"], 5);
        for (quantity, free, status) in [
            (-3, 2, "published"),
            (-2, 0, "sold_out"),
            (4, 4, "published"),
        ] {
            app.clock().advance(TimeDelta::seconds(5));
            // Time alone changes nothing.
            assert_eq!(availability(app, &id), before);
            shift(app, &id, quantity);
            app.changes(&["seats.changed"]);
            let after = availability(app, &id);
            assert_eq!(after["available_seats"], free);
            assert_eq!(after["status"], status);
            assert!(moment(&after["last_updated"]) > moment(&before["last_updated"]));
            assert_eq!(app.free_seats(&id), free);
            let event = read_event(app, &id);
            assert_eq!(event["available_seats"], free);
            assert_eq!(event["status"], status);
            assert_eq!(event["total_capacity"], 5);
            before = after;
        }
    });
}

#[test]
fn every_public_answer_has_a_tag_that_spares_it() {
    each(|app| {
        let id = app.on_sale(json!({}));
        let theirs = gather(&app.user("ann"), "Walk", "2031-06-14");
        app.skip_changes();
        let lists = ["", "?limit=1", "?q=jazz", "?city=oslo"];
        let lists = lists.map(|query| format!("{EVENTS}{query}")).to_vec();
        let pages = [lists, paths(&id).to_vec(), paths(&theirs).to_vec()].concat();
        let anon = app.anon();
        for page in pages {
            let first = anon.get(&page);
            first.expect_status(200);
            assert_kept(&first);
            let tag = tag(&first);
            app.clock().advance(TimeDelta::minutes(1));
            let other = anon.with("If-None-Match", "\"other\"").get(&page);
            other.expect_status(200);
            assert_eq!(other.text(), first.text(), "{page}");
            for known in [tag.clone(), format!("\"x\", {tag}"), "*".to_owned()] {
                let having = anon.with("If-None-Match", &known);
                let spared = having.get(&page);
                assert_eq!(spared.status(), 304, "{page} with {known}");
                assert_eq!(spared.text(), "");
                assert_eq!(spared.headers_all("ETag"), [tag.as_str()]);
                assert_kept(&spared);
            }
            let head = anon.raw("HEAD", &page, None, b"");
            head.expect_status(200);
            assert_eq!(head.text(), "");
            assert_eq!(head.headers_all("ETag"), [tag.as_str()]);
        }
        app.changes(&[]);
    });
}

#[test]
fn seats_that_move_move_the_tags() {
    each(|app| {
        let id = app.on_sale(json!({ "total_capacity": 4 }));
        app.skip_changes();
        let pages = [vec![EVENTS.to_owned()], paths(&id).to_vec()].concat();
        for quantity in [-3, -1, 2, -2] {
            let before: Vec<Reply> = pages.iter().map(|page| app.anon().get(page)).collect();
            app.clock().advance(TimeDelta::seconds(2));
            shift(app, &id, quantity);
            app.changes(&["seats.changed"]);
            for (page, before) in pages.iter().zip(&before) {
                let old = tag(before);
                let after = app.anon().with("If-None-Match", &old).get(page);
                after.expect_status(200);
                assert_ne!(tag(&after), old, "{page}");
                assert_ne!(after.text(), before.text(), "{page}");
            }
        }
    });
}

#[test]
fn a_refusal_is_never_a_304_and_never_kept() {
    each(|app| {
        let draft = app.draft(json!({}));
        app.skip_changes();
        let any = app.anon().with("If-None-Match", "*");
        for id in [text(&draft["event_id"]), UNKNOWN, "nonsense"] {
            for path in paths(id) {
                let reply = any.get(&path);
                reply.refused_as(404, "EVENT_NOT_FOUND");
                assert_eq!(reply.headers_all("Cache-Control"), ["no-store"]);
                assert_eq!(reply.header("ETag"), None);
            }
        }
        let reply = any.get(&format!("{EVENTS}?limit=0"));
        invalid(&reply, "limit");
        assert_eq!(reply.headers_all("Cache-Control"), ["no-store"]);
        assert_eq!(reply.header("ETag"), None);
        app.changes(&[]);
    });
}
