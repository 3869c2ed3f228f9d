//! `POST` and `DELETE /api/groups/{group_id}/members/{user_id}`.

use super::*;

const CREATOR_STAYS: &str = "The creator cannot be removed";

#[test]
fn the_creator_adds_a_person() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        tick(app);
        let answer = add(&ann, &group, bob.id()).ok(200);
        app.changes(&["group.member_added"]);
        assert_eq!(answer, json!({ "message": ADDED, "data": group["id"] }));
        assert_members(app, &group, &["ann", "bob"]);
        // The group itself did not change.
        assert_eq!(read_group(&bob, &group), set(group, "members", 2));
        assert_eq!(group_titles(&bob, MINE), ["Walkers"]);
    });
}

#[test]
fn a_person_is_added_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        for person in [&bob, &ann] {
            add(&ann, &group, person.id()).error(403, ALREADY_IN);
        }
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn nobody_else_adds() {
    each(|app| {
        let [ann, bob, cem, eve] = people(app, ["ann", "bob", "cem", "eve"]);
        let group = gather(app, &ann, "Walkers");
        gather(app, &eve, "Eve's own group");
        enrol(app, &ann, &group, &[&bob]);
        for caller in [&bob, &eve] {
            for person in [&ann, &bob, &cem, &eve] {
                add(caller, &group, person.id()).error(403, FORBIDDEN);
            }
        }
        for person in [bob.id(), cem.id(), UNKNOWN, "nonsense"] {
            add(&app.anon(), &group, person).refused(401);
        }
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn the_creator_removes_a_member() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob, &cem]);
        tick(app);
        let answer = remove(&ann, &group, bob.id()).ok(200);
        app.changes(&["group.member_removed"]);
        assert_eq!(answer, json!({ "message": REMOVED, "data": group["id"] }));
        assert_members(app, &group, &["ann", "cem"]);
        assert_eq!(read_group(&bob, &group), set(group, "members", 2));
        assert!(group_titles(&bob, MINE).is_empty());
    });
}

#[test]
fn a_member_removes_itself() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        leave(app, &bob, &group);
        assert_members(app, &group, &["ann"]);
        assert!(group_titles(&bob, MINE).is_empty());
        // And does not come back by itself.
        add(&bob, &group, bob.id()).error(403, FORBIDDEN);
        app.changes(&[]);
        enrol(app, &ann, &group, &[&bob]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn the_creator_cannot_be_removed() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        remove(&ann, &group, ann.id()).error(403, CREATOR_STAYS);
        remove(&bob, &group, ann.id()).error(403, FORBIDDEN);
        remove(&eve, &group, ann.id()).error(403, FORBIDDEN);
        leave(app, &bob, &group);
        remove(&ann, &group, ann.id()).error(403, CREATOR_STAYS);
        app.changes(&[]);
        assert_members(app, &group, &["ann"]);
    });
}

#[test]
fn nobody_else_removes() {
    each(|app| {
        let [ann, bob, cem, eve] = people(app, ["ann", "bob", "cem", "eve"]);
        let group = gather(app, &ann, "Walkers");
        gather(app, &eve, "Eve's own group");
        enrol(app, &ann, &group, &[&bob, &cem]);
        remove(&bob, &group, cem.id()).error(403, FORBIDDEN);
        remove(&eve, &group, cem.id()).error(403, FORBIDDEN);
        remove(&bob, &group, eve.id()).error(403, FORBIDDEN);
        for person in [bob.id(), ann.id(), UNKNOWN, "nonsense"] {
            remove(&app.anon(), &group, person).refused(401);
        }
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob", "cem"]);
    });
}

#[test]
fn who_is_not_in_cannot_be_removed() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        remove(&ann, &group, eve.id()).error(403, NOT_IN);
        remove(&eve, &group, eve.id()).error(403, NOT_IN);
        app.changes(&[]);
        leave(app, &bob, &group);
        remove(&bob, &group, bob.id()).error(403, NOT_IN);
        remove(&ann, &group, bob.id()).error(403, NOT_IN);
        app.changes(&[]);
        assert_members(app, &group, &["ann"]);
    });
}

#[test]
fn an_unknown_or_malformed_group_is_not_found() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id()]) {
            let group = json!({ "id": id });
            for person in [bob.id(), ann.id(), UNKNOWN, "nonsense"] {
                add(&ann, &group, person).error(404, NO_GROUP_OR_USER);
                remove(&ann, &group, person).error(404, NO_GROUP_OR_USER);
            }
            add(&app.anon(), &group, bob.id()).refused(401);
            remove(&app.anon(), &group, bob.id()).refused(401);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from group_members"), 0);
    });
}

#[test]
fn an_unknown_or_malformed_person_is_not_found_by_the_creator_alone() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        for id in MALFORMED.into_iter().chain([UNKNOWN, id_of(&group)]) {
            add(&ann, &group, id).error(404, NO_GROUP_OR_USER);
            remove(&ann, &group, id).error(404, NO_GROUP_OR_USER);
            for caller in [&bob, &eve] {
                add(caller, &group, id).error(403, FORBIDDEN);
                remove(caller, &group, id).error(403, FORBIDDEN);
            }
        }
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn memberships_of_two_groups_are_apart() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let walkers = gather(app, &ann, "Walkers");
        let bakers = gather(app, &bob, "Bakers");
        enrol(app, &ann, &walkers, &[&bob, &cem]);
        enrol(app, &bob, &bakers, &[&cem, &ann]);
        leave(app, &cem, &walkers);
        remove(&ann, &bakers, cem.id()).error(403, FORBIDDEN);
        app.changes(&[]);
        assert_members(app, &walkers, &["ann", "bob"]);
        assert_members(app, &bakers, &["bob", "cem", "ann"]);
    });
}

#[test]
fn a_repeated_addition_is_replayed_and_not_made_again() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let group = gather(app, &ann, "Walkers");
        let keyed = ann.with("Idempotency-Key", "member-1");
        let first = add(&keyed, &group, bob.id());
        assert_eq!(data(&first, 200, ADDED), group["id"]);
        app.changes(&["group.member_added"]);
        assert_replayed(&add(&keyed, &group, bob.id()), &first);
        app.changes(&[]);
        assert_members(app, &group, &["ann", "bob"]);
        // Without the key it is another call.
        add(&ann, &group, bob.id()).error(403, ALREADY_IN);

        // A late repeat does not bring back who left.
        leave(app, &bob, &group);
        assert_replayed(&add(&keyed, &group, bob.id()), &first);
        let other = add(&keyed, &group, cem.id());
        assert_eq!(other.ok(422)["error"], "Unprocessable Entity");
        app.changes(&[]);
        assert_members(app, &group, &["ann"]);
    });
}

#[test]
fn a_refused_addition_leaves_its_key_free() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        add(&bob.with("Idempotency-Key", "member-1"), &group, bob.id()).refused(403);
        let keyed = ann.with("Idempotency-Key", "member-1");
        add(&keyed, &group, ann.id()).error(403, ALREADY_IN);
        add(&keyed, &group, UNKNOWN).error(404, NO_GROUP_OR_USER);
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
        add(&keyed, &group, bob.id()).ok(200);
        app.changes(&["group.member_added"]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn a_member_leaves_by_the_name_of_me() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        remove(&bob, &group, "@me").ok(200);
        app.changes(&["group.member_removed"]);
        assert_members(app, &group, &["ann"]);
        remove(&ann, &group, "@me").error(403, "The creator cannot be removed");
        add(&bob, &group, "@me").refused(403);
        app.changes(&[]);
    });
}
