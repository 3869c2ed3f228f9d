//! `GET /api/events` by days and by creator.

use super::*;

/// The titles of the events on these days, the soonest first.
#[track_caller]
fn between(app: &App, query: &str) -> Vec<String> {
    titles(&app.anon(), &format!("order=start&{query}"))
}

#[test]
fn from_and_to_find_events_that_overlap_those_days() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        create_event(&ann, days("fair", "2031-06-09", "2031-06-12"));
        create_event(&ann, days("talk", "2031-06-10", "2031-06-10"));
        create_event(&ann, days("walk", "2031-06-13", "2031-06-13"));
        app.changes(&["event.published"; 3]);
        for (query, expected) in [
            (
                "from=2031-06-09&to=2031-06-13",
                vec!["fair", "talk", "walk"],
            ),
            ("from=2031-06-10&to=2031-06-10", vec!["fair", "talk"]),
            ("from=2031-06-11&to=2031-06-11", vec!["fair"]),
            ("from=2031-06-12&to=2031-06-13", vec!["fair", "walk"]),
            ("from=2031-06-08&to=2031-06-09", vec!["fair"]),
            ("from=2031-06-14&to=2031-06-20", vec![]),
            ("from=2031-06-01&to=2031-06-08", vec![]),
            ("from=2031-06-11", vec!["fair", "walk"]),
            ("from=2031-06-13", vec!["walk"]),
            ("from=2031-06-14", vec![]),
            ("to=2031-06-09", vec!["fair"]),
            ("to=2031-06-10", vec!["fair", "talk"]),
            ("to=2031-06-08", vec![]),
        ] {
            assert_eq!(between(app, query), expected, "{query}");
        }
        app.changes(&[]);
    });
}

#[test]
fn days_are_those_of_the_events_own_zone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        // 1 o'clock on the 14th in Apia is noon on the 13th in UTC.
        create_event(&ann, moment("Pacific/Apia", "2031-06-14", "01:00:00"));
        app.changes(&["event.published"]);
        assert_eq!(
            between(app, "from=2031-06-14&to=2031-06-14"),
            ["Pacific/Apia"]
        );
        assert!(between(app, "from=2031-06-13&to=2031-06-13").is_empty());
    });
}

#[test]
fn from_after_to_finds_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        create_event(&ann, days("fair", "2031-06-09", "2031-06-12"));
        app.changes(&["event.published"]);
        assert!(between(app, "from=2031-06-12&to=2031-06-09").is_empty());
    });
}

#[test]
fn malformed_days_are_a_bad_request() {
    each(|app| {
        let days = [
            "",
            "nonsense",
            "2031-02-30",
            "31-1-1",
            "2031-13-01",
            "20310614",
            "%00",
            "1",
        ];
        for key in ["from", "to"] {
            for day in days {
                app.anon()
                    .get(&format!("/api/events?{key}={day}"))
                    .refused(400);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn the_newest_update_comes_first_among_days_too() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        create_event(&ann, days("older", "2031-06-12", "2031-06-12"));
        tick(app);
        create_event(&ann, days("newer", "2031-06-09", "2031-06-09"));
        app.changes(&["event.published"; 2]);
        assert_eq!(
            titles(&app.anon(), "from=2031-06-01&to=2031-06-30"),
            ["newer", "older"]
        );
    });
}

#[test]
fn a_filtered_list_is_walked_to_its_end() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        for n in 1..=5 {
            let day = format!("2031-06-{n:02}");
            create_event(&ann, days(&format!("ann {n}"), &day, &day));
            create_event(&bob, days(&format!("bob {n}"), &day, &day));
            tick(app);
        }
        app.changes(&["event.published"; 10]);
        let filter = format!("creator={}&from=2031-06-02&to=2031-06-04", ann.id());
        let path = format!("/api/events?limit=1&{filter}");
        assert_eq!(
            texts(&walk(&app.anon(), &path), "title"),
            ["ann 4", "ann 3", "ann 2"]
        );
        let path = format!("{path}&order=start");
        assert_eq!(
            texts(&walk(&app.anon(), &path), "title"),
            ["ann 2", "ann 3", "ann 4"]
        );
    });
}

#[test]
fn creator_finds_the_events_of_one_person() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        announce(app, &ann, "Ann's walk");
        announce(app, &bob, "Bob's walk");
        assert_eq!(
            titles(&bob, &format!("creator={}", ann.id())),
            ["Ann's walk"]
        );
        assert!(titles(&app.anon(), &format!("creator={UNKNOWN}")).is_empty());
        app.changes(&[]);
    });
}

#[test]
fn a_malformed_creator_finds_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        announce(app, &ann, "Walk");
        for creator in MALFORMED {
            let reply = app.anon().get(&format!("/api/events?creator={creator}"));
            match reply.status() {
                200 => assert_eq!(reply.json()["data"], json!([]), "{creator}"),
                _ => drop(reply.refused(400)),
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn filters_are_combined() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        create_event(&ann, days("Jazz in June", "2031-06-10", "2031-06-10"));
        create_event(&ann, days("Jazz in July", "2031-07-10", "2031-07-10"));
        create_event(&ann, days("Walk in June", "2031-06-10", "2031-06-10"));
        create_event(&bob, days("Jazz in June, too", "2031-06-10", "2031-06-10"));
        app.changes(&["event.published"; 4]);
        let query = format!("q=jazz&creator={}&from=2031-06-01&to=2031-06-30", ann.id());
        assert_eq!(titles(&app.anon(), &query), ["Jazz in June"]);
    });
}
