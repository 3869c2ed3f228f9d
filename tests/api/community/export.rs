//! `GET /api/users/@me/export`: all that is a person's, whole, and nothing of anyone else.

use std::collections::BTreeMap;
use std::thread;

use super::*;

const PATH: &str = "/api/users/@me/export";

/// What an export holds, in alphabetical order.
const PARTS: &str = "bookings calendar comments company events groups interests likes logins \
                     profile proposals record reports sessions waitlist";

/// The lists among it.
const LISTS: [&str; 10] = [
    "events",
    "comments",
    "likes",
    "interests",
    "groups",
    "reports",
    "company",
    "proposals",
    "bookings",
    "waitlist",
];

/// Takes one's data along.
#[track_caller]
fn export(client: &Client) -> Value {
    let export = client.get(PATH).ok(200);
    assert_eq!(keys(&export).join(" "), PARTS);
    export
}

/// A list of an export, by the id that its items have.
#[track_caller]
fn by(export: &Value, list: &str, id: &str) -> BTreeMap<String, Value> {
    let items = export[list].as_array().expect("a list");
    let named = items
        .iter()
        .map(|item| (text(&item[id]).to_owned(), item.clone()));
    let named: BTreeMap<String, Value> = named.collect();
    assert_eq!(named.len(), items.len(), "something is twice in {list}");
    named
}

/// The only item of a list of an export, which has exactly these keys.
#[track_caller]
fn only<'e>(export: &'e Value, list: &str, known: &str) -> &'e Value {
    let items = export[list].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{list}: {items:?}");
    assert_eq!(keys(&items[0]).join(" "), known, "{list}");
    &items[0]
}

/// A call without a body, which must be good.
#[track_caller]
fn call(client: &Client, method: &str, path: &str) -> Value {
    let reply = client.raw(method, path, None, b"");
    assert!(reply.status() < 300, "{method} {path}: {}", reply.text());
    reply.json()
}

/// Inserts comments of one person on an event, past the server: many in one statement, and many
/// that share a moment. Their ids are numbered from `first`.
fn insert_comments(app: &App, event: &str, author: &str, first: usize, bodies: &[String]) {
    let row = |(n, body): (usize, &String)| {
        let (id, body) = (comment_id(first + n), body.replace('\'', "''"));
        let at = format!("2026-11-21T09:10:{:02}.000000Z", n % 7);
        format!("('{id}', '{event}', '{author}', '{body}', 0, '{at}', '{at}')")
    };
    let rows: Vec<String> = bodies.iter().enumerate().map(row).collect();
    let inserted = app.sql(&format!(
        "insert into comments (id, event_id, user_id, body, likes, created_at, updated_at) \
         values {}",
        rows.join(", ")
    ));
    assert_eq!(inserted, bodies.len());
    let count = bodies.len();
    app.sql(&format!(
        "update event_counters set comments = comments + {count} where event_id = '{event}'"
    ));
}

fn comment_id(n: usize) -> String {
    format!("01890000-0000-7000-8000-{n:012x}")
}

#[test]
fn an_export_needs_a_session() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        app.anon().get(PATH).error(401, "You are not signed in.");
        app.user("ann").delete("/api/auth/sessions").no_content();
        ann.get(PATH).error(401, "You are not signed in.");
        app.changes(&[]);
    });
}

#[test]
fn an_export_is_a_file_of_json_that_nobody_keeps() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let reply = ann.get(PATH);
        reply.expect_status(200);
        let kind = reply.header("Content-Type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{kind}");
        let name = "attachment; filename=\"folkmoot-export.json\"";
        assert_eq!(reply.header("Content-Disposition"), Some(name));
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        assert_eq!(reply.header("Set-Cookie"), None);
        app.changes(&[]);
    });
}

#[test]
fn who_did_nothing_yet_has_a_profile_a_login_and_a_session() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let export = export(&ann);
        assert_eq!(export["profile"], ann.get("/api/users").ok(200)["data"]);
        let login = only(&export, "logins", "created_at id kind subject");
        assert_eq!(login["kind"], "google");
        assert_eq!(login["subject"], "ann");
        assert_stamp(&login["created_at"]);
        let known = "address_family agent created_at expires_at id";
        only(&export, "sessions", known);
        let known = "action actor_id address at id request_id subject_id";
        let record = only(&export, "record", known);
        assert_eq!(record["action"], "sign_in.succeeded");
        assert_eq!(record["address"], "127.0.0.1");
        for list in LISTS {
            assert_eq!(export[list], json!([]), "{list}");
        }
        assert_eq!(export["calendar"], Value::Null);
    });
}

#[test]
fn a_company_and_its_proposals_are_the_persons_as_well() {
    each(|app| {
        let olga = app.account("olga", "human-resource");
        let vera = app.account("vera", "vendor");
        let types = olga.get("/proposals/v1/available-events").ok(200);
        let proposal = json!({
            "eventName": types["data"][0]["id"],
            "location": "The yard",
            "proposedDates": ["2031-06-14"],
            "proposedTo": vera.id(),
        });
        let made = olga.post("/proposals/v1/events", proposal).ok(201);
        let ann = app.user("ann");
        let mine = json!({ "username": "olga", "password": "correct horse battery staple" });
        ann.post("/api/users/@me/link", mine).ok(200);
        let export = export(&ann);
        let known = "companyName createdAt id role username";
        let company = only(&export, "company", known);
        assert_eq!(company["companyName"], "olga Ltd");
        assert_eq!(company["id"], ann.id());
        let items = export["proposals"].as_array().expect("a list");
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["id"], made["id"]);
        assert_eq!(items[0]["location"], "The yard");
    });
}

#[test]
fn profile_and_sessions_are_as_they_are_now() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let phone = app.anon().with("User-Agent", "Moot 1.0").sign_in("ann");
        tick(app);
        let changes = json!({ "name": "Ann \"Lee\" \\", "email": "lee@example.net" });
        ann.put("/api/users", changes).ok(201);
        let export = export(&ann);
        assert_eq!(export["profile"], ann.get("/api/users").ok(200)["data"]);
        assert_eq!(export["profile"]["name"], "Ann \"Lee\" \\");
        let sessions = by(&export, "sessions", "id");
        let shown = ann.get("/api/auth/sessions").ok(200);
        for session in shown["data"].as_array().expect("an array") {
            let mine = &sessions[id_of(session)];
            for part in ["id", "agent", "address_family", "created_at"] {
                assert_eq!(mine[part], session[part], "{part}");
            }
            assert!(!text(&mine["expires_at"]).is_empty());
        }
        assert_eq!(sessions.len(), 2);
        let agents = sessions.values().map(|session| text(&session["agent"]));
        assert_eq!(agents.filter(|agent| *agent == "Moot 1.0").count(), 1);
        for secret in [ann.session(), phone.session()] {
            assert!(!export.to_string().contains(secret), "a cookie's value");
        }
        app.changes(&["user.updated"]);
    });
}

#[test]
fn events_are_as_the_api_shows_them_and_drafts_are_among_them() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let mut events: Vec<Value> = (0..130)
            .map(|n| create_event(&ann, new_event(&format!("Walk \"{n}\" ü"))))
            .collect();
        let past = set(new_event("Long ago"), "start_date", "2001-06-14");
        events.push(create_event(&ann, set(past, "end_date", "2001-06-14")));
        app.changes(&["event.published"; 131]);
        announce(app, &bob, "Bob's");
        say(app, &bob, &events[3], "Nice");
        let draft = id_of(&events[7]);
        app.sql(&format!(
            "update events set visible = false where id = '{draft}'"
        ));
        bob.get(&event_path(&events[7])).refused(404);
        let export = export(&ann);
        let mine = by(&export, "events", "id");
        assert_eq!(mine.len(), events.len());
        for event in &events {
            // Whether I am interested is no part of an event.
            let shown = without(read_event(&ann, event), "interested_by_me");
            let given = without(mine[id_of(event)].clone(), "interested_by_me");
            assert_eq!(given, shown);
        }
        assert_eq!(mine[id_of(&events[3])]["comments"], 1);
        app.changes(&[]);
    });
}

#[test]
fn comments_have_their_pictures_and_likes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let plain = say(app, &ann, &event, "Boots?\n\"Yes\" \\ 👢");
        let urls = ["b", "a"].map(|name| format!("https://img.example.org/{name}.png"));
        let body = json!({ "body": "Look", "image_url_list": urls });
        let reply = ann.post(&comments_path(&event), body);
        let pictured = data(&reply, 201, "Comment saved successfully");
        app.changes(&["comment.created"]);
        say(app, &bob, &event, "Bob's own");
        call(&bob, "PUT", &format!("/api/likes/{}", id_of(&pictured)));
        let export = export(&ann);
        let mine = by(&export, "comments", "id");
        assert_eq!(mine.len(), 2);
        let (shown, _) = page(&ann, &comments_path(&event), None);
        for comment in &shown[..2] {
            let mut expected = comment.clone();
            for other in ["user_id", "author", "liked_by_me"] {
                expected = without(expected, other);
            }
            assert_eq!(mine[id_of(comment)], expected);
        }
        assert_eq!(mine[id_of(&plain)]["images"], json!([]));
        assert_eq!(mine[id_of(&pictured)]["likes"], 1);
        let images = mine[id_of(&pictured)]["images"].as_array();
        assert_eq!(texts(images.expect("a list"), "image_url"), urls);
    });
}

#[test]
fn likes_interests_groups_reports_and_the_calendar_are_listed() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        call(&ann, "POST", &format!("/api/likes/{}", id_of(&comment)));
        let interest = format!("/api/users/@me/interests/{}", id_of(&event));
        call(&ann, "POST", &interest);
        let group = bob.post("/api/groups", json!({ "title": "Walkers" }));
        let group = data(&group, 201, "Group created successfully");
        let members = format!("/api/groups/{}/members", id_of(&group));
        call(&bob, "POST", &format!("{members}/{}", ann.id()));
        let body = json!({ "subject": "user", "id": bob.id(), "reason": "Too loud" });
        let report = data(&ann.post("/api/reports", body), 201, "Report received");
        let calendar = call(&ann, "POST", "/api/users/@me/calendar");
        let export = export(&ann);
        let like = only(&export, "likes", "comment_id created_at");
        assert_eq!(like["comment_id"], comment["id"]);
        assert_stamp(&like["created_at"]);
        let interest = only(&export, "interests", "created_at event_id");
        assert_eq!(interest["event_id"], event["id"]);
        assert_stamp(&interest["created_at"]);
        let mine = only(&export, "groups", "creator_id id joined_at title");
        for part in ["id", "title", "creator_id"] {
            assert_eq!(mine[part], group[part]);
        }
        let (members, _) = page(&ann, &members, None);
        assert_eq!(mine["joined_at"], members[1]["joined_at"]);
        let known = "created_at id reason state subject subject_id";
        assert_eq!(*only(&export, "reports", known), report);
        assert_eq!(keys(&export["calendar"]), ["created_at"]);
        assert_stamp(&export["calendar"]["created_at"]);
        let (_, secret) = text(&calendar["data"]["url"])
            .rsplit_once('/')
            .expect("an address");
        let secret = secret.trim_end_matches(".ics");
        assert!(!export.to_string().contains(secret), "the secret is shown");
    });
}

#[test]
fn nothing_of_anyone_else_is_in_an_export() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let mine = announce(app, &ann, "Axolotlika");
        let remark = say(app, &ann, &mine, "Wombatique");
        let theirs = announce(app, &bob, "Narwhalon");
        let comment = say(app, &bob, &mine, "Quokkaberry");
        for client in [&ann, &bob] {
            for said in [&remark, &comment] {
                call(client, "PUT", &format!("/api/likes/{}", id_of(said)));
            }
            for event in [&mine, &theirs] {
                let path = format!("/api/users/@me/interests/{}", id_of(event));
                call(client, "POST", &path);
            }
            let group = client.post("/api/groups", json!({ "title": "Walkers" }));
            let group = data(&group, 201, "Group created successfully");
            let others = [&ann, &bob].map(|person| person.id());
            for other in others.into_iter().filter(|id| *id != client.id()) {
                let members = format!("/api/groups/{}/members", id_of(&group));
                call(client, "POST", &format!("{members}/{other}"));
            }
        }
        let report = json!({ "subject": "user", "id": ann.id(), "reason": "Zebrafish" });
        bob.post("/api/reports", report).ok(201);
        let export = export(&ann);
        assert_eq!(export["likes"].as_array().map(Vec::len), Some(2));
        assert_eq!(export["interests"].as_array().map(Vec::len), Some(2));
        assert_eq!(export["groups"].as_array().map(Vec::len), Some(2));
        let given = export.to_string();
        for mine in ["Axolotlika", "Wombatique", "ann@example.org"] {
            assert!(given.contains(mine), "{mine} is missing");
        }
        let others = ["Narwhalon", "Quokkaberry", "Zebrafish", "bob@example.org"];
        for other in others.into_iter().chain(["bob.png", "\"bob\""]) {
            assert!(!given.contains(other), "{other} is another's");
        }
        assert!(!given.contains(bob.session()));
    });
}

#[test]
fn three_thousand_comments_are_exported_once_each() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let body = |n: usize| format!("Comment {n}: 'quoted', \"twice\" \\ and\nbroken 👋");
        let bodies: Vec<String> = (0..3000).map(body).collect();
        insert_comments(app, id_of(&event), ann.id(), 1, &bodies);
        let others = vec!["Bob's".to_owned(); 300];
        insert_comments(app, id_of(&event), bob.id(), 10_000, &others);
        let image = |n: usize| format!("01880000-0000-7000-8000-{n:012x}");
        let url = |n: usize| format!("https://img.example.org/{n}.png");
        let rows = (1..=3000).step_by(3).map(|n| {
            let comment = comment_id(n);
            format!("('{}', '{comment}', '{}')", image(n), url(n))
        });
        let rows = rows.collect::<Vec<String>>().join(", ");
        app.sql(&format!(
            "insert into comment_images (id, comment_id, url) values {rows}"
        ));
        let export = export(&ann);
        let mine = by(&export, "comments", "id");
        assert_eq!(mine.len(), 3000);
        for (n, body) in (1..).zip(&bodies) {
            let comment = &mine[&comment_id(n)];
            assert_eq!(comment["body"], *body);
            let images = match n % 3 {
                1 => json!([{ "image_id": image(n), "image_url": url(n) }]),
                _ => json!([]),
            };
            assert_eq!(comment["images"], images);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_export_in_the_midst_of_writes_is_whole() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let kept: Vec<String> = (0..120).map(|n| format!("kept {n}")).collect();
        insert_comments(app, id_of(&event), ann.id(), 1, &kept);
        let desk = app.user("ann");
        thread::scope(|scope| {
            let (desk, path) = (&desk, comments_path(&event));
            let writer = scope.spawn(move || {
                for n in 0..40 {
                    let reply = desk.post(&path, json!({ "body": "passing" }));
                    let comment = data(&reply, 201, "Comment saved successfully");
                    if n % 2 == 0 {
                        desk.delete(&comment_path(&comment)).no_content();
                    }
                }
            });
            for _ in 0..6 {
                let mine = by(&export(&ann), "comments", "id");
                for (n, body) in (1..).zip(&kept) {
                    assert_eq!(mine[&comment_id(n)]["body"], *body);
                }
            }
            writer.join().expect("every write is done");
        });
        assert_eq!(by(&export(&ann), "comments", "id").len(), 140);
        let recorded = ["comment.created", "comment.deleted"].map(|topic| {
            app.count(&format!(
                "select count(*) from changes where topic = '{topic}'"
            ))
        });
        assert_eq!(recorded, [40, 20]);
    });
}
