//! DELETE `/api/v1/admin/events/{id}`: an event that is cancelled stays, for all who know it, and
//! is on no list of what is to come.

use super::*;

/// Asks to cancel with a version in the body.
fn cancel_by_body(client: &Client, event: &Value, body: &Value) -> Reply {
    let body = body.to_string();
    let kind = Some("application/json");
    client.raw("DELETE", &path_of(event), kind, body.as_bytes())
}

/// Asserts that it was cancelled, and says nothing but that.
#[track_caller]
fn cancelled(app: &App, reply: &Reply, event: &Value) {
    let told = json!({ "message": "Event cancelled", "event_id": event["event_id"] });
    assert_eq!(reply.ok(200), told);
    app.changes(&["event.cancelled"]);
}

/// The ids on a public list.
#[track_caller]
fn ids(app: &App, path: &str, list: &str, id: &str) -> Vec<String> {
    let answer = app.anon().get(path).ok(200);
    let events = answer[list].as_array().expect("an array").iter();
    events.map(|event| text(&event[id]).to_owned()).collect()
}

#[test]
fn an_event_is_cancelled_with_its_version_in_the_body_or_in_the_query() {
    each(|app| {
        let root = app.super_admin();
        let event = on_sale(app, json!({}));
        let body = json!({ "version": version_of(&event), "nonsense": [1] });
        cancelled(app, &cancel_by_body(&root, &event, &body), &event);
        let event = on_sale(app, json!({}));
        cancelled(app, &cancel(&root, &event), &event);
        let event = draft(app, json!({}));
        cancelled(app, &cancel(&root, &event), &event);
        let event = on_sale(app, json!({ "total_capacity": 2 }));
        let event = sell(app, &event, 2);
        assert_eq!(event["status"], "sold_out");
        cancelled(app, &cancel(&root, &event), &event);
    });
}

#[test]
fn a_cancelled_event_stays_readable_and_says_so() {
    each(|app| {
        let root = app.super_admin();
        let event = on_sale(app, json!({}));
        let event = sell(app, &event, 3);
        let id = id_of(&event);
        let before = app.clock().now() - TimeDelta::seconds(1);
        cancelled(app, &cancel(&root, &event), &event);
        let now = app.anon().get(&format!("{PUBLIC}/{id}")).ok(200);
        assert!(version_of(&now) > version_of(&event));
        let expected = set(event.clone(), "status", "cancelled");
        let expected = set(expected, "version", now["version"].clone());
        // Those that the booking service took stay taken.
        assert_eq!(now, expected);
        assert_eq!(now["available_seats"], 97);
        assert_eq!(read(&root, &event), now);
        let path = format!("{PUBLIC}/{id}/availability");
        let seats = app.anon().get(&path).ok(200);
        let known = "available_seats last_updated status";
        assert_eq!(keys(&seats).join(" "), known);
        assert_eq!(seats["available_seats"], 97);
        assert_eq!(seats["status"], "cancelled");
        let updated = moment(&seats["last_updated"]);
        assert!(updated >= before, "{updated}");
        assert!(updated <= app.clock().now(), "{updated}");
        not_modifiable(&try_to_sell(app, &event, 1));
        app.changes(&[]);
        app.verified();
    });
}

#[test]
fn a_cancelled_event_is_on_no_list_of_what_is_to_come() {
    each(|app| {
        let root = app.super_admin();
        let (event, other) = (on_sale(app, json!({})), on_sale(app, json!({})));
        let id = id_of(&event);
        cancelled(app, &cancel(&root, &event), &event);
        assert_eq!(ids(app, PUBLIC, "events", "event_id"), [id_of(&other)]);
        assert_eq!(ids(app, "/api/events", "data", "id"), [id_of(&other)]);
        let reply = app.anon().get(&format!("/api/events/{id}"));
        reply.error(404, "Event not found");
        let list = root.get(&format!("{EVENTS}?status=cancelled")).ok(200);
        assert_eq!(list["total"], 1);
        assert_eq!(list["events"][0], read(&root, &event));
    });
}

#[test]
fn a_cancelled_draft_stays_unknown_to_the_public() {
    each(|app| {
        let root = app.super_admin();
        let event = draft(app, json!({}));
        cancelled(app, &cancel(&root, &event), &event);
        let path = format!("{PUBLIC}/{}", id_of(&event));
        for path in [path.clone(), format!("{path}/availability")] {
            let reply = app.anon().get(&path);
            reply.refused_as(404, "EVENT_NOT_FOUND");
        }
        assert_eq!(read(&root, &event)["status"], "cancelled");
        assert_eq!(read(&root, &event)["available_seats"], 100);
        let nothing: [&str; 0] = [];
        assert_eq!(ids(app, PUBLIC, "events", "event_id"), nothing);
    });
}

#[test]
fn a_status_of_cancelled_does_the_same() {
    each(|app| {
        let root = app.super_admin();
        let by_put = on_sale(app, json!({}));
        let by_delete = on_sale(app, json!({ "venue_id": venue_of(&by_put) }));
        let (by_put, by_delete) = (sell(app, &by_put, 2), sell(app, &by_delete, 2));
        let answer = update(&root, &by_put, json!({ "status": "cancelled" })).ok(200);
        app.changes(&["event.cancelled"]);
        cancelled(app, &cancel(&root, &by_delete), &by_delete);
        for event in [&by_put, &by_delete] {
            let path = format!("{PUBLIC}/{}", id_of(event));
            let now = app.anon().get(&path).ok(200);
            assert_eq!(now["status"], "cancelled");
            assert_eq!(now["version"], answer["version"]);
            assert_eq!(now["available_seats"], 98);
            let reply = app.anon().get(&format!("/api/events/{}", id_of(event)));
            reply.error(404, "Event not found");
        }
        assert_eq!(read(&root, &by_put), answer);
        app.verified();
    });
}

#[test]
fn an_event_is_cancelled_once() {
    each(|app| {
        let root = app.super_admin();
        for event in [draft(app, json!({})), on_sale(app, json!({}))] {
            cancelled(app, &cancel(&root, &event), &event);
            let now = read(&root, &event);
            let gone = json!({ "status": "cancelled" });
            for event in [&event, &now] {
                not_modifiable(&cancel(&root, event));
                not_modifiable(&update(&root, event, gone.clone()));
                let body = json!({ "version": version_of(event) });
                not_modifiable(&cancel_by_body(&root, event, &body));
            }
            untouched(app, &now);
        }
    });
}

#[test]
fn a_version_that_is_none_is_a_bad_request() {
    each(|app| {
        let root = app.super_admin();
        let event = on_sale(app, json!({}));
        let path = path_of(&event);
        invalid(&root.delete(&path), "version");
        for version in ["", "abc", "1.5", "1e0", "null", "%00", "%31%00", "one"] {
            let reply = root.delete(&format!("{path}?version={version}"));
            invalid(&reply, "version");
        }
        for version in [json!("2"), json!(1.5), json!(true), json!([2]), json!({})] {
            let body = json!({ "version": version });
            invalid(&cancel_by_body(&root, &event, &body), "version");
        }
        invalid(&cancel_by_body(&root, &event, &json!({})), "version");
        for body in ["{", "[]", "null", "7", "\"text\""] {
            let kind = Some("application/json");
            let reply = root.raw("DELETE", &path, kind, body.as_bytes());
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        untouched(app, &event);
    });
}

#[test]
fn only_the_owner_and_super_admins_cancel_an_event() {
    each(|app| {
        let [ann, bob, analyst] = hired(app, ["event_manager", "event_manager", "analyst"]);
        let venue = app.venue(100);
        app.skip_changes();
        let event = make(app, &ann, new_event(app, &venue));
        let other = make(app, &ann, new_event(app, &venue));
        for outsider in outsiders(app) {
            cancel(&outsider, &event).refused_as(401, "UNAUTHORIZED");
        }
        for other in [&bob, &analyst] {
            cancel(other, &event).refused_as(403, "FORBIDDEN");
        }
        // Whose it is comes before the version.
        let reply = bob.delete(&format!("{}?version=99", path_of(&event)));
        reply.refused_as(403, "FORBIDDEN");
        untouched(app, &event);
        cancelled(app, &cancel(&ann, &event), &event);
        let reply = cancel(&bob, &event);
        reply.refused_as(403, "FORBIDDEN");
        cancelled(app, &cancel(&app.super_admin(), &other), &other);
    });
}

#[test]
fn an_event_that_is_not_there_is_not_cancelled() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for admin in [&ann, &app.super_admin()] {
            for id in MALFORMED.into_iter().chain([UNKNOWN]) {
                let reply = admin.delete(&format!("{EVENTS}/{id}?version=1"));
                reply.refused_as(404, "EVENT_NOT_FOUND");
            }
        }
        // What is asked for comes first.
        let reply = ann.delete(&format!("{EVENTS}/{UNKNOWN}"));
        invalid(&reply, "version");
        app.changes(&[]);
    });
}

#[test]
fn of_two_who_cancel_at_once_one_does() {
    each(|app| {
        let root = app.super_admin();
        for _ in 0..10 {
            let event = on_sale(app, json!({}));
            let replies = at_once(2, |_| cancel(&root, &event));
            let done = one_done(&replies, 200);
            not_modifiable(&replies[1 - done]);
            assert_eq!(read(&root, &event)["status"], "cancelled");
        }
        assert_eq!(recorded(app, "event.cancelled"), 10);
    });
}

#[test]
fn sales_and_a_cancellation_at_once_leave_the_ledger_right() {
    each(|app| {
        let root = app.super_admin();
        for _ in 0..5 {
            let event = on_sale(app, json!({ "total_capacity": 100 }));
            let replies = at_once(8, |n| match n {
                4 => cancel(&root, &event),
                _ => try_to_sell(app, &event, 3),
            });
            replies[4].ok(200);
            let sales = replies.iter().enumerate().filter(|(n, _)| *n != 4);
            let mut sold = 0;
            for (_, reply) in sales {
                match reply.status() {
                    200 => sold += 3,
                    _ => not_modifiable(reply),
                }
            }
            let now = read(&root, &event);
            assert_eq!(now["status"], "cancelled");
            assert_eq!(now["available_seats"], 100 - sold);
            not_modifiable(&try_to_sell(app, &event, 1));
        }
        app.verified();
    });
}
