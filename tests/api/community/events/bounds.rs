//! The bounds of an event's fields: each is a 422 that names the field.

use super::*;

/// Sends a good event with one field set and expects a 422 that names it.
#[track_caller]
fn refuse(client: &Client, field: &str, value: impl Into<Value>) {
    client
        .post("/api/events", set(new_event("Walk"), field, value))
        .invalid(&[field]);
}

/// The field as it is stored.
#[track_caller]
fn stored(client: &Client, field: &str, value: &str) -> Value {
    create_event(client, set(new_event("Walk"), field, value))[field].take()
}

#[test]
fn a_title_has_1_to_120_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for title in ["x".to_owned(), "ø".repeat(120), "🎪".repeat(120)] {
            assert_eq!(stored(&ann, "title", &title), title);
        }
        app.changes(&["event.published"; 3]);
        for title in ["", "   ", "\n\t", "\u{2003}"] {
            refuse(&ann, "title", title);
        }
        refuse(&ann, "title", "x".repeat(121));
        refuse(&ann, "title", "🎪".repeat(121));
        app.changes(&[]);
    });
}

#[test]
fn a_description_has_at_most_10_000_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for description in [
            String::new(),
            "ø".repeat(10_000),
            "🎪 ".repeat(4_999) + "🎪!",
        ] {
            assert_eq!(stored(&ann, "description", &description), description);
        }
        app.changes(&["event.published"; 3]);
        refuse(&ann, "description", "ø".repeat(10_001));
        refuse(&ann, "description", "x".repeat(10_001));
        app.changes(&[]);
    });
}

#[test]
fn a_location_has_1_to_1024_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for location in ["x".to_owned(), "ø".repeat(1024)] {
            assert_eq!(stored(&ann, "location", &location), location);
        }
        app.changes(&["event.published"; 2]);
        for location in ["", "   "] {
            refuse(&ann, "location", location);
        }
        refuse(&ann, "location", "ø".repeat(1025));
        app.changes(&[]);
    });
}

#[test]
fn a_thumbnail_is_an_http_address_of_at_most_2048_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let longest = url_of_length(2048);
        assert_eq!(stored(&ann, "thumbnail", &longest), longest);
        app.changes(&["event.published"]);
        for url in BAD_URLS {
            refuse(&ann, "thumbnail", url);
        }
        refuse(&ann, "thumbnail", url_of_length(2049));
        app.changes(&[]);
    });
}

#[test]
fn text_is_trimmed_and_normalised_before_it_is_measured() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        assert_eq!(stored(&ann, "title", "  Cafe\u{301}\n"), "Caf\u{e9}");
        assert_eq!(stored(&ann, "title", "Long\nwalk"), "Long walk");
        assert_eq!(
            stored(&ann, "title", &"e\u{301}".repeat(120)),
            "\u{e9}".repeat(120)
        );
        assert_eq!(stored(&ann, "location", " Cafe\u{301} "), "Caf\u{e9}");
        assert_eq!(
            stored(&ann, "description", " one\n\n  two \n"),
            "one\n\n  two"
        );
        let padded = format!("  {}  ", "x".repeat(120));
        assert_eq!(stored(&ann, "title", &padded), "x".repeat(120));
        app.changes(&["event.published"; 6]);
    });
}

#[test]
fn nul_is_refused_everywhere() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in FIELDS {
            refuse(&ann, field, "a\0b");
        }
        app.changes(&[]);
    });
}

#[test]
fn control_characters_are_refused_in_one_line_fields() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in ["title", "location"] {
            for value in ["a\u{7}b", "a\u{1b}[31mb", "a\tb", "a\u{7f}b"] {
                refuse(&ann, field, value);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn malformed_dates_are_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in ["start_date", "end_date"] {
            for date in [
                "",
                "noon",
                "2026-02-30",
                "2026-02-29",
                "26-1-1",
                "2026-13-01",
                "2026-00-10",
                "2026-06-00",
                "14.06.2031",
                "06/14/2031",
                "20310614",
                "2031-06-14T10:00:00",
                "2031-06-14 10:00:00",
                "+12031-06-14",
                "-2031-06-14",
                "２０３１-06-14",
            ] {
                refuse(&ann, field, date);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn malformed_times_are_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for field in ["start_time", "end_time"] {
            for time in [
                "",
                "noon",
                "25:00",
                "25:00:00",
                "24:00:00",
                "10",
                "10:60",
                "10:00:61",
                "-1:00",
                "1000",
                "10:00Z",
                "10:00:00+02:00",
                "10:00 PM",
            ] {
                refuse(&ann, field, time);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = set(new_event(""), "location", "x".repeat(1025));
        let body = set(set(body, "thumbnail", "nonsense"), "start_date", "nonsense");
        let body = set(body, "timezone", "Mars/Olympus");
        let fields = ["location", "start_date", "thumbnail", "timezone", "title"];
        ann.post("/api/events", body).invalid(&fields);
        app.changes(&[]);
    });
}

#[test]
fn an_event_may_not_end_before_it_starts() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let fields = ["start_date", "start_time", "end_date", "end_time"];
        for (date, time) in [
            ("2031-06-14", "09:59:59"),
            ("2031-06-13", "23:00"),
            ("2030-06-14", "12:00"),
        ] {
            let body = set(set(new_event("Walk"), "end_date", date), "end_time", time);
            invalid_among(&ann.post("/api/events", body), &fields);
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from events"), 0);
    });
}

#[test]
fn an_event_may_end_when_it_starts() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, moment("UTC", "2031-06-14", "10:00:00"));
        app.changes(&["event.published"]);
        assert_eq!(event["starts_at"], event["ends_at"]);
    });
}

#[test]
fn an_event_may_lie_in_the_past_and_last_for_years() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, days("Exhibition", "1999-12-31", "2035-01-01"));
        app.changes(&["event.published"]);
        assert_instant(&event["starts_at"], "1999-12-31T10:00:00Z");
        assert_instant(&event["ends_at"], "2035-01-01T12:00:00Z");
    });
}

#[test]
fn the_ends_of_the_calendar_are_taken_or_refused_but_break_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (zone, date, time) in [
            ("UTC", "0000-01-01", "00:00:00"),
            ("UTC", "0001-01-01", "00:00:00"),
            ("Asia/Kolkata", "0001-01-01", "00:00:00"),
            ("UTC", "9999-12-31", "23:59:59"),
            ("America/New_York", "9999-12-31", "23:59:59"),
            ("UTC", "2016-12-31", "23:59:60"),
        ] {
            let reply = ann.post("/api/events", moment(zone, date, time));
            match reply.status() {
                201 => {
                    app.changes(&["event.published"]);
                    let event = reply.json()["data"].take();
                    assert_eq!(read_event(&ann, &event), event, "{zone} {date}");
                }
                422 => app.changes(&[]),
                status => panic!("{zone} {date} {time}: {status}"),
            }
            ann.get("/api/events?order=start").ok(200);
        }
        // Days at the ends of the calendar bound nothing: everything is between them.
        let all = ann.get("/api/events?limit=100").ok(200)["data"].take();
        let all = all.as_array().expect("a list").len();
        create_event(&ann, new_event("In between"));
        for days in [
            "from=0001-01-01&to=9999-12-31",
            "from=0000-01-01",
            "to=9999-12-30",
        ] {
            let found = ann.get(&format!("/api/events?limit=100&{days}")).ok(200);
            assert_eq!(
                found["data"].as_array().expect("a list").len(),
                all + 1,
                "{days}"
            );
        }
    });
}
