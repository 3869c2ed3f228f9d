//! `GET /api/events/{id}/interests` and `GET /api/users/@me/interests`.

use super::*;

const PEOPLE: &str = "Interested people successfully fetched";
const EVENTS: &str = "Interests successfully fetched";

/// Makes so many people who are interested in an event, one a second, past the server.
fn crowd(app: &App, event: &Value, count: usize) {
    let event = id_of(event);
    let (mut people, mut interests) = (Vec::new(), Vec::new());
    for n in 1..=count {
        let id = format!("01890000-0000-7000-8000-{n:012}");
        let at = format!("2026-01-01T00:{:02}:{:02}.000000Z", n / 60, n % 60);
        people.push(format!("('{id}', 'guest {n}', '{at}', '{at}')"));
        interests.push(format!("('{event}', '{id}', '{at}')"));
    }
    let (people, interests) = (people.join(", "), interests.join(", "));
    app.sql(&format!(
        "insert into users (id, name, created_at, updated_at) values {people}"
    ));
    app.sql(&format!(
        "insert into event_interests (event_id, user_id, created_at) values {interests}"
    ));
    app.sql(&format!(
        "update event_counters set interested = interested + {count} where event_id = '{event}'"
    ));
}

/// The body of an event of no duration at this wall time of this zone.
fn moment(title: &str, zone: &str, date: &str, time: &str) -> Value {
    let event = set(new_event(title), "timezone", zone);
    let event = set(set(event, "start_date", date), "start_time", time);
    set(set(event, "end_date", date), "end_time", time)
}

/// Makes events of no duration, each titled by its day, and drains their changes.
#[track_caller]
fn plan(app: &App, client: &Client, days: &[&str]) -> Vec<Value> {
    let made = |day: &&str| create_event(client, moment(day, "UTC", day, "10:00"));
    let events: Vec<Value> = days.iter().map(made).collect();
    app.changes(&vec!["event.published"; days.len()]);
    events
}

/// The titles of the events that interest a person by this query, in their order.
#[track_caller]
fn mine(client: &Client, query: &str) -> Vec<String> {
    texts(&walk(client, &format!("{MINE}?{query}")), "title")
}

#[test]
fn an_event_that_interests_nobody_has_an_empty_list() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let expected = json!({ "message": PEOPLE, "data": [], "next": null, "total": 0 });
        assert_eq!(app.anon().get(&interested_path(&event)).ok(200), expected);
        app.changes(&[]);
    });
}

#[test]
fn interested_people_are_public_and_listed_newest_first() {
    each(|app| {
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &ann, "Walk");
        for person in [&bob, &ann, &cem] {
            care(app, person, &event);
        }
        let person = |client: &Client, name: &str| {
            let avatar = format!("https://img.example.org/{name}.png");
            json!({ "id": client.id(), "name": name, "avatar": avatar })
        };
        let expected = json!({
            "message": PEOPLE,
            "data": [person(&cem, "cem"), person(&ann, "ann"), person(&bob, "bob")],
            "next": null,
            "total": 3,
        });
        for reader in [&ann, &bob, &app.anon(), &pretender(app)] {
            let answer = reader.get(&interested_path(&event)).ok(200);
            assert_eq!(answer, expected);
        }
        // Whoever comes back is the newest.
        forget(app, &bob, &event);
        assert_interested(app, &event, &["cem", "ann"]);
        care(app, &bob, &event);
        assert_interested(app, &event, &["bob", "cem", "ann"]);
    });
}

#[test]
fn pages_yield_each_interested_person_once_and_tell_the_total() {
    each(|app| {
        let clients = people(app, ["ann", "bob", "cem", "dag", "eve"]);
        let event = announce(app, &clients[0], "Walk");
        for person in &clients {
            care(app, person, &event);
        }
        let path = interested_path(&event);
        let names = |limit: usize| {
            let items = walk(&app.anon(), &format!("{path}?limit={limit}"));
            texts(&items, "name")
        };
        for limit in [1, 2, 4, 5, 6, 100] {
            assert_eq!(names(limit), ["eve", "dag", "cem", "bob", "ann"], "{limit}");
        }
        let next = encode(&cursor_of(&app.anon(), &path));
        let second = format!("limit=2&cursor={next}");
        for query in ["limit=2", second.as_str()] {
            let answer = app.anon().get(&format!("{path}?{query}")).ok(200);
            assert_eq!(keys(&answer), ["data", "message", "next", "total"]);
            assert_eq!(answer["total"], 5, "{query}");
        }
        let tie = "(select min(created_at) from event_interests)";
        app.sql(&format!("update event_interests set created_at = {tie}"));
        for limit in [1, 2, 4] {
            let mut tied = names(limit);
            tied.sort_unstable();
            assert_eq!(tied, ["ann", "bob", "cem", "dag", "eve"], "{limit}");
        }
        app.changes(&[]);
    });
}

#[test]
fn people_who_come_and_go_meanwhile_disturb_no_walk() {
    each(|app| {
        let [ann, bob, cem, dag, eve] = people(app, ["ann", "bob", "cem", "dag", "eve"]);
        let event = announce(app, &ann, "Walk");
        for person in [&ann, &bob, &cem, &dag] {
            care(app, person, &event);
        }
        let path = format!("{}?limit=2", interested_path(&event));
        let (items, next) = page(&app.anon(), &path, None);
        assert_eq!(texts(&items, "name"), ["dag", "cem"]);
        care(app, &eve, &event);
        forget(app, &cem, &event);
        let (items, next) = page(&app.anon(), &path, next.as_deref());
        assert_eq!(texts(&items, "name"), ["bob", "ann"]);
        assert_eq!(next, None);
        assert_interested(app, &event, &["eve", "dag", "bob", "ann"]);
    });
}

#[test]
fn a_page_has_at_most_100_people() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        crowd(app, &event, 101);
        let path = format!("{}?limit=100", interested_path(&event));
        let (items, next) = page(&app.anon(), &path, None);
        assert_eq!((items.len(), &items[0]["name"]), (100, &json!("guest 101")));
        let next = encode(&next.expect("a second page"));
        let answer = app.anon().get(&format!("{path}&cursor={next}")).ok(200);
        assert_eq!(answer["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(answer["data"][0]["name"], "guest 1");
        assert_eq!(
            (&answer["next"], &answer["total"]),
            (&Value::Null, &json!(101))
        );
        app.changes(&[]);
    });
}

#[test]
fn people_of_events_that_are_not_there_are_not_found() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        care(app, &bob, &event);
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id(), "@me"]) {
            let path = format!("/api/events/{id}/interests");
            app.anon().get(&path).error(404, NO_EVENT);
        }
        let path = interested_path(&event);
        set_visible(app, &event, false);
        for reader in [&bob, &app.anon()] {
            reader.get(&path).error(404, NO_EVENT);
        }
        assert_eq!(texts(&page(&ann, &path, None).0, "name"), ["bob"]);
        set_visible(app, &event, true);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        for reader in [&ann, &bob, &app.anon()] {
            reader.get(&path).error(404, NO_EVENT);
        }
    });
}

#[test]
fn people_show_as_they_are_now_and_without_email() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        care(app, &bob, &event);
        bob.put("/api/users", json!({ "name": "Bob Lee" })).ok(201);
        app.changes(&["user.updated"]);
        for reader in [&ann, &bob, &app.anon()] {
            let reply = reader.get(&interested_path(&event));
            assert_eq!(reply.ok(200)["data"][0]["name"], "Bob Lee");
            assert!(!reply.text().contains("@example.org"), "{}", reply.text());
        }
    });
}

#[test]
fn my_interests_need_a_session_and_are_my_own_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        care(app, &ann, &event);
        for nobody in [&app.anon(), &pretender(app)] {
            nobody.get(MINE).refused(401);
            nobody.get(&format!("{MINE}?limit=0")).refused(401);
        }
        let nothing = json!({ "message": EVENTS, "data": [], "next": null });
        assert_eq!(bob.get(MINE).ok(200), nothing);
        bob.get(&format!("/api/users/{}/interests", ann.id()))
            .refused(404);
        let expected = set(nothing, "data", json!([read_event(&ann, &event)]));
        assert_eq!(ann.get(MINE).ok(200), expected);
        assert_eq!(expected["data"][0]["interested_by_me"], true);
        app.changes(&[]);
    });
}

#[test]
fn my_interests_are_listed_soonest_first_past_ones_too() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let bodies = [
            moment("third", "UTC", "2031-06-13", "18:00"),
            moment("first", "UTC", "1999-12-31", "10:00"),
            // Noon of the day before in UTC.
            moment("second", "Pacific/Apia", "2031-06-14", "01:00"),
            moment("elsewhere", "UTC", "2031-06-12", "10:00"),
        ];
        let events = bodies.map(|body| create_event(&ann, body));
        app.changes(&["event.published"; 4]);
        for event in &events[..3] {
            care(app, &bob, event);
        }
        care(app, &ann, &events[3]);
        let expected = ["first", "second", "third"];
        assert_eq!(mine(&bob, "limit=100"), expected);
        // The server goes over what is past.
        app.sweep();
        for limit in [1, 2, 3] {
            assert_eq!(mine(&bob, &format!("limit={limit}")), expected, "{limit}");
        }
        forget(app, &bob, &events[2]);
        assert_eq!(mine(&bob, ""), ["first", "third"]);
        assert_eq!(mine(&ann, ""), ["elsewhere"]);
    });
}

#[test]
fn events_of_one_moment_are_mine_once_each() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let titles = ["a", "b", "c", "d", "e"];
        for title in titles {
            care(app, &bob, &announce(app, &ann, title));
            announce(app, &ann, "elsewhere");
        }
        for limit in [1, 2, 4, 5, 100] {
            let mut tied = mine(&bob, &format!("limit={limit}"));
            tied.sort_unstable();
            assert_eq!(tied, titles, "{limit}");
        }
        app.changes(&[]);
    });
}

#[test]
fn my_interests_take_the_filters_of_the_list_of_events() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let reply = ann.post("/api/groups", json!({ "title": "Walkers" }));
        let group = data(&reply, 201, "Group created successfully");
        app.changes(&["group.created"]);
        let on = |title: &str, day: &str| moment(title, "UTC", day, "10:00");
        let swim = set(
            on("Lake swim", "2031-06-12"),
            "group_id",
            group["id"].clone(),
        );
        for (creator, body) in [
            (&bob, on("Lake walk", "2031-06-14")),
            (&ann, on("Hill walk", "2031-06-10")),
            (&ann, swim.clone()),
        ] {
            let event = create_event(creator, body);
            app.changes(&["event.published"]);
            care(app, &bob, &event);
        }
        create_event(&ann, set(swim, "title", "Lake walk without Bob"));
        app.changes(&["event.published"]);
        let [by_ann, by_bob] = [&ann, &bob].map(|person| format!("creator={}", person.id()));
        let of_group = format!("group={}", id_of(&group));
        let no_group = format!("group={UNKNOWN}");
        for (query, expected) in [
            ("limit=1", vec!["Hill walk", "Lake swim", "Lake walk"]),
            ("q=LAKE&limit=1", vec!["Lake swim", "Lake walk"]),
            ("q=without", vec![]),
            ("from=2031-06-11", vec!["Lake swim", "Lake walk"]),
            ("from=2031-06-11&to=2031-06-13", vec!["Lake swim"]),
            ("to=2031-06-11", vec!["Hill walk"]),
            (by_ann.as_str(), vec!["Hill walk", "Lake swim"]),
            (by_bob.as_str(), vec!["Lake walk"]),
            (of_group.as_str(), vec!["Lake swim"]),
            (no_group.as_str(), vec![]),
        ] {
            assert_eq!(mine(&bob, query), expected, "{query}");
        }
        for query in ["from=nonsense", "to=2031-02-30", "from="] {
            bob.get(&format!("{MINE}?{query}")).refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn drafts_of_others_and_deleted_events_are_not_among_my_interests() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let events = plan(app, &ann, &["2031-06-10", "2031-06-11", "2031-06-12"]);
        for event in &events {
            care(app, &ann, event);
            care(app, &bob, event);
        }
        set_visible(app, &events[0], false);
        ann.delete(&event_path(&events[1])).no_content();
        app.changes(&["event.cancelled"]);
        assert_eq!(mine(&ann, "limit=1"), ["2031-06-10", "2031-06-12"]);
        for query in ["limit=1", "q=2031", "from=2031-06-01&to=2031-06-30"] {
            assert_eq!(mine(&bob, query), ["2031-06-12"], "{query}");
        }
    });
}

#[test]
fn both_lists_take_good_limits_and_their_own_cursors_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let events = plan(app, &ann, &["2031-06-10", "2031-06-11"]);
        for event in &events {
            care(app, &ann, event);
            care(app, &bob, event);
            say(app, &ann, &events[0], "Hello");
        }
        let (people, talk) = (interested_path(&events[0]), comments_path(&events[0]));
        takes_good_pages_only(&app.anon(), &people);
        takes_good_pages_only(&ann, MINE);
        let paths = [people.as_str(), MINE, talk.as_str(), "/api/events"];
        let cursors = paths.map(|path| encode(&cursor_of(&ann, path)));
        for (n, path) in paths.into_iter().enumerate() {
            for (m, cursor) in cursors.iter().enumerate() {
                let reply = ann.get(&format!("{path}?limit=1&cursor={cursor}"));
                let status = if n == m { 200 } else { 400 };
                assert_eq!(reply.status(), status, "{path} with that of {}", paths[m]);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_cursor_of_my_interests_opens_no_other_list() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in ["One", "Two"] {
            let event = announce(app, &ann, title);
            let path = format!("/api/users/@me/interests/{}", id_of(&event));
            ann.raw("POST", &path, None, b"").ok(200);
            app.changes(&["interest.registered"]);
        }
        let mine = "/api/users/@me/interests?limit=1";
        let all = "/api/events?order=start&limit=1";
        for (list, other) in [(mine, all), (all, mine)] {
            let (_, next) = page(&ann, list, None);
            let next = encode(&next.expect("a second page"));
            ann.get(&format!("{list}&cursor={next}")).ok(200);
            ann.get(&format!("{other}&cursor={next}")).refused(400);
        }
    });
}
