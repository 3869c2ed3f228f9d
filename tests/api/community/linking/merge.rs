//! What somebody did who turns out to be the caller: it is the caller's from then on, and
//! counted once where both did it.

use super::*;

/// The number of a comment's likes, as it is told.
#[track_caller]
fn likes(client: &Client, comment: &Value) -> Value {
    data(&client.get(&like_path(comment)), 200, "Number of likes")
}

/// The names in a list of people, in alphabetical order.
#[track_caller]
fn names(client: &Client, path: &str) -> Vec<String> {
    let mut names = texts(&walk(client, path), "name");
    names.sort_unstable();
    names
}

/// Asserts who is in a group, in its list and in its count.
#[track_caller]
fn assert_members(client: &Client, group: &Value, expected: &[&str]) {
    let path = group_path(group);
    assert_eq!(names(client, &format!("{path}/members")), expected);
    let seen = client.get(&path).ok(200);
    assert_eq!(seen["data"]["members"], expected.len());
}

#[test]
fn comments_are_shown_under_the_callers_name() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &ann, "Walk");
        let first = say(app, &old, &event, "Hello");
        say(app, &ann, &event, "Who is there?");
        say(app, &new, &event, "It's me");
        take_over(app, &old, &new);
        let author = |name: &str, id: &str| {
            let avatar = format!("https://img.example.org/{name}.png");
            json!({ "id": id, "name": name, "avatar": avatar })
        };
        for reader in [&app.anon(), &ann, &new] {
            let (comments, _) = page(reader, &comments_path(&event), None);
            let bodies = ["Hello", "Who is there?", "It's me"];
            assert_eq!(texts(&comments, "body"), bodies);
            assert_eq!(texts(&comments, "user_id"), [new.id(), ann.id(), new.id()]);
            for comment in [&comments[0], &comments[2]] {
                assert_eq!(comment["author"], author("new", new.id()));
            }
            assert_eq!(comments[1]["author"], author("ann", ann.id()));
            assert_eq!(comments[0]["created_at"], first["created_at"]);
            assert_eq!(read_event(reader, &event)["comments"], 3);
        }
        let path = comment_path(&first);
        let edited = new.put(&path, json!({ "body": "Hello again" }));
        data(&edited, 200, "Comment updated successfully");
        app.changes(&["comment.updated"]);
        new.delete(&path).no_content();
        app.changes(&["comment.deleted"]);
        assert_eq!(read_event(&new, &event)["comments"], 2);
        assert_counts_agree(app);
    });
}

#[test]
fn a_comment_that_both_liked_is_liked_once() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &ann, "Walk");
        let [both, one, other, none] =
            ["both", "one", "other", "none"].map(|body| say(app, &ann, &event, body));
        for (person, comment) in [
            (&old, &both),
            (&new, &both),
            (&ann, &both),
            (&old, &one),
            (&new, &other),
        ] {
            like(person, comment);
        }
        app.changes(&["comment.liked"; 5]);
        assert_eq!(likes(&ann, &both), 3);
        take_over(app, &old, &new);
        for (comment, count) in [(&both, 2), (&one, 1), (&other, 1), (&none, 0)] {
            assert_eq!(likes(&ann, comment), count);
        }
        let (comments, _) = page(&new, &comments_path(&event), None);
        let mine: Vec<bool> = comments
            .iter()
            .map(|comment| comment["liked_by_me"] == true)
            .collect();
        assert_eq!(mine, [true, true, true, false]);
        assert_counts_agree(app);
        let reply = new.delete(&like_path(&both));
        assert_eq!(data(&reply, 200, "UnLiked"), 1);
        app.changes(&["comment.unliked"]);
        assert_counts_agree(app);
    });
}

#[test]
fn an_event_that_interested_both_interests_one() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let [both, one, none] = ["both", "one", "none"].map(|title| announce(app, &ann, title));
        for (person, event) in [(&old, &both), (&new, &both), (&ann, &both), (&old, &one)] {
            care(person, event);
        }
        app.changes(&["interest.registered"; 4]);
        take_over(app, &old, &new);
        let interested: [(&Value, &[&str]); 3] =
            [(&both, &["ann", "new"]), (&one, &["new"]), (&none, &[])];
        for (event, expected) in interested {
            let seen = read_event(&new, event);
            assert_eq!(seen["interested"], expected.len());
            assert_eq!(seen["interested_by_me"], expected.contains(&"new"));
            let path = format!("{}/interests", event_path(event));
            assert_eq!(names(&ann, &path), expected);
            assert_eq!(ann.get(&path).ok(200)["total"], expected.len());
        }
        let mut mine = texts(&walk(&new, "/api/users/@me/interests"), "title");
        mine.sort_unstable();
        assert_eq!(mine, ["both", "one"]);
        assert_counts_agree(app);
        let path = format!("/api/users/@me/interests/{}", id_of(&both));
        let reply = new.delete(&path);
        data(&reply, 200, "Interest deleted");
        app.changes(&["interest.removed"]);
        assert_eq!(read_event(&new, &both)["interested"], 1);
    });
}

#[test]
fn groups_and_memberships_are_the_callers() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let theirs = gather(&old, "Walkers");
        let [both, one] = ["Runners", "Riders"].map(|title| gather(&ann, title));
        for (creator, group, person) in [
            (&old, &theirs, &ann),
            (&old, &theirs, &new),
            (&ann, &both, &old),
            (&ann, &both, &new),
            (&ann, &one, &old),
        ] {
            tick(app);
            enrol(creator, group, person);
        }
        let mut made = vec!["group.created"; 3];
        made.extend(["group.member_added"; 5]);
        app.changes(&made);
        assert_members(&ann, &theirs, &["ann", "new", "old"]);
        assert_members(&ann, &both, &["ann", "new", "old"]);
        take_over(app, &old, &new);
        for group in [&theirs, &both, &one] {
            assert_members(&ann, group, &["ann", "new"]);
        }
        let mut mine = texts(&walk(&new, "/api/users/@me/groups"), "title");
        mine.sort_unstable();
        assert_eq!(mine, ["Riders", "Runners", "Walkers"]);
        for (group, creator) in [(&theirs, &new), (&both, &ann), (&one, &ann)] {
            let seen = ann.get(&group_path(group)).ok(200);
            assert_eq!(seen["data"]["creator_id"], creator.id());
        }
        assert_counts_agree(app);
        let me = format!("{}/members/{}", group_path(&both), new.id());
        new.delete(&me).ok(200);
        app.changes(&["group.member_removed"]);
        assert_members(&ann, &both, &["ann"]);
    });
}

#[test]
fn a_group_of_the_other_is_managed_by_the_caller() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let group = gather(&old, "Walkers");
        app.changes(&["group.created"]);
        take_over(app, &old, &new);
        let path = group_path(&group);
        enrol(&new, &group, &ann);
        app.changes(&["group.member_added"]);
        assert_members(&ann, &group, &["ann", "new"]);
        let reply = new.delete(&format!("{path}/members/{}", new.id()));
        reply.error(403, "The creator cannot be removed");
        new.put(&path, json!({ "title": "Hikers" })).ok(200);
        app.changes(&["group.updated"]);
        new.delete(&path).no_content();
        app.changes(&["group.deleted"]);
    });
}

#[test]
fn events_and_drafts_are_the_callers() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &old, "Talk");
        let draft = announce(app, &old, "Secret");
        let gone = announce(app, &old, "Gone");
        announce(app, &ann, "Walk");
        old.delete(&event_path(&gone)).no_content();
        app.changes(&["event.cancelled"]);
        let id = id_of(&draft);
        let hide = format!("update events set visible = false where id = '{id}'");
        assert_eq!(app.sql(&hide), 1);
        take_over(app, &old, &new);
        assert_eq!(read_event(&ann, &event)["creator_id"], new.id());
        assert_eq!(read_event(&new, &draft)["creator_id"], new.id());
        for reader in [&app.anon(), &ann] {
            reader
                .get(&event_path(&draft))
                .error(404, "Event not found");
        }
        let by = |id: &str| texts(&walk(&ann, &format!("/api/events?creator={id}")), "title");
        assert_eq!(by(new.id()), ["Talk"]);
        assert!(by(old.id()).is_empty());
        tick(app);
        let reply = new.put(&event_path(&event), json!({ "title": "Talks" }));
        data(&reply, 201, "item updated");
        new.delete(&event_path(&event)).no_content();
        new.delete(&event_path(&draft)).no_content();
        assert_eq!(recorded(app, "event.updated"), 1);
        assert_eq!(by(ann.id()), ["Walk"]);
    });
}

#[test]
fn reports_by_the_other_and_about_the_other_are_of_the_caller() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let [both, one] = ["both", "one"].map(|title| announce(app, &ann, title));
        // Reported by both: a person has one open report about a thing.
        for (person, event) in [(&old, &both), (&new, &both), (&old, &one)] {
            report(person, "event", id_of(event));
        }
        let about = report(&ann, "user", old.id());
        app.changes(&["report.created"; 4]);
        take_over(app, &old, &new);
        let open = |event: &Value| {
            app.count(&format!(
                "select count(*) from reports where reporter_id = '{}' and state = 'open' \
                 and subject_id = '{}'",
                new.id(),
                id_of(event)
            ))
        };
        assert_eq!([open(&both), open(&one)], [1, 1]);
        let again = report(&new, "event", id_of(&one));
        assert_eq!(again["state"], "open");
        app.changes(&[]);
        let author = format!(
            "select count(*) from reports where id = '{}' and author_id = '{}'",
            id_of(&about),
            new.id()
        );
        assert_eq!(app.count(&author), 1, "whoever was reported is the caller");
    });
}

#[test]
fn the_others_private_calendar_is_the_callers() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let [walk, talk] = ["Walk", "Talk"].map(|title| announce(app, &ann, title));
        care(&old, &walk);
        care(&new, &talk);
        app.changes(&["interest.registered"; 2]);
        let path = make_calendar(&old);
        take_over(app, &old, &new);
        let feed = app.anon().get(&path);
        feed.expect_status(200);
        for title in ["SUMMARY:Walk", "SUMMARY:Talk"] {
            assert!(feed.text().contains(title), "{title}: {}", feed.text());
        }
        new.delete("/api/users/@me/calendar").no_content();
        app.anon().get(&path).error(404, "Calendar not found");
        app.changes(&[]);
    });
}

#[test]
fn of_two_private_calendars_the_callers_stays() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &ann, "Walk");
        care(&old, &event);
        app.changes(&["interest.registered"]);
        make_calendar(&old);
        let path = make_calendar(&new);
        take_over(app, &old, &new);
        let feed = app.anon().get(&path);
        feed.expect_status(200);
        assert!(feed.text().contains("SUMMARY:Walk"), "{}", feed.text());
        assert_eq!(app.count("select count(*) from calendars"), 1);
        app.changes(&[]);
    });
}

#[test]
fn what_others_did_stays_theirs() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let event = announce(app, &old, "Talk");
        let comment = say(app, &ann, &event, "Hello");
        let group = gather(&old, "Walkers");
        enrol(&old, &group, &ann);
        care(&ann, &event);
        like(&ann, &comment);
        app.changes(&[
            "group.created",
            "group.member_added",
            "interest.registered",
            "comment.liked",
        ]);
        let before = ann.get("/api/users/@me/export").ok(200);
        take_over(app, &old, &new);
        let after = ann.get("/api/users/@me/export").ok(200);
        for part in ["profile", "logins", "comments", "likes", "interests"] {
            assert_eq!(after[part], before[part], "{part}");
        }
        assert_eq!(after["groups"][0]["creator_id"], new.id());
        ann.get("/api/auth/@me").ok(200);
        let (comments, _) = page(&ann, &comments_path(&event), None);
        assert_eq!(comments[0]["author"]["name"], "ann");
        let refused = new.put(&comment_path(&comment), json!({ "body": "Forged" }));
        refused.refused(403);
        app.changes(&[]);
    });
}
