//! `GET /api/groups/{id}`, its members, and `GET /api/users/@me/groups`.

use super::*;

#[test]
fn a_group_is_public() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        let expected = set(group.clone(), "group_id", group["id"].clone());
        for reader in [&ann, &bob, &app.anon()] {
            let answer = reader.get(&group_path(&group)).ok(200);
            assert_eq!(keys(&answer), ["data", "message", "status"]);
            assert_eq!(answer["message"], "Group details successfully fetched");
            assert_eq!(answer["status"], "success");
            assert_eq!(answer["data"], expected);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_unknown_or_malformed_group_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let long = "a".repeat(4000);
        let odd = ["%27%20or%201%3D1", "%3Cscript%3E", long.as_str()];
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id()]).chain(odd) {
            let path = format!("/api/groups/{id}");
            app.anon().get(&path).error(404, NO_GROUP);
            app.anon().get(&format!("{path}/members")).refused(404);
            let events = format!("{path}/events");
            app.anon().get(&events).error(404, NO_GROUP);
        }
        app.changes(&[]);
    });
}

#[test]
fn members_are_public_and_listed_oldest_first() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&cem, &bob]);
        for reader in [&ann, &cem, &app.anon()] {
            let answer = reader.get(&members_path(&group)).ok(200);
            assert_eq!(keys(&answer), ["data", "message", "next"]);
            assert_eq!(answer["message"], "Group members successfully fetched");
            assert_eq!(answer["next"], Value::Null);
            let items = answer["data"].as_array().expect("an array");
            assert_eq!(items.len(), 3);
            for (item, (person, name)) in
                items
                    .iter()
                    .zip([(&ann, "ann"), (&cem, "cem"), (&bob, "bob")])
            {
                assert_eq!(keys(item), ["avatar", "id", "joined_at", "name"]);
                assert_eq!(item["id"], person.id());
                assert_eq!(item["name"], name);
                assert_eq!(
                    item["avatar"],
                    format!("https://img.example.org/{name}.png")
                );
                assert_stamp(&item["joined_at"]);
            }
            let joined = texts(items, "joined_at");
            assert!(joined.is_sorted(), "{joined:?}");
            assert_ne!(joined[0], joined[2]);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_member_that_returns_is_the_newest() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob, &cem]);
        leave(app, &bob, &group);
        assert_members(app, &group, &["ann", "cem"]);
        enrol(app, &ann, &group, &[&bob]);
        assert_members(app, &group, &["ann", "cem", "bob"]);
    });
}

#[test]
fn pages_yield_each_member_once() {
    each(|app| {
        let [ann, bob, cem, dag, eve] = people(app, ["ann", "bob", "cem", "dag", "eve"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&eve, &dag, &cem, &bob]);
        let expected = ["ann", "eve", "dag", "cem", "bob"];
        for limit in [1, 2, 3, 5, 100] {
            let path = format!("{}?limit={limit}", members_path(&group));
            let names = texts(&walk(&app.anon(), &path), "name");
            assert_eq!(names, expected, "limit {limit}");
        }
        app.sql("update group_members set joined_at = (select min(joined_at) from group_members)");
        for limit in [1, 2, 4] {
            let path = format!("{}?limit={limit}", members_path(&group));
            let mut tied = texts(&walk(&app.anon(), &path), "name");
            tied.sort_unstable();
            assert_eq!(tied, ["ann", "bob", "cem", "dag", "eve"], "limit {limit}");
        }
        app.changes(&[]);
    });
}

#[test]
fn pages_reach_members_that_come_meanwhile() {
    each(|app| {
        let [ann, bob, cem, dag] = people(app, ["ann", "bob", "cem", "dag"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob, &cem]);
        let path = format!("{}?limit=2", members_path(&group));
        let (items, next) = page(&app.anon(), &path, None);
        assert_eq!(texts(&items, "name"), ["ann", "bob"]);
        leave(app, &bob, &group);
        enrol(app, &ann, &group, &[&dag]);
        let (items, next) = page(&app.anon(), &path, next.as_deref());
        assert_eq!(texts(&items, "name"), ["cem", "dag"]);
        assert_eq!(next, None);
    });
}

#[test]
fn a_list_of_members_takes_only_good_pages() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        refuses_bad_pages(&app.anon(), &members_path(&group));
        refuses_forged_cursors(&app.anon(), &members_path(&group));
        app.changes(&[]);
    });
}

#[test]
fn members_show_as_they_are_now_and_without_email() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        bob.put("/api/users", json!({ "name": "Bob Lee" })).ok(201);
        app.changes(&["user.updated"]);
        for reader in [&ann, &bob, &app.anon()] {
            let reply = reader.get(&members_path(&group));
            assert_eq!(reply.ok(200)["data"][1]["name"], "Bob Lee");
            assert!(!reply.text().contains("@example.org"), "{}", reply.text());
        }
    });
}

#[test]
fn my_groups_are_those_i_am_in_the_newest_membership_first() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let nothing = json!({
            "message": "All groups successfully fetched",
            "data": [],
            "next": null,
        });
        assert_eq!(ann.get(MINE).ok(200), nothing);

        let walkers = gather(app, &ann, "Walkers");
        tick(app);
        let bakers = gather(app, &bob, "Bakers");
        tick(app);
        gather(app, &bob, "Runners");
        enrol(app, &bob, &bakers, &[&ann]);
        tick(app);
        let singers = gather(app, &ann, "Singers");
        enrol(app, &ann, &walkers, &[&bob]);
        tick(app);
        ann.put(&group_path(&walkers), json!({ "title": "Hikers" }))
            .ok(200);
        app.changes(&["group.updated"]);

        let answer = ann.get(MINE).ok(200);
        assert_eq!(keys(&answer), ["data", "message", "next"]);
        let expected = [singers, bakers, walkers].map(|group| read_group(&ann, &group));
        assert_eq!(answer["data"], json!(expected));
        assert_eq!(texts(&expected, "title"), ["Singers", "Bakers", "Hikers"]);
        assert_eq!(answer["data"][1]["members"], 2);
        assert_eq!(group_titles(&bob, MINE), ["Hikers", "Runners", "Bakers"]);
        assert_eq!(cem.get(MINE).ok(200), nothing);
        app.changes(&[]);
    });
}

#[test]
fn groups_that_i_left_or_that_are_gone_are_not_mine() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let left = gather(app, &ann, "left");
        let lost = gather(app, &ann, "lost");
        let gone = gather(app, &ann, "gone");
        let kept = gather(app, &ann, "kept");
        for group in [&left, &lost, &gone, &kept] {
            enrol(app, &ann, group, &[&bob]);
        }
        assert_eq!(group_titles(&bob, MINE), ["kept", "gone", "lost", "left"]);
        leave(app, &bob, &left);
        remove(&ann, &lost, bob.id()).ok(200);
        ann.delete(&group_path(&gone)).no_content();
        app.changes(&["group.member_removed", "group.deleted"]);
        assert_eq!(group_titles(&bob, MINE), ["kept"]);
        assert_eq!(group_titles(&ann, MINE), ["kept", "lost", "left"]);
    });
}

#[test]
fn my_groups_need_a_session_and_are_my_own_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        gather(app, &ann, "Walkers");
        app.anon().get(MINE).refused(401);
        app.anon().get(&format!("{MINE}?limit=0")).refused(401);
        let theirs = format!("/api/users/{}/groups", ann.id());
        bob.get(&theirs).refused(404);
        app.changes(&[]);
    });
}

#[test]
fn pages_yield_each_of_my_groups_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut expected = Vec::new();
        for n in 0..5 {
            gather(app, &ann, &format!("group {n}"));
            tick(app);
            expected.insert(0, format!("group {n}"));
        }
        for limit in [1, 2, 4, 5, 100] {
            let groups = walk(&ann, &format!("{MINE}?limit={limit}"));
            assert_eq!(texts(&groups, "title"), expected, "limit {limit}");
        }
        app.sql("update group_members set joined_at = (select min(joined_at) from group_members)");
        for limit in [1, 2, 4] {
            let groups = walk(&ann, &format!("{MINE}?limit={limit}"));
            let mut tied = texts(&groups, "title");
            tied.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(tied, expected, "limit {limit}");
        }
        refuses_bad_pages(&ann, MINE);
        refuses_forged_cursors(&ann, MINE);
        app.changes(&[]);
    });
}
