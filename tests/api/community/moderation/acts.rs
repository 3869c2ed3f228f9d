//! What is done about reports, and by whom.

use super::*;

#[test]
fn reports_are_listed_oldest_first_by_their_state() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let ids = [
            ("event", id_of(&event)),
            ("comment", id_of(&comment)),
            ("user", ann.id()),
        ]
        .map(|(subject, id)| {
            tick(app);
            report(app, &bob, subject, id)
        });
        let answer = root.get(PATH).ok(200);
        assert_eq!(keys(&answer), ["data", "message", "next"]);
        assert_eq!(answer["message"], FETCHED);
        let reports = answer["data"].as_array().expect("a list");
        assert_eq!(texts(reports, "id"), ids);
        for report in reports {
            assert_eq!(keys(report).join(" "), KEYS);
            assert_eq!(report["reason"], "Spam");
            assert_eq!(report["state"], "open");
            assert_eq!(report["reporter_id"], bob.id());
            assert_eq!(report["author_id"], ann.id());
            for open in ["why", "decided_at", "decided_by"] {
                assert_eq!(report[open], Value::Null, "{open}");
            }
            assert_stamp(&report["created_at"]);
        }
        assert_eq!(texts(reports, "subject"), ["event", "comment", "user"]);
        assert_eq!(reports[2]["subject_id"], ann.id());
        assert_eq!(listed(&root, "open"), ids);
        for state in ["dismissed", "upheld"] {
            assert!(listed(&root, state).is_empty(), "{state}");
        }
        let pages = walk(&root, &format!("{PATH}?limit=1"));
        assert_eq!(texts(&pages, "id"), ids);
        app.changes(&[]);
    });
}

#[test]
fn a_list_of_another_form_is_a_bad_request() {
    each(|app| {
        let root = root(app);
        for limit in ["1", "100"] {
            root.get(&format!("{PATH}?limit={limit}")).ok(200);
        }
        for query in [
            "limit=0",
            "limit=101",
            "limit=abc",
            "state=nonsense",
            "state=Open",
            "state=",
            "cursor=nonsense",
            "cursor=",
        ] {
            root.get(&format!("{PATH}?{query}")).refused(400);
        }
    });
}

#[test]
fn a_dismissal_changes_nothing_but_the_report() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let one = report(app, &bob, "event", id_of(&event));
        let two = report(app, &bob, "user", ann.id());
        app.audit();
        let reply = decide(&root, "dismiss", &one);
        assert_decided(&reply, DISMISSED, &root, &one);
        app.changes(&["report.dismissed"]);
        assert_eq!(app.audit(), ["report.dismissed"]);
        assert_open(app, &two);
        assert_eq!(listed(&root, "open"), [two]);
        read_event(&bob, &event);
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn an_event_or_a_comment_that_is_removed_is_gone() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [bad, good] = ["Bad", "Good"].map(|title| announce(app, &ann, title));
        let comment = say(app, &ann, &good, "Buy now");
        let stays = say(app, &ann, &good, "Hello");
        let event = report(app, &bob, "event", id_of(&bad));
        let remark = report(app, &bob, "comment", id_of(&comment));
        app.audit();
        let reply = decide(&root, "remove", &event);
        assert_decided(&reply, UPHELD, &root, &event);
        app.changes(&["event.cancelled", "report.upheld"]);
        assert_eq!(app.audit(), ["report.removed"]);
        let reply = decide(&root, "remove", &remark);
        assert_decided(&reply, UPHELD, &root, &remark);
        app.changes(&["comment.deleted", "report.upheld"]);
        assert_eq!(app.audit(), ["report.removed"]);
        for reader in [&app.anon(), &ann, &bob] {
            reader.get(&event_path(&bad)).error(404, "Event not found");
            let (comments, _) = page(reader, &comments_path(&good), None);
            assert_eq!(texts(&comments, "id"), [id_of(&stays)]);
            assert_eq!(read_event(reader, &good)["comments"], 1);
        }
        // Its author is still welcome.
        say(app, &ann, &good, "What happened?");
    });
}

#[test]
fn someone_suspended_is_signed_out_and_writes_nothing_until_restored() {
    each(|app| {
        let root = root(app);
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let like = format!("/api/likes/{}", id_of(&say(app, &ann, &event, "Hello")));
        for (name, subject) in [("bob", "event"), ("cem", "comment"), ("dag", "user")] {
            let [person] = people(app, [name]);
            let id = match subject {
                "event" => id_of(&announce(app, &person, "Party")).to_owned(),
                "comment" => id_of(&say(app, &person, &event, "Buy now")).to_owned(),
                _ => person.id().to_owned(),
            };
            let report = report(app, &ann, subject, &id);
            app.audit();
            assert_decided(&decide(&root, "suspend", &report), UPHELD, &root, &report);
            app.changes(&["user.suspended", "report.upheld"]);
            assert_eq!(app.audit(), ["report.suspended"]);
            person.get("/api/auth/@me").refused(401);
            let again = app.user(name);
            assert_eq!(again.id(), person.id(), "the same person");
            again.get("/api/users/@me/export").ok(200);
            again.raw("PUT", &like, None, b"").error(403, NO_LIKES);
            again
                .post("/api/events", new_event("Late"))
                .error(403, FORBIDDEN);
            app.changes(&[]);
            app.audit();
            let restored = data(&restore(&root, person.id()), 200, RESTORED);
            assert_eq!(keys(&restored), ["avatar", "id", "name"]);
            assert_eq!(restored["id"], person.id());
            assert_eq!(restored["name"], name);
            app.changes(&["user.restored"]);
            assert_eq!(app.audit(), ["user.restored"]);
            again.raw("PUT", &like, None, b"").ok(200);
            app.changes(&["comment.liked"]);
        }
        ann.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn someone_suspended_reads_proposals_and_makes_none() {
    each(|app| {
        let root = root(app);
        let [ann] = people(app, ["ann"]);
        let vendor = app.account("vera", "vendor");
        let organiser = app.account("olga", "human-resource");
        app.changes(&["user.created"; 2]);
        let path = "/proposals/v1/events";
        let types = organiser.get("/proposals/v1/available-events").ok(200);
        let body = json!({
            "eventName": types["data"][0]["id"],
            "location": "Market Square",
            "proposedDates": ["2031-06-14"],
            "proposedTo": vendor.id(),
        });
        let report = report(app, &ann, "user", organiser.id());
        decide(&root, "suspend", &report).ok(200);
        app.changes(&["user.suspended", "report.upheld"]);
        let again = app.account("olga", "human-resource");
        again.get(path).ok(200);
        assert_eq!(again.post(path, body.clone()).status(), 403);
        app.changes(&[]);
        restore(&root, organiser.id()).ok(200);
        again.post(path, body).ok(201);
        app.changes(&["user.restored", "proposal.created"]);
    });
}

#[test]
fn only_administrators_of_the_highest_role_look_and_decide() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [manager, analyst] = ["event_manager", "analyst"].map(|role| app.admin(role));
        let vendor = app.account("vera", "vendor");
        app.changes(&["admin.created", "admin.created", "user.created"]);
        let report = report(app, &bob, "user", ann.id());
        let bearer = |token: &str| app.anon().with("Authorization", token);
        let stale = app
            .anon()
            .with("Cookie", "session=AAAAAAAAAAAAAAAAAAAAAAAA");
        let callers = [
            (app.anon(), 401),
            (stale, 401),
            (bearer("Bearer garbage"), 401),
            (bearer("Bearer"), 401),
            (bearer("Basic cm9vdEBleGFtcGxlLm9yZzp4"), 401),
            (vendor, 401),
            (ann.clone(), 403),
            (bob, 403),
            (manager, 403),
            (analyst, 403),
        ];
        app.audit();
        for (number, (caller, status)) in callers.iter().enumerate() {
            let mut replies = vec![caller.get(PATH), restore(caller, ann.id())];
            for id in [report.as_str(), UNKNOWN] {
                replies.extend(ACTS.map(|act| decide(caller, act, id)));
            }
            for reply in replies {
                assert_eq!(reply.status(), *status, "caller {number}: {reply:?}");
                reply.refused(*status);
                if *status == 401 {
                    let scheme = reply.header("WWW-Authenticate").unwrap_or_default();
                    assert!(scheme.starts_with("Bearer"), "caller {number}: {scheme}");
                }
            }
        }
        app.changes(&[]);
        assert!(app.audit().is_empty(), "nothing was decided");
        assert_open(app, &report);
        ann.get("/api/auth/@me").ok(200);
        decide(&root, "dismiss", &report).ok(200);
    });
}

#[test]
fn a_token_that_ended_decides_nothing() {
    each(|app| {
        let first = root(app);
        let second = app.admin("super_admin");
        app.changes(&["admin.created"]);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let report = report(app, &bob, "user", ann.id());
        second.get(PATH).ok(200);
        let path = format!("/api/v1/admin/admins/{}", second.id());
        let body = json!({ "is_active": false }).to_string();
        let kind = Some("application/json");
        first.raw("PATCH", &path, kind, body.as_bytes()).ok(200);
        app.changes(&["admin.updated"]);
        decide(&second, "dismiss", &report).refused(401);
        app.clock().advance(TimeDelta::minutes(16));
        first.get(PATH).refused(401);
        decide(&first, "suspend", &report).refused(401);
        restore(&first, ann.id()).refused(401);
        app.changes(&[]);
        assert_open(app, &report);
    });
}

#[test]
fn the_audit_says_who_decided_what() {
    each(|app| {
        let root = root(app);
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [one, two] = ["One", "Two"].map(|title| announce(app, &ann, title));
        let dismissed = report(app, &bob, "event", id_of(&one));
        let removed = report(app, &bob, "event", id_of(&two));
        let suspended = report(app, &bob, "user", ann.id());
        for (act, report) in ACTS.into_iter().zip([&dismissed, &removed, &suspended]) {
            decide(&root, act, report).ok(200);
        }
        restore(&root, ann.id()).ok(200);
        for (action, subject) in [
            ("report.dismissed", dismissed.as_str()),
            ("report.removed", removed.as_str()),
            ("report.suspended", suspended.as_str()),
            ("user.restored", ann.id()),
        ] {
            let path = format!("/api/v1/admin/audit?action={action}");
            let answer = root.get(&path).ok(200);
            let entries = answer["entries"].as_array().expect("a list");
            assert_eq!(entries.len(), 1, "{action}: {answer}");
            assert_eq!(entries[0]["action"], action);
            assert_eq!(entries[0]["actor_id"], root.id(), "{action}");
            assert_eq!(entries[0]["subject_id"], subject, "{action}");
            assert!(!answer.to_string().contains(WHY), "no texts: {answer}");
        }
        app.changes(&[
            "report.dismissed",
            "event.cancelled",
            "report.upheld",
            "user.suspended",
            "report.upheld",
            "user.restored",
        ]);
    });
}
