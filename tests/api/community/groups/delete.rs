//! `DELETE /api/groups/{id}`, and what becomes of a group whose creator's account is erased.

use super::*;

/// Asserts that a group answers nobody any more.
#[track_caller]
fn assert_gone(app: &App, group: &Value, callers: &[&Client]) {
    let path = group_path(group);
    for reader in callers.iter().copied().chain([&app.anon()]) {
        reader.get(&path).error(404, NO_GROUP);
        reader.get(&members_path(group)).refused(404);
        reader.get(&group_events_path(group)).error(404, NO_GROUP);
        let (listed, _) = page(reader, "/api/groups", None);
        assert!(listed.iter().all(|other| other["id"] != group["id"]));
        assert!(groups_found(reader, text(&group["title"])).is_empty());
    }
    for caller in callers {
        let (mine, _) = page(caller, MINE, None);
        assert!(mine.iter().all(|other| other["id"] != group["id"]));
        caller.delete(&path).error(404, NO_GROUP);
        for person in callers {
            add(caller, group, person.id()).error(404, NO_GROUP_OR_USER);
            remove(caller, group, person.id()).error(404, NO_GROUP_OR_USER);
        }
    }
    app.anon().delete(&path).refused(401);
}

/// Erases a person's account.
#[track_caller]
fn erase(person: &Client) {
    person.delete("/api/users/@me").no_content();
}

#[test]
fn the_creator_deletes_and_the_group_is_gone_from_every_call() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        let other = gather(app, &ann, "Runners");
        enrol(app, &ann, &group, &[&bob]);
        ann.delete(&group_path(&group)).no_content();
        app.changes(&["group.deleted"]);
        assert_gone(app, &group, &[&ann, &bob, &eve]);
        app.changes(&[]);
        assert_eq!(group_titles(&eve, "/api/groups"), ["Runners"]);
        assert_eq!(read_group(&eve, &other), other);
        assert_members(app, &other, &["ann"]);
    });
}

#[test]
fn nobody_else_deletes() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        gather(app, &eve, "Eve's own group");
        enrol(app, &ann, &group, &[&bob]);
        bob.delete(&group_path(&group)).refused(403);
        eve.delete(&group_path(&group)).refused(403);
        app.anon().delete(&group_path(&group)).refused(401);
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn an_unknown_or_malformed_group_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id()]) {
            let path = format!("/api/groups/{id}");
            ann.delete(&path).error(404, NO_GROUP);
            app.anon().delete(&path).refused(401);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_deleted_group_may_be_made_anew() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        ann.delete(&group_path(&group)).no_content();
        app.changes(&["group.deleted"]);
        let again = gather(app, &ann, "Walkers");
        assert_ne!(again["id"], group["id"]);
        assert_members(app, &again, &["ann"]);
        assert_eq!(groups_found(&bob, "walkers"), ["Walkers"]);
        assert!(group_titles(&bob, MINE).is_empty());
    });
}

#[test]
fn the_group_of_an_erased_creator_passes_to_its_oldest_member() {
    each(|app| {
        let [ann, bob, cem, dag] = people(app, ["ann", "bob", "cem", "dag"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob, &dag, &cem]);
        // Who leaves and comes back is no old member.
        leave(app, &bob, &group);
        enrol(app, &ann, &group, &[&bob]);
        erase(&ann);
        recorded(
            app,
            &[
                ("user.created", 4),
                ("group.created", 1),
                ("group.member_added", 4),
                ("group.member_removed", 1),
                ("user.erased", 1),
                ("group.updated", 1),
            ],
        );
        assert_members(app, &group, &["dag", "cem", "bob"]);
        let after = read_group(&bob, &group);
        assert_eq!(after["creator_id"], dag.id());
        assert_eq!(after["title"], "Walkers");
        assert_eq!(after["created_at"], group["created_at"]);
    });
}

#[test]
fn who_inherits_a_group_manages_it() {
    each(|app| {
        let [ann, bob, cem, dag] = people(app, ["ann", "bob", "cem", "dag"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob, &cem]);
        let title = json!({ "title": "Hikers" });
        bob.put(&group_path(&group), title.clone()).refused(403);
        erase(&ann);
        assert_eq!(read_group(&bob, &group)["creator_id"], bob.id());
        cem.put(&group_path(&group), title.clone()).refused(403);
        bob.put(&group_path(&group), title).ok(200);
        add(&bob, &group, dag.id()).ok(200);
        remove(&cem, &group, dag.id()).refused(403);
        remove(&bob, &group, bob.id()).error(403, "The creator cannot be removed");
        assert_members(app, &group, &["bob", "cem", "dag"]);
        bob.delete(&group_path(&group)).no_content();
        assert_gone(app, &group, &[&bob, &cem]);
        recorded(
            app,
            &[
                ("user.created", 4),
                ("group.created", 1),
                ("group.member_added", 3),
                ("user.erased", 1),
                ("group.updated", 2),
                ("group.deleted", 1),
            ],
        );
    });
}

#[test]
fn the_group_of_an_erased_creator_who_was_alone_goes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let body = set(new_event("Bob's walk"), "group_id", group["id"].clone());
        let event = create_event(&bob, body);
        app.changes(&["event.published"]);
        leave(app, &bob, &group);
        erase(&ann);
        recorded(
            app,
            &[
                ("user.created", 2),
                ("group.created", 1),
                ("group.member_added", 1),
                ("event.published", 1),
                ("group.member_removed", 1),
                ("user.erased", 1),
                ("group.deleted", 1),
            ],
        );
        assert_gone(app, &group, &[&bob]);
        assert_eq!(read_event(&bob, &event)["group_id"], Value::Null);
        let filter = format!("/api/events?group={}", id_of(&group));
        assert!(page(&bob, &filter, None).0.is_empty());
    });
}

#[test]
fn an_erased_member_is_out_of_every_group_and_the_groups_stay() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let groups = ["Walkers", "Runners"].map(|title| gather(app, &ann, title));
        for group in &groups {
            enrol(app, &ann, group, &[&bob, &cem]);
        }
        erase(&bob);
        app.changes(&["user.erased"]);
        for group in &groups {
            assert_members(app, group, &["ann", "cem"]);
            assert_eq!(read_group(&ann, group)["creator_id"], ann.id());
            add(&ann, group, bob.id()).error(404, NO_GROUP_OR_USER);
            remove(&ann, group, bob.id()).error(404, NO_GROUP_OR_USER);
        }
        app.changes(&[]);
    });
}
