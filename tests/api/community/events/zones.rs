//! Wall times, time zones and the moments they mean.

use super::*;

/// The fields that a wall time which does not exist may be blamed on.
const START: [&str; 3] = ["start_date", "start_time", "timezone"];

#[test]
fn moments_carry_the_offset_of_the_zone_on_that_day() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (zone, date, offset) in [
            ("Europe/Oslo", "2026-07-01", "+02:00"),
            ("Europe/Oslo", "2026-12-05", "+01:00"),
            ("America/New_York", "2026-07-01", "-04:00"),
            ("America/New_York", "2026-12-05", "-05:00"),
            ("Asia/Kolkata", "2026-07-01", "+05:30"),
            ("Africa/Casablanca", "2026-07-01", "+01:00"),
            ("Africa/Casablanca", "2026-03-01", "+00:00"),
            ("Pacific/Apia", "2026-12-05", "+13:00"),
            ("UTC", "2026-12-05", "+00:00"),
        ] {
            let event = create_event(&ann, moment(zone, date, "10:00:00"));
            app.changes(&["event.published"]);
            let expected = format!("{date}T10:00:00{offset}");
            for reader in [&ann, &app.anon()] {
                let event = read_event(reader, &event);
                assert_eq!(event["timezone"], zone);
                assert_eq!(event["start_date"], date);
                assert_eq!(event["start_time"], "10:00:00");
                assert_instant(&event["starts_at"], &expected);
                assert_instant(&event["ends_at"], &expected);
            }
        }
    });
}

#[test]
fn start_and_end_each_have_the_offset_of_their_own_day() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = days("Spring night", "2026-03-28", "2026-03-29");
        let event = create_event(&ann, set(body, "timezone", "Europe/Oslo"));
        app.changes(&["event.published"]);
        assert_instant(&event["starts_at"], "2026-03-28T10:00:00+01:00");
        assert_instant(&event["ends_at"], "2026-03-29T12:00:00+02:00");
    });
}

#[test]
fn an_unknown_zone_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for zone in [
            "",
            "Mars/Olympus",
            "UTC+2",
            "+02:00",
            "Oslo",
            "../etc/localtime",
        ] {
            let body = set(new_event("Walk"), "timezone", zone);
            ann.post("/api/events", body).invalid(&["timezone"]);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_wall_time_that_the_clocks_skip_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (zone, date, time) in [
            ("Europe/Oslo", "2026-03-29", "02:30:00"),
            ("Europe/Oslo", "2026-03-29", "02:00:00"),
            ("America/New_York", "2026-03-08", "02:30:00"),
            ("Pacific/Apia", "2011-12-30", "12:00:00"),
        ] {
            let long = set(
                set(moment(zone, date, time), "end_date", "2031-01-01"),
                "title",
                "x",
            );
            invalid_among(&ann.post("/api/events", long), &START);
        }
        app.changes(&[]);
        let edges = moment("Europe/Oslo", "2026-03-29", "01:59:59");
        let event = create_event(&ann, set(edges, "end_time", "03:00:00"));
        app.changes(&["event.published"]);
        assert_instant(&event["starts_at"], "2026-03-29T01:59:59+01:00");
        assert_instant(&event["ends_at"], "2026-03-29T03:00:00+02:00");
    });
}

#[test]
fn an_end_that_the_clocks_skip_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = moment("Europe/Oslo", "2026-03-29", "02:30:00");
        let body = set(body, "start_time", "01:00:00");
        let fields = ["end_date", "end_time", "timezone"];
        invalid_among(&ann.post("/api/events", body), &fields);
        app.changes(&[]);
    });
}

#[test]
fn a_wall_time_that_occurs_twice_means_the_earlier() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let body = moment("Europe/Oslo", "2026-10-25", "02:30:00");
        let event = create_event(&ann, set(body, "end_time", "03:30:00"));
        assert_instant(&event["starts_at"], "2026-10-25T02:30:00+02:00");
        assert_instant(&event["ends_at"], "2026-10-25T03:30:00+01:00");
        let event = create_event(&ann, moment("America/New_York", "2026-11-01", "01:30:00"));
        assert_instant(&event["starts_at"], "2026-11-01T01:30:00-04:00");
        assert_instant(&event["ends_at"], "2026-11-01T01:30:00-04:00");
        app.changes(&["event.published"; 2]);
    });
}

#[test]
fn a_new_zone_keeps_the_wall_time_and_moves_the_moment() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, moment("Europe/Oslo", "2031-06-14", "10:00:00"));
        app.changes(&["event.published"]);
        let moved = update(&ann, &event, json!({ "timezone": "Asia/Kolkata" }));
        app.changes(&["event.updated"]);
        assert_eq!(moved["start_time"], "10:00:00");
        assert_eq!(moved["end_time"], "10:00:00");
        assert_instant(&moved["starts_at"], "2031-06-14T10:00:00+05:30");
        assert_instant(&moved["ends_at"], "2031-06-14T10:00:00+05:30");
        assert_eq!(read_event(&ann, &event), moved);
    });
}

#[test]
fn a_new_zone_that_skips_the_stored_wall_time_is_refused() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, moment("UTC", "2026-03-29", "02:30:00"));
        app.changes(&["event.published"]);
        let reply = ann.put(&event_path(&event), json!({ "timezone": "Europe/Oslo" }));
        let fields = [
            "start_date",
            "start_time",
            "end_date",
            "end_time",
            "timezone",
        ];
        invalid_among(&reply, &fields);
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}

#[test]
fn a_new_date_brings_that_days_offset() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, moment("Europe/Oslo", "2026-07-01", "10:00:00"));
        app.changes(&["event.published"]);
        let body = json!({ "start_date": "2026-12-05", "end_date": "2026-12-05" });
        let moved = update(&ann, &event, body);
        app.changes(&["event.updated"]);
        assert_instant(&moved["starts_at"], "2026-12-05T10:00:00+01:00");
        assert_instant(&moved["ends_at"], "2026-12-05T10:00:00+01:00");
    });
}
