//! The operator's shell beside a running server: `folkmoot reports` and `folkmoot restore`.

use std::thread;

use super::process::Ran;
use super::*;

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// What likes say to someone suspended.
const NO_LIKES: &str = "you are not allowed to perform such actions";

const DECISIONS: [&str; 3] = ["dismiss", "remove", "suspend"];

/// The id of whoever calls.
#[track_caller]
fn id_of(caller: &Caller) -> String {
    text(&caller.get("/api/auth/@me").ok(200)["data"]["id"])
}

/// Says something about an event; answers the comment's id.
#[track_caller]
fn comment_on(caller: &Caller, event: &str, body: &str) -> String {
    let made = caller.post(&comments_path(event), &json!({ "body": body }));
    text(&made.ok(201)["data"]["id"])
}

/// Reports a thing; answers the report's id.
#[track_caller]
fn report(caller: &Caller, subject: &str, id: &str, reason: &str) -> String {
    let body = json!({ "subject": subject, "id": id, "reason": reason });
    text(&caller.post("/api/reports", &body).ok(201)["data"]["id"])
}

fn decide(site: &Site, decision: &str, id: &str) -> Ran {
    site.run(&["reports", decision, id, "--why", "It's advertising"])
}

/// What `folkmoot reports` lists of one state.
#[track_caller]
fn listed(site: &Site, state: &str) -> String {
    let ran = site.run(&["reports", "--state", state]);
    ran.ok().to_owned()
}

/// How many changes of a topic were recorded.
fn recorded(site: &Site, topic: &str) -> i64 {
    site.count(&format!(
        "select count(*) from changes where topic = '{topic}'"
    ))
}

/// How many changes came of decisions, whatever they were.
fn decided(site: &Site) -> i64 {
    site.count(
        "select count(*) from changes where topic in ('report.dismissed', 'report.upheld', \
         'user.suspended', 'user.restored', 'event.cancelled', 'comment.deleted')",
    )
}

/// Asserts what has become of a report, and that it says why and when.
#[track_caller]
fn assert_decided(site: &Site, report: &str, state: &str) {
    let rows = site.count(&format!(
        "select count(*) from reports where id = '{report}' and state = '{state}' \
         and why = 'It''s advertising' and decided_at is not null"
    ));
    assert_eq!(rows, 1, "{report} is {state}");
}

/// Asserts that a report is as it was made.
#[track_caller]
fn assert_open(site: &Site, report: &str) {
    let rows = site.count(&format!(
        "select count(*) from reports where id = '{report}' and state = 'open' \
         and why is null and decided_at is null"
    ));
    assert_eq!(rows, 1, "{report} is open");
}

/// Asserts that a command was refused: with one line of ours, or by its form.
#[track_caller]
fn assert_refused(ran: &Ran) {
    assert_eq!(ran.stdout, "", "{ran:?}");
    match ran.status.code() {
        Some(2) => assert!(ran.stderr.starts_with("error: "), "{ran:?}"),
        _ => {
            ran.refused();
        }
    }
}

#[test]
fn a_report_is_listed_by_its_state_and_a_dismissal_changes_nothing_else() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        assert!(!site.run(&["reports"]).ok().contains("Spam"));
        let event = make_event(&ann);
        let one = report(&bob, "event", &event, "Spam it is");
        let two = report(&bob, "user", &id_of(&ann), "Rude she is");
        let all = site.run(&["reports"]);
        for words in [one.as_str(), &two, "Spam it is", "Rude she is"] {
            assert!(all.ok().contains(words), "no {words}: {all:?}");
            assert!(listed(&site, "open").contains(words), "no {words}");
        }
        for state in ["dismissed", "upheld"] {
            let listed = listed(&site, state);
            assert!(!listed.contains(&one) && !listed.contains(&two), "{listed}");
        }
        decide(&site, "dismiss", &one).ok();
        assert_decided(&site, &one, "dismissed");
        assert_open(&site, &two);
        for (state, ours, theirs) in [
            ("open", false, true),
            ("dismissed", true, false),
            ("upheld", false, false),
        ] {
            let listed = listed(&site, state);
            assert_eq!(listed.contains(&one), ours, "{state}: {listed}");
            assert_eq!(listed.contains(&two), theirs, "{state}: {listed}");
        }
        bob.get(&event_path(&event)).ok(200);
        comment_on(&ann, &event, "Still here");
        assert_eq!(recorded(&site, "report.dismissed"), 1);
        assert_eq!(decided(&site), 1);
    }
}

#[test]
fn an_event_that_is_removed_is_not_found_from_then_on() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let (bad, good) = (make_event(&ann), make_event(&ann));
        let comment = comment_on(&bob, &bad, "Hello");
        let id = report(&bob, "event", &bad, "Spam");
        decide(&site, "remove", &id).ok();
        assert_decided(&site, &id, "upheld");
        for caller in [&ann, &bob, &server.anon()] {
            caller.get(&event_path(&bad)).refused(404);
            caller.get(&comments_path(&bad)).refused(404);
            caller.get(&format!("/api/likes/{comment}")).refused(404);
            let list = caller.get("/api/events").ok(200);
            let events = list["data"].as_array().expect("a list");
            assert_eq!(events.len(), 1);
            assert_eq!(events[0]["id"], *good);
        }
        assert!(listed(&site, "upheld").contains(&id));
        // Its creator is still welcome.
        comment_on(&ann, &good, "Hello");
        assert_eq!(recorded(&site, "report.upheld"), 1);
        assert_eq!(recorded(&site, "event.cancelled"), 1);
        assert_eq!(decided(&site), 2);
        site.run(&["verify"]).ok();
    }
}

#[test]
fn a_comment_that_is_removed_is_not_found_from_then_on() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let event = make_event(&ann);
        let bad = comment_on(&bob, &event, "Buy now");
        let good = comment_on(&bob, &event, "Hello");
        let id = report(&ann, "comment", &bad, "Spam");
        decide(&site, "remove", &id).ok();
        assert_decided(&site, &id, "upheld");
        ann.get(&format!("/api/likes/{bad}")).refused(404);
        bob.put(
            &format!("/api/comments/{bad}"),
            &json!({ "body": "Buy later" }),
        )
        .refused(404);
        assert_eq!(comment_ids(&server.anon(), &event), [good]);
        let seen = ann.get(&event_path(&event)).ok(200);
        assert_eq!(seen["data"]["comments"], 1);
        comment_on(&bob, &event, "What happened?");
        assert_eq!(recorded(&site, "report.upheld"), 1);
        assert_eq!(recorded(&site, "comment.deleted"), 1);
        assert_eq!(decided(&site), 2);
        site.run(&["verify"]).ok();
    }
}

#[test]
fn someone_suspended_is_signed_out_and_writes_nothing_until_restored() {
    for site in Site::each() {
        let server = site.start();
        let ann = server.user("ann");
        let event = make_event(&ann);
        let comment = comment_on(&ann, &event, "Hello");
        let like = format!("/api/likes/{comment}");
        for (n, subject) in (1..).zip(["event", "comment", "user"]) {
            let name = format!("person-{n}");
            let (phone, desk) = (server.user(&name), server.user(&name));
            let person = id_of(&phone);
            let subject_id = match subject {
                "event" => make_event(&phone),
                "comment" => comment_on(&phone, &event, "Buy now"),
                _ => person.clone(),
            };
            let id = report(&ann, subject, &subject_id, "Spam");
            decide(&site, "suspend", &id).ok();
            assert_decided(&site, &id, "upheld");
            for ended in [&phone, &desk] {
                ended.get("/api/auth/@me").refused(401);
                ended.post(&like, &json!({})).refused(401);
            }
            let again = server.user(&name);
            assert_eq!(id_of(&again), person, "the same person");
            again.get(&event_path(&event)).ok(200);
            again.get("/api/users/@me/export").ok(200);
            let refused = again.post(&like, &json!({}));
            assert_eq!(refused.ok(403)["message"], NO_LIKES);
            again.post("/api/events", &picnic()).refused(403);
            assert_eq!(recorded(&site, "user.suspended"), n);
            assert_eq!(recorded(&site, "report.upheld"), n);

            site.run(&["restore", &person]).ok();
            again.put(&like, &json!({})).ok(200);
            assert_eq!(recorded(&site, "user.restored"), n);
            // Who wrote is not what was written.
            if subject == "event" {
                ann.get(&event_path(&subject_id)).ok(200);
            }
        }
        assert_eq!(comment_ids(&ann, &event).len(), 2);
        ann.get("/api/auth/@me").ok(200);
        assert_eq!(decided(&site), 9);
        site.run(&["verify"]).ok();
    }
}

#[test]
fn what_is_unknown_is_refused() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let event = make_event(&ann);
        let open = report(&bob, "event", &event, "Spam");
        for decision in DECISIONS {
            // The thing's id is not its report's.
            for id in [UNKNOWN, &event] {
                decide(&site, decision, id).refused();
            }
            for id in ["nonsense", "", "1", "' or '1' = '1", "%"] {
                assert_refused(&decide(&site, decision, id));
            }
        }
        for id in [UNKNOWN, &open] {
            site.run(&["restore", id]).refused();
        }
        for id in ["nonsense", "", "ann", "' or '1' = '1"] {
            assert_refused(&site.run(&["restore", id]));
        }
        assert_open(&site, &open);
        assert_eq!(decided(&site), 0);
        ann.get(&event_path(&event)).ok(200);
    }
}

#[test]
fn a_decided_report_is_not_decided_again() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let (kept, gone) = (make_event(&ann), make_event(&ann));
        let dismissed = report(&bob, "event", &kept, "Spam");
        let upheld = report(&bob, "event", &gone, "Spam");
        decide(&site, "dismiss", &dismissed).ok();
        decide(&site, "remove", &upheld).ok();
        let before = decided(&site);
        for decision in DECISIONS {
            let words = ["reports", decision, &dismissed, "--why", "Other"];
            site.run(&words).refused();
            assert_decided(&site, &dismissed, "dismissed");
        }
        // What is gone already is not removed, and what was upheld is not dismissed.
        for decision in ["dismiss", "remove"] {
            let words = ["reports", decision, &upheld, "--why", "Other"];
            site.run(&words).refused();
            assert_decided(&site, &upheld, "upheld");
        }
        assert_eq!(decided(&site), before);
        ann.get(&event_path(&kept)).ok(200);
    }
}

#[test]
fn what_was_upheld_can_be_acted_on_once_more() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob, cem) = (server.user("ann"), server.user("bob"), server.user("cem"));
        let event = make_event(&ann);
        let first = report(&bob, "event", &event, "Spam");
        let other = report(&cem, "event", &event, "Spam, too");
        decide(&site, "remove", &first).ok();
        bob.get(&event_path(&event)).refused(404);
        // The other report about it is settled with it, and its creator can still be suspended.
        assert_decided(&site, &other, "upheld");
        decide(&site, "suspend", &first).ok();
        ann.get("/api/auth/@me").refused(401);
        // Its title may have been why: calendars do not show it either.
        let calendar = bob.get(&format!("{}.ics", event_path(&event))).text();
        assert!(calendar.contains("SUMMARY:Cancelled event"), "{calendar}");
    }
}

#[test]
fn two_decisions_at_once_are_one() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let event = make_event(&ann);
        let id = report(&bob, "event", &event, "Spam");
        let [dismissed, removed] = thread::scope(|scope| {
            let (site, id) = (&site, &id);
            let threads = ["dismiss", "remove"]
                .map(|decision| scope.spawn(move || decide(site, decision, id)));
            threads.map(|thread| thread.join().expect("it ends"))
        });
        let (state, status, loser) = match dismissed.status.success() {
            true => ("dismissed", 200, &removed),
            false => ("upheld", 404, &dismissed),
        };
        loser.refused();
        assert_decided(&site, &id, state);
        assert_eq!(bob.get(&event_path(&event)).status, status);
        let both = recorded(&site, "report.dismissed") + recorded(&site, "report.upheld");
        assert_eq!(both, 1);
    }
}

#[test]
fn a_decision_without_a_reason_or_of_another_form_is_refused() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let open = report(&bob, "user", &id_of(&ann), "Spam");
        for decision in DECISIONS {
            let ran = site.run(&["reports", decision, &open]);
            assert_refused(&ran);
            assert!(ran.stderr.contains("--why"), "{ran:?}");
            assert_refused(&site.run(&["reports", decision, &open, "--why"]));
            assert_refused(&site.run(&["reports", decision, "--why", "Spam"]));
        }
        let nonsense: [&[&str]; 5] = [
            &["reports", "delete", &open, "--why", "Spam"],
            &["reports", "--state", "nonsense"],
            &["reports", "--state", "' or '1' = '1"],
            &["reports", "--state"],
            &["restore"],
        ];
        for words in nonsense {
            assert_refused(&site.run(words));
        }
        assert_open(&site, &open);
        assert_eq!(decided(&site), 0);
        ann.get("/api/auth/@me").ok(200);
    }
}

#[test]
fn who_was_not_suspended_is_not_restored() {
    for site in Site::each() {
        let server = site.start();
        let ann = server.user("ann");
        // Whether that is a failure or nothing to do, nothing is recorded.
        site.run(&["restore", &id_of(&ann)]);
        assert_eq!(recorded(&site, "user.restored"), 0);
        make_event(&ann);
    }
}

#[test]
fn a_reason_forges_no_line_of_the_list() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let reason = format!("Spam\n{UNKNOWN} user\n{UNKNOWN}");
        let id = report(&bob, "user", &id_of(&ann), &reason);
        let listed = listed(&site, "open");
        assert!(listed.contains(&id), "{listed}");
        let forged = listed.lines().find(|line| line.starts_with(UNKNOWN));
        assert_eq!(forged, None, "{listed}");
    }
}

#[test]
fn reports_are_decided_without_a_server_as_well() {
    for site in Site::each() {
        let server = site.start();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let event = make_event(&ann);
        let id = report(&bob, "event", &event, "Spam");
        server.stop().ok();
        assert!(listed(&site, "open").contains(&id));
        decide(&site, "remove", &id).ok();
        assert_decided(&site, &id, "upheld");
        let server = site.start();
        server.anon().get(&event_path(&event)).refused(404);
    }
}

#[test]
fn the_help_of_both_commands_has_an_example() {
    let site = Site::bare();
    for command in ["reports", "restore"] {
        let help = site.run(&[command, "--help"]);
        let (_, example) = help.ok().split_once("Example").expect("an example");
        let call = format!("folkmoot {command}");
        assert!(example.contains(&call), "{help:?}");
    }
    let help = site.run(&["reports", "--help"]);
    for word in DECISIONS.into_iter().chain(["--state"]) {
        assert!(help.ok().contains(word), "no {word}: {help:?}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}
