//! The call itself: who may erase whom, and what is gone from then on.

use std::sync::Barrier;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::*;

/// Rounds after which a session that is to end has surely ended.
const ROUNDS: usize = 2000;

/// A word that stands nowhere by chance.
const WORD: &str = "zebrafish";

/// Where a person's texts are kept.
const TEXTS: [&str; 14] = [
    "users.name",
    "users.email",
    "users.avatar",
    "logins.subject",
    "sessions.agent",
    "events.title",
    "events.description",
    "events.location",
    "events.thumbnail",
    "event_search.words",
    "comments.body",
    "comment_images.url",
    "reports.reason",
    "idempotency_keys.body",
];

/// The columns that hold the word.
fn with_word(app: &App) -> Vec<&'static str> {
    let holds = |column: &&str| {
        let (table, _) = column.split_once('.').expect("a table and its column");
        let rows = format!("select count(*) from {table} where lower({column}) like '%{WORD}%'");
        app.count(&rows) > 0
    };
    TEXTS.into_iter().filter(holds).collect()
}

/// Asserts that the answer takes the session's cookie back.
#[track_caller]
fn assert_cookie_cleared(reply: &Reply) {
    let line = reply.set_cookie("session").expect("the cookie is cleared");
    let line = line.to_ascii_lowercase();
    for part in ["session=;", "max-age=0", "path=/"] {
        assert!(line.contains(part), "no {part} in {line}");
    }
}

#[test]
fn every_session_of_the_person_ends_and_the_profile_is_gone() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let others = [app.user("ann"), app.user("ann")];
        let reply = ann.delete(ME);
        reply.no_content();
        assert_cookie_cleared(&reply);
        app.changes(&["user.erased"]);
        let profile = format!("/api/users/{}", ann.id());
        for client in others.iter().chain([&ann]) {
            for path in ["/api/auth/@me", "/api/users", "/api/users/@me/export"] {
                client.get(path).refused(401);
            }
            client.post("/api/events", new_event("Late")).refused(401);
            client.delete(ME).error(401, "You are not signed in.");
        }
        for reader in [&app.anon(), &bob, &ann] {
            reader.get(&profile).error(404, "User not found");
        }
        app.changes(&[]);
        assert_nothing_remains(app, ann.id());
        assert_eq!(bob.get("/api/auth/@me").ok(200)["data"]["name"], "bob");
    });
}

#[test]
fn nobody_erases_without_a_session_or_from_another_site() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        app.anon().delete(ME).error(401, "You are not signed in.");
        ann.with("Sec-Fetch-Site", "cross-site")
            .delete(ME)
            .refused(403);
        app.changes(&[]);
        assert_eq!(ann.get("/api/auth/@me").ok(200)["data"]["name"], "ann");
    });
}

#[test]
fn nobody_erases_somebody_else() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let path = format!("/api/users/{}", ann.id());
        for client in [&app.anon(), &bob] {
            let status = client.delete(&path).status();
            assert!([401, 403, 404, 405].contains(&status), "{status}");
        }
        app.changes(&[]);
        for (client, name) in [(&ann, "ann"), (&bob, "bob")] {
            assert_eq!(client.get("/api/auth/@me").ok(200)["data"]["name"], name);
        }
    });
}

#[test]
fn who_signs_in_again_is_somebody_new() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let path = comments_path(&event);
        let keyed = ann.with("Idempotency-Key", "comment-1");
        keyed.post(&path, json!({ "body": "Hello" })).ok(201);
        erase(&ann);
        app.changes(&["comment.created", "user.erased"]);
        let [again] = people(app, ["ann"]);
        assert_ne!(again.id(), ann.id());
        let me = again.get("/api/users").ok(200);
        assert_eq!(me["data"]["email"], "ann@example.org");
        let export = again.get("/api/users/@me/export").ok(200);
        assert_eq!(export["comments"], json!([]));
        // A key of the person before is none of this one's.
        let keyed = again.with("Idempotency-Key", "comment-1");
        let reply = keyed.post(&path, json!({ "body": "Hello" }));
        reply.ok(201);
        assert_eq!(reply.header("Idempotency-Replayed"), None);
        app.changes(&["comment.created"]);
        assert_nothing_remains(app, ann.id());
        erase(&again);
        app.changes(&["user.erased"]);
    });
}

#[test]
fn an_erased_person_is_not_found_by_any_call() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let calendar = make_calendar(&ann);
        care(&ann, &event);
        app.anon().get(&calendar).expect_status(200);
        erase(&ann);
        app.changes(&["interest.registered", "user.erased"]);
        app.anon().get(&calendar).error(404, "Calendar not found");
        let interest = format!("/api/users/{}/interests/{}", ann.id(), id_of(&event));
        bob.raw("POST", &interest, None, b"")
            .error(404, "User or Event not found");
        let body = json!({ "subject": "user", "id": ann.id(), "reason": "Gone" });
        bob.post("/api/reports", body).error(404, "User not found");
        app.changes(&[]);
    });
}

/// Somebody called by the word, whose texts all hold it.
fn live(app: &App, bob: &Client) -> String {
    let person = app.anon().with("User-Agent", WORD).sign_in(WORD);
    let event = set(new_event(WORD), "description", WORD);
    let event = set(
        event,
        "thumbnail",
        format!("https://img.example.org/{WORD}"),
    );
    let event = create_event(&person, set(event, "location", WORD));
    create_event(&person, new_event(WORD));
    let said = json!({ "body": WORD, "image_url_list": [format!("https://{WORD}.example.org")] });
    let theirs = create_event(bob, new_event("Walk"));
    let keyed = person.with("Idempotency-Key", "comment-1");
    keyed.post(&comments_path(&theirs), said.clone()).ok(201);
    person.post(&comments_path(&event), said).ok(201);
    report(&person, "event", id_of(&theirs), WORD);
    person.id().to_owned()
}

#[test]
fn no_text_of_the_person_is_left_in_any_table() {
    each(|app| {
        let bob = app.user("bob");
        let id = live(app, &bob);
        assert_eq!(with_word(app), TEXTS, "all of them hold the word");
        erase(&app.user(WORD));
        assert_eq!(with_word(app), [""; 0]);
        assert_nothing_remains(app, &id);
        recorded(
            app,
            &[
                ("user.created", 2),
                ("event.published", 3),
                ("comment.created", 2),
                ("report.created", 1),
                ("event.cancelled", 2),
                ("user.erased", 1),
            ],
        );
    });
}

#[test]
fn two_sessions_erase_one_account_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        say(app, &ann, &event, "Hello");
        let (phone, start) = (app.user("ann"), Barrier::new(2));
        let statuses = thread::scope(|scope| {
            let start = &start;
            let threads = [&ann, &phone].map(|client| {
                scope.spawn(move || {
                    start.wait();
                    client.delete(ME).status()
                })
            });
            threads.map(|thread| thread.join().expect("an answer"))
        });
        assert!(statuses.contains(&204), "{statuses:?}");
        let known = statuses.iter().all(|status| [204, 401].contains(status));
        assert!(known, "{statuses:?}");
        app.changes(&["user.erased"]);
        assert_nothing_remains(app, ann.id());
    });
}

/// One write of each kind; what each was answered.
fn write_everything(client: &Client, round: usize, event: &Value, remark: &Value) -> Vec<u16> {
    let interest = format!("/api/users/@me/interests/{}", id_of(event));
    let said = json!({ "body": "Hello", "image_url_list": ["https://img.example.org/a.png"] });
    let report = json!({ "subject": "event", "id": event["id"], "reason": "Spam" });
    let keyed = client.with("Idempotency-Key", &format!("comment-{round}"));
    let replies = [
        client.post("/api/events", new_event("Party")),
        keyed.post(&comments_path(event), said),
        client.raw("PUT", &like_path(remark), None, b""),
        client.raw("POST", &interest, None, b""),
        client.post("/api/groups", json!({ "title": "Dancers" })),
        client.put("/api/users", json!({ "name": format!("Name {round}") })),
        client.post("/api/reports", report),
        client.raw("POST", "/api/users/@me/calendar", None, b""),
        client.get("/api/users/@me/export"),
    ];
    replies.iter().map(Reply::status).collect()
}

/// Writes until the session has ended, and once more; tells after the third round.
fn keep_writing(client: &Client, things: (&Value, &Value), told: &Sender<()>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for round in 0..ROUNDS {
        let ended = statuses.contains(&401);
        statuses.extend(write_everything(client, round, things.0, things.1));
        if round == 2 {
            told.send(()).expect("somebody waits");
        }
        if ended {
            return statuses;
        }
    }
    panic!("the session does not end: {statuses:?}");
}

#[test]
fn nothing_remains_of_a_person_whose_other_session_writes_meanwhile() {
    each(|app| {
        let [bob] = people(app, ["bob"]);
        let event = announce(app, &bob, "Walk");
        let remark = say(app, &bob, &event, "Hello");
        let mut erased = Vec::new();
        for name in ["ann", "cem", "dag", "eve"] {
            let (phone, desk) = (app.user(name), app.user(name));
            let (told, busy) = channel();
            let statuses = thread::scope(|scope| {
                let (desk, things) = (&desk, (&event, &remark));
                let writer = scope.spawn(move || keep_writing(desk, things, &told));
                busy.recv().expect("the other session writes");
                erase(&phone);
                writer.join().expect("answers")
            });
            let known = [200, 201, 401, 403, 404];
            let strange = statuses.iter().find(|status| !known.contains(status));
            assert_eq!(strange, None, "{statuses:?}");
            desk.get("/api/auth/@me").refused(401);
            erased.push(phone.id().to_owned());
        }
        app.clock().advance(TimeDelta::minutes(5));
        app.sweep();
        for id in &erased {
            assert_nothing_remains(app, id);
        }
        assert_counts_agree(app);
        let topic = "select count(*) from changes where topic = 'user.erased'";
        assert_eq!(app.count(topic), 4);
        let names = "select count(*) from users where name like 'Name %'";
        assert_eq!(app.count(names), 0);
        assert_eq!(app.count("select count(*) from comment_likes"), 0);
        assert_eq!(app.count("select count(*) from event_interests"), 0);
        let (events, _) = page(&app.anon(), "/api/events", None);
        assert_eq!(texts(&events, "title"), ["Walk"]);
        let said = walk(&app.anon(), &comments_path(&event));
        let others = said.iter().filter(|comment| comment["user_id"] != bob.id());
        for comment in others {
            assert_eq!(comment["body"], "");
            assert_eq!(comment["images"], json!([]));
            assert_eq!(comment["author"]["name"], "deleted user");
        }
    });
}

#[test]
fn no_session_outlives_an_erasure_that_raced_with_signing_in() {
    each(|app| {
        for round in 0..4 {
            let name = format!("ann{round}");
            let person = app.user(&name);
            let token = app.token_of(&name);
            let cookies = std::thread::scope(|scope| {
                let threads = [(); 4].map(|()| {
                    let token = &token;
                    scope.spawn(move || {
                        let sign_in = json!({ "token": token });
                        let replies =
                            [(); 5].map(|()| app.anon().post("/api/auth", sign_in.clone()));
                        replies.map(|reply| reply.new_cookie("session"))
                    })
                });
                person.delete("/api/users/@me").no_content();
                threads.map(|thread| thread.join().expect("answers"))
            });
            for cookie in cookies.iter().flatten().flatten() {
                let reply = app.anon().with("Cookie", cookie).get("/api/auth/@me");
                // Who signed in afterwards is somebody new.
                if reply.status() == 200 {
                    assert_eq!(reply.json()["data"]["name"], name, "{}", reply.text());
                }
            }
        }
        let left = "select count(*) from sessions s join users u on u.id = s.user_id \
                    where u.erased_at is not null";
        assert_eq!(app.count(left), 0);
    });
}
