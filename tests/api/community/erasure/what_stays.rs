//! What becomes of the things that an erased person made, liked, joined and reported; what
//! other people made stays.

use std::sync::Barrier;
use std::thread;

use super::*;

/// The lines of an event's calendar that begin with one of these names.
#[track_caller]
fn lines(client: &Client, event: &Value, names: &[&str]) -> Vec<String> {
    let reply = client.get(&format!("{}.ics", event_path(event)));
    reply.expect_status(200);
    let named = |line: &&str| names.iter().any(|name| line.starts_with(name));
    let found = reply.text().lines().filter(named);
    found.map(str::to_owned).collect()
}

/// What is asked of a calendar: all that a text could stand in.
const NAMES: [&str; 4] = ["STATUS", "SUMMARY", "DESCRIPTION", "LOCATION"];

/// Asserts that an event's calendar says that it is cancelled, and no more.
#[track_caller]
fn assert_cancelled(client: &Client, event: &Value) {
    let mut said = lines(client, event, &NAMES);
    said.sort_unstable();
    assert_eq!(said, ["STATUS:CANCELLED", "SUMMARY:Cancelled event"]);
    client.get(&event_path(event)).error(404, "Event not found");
    client
        .get(&comments_path(event))
        .error(404, "Comments not found");
}

#[test]
fn comments_stay_without_a_text_and_without_a_name() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let image = json!(["https://img.example.org/a.png"]);
        let body = json!({ "body": "Hello", "image_url_list": image });
        let reply = ann.post(&comments_path(&event), body);
        let comment = data(&reply, 201, "Comment saved successfully");
        app.changes(&["comment.created"]);
        let answer = say(app, &bob, &event, "Hello, ann");
        like(&bob, &comment);
        app.changes(&["comment.liked"]);
        tick(app);
        erase(&ann);
        app.changes(&["user.erased"]);
        for reader in [&app.anon(), &bob] {
            let (comments, _) = page(reader, &comments_path(&event), None);
            assert_eq!(texts(&comments, "body"), ["", "Hello, ann"]);
            let left = &comments[0];
            let author = json!({ "id": ann.id(), "name": "deleted user", "avatar": null });
            assert_eq!(left["author"], author);
            assert_eq!(left["user_id"], ann.id());
            assert_eq!(left["images"], json!([]));
            assert_eq!(left["likes"], 1, "what bob liked, he liked");
            for same in ["id", "event_id", "created_at"] {
                assert_eq!(left[same], comment[same], "{same}");
            }
            assert_eq!(comments[1]["author"]["name"], "bob");
            assert_eq!(comments[1]["id"], answer["id"]);
            assert_eq!(read_event(reader, &event)["comments"], 2);
        }
        let images = bob.get(&images_path(&comment));
        let images = data(&images, 200, "all images successfully fetched");
        assert_eq!(images, json!([]));
        assert_counts_agree(app);
    });
}

#[test]
fn what_is_left_of_a_comment_is_deleted_by_the_events_creator_and_edited_by_nobody() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &bob, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        erase(&ann);
        app.changes(&["user.erased"]);
        let path = comment_path(&comment);
        for client in [&bob, &cem] {
            client.put(&path, json!({ "body": "Forged" })).refused(403);
        }
        cem.delete(&path).refused(403);
        app.changes(&[]);
        bob.delete(&path).no_content();
        app.changes(&["comment.deleted"]);
        assert_eq!(read_event(&bob, &event)["comments"], 0);
    });
}

#[test]
fn events_are_cancelled_and_say_so_in_calendars_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Axolotlika");
        let deleted = announce(app, &ann, "Wombatique");
        let draft = announce(app, &ann, "Narwhalon");
        let other = announce(app, &bob, "Talk");
        say(app, &bob, &event, "Hello");
        care(&bob, &event);
        app.changes(&["interest.registered"]);
        ann.delete(&event_path(&deleted)).no_content();
        app.changes(&["event.cancelled"]);
        let before = lines(&bob, &deleted, &["SUMMARY"]);
        assert_eq!(before, ["SUMMARY:Wombatique"]);
        let id = id_of(&draft);
        app.sql(&format!(
            "update events set visible = false where id = '{id}'"
        ));
        let feed = make_calendar(&bob);
        erase(&ann);
        for reader in [&app.anon(), &bob] {
            assert_cancelled(reader, &event);
            assert_cancelled(reader, &deleted);
            let hidden = reader.get(&format!("{}.ics", event_path(&draft)));
            hidden.error(404, "Event not found");
            let creator = format!("/api/events?creator={}", ann.id());
            assert!(page(reader, &creator, None).0.is_empty());
            for word in ["axolotlika", "wombatique", "narwhalon"] {
                let found = page(reader, &format!("/api/events?q={word}"), None).0;
                assert!(found.is_empty(), "{word}: {found:?}");
            }
            let (events, _) = page(reader, "/api/events", None);
            assert_eq!(texts(&events, "title"), ["Talk"]);
            for feed in ["/api/events.ics", &feed, "/api/events.atom"] {
                let reply = reader.get(feed);
                reply.expect_status(200);
                for word in ["Axolotlika", "Wombatique", "Narwhalon"] {
                    assert!(!reply.text().contains(word), "{word} in {feed}");
                }
            }
        }
        let feed = bob.get(&feed);
        assert!(feed.text().contains("SUMMARY:Cancelled event"));
        assert_eq!(read_event(&bob, &other)["title"], "Talk");
        let drafts = "select count(*) from changes where topic = 'event.cancelled'";
        let cancelled = app.count(drafts);
        assert!([2, 3].contains(&cancelled), "a draft may go in silence");
    });
}

#[test]
fn tombstones_go_after_their_time_and_what_others_made_does_not() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let mine = announce(app, &ann, "Walk");
        let theirs = announce(app, &bob, "Talk");
        say(app, &ann, &theirs, "Hello");
        say(app, &bob, &theirs, "Hello, ann");
        erase(&ann);
        recorded(
            app,
            &[
                ("user.created", 2),
                ("event.published", 2),
                ("comment.created", 2),
                ("event.cancelled", 1),
                ("user.erased", 1),
            ],
        );
        app.clock().advance(TimeDelta::days(31));
        app.sweep();
        let calendar = format!("{}.ics", event_path(&mine));
        app.anon().get(&calendar).error(404, "Event not found");
        let left = app.count("select count(*) from events");
        assert_eq!(left, 1, "the tombstone went");
        let said = walk(&app.anon(), &comments_path(&theirs));
        assert_eq!(texts(&said, "body"), ["", "Hello, ann"]);
        assert_counts_agree(app);
    });
}

#[test]
fn likes_and_interests_go_and_the_numbers_follow() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &bob, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        for person in [&ann, &cem] {
            like(person, &comment);
            care(person, &event);
        }
        app.changes(&[
            "comment.liked",
            "interest.registered",
            "comment.liked",
            "interest.registered",
        ]);
        erase(&ann);
        app.changes(&["user.erased"]);
        let likes = cem.get(&like_path(&comment));
        assert_eq!(data(&likes, 200, "Number of likes"), 1);
        let (comments, _) = page(&cem, &comments_path(&event), None);
        assert_eq!(comments[0]["likes"], 1);
        assert_eq!(comments[0]["liked_by_me"], true);
        let seen = read_event(&cem, &event);
        assert_eq!(seen["interested"], 1);
        assert_eq!(seen["interested_by_me"], true);
        let path = format!("{}/interests", event_path(&event));
        let interested = app.anon().get(&path).ok(200);
        assert_eq!(interested["total"], 1);
        let people = interested["data"].as_array().expect("a list");
        assert_eq!(texts(people, "name"), ["cem"]);
        assert_counts_agree(app);
    });
}

#[test]
fn whoever_kept_an_answer_is_told_that_it_changed() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let group = gather(&bob, "Walkers");
        enrol(app, &bob, &group, &[&ann]);
        care(&ann, &event);
        let group = group_path(&group);
        let paths = [
            comments_path(&event),
            event_path(&event),
            format!("{}/interests", event_path(&event)),
            format!("{group}/members"),
            group,
        ];
        let tag = |path: &String| {
            let reply = bob.get(path);
            reply.expect_status(200);
            reply.header("ETag").expect("a tag").to_owned()
        };
        let tags: Vec<String> = paths.iter().map(tag).collect();
        app.changes(&["group.created", "group.member_added", "interest.registered"]);
        erase(&ann);
        app.changes(&["user.erased"]);
        for (path, tag) in paths.iter().zip(&tags) {
            bob.with("If-None-Match", tag).get(path).expect_status(200);
        }
        let likes = bob.get(&like_path(&comment));
        assert_eq!(data(&likes, 200, "Number of likes"), 0);
    });
}

#[test]
fn reports_of_the_person_lose_their_reason_and_those_of_others_keep_it() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &bob, "Walk");
        let mine = report(&ann, "event", id_of(&event), "Zebrafish");
        let theirs = report(&bob, "user", ann.id(), "Quokkaberry");
        app.changes(&["report.created"; 2]);
        erase(&ann);
        app.changes(&["user.erased"]);
        let count = |rows: String| app.count(&format!("select count(*) from reports where {rows}"));
        let id = id_of(&mine);
        assert_eq!(count(format!("id = '{id}' and subject = 'event'")), 1);
        let texts = count(format!("id = '{id}' and reason like '%Zebrafish%'"));
        assert_eq!(texts, 0);
        let id = id_of(&theirs);
        assert_eq!(count(format!("id = '{id}' and reason = 'Quokkaberry'")), 1);
        let export = bob.get("/api/users/@me/export").ok(200);
        assert_eq!(export["reports"][0]["reason"], "Quokkaberry");
    });
}

#[test]
fn a_group_passes_on_and_the_events_of_others_stay_in_it() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (passes, goes) = (gather(&ann, "Walkers"), gather(&ann, "Alone"));
        enrol(app, &ann, &passes, &[&bob]);
        let [mine, theirs] = [&ann, &bob].map(|client| {
            let body = set(new_event("Walk"), "group_id", passes["id"].clone());
            create_event(client, body)
        });
        erase(&ann);
        recorded(
            app,
            &[
                ("user.created", 2),
                ("group.created", 2),
                ("group.member_added", 1),
                ("event.published", 2),
                ("event.cancelled", 1),
                ("group.updated", 1),
                ("group.deleted", 1),
                ("user.erased", 1),
            ],
        );
        let group = bob.get(&group_path(&passes)).ok(200);
        assert_eq!(group["data"]["creator_id"], bob.id());
        assert_eq!(group["data"]["members"], 1);
        bob.get(&group_path(&goes)).error(404, "Group not found");
        let events = format!("{}/events", group_path(&passes));
        let (events, _) = page(&bob, &events, None);
        assert_eq!(texts(&events, "id"), [id_of(&theirs)]);
        assert_cancelled(&bob, &mine);
    });
}

#[test]
fn a_group_whose_creator_and_heir_go_at_once_passes_to_who_is_left() {
    each(|app| {
        for round in 0..4 {
            let names = ["ann", "bob", "cem"].map(|name| format!("{name}{round}"));
            let [ann, bob, cem] = names.map(|name| app.user(&name));
            let group = gather(&ann, "Walkers");
            enrol(app, &ann, &group, &[&bob, &cem]);
            let start = Barrier::new(2);
            thread::scope(|scope| {
                let start = &start;
                for client in [&ann, &bob] {
                    scope.spawn(move || {
                        start.wait();
                        erase(client);
                    });
                }
            });
            let left = cem.get(&group_path(&group)).ok(200);
            assert_eq!(left["data"]["creator_id"], cem.id());
            assert_eq!(left["data"]["members"], 1);
            for erased in [&ann, &bob] {
                assert_nothing_remains(app, erased.id());
            }
        }
        let topic = "select count(*) from changes where topic = 'user.erased'";
        assert_eq!(app.count(topic), 8);
        assert_counts_agree(app);
    });
}
