//! Decisions that are not taken: about what is not there, a second time, without a reason, or
//! by two at once.

use std::sync::Barrier;
use std::thread;

use super::*;

/// Makes two calls at the same moment; their answers, the better one first.
fn both(one: impl Fn() -> Reply + Sync, other: impl Fn() -> Reply + Sync) -> [Reply; 2] {
    let start = Barrier::new(2);
    let (start, one, other) = (&start, &one, &other);
    let mut replies = thread::scope(|scope| {
        let first = scope.spawn(move || {
            start.wait();
            one()
        });
        start.wait();
        let second = other();
        [first.join().expect("an answer"), second]
    });
    replies.sort_by_key(Reply::status);
    replies
}

/// How many changes of a topic were ever recorded.
fn recorded(app: &App, topic: &str) -> i64 {
    app.count(&format!(
        "select count(*) from changes where topic = '{topic}'"
    ))
}

#[test]
fn what_is_unknown_is_not_found() {
    each(|app| {
        let root = root(app);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &ann, "Walk");
        let open = report(app, &bob, "event", id_of(&event));
        cem.delete("/api/users/@me").no_content();
        app.changes(&["user.erased"]);
        app.audit();
        let strange = [UNKNOWN, id_of(&event), ann.id()];
        for id in MALFORMED.into_iter().chain(strange) {
            for act in ACTS {
                decide(&root, act, id).refused(404);
            }
        }
        for id in MALFORMED.into_iter().chain([UNKNOWN, cem.id(), &open]) {
            restore(&root, id).refused(404);
        }
        for act in ["delete", "uphold", "Dismiss"] {
            decide(&root, act, &open).refused(404);
        }
        app.changes(&[]);
        assert!(app.audit().is_empty(), "nothing was decided");
        assert_open(app, &open);
    });
}

#[test]
fn a_decided_report_is_not_decided_again() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [kept, gone] = ["Kept", "Gone"].map(|title| announce(app, &ann, title));
        let dismissed = report(app, &bob, "event", id_of(&kept));
        let upheld = report(app, &bob, "event", id_of(&gone));
        decide(&root, "dismiss", &dismissed).ok(200);
        decide(&root, "remove", &upheld).ok(200);
        app.changes(&["report.dismissed", "event.cancelled", "report.upheld"]);
        app.audit();
        for act in ACTS {
            decide(&root, act, &dismissed).refused(409);
        }
        decide(&root, "dismiss", &upheld).refused(409);
        // What is gone is not removed.
        let again = decide(&root, "remove", &upheld);
        assert!([404, 409].contains(&again.status()), "{again:?}");
        app.changes(&[]);
        assert!(app.audit().is_empty(), "nothing was decided");
        assert_eq!(listed(&root, "dismissed"), [dismissed]);
        assert_eq!(listed(&root, "upheld"), [upheld]);
        read_event(&bob, &kept);
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn what_was_upheld_can_be_acted_on_once_more() {
    each(|app| {
        let root = root(app);
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &ann, "Walk");
        let first = report(app, &bob, "event", id_of(&event));
        let other = report(app, &cem, "event", id_of(&event));
        decide(&root, "remove", &first).ok(200);
        app.changes(&["event.cancelled", "report.upheld"]);
        // The other report about it is settled with it.
        assert_eq!(listed(&root, "upheld"), [first.clone(), other]);
        let reply = decide(&root, "suspend", &first);
        assert_decided(&reply, UPHELD, &root, &first);
        app.changes(&["user.suspended", "report.upheld"]);
        ann.get("/api/auth/@me").refused(401);
    });
}

#[test]
fn a_reason_is_a_text_of_1_to_1000_characters() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let open = report(app, &bob, "user", ann.id());
        let long = "x".repeat(1001);
        for act in ACTS {
            let path = format!("{PATH}/{open}/{act}");
            for why in ["", " \n ", "a\0b", "\u{1b}[31m", &long] {
                root.post(&path, json!({ "why": why })).invalid(&["why"]);
            }
            for wrong in [Value::Null, json!(7), json!(true), json!([]), json!({})] {
                root.post(&path, json!({ "why": wrong })).refused(400);
            }
            root.post(&path, json!({})).refused(400);
            for body in ["", "{", "[]", "null", "\"why\""] {
                let kind = Some("application/json");
                root.raw("POST", &path, kind, body.as_bytes()).refused(400);
            }
            let body = json!({ "why": WHY }).to_string();
            for kind in [None, Some("text/plain")] {
                root.raw("POST", &path, kind, body.as_bytes()).refused(415);
            }
        }
        app.changes(&[]);
        assert_open(app, &open);
        let why = "ü".repeat(1000);
        let path = format!("{PATH}/{open}/dismiss");
        let reply = root.post(&path, json!({ "why": format!(" {why} ") }));
        assert_eq!(data(&reply, 200, DISMISSED)["why"], why);
        app.changes(&["report.dismissed"]);
    });
}

#[test]
fn an_act_that_does_not_fit_is_refused_and_leaves_the_report_open() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let person = report(app, &bob, "user", ann.id());
        let nobodys = report(app, &bob, "event", id_of(&event));
        app.audit();
        decide(&root, "remove", &person).invalid(&["subject"]);
        let id = id_of(&event);
        let made_by_nobody =
            format!("update reports set author_id = null where subject_id = '{id}'");
        assert_eq!(app.sql(&made_by_nobody), 1);
        decide(&root, "suspend", &nobodys).invalid(&["subject"]);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        decide(&root, "remove", &nobodys).refused(404);
        app.changes(&[]);
        assert!(app.audit().is_empty(), "nothing was decided");
        for report in [&person, &nobodys] {
            assert_open(app, report);
            decide(&root, "dismiss", report).ok(200);
        }
        app.changes(&["report.dismissed"; 2]);
    });
}

#[test]
fn who_is_not_suspended_is_not_restored() {
    each(|app| {
        let root = root(app);
        let [ann] = people(app, ["ann"]);
        app.audit();
        for _ in 0..2 {
            restore(&root, ann.id()).error(409, NOT_SUSPENDED);
        }
        let id = ann.id();
        let suspended = format!("update users set suspended_at = updated_at where id = '{id}'");
        assert_eq!(app.sql(&suspended), 1);
        app.changes(&[]);
        assert!(app.audit().is_empty(), "nothing was done");
        data(&restore(&root, ann.id()), 200, RESTORED);
        restore(&root, ann.id()).error(409, NOT_SUSPENDED);
        app.changes(&["user.restored"]);
        assert_eq!(app.audit(), ["user.restored"]);
    });
}

#[test]
fn of_two_decisions_at_once_one_is_taken() {
    each(|app| {
        let root = root(app);
        let second = app.admin("super_admin");
        app.changes(&["admin.created"]);
        let [ann, bob] = people(app, ["ann", "bob"]);
        for title in ["Walk", "Talk", "Ride"] {
            let event = announce(app, &ann, title);
            let id = report(app, &bob, "event", id_of(&event));
            let [won, lost] = both(
                || decide(&root, "dismiss", &id),
                || decide(&second, "remove", &id),
            );
            lost.refused(409);
            let dismissed = won.ok(200)["message"] == DISMISSED;
            let (left, topics): (u16, &[&str]) = match dismissed {
                true => (200, &["report.dismissed"]),
                false => (404, &["event.cancelled", "report.upheld"]),
            };
            app.changes(topics);
            assert_eq!(bob.get(&event_path(&event)).status(), left);
        }
        assert!(listed(&root, "open").is_empty());
    });
}

#[test]
fn someone_restored_by_two_at_once_is_restored_once() {
    each(|app| {
        let root = root(app);
        let [ann] = people(app, ["ann"]);
        let id = ann.id();
        let suspended = format!("update users set suspended_at = updated_at where id = '{id}'");
        assert_eq!(app.sql(&suspended), 1);
        let [done, refused] = both(|| restore(&root, id), || restore(&root, id));
        data(&done, 200, RESTORED);
        refused.error(409, NOT_SUSPENDED);
        assert_eq!(recorded(app, "user.restored"), 1);
    });
}

#[test]
fn a_decision_repeated_under_its_key_is_taken_once() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let one = report(app, &bob, "user", ann.id());
        let two = report(app, &ann, "user", bob.id());
        let keyed = root.with("Idempotency-Key", "decision-1");
        let first = decide(&keyed, "dismiss", &one);
        assert_decided(&first, DISMISSED, &root, &one);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        app.changes(&["report.dismissed"]);
        app.audit();
        for _ in 0..2 {
            let replay = decide(&keyed, "dismiss", &one);
            assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
            assert_eq!(replay.ok(200), first.json());
        }
        let other = decide(&keyed, "dismiss", &two);
        assert_eq!(other.status(), 422, "{}", other.text());
        app.changes(&[]);
        assert!(app.audit().is_empty(), "nothing was decided");
        assert_open(app, &two);
    });
}

#[test]
fn an_administrator_is_nobody_in_the_community() {
    each(|app| {
        let root = root(app);
        let [ann] = people(app, ["ann"]);
        app.anon()
            .get(&format!("/api/users/{}", root.id()))
            .error(404, "User not found");
        let report = json!({ "subject": "user", "id": root.id(), "reason": "Bossy" });
        ann.post("/api/reports", report)
            .error(404, "User not found");
        app.changes(&[]);
    });
}
