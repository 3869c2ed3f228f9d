//! Suspension: who is suspended writes nothing, and still reads, takes the data along and goes.

use std::thread;

use super::*;

/// What likes say; everything else says the general sentence.
const NO_LIKES: &str = "you are not allowed to perform such actions";
const FORBIDDEN: &str = "You are not allowed to do this.";

/// All that a write may leave behind.
const TABLES: &str = "users events event_counters comments comment_images comment_likes \
                      event_interests groups group_members reports calendars idempotency_keys";

#[track_caller]
fn suspend(app: &App, person: &Client) {
    let id = person.id();
    let suspended = format!("update users set suspended_at = updated_at where id = '{id}'");
    assert_eq!(app.sql(&suspended), 1);
}

#[track_caller]
fn restore(app: &App, person: &Client) {
    let id = person.id();
    let restored = format!("update users set suspended_at = null where id = '{id}'");
    assert_eq!(app.sql(&restored), 1);
}

/// What bob, who will be suspended, has a hand in.
struct Scene<'a> {
    ann: Client<'a>,
    bob: Client<'a>,
    cem: Client<'a>,
    /// Events of ann's and bob's.
    theirs: Value,
    mine: Value,
    /// What bob said on ann's event, the picture with it, and what ann said.
    comment: Value,
    image: Value,
    remark: Value,
    /// Ann's group, which bob is in, and bob's own.
    team: Value,
    club: Value,
}

impl<'a> Scene<'a> {
    fn make(app: &'a App) -> Scene<'a> {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let (theirs, mine) = (announce(app, &ann, "Walk"), announce(app, &bob, "Talk"));
        let comment = say(app, &bob, &theirs, "Hello");
        let remark = say(app, &ann, &theirs, "Welcome");
        let picture = json!({ "image_url": "https://img.example.org/a.png" });
        let reply = bob.post(&images_path(&comment), picture);
        let image = data(&reply, 201, "Image saved successfully");
        let [team, club] = [&ann, &bob].map(|creator| {
            let reply = creator.post("/api/groups", json!({ "title": "Walkers" }));
            data(&reply, 201, "Group created successfully")
        });
        app.changes(&["comment.updated", "group.created", "group.created"]);
        let member = format!("/api/groups/{}/members/{}", id_of(&team), bob.id());
        ann.raw("POST", &member, None, b"").ok(200);
        app.changes(&["group.member_added"]);
        Scene {
            ann,
            bob,
            cem,
            theirs,
            mine,
            comment,
            image,
            remark,
            team,
            club,
        }
    }

    /// Every write of the API, good ones, in an order in which each can be done after the other.
    fn writes(&self) -> Vec<Write> {
        let (theirs, mine) = (event_path(&self.theirs), event_path(&self.mine));
        let (comment, images) = (comment_path(&self.comment), images_path(&self.comment));
        let image = format!("{images}/{}", text(&self.image["image_id"]));
        let like = format!("/api/likes/{}", id_of(&self.remark));
        let interest = format!("/api/users/@me/interests/{}", id_of(&self.theirs));
        let club = format!("/api/groups/{}", id_of(&self.club));
        let guest = format!("{club}/members/{}", self.cem.id());
        let team = format!("/api/groups/{}", id_of(&self.team));
        let me = format!("{team}/members/{}", self.bob.id());
        let report = json!({ "subject": "event", "id": self.theirs["id"], "reason": "Spam" });
        let picture = json!({ "image_url": "https://img.example.org/b.png" });
        let comments = format!("{theirs}/comments");
        let said = |body: &str| json!({ "body": body });
        let titled = |title: &str| json!({ "title": title });
        vec![
            Write::with("POST", "/api/events", new_event("Party")),
            Write::with("PUT", &mine, titled("Talks")),
            Write::with("POST", &comments, said("Really")),
            Write::with("PUT", &comment, said("Hello there")),
            Write::with("POST", &images, picture),
            Write::with("POST", "/api/groups", titled("Dancers")),
            Write::with("PUT", &club, titled("Hikers")),
            Write::with("PUT", "/api/users", json!({ "name": "Bob Lee" })),
            Write::with("POST", "/api/reports", report),
            Write::bare("POST", &like),
            Write::bare("PUT", &like),
            Write::bare("DELETE", &like),
            Write::bare("POST", &interest),
            Write::bare("DELETE", &interest),
            Write::bare("POST", &guest),
            Write::bare("DELETE", &guest),
            Write::bare("DELETE", &me),
            Write::bare("POST", "/api/users/@me/calendar"),
            Write::bare("DELETE", &image),
            Write::bare("DELETE", &comment),
            Write::bare("DELETE", &club),
            Write::bare("DELETE", &mine),
        ]
    }
}

/// A call that changes something.
struct Write {
    method: &'static str,
    path: String,
    body: Option<Value>,
}

impl Write {
    fn bare(method: &'static str, path: &str) -> Write {
        Write {
            method,
            path: path.to_owned(),
            body: None,
        }
    }

    fn with(method: &'static str, path: &str, body: Value) -> Write {
        Write {
            body: Some(body),
            ..Write::bare(method, path)
        }
    }

    fn by(&self, client: &Client) -> Reply {
        let kind = self.body.as_ref().map(|_| "application/json");
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        client.raw(self.method, &self.path, kind, body.as_bytes())
    }

    /// What it says to someone suspended.
    fn refusal(&self) -> &'static str {
        match self.path.starts_with("/api/likes/") {
            true => NO_LIKES,
            false => FORBIDDEN,
        }
    }

    /// True if this is the route that it calls.
    fn is_of(&self, method: &str, route: &str) -> bool {
        let (mine, other) = (self.path.split('/'), route.split('/'));
        let mut pairs = mine.clone().zip(other.clone());
        self.method == method
            && mine.count() == other.count()
            && pairs.all(|(a, b)| a == b || b.starts_with('<'))
    }
}

/// How many rows there are of everything.
fn rows(app: &App) -> Vec<i64> {
    let count = |table| app.count(&format!("select count(*) from {table}"));
    TABLES.split(' ').map(count).collect()
}

#[test]
fn every_write_of_someone_suspended_is_refused() {
    each(|app| {
        let scene = Scene::make(app);
        suspend(app, &scene.bob);
        let again = app.user("bob");
        assert_eq!(again.id(), scene.bob.id(), "the same person signs in again");
        let seen = || {
            let paths = [
                event_path(&scene.mine),
                comments_path(&scene.theirs),
                format!("/api/groups/{}", id_of(&scene.club)),
                format!("/api/users/{}", scene.bob.id()),
            ];
            paths.map(|path| scene.ann.get(&path).ok(200))
        };
        let before = (rows(app), seen());
        tick(app);
        for write in scene.writes() {
            for client in [&scene.bob, &again] {
                write.by(client).error(403, write.refusal());
            }
        }
        app.changes(&[]);
        assert_eq!((rows(app), seen()), before);
    });
}

#[test]
fn the_same_writes_are_done_once_the_person_is_restored() {
    each(|app| {
        let scene = Scene::make(app);
        suspend(app, &scene.bob);
        for write in scene.writes() {
            write.by(&scene.bob).error(403, write.refusal());
        }
        restore(app, &scene.bob);
        for write in scene.writes() {
            let reply = write.by(&scene.bob);
            let call = format!("{} {}", write.method, write.path);
            let done = [200, 201, 204].contains(&reply.status());
            assert!(done, "{call}: {} {}", reply.status(), reply.text());
        }
        let recorded = "event.published event.updated comment.created comment.updated \
                        comment.updated group.created group.updated user.updated \
                        report.created comment.liked comment.unliked interest.registered \
                        interest.removed group.member_added group.member_removed \
                        group.member_removed comment.updated comment.deleted group.deleted \
                        event.cancelled";
        app.changes(&recorded.split(' ').collect::<Vec<&str>>());
    });
}

#[test]
fn no_route_that_writes_is_left_out() {
    each(|app| {
        let writes = Scene::make(app).writes();
        let allowed = ["/api/users/@me", "/api/users/@me/calendar"];
        let allowed = allowed.map(|path| Write::bare("DELETE", path));
        let mut walked = 0;
        for route in app.server().rocket().routes() {
            let (method, path) = (route.method.as_str(), route.uri.path());
            let reads = ["GET", "HEAD", "OPTIONS"].contains(&method);
            if reads || !path.starts_with("/api/") || path.contains("..>") {
                continue;
            }
            // Sessions, what admins decide, revoking a secret, and going for good.
            let other = ["/api/auth", "/api/v1", "/api/reports/"];
            let other = other.iter().any(|start| path.starts_with(start));
            // What a person signs in with has tests of its own, and so has restoring.
            let logins = ["/link", "/logins/<login_id>", "/restore"];
            let logins = logins.iter().any(|end| path.ends_with(end));
            if other || logins || allowed.iter().any(|write| write.is_of(method, path)) {
                continue;
            }
            let called = writes.iter().any(|write| write.is_of(method, path));
            assert!(called, "{method} {path} is not among the writes");
            walked += 1;
        }
        assert!(walked >= 20, "the server has its routes: {walked}");
    });
}

#[test]
fn someone_suspended_reads_everything() {
    each(|app| {
        let scene = Scene::make(app);
        let reply = scene.bob.raw("POST", "/api/users/@me/calendar", None, b"");
        let calendar = data(&reply, 201, "Calendar created");
        let (_, secret) = text(&calendar["url"])
            .split_once("/api/calendars/")
            .expect("the address of a private calendar");
        suspend(app, &scene.bob);
        let (event, group) = (event_path(&scene.mine), id_of(&scene.team));
        let plain = "/api/users /api/users/@me/interests /api/users/@me/groups \
                     /api/users/@me/export /api/auth/@me /api/auth/sessions /api/events \
                     /api/events?q=talk /api/events.ics /api/events.atom /api/groups";
        let varying = [
            format!("/api/users/{}", scene.bob.id()),
            event.clone(),
            format!("{event}.ics"),
            format!("{event}.jsonld"),
            format!("{event}/interests"),
            comments_path(&scene.theirs),
            images_path(&scene.comment),
            format!("/api/likes/{}", id_of(&scene.comment)),
            format!("/api/groups/{group}"),
            format!("/api/groups/{group}/members"),
            format!("/api/groups/{group}/events.ics"),
            format!("/api/calendars/{secret}"),
        ];
        for client in [&scene.bob, &app.user("bob")] {
            for path in plain.split(' ').chain(varying.iter().map(String::as_str)) {
                client.get(path).expect_status(200);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn someone_suspended_ends_sessions_and_signs_out() {
    each(|app| {
        let [bob] = people(app, ["bob"]);
        suspend(app, &bob);
        let [phone, desk] = [(); 2].map(|()| app.user("bob"));
        phone.delete("/api/auth/sessions").no_content();
        for ended in [&bob, &desk] {
            ended.get("/api/auth/@me").refused(401);
        }
        let mine = phone.get("/api/auth/sessions").ok(200)["data"][0].take();
        let path = format!("/api/auth/sessions/{}", id_of(&mine));
        phone.delete(&path).no_content();
        phone.get("/api/auth/@me").refused(401);
        let phone = app.user("bob");
        phone
            .raw("POST", "/api/auth/logout", None, b"")
            .no_content();
        phone.get("/api/auth/@me").refused(401);
        app.changes(&[]);
    });
}

#[test]
fn someone_suspended_revokes_the_private_calendar() {
    each(|app| {
        let [bob] = people(app, ["bob"]);
        let reply = bob.raw("POST", "/api/users/@me/calendar", None, b"");
        let calendar = data(&reply, 201, "Calendar created");
        let (_, secret) = text(&calendar["url"])
            .split_once("/api/calendars/")
            .expect("the address of a private calendar");
        let path = format!("/api/calendars/{secret}");
        suspend(app, &bob);
        assert_eq!(app.anon().get(&path).status(), 200);
        bob.delete("/api/users/@me/calendar").no_content();
        app.anon().get(&path).refused(404);
        app.changes(&[]);
    });
}

#[test]
fn someone_suspended_takes_the_data_along_and_erases_the_account() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        say(app, &bob, &event, "Hello");
        suspend(app, &bob);
        let export = bob.get("/api/users/@me/export").ok(200);
        assert_eq!(export["comments"][0]["body"], "Hello");
        bob.delete("/api/users/@me").no_content();
        app.changes(&["user.erased"]);
        bob.get("/api/auth/@me").refused(401);
        let (comments, _) = page(&ann, &comments_path(&event), None);
        assert_eq!(comments[0]["body"], "");
    });
}

#[test]
fn a_refused_call_leaves_its_key_free() {
    each(|app| {
        let [bob] = people(app, ["bob"]);
        suspend(app, &bob);
        let keyed = bob.with("Idempotency-Key", "party-1");
        for _ in 0..2 {
            let reply = keyed.post("/api/events", new_event("Party"));
            reply.error(403, FORBIDDEN);
            assert_eq!(reply.header("Idempotency-Replayed"), None);
        }
        app.changes(&[]);
        restore(app, &bob);
        let reply = keyed.post("/api/events", new_event("Party"));
        data(&reply, 201, "Event Created");
        assert_eq!(reply.header("Idempotency-Replayed"), None);
        app.changes(&["event.published"]);
    });
}

#[test]
fn others_go_on_with_what_someone_suspended_made() {
    each(|app| {
        let scene = Scene::make(app);
        suspend(app, &scene.bob);
        let anon = app.anon();
        assert_eq!(read_event(&anon, &scene.mine)["title"], "Talk");
        let (said, _) = page(&anon, &comments_path(&scene.theirs), None);
        assert_eq!(texts(&said, "body"), ["Hello", "Welcome"]);
        assert_eq!(said[0]["author"]["name"], "bob");
        say(app, &scene.cem, &scene.mine, "Where is bob?");
        let like = format!("/api/likes/{}", id_of(&scene.comment));
        let liked = scene.ann.raw("POST", &like, None, b"");
        assert_eq!(data(&liked, 200, "Liked"), 1);
        let interest = format!("/api/users/@me/interests/{}", id_of(&scene.mine));
        scene.cem.raw("POST", &interest, None, b"").ok(200);
        app.changes(&["comment.liked", "interest.registered"]);
        let team = format!("/api/groups/{}/members", id_of(&scene.team));
        let member = format!("{team}/{}", scene.bob.id());
        scene.ann.delete(&member).ok(200);
        let deleted = scene.ann.delete(&comment_path(&scene.comment));
        deleted.no_content();
        app.changes(&["group.member_removed", "comment.deleted"]);
    });
}

#[test]
fn nothing_is_written_after_the_suspension() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let path = comments_path(&event);
        let statuses = thread::scope(|scope| {
            let (bob, path) = (&bob, &path);
            let talk = scope.spawn(move || {
                [0; 40].map(|_| bob.post(path, json!({ "body": "Hello" })).status())
            });
            suspend(app, bob);
            bob.post(path, json!({ "body": "Late" }))
                .error(403, FORBIDDEN);
            talk.join().expect("answers")
        });
        // In the order of the calls: some done, and all after them refused.
        assert!(statuses.is_sorted(), "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 403].contains(status)));
        let saved = statuses.iter().filter(|status| **status == 201).count();
        app.changes(&vec!["comment.created"; saved]);
        let bodies = texts(&walk(&app.anon(), &path), "body");
        assert_eq!(bodies, vec!["Hello"; saved]);
    });
}

#[test]
fn what_was_answered_before_the_suspension_is_not_answered_again() {
    each(|app| {
        let [bob] = people(app, ["bob"]);
        let keyed = bob.with("Idempotency-Key", "party-2");
        data(
            &keyed.post("/api/events", new_event("Party")),
            201,
            "Event Created",
        );
        app.changes(&["event.published"]);
        suspend(app, &bob);
        keyed
            .post("/api/events", new_event("Party"))
            .error(403, FORBIDDEN);
        app.changes(&[]);
    });
}
