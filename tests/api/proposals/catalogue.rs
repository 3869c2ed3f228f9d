//! `/available-events`: the catalogue of types, which everybody reads and admins keep.

use super::*;

const KEYS: [&str; 4] = ["createdAt", "eventName", "id", "updatedAt"];

/// What a fresh database knows, in the order of the list.
const FIRST: [&str; 4] = [
    "Health Talks",
    "Onsite Screenings",
    "Others",
    "Virtual Workshops",
];

fn named(name: &str) -> Value {
    json!({ "eventName": name })
}

/// The names of the catalogue, in its order.
#[track_caller]
fn names(client: &Client) -> Vec<String> {
    texts(&page(client, &format!("{TYPES}?limit=100")).0, "eventName")
}

/// Asserts that a name is refused because it is taken.
#[track_caller]
fn taken(reply: &Reply, name: &str) {
    assert_eq!(reply.status(), 409, "{name}: {}", reply.text());
    reply.refused_as(409, "Conflict");
}

/// Removes all types but the first, and drains the changes.
#[track_caller]
fn leave_one(app: &App, admin: &Client, reader: &Client) {
    for name in &FIRST[1..] {
        admin.delete(&kind_path(&kind(reader, name))).no_content();
        app.changes(&["event_type.deleted"]);
    }
}

#[test]
fn a_fresh_server_has_four_types() {
    each(|app| {
        for reader in &pair(app) {
            let (kinds, about) = page(reader, TYPES);
            assert_eq!(about, pages(4, 1, 1));
            assert_eq!(texts(&kinds, "eventName"), FIRST);
            for kind in &kinds {
                assert_eq!(keys(kind), KEYS);
                assert_instant(&kind["createdAt"]);
                assert_instant(&kind["updatedAt"]);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn admins_who_write_keep_the_catalogue_and_nobody_else() {
    each(|app| {
        let [orla, vera] = pair(app);
        let others = kind(&orla, "Others");
        let path = kind_path(&others);
        let (root, analyst) = (root(app), app.admin("analyst"));
        let manager = app.admin("event_manager");
        let session = app.user("ann");
        app.changes(&["admin.created", "admin.created", "user.created"]);
        let anon = app.anon();
        let garbage = anon.bearer("garbage");
        for (caller, status, name) in [
            (&anon, 401, "Unauthorized"),
            (&garbage, 401, "Unauthorized"),
            (&session, 401, "Unauthorized"),
            (&orla, 403, "Forbidden"),
            (&vera, 403, "Forbidden"),
            (&analyst, 403, "Forbidden"),
        ] {
            caller.post(TYPES, named("Yoga")).refused_as(status, name);
            caller.patch(&path, named("Yoga")).refused_as(status, name);
            caller.delete(&path).refused_as(status, name);
        }
        app.changes(&[]);
        assert_eq!(names(&orla), FIRST);
        app.audit();
        for (admin, name) in [(&manager, "Yoga"), (&root, "Zumba")] {
            let made = add_kind(app, admin, name);
            assert_eq!(kind(&vera, name), made);
            let path = kind_path(&made);
            admin.patch(&path, named("Tango")).ok(200);
            app.changes(&["event_type.renamed"]);
            admin.delete(&path).no_content();
            app.changes(&["event_type.deleted"]);
            let acts = ["created", "renamed", "deleted"].map(|act| format!("event_type.{act}"));
            assert_eq!(app.audit(), acts);
        }
        assert_eq!(names(&orla), FIRST);
    });
}

#[test]
fn a_new_type_has_a_name_of_one_line() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        let mut bad = vec![String::new(), " \u{3000}".to_owned(), "ü".repeat(121)];
        bad.extend(CONTROLS.map(|character| format!("Yo{character}ga")));
        for name in bad {
            let reply = root.post(TYPES, named(&name));
            invalid(&reply, "eventName", name);
        }
        needs_texts(&named("Yoga"), &["eventName"], |body| {
            root.post(TYPES, body)
        });
        refuses_other_bodies(&root, "POST", TYPES);
        app.changes(&[]);
        assert_eq!(names(&orla), FIRST);
        let decomposed = "e\u{301}".repeat(120);
        for (given, kept) in [
            ("Y", "Y"),
            ("  Zu\u{308}rich <b>day</b> ", "Zürich <b>day</b>"),
            (decomposed.as_str(), "é".repeat(120).as_str()),
        ] {
            let made = add_kind(app, &root, given);
            assert_eq!(keys(&made), KEYS);
            assert_eq!(made["eventName"], kept);
            assert_eq!(made["createdAt"], made["updatedAt"]);
            assert_eq!(kind(&orla, kept), made);
        }
    });
}

#[test]
fn a_name_is_taken_once_whatever_its_case() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        add_kind(app, &root, "Zürich");
        add_kind(app, &root, "Йога");
        let others = kind_path(&kind(&orla, "Others"));
        for name in [
            "Zürich",
            "ZÜRICH",
            "zürich",
            " zÜrich ",
            "ZU\u{308}RICH",
            "ЙОГА",
            "йога",
            "health talks",
            "HEALTH TALKS",
        ] {
            taken(&root.post(TYPES, named(name)), name);
            taken(&root.patch(&others, named(name)), name);
        }
        app.changes(&[]);
        assert_eq!(names(&orla).len(), 6);
        assert_eq!(kind(&orla, "Others")["eventName"], "Others");
        // Without its dots it is another name.
        add_kind(app, &root, "Zurich");
    });
}

#[test]
fn a_type_is_renamed() {
    each(|app| {
        let [orla, vera] = pair(app);
        let root = root(app);
        let proposal = propose(app, &orla, &vera);
        let before = kind(&orla, "Health Talks");
        tick(app);
        let after = root
            .patch(&kind_path(&before), named(" Wealth Talks "))
            .ok(200);
        app.changes(&["event_type.renamed"]);
        assert_eq!(keys(&after), KEYS);
        assert_ne!(after["updatedAt"], before["updatedAt"]);
        let expected = set(before.clone(), "eventName", "Wealth Talks");
        let updated = after["updatedAt"].clone();
        assert_eq!(after, set(expected, "updatedAt", updated));
        let moved = [
            "Onsite Screenings",
            "Others",
            "Virtual Workshops",
            "Wealth Talks",
        ];
        assert_eq!(names(&vera), moved);
        for party in [&orla, &vera] {
            assert_eq!(read(party, &proposal)["eventName"], after);
        }
        // The old name is free.
        add_kind(app, &root, "Health Talks");
    });
}

#[test]
fn a_type_takes_its_own_name_in_another_case() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        let path = kind_path(&add_kind(app, &root, "Zürich"));
        for name in ["ZÜRICH", "zürich", "Zürich"] {
            let renamed = root.patch(&path, named(name)).ok(200);
            assert_eq!(renamed["eventName"], name);
            app.changes(&["event_type.renamed"]);
            assert_eq!(kind(&orla, name), renamed);
        }
        assert_eq!(names(&orla).len(), 5);
    });
}

#[test]
fn a_new_name_obeys_the_rules_and_comes_alone() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        let path = kind_path(&kind(&orla, "Others"));
        let mut bad = vec![String::new(), " ".to_owned(), "ü".repeat(121)];
        bad.extend(CONTROLS.map(|character| format!("Yo{character}ga")));
        for name in bad {
            let reply = root.patch(&path, named(&name));
            invalid(&reply, "eventName", name);
        }
        needs_texts(&named("Yoga"), &["eventName"], |body| {
            root.patch(&path, body)
        });
        for key in ["id", "createdAt", "updatedAt", "eventname", "name", "x"] {
            let reply = root.patch(&path, set(named("Yoga"), key, "text"));
            invalid(&reply, key, key);
        }
        refuses_other_bodies(&root, "PATCH", &path);
        app.changes(&[]);
        assert_eq!(names(&orla), FIRST);
    });
}

#[test]
fn a_deleted_type_is_gone_and_its_name_is_free() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        let path = kind_path(&kind(&orla, "Others"));
        root.delete(&path).no_content();
        app.changes(&["event_type.deleted"]);
        assert_eq!(names(&orla), [FIRST[0], FIRST[1], FIRST[3]]);
        root.delete(&path).refused_as(404, "NotFound");
        root.patch(&path, named("Yoga")).refused_as(404, "NotFound");
        app.changes(&[]);
        let again = add_kind(app, &root, "OTHERS");
        assert_ne!(kind_path(&again), path);
    });
}

#[test]
fn an_unknown_or_malformed_id_is_not_found() {
    each(|app| {
        let root = root(app);
        for id in MALFORMED.into_iter().chain([UNKNOWN]) {
            let path = format!("{TYPES}/{id}");
            root.patch(&path, named("Yoga")).refused_as(404, "NotFound");
            root.delete(&path).refused_as(404, "NotFound");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_type_that_any_proposal_is_of_stays() {
    each(|app| {
        let [orla, vera] = pair(app);
        let root = root(app);
        let path = kind_path(&kind(&orla, "Health Talks"));
        let stays = || {
            root.delete(&path).refused_as(409, "Conflict");
            app.changes(&[]);
            assert_eq!(names(&orla), FIRST);
        };
        for (party, decision) in [
            (&orla, canceled()),
            (&vera, rejected()),
            (&vera, approved()),
        ] {
            let proposal = propose(app, &orla, &vera);
            stays();
            let decided = decide(party, &proposal, decision).ok(200);
            let topic = format!("proposal.{}", text(&decided["status"]));
            app.changes(&[topic.as_str()]);
            stays();
        }
    });
}

#[test]
fn pages_hold_each_type_once() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        for name in [
            "Dance", "Chess", "Pottery", "Archery", "Judo", "Music", "Quiz",
        ] {
            add_kind(app, &root, name);
        }
        let all = names(&orla);
        assert_eq!(all.len(), 11);
        assert!(all.is_sorted(), "{all:?}");
        let (first, about) = page(&orla, TYPES);
        assert_eq!(about, pages(11, 1, 2));
        assert_eq!(texts(&first, "eventName"), all[..10]);
        for limit in [1, 4, 10, 11, 100] {
            let total = all.len().div_ceil(limit);
            let mut walked = Vec::new();
            for number in 1..=total {
                let path = format!("{TYPES}?limit={limit}&page={number}");
                let (kinds, about) = page(&orla, &path);
                assert_eq!(about, pages(11, number, total));
                walked.extend(texts(&kinds, "eventName"));
            }
            assert_eq!(walked, all, "limit {limit}");
            let path = format!("{TYPES}?limit={limit}&page={}", total + 1);
            assert_eq!(page(&orla, &path), (vec![], pages(11, total + 1, total)));
        }
        app.changes(&[]);
    });
}

#[test]
fn bad_limits_and_pages_are_refused() {
    each(|app| {
        let [orla, _] = pair(app);
        refuses_bad_pages(&orla, TYPES);
        app.changes(&[]);
    });
}

#[test]
fn a_long_catalogue_costs_as_much_as_a_short_one() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        leave_one(app, &root, &orla);
        let path = format!("{TYPES}?limit=100");
        assert_eq!(names(&orla), FIRST[..1]);
        let of_one = cost(app, &orla, &path);
        for number in 0..9 {
            add_kind(app, &root, &format!("Type {number}"));
        }
        assert_eq!(names(&orla).len(), 10);
        assert_eq!(cost(app, &orla, &path), of_one);
    });
}
