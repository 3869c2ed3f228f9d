//! `PATCH /events/{id}`: the organiser cancels, the vendor approves or rejects, once.

use super::*;

/// What the server sets, or is set when the proposal is made; and what is not known.
const NOT_TO_SET: [&str; 12] = [
    "id",
    "eventName",
    "companyName",
    "location",
    "proposedDates",
    "proposedBy",
    "proposedTo",
    "eventId",
    "createdAt",
    "updatedAt",
    "Status",
    "anything",
];

/// Asserts that a decision is refused for this field, and that nothing changes.
#[track_caller]
fn refuses(app: &App, party: &Client, proposal: &Value, decision: Value, field: &str) {
    let reply = decide(party, proposal, decision.clone());
    invalid(&reply, field, decision);
    app.changes(&[]);
    assert_eq!(read(party, proposal), *proposal);
}

/// Decides a pending proposal as a party; asserts the change, the audit and all that shows.
#[track_caller]
fn decided(app: &App, party: &Client, before: &Value, decision: &Value) -> Value {
    tick(app);
    app.audit();
    let after = decide(party, before, decision.clone()).ok(200);
    let topic = format!("proposal.{}", text(&decision["status"]));
    app.changes(&[topic.as_str()]);
    assert_eq!(app.audit(), [topic]);
    assert_ne!(after["updatedAt"], before["updatedAt"]);
    assert_instant(&after["updatedAt"]);
    let mut expected = set(before.clone(), "updatedAt", after["updatedAt"].clone());
    for (field, value) in decision.as_object().expect("an object") {
        expected[field] = value.clone();
    }
    assert_eq!(after, expected);
    assert_eq!(read(party, before), after);
    after
}

#[test]
fn each_party_decides_what_is_its_own_to_decide() {
    each(|app| {
        let [orla, vera] = pair(app);
        for (party, other, decision) in [
            (&orla, &vera, canceled()),
            (&vera, &orla, approved()),
            (&vera, &orla, rejected()),
            (&vera, &orla, set(approved(), "remarks", "See you there.")),
        ] {
            let before = propose(app, &orla, &vera);
            let after = decided(app, party, &before, &decision);
            assert_eq!(read(other, &before), after);
        }
    });
}

#[test]
fn a_vendor_approves_any_one_of_the_days() {
    each(|app| {
        let [orla, vera] = pair(app);
        for day in DAYS {
            let before = propose(app, &orla, &vera);
            let decision = json!({ "status": "approved", "eventDate": day });
            decided(app, &vera, &before, &decision);
        }
    });
}

#[test]
fn what_is_the_other_partys_to_decide_is_forbidden() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        let pending = json!({ "status": "pending" });
        for (party, decision) in [
            (&orla, approved()),
            (&orla, rejected()),
            (&orla, pending.clone()),
            (&vera, canceled()),
            (&vera, pending),
        ] {
            let reply = decide(party, &proposal, decision);
            reply.refused_as(403, "Forbidden");
            app.changes(&[]);
            assert_eq!(read(party, &proposal), proposal);
        }
    });
}

#[test]
fn a_status_is_needed_and_one_of_four() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        for party in [&orla, &vera] {
            for status in [
                "",
                " ",
                "nonsense",
                "cancelled",
                "Canceled",
                "APPROVED",
                "approve",
                "approved\0",
                "pending,approved",
            ] {
                let decision = json!({ "status": status });
                refuses(app, party, &proposal, decision, "status");
            }
            for status in no_texts() {
                let decision = json!({ "status": status });
                refuses(app, party, &proposal, decision, "status");
            }
            refuses(app, party, &proposal, json!({}), "status");
            refuses_other_bodies(party, "PATCH", &proposal_path(&proposal));
        }
        let remarks = json!({ "remarks": "Fine" });
        refuses(app, &vera, &proposal, remarks, "status");
    });
}

#[test]
fn every_other_key_is_refused_beside_every_status() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        for (party, decision) in [
            (&orla, canceled()),
            (&vera, approved()),
            (&vera, rejected()),
        ] {
            for key in NOT_TO_SET {
                let decision = set(decision.clone(), key, "text");
                refuses(app, party, &proposal, decision, key);
                // Not even what it is already.
                let same = proposal.get(key).cloned().unwrap_or_default();
                let decision = set(canceled(), key, same);
                refuses(app, &orla, &proposal, decision, key);
            }
        }
    });
}

#[test]
fn a_cancellation_has_neither_a_day_nor_remarks() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        for (key, value) in [("eventDate", DAYS[0]), ("remarks", "Sorry")] {
            let decision = set(canceled(), key, value);
            refuses(app, &orla, &proposal, decision, key);
        }
    });
}

#[test]
fn an_approval_names_one_of_the_days() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        let nameless = json!({ "status": "approved" });
        refuses(app, &vera, &proposal, nameless, "eventDate");
        for day in [
            "",
            "nonsense",
            "2031-06-13",
            "2031-06-17",
            "2030-06-14",
            "2001-06-14",
            "2031-02-30",
            "2031-6-14",
            "+2031-06-14",
            "20310614",
            "2031-06-14T00:00:00Z",
            "2031-06-14\0",
            "2031-06-14,2031-06-15",
        ] {
            let decision = set(approved(), "eventDate", day);
            refuses(app, &vera, &proposal, decision, "eventDate");
        }
        for day in no_texts() {
            let decision = set(approved(), "eventDate", day);
            refuses(app, &vera, &proposal, decision, "eventDate");
        }
        let days = set(approved(), "eventDate", json!(DAYS));
        refuses(app, &vera, &proposal, days, "eventDate");
    });
}

#[test]
fn a_day_that_has_passed_is_not_approved() {
    each(|app| {
        let [orla, vera] = pair(app);
        let today = app.clock().now().date_naive();
        let [soon, later] = [2, 9].map(|days| (today + TimeDelta::days(days)).to_string());
        let body = proposal(&kind(&orla, "Others"), &vera);
        let body = set(body, "proposedDates", json!([soon, later]));
        let made = orla.post(EVENTS, body).ok(201);
        app.changes(&["proposal.created"]);
        app.clock().advance(TimeDelta::days(5));
        let vera = app.account("vera", VENDOR);
        let past = set(approved(), "eventDate", soon);
        refuses(app, &vera, &made, past, "eventDate");
        let ahead = set(approved(), "eventDate", later);
        decided(app, &vera, &made, &ahead);
    });
}

#[test]
fn a_rejection_has_remarks_and_no_day() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        let silent = json!({ "status": "rejected" });
        refuses(app, &vera, &proposal, silent, "remarks");
        let long = "ü".repeat(1001);
        for remarks in ["", " \n ", "No\0", long.as_str()] {
            let decision = set(rejected(), "remarks", remarks);
            refuses(app, &vera, &proposal, decision, "remarks");
        }
        let decision = set(approved(), "remarks", long.as_str());
        refuses(app, &vera, &proposal, decision, "remarks");
        for remarks in no_texts() {
            let decision = set(rejected(), "remarks", remarks);
            refuses(app, &vera, &proposal, decision, "remarks");
        }
        let dated = set(rejected(), "eventDate", DAYS[0]);
        refuses(app, &vera, &proposal, dated, "eventDate");
    });
}

#[test]
fn remarks_are_a_text_of_1_to_1000_characters() {
    each(|app| {
        let [orla, vera] = pair(app);
        let decomposed = "e\u{301}".repeat(1000);
        for (given, kept) in [
            ("X", "X"),
            (
                "  No.\nNot in Zu\u{308}rich <b> 🎪\n",
                "No.\nNot in Zürich <b> 🎪",
            ),
            (decomposed.as_str(), "é".repeat(1000).as_str()),
        ] {
            for decision in [rejected(), approved()] {
                let before = propose(app, &orla, &vera);
                let decision = set(decision, "remarks", given);
                let after = decide(&vera, &before, decision).ok(200);
                let topic = format!("proposal.{}", text(&after["status"]));
                app.changes(&[topic.as_str()]);
                assert_eq!(after["remarks"], kept);
                assert_eq!(read(&orla, &before), after);
            }
        }
    });
}

#[test]
fn nobody_decides_twice() {
    each(|app| {
        let [orla, vera] = pair(app);
        let decisions = [
            (&orla, canceled()),
            (&vera, approved()),
            (&vera, rejected()),
        ];
        for (first, decision) in &decisions {
            let before = propose(app, &orla, &vera);
            let after = decided(app, first, &before, decision);
            tick(app);
            for (second, decision) in &decisions {
                let reply = decide(second, &before, decision.clone());
                reply.refused_as(409, "Conflict");
                assert_eq!(read(second, &before), after);
            }
            app.changes(&[]);
            assert_eq!(app.audit(), [""; 0]);
        }
    });
}

#[test]
fn a_bad_decision_is_bad_also_when_it_comes_too_late() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        let proposal = decided(app, &vera, &proposal, &rejected());
        for (party, decision, field) in [
            (&orla, set(canceled(), "remarks", "Sorry"), "remarks"),
            (&orla, json!({ "status": "nonsense" }), "status"),
            (&vera, json!({ "status": "approved" }), "eventDate"),
            (&vera, json!({ "status": "rejected" }), "remarks"),
            (&vera, set(approved(), "location", "Here"), "location"),
        ] {
            refuses(app, party, &proposal, decision, field);
        }
        for (party, decision) in [(&orla, approved()), (&vera, canceled())] {
            let reply = decide(party, &proposal, decision);
            reply.refused_as(403, "Forbidden");
        }
        app.changes(&[]);
    });
}

#[test]
fn what_is_not_ones_own_is_not_found() {
    each(|app| {
        let [orla, vera] = pair(app);
        let others = accounts(app, [("oscar", ORGANISER), ("victor", VENDOR)]);
        let proposal = propose(app, &orla, &vera);
        for other in &others {
            for decision in [
                canceled(),
                approved(),
                rejected(),
                json!({ "status": "nonsense" }),
            ] {
                let reply = decide(other, &proposal, decision);
                reply.refused_as(404, "NotFound");
            }
        }
        for party in [&orla, &vera] {
            for id in MALFORMED.into_iter().chain([UNKNOWN]) {
                let reply = party.patch(&format!("{EVENTS}/{id}"), canceled());
                reply.refused_as(404, "NotFound");
            }
        }
        app.changes(&[]);
        assert_eq!(read(&orla, &proposal), proposal);
    });
}

#[test]
fn someone_suspended_decides_nothing() {
    each(|app| {
        let [orla, vera] = pair(app);
        let proposal = propose(app, &orla, &vera);
        mark(app, &orla, "suspended_at");
        mark(app, &vera, "suspended_at");
        for (party, decision) in [
            (&orla, canceled()),
            (&vera, approved()),
            (&vera, rejected()),
        ] {
            let reply = decide(party, &proposal, decision);
            reply.refused_as(403, "Forbidden");
            assert_eq!(read(party, &proposal), proposal);
        }
        app.changes(&[]);
        assert_eq!(app.sql("update users set suspended_at = null"), 2);
        decided(app, &vera, &proposal, &approved());
    });
}
