//! `POST /api/reports`: telling the admins of an event, a comment or a person.

use std::sync::Barrier;
use std::thread;

use super::*;

const PATH: &str = "/api/reports";
const RECEIVED: &str = "Report received";

fn body(subject: &str, id: &str, reason: &str) -> Value {
    json!({ "subject": subject, "id": id, "reason": reason })
}

/// Reports a thing for the first time and drains the change.
#[track_caller]
fn report(app: &App, client: &Client, subject: &str, id: &str, reason: &str) -> Value {
    let reply = client.post(PATH, body(subject, id, reason));
    let report = data(&reply, 201, RECEIVED);
    app.changes(&["report.created"]);
    report
}

/// An event, a comment and a person, as a report names them.
fn things<'t>(event: &'t Value, comment: &'t Value, user: &'t Client) -> [(&'t str, &'t str); 3] {
    [
        ("event", id_of(event)),
        ("comment", id_of(comment)),
        ("user", user.id()),
    ]
}

fn rows(app: &App) -> i64 {
    app.count("select count(*) from reports")
}

/// What is answered for a subject that is not there.
fn gone(subject: &str) -> &'static str {
    match subject {
        "event" => "Event not found",
        "comment" => "Comment not found",
        "user" => "User not found",
        other => panic!("{other} is no subject"),
    }
}

/// Decides all open reports, past the server.
fn decide(app: &App) -> usize {
    app.sql(
        "update reports set state = 'dismissed', why = 'A joke', decided_at = created_at \
         where state = 'open'",
    )
}

/// Asserts that nothing was reported.
#[track_caller]
fn assert_nothing(app: &App) {
    app.changes(&[]);
    assert_eq!(rows(app), 0);
}

#[test]
fn an_event_a_comment_and_a_person_are_reported() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Buy now");
        for (subject, id) in things(&event, &comment, &ann) {
            let reply = bob.post(PATH, body(subject, id, "Advertising"));
            let report = data(&reply, 201, RECEIVED);
            assert_eq!(keys(&reply.json()), ["data", "message"]);
            let known = "created_at id reason state subject subject_id";
            assert_eq!(keys(&report).join(" "), known);
            assert_eq!(report["subject"], subject);
            assert_eq!(report["subject_id"], id);
            assert_eq!(report["reason"], "Advertising");
            assert_eq!(report["state"], "open");
            assert_stamp(&report["created_at"]);
            app.changes(&["report.created"]);
            let (report, bob) = (id_of(&report), bob.id());
            let row = format!(
                "select count(*) from reports where id = '{report}' and reporter_id = '{bob}' \
                 and subject = '{subject}' and subject_id = '{id}' and reason = 'Advertising' \
                 and state = 'open' and why is null and decided_at is null"
            );
            assert_eq!(app.count(&row), 1, "{subject}");
        }
        assert_eq!(rows(app), 3);
    });
}

#[test]
fn nobody_reports_without_a_session() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for id in [ann.id(), UNKNOWN] {
            let reply = app.anon().post(PATH, body("user", id, "Advertising"));
            reply.error(401, "You are not signed in.");
        }
        assert_nothing(app);
    });
}

#[test]
fn the_list_of_reports_is_nobodys_who_merely_signed_in() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        report(app, &bob, "user", ann.id(), "Advertising");
        for query in ["", "?state=open", "?state=nonsense"] {
            let path = format!("{PATH}{query}");
            app.anon().get(&path).error(401, "You are not signed in.");
            for person in [&ann, &bob] {
                let reply = person.get(&path);
                reply.error(403, "You are not allowed to do this.");
            }
        }
        ann.get("/api/users/@me/reports").refused(404);
        app.changes(&[]);
    });
}

#[test]
fn nobody_who_merely_signed_in_decides_a_report() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let report = report(app, &bob, "user", ann.id(), "Advertising");
        for decision in ["dismiss", "remove", "suspend"] {
            let path = format!("{PATH}/{}/{decision}", id_of(&report));
            for caller in [&app.anon(), &ann, &bob] {
                let status = caller.post(&path, json!({ "why": "Because" })).status();
                assert!([401, 403, 404].contains(&status), "{decision}: {status}");
            }
        }
        app.changes(&[]);
        assert_eq!(decide(app), 1, "the report was open until now");
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn a_reason_has_1_to_1000_characters_and_is_kept_trimmed_and_composed() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let long = "ü".repeat(1000);
        let padded = format!(" {long} ");
        for (given, kept) in [
            ("x", "x"),
            ("  Spam \n", "Spam"),
            ("Cafe\u{301}", "Caf\u{e9}"),
            (r"It's <b>\</b> %00", r"It's <b>\</b> %00"),
            (long.as_str(), long.as_str()),
            (padded.as_str(), long.as_str()),
        ] {
            let report = report(app, &bob, "user", ann.id(), given);
            assert_eq!(report["reason"], kept);
            assert_eq!(decide(app), 1);
        }
    });
}

#[test]
fn a_bad_reason_or_subject_is_invalid() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (long, wide) = ("x".repeat(1001), "ü".repeat(1001));
        let (nul, bell, escape) = ("a\0b", "a\u{7}b", "\u{1b}[31m");
        for reason in ["", " ", " \n\t ", nul, bell, escape, &long, &wide] {
            let reply = bob.post(PATH, body("user", ann.id(), reason));
            reply.invalid(&["reason"]);
        }
        for subject in ["", "group", "users", "User", "USER", "user\0", "'"] {
            let reply = bob.post(PATH, body(subject, ann.id(), "Advertising"));
            reply.invalid(&["subject"]);
            let reply = bob.post(PATH, body(subject, ann.id(), ""));
            invalid_among(&reply, &["subject", "reason"]);
        }
        assert_nothing(app);
    });
}

#[test]
fn a_missing_or_mistyped_field_is_a_bad_request() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let good = body("user", ann.id(), "Advertising");
        for field in ["subject", "id", "reason"] {
            let mut bad = vec![without(good.clone(), field)];
            for wrong in [Value::Null, json!(7), json!(true), json!([]), json!({})] {
                bad.push(set(good.clone(), field, wrong));
            }
            for body in bad {
                bob.post(PATH, body).error(400, "Invalid input data.");
            }
        }
        assert_nothing(app);
        bob.post(PATH, good).ok(201);
        app.changes(&["report.created"]);
    });
}

#[test]
fn a_body_that_is_no_object_of_json_is_refused() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let good = body("user", ann.id(), "Advertising").to_string();
        let surrogate = good.replace("Advertising", r"\ud800");
        for body in ["", "{", "[]", "null", "7", &surrogate] {
            let reply = bob.raw("POST", PATH, Some("application/json"), body.as_bytes());
            reply.error(400, "Invalid input data.");
        }
        for kind in [None, Some("text/plain")] {
            bob.raw("POST", PATH, kind, good.as_bytes()).refused(415);
        }
        assert_nothing(app);
    });
}

#[test]
fn what_is_unknown_or_of_another_kind_is_not_found() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let things = things(&event, &comment, &ann);
        for (subject, mine) in things {
            let others = things.into_iter().map(|(_, id)| id);
            let others = others.filter(|id| *id != mine);
            let strange = ["", "@me", "' or '1' = '1", "../users"];
            let unknown = MALFORMED.into_iter().chain([UNKNOWN]).chain(strange);
            for id in others.chain(unknown) {
                let reply = bob.post(PATH, body(subject, id, "Advertising"));
                reply.error(404, gone(subject));
            }
        }
        assert_nothing(app);
    });
}

#[test]
fn a_draft_and_what_is_said_on_it_are_not_there_for_others() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &bob, &event, "Hello");
        assert_eq!(app.sql("update events set visible = false"), 1);
        let things = [("event", id_of(&event)), ("comment", id_of(&comment))];
        for (subject, id) in things {
            let reply = bob.post(PATH, body(subject, id, "Advertising"));
            reply.error(404, gone(subject));
        }
        assert_nothing(app);
        for (subject, id) in things {
            report(app, &ann, subject, id, "My own");
        }
    });
}

#[test]
fn what_was_deleted_or_erased_is_not_found() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let other = announce(app, &ann, "Talk");
        let deleted = say(app, &ann, &other, "Never mind");
        ann.delete(&comment_path(&deleted)).no_content();
        ann.delete(&event_path(&event)).no_content();
        cem.delete("/api/users/@me").no_content();
        app.changes(&["comment.deleted", "event.cancelled", "user.erased"]);
        let more = [("comment", id_of(&deleted))];
        for (subject, id) in things(&event, &comment, &cem).into_iter().chain(more) {
            let reply = bob.post(PATH, body(subject, id, "Advertising"));
            reply.error(404, gone(subject));
        }
        assert_nothing(app);
    });
}

#[test]
fn a_repeated_report_takes_the_new_reason_while_it_is_open() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &ann, "Walk");
        let first = report(app, &bob, "event", id_of(&event), "Advertising");
        for reason in ["Worse than that", "Worse than that", "Advertising"] {
            tick(app);
            let reply = bob.post(PATH, body("event", id_of(&event), reason));
            let again = data(&reply, 201, RECEIVED);
            assert_eq!(again["id"], first["id"]);
            assert_eq!(again["reason"], reason);
            assert_eq!(again["state"], "open");
            let kept = format!("select count(*) from reports where reason = '{reason}'");
            assert_eq!(app.count(&kept), 1);
            app.changes(&[]);
        }
        assert_eq!(rows(app), 1);
        // Another person's, and one about another thing, are reports of their own.
        let other = report(app, &cem, "event", id_of(&event), "Advertising");
        assert_ne!(other["id"], first["id"]);
        report(app, &bob, "user", ann.id(), "Advertising");
        assert_eq!(rows(app), 3);
    });
}

#[test]
fn a_thing_is_reported_anew_once_its_report_was_decided() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let first = report(app, &bob, "user", ann.id(), "Advertising");
        assert_eq!(decide(app), 1);
        let second = report(app, &bob, "user", ann.id(), "Still advertising");
        assert_ne!(second["id"], first["id"]);
        let decided = "state = 'dismissed' and reason = 'Advertising'";
        let decided = format!("select count(*) from reports where {decided}");
        assert_eq!(app.count(&decided), 1, "the first one stays as it was");
    });
}

#[test]
fn a_call_repeated_under_its_key_reports_once() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let keyed = bob.with("Idempotency-Key", "report-1");
        let first = keyed.post(PATH, body("user", ann.id(), "Advertising"));
        first.ok(201);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        app.changes(&["report.created"]);
        bob.post(PATH, body("user", ann.id(), "Worse")).ok(201);
        for _ in 0..2 {
            let replay = keyed.post(PATH, body("user", ann.id(), "Advertising"));
            assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
            assert_eq!(replay.ok(201), first.json());
            decide(app);
        }
        let other = keyed.post(PATH, body("user", cem.id(), "Advertising"));
        assert_eq!(other.status(), 422, "{}", other.text());
        app.changes(&[]);
        assert_eq!(rows(app), 1);
        let kept = "select count(*) from reports where reason = 'Worse'";
        assert_eq!(app.count(kept), 1, "a replay changes nothing");
    });
}

#[test]
fn one_person_reporting_one_thing_many_times_at_once_makes_one_report() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let start = Barrier::new(8);
        let mut ids: Vec<String> = thread::scope(|scope| {
            let (ann, bob, start) = (&ann, &bob, &start);
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    scope.spawn(move || {
                        start.wait();
                        let reply = bob.post(PATH, body("user", ann.id(), &format!("No. {n}")));
                        id_of(&data(&reply, 201, RECEIVED)).to_owned()
                    })
                })
                .collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.map(|id| id.expect("an answer")).collect()
        });
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(rows(app), 1);
        app.changes(&["report.created"]);
    });
}

#[test]
fn a_report_shows_neither_to_whom_it_is_about_nor_to_everyone() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let mut secrets = vec!["Zebrafish".to_owned()];
        for (subject, id) in things(&event, &comment, &ann) {
            let report = report(app, &bob, subject, id, "Zebrafish");
            secrets.push(id_of(&report).to_owned());
        }
        let (about, said) = (event_path(&event), comments_path(&event));
        for path in ["/api/users", "/api/users/@me/export", &about, &said] {
            let reply = ann.get(path);
            reply.ok(200);
            for secret in &secrets {
                assert!(!reply.text().contains(secret.as_str()), "{path}");
            }
        }
        let log = "select count(*) from changes where topic = 'report.created'";
        let told = format!("{log} and (subject like '%Zebra%' or fields like '%Zebra%')");
        assert_eq!(app.count(&told), 0, "the log holds no texts");
        assert_eq!(app.count(&format!("{log} and audience = 'everyone'")), 0);
    });
}
