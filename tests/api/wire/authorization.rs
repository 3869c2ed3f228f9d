//! Every route that may change something refuses whoever may not: built from the server's own
//! table of routes, so that a new one without an entry here fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Route, make_comment, make_event, picnic, routes};
use crate::support::*;

/// Routes that anyone may call: signing in and out. This list may only shrink.
const OPEN: [&str; 2] = ["POST /api/auth", "POST /api/auth/logout"];

/// What belongs to ann, for others to try at.
struct Things {
    event: String,
    comment: String,
    image: String,
    session: String,
    group: String,
    /// What she signs in with.
    login: String,
    /// Ann herself, who is a member of the group.
    ann: String,
}

/// How a route is tried.
struct Trial {
    path: String,
    body: Value,
    /// What a signed-in stranger is answered; none where a call is about the caller's own.
    stranger: Option<u16>,
}

impl Things {
    fn of(ann: &Client) -> Things {
        let event = make_event(ann);
        let comment = make_comment(ann, &event);
        let images = format!("/api/comments/{comment}/images");
        let image = json!({ "image_url": "https://img.example.org/cake.png" });
        let image = ann.post(&images, image).ok(201);
        let sessions = ann.get("/api/auth/sessions").ok(200);
        let text = |value: &Value| value.as_str().expect("an id is text").to_owned();
        let image = text(&image["data"]["image_id"]);
        let session = text(&sessions["data"][0]["id"]);
        let group = ann
            .post("/api/groups", json!({ "title": "Walkers" }))
            .ok(201);
        let group = text(&group["data"]["id"]);
        let logins = ann.get("/api/users/@me/logins").ok(200);
        Things {
            event,
            comment,
            image,
            session,
            group,
            login: text(&logins["data"][0]["id"]),
            ann: ann.id().to_owned(),
        }
    }

    /// The routes' trials, by the routes' names.
    fn trials(&self) -> BTreeMap<&'static str, Trial> {
        let Things {
            event,
            comment,
            image,
            session,
            group,
            login,
            ann,
        } = self;
        let trial = |path: &str, body: Value, stranger: Option<u16>| {
            let path = format!("/api/{path}");
            Trial {
                path,
                body,
                stranger,
            }
        };
        let none = || json!({});
        let title = json!({ "title": "Forged" });
        let text = json!({ "body": "Forged" });
        let url = json!({ "image_url": "https://img.example.org/forged.png" });
        let own_comment = format!("events/{event}/comments");
        let report = json!({ "subject": "event", "id": event, "reason": "Forged" });
        let interest = format!("users/{ann}/interests/{event}");
        let why = json!({ "why": "Forged" });
        let credentials = json!({ "username": "forged", "password": "forged" });
        let decide = |act: &str| trial(&format!("reports/{event}/{act}"), why.clone(), Some(403));
        let (dismiss, remove, suspend) = (decide("dismiss"), decide("remove"), decide("suspend"));
        let event = format!("events/{event}");
        let like = format!("likes/{comment}");
        let group = format!("groups/{group}");
        let member = format!("{group}/members/{ann}");
        let session = format!("auth/sessions/{session}");
        let comment = format!("comments/{comment}");
        let images = format!("{comment}/images");
        let image = format!("{images}/{image}");
        BTreeMap::from([
            (
                "PUT /api/users",
                trial("users", json!({ "name": "Forged" }), None),
            ),
            (
                "DELETE /api/auth/sessions",
                trial("auth/sessions", none(), None),
            ),
            (
                "DELETE /api/auth/sessions/<>",
                trial(&session, none(), Some(404)),
            ),
            ("POST /api/events", trial("events", picnic(), None)),
            (
                "PUT /api/events/<>",
                trial(&event, title.clone(), Some(403)),
            ),
            ("DELETE /api/events/<>", trial(&event, none(), Some(403))),
            (
                "POST /api/events/<>/comments",
                trial(&own_comment, text.clone(), None),
            ),
            ("PUT /api/comments/<>", trial(&comment, text, Some(403))),
            (
                "DELETE /api/comments/<>",
                trial(&comment, none(), Some(403)),
            ),
            (
                "POST /api/comments/<>/images",
                trial(&images, url, Some(403)),
            ),
            (
                "DELETE /api/comments/<>/images/<>",
                trial(&image, none(), Some(403)),
            ),
            ("POST /api/likes/<>", trial(&like, none(), None)),
            ("PUT /api/likes/<>", trial(&like, none(), None)),
            ("DELETE /api/likes/<>", trial(&like, none(), None)),
            (
                "POST /api/users/<>/interests/<>",
                trial(&interest, none(), Some(403)),
            ),
            (
                "DELETE /api/users/<>/interests/<>",
                trial(&interest, none(), Some(403)),
            ),
            ("POST /api/groups", trial("groups", title.clone(), None)),
            (
                "PUT /api/groups/<>",
                trial(&group, title.clone(), Some(403)),
            ),
            ("DELETE /api/groups/<>", trial(&group, none(), Some(403))),
            (
                "POST /api/groups/<>/members/<>",
                trial(&member, none(), Some(403)),
            ),
            (
                "DELETE /api/groups/<>/members/<>",
                trial(&member, none(), Some(403)),
            ),
            (
                "POST /api/users/@me/calendar",
                trial("users/@me/calendar", none(), None),
            ),
            (
                "DELETE /api/users/@me/calendar",
                trial("users/@me/calendar", none(), None),
            ),
            ("POST /api/reports", trial("reports", report, None)),
            ("POST /api/reports/<>/dismiss", dismiss),
            ("POST /api/reports/<>/remove", remove),
            ("POST /api/reports/<>/suspend", suspend),
            (
                "POST /api/users/<>/restore",
                trial(&format!("users/{ann}/restore"), none(), Some(403)),
            ),
            (
                "POST /api/users/@me/link",
                trial("users/@me/link", credentials, None),
            ),
            (
                "DELETE /api/users/@me/logins/<>",
                trial(&format!("users/@me/logins/{login}"), none(), Some(404)),
            ),
            ("DELETE /api/users/@me", trial("users/@me", none(), None)),
        ])
    }
}

/// A route's name here: its method and path, with `<>` for what varies.
fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.filled("<>"))
}

fn call(client: &Client, route: &str, trial: &Trial) -> Reply {
    let (method, _) = route
        .split_once(' ')
        .expect("a route's name begins with its method");
    match method {
        "DELETE" => client.delete(&trial.path),
        method => {
            let body = trial.body.to_string();
            client.raw(
                method,
                &trial.path,
                Some("application/json"),
                body.as_bytes(),
            )
        }
    }
}

/// Everything that a forged call might change: how many rows there are, and what they say in
/// public.
fn picture(app: &App, things: &Things) -> Vec<String> {
    let anon = app.anon();
    let tables = [
        "users",
        "logins",
        "sessions",
        "events",
        "comments",
        "comment_images",
        "comment_likes",
        "event_interests",
        "groups",
        "group_members",
        "calendars",
        "reports",
    ];
    let counts = tables.map(|table| app.count(&format!("select count(*) from {table}")));
    let event = format!("/api/events/{}", things.event);
    vec![
        format!("{counts:?}"),
        anon.get(&event).ok(200).to_string(),
        anon.get(&format!("{event}/comments")).ok(200).to_string(),
        anon.get(&format!("/api/comments/{}/images", things.comment))
            .ok(200)
            .to_string(),
        anon.get(&format!("/api/groups/{}", things.group))
            .ok(200)
            .to_string(),
    ]
}

#[test]
fn every_unsafe_route_is_tried_here() {
    each(|app| {
        let things = Things::of(&app.user("ann"));
        let tried: BTreeSet<String> = things
            .trials()
            .into_keys()
            .chain(OPEN)
            .map(str::to_owned)
            .collect();
        let mounted: BTreeSet<String> = routes(app)
            .iter()
            .filter(|route| route.is_unsafe())
            .map(name)
            .collect();
        let missing: Vec<&String> = mounted.difference(&tried).collect();
        assert!(missing.is_empty(), "no entry in `trials`: {missing:?}");
        let gone: Vec<&String> = tried.difference(&mounted).collect();
        assert!(gone.is_empty(), "no such routes: {gone:?}");
    });
}

#[test]
fn every_unsafe_route_refuses_whoever_is_not_signed_in() {
    each(|app| {
        let things = Things::of(&app.user("ann"));
        app.changes(&[
            "user.created",
            "event.published",
            "comment.created",
            "comment.updated",
            "group.created",
        ]);
        let before = picture(app, &things);
        let pretender = app
            .anon()
            .with("Cookie", "session=AAAAAAAAAAAAAAAAAAAAAAAA");
        for (route, trial) in things.trials() {
            for nobody in [&app.anon(), &pretender] {
                let reply = call(nobody, route, &trial);
                assert_eq!(reply.status(), 401, "{route}: {}", reply.text());
                reply.refused(401);
            }
        }
        app.changes(&[]);
        assert_eq!(picture(app, &things), before);
    });
}

#[test]
fn every_unsafe_route_refuses_a_stranger() {
    each(|app| {
        let stranger = app.user("mallory");
        let ann = app.user("ann");
        app.changes(&["user.created", "user.created"]);
        let things = Things::of(&ann);
        app.changes(&[
            "event.published",
            "comment.created",
            "comment.updated",
            "group.created",
        ]);
        let before = picture(app, &things);
        for (route, trial) in things.trials() {
            if let Some(status) = trial.stranger {
                let reply = call(&stranger, route, &trial);
                assert_eq!(reply.status(), status, "{route}: {}", reply.text());
                reply.refused(status);
            }
        }
        app.changes(&[]);
        assert_eq!(picture(app, &things), before);
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn what_is_about_the_caller_touches_nobody_else() {
    each(|app| {
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        let things = Things::of(&ann);
        let before = picture(app, &things);
        bob.put("/api/users", json!({ "name": "Bob Other" }))
            .ok(201);
        bob.delete("/api/auth/sessions").no_content();
        bob.delete("/api/users/@me/calendar").no_content();
        assert_eq!(ann.get("/api/auth/@me").ok(200)["data"]["name"], "ann");
        assert_eq!(picture(app, &things), before);
    });
}
