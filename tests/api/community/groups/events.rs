//! Events of groups: `group_id`, `GET /api/groups/{id}/events` and `GET /api/events?group=`.

use super::*;

/// The body of a good event of a group.
fn event_in(group: &Value, title: &str) -> Value {
    set(new_event(title), "group_id", group["id"].clone())
}

/// Makes an event in a group and drains its change.
#[track_caller]
fn plan(app: &App, client: &Client, group: &Value, title: &str) -> Value {
    let event = create_event(client, event_in(group, title));
    app.changes(&["event.published"]);
    assert_eq!(event["group_id"], group["id"]);
    tick(app);
    event
}

/// The event after an accepted update.
#[track_caller]
fn update(client: &Client, event: &Value, body: Value) -> Value {
    data(&client.put(&event_path(event), body), 201, "item updated")
}

/// The events of a group by this query; the group's own list and the filter agree.
#[track_caller]
fn events_by(client: &Client, group: &Value, query: &str) -> Vec<Value> {
    let own = walk(client, &format!("{}?{query}", group_events_path(group)));
    let filter = format!("/api/events?group={}&{query}", id_of(group));
    assert_eq!(walk(client, &filter), own, "{query}");
    own
}

/// The titles of a group's events, the newest update first.
#[track_caller]
fn planned(client: &Client, group: &Value) -> Vec<String> {
    texts(&events_by(client, group, "limit=100"), "title")
}

/// Asserts that no event is of this group by the filter, which is no failure.
#[track_caller]
fn filters_nothing(client: &Client, group: &str) {
    let expected = json!({ "message": "events returned succesfully", "data": [], "next": null });
    let answer = client.get(&format!("/api/events?group={group}")).ok(200);
    assert_eq!(answer, expected, "{group}");
}

#[test]
fn every_member_makes_events_in_a_group() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let first = plan(app, &ann, &group, "Ann's walk");
        let second = plan(app, &bob, &group, "Bob's walk");
        announce(app, &bob, "Without a group");
        for reader in [&ann, &bob, &eve, &app.anon()] {
            for event in [&first, &second] {
                assert_eq!(read_event(reader, event)["group_id"], group["id"]);
            }
            assert_eq!(planned(reader, &group), ["Bob's walk", "Ann's walk"]);
        }
        let answer = bob.get(&group_events_path(&group)).ok(200);
        assert_eq!(keys(&answer), ["data", "message", "next"]);
        assert_eq!(answer["message"], "events returned succesfully");
        assert_eq!(answer["data"], json!([second, first]));
        // Its events are no change of the group.
        assert_eq!(read_group(&bob, &group), set(group, "members", 2));
        app.changes(&[]);
    });
}

#[test]
fn nobody_else_makes_events_in_a_group() {
    each(|app| {
        let [ann, bob, cem, eve] = people(app, ["ann", "bob", "cem", "eve"]);
        let group = gather(app, &ann, "Walkers");
        gather(app, &eve, "Eve's own group");
        enrol(app, &ann, &group, &[&bob, &cem]);
        leave(app, &bob, &group);
        remove(&ann, &group, cem.id()).ok(200);
        app.changes(&["group.member_removed"]);
        for (caller, status) in [(&bob, 403), (&cem, 403), (&eve, 403), (&app.anon(), 401)] {
            caller
                .post("/api/events", event_in(&group, "Intruders"))
                .refused(status);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
        assert!(planned(&ann, &group).is_empty());
    });
}

#[test]
fn an_unknown_malformed_or_deleted_group_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let gone = gather(app, &ann, "Walkers");
        let event = announce(app, &ann, "Walk");
        ann.delete(&group_path(&gone)).no_content();
        app.changes(&["group.deleted"]);
        for id in MALFORMED
            .into_iter()
            .chain([UNKNOWN, "", id_of(&gone), ann.id()])
        {
            let body = set(new_event("Another"), "group_id", id);
            ann.post("/api/events", body).error(404, NO_GROUP);
            let body = json!({ "group_id": id, "title": "Another" });
            ann.put(&event_path(&event), body).error(404, NO_GROUP);
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
        assert_eq!(app.count("select count(*) from events"), 1);
        for id in [UNKNOWN, id_of(&gone), ann.id()] {
            filters_nothing(&ann, id);
        }
        for id in MALFORMED {
            let reply = ann.get(&format!("/api/events?group={id}"));
            match reply.status() {
                200 => assert_eq!(reply.json()["data"], json!([]), "{id}"),
                _ => drop(reply.refused(400)),
            }
        }
    });
}

#[test]
fn an_event_moves_into_a_group_to_another_and_out_of_it() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let walkers = gather(app, &ann, "Walkers");
        let bakers = gather(app, &bob, "Bakers");
        enrol(app, &bob, &bakers, &[&ann]);
        let event = announce(app, &ann, "Walk");
        for (group, of_walkers, of_bakers) in [
            (walkers["id"].clone(), 1, 0),
            (bakers["id"].clone(), 0, 1),
            (Value::Null, 0, 0),
        ] {
            tick(app);
            let after = update(&ann, &event, json!({ "group_id": group }));
            app.changes(&["event.updated"]);
            let known = ["group_id", "title", "location", "updated_at"];
            assert_eq!(changed_names(app, "event.updated", &known), ["group_id"]);
            assert_eq!(after["group_id"], group);
            assert_ne!(after["updated_at"], event["updated_at"]);
            assert_eq!(after["title"], "Walk");
            assert_eq!(read_event(&ann, &event), after);
            assert_eq!(planned(&app.anon(), &walkers).len(), of_walkers);
            assert_eq!(planned(&app.anon(), &bakers).len(), of_bakers);
        }
        update(&ann, &event, json!({ "group_id": null }));
        app.changes(&[]);
    });
}

#[test]
fn an_event_does_not_move_into_a_group_without_its_creator() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let walkers = gather(app, &ann, "Walkers");
        let bakers = gather(app, &bob, "Bakers");
        let event = plan(app, &ann, &walkers, "Walk");
        let body = json!({ "group_id": bakers["id"], "title": "Bread" });
        ann.put(&event_path(&event), body.clone()).refused(403);
        // Being in both groups, bob still is not the event's creator.
        enrol(app, &ann, &walkers, &[&bob]);
        bob.put(&event_path(&event), body.clone()).refused(403);
        bob.put(&event_path(&event), json!({ "group_id": null }))
            .refused(403);
        app.anon().put(&event_path(&event), body).refused(401);
        for group in [json!(7), json!(true), json!([bakers["id"]]), json!({})] {
            ann.put(&event_path(&event), json!({ "group_id": group }))
                .refused(400);
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
        assert!(planned(&bob, &bakers).is_empty());
        assert_eq!(planned(&bob, &walkers), ["Walk"]);
    });
}

#[test]
fn who_left_keeps_events_in_the_group_but_brings_none_back() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let event = plan(app, &bob, &group, "Walk");
        leave(app, &bob, &group);
        assert_eq!(planned(&ann, &group), ["Walk"]);
        // Membership is asked for only where the group changes.
        let same = json!({ "group_id": group["id"] });
        assert_eq!(update(&bob, &event, same.clone()), event);
        app.changes(&[]);
        let after = update(&bob, &event, set(same.clone(), "title", "Long walk"));
        assert_eq!(after["group_id"], group["id"]);
        update(&bob, &event, json!({ "group_id": null }));
        app.changes(&["event.updated"; 2]);
        bob.put(&event_path(&event), same).refused(403);
        app.changes(&[]);
        assert!(planned(&ann, &group).is_empty());
    });
}

#[test]
fn the_events_of_a_deleted_group_stay_without_a_group() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let event = plan(app, &bob, &group, "Walk");
        ann.delete(&group_path(&group)).no_content();
        app.changes(&["group.deleted"]);

        for reader in [&ann, &bob, &app.anon()] {
            let after = read_event(reader, &event);
            assert_eq!(after["group_id"], Value::Null);
            assert_eq!(after["title"], "Walk");
            for query in ["", "?order=start", "?q=walk"] {
                let (items, _) = page(reader, &format!("/api/events{query}"), None);
                assert_eq!(items, std::slice::from_ref(&after), "{query}");
            }
            reader.get(&group_events_path(&group)).error(404, NO_GROUP);
            filters_nothing(reader, id_of(&group));
        }
        // The event is without a group for writes, too.
        let body = json!({ "group_id": group["id"] });
        bob.put(&event_path(&event), body).error(404, NO_GROUP);
        update(&bob, &event, json!({ "group_id": null }));
        app.changes(&[]);
        let after = update(&bob, &event, json!({ "title": "Long walk" }));
        assert_eq!(after["group_id"], Value::Null);
        app.changes(&["event.updated"]);
        let other = gather(app, &bob, "Runners");
        update(&bob, &event, json!({ "group_id": other["id"] }));
        app.changes(&["event.updated"]);
        assert_eq!(planned(&ann, &other), ["Long walk"]);
        bob.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
    });
}

#[test]
fn the_events_of_a_group_are_filtered_and_ordered_like_all_events() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        let other = gather(app, &bob, "Runners");
        enrol(app, &ann, &group, &[&bob]);
        for (client, group, title, day) in [
            (&ann, &group, "Lake walk", "2031-06-12"),
            (&bob, &group, "Hill walk", "2031-06-10"),
            (&bob, &other, "Lake run", "2031-06-11"),
            (&bob, &group, "Lake swim", "2031-06-14"),
        ] {
            let body = set(event_in(group, title), "start_date", day);
            create_event(client, set(body, "end_date", day));
            tick(app);
        }
        app.changes(&["event.published"; 4]);
        let bobs = format!("creator={}", bob.id());
        for (query, expected) in [
            ("limit=1", vec!["Lake swim", "Hill walk", "Lake walk"]),
            (
                "order=start&limit=2",
                vec!["Hill walk", "Lake walk", "Lake swim"],
            ),
            ("q=LAKE", vec!["Lake swim", "Lake walk"]),
            ("q=lake&order=start&limit=1", vec!["Lake walk", "Lake swim"]),
            ("q=run", vec![]),
            ("from=2031-06-11", vec!["Lake swim", "Lake walk"]),
            ("from=2031-06-11&to=2031-06-13", vec!["Lake walk"]),
            (bobs.as_str(), vec!["Lake swim", "Hill walk"]),
        ] {
            let items = events_by(&app.anon(), &group, query);
            assert_eq!(texts(&items, "title"), expected, "{query}");
        }
        assert_eq!(planned(&ann, &other), ["Lake run"]);
        app.changes(&[]);
    });
}

#[test]
fn pages_yield_each_event_of_a_group_once_and_bad_ones_are_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Walkers");
        let mut expected = Vec::new();
        for n in 0..5 {
            plan(app, &ann, &group, &format!("walk {n}"));
            announce(app, &ann, &format!("elsewhere {n}"));
            expected.insert(0, format!("walk {n}"));
        }
        app.sql("update events set starts_at = (select min(starts_at) from events)");
        for limit in [1, 2, 5] {
            let items = events_by(&ann, &group, &format!("limit={limit}"));
            assert_eq!(texts(&items, "title"), expected, "limit {limit}");
            let items = events_by(&ann, &group, &format!("limit={limit}&order=start"));
            let mut tied = texts(&items, "title");
            tied.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(tied, expected, "limit {limit}");
        }
        let path = group_events_path(&group);
        refuses_bad_pages(&app.anon(), &path);
        refuses_forged_cursors(&app.anon(), &path);
        for query in ["order=nonsense", "from=nonsense", "to=2031-02-30"] {
            ann.get(&format!("{path}?{query}")).refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn drafts_and_deleted_events_of_a_group_are_hidden() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let draft = plan(app, &bob, &group, "Draft");
        let gone = plan(app, &bob, &group, "Gone");
        plan(app, &bob, &group, "Open");
        let id = id_of(&draft);
        app.sql(&format!(
            "update events set visible = false where id = '{id}'"
        ));
        bob.delete(&event_path(&gone)).no_content();
        app.changes(&["event.cancelled"]);
        assert_eq!(planned(&bob, &group), ["Open", "Draft"]);
        // Not even the group's creator sees the draft of another.
        for reader in [&ann, &app.anon()] {
            assert_eq!(planned(reader, &group), ["Open"]);
            assert!(events_by(reader, &group, "q=draft").is_empty());
        }
        ann.put(&event_path(&draft), json!({ "group_id": null }))
            .error(404, "Event not found");
        app.changes(&[]);
    });
}
