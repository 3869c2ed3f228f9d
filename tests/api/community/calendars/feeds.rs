//! `GET /api/events.ics` and `GET /api/groups/{id}/events.ics`: many events in one calendar.

use std::thread;

use super::*;

/// The titles in a feed, in alphabetical order.
#[track_caller]
fn found(client: &Client, query: &str) -> Vec<String> {
    sorted_summaries(&client.get(&format!("{FEED}?{query}")))
}

/// The statuses of a feed's events.
#[track_caller]
fn statuses(client: &Client, path: &str) -> Vec<String> {
    let events = calendar(&client.get(path)).events;
    let status = |event: &IcalEvent| value(&event.properties, "STATUS").to_owned();
    events.iter().map(status).collect()
}

/// Makes an event of a group and drains its change.
#[track_caller]
fn gather(app: &App, client: &Client, group: &Value, title: &str) -> Value {
    let event = create_event(client, set(new_event(title), "group_id", id_of(group)));
    app.changes(&["event.published"]);
    event
}

#[test]
fn what_is_to_come_is_first_and_soonest_first() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        create_event(&ann, on("March", "2031-03-01"));
        create_event(&bob, on("long ago", "1999-06-14"));
        create_event(&ann, on("January", "2031-01-01"));
        create_event(&bob, on("February", "2031-02-01"));
        app.changes(&["event.published"; 4]);
        let expected = ["January", "February", "March", "long ago"];
        for reader in [&ann, &bob, &app.anon()] {
            assert_eq!(summaries(&reader.get(FEED)), expected);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_event_says_in_a_feed_what_it_says_alone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = found_group(app, &ann, "END:VCALENDAR, a;b \\ \"c\" 🎪×ø");
        let title = "🎪".repeat(120);
        let body = set(new_event(&title), "group_id", id_of(&group));
        let event = create_event(&ann, set(body, "timezone", "Asia/Kathmandu"));
        app.changes(&["event.published"]);
        let alone = calendar(&app.anon().get(&ics_path(&event)));
        for path in [FEED, &group_feed(&group)] {
            let feed = calendar(&app.anon().get(path));
            assert_eq!(feed.events.len(), 1);
            assert_eq!(feed.events[0].properties, alone.events[0].properties);
            assert_eq!(feed.timezones.len(), 1);
        }
    });
}

#[test]
fn without_events_a_feed_is_an_empty_calendar() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = found_group(app, &ann, "Walkers");
        for path in [FEED, &group_feed(&group), "/api/events.ics?q=nothing"] {
            let feed = calendar(&app.anon().get(path));
            assert!(feed.events.is_empty());
            assert!(feed.timezones.is_empty());
        }
        app.changes(&[]);
    });
}

/// Events that the filters tell apart; answers the group that one of them is of.
fn filtered(app: &App, ann: &Client, bob: &Client) -> Value {
    let group = found_group(app, ann, "Walkers");
    create_event(ann, on("Jazz in June", "2031-06-10"));
    create_event(bob, on("Jazz in July", "2031-07-10"));
    let walk = on("Walk in June", "2031-06-12");
    create_event(ann, set(walk, "group_id", id_of(&group)));
    app.changes(&["event.published"; 3]);
    group
}

#[test]
fn a_feed_takes_the_filters_of_the_list() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = filtered(app, &ann, &bob);
        let (june, july, walk) = ("Jazz in June", "Jazz in July", "Walk in June");
        let (group, ann) = (id_of(&group), ann.id());
        for (query, expected) in [
            ("from=2031-06-11".to_owned(), vec![july, walk]),
            ("to=2031-06-11".to_owned(), vec![june]),
            ("from=2031-06-12&to=2031-06-12".to_owned(), vec![walk]),
            ("from=2031-06-12&to=2031-06-10".to_owned(), vec![]),
            (format!("group={group}"), vec![walk]),
            (format!("group={UNKNOWN}"), vec![]),
            (format!("creator={ann}"), vec![june, walk]),
            (format!("creator={UNKNOWN}"), vec![]),
            ("q=jazz".to_owned(), vec![july, june]),
            (format!("q=jun&creator={ann}&from=2031-06-11"), vec![walk]),
            (format!("q=jazz&group={group}"), vec![]),
        ] {
            assert_eq!(found(&app.anon(), &query), expected, "{query}");
            assert_eq!(found(&bob, &query), expected, "{query}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_feed_refuses_what_the_list_refuses() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        filtered(app, &ann, &bob);
        for key in ["from", "to"] {
            for day in ["", "nonsense", "2031-02-30", "20310614", "%00", "1"] {
                app.anon().get(&format!("{FEED}?{key}={day}")).refused(400);
            }
        }
        let long = "x".repeat(100_000);
        for query in [
            "creator=nonsense",
            "group=nonsense",
            "group=",
            "q=%00",
            "q=%FF",
            "q=",
            &format!("q={long}"),
        ] {
            let list = app.anon().get(&format!("/api/events?{query}"));
            let feed = app.anon().get(&format!("{FEED}?{query}"));
            let start = query.get(..20).unwrap_or(query);
            assert_eq!(feed.status(), list.status(), "{start}");
            if list.status() == 200 {
                let items = list.json()["data"].take();
                let mut titles = texts(items.as_array().expect("a list"), "title");
                titles.sort_unstable();
                assert_eq!(sorted_summaries(&feed), titles, "{start}");
            } else {
                feed.refused(400);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn limit_and_cursor_are_ignored() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for n in 0..3 {
            announce(app, &ann, &format!("Walk {n}"));
        }
        for query in [
            "limit=1",
            "limit=0",
            "limit=101",
            "limit=x",
            "cursor=nonsense",
        ] {
            let expected = ["Walk 0", "Walk 1", "Walk 2"];
            assert_eq!(found(&app.anon(), query), expected, "{query}");
        }
    });
}

#[test]
fn a_feed_has_the_thousand_events_that_are_next() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        create_event(&ann, on("long ago", "1999-06-14"));
        let start = NaiveDateTime::parse_from_str("2031-01-01 00:00", "%Y-%m-%d %H:%M");
        let start = start.expect("a moment");
        let body = |n: i32| {
            let begin = start + TimeDelta::minutes(10) * n;
            let day = begin.format("%Y-%m-%d").to_string();
            let time = begin.format("%H:%M:%S").to_string();
            let body = on(&n.to_string(), &day);
            set(set(body, "start_time", time.as_str()), "end_time", time)
        };
        thread::scope(|scope| {
            for part in 0..5 {
                let (ann, body) = (&ann, &body);
                scope.spawn(move || {
                    for n in (part..1005).step_by(5) {
                        ann.post("/api/events", body(n)).ok(201);
                    }
                });
            }
        });
        let published = "select count(*) from changes where topic = 'event.published'";
        assert_eq!(app.count(published), 1006);
        let expected: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        assert_eq!(summaries(&app.anon().get(FEED)), expected);
    });
}

#[test]
fn a_longer_feed_asks_the_database_no_more_often() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = found_group(app, &ann, "Walkers");
        let feeds = [FEED.to_owned(), group_feed(&group)];
        let asked = || {
            app.statements(|| {
                for path in &feeds {
                    app.anon().get(path).expect_status(200);
                }
            })
        };
        gather(app, &ann, &group, "first");
        asked();
        let short = asked();
        for n in 0..30 {
            gather(app, &ann, &group, &format!("Walk {n}"));
        }
        let long = asked();
        // Something may go on beside it, but not for each event.
        assert!(short > 0, "statements are counted");
        assert!(long < short + 20, "{long} statements instead of {short}");
    });
}

#[test]
fn deleted_events_stay_in_feeds_as_cancelled_for_30_days() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = found_group(app, &ann, "Walkers");
        let event = gather(app, &ann, &group, "Walk");
        cancel(app, &ann, &event);
        let feeds = [
            FEED.to_owned(),
            group_feed(&group),
            format!("{FEED}?from=2031-06-14&to=2031-06-14"),
            format!("{FEED}?group={}", id_of(&group)),
            format!("{FEED}?creator={}", ann.id()),
        ];
        for days in [0, 29] {
            app.clock().advance(TimeDelta::days(days));
            app.sweep();
            for path in &feeds {
                let reply = app.anon().get(path);
                assert_eq!(summaries(&reply), ["Walk"], "{path}");
                assert_eq!(statuses(&app.anon(), path), ["CANCELLED"], "{path}");
                assert_eq!(said(&only_event(&reply), "LOCATION"), None);
            }
            let others = format!("{FEED}?from=2031-06-15");
            assert!(summaries(&app.anon().get(&others)).is_empty());
            assert!(found(&app.anon(), &format!("creator={UNKNOWN}")).is_empty());
        }
        app.clock().advance(TimeDelta::hours(25));
        app.sweep();
        for path in &feeds {
            assert!(summaries(&app.anon().get(path)).is_empty(), "{path}");
        }
        app.changes(&[]);
    });
}

#[test]
fn drafts_are_in_their_creators_feeds_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = found_group(app, &ann, "Walkers");
        let draft = gather(app, &ann, &group, "draft");
        let gone = gather(app, &ann, &group, "gone");
        gather(app, &ann, &group, "Walk");
        cancel(app, &ann, &gone);
        hide(app, &draft);
        hide(app, &gone);
        let creator = format!("{FEED}?creator={}", ann.id());
        for path in [
            FEED,
            "/api/events.ics?from=2031-06-14",
            &group_feed(&group),
            &creator,
        ] {
            assert_eq!(
                sorted_summaries(&ann.get(path)),
                ["Walk", "draft"],
                "{path}"
            );
            for reader in [&bob, &app.anon()] {
                assert_eq!(summaries(&reader.get(path)), ["Walk"], "{path}");
            }
        }
        assert!(found(&bob, "q=draft").is_empty());
        app.changes(&[]);
    });
}

#[test]
fn a_groups_feed_has_the_events_of_the_group() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let walkers = found_group(app, &ann, "Walkers");
        let runners = found_group(app, &bob, "Runners");
        announce(app, &ann, "nobody's");
        let walk = gather(app, &ann, &walkers, "Walk");
        gather(app, &bob, &runners, "Run");
        for reader in [&ann, &bob, &app.anon()] {
            assert_eq!(summaries(&reader.get(&group_feed(&walkers))), ["Walk"]);
            assert_eq!(summaries(&reader.get(&group_feed(&runners))), ["Run"]);
        }
        let alone = json!({ "group_id": null });
        data(&ann.put(&event_path(&walk), alone), 201, "item updated");
        app.changes(&["event.updated"]);
        assert!(summaries(&app.anon().get(&group_feed(&walkers))).is_empty());
        let feed = app.anon().get(FEED);
        assert_eq!(sorted_summaries(&feed), ["Run", "Walk", "nobody's"]);
    });
}

#[test]
fn what_is_no_group_has_no_feed() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = found_group(app, &ann, "Walkers");
        gather(app, &ann, &group, "Walk");
        ann.delete(&format!("/api/groups/{}", id_of(&group)))
            .no_content();
        app.changes(&["group.deleted"]);
        for reader in [&ann, &app.anon()] {
            for id in MALFORMED.into_iter().chain([UNKNOWN, id_of(&group)]) {
                let path = format!("/api/groups/{id}/events.ics");
                reader.get(&path).error(404, "Group not found");
            }
            assert_eq!(summaries(&reader.get(FEED)), ["Walk"]);
        }
        app.changes(&[]);
    });
}
