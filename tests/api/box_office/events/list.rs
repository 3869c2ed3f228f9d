//! GET `/api/v1/admin/events`: an admin's own events, or all for a super admin.

use super::*;

/// One page of the list.
#[track_caller]
fn page(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("{EVENTS}{query}")).ok(200);
    let known = "events has_more limit page total";
    assert_eq!(keys(&answer).join(" "), known, "{query}");
    answer
}

/// The names on a page, in its order.
#[track_caller]
fn names(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().expect("an array").iter();
    events.map(|event| text(&event["name"])).collect()
}

/// Makes drafts of these names, one a second, and forgets what that recorded.
#[track_caller]
fn make_all(app: &App, client: &Client, names: &[&str]) -> Vec<Value> {
    let venue = app.venue(100);
    let made = names.iter().map(|name| {
        app.clock().advance(TimeDelta::seconds(1));
        let body = set(new_event(app, &venue), "name", *name);
        client.post(EVENTS, body).ok(201)
    });
    let made = made.collect();
    app.skip_changes();
    made
}

#[test]
fn an_admin_lists_own_events_and_a_super_admin_all_the_newest_first() {
    each(|app| {
        let [ann, bob, eve] = hired(app, ["event_manager", "event_manager", "super_admin"]);
        let empty = json!({ "events": [], "total": 0, "page": 1, "limit": 20, "has_more": false });
        for admin in [&ann, &bob, &eve] {
            assert_eq!(page(admin, ""), empty);
        }
        let made = make_all(app, &ann, &["A", "B"]);
        make_all(app, &bob, &["C"]);
        make_all(app, &app.super_admin(), &["D"]);
        make_all(app, &ann, &["E"]);
        assert_eq!(names(&page(&ann, "")), ["E", "B", "A"]);
        assert_eq!(names(&page(&bob, "")), ["C"]);
        for admin in [&eve, &app.super_admin()] {
            let page = page(admin, "");
            assert_eq!(names(&page), ["E", "D", "C", "B", "A"]);
            assert_eq!(page["total"], 5);
            assert_eq!(page["events"][3], made[1]);
            assert_eq!(page["events"][4], made[0]);
        }
        for event in page(&ann, "")["events"].as_array().expect("an array") {
            assert_eq!(keys(event).join(" "), FIELDS);
        }
        // A change makes it no newer.
        update(&ann, &made[0], json!({ "name": "Changed" })).ok(200);
        app.changes(&["event.updated"]);
        assert_eq!(names(&page(&ann, "")), ["E", "B", "Changed"]);
        app.changes(&[]);
    });
}

#[test]
fn the_list_is_for_those_who_make_events() {
    each(|app| {
        let [analyst] = hired(app, ["analyst"]);
        draft(app, json!({}));
        for outsider in outsiders(app) {
            outsider.get(EVENTS).refused_as(401, "UNAUTHORIZED");
        }
        analyst.get(EVENTS).refused_as(403, "FORBIDDEN");
        app.changes(&[]);
    });
}

#[test]
fn events_are_found_by_the_status_that_they_show() {
    each(|app| {
        let root = app.super_admin();
        let full = json!({ "name": "Full", "total_capacity": 2 });
        let full = on_sale(app, full);
        draft(app, json!({ "name": "Draft" }));
        on_sale(app, json!({ "name": "Open" }));
        for over in [json!({ "name": "Off" }), json!({ "name": "Off, too" })] {
            app.clock().advance(TimeDelta::seconds(1));
            let event = on_sale(app, over);
            cancel(&root, &event).ok(200);
        }
        app.skip_changes();
        sell(app, &full, 2);
        let shown: [(&str, &[&str]); 4] = [
            ("draft", &["Draft"]),
            ("published", &["Open"]),
            ("sold_out", &["Full"]),
            ("cancelled", &["Off, too", "Off"]),
        ];
        for (status, expected) in shown {
            let page = page(&root, &format!("?status={status}"));
            assert_eq!(names(&page), expected, "{status}");
            assert_eq!(page["total"], expected.len(), "{status}");
            assert_eq!(page["has_more"], false, "{status}");
            for event in page["events"].as_array().expect("an array") {
                assert_eq!(event["status"], status);
            }
        }
        assert_eq!(page(&root, "")["total"], 5);
        for bad in [
            "Draft",
            "canceled",
            "all",
            "%00",
            "draft%20",
            "draft,published",
            "7",
        ] {
            let reply = root.get(&format!("{EVENTS}?status={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
    });
}

#[test]
fn a_status_is_looked_for_among_ones_own() {
    each(|app| {
        let [ann, bob] = hired(app, ["event_manager", "event_manager"]);
        make_all(app, &ann, &["A", "B"]);
        let mine = make_all(app, &bob, &["C", "D"]);
        cancel(&bob, &mine[0]).ok(200);
        app.changes(&["event.cancelled"]);
        assert_eq!(names(&page(&bob, "?status=cancelled")), ["C"]);
        assert_eq!(names(&page(&bob, "?status=draft")), ["D"]);
        assert_eq!(page(&ann, "?status=cancelled")["total"], 0);
        assert_eq!(names(&page(&ann, "?status=draft")), ["B", "A"]);
        let root = app.super_admin();
        assert_eq!(names(&page(&root, "?status=draft")), ["D", "B", "A"]);
    });
}

#[test]
fn the_list_has_pages() {
    each(|app| {
        let root = app.super_admin();
        make_all(app, &root, &["A", "B", "C", "D", "E"]);
        let pages: [&[&str]; 4] = [&["E", "D"], &["C", "B"], &["A"], &[]];
        for (number, expected) in (1..).zip(pages) {
            let page = page(&root, &format!("?limit=2&page={number}"));
            assert_eq!(names(&page), expected);
            assert_eq!(page["page"], number);
            assert_eq!(page["limit"], 2);
            assert_eq!(page["total"], 5);
            assert_eq!(page["has_more"], number < 3, "page {number}");
        }
        // The last page is full.
        assert_eq!(page(&root, "?limit=5")["has_more"], false);
        for (limit, found) in [(1, 1), (100, 5)] {
            let page = page(&root, &format!("?limit={limit}"));
            assert_eq!(names(&page).len(), found);
            assert_eq!(page["limit"], limit);
        }
        for bad in ["0", "101", "-1", "abc", "", "1.5", "%00", "4294967297"] {
            let reply = root.get(&format!("{EVENTS}?limit={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        for bad in ["0", "-1", "abc", "", "1.5", "%00", "99999999999999999999"] {
            let reply = root.get(&format!("{EVENTS}?page={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
    });
}

#[test]
fn events_made_in_the_same_moment_are_each_on_one_page() {
    each(|app| {
        let root = app.super_admin();
        let made = make_all(app, &root, &["A", "B", "C", "D", "E"]);
        app.sql("update events set created_at = (select min(created_at) from events)");
        let mut found: Vec<String> = Vec::new();
        for number in 1..=3 {
            let page = page(&root, &format!("?limit=2&page={number}"));
            let events = page["events"].as_array().expect("an array").iter();
            found.extend(events.map(|event| id_of(event).to_owned()));
        }
        found.sort_unstable();
        let mut all: Vec<&str> = made.iter().map(id_of).collect();
        all.sort_unstable();
        assert_eq!(found, all);
    });
}

#[test]
fn a_page_costs_as_many_statements_with_many_events_as_with_one() {
    each(|app| {
        let root = app.super_admin();
        draft(app, json!({}));
        let path = format!("{EVENTS}?limit=100");
        let of_one = cost(app, &root, &path);
        for _ in 0..15 {
            draft(app, json!({}));
        }
        assert_eq!(page(&root, "")["total"], 16);
        assert_eq!(cost(app, &root, &path), of_one);
    });
}
