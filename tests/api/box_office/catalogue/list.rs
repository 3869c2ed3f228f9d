//! `GET /api/v1/events`: what is listed, in which order, and how many there are.

use super::*;

#[test]
fn a_server_without_events_has_an_empty_list() {
    each(|app| {
        let expected = json!({
            "events": [],
            "total": 0,
            "page": 1,
            "limit": 20,
            "has_more": false,
            "next": null,
        });
        assert_eq!(app.anon().get(EVENTS).ok(200), expected);
        app.changes(&[]);
    });
}

#[test]
fn events_are_listed_the_soonest_first_as_each_is_told_alone() {
    each(|app| {
        for (name, day) in [
            ("third", "2031-06-16"),
            ("first", "2031-06-14"),
            ("second", "2031-06-15"),
        ] {
            app.on_sale(on_day(name, day));
        }
        app.skip_changes();
        let page = listed(app, "");
        assert_eq!(names(&page), ["first", "second", "third"]);
        assert_eq!(page["total"], 3);
        assert_eq!(page["page"], 1);
        assert_eq!(page["limit"], 20);
        assert_eq!(page["has_more"], false);
        assert_eq!(page["next"], Value::Null);
        for event in events(&page) {
            assert_eq!(keys(event), EVENT_KEYS);
            assert_eq!(*event, read_event(app, text(&event["event_id"])));
        }
        app.changes(&[]);
    });
}

#[test]
fn everybody_is_told_the_same() {
    each(|app| {
        app.on_sale(json!({}));
        let ann = app.user("ann");
        gather(&ann, "Walk", "2031-06-14");
        app.skip_changes();
        let told = listed(app, "");
        assert_eq!(told["total"], 2);
        let bob = app.user("bob");
        let others = [app.super_admin(), app.admin("analyst"), app.internal()];
        app.skip_changes();
        for reader in others.iter().chain([&ann, &bob]) {
            assert_eq!(reader.get(EVENTS).ok(200), told);
        }
        app.changes(&[]);
    });
}

#[test]
fn the_order_goes_by_the_moment_across_zones_and_kinds() {
    each(|app| {
        let ann = app.user("ann");
        let zone = |body: Value, zone: &str| set(body, "timezone", zone);
        let end = "2031-06-14T23:00:00Z";
        let apia = on("first", "2031-06-14T20:00:00+13:00", end); // 07:00 UTC
        let oslo = on("second", "2031-06-14T11:00:00+02:00", end); // 09:00 UTC
        let york = on("fourth", "2031-06-14T06:30:00-04:00", end); // 10:30 UTC
        app.on_sale(zone(york, "America/New_York"));
        app.on_sale(zone(oslo, "Europe/Oslo"));
        gather(&ann, "third", "2031-06-14"); // 10:00 UTC
        app.on_sale(zone(apia, "Pacific/Apia"));
        app.skip_changes();
        let page = listed(app, "");
        assert_eq!(names(&page), ["first", "second", "third", "fourth"]);
    });
}

#[test]
fn events_that_begin_together_are_ordered_by_their_ids() {
    each(|app| {
        let ann = app.user("ann");
        let day = "2031-06-14";
        let mut ids_of_all: Vec<String> = Vec::new();
        for n in 0..3 {
            ids_of_all.push(gather(&ann, &format!("walk {n}"), day));
            ids_of_all.push(app.on_sale(on_day(&format!("talk {n}"), day)));
        }
        ids_of_all.sort_unstable();
        assert_eq!(ids(&listed(app, "")), ids_of_all);
    });
}

#[test]
fn what_has_begun_is_listed_until_it_is_over() {
    each(|app| {
        app.on_sale(on("short", &ahead(app, 2), &ahead(app, 4)));
        app.on_sale(on("long", &ahead(app, 3), &ahead(app, 7)));
        app.skip_changes();
        let hours = |hours: i64| app.clock().advance(TimeDelta::hours(hours));
        let check = |expected: &[&str]| {
            let page = listed(app, "");
            assert_eq!(names(&page), expected);
            assert_eq!(page["total"], expected.len());
        };
        check(&["short", "long"]);
        hours(3);
        check(&["short", "long"]);
        hours(2);
        check(&["long"]);
        hours(3);
        check(&[]);
        app.changes(&[]);
    });
}

#[test]
fn a_community_event_is_listed_without_seats_until_it_is_over() {
    each(|app| {
        let ann = app.user("ann");
        gather(&ann, "Long ago", "1999-12-31");
        let id = gather(&ann, "Walk", "2031-06-14");
        app.skip_changes();
        let page = listed(app, "");
        assert_eq!(ids(&page), [id]);
        assert_eq!(page["total"], 1);
        let event = &events(&page)[0];
        assert_eq!(keys(event), EVENT_KEYS);
        assert_eq!(event["name"], "Walk");
        assert_eq!(event["description"], "Bring warm clothes.");
        assert_eq!(event["status"], "published");
        assert_eq!(event["timezone"], "UTC");
        assert_instant(&event["start_datetime"], "2031-06-14T10:00:00Z");
        assert_instant(&event["end_datetime"], "2031-06-14T12:00:00Z");
        assert_eq!(event["datetime"], event["start_datetime"]);
        for field in WITH_SEATS {
            assert_eq!(event[field], Value::Null, "{field}");
        }
        app.changes(&[]);
    });
}

#[test]
fn drafts_and_what_is_cancelled_hidden_or_deleted_are_not_listed() {
    each(|app| {
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        let draft = app.draft(json!({ "name": "draft" }));
        let cancelled = app.on_sale(json!({ "name": "cancelled" }));
        let hidden = gather(&ann, "hidden", "2031-06-14");
        let deleted = gather(&ann, "deleted", "2031-06-14");
        let shown = app.on_sale(json!({ "name": "shown" }));
        assert_eq!(draft["status"], "draft");
        assert_eq!(listed(app, "")["total"], 4);
        cancel(app, &cancelled);
        hide(app, &hidden);
        ann.delete(&format!("/api/events/{deleted}")).no_content();
        app.skip_changes();
        let page = listed(app, "");
        assert_eq!(ids(&page), [shown]);
        assert_eq!(page["total"], 1);
        for reader in [&bob, &app.super_admin(), &app.internal()] {
            assert_eq!(reader.get(EVENTS).ok(200), page);
        }
        // Not by any filter either.
        for query in [
            "q=late",
            "type=concert",
            "city=oslo",
            "date_from=2000-01-01",
        ] {
            assert_eq!(names(&listed(app, query)), ["shown"], "{query}");
        }
        assert!(names(&listed(app, "q=warm")).is_empty());
        app.changes(&[]);
    });
}

#[test]
fn a_sold_out_event_is_listed_as_such_and_comes_back() {
    each(|app| {
        let id = app.on_sale(json!({ "total_capacity": 3 }));
        app.skip_changes();
        for (quantity, status, free) in [
            (-2, "published", 1),
            (-1, "sold_out", 0),
            (1, "published", 1),
        ] {
            shift(app, &id, quantity);
            app.changes(&["seats.changed"]);
            let page = listed(app, "");
            assert_eq!(page["total"], 1);
            assert_eq!(events(&page)[0]["status"], status);
            assert_eq!(events(&page)[0]["available_seats"], free);
            assert_eq!(events(&page)[0]["total_capacity"], 3);
        }
    });
}

#[test]
fn the_total_follows_what_is_made_and_cancelled() {
    each(|app| {
        assert_eq!(listed(app, "")["total"], 0);
        let first = app.on_sale(json!({}));
        assert_eq!(listed(app, "")["total"], 1);
        app.on_sale(json!({ "event_type": "Talk" }));
        assert_eq!(listed(app, "")["total"], 2);
        // Each filter has a total of its own.
        assert_eq!(listed(app, "type=talk")["total"], 1);
        assert_eq!(listed(app, "type=opera")["total"], 0);
        cancel(app, &first);
        assert_eq!(listed(app, "")["total"], 1);
        assert_eq!(listed(app, "type=concert")["total"], 0);
    });
}

#[test]
fn the_items_are_as_new_as_the_call_even_if_the_total_is_not() {
    each(|app| {
        let id = app.on_sale(json!({}));
        listed(app, "");
        shift(app, &id, -4);
        let page = app.anon().get(EVENTS).ok(200);
        assert_eq!(events(&page)[0]["available_seats"], 96);
        assert_eq!(events(&page)[0], read_event(app, &id));
    });
}

#[test]
fn unknown_query_keys_are_ignored() {
    each(|app| {
        app.on_sale(json!({}));
        app.skip_changes();
        let page = listed(app, "utm_source=letter&x&order=nonsense&sort=name");
        assert_eq!(names(&page), ["Jazz Night"]);
        app.changes(&[]);
    });
}
