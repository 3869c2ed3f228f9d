//! `GET /api/groups`: order, pages, search; and what all lists of groups have in common.

use super::*;

const LIST: &str = "/api/groups";

/// What people type into a search box, and what they should not.
const SEARCHES: [&str; 28] = [
    "",
    " ",
    "jazz",
    "JAZZ eve",
    "jazz and",
    "CAFE",
    "cafe\u{301}",
    "rock",
    "n-roll",
    "100",
    "\"jazz",
    "jazz*",
    "-jazz",
    "jazz:*",
    "jazz OR rock",
    "NOT rock",
    "title:jazz",
    "NEAR(",
    "%",
    "\"",
    "*",
    "'; drop table groups; --",
    "jazz%",
    "jazz\\",
    "🎪 jazz",
    "jazz\0",
    "\u{200b}",
    "\u{301}",
];

/// Makes so many groups, one a second, and answers their ids, the newest first.
fn series(app: &App, client: &Client, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let group = gather(app, client, &format!("group {n}"));
        ids.push(id_of(&group).to_owned());
        tick(app);
    }
    ids.reverse();
    ids
}

/// The cursor behind the first page.
#[track_caller]
fn cursor_of(client: &Client, path: &str) -> String {
    page(client, path, None).1.expect("a second page")
}

#[test]
fn a_list_has_its_sentence_its_data_and_next() {
    each(|app| {
        let expected = json!({
            "message": "All groups successfully fetched",
            "data": [],
            "next": null,
        });
        assert_eq!(app.anon().get(LIST).ok(200), expected);

        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        for reader in [&ann, &bob, &app.anon()] {
            let answer = reader.get(LIST).ok(200);
            assert_eq!(answer, set(expected.clone(), "data", json!([group])));
        }
        app.changes(&[]);
    });
}

#[test]
fn the_newest_update_comes_first() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let first = gather(app, &ann, "first");
        tick(app);
        gather(app, &bob, "second");
        tick(app);
        gather(app, &ann, "third");
        tick(app);
        assert_eq!(
            group_titles(&app.anon(), LIST),
            ["third", "second", "first"]
        );
        ann.put(&group_path(&first), json!({ "title": "renamed" }))
            .ok(200);
        app.changes(&["group.updated"]);
        for reader in [&bob, &app.anon()] {
            assert_eq!(group_titles(reader, LIST), ["renamed", "third", "second"]);
        }
    });
}

#[test]
fn members_that_come_and_go_do_not_move_a_group() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let first = gather(app, &ann, "first");
        tick(app);
        gather(app, &ann, "second");
        enrol(app, &ann, &first, &[&bob]);
        assert_eq!(group_titles(&bob, LIST), ["second", "first"]);
        let (listed, _) = page(&app.anon(), LIST, None);
        assert_eq!(listed[1], set(first.clone(), "members", 2));
        tick(app);
        leave(app, &bob, &first);
        assert_eq!(group_titles(&bob, LIST), ["second", "first"]);
        assert_eq!(read_group(&bob, &first), first);
    });
}

#[test]
fn pages_yield_each_group_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut ids = series(app, &ann, 7);
        for limit in [1, 2, 3, 6, 7, 8, 100] {
            let walked = walk(&app.anon(), &format!("{LIST}?limit={limit}"));
            assert_eq!(texts(&walked, "id"), ids, "limit {limit}");
        }
        app.sql("update groups set updated_at = (select min(updated_at) from groups)");
        ids.sort_unstable();
        for limit in [1, 2, 3] {
            let walked = walk(&app.anon(), &format!("{LIST}?limit={limit}"));
            let mut tied = texts(&walked, "id");
            tied.sort_unstable();
            assert_eq!(tied, ids, "limit {limit}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_page_has_at_most_100_groups() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        series(app, &ann, 101);
        let anon = app.anon();
        let (items, next) = page(&anon, "/api/groups?limit=100", None);
        assert_eq!(items.len(), 100);
        let (rest, last) = page(&anon, "/api/groups?limit=100", next.as_deref());
        assert_eq!((rest.len(), last), (1, None));
        assert_eq!(rest[0]["title"], "group 0");
    });
}

#[test]
fn groups_that_come_and_change_meanwhile_disturb_no_walk() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let ids = series(app, &ann, 7);
        let (items, mut cursor) = page(&app.anon(), "/api/groups?limit=2", None);
        let mut seen = texts(&items, "id");
        while let Some(next) = cursor {
            gather(app, &bob, "Latecomers");
            tick(app);
            let path = format!("/api/groups/{}", seen[0]);
            ann.put(&path, json!({ "title": format!("Seen {}", seen.len()) }))
                .ok(200);
            tick(app);
            app.changes(&["group.updated"]);
            let (items, after) = page(&app.anon(), "/api/groups?limit=2", Some(&next));
            seen.extend(texts(&items, "id"));
            assert!(seen.len() <= ids.len(), "a group shows twice");
            cursor = after;
        }
        assert_eq!(seen, ids);
    });
}

#[test]
fn a_walk_goes_on_when_the_group_it_stopped_at_is_deleted() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let ids = series(app, &ann, 5);
        let next = cursor_of(&app.anon(), "/api/groups?limit=2");
        ann.delete(&format!("/api/groups/{}", ids[1])).no_content();
        app.changes(&["group.deleted"]);
        let (items, _) = page(&ann, "/api/groups?limit=3", Some(&next));
        assert_eq!(texts(&items, "id"), ids[2..]);
    });
}

#[test]
fn a_bad_limit_or_cursor_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        series(app, &ann, 2);
        refuses_bad_pages(&app.anon(), LIST);
        refuses_forged_cursors(&app.anon(), LIST);
        app.changes(&[]);
    });
}

#[test]
fn the_cursor_of_another_list_is_a_bad_request() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        gather(app, &ann, "Runners");
        enrol(app, &ann, &group, &[&bob]);
        for _ in 0..2 {
            let event = set(new_event("Walk"), "group_id", group["id"].clone());
            create_event(&ann, event);
        }
        app.changes(&["event.published"; 2]);
        let lists = [
            format!("{LIST}?limit=1"),
            format!("{MINE}?limit=1"),
            format!("{}?limit=1", members_path(&group)),
            format!("{}?limit=1", group_events_path(&group)),
            format!("{}?limit=1&order=start", group_events_path(&group)),
        ];
        let cursors = lists.each_ref().map(|path| encode(&cursor_of(&ann, path)));
        for (n, path) in lists.iter().enumerate() {
            for (m, cursor) in cursors.iter().enumerate() {
                let reply = ann.get(&format!("{path}&cursor={cursor}"));
                let expected = if n == m { 200 } else { 400 };
                assert_eq!(reply.status(), expected, "{path} with cursor {m}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn words_of_titles_are_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in ["Zürich lake swimmers", "Lake Placid skiers", "Лыжники"] {
            gather(app, &ann, title);
        }
        let anon = app.anon();
        let both = ["Lake Placid skiers", "Zürich lake swimmers"];
        assert_eq!(groups_found(&anon, "LAKE"), both);
        assert_eq!(groups_found(&anon, "lak"), both);
        assert_eq!(groups_found(&ann, "swimmers zurich"), [both[1]]);
        assert_eq!(groups_found(&anon, "ЛЫЖ"), ["Лыжники"]);
        // Only the last word may be a beginning.
        assert_eq!(groups_found(&anon, "lake pla"), [both[0]]);
        assert!(groups_found(&anon, "pla lake").is_empty());
        assert!(groups_found(&anon, "lake opera").is_empty());
        assert!(groups_found(&anon, "ann").is_empty());
        app.changes(&[]);
    });
}

#[test]
fn a_search_finds_groups_as_it_finds_events() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in [
            "Jazz evening",
            "Jazz and café",
            "Rock-n-roll",
            "Bread + roses (100 %)",
        ] {
            gather(app, &ann, title);
            let event = set(new_event(title), "description", "");
            create_event(&ann, set(event, "location", title));
            app.changes(&["event.published"]);
        }
        let (long, wide) = ("x".repeat(201), "ü".repeat(200));
        let mut found = 0;
        for q in SEARCHES.into_iter().chain([long.as_str(), wide.as_str()]) {
            let [groups, events] = ["groups", "events"].map(|what| {
                let reply = ann.get(&format!("/api/{what}?q={}", encode(q)));
                let titles = match reply.status() {
                    200 => texts(reply.json()["data"].as_array().expect("an array"), "title"),
                    _ => Vec::new(),
                };
                let mut answer = (reply.status(), titles);
                answer.1.sort_unstable();
                answer
            });
            assert_eq!(groups, events, "{q:?}");
            assert!([200, 400].contains(&groups.0), "{q:?}: {}", groups.0);
            found += groups.1.len();
        }
        assert!(found > 10, "these searches find something: {found}");
        ann.get(&format!("/api/groups?q={long}")).refused(400);
        app.changes(&[]);
    });
}

#[test]
fn what_is_found_is_ordered_and_paged_like_any_list() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in ["Lantern a", "Other", "Lantern c", "Lantern b", "Another"] {
            gather(app, &ann, title);
            tick(app);
        }
        for limit in [1, 2, 3] {
            let found = walk(&app.anon(), &format!("{LIST}?q=lantern&limit={limit}"));
            let expected = ["Lantern b", "Lantern c", "Lantern a"];
            assert_eq!(texts(&found, "title"), expected, "limit {limit}");
        }
    });
}

#[test]
fn longer_lists_take_no_more_statements() {
    each(|app| {
        let [ann, bob, cem, dag] = people(app, ["ann", "bob", "cem", "dag"]);
        let group = gather(app, &ann, "first");
        let event = set(new_event("Walk"), "group_id", group["id"].clone());
        enrol(app, &ann, &group, &[&bob]);
        gather(app, &ann, "second");
        let lists = [
            LIST.to_owned(),
            MINE.to_owned(),
            members_path(&group),
            group_events_path(&group),
        ];
        let count = |path: &str| {
            ann.get(path).ok(200);
            app.statements(|| drop(ann.get(path).ok(200)))
        };
        create_event(&ann, event.clone());
        create_event(&ann, event.clone());
        app.changes(&["event.published"; 2]);
        let few = lists.each_ref().map(|path| count(path));
        assert!(few.iter().all(|few| *few > 0), "{few:?}");

        series(app, &ann, 5);
        enrol(app, &ann, &group, &[&cem, &dag]);
        for _ in 0..5 {
            create_event(&ann, event.clone());
        }
        app.changes(&["event.published"; 5]);
        let many = lists.each_ref().map(|path| count(path));
        let no_more = many.iter().zip(&few).all(|(many, few)| many <= few);
        assert!(no_more, "{many:?} instead of {few:?}");
    });
}
