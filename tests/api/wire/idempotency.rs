//! `Idempotency-Key`: a call that is repeated happens once.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{id_of, keyed, make_event, picnic};
use crate::support::*;

fn events(app: &App) -> i64 {
    app.count("select count(*) from events")
}

/// Asserts that a reply repeats an earlier one.
#[track_caller]
fn assert_replayed(replay: &Reply, first: &Reply) {
    assert_eq!(replay.status(), first.status());
    assert_eq!(replay.json(), first.json());
    assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(replay.header("Content-Type"), first.header("Content-Type"));
}

#[test]
fn a_repeated_event_is_made_once() {
    each(|app| {
        let ann = keyed(&app.user("ann"), "picnic-1");
        let first = ann.post("/api/events", picnic());
        first.ok(201);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        app.changes(&["user.created", "event.published"]);
        for _ in 0..3 {
            assert_replayed(&ann.post("/api/events", picnic()), &first);
        }
        assert_eq!(events(app), 1);
        app.changes(&[]);
    });
}

#[test]
fn a_repeated_comment_is_made_once() {
    each(|app| {
        let ann = app.user("ann");
        let path = format!("/api/events/{}/comments", make_event(&ann));
        app.changes(&["user.created", "event.published"]);
        let ann = keyed(&ann, "comment-1");
        let first = ann.post(&path, json!({ "body": "Cake it is." }));
        first.ok(201);
        assert_replayed(&ann.post(&path, json!({ "body": "Cake it is." })), &first);
        assert_eq!(app.count("select count(*) from comments"), 1);
        app.changes(&["comment.created"]);
    });
}

#[test]
fn a_replay_is_the_first_answer_even_if_the_thing_changed_since() {
    each(|app| {
        let ann = app.user("ann");
        let first = keyed(&ann, "picnic-1").post("/api/events", picnic());
        let event = format!("/api/events/{}", id_of(&first.ok(201)));
        ann.put(&event, json!({ "title": "Barbecue" })).ok(201);
        assert_replayed(
            &keyed(&ann, "picnic-1").post("/api/events", picnic()),
            &first,
        );
        ann.delete(&event).no_content();
        assert_replayed(
            &keyed(&ann, "picnic-1").post("/api/events", picnic()),
            &first,
        );
        app.changes(&[
            "user.created",
            "event.published",
            "event.updated",
            "event.cancelled",
        ]);
    });
}

#[test]
fn a_key_outlives_the_session_it_was_used_in() {
    each(|app| {
        let first = keyed(&app.user("ann"), "picnic-1").post("/api/events", picnic());
        first.ok(201);
        let again = keyed(&app.user("ann"), "picnic-1").post("/api/events", picnic());
        assert_replayed(&again, &first);
        assert_eq!(events(app), 1);
    });
}

#[test]
fn without_a_key_every_call_counts() {
    each(|app| {
        let ann = app.user("ann");
        let [one, two] = [(); 2].map(|()| make_event(&ann));
        assert_ne!(one, two);
        assert_eq!(events(app), 2);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
    });
}

#[test]
fn other_keys_are_other_calls() {
    each(|app| {
        let ann = app.user("ann");
        let mut ids = BTreeSet::new();
        for key in ["k", "K", "k-k", "kk", "k k"] {
            ids.insert(id_of(
                &keyed(&ann, key).post("/api/events", picnic()).ok(201),
            ));
        }
        assert_eq!(ids.len(), 5);
    });
}

#[test]
fn the_key_of_another_person_is_another_key() {
    each(|app| {
        let (ann, bob) = (
            keyed(&app.user("ann"), "one"),
            keyed(&app.user("bob"), "one"),
        );
        let first = ann.post("/api/events", picnic());
        first.ok(201);
        let other = bob.post("/api/events", picnic());
        assert_ne!(id_of(&other.ok(201)), id_of(&first.json()));
        assert_eq!(other.header("Idempotency-Replayed"), None);
        assert_eq!(events(app), 2);
    });
}

#[test]
fn after_a_day_the_key_is_free() {
    each(|app| {
        let ann = keyed(&app.user("ann"), "picnic-1");
        let first = ann.post("/api/events", picnic());
        first.ok(201);
        app.clock()
            .advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
        assert_replayed(&ann.post("/api/events", picnic()), &first);
        app.clock().advance(TimeDelta::minutes(2));
        let second = ann.post("/api/events", picnic());
        assert_ne!(id_of(&second.ok(201)), id_of(&first.json()));
        assert_eq!(second.header("Idempotency-Replayed"), None);
        // And it is taken again.
        assert_replayed(&ann.post("/api/events", picnic()), &second);
        assert_eq!(events(app), 2);
    });
}

#[test]
fn keys_are_swept_after_a_day() {
    each(|app| {
        let ann = app.user("ann");
        keyed(&ann, "old").post("/api/events", picnic()).ok(201);
        app.clock().advance(TimeDelta::hours(23));
        keyed(&ann, "young").post("/api/events", picnic()).ok(201);
        app.clock().advance(TimeDelta::hours(2));
        app.sweep();
        assert_eq!(app.count("select count(*) from idempotency_keys"), 1);
        let replay = keyed(&ann, "young").post("/api/events", picnic());
        assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
    });
}

#[test]
fn eight_calls_at_once_with_one_key_make_one_event() {
    each(|app| {
        let ann = keyed(&app.user("ann"), "picnic-1");
        app.changes(&["user.created"]);
        let replies: Vec<Reply> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| ann.post("/api/events", picnic())))
                .collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined
                .map(|reply| reply.expect("each is answered"))
                .collect()
        });
        let bodies: Vec<Value> = replies.iter().map(|reply| reply.ok(201)).collect();
        assert!(
            bodies.iter().all(|body| *body == bodies[0]),
            "one answer: {bodies:?}"
        );
        let replayed = replies
            .iter()
            .filter(|reply| reply.header("Idempotency-Replayed") == Some("true"));
        assert_eq!(replayed.count(), 7);
        assert_eq!(events(app), 1);
        app.changes(&["event.published"]);
    });
}

#[test]
fn the_database_does_not_keep_the_key_itself() {
    each(|app| {
        keyed(&app.user("ann"), "a-key-to-find")
            .post("/api/events", picnic())
            .ok(201);
        let kept = app
            .text("select key_hash from idempotency_keys")
            .expect("a row is kept");
        assert!(!kept.contains("a-key-to-find"), "{kept}");
    });
}
