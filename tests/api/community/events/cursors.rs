//! Walking `GET /api/events` page after page.

use super::*;

/// Makes so many events, one a second, and answers their ids, the newest first.
fn series(app: &App, client: &Client, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let day = format!("2031-07-{:02}", n + 1);
        let event = create_event(client, days(&format!("event {n}"), &day, &day));
        ids.push(id_of(&event).to_owned());
        tick(app);
    }
    app.changes(&vec!["event.published"; count]);
    ids.reverse();
    ids
}

/// The cursor behind the first page.
fn cursor_of(client: &Client, path: &str) -> String {
    page(client, path, None).1.expect("a second page")
}

#[test]
fn walking_yields_each_event_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let newest_first = series(app, &ann, 7);
        let oldest_first: Vec<String> = newest_first.iter().rev().cloned().collect();
        for limit in [1, 2, 3, 6, 7, 8] {
            let path = format!("/api/events?limit={limit}");
            assert_eq!(texts(&walk(&app.anon(), &path), "id"), newest_first);
            let path = format!("/api/events?order=start&limit={limit}");
            assert_eq!(texts(&walk(&ann, &path), "id"), oldest_first);
        }
        app.changes(&[]);
    });
}

#[test]
fn the_last_page_has_no_next_even_when_it_is_full() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        series(app, &ann, 4);
        let path = "/api/events?limit=2";
        let next = cursor_of(&app.anon(), path);
        let (items, next) = page(&app.anon(), path, Some(&next));
        assert_eq!((items.len(), next), (2, None));
    });
}

#[test]
fn events_that_share_their_moment_are_walked_once_each() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut ids = series(app, &ann, 7);
        app.sql("update events set updated_at = (select min(updated_at) from events)");
        app.sql("update events set starts_at = (select min(starts_at) from events)");
        ids.sort_unstable();
        for path in ["/api/events?limit=2", "/api/events?limit=2&order=start"] {
            let mut walked = texts(&walk(&app.anon(), path), "id");
            walked.sort_unstable();
            assert_eq!(walked, ids, "{path}");
        }
    });
}

#[test]
fn events_that_come_and_change_meanwhile_disturb_no_walk() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let ids = series(app, &ann, 7);
        let mut seen: Vec<String> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let (items, next) = page(&app.anon(), "/api/events?limit=2", cursor.as_deref());
            seen.extend(texts(&items, "id"));
            assert!(seen.len() <= ids.len(), "an event shows twice");

            create_event(&bob, new_event("Latecomer"));
            tick(app);
            let path = format!("/api/events/{}", seen[0]);
            ann.put(&path, json!({ "title": format!("Seen {}", seen.len()) }))
                .ok(201);
            tick(app);
            app.changes(&["event.published", "event.updated"]);

            if next.is_none() {
                break;
            }
            cursor = next;
        }
        assert_eq!(seen, ids);
    });
}

#[test]
fn a_walk_goes_on_when_the_event_it_stopped_at_is_deleted() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let ids = series(app, &ann, 6);
        let path = "/api/events?limit=2";
        let next = cursor_of(&app.anon(), path);
        ann.delete(&format!("/api/events/{}", ids[1])).no_content();
        app.changes(&["event.cancelled"]);
        let (items, _) = page(&app.anon(), path, Some(&next));
        assert_eq!(texts(&items, "id"), ids[2..4]);
    });
}

#[test]
fn a_cursor_works_for_everyone_and_with_another_limit() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let ids = series(app, &ann, 5);
        let next = cursor_of(&app.anon(), "/api/events?limit=2");
        let (items, last) = page(&ann, "/api/events?limit=3", Some(&next));
        assert_eq!(texts(&items, "id"), ids[2..]);
        assert_eq!(last, None);
    });
}

#[test]
fn a_cursor_that_is_not_ours_is_a_bad_request() {
    each(|app| {
        for cursor in [
            "",
            "nonsense",
            "AAAA",
            "0",
            "null",
            "%00",
            "%FF",
            "%F0%9F%8E%AA",
            "..%2F..%2Fetc",
            "eyJhIjoxfQ",
            UNKNOWN,
        ] {
            app.anon()
                .get(&format!("/api/events?cursor={cursor}"))
                .refused(400);
        }
        app.anon()
            .get(&format!("/api/events?cursor={}", "A".repeat(4000)))
            .refused(400);
        app.changes(&[]);
    });
}

#[test]
fn a_truncated_cursor_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        series(app, &ann, 3);
        for path in ["/api/events?limit=1", "/api/events?limit=1&order=start"] {
            let cursor = cursor_of(&app.anon(), path);
            for (end, _) in cursor.char_indices() {
                let cut = encode(&cursor[..end]);
                app.anon().get(&format!("{path}&cursor={cut}")).refused(400);
            }
            let longer = encode(&format!("{cursor}A"));
            app.anon()
                .get(&format!("{path}&cursor={longer}"))
                .refused(400);
        }
    });
}

#[test]
fn a_cursor_with_one_character_changed_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        series(app, &ann, 3);
        for path in ["/api/events?limit=1", "/api/events?limit=1&order=start"] {
            let cursor: Vec<char> = cursor_of(&app.anon(), path).chars().collect();
            for position in 0..cursor.len() {
                let mut changed = cursor.clone();
                changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
                let changed = encode(&changed.into_iter().collect::<String>());
                app.anon()
                    .get(&format!("{path}&cursor={changed}"))
                    .refused(400);
            }
        }
    });
}

#[test]
fn the_cursor_of_another_list_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        series(app, &ann, 3);
        let event = announce(app, &ann, "Walk");
        say(app, &ann, &event, "one");
        say(app, &ann, &event, "two");
        let anon = app.anon();
        let comments = comments_path(&event);
        let newest = encode(&cursor_of(&anon, "/api/events?limit=1"));
        let start = encode(&cursor_of(&anon, "/api/events?limit=1&order=start"));
        let talk = encode(&cursor_of(&anon, &format!("{comments}?limit=1")));
        anon.get(&format!("/api/events?order=start&cursor={newest}"))
            .refused(400);
        anon.get(&format!("/api/events?cursor={start}"))
            .refused(400);
        anon.get(&format!("/api/events?cursor={talk}")).refused(400);
        anon.get(&format!("/api/events?order=start&cursor={talk}"))
            .refused(400);
        anon.get(&format!("{comments}?cursor={newest}"))
            .refused(400);
        anon.get(&format!("{comments}?cursor={start}")).refused(400);
        app.changes(&[]);
    });
}
