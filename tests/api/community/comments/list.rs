//! `GET /api/events/{event_id}/comments`.

use super::*;

#[test]
fn an_event_without_comments_has_an_empty_list() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let expected = json!({
            "message": "Comments successfully fetched",
            "data": [],
            "next": null,
        });
        assert_eq!(app.anon().get(&comments_path(&event)).ok(200), expected);
        app.changes(&[]);
    });
}

#[test]
fn comments_are_public_and_listed_oldest_first() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let mut comments = Vec::new();
        for (client, body) in [(&ann, "one"), (&bob, "two"), (&ann, "three")] {
            comments.push(say(app, client, &event, body));
            tick(app);
        }
        for reader in [&ann, &bob, &app.anon()] {
            let mut answer = reader.get(&comments_path(&event)).ok(200);
            assert_eq!(answer["message"], "Comments successfully fetched");
            assert_eq!(answer["data"].take(), Value::Array(comments.clone()));
            assert_eq!(answer["next"], Value::Null);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_list_holds_the_comments_of_its_event_only() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let walk = announce(app, &ann, "Walk");
        let talk = announce(app, &ann, "Talk");
        say(app, &ann, &walk, "Boots?");
        say(app, &ann, &talk, "Slides?");
        assert_eq!(bodies(&app.anon(), &walk), ["Boots?"]);
        assert_eq!(bodies(&app.anon(), &talk), ["Slides?"]);
    });
}

#[test]
fn pages_yield_each_comment_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let expected: Vec<String> = (0..7).map(|n| format!("comment {n}")).collect();
        for body in &expected {
            say(app, &ann, &event, body);
        }
        for limit in [1, 2, 3, 7, 100] {
            let path = format!("{}?limit={limit}", comments_path(&event));
            assert_eq!(
                texts(&walk(&app.anon(), &path), "body"),
                expected,
                "limit {limit}"
            );
        }
        app.sql("update comments set created_at = (select min(created_at) from comments)");
        let path = format!("{}?limit=2", comments_path(&event));
        let mut tied = texts(&walk(&app.anon(), &path), "body");
        tied.sort_unstable();
        assert_eq!(tied, expected);
    });
}

#[test]
fn pages_reach_comments_that_come_meanwhile() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let first = say(app, &ann, &event, "one");
        tick(app);
        say(app, &ann, &event, "two");
        tick(app);
        say(app, &ann, &event, "three");
        let path = format!("{}?limit=2", comments_path(&event));
        let (items, next) = page(&app.anon(), &path, None);
        assert_eq!(texts(&items, "body"), ["one", "two"]);

        tick(app);
        say(app, &ann, &event, "four");
        ann.delete(&comment_path(&first)).no_content();
        ann.delete(&comment_path(&items[1])).no_content();
        app.changes(&["comment.deleted"; 2]);
        let (items, next) = page(&app.anon(), &path, next.as_deref());
        assert_eq!(texts(&items, "body"), ["three", "four"]);
        assert_eq!(next, None);
    });
}

#[test]
fn a_bad_limit_or_cursor_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let path = comments_path(&event);
        for limit in ["0", "101", "-1", "abc", "", "1.5"] {
            app.anon()
                .get(&format!("{path}?limit={limit}"))
                .refused(400);
        }
        for cursor in ["", "nonsense", "AAAA", "%00", "%FF", UNKNOWN] {
            app.anon()
                .get(&format!("{path}?cursor={cursor}"))
                .refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_changed_or_cut_cursor_is_a_bad_request() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        say(app, &ann, &event, "one");
        say(app, &ann, &event, "two");
        let path = format!("{}?limit=1", comments_path(&event));
        let cursor = page(&app.anon(), &path, None).1.expect("a second page");
        let good: Vec<char> = cursor.chars().collect();
        for position in 0..good.len() {
            let mut changed = good.clone();
            changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
            let changed = encode(&changed.into_iter().collect::<String>());
            app.anon()
                .get(&format!("{path}&cursor={changed}"))
                .refused(400);
            let cut = encode(&good[..position].iter().collect::<String>());
            app.anon().get(&format!("{path}&cursor={cut}")).refused(400);
        }
    });
}

#[test]
fn an_unknown_or_malformed_event_is_not_found() {
    each(|app| {
        for id in MALFORMED.into_iter().chain([UNKNOWN]) {
            let path = format!("/api/events/{id}/comments");
            app.anon().get(&path).error(404, "Comments not found");
        }
        app.changes(&[]);
    });
}

#[test]
fn the_events_count_rises_and_falls_with_its_comments() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        assert_eq!(count_of(&ann, &event), 0);
        let first = say(app, &ann, &event, "one");
        let second = say(app, &bob, &event, "two");
        assert_eq!(count_of(&app.anon(), &event), 2);
        let (listed, _) = page(&app.anon(), "/api/events", None);
        assert_eq!(listed[0]["comments"], 2);
        ann.delete(&comment_path(&first)).no_content();
        assert_eq!(count_of(&bob, &event), 1);
        ann.delete(&comment_path(&second)).no_content();
        assert_eq!(count_of(&bob, &event), 0);
        app.changes(&["comment.deleted"; 2]);
        assert!(bodies(&app.anon(), &event).is_empty());
    });
}

#[test]
fn the_author_shows_as_it_is_now() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        say(app, &ann, &event, "Hello");
        let avatar = "https://img.example.org/lee.png";
        ann.put("/api/users", json!({ "name": "Ann Lee", "avatar": avatar }))
            .ok(201);
        app.changes(&["user.updated"]);
        let (comments, _) = page(&app.anon(), &comments_path(&event), None);
        let expected = json!({ "id": ann.id(), "name": "Ann Lee", "avatar": avatar });
        assert_eq!(comments[0]["author"], expected);
    });
}

#[test]
fn no_email_shows_among_comments() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        say(app, &ann, &event, "Hello");
        for reader in [&ann, &bob, &app.anon()] {
            let reply = reader.get(&comments_path(&event));
            assert!(
                !reply.text().contains("ann@example.org"),
                "{}",
                reply.text()
            );
        }
    });
}
