//! After two people became one: the one who went opens nothing and is named nowhere, and
//! proposals, exports, erasures and further links know the one who stays.

use super::*;

/// References to a person that somebody who did everything has.
const FILLED: [&str; 13] = [
    "calendars.user_id",
    "comment_likes.user_id",
    "comments.user_id",
    "event_interests.user_id",
    "events.creator_id",
    "grants.user_id",
    "group_members.user_id",
    "groups.creator_id",
    "idempotency_keys.user_id",
    "logins.user_id",
    "reports.author_id",
    "reports.reporter_id",
    "sessions.user_id",
];

/// Does one of everything as `old`, who has the user name `olga`.
#[track_caller]
fn live(app: &App, old: &Client, ann: &Client) {
    let event = announce(app, ann, "Walk");
    let comment = say(app, ann, &event, "Hello");
    announce(app, old, "Talk");
    let keyed = old.with("Idempotency-Key", "comment-1");
    let mine = json!({ "body": "Mine" });
    keyed.post(&comments_path(&event), mine).ok(201);
    like(old, &comment);
    care(old, &event);
    let team = gather(ann, "Walkers");
    enrol(ann, &team, old);
    gather(old, "Talkers");
    report(old, "event", id_of(&event));
    report(ann, "user", old.id());
    make_calendar(old);
    app.changes(&[
        "comment.created",
        "comment.liked",
        "interest.registered",
        "group.created",
        "group.member_added",
        "group.created",
        "report.created",
        "report.created",
    ]);
    let vera = sign_up(app, "vera", "vendor");
    propose(app, &sign_in(app, "olga"), vera.id());
}

#[test]
fn whoever_went_opens_nothing_any_more() {
    each(|app| {
        let old = olga(app);
        let phone = app.user("old");
        let token = sign_in(app, "olga");
        let [ann, new] = people(app, ["ann", "new"]);
        let group = gather(&ann, "Walkers");
        app.changes(&["group.created"]);
        token.get(PROPOSALS).ok(200);
        take_over(app, &old, &new);
        for session in [&old, &phone] {
            session.get("/api/auth/@me").refused(401);
            session.get("/api/users/@me/export").refused(401);
            session.post("/api/events", new_event("Late")).refused(401);
        }
        assert_eq!(token.get(PROPOSALS).status(), 401);
        let gone = format!("/api/users/{}", old.id());
        for reader in [&app.anon(), &ann, &new] {
            reader.get(&gone).error(404, NO_PERSON);
        }
        let member = format!("{}/members/{}", group_path(&group), old.id());
        let reply = ann.raw("POST", &member, None, b"");
        reply.error(404, "Group or user not found");
        let body = json!({ "subject": "user", "id": old.id(), "reason": "Gone" });
        ann.post("/api/reports", body).error(404, NO_PERSON);
        app.changes(&[]);
        new.get("/api/auth/@me").ok(200);
        let token = sign_in(app, "olga");
        token.get(PROPOSALS).ok(200);
        // The Google login was given up before, so that it is somebody new's.
        let [again] = people(app, ["old"]);
        assert_ne!(again.id(), old.id());
        assert_ne!(again.id(), new.id());
    });
}

#[test]
fn no_row_names_whoever_went() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        live(app, &old, &ann);
        let references = references(app);
        for reference in FILLED {
            let known = references.iter().any(|one| one == reference);
            assert!(known, "{reference} refers to people: {references:?}");
            let rows = rows_of(app, reference, old.id());
            assert!(rows > 0, "{reference} has something to move");
        }
        take_over(app, &old, &new);
        assert_forgotten(app, old.id());
        app.changes(&[]);
        let left = app.count("select count(*) from users");
        assert_eq!(left, 3, "ann, new and the vendor");
        assert_counts_agree(app);
        for reference in ["comments.user_id", "events.creator_id", "groups.creator_id"] {
            assert_eq!(rows_of(app, reference, new.id()), 1, "{reference}");
        }
        assert_eq!(proposals_of(&sign_in(app, "olga")).len(), 1);
    });
}

#[test]
fn an_account_that_was_used_for_proposals_only_leaves_no_trace_either() {
    each(|app| {
        let vera = sign_up(app, "vera", "vendor");
        let olga = sign_up(app, "olga", "human-resource");
        propose(app, &olga, vera.id());
        let [ann, bob] = people(app, ["ann", "bob"]);
        join(app, &ann, "olga");
        join(app, &bob, "vera");
        assert_forgotten(app, olga.id());
        assert_forgotten(app, vera.id());
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from users"), 2);
    });
}

#[test]
fn proposals_are_seen_by_whoever_signs_in_with_the_user_name() {
    each(|app| {
        let vera = sign_up(app, "vera", "vendor");
        let olga = sign_up(app, "olga", "human-resource");
        let proposal = propose(app, &olga, vera.id());
        let [ann, bob] = people(app, ["ann", "bob"]);
        for (person, username, before) in [(&ann, "olga", &olga), (&bob, "vera", &vera)] {
            join(app, person, username);
            assert_eq!(before.get(PROPOSALS).status(), 401, "{username}");
        }
        let (organiser, vendor) = (sign_in(app, "olga"), sign_in(app, "vera"));
        for party in [&organiser, &vendor] {
            let seen = proposals_of(party);
            assert_eq!(texts(&seen, "id"), [id_of(&proposal)]);
            assert_eq!(seen[0]["companyName"], "olga Ltd");
            for (side, username, id) in [
                ("proposedBy", "olga", ann.id()),
                ("proposedTo", "vera", bob.id()),
            ] {
                assert_eq!(seen[0][side]["id"], id, "{side}");
                assert_eq!(seen[0][side]["username"], username);
                assert_eq!(seen[0][side]["companyName"], format!("{username} Ltd"));
            }
        }
        let listed = organiser.get("/proposals/v1/users").ok(200);
        assert_eq!(listed["data"][0]["id"], bob.id());
        let path = format!("{PROPOSALS}/{}", id_of(&proposal));
        let body = json!({ "status": "approved", "eventDate": "2031-06-14" }).to_string();
        let kind = Some("application/json");
        vendor.raw("PATCH", &path, kind, body.as_bytes()).ok(200);
        app.changes(&["proposal.approved"]);
        app.deliver();
        app.changes(&["event.published"]);
        let (events, _) = page(&ann, &format!("/api/events?creator={}", ann.id()), None);
        assert_eq!(events.len(), 1, "the event is the organiser's");
    });
}

#[test]
fn an_export_holds_what_either_did() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &ann, "Walk");
        say(app, &old, &event, "Hello");
        say(app, &new, &event, "Good day");
        announce(app, &old, "Talk");
        take_over(app, &old, &new);
        let export = new.get("/api/users/@me/export").ok(200);
        assert_eq!(export["profile"]["name"], "new");
        let mut said = texts(&array(export["comments"].clone()), "body");
        said.sort_unstable();
        assert_eq!(said, ["Good day", "Hello"]);
        let events = texts(&array(export["events"].clone()), "title");
        assert_eq!(events, ["Talk"]);
        let logins = array(export["logins"].clone());
        assert_eq!(ways(&logins), ["google new", "username olga"]);
    });
}

#[test]
fn an_erasure_takes_along_what_either_did() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &ann, "Walk");
        say(app, &old, &event, "Hello");
        say(app, &ann, &event, "Who is there?");
        say(app, &new, &event, "Good day");
        take_over(app, &old, &new);
        let token = sign_in(app, "olga");
        new.delete("/api/users/@me").no_content();
        app.changes(&["user.erased"]);
        assert_eq!(token.get(PROPOSALS).status(), 401);
        let reply = app.anon().post(SIGN_IN, credentials("olga", PASSWORD));
        assert_eq!(reply.status(), 401);
        let (comments, _) = page(&ann, &comments_path(&event), None);
        assert_eq!(texts(&comments, "body"), ["", "Who is there?", ""]);
        for comment in [&comments[0], &comments[2]] {
            assert_eq!(comment["author"]["name"], "deleted user");
        }
        assert_forgotten(app, old.id());
        assert_eq!(app.count("select count(*) from logins"), 1);
        assert_counts_agree(app);
    });
}

#[test]
fn whoever_stays_may_go_to_a_third() {
    each(|app| {
        let old = olga(app);
        let [ann, new, third] = people(app, ["ann", "new", "third"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        for person in [&old, &new, &third] {
            say(app, person, &event, "Me, too");
            like(person, &comment);
            care(person, &event);
            app.changes(&["comment.liked", "interest.registered"]);
        }
        // No sweeper runs between.
        take_over(app, &old, &new);
        take_over(app, &new, &third);
        assert_eq!(ways(&logins_of(&third)), ["google third", "username olga"]);
        let (comments, _) = page(&ann, &comments_path(&event), None);
        let people = [ann.id(), third.id(), third.id(), third.id()];
        assert_eq!(texts(&comments, "user_id"), people);
        assert_eq!(comments[0]["likes"], 1);
        assert_eq!(read_event(&third, &event)["interested"], 1);
        for gone in [&old, &new] {
            gone.get("/api/auth/@me").refused(401);
            let path = format!("/api/users/{}", gone.id());
            app.anon().get(&path).error(404, NO_PERSON);
            assert_forgotten(app, gone.id());
        }
        assert_counts_agree(app);
        app.changes(&[]);
    });
}

#[test]
fn a_thousand_comments_are_the_callers_too() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &ann, "Walk");
        let (id, author) = (id_of(&event), old.id());
        let row = |n: usize| {
            let at = format!("2026-01-01T00:{:02}:{:02}.000000Z", n / 60, n % 60);
            let comment = format!("01890000-0000-7000-8000-{n:012x}");
            format!("('{comment}', '{id}', '{author}', 'No. {n}', 0, '{at}', '{at}')")
        };
        let rows: Vec<String> = (0..1201).map(row).collect();
        let inserted = app.sql(&format!(
            "insert into comments (id, event_id, user_id, body, likes, created_at, updated_at) \
             values {}",
            rows.join(", ")
        ));
        assert_eq!(inserted, 1201);
        let counted = format!("update event_counters set comments = 1201 where event_id = '{id}'");
        assert_eq!(app.sql(&counted), 1);
        take_over(app, &old, &new);
        assert_forgotten(app, old.id());
        assert_eq!(rows_of(app, "comments.user_id", new.id()), 1201);
        assert_eq!(read_event(&ann, &event)["comments"], 1201);
        assert_counts_agree(app);
        app.changes(&[]);
    });
}

#[test]
fn a_key_of_whoever_went_does_not_keep_the_caller_from_using_it() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let path = comments_path(&announce(app, &ann, "Walk"));
        for (person, body) in [(&old, "Hello"), (&new, "Good day")] {
            let keyed = person.with("Idempotency-Key", "comment-1");
            keyed.post(&path, json!({ "body": body })).ok(201);
        }
        app.changes(&["comment.created"; 2]);
        take_over(app, &old, &new);
        let keyed = new.with("Idempotency-Key", "comment-1");
        let replay = keyed.post(&path, json!({ "body": "Good day" }));
        replay.ok(201);
        assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from comments"), 2);
    });
}
