//! Many people at once: counters and limits hold.

use std::thread;

use super::*;

const NAMES: [&str; 8] = ["ann", "bob", "cem", "dag", "eve", "fay", "gil", "hal"];

#[test]
fn eighty_comments_at_once_are_eighty_comments() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        let path = comments_path(&event);
        thread::scope(|scope| {
            for client in &clients {
                let path = &path;
                scope.spawn(move || {
                    for n in 0..10 {
                        client
                            .post(path, json!({ "body": format!("comment {n}") }))
                            .ok(201);
                    }
                });
            }
        });
        app.changes(&["comment.created"; 80]);
        assert_eq!(app.count("select count(*) from comments"), 80);
        assert_eq!(app.count("select comments from event_counters"), 80);
        assert_eq!(read_event(&app.anon(), &event)["comments"], 80);

        let mut ids = texts(&walk(&app.anon(), &format!("{path}?limit=7")), "id");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 80);
    });
}

#[test]
fn a_comment_that_two_people_delete_at_once_is_deleted_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        say(app, &bob, &event, "stays");
        for _ in 0..5 {
            let path = comment_path(&say(app, &bob, &event, "goes"));
            let mut statuses = thread::scope(|scope| {
                let (mine, theirs) = (&path, &path);
                let (ann, bob) = (&ann, &bob);
                let threads = [
                    scope.spawn(move || ann.delete(mine).status()),
                    scope.spawn(move || bob.delete(theirs).status()),
                ];
                threads.map(|thread| thread.join().expect("an answer"))
            });
            statuses.sort_unstable();
            assert_eq!(statuses, [204, 404]);
            app.changes(&["comment.deleted"]);
            assert_eq!(read_event(&ann, &event)["comments"], 1);
        }
    });
}

#[test]
fn pictures_added_at_once_never_exceed_8() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let path = images_path(&say(app, &ann, &event, "Look"));
        let mut statuses = thread::scope(|scope| {
            let threads = [0, 1, 2, 3].map(|who| {
                let (ann, path) = (&ann, &path);
                scope.spawn(move || {
                    [0, 1, 2].map(|n| {
                        let url = format!("https://img.example.org/{who}-{n}.png");
                        ann.post(path, json!({ "image_url": url })).status()
                    })
                })
            });
            threads
                .map(|thread| thread.join().expect("answers"))
                .concat()
        });
        statuses.sort_unstable();
        let mut expected = vec![201_u16; 8];
        expected.extend([422; 4]);
        assert_eq!(statuses, expected);
        app.changes(&["comment.updated"; 8]);
        assert_eq!(app.count("select count(*) from comment_images"), 8);
    });
}

#[test]
fn comments_race_with_the_deletion_of_their_event() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let (event_path, comments_path) = (event_path(&event), comments_path(&event));
        let statuses = thread::scope(|scope| {
            let (bob, path) = (&bob, &comments_path);
            let talk = scope.spawn(move || {
                [0; 10].map(|_| bob.post(path, json!({ "body": "Hello" })).status())
            });
            ann.delete(&event_path).no_content();
            talk.join().expect("answers")
        });
        let saved = statuses.iter().filter(|status| **status == 201).count();
        let refused = statuses.iter().filter(|status| **status == 404).count();
        assert_eq!(saved + refused, statuses.len(), "{statuses:?}");
        // Ids of changes may commit out of order on PostgreSQL: their order is not asserted.
        let recorded = |topic: &str| {
            app.count(&format!(
                "select count(*) from changes where topic = '{topic}'"
            ))
        };
        assert_eq!(usize::try_from(recorded("comment.created")), Ok(saved));
        assert_eq!(recorded("event.cancelled"), 1);
        app.anon()
            .get(&comments_path)
            .error(404, "Comments not found");
    });
}
