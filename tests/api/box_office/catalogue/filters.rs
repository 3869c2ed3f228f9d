//! `GET /api/v1/events` by type, city, days and words.

use super::*;

/// Makes a venue in a city; answers its id.
#[track_caller]
fn venue_in(app: &App, city: &str) -> String {
    let venue = json!({
        "name": "Hall",
        "address": "1 Main St",
        "city": city,
        "country": "Norway",
        "capacity": 1000,
    });
    let made = app.super_admin().post("/api/v1/admin/venues", venue);
    text(&made.ok(201)["venue_id"]).to_owned()
}

/// The names that a query finds, in alphabetical order; the total says how many.
#[track_caller]
fn found(app: &App, query: &str) -> Vec<String> {
    let page = listed(app, query);
    let mut names = names(&page);
    assert_eq!(page["total"], names.len(), "{query}");
    names.sort_unstable();
    names
}

/// The same, by one parameter of this plain value.
#[track_caller]
fn found_by(app: &App, key: &str, value: &str) -> Vec<String> {
    found(app, &format!("{key}={}", encode(value)))
}

/// Asserts that these values of a parameter are bad requests, which name it.
#[track_caller]
fn refuses(app: &App, key: &str, values: &[&str]) {
    for value in values {
        let reply = app.anon().get(&format!("{EVENTS}?{key}={value}"));
        assert_eq!(reply.status(), 400, "{key}={value}: {}", reply.text());
        invalid(&reply, key);
    }
}

#[test]
fn a_type_is_compared_whole_and_without_regard_to_case() {
    each(|app| {
        for (name, kind) in [
            ("a", "Concert"),
            ("b", "concert"),
            ("c", "Concert hall tour"),
            ("d", "ØVELSE"),
            ("e", "100%"),
        ] {
            app.on_sale(json!({ "name": name, "event_type": kind }));
        }
        gather(&app.user("ann"), "Concert", "2031-06-14");
        app.skip_changes();
        for (kind, expected) in [
            ("Concert", vec!["a", "b"]),
            ("concert", vec!["a", "b"]),
            ("CONCERT", vec!["a", "b"]),
            ("concert HALL tour", vec!["c"]),
            ("øvelse", vec!["d"]),
            ("Øvelse", vec!["d"]),
            ("100%", vec!["e"]),
            ("conc", vec![]),
            ("oncert", vec![]),
            ("concerts", vec![]),
            ("conc%", vec![]),
            ("%", vec![]),
            ("c_ncert", vec![]),
            ("concert' or '1'='1", vec![]),
        ] {
            assert_eq!(found_by(app, "type", kind), expected, "{kind}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_city_is_compared_whole_and_without_regard_to_case() {
    each(|app| {
        for (name, city) in [
            ("a", "Oslo"),
            ("b", "OSLO"),
            ("c", "Oslofjord"),
            ("d", "Zürich"),
            ("e", "ΑΘΉΝΑ"),
            ("f", "New York"),
        ] {
            let venue = venue_in(app, city);
            app.on_sale(json!({ "name": name, "venue_id": venue }));
        }
        gather(&app.user("ann"), "Oslo", "2031-06-14");
        app.skip_changes();
        for (city, expected) in [
            ("oslo", vec!["a", "b"]),
            ("Oslo", vec!["a", "b"]),
            ("oSLO", vec!["a", "b"]),
            ("OSLOFJORD", vec!["c"]),
            ("ZÜRICH", vec!["d"]),
            ("zürich", vec!["d"]),
            ("Αθήνα", vec!["e"]),
            ("new york", vec!["f"]),
            ("osl", vec![]),
            ("slo", vec![]),
            ("osl%", vec![]),
            ("os_o", vec![]),
            ("York", vec![]),
            ("Norway", vec![]),
        ] {
            assert_eq!(found_by(app, "city", city), expected, "{city}");
        }
        assert_eq!(found(app, "city=New+York"), ["f"]);
        app.changes(&[]);
    });
}

/// A fair of four days, a talk and a walk of a day each, the last one in the community.
#[track_caller]
fn three_in_june(app: &App) {
    app.on_sale(on("fair", "2031-06-09T10:00:00Z", "2031-06-12T12:00:00Z"));
    app.on_sale(on_day("talk", "2031-06-10"));
    gather(&app.user("ann"), "walk", "2031-06-13");
    app.skip_changes();
}

#[test]
fn days_find_events_that_overlap_them() {
    each(|app| {
        three_in_june(app);
        for (query, expected) in [
            (
                "date_from=2031-06-09&date_to=2031-06-13",
                vec!["fair", "talk", "walk"],
            ),
            (
                "date_from=2031-06-10&date_to=2031-06-10",
                vec!["fair", "talk"],
            ),
            ("date_from=2031-06-11&date_to=2031-06-11", vec!["fair"]),
            (
                "date_from=2031-06-12&date_to=2031-06-13",
                vec!["fair", "walk"],
            ),
            ("date_from=2031-06-08&date_to=2031-06-09", vec!["fair"]),
            ("date_from=2031-06-14&date_to=2031-06-20", vec![]),
            ("date_from=2031-06-01&date_to=2031-06-08", vec![]),
            ("date_from=2031-06-12&date_to=2031-06-09", vec![]),
            ("date_from=2031-06-11", vec!["fair", "walk"]),
            ("date_from=2031-06-13", vec!["walk"]),
            ("date_from=2031-06-14", vec![]),
            ("date_to=2031-06-09", vec!["fair"]),
            ("date_to=2031-06-10", vec!["fair", "talk"]),
            ("date_to=2031-06-08", vec![]),
        ] {
            assert_eq!(found(app, query), expected, "{query}");
        }
        app.changes(&[]);
    });
}

#[test]
fn moments_find_events_that_overlap_them() {
    each(|app| {
        three_in_june(app);
        for (from, to, expected) in [
            // The talk is from 10 to 12 o'clock.
            (
                "2031-06-10T11:00:00Z",
                "2031-06-10T11:30:00Z",
                vec!["fair", "talk"],
            ),
            (
                "2031-06-10T13:00:00+02:00",
                "2031-06-10T13:30:00+02:00",
                vec!["fair", "talk"],
            ),
            ("2031-06-10T12:30:00Z", "2031-06-10T23:00:00Z", vec!["fair"]),
            ("2031-06-10T00:00:00Z", "2031-06-10T09:30:00Z", vec!["fair"]),
            ("2031-06-12T12:30:00Z", "2031-06-13T09:30:00Z", vec![]),
            ("2031-06-12T11:30:00Z", "2031-06-13", vec!["fair", "walk"]),
            ("2031-06-13", "2031-06-13T10:30:00.5Z", vec!["walk"]),
            ("2031-06-13T11:00:00Z", "2031-06-10T11:00:00Z", vec![]),
        ] {
            let query = format!("date_from={}&date_to={}", encode(from), encode(to));
            assert_eq!(found(app, &query), expected, "{query}");
        }
        let late = found_by(app, "date_from", "2031-06-12T12:30:00Z");
        assert_eq!(late, ["walk"]);
        let early = found_by(app, "date_to", "2031-06-10T09:30:00Z");
        assert_eq!(early, ["fair"]);
        app.changes(&[]);
    });
}

#[test]
fn days_are_those_of_the_events_own_zone_and_moments_are_everybodys() {
    each(|app| {
        // 1 o'clock on the 14th in Apia is noon on the 13th in UTC.
        let night = on(
            "night",
            "2031-06-14T01:00:00+13:00",
            "2031-06-14T02:00:00+13:00",
        );
        app.on_sale(set(night, "timezone", "Pacific/Apia"));
        app.skip_changes();
        let day = |day: &str| found(app, &format!("date_from={day}&date_to={day}"));
        assert_eq!(day("2031-06-14"), ["night"]);
        assert!(day("2031-06-13").is_empty());
        for (from, to, expected) in [
            ("2031-06-13T12:15:00Z", "2031-06-13T12:45:00Z", 1),
            ("2031-06-14T12:15:00Z", "2031-06-14T12:45:00Z", 0),
            ("2031-06-14T01:15:00+13:00", "2031-06-14T01:45:00+13:00", 1),
        ] {
            let query = format!("date_from={}&date_to={}", encode(from), encode(to));
            assert_eq!(found(app, &query).len(), expected, "{query}");
        }
        app.changes(&[]);
    });
}

#[test]
fn no_day_brings_back_what_is_over() {
    each(|app| {
        app.on_sale(on("short", &ahead(app, 1), &ahead(app, 2)));
        gather(&app.user("ann"), "Long ago", "1999-12-31");
        app.skip_changes();
        assert_eq!(found(app, "date_from=1999-01-01"), ["short"]);
        app.clock().advance(TimeDelta::hours(3));
        for query in ["date_from=1999-01-01", "date_to=2100-01-01"] {
            assert!(found(app, query).is_empty(), "{query}");
        }
        app.changes(&[]);
    });
}

#[test]
fn malformed_days_and_moments_are_bad_requests() {
    each(|app| {
        for key in ["date_from", "date_to"] {
            refuses(
                app,
                key,
                &[
                    "nonsense",
                    "2031-02-30",
                    "2031-13-01",
                    "31-1-1",
                    "20310614",
                    "1",
                    "%00",
                    "2031-06-14T10:00:00",
                    "2031-06-14T25:00:00Z",
                    "2031-06-14T10:00:00Z%20or%201=1",
                    "Europe/Oslo",
                ],
            );
        }
        app.changes(&[]);
    });
}

#[test]
fn words_are_found_in_name_description_and_place_of_both_kinds() {
    each(|app| {
        let zurich = venue_in(app, "Zürich");
        app.on_sale(json!({ "name": "Lantern walk", "description": "Along the river" }));
        app.on_sale(json!({ "name": "Jazz evening", "description": "By lantern light" }));
        app.on_sale(json!({ "name": "Market day", "venue_id": zurich }));
        gather(&app.user("ann"), "Torch parade", "2031-06-14");
        app.skip_changes();
        for (q, expected) in [
            ("lantern", vec!["Jazz evening", "Lantern walk"]),
            ("LANTERN river", vec!["Lantern walk"]),
            ("lantern market", vec![]),
            ("zurich", vec!["Market day"]),
            ("ZÜRICH day", vec!["Market day"]),
            ("main oslo", vec!["Jazz evening", "Lantern walk"]),
            ("warm", vec!["Torch parade"]),
            ("square parade", vec!["Torch parade"]),
            ("opera", vec![]),
        ] {
            assert_eq!(found_by(app, "q", q), expected, "{q}");
        }
        app.changes(&[]);
    });
}

#[test]
fn odd_searches_never_fail_the_server() {
    each(|app| {
        app.on_sale(json!({}));
        app.skip_changes();
        for q in [
            "\"jazz", "jazz*", "-jazz", "(jazz", "jazz:*", "jazz%", "'jazz'",
        ] {
            assert_eq!(found_by(app, "q", q), ["Jazz Night"], "{q}");
        }
        for q in ["'; drop table events; --", "NEAR(", "\"", "{title}:", "--x"] {
            assert!(found_by(app, "q", q).is_empty(), "{q}");
        }
        for q in ["x".repeat(200), "ü".repeat(200), "🎪".repeat(200)] {
            assert!(found_by(app, "q", &q).is_empty());
        }
        for q in ["x".repeat(201), "ü".repeat(201)] {
            refuses(app, "q", &[encode(&q).as_str()]);
        }
        assert_eq!(found(app, ""), ["Jazz Night"]);
        app.changes(&[]);
    });
}

#[test]
fn filters_are_combined() {
    each(|app| {
        let bergen = venue_in(app, "Bergen");
        let june = "2031-06-10";
        app.on_sale(on_day("Jazz in June", june));
        app.on_sale(on_day("Jazz in July", "2031-07-10"));
        app.on_sale(on_day("Walk in June", june));
        app.on_sale(set(on_day("Jazz in Bergen", june), "venue_id", bergen));
        app.on_sale(set(on_day("Jazz talk", june), "event_type", "Talk"));
        gather(&app.user("ann"), "Jazz for all", june);
        app.skip_changes();
        let days = "date_from=2031-06-01&date_to=2031-06-30";
        let query = format!("q=jazz&type=concert&city=oslo&{days}");
        assert_eq!(found(app, &query), ["Jazz in June"]);
        let query = format!("q=jazz&city=oslo&{days}");
        assert_eq!(found(app, &query), ["Jazz in June", "Jazz talk"]);
        let query = format!("type=concert&{days}");
        let concerts = ["Jazz in Bergen", "Jazz in June", "Walk in June"];
        assert_eq!(found(app, &query), concerts);
        app.changes(&[]);
    });
}
