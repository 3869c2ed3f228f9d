//! Venues under `/api/v1/admin/venues`: who may do what with them, when one may go, and what
//! their events hear of it.

mod list;
mod write;

use chrono::TimeDelta;
use serde_json::json;

use super::events::{
    EVENTS, at_once, cost, hired, later, new_event, one_done, outsiders, path_of as event_path,
    recorded, refuses_other_bodies, soon,
};
use super::*;

pub(super) const VENUES: &str = "/api/v1/admin/venues";

/// What every venue shows.
const FIELDS: &str = "address capacity city country created_at layout_config name postal_code \
                      state updated_at venue_id";

/// The body of a good venue, with nothing that may be left out.
fn hall() -> Value {
    json!({
        "name": "Town Hall",
        "address": "2 Market Square",
        "city": "Bergen",
        "country": "Norway",
        "capacity": 250,
    })
}

/// The body of a good venue with all that it may have.
fn whole_hall() -> Value {
    let mut body = hall();
    body["state"] = "Vestland".into();
    body["postal_code"] = "5003".into();
    body["layout_config"] = json!({ "rows": [{ "name": "A", "seats": 25 }], "stage": "north" });
    body
}

/// Makes a venue and drains its change.
#[track_caller]
fn open(app: &App, client: &Client, body: Value) -> Value {
    let venue = client.post(VENUES, body).ok(201);
    app.changes(&["venue.created"]);
    venue
}

#[track_caller]
fn id_of(venue: &Value) -> &str {
    text(&venue["venue_id"])
}

#[track_caller]
fn path_of(venue: &Value) -> String {
    format!("{VENUES}/{}", id_of(venue))
}

/// Asserts that what was refused left the venue as it was, and recorded nothing.
#[track_caller]
fn untouched(app: &App, venue: &Value) {
    app.changes(&[]);
    assert_eq!(app.super_admin().get(&path_of(venue)).ok(200), *venue);
}

/// The venue of an event of the super admin's; what was recorded until now is forgotten.
#[track_caller]
fn venue_of(app: &App, event: &str) -> Value {
    let root = app.super_admin();
    let event = root.get(&format!("{EVENTS}/{event}")).ok(200);
    app.skip_changes();
    root.get(&path_of(&event["venue"])).ok(200)
}

/// Asks for changes of an event as it was in this answer.
#[track_caller]
fn update_event(client: &Client, event: &Value, change: Value) -> Reply {
    super::events::update(client, event, change)
}

#[test]
fn only_admins_who_may_write_venues_see_or_change_them() {
    each(|app| {
        let [ann, analyst] = hired(app, ["event_manager", "analyst"]);
        let venue = open(app, &ann, hall());
        let path = path_of(&venue);
        let calls = |who: &Client| {
            [
                who.get(VENUES),
                who.get(&path),
                who.post(VENUES, hall()),
                who.put(&path, json!({ "name": "Taken over" })),
                who.delete(&path),
            ]
        };
        for outsider in outsiders(app) {
            for reply in calls(&outsider) {
                reply.refused_as(401, "UNAUTHORIZED");
            }
        }
        for reply in calls(&analyst) {
            reply.refused_as(403, "FORBIDDEN");
        }
        untouched(app, &venue);
        assert_eq!(app.count("select count(*) from venues"), 1);
    });
}

#[test]
fn a_venue_is_seen_by_all_and_changed_by_its_owner_and_super_admins() {
    each(|app| {
        let [ann, bob] = hired(app, ["event_manager", "event_manager"]);
        let root = app.super_admin();
        let venue = open(app, &ann, hall());
        let (other, path) = (open(app, &ann, hall()), path_of(&venue));
        for admin in [&ann, &bob, &root] {
            assert_eq!(admin.get(&path).ok(200), venue);
        }
        let change = json!({ "name": "Taken over" });
        bob.put(&path, change).refused_as(403, "FORBIDDEN");
        bob.delete(&path).refused_as(403, "FORBIDDEN");
        untouched(app, &venue);
        ann.put(&path, json!({ "name": "Mine" })).ok(200);
        let venue = root.put(&path, json!({ "name": "Everybody's" })).ok(200);
        app.changes(&["venue.updated"; 2]);
        assert_eq!(venue["name"], "Everybody's");
        ann.delete(&path).ok(200);
        root.delete(&path_of(&other)).ok(200);
        app.changes(&["venue.deleted"; 2]);
    });
}

#[test]
fn a_venue_that_is_not_there_is_not_found() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for admin in [&ann, &app.super_admin()] {
            for id in MALFORMED.into_iter().chain([UNKNOWN]) {
                let path = format!("{VENUES}/{id}");
                for reply in [
                    admin.get(&path),
                    admin.put(&path, json!({ "name": "Nowhere" })),
                    admin.delete(&path),
                ] {
                    reply.refused_as(404, "VENUE_NOT_FOUND");
                }
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_venue_that_was_deleted_is_gone() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = open(app, &ann, whole_hall());
        let kept = open(app, &ann, hall());
        let path = path_of(&venue);
        let reply = ann.delete(&path);
        assert_eq!(reply.ok(200), json!({ "message": "Venue deleted" }));
        app.changes(&["venue.deleted"]);
        for reply in [
            ann.get(&path),
            ann.put(&path, json!({ "name": "Again" })),
            ann.delete(&path),
        ] {
            reply.refused_as(404, "VENUE_NOT_FOUND");
        }
        let list = ann.get(VENUES).ok(200);
        assert_eq!(list["venues"], json!([kept]));
        app.changes(&[]);
    });
}

#[test]
fn of_eight_who_delete_a_venue_at_once_one_does() {
    each(|app| {
        let root = app.super_admin();
        app.skip_changes();
        let path = path_of(&open(app, &root, hall()));
        let replies = at_once(8, |_| root.delete(&path));
        let done = replies.iter().filter(|reply| reply.status() == 200);
        assert_eq!(done.count(), 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status() != 200) {
            reply.refused_as(404, "VENUE_NOT_FOUND");
        }
        assert_eq!(recorded(app, "venue.deleted"), 1);
    });
}

#[test]
fn a_used_venue_is_not_deleted_whatever_became_of_its_events() {
    each(|app| {
        let root = app.super_admin();
        let drafted = app.draft(json!({}));
        let off = app.draft(json!({}));
        let path = format!("{}?version=1", event_path(&off));
        root.delete(&path).ok(200);
        let (sold, over) = (app.on_sale(json!({})), app.on_sale(soon(app)));
        let ids = [
            text(&drafted["event_id"]),
            text(&off["event_id"]),
            sold.as_str(),
            over.as_str(),
        ];
        let venues = ids.map(|id| venue_of(app, id));
        app.clock().advance(TimeDelta::minutes(11));
        for venue in &venues {
            let reply = root.delete(&path_of(venue));
            reply.refused_as(409, "VENUE_IN_USE");
            untouched(app, venue);
        }
        // An event that moved away does not need it any more.
        let change = json!({ "venue_id": id_of(&venues[1]) });
        update_event(&root, &drafted, change).ok(200);
        root.delete(&path_of(&venues[0])).ok(200);
        app.changes(&["event.updated", "venue.deleted"]);
    });
}

#[test]
fn anothers_venue_is_forbidden_before_it_is_in_use() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let venue = app.venue(100);
        let path = format!("{VENUES}/{venue}");
        app.skip_changes();
        // Everybody may hold an event there.
        let made = ann.post(EVENTS, new_event(app, &venue)).ok(201);
        app.changes(&["event.created"]);
        assert_eq!(made["venue"]["venue_id"], venue);
        ann.delete(&path).refused_as(403, "FORBIDDEN");
        let reply = app.super_admin().delete(&path);
        reply.refused_as(409, "VENUE_IN_USE");
        app.changes(&[]);
    });
}

#[test]
fn what_a_venue_is_called_reaches_its_events_to_come() {
    each(|app| {
        let root = app.super_admin();
        let venue = root.post(VENUES, hall()).ok(201);
        let at = json!({ "venue_id": id_of(&venue) });
        let over = app.on_sale(set(soon(app), "venue_id", id_of(&venue)));
        let mine = [app.on_sale(at.clone()), app.on_sale(at)];
        let other = app.on_sale(json!({}));
        app.clock().advance(TimeDelta::minutes(11));
        app.deliver();
        app.skip_changes();
        let path = path_of(&venue);
        for change in [
            json!({ "capacity": 300 }),
            json!({ "layout_config": { "rows": 3 } }),
        ] {
            root.put(&path, change).ok(200);
            app.deliver();
            app.changes(&["venue.updated"]);
        }
        let change = json!({ "name": "Opera", "city": "Voss" });
        root.put(&path, change).ok(200);
        app.deliver();
        app.changes(&["venue.updated", "event.updated", "event.updated"]);
        let location = |id: &str| {
            let told = app.anon().get(&format!("/api/events/{id}")).ok(200);
            text(&told["data"]["location"]).to_owned()
        };
        for id in &mine {
            assert_eq!(location(id), "Opera, 2 Market Square, Voss");
            let event = app.anon().get(&format!("/api/v1/events/{id}")).ok(200);
            assert_eq!(event["venue"]["name"], "Opera");
            assert_eq!(event["venue"]["city"], "Voss");
        }
        assert_eq!(location(&over), "Town Hall, 2 Market Square, Bergen");
        assert_eq!(location(&other), "Hall, 1 Main St, Oslo");
        for (city, found) in [("voss", 2), ("bergen", 0), ("oslo", 1)] {
            let list = app.anon().get(&format!("/api/v1/events?city={city}"));
            assert_eq!(list.ok(200)["total"], found, "{city}");
        }
        app.deliver();
        app.changes(&[]);
    });
}
