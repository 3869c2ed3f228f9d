//! `GET /api/events`: order, pages and limits.

use super::*;

#[test]
fn a_list_has_its_sentence_its_data_and_next() {
    each(|app| {
        let answer = app.anon().get("/api/events").ok(200);
        let expected = json!({
            "message": "events returned succesfully",
            "data": [],
            "next": null,
        });
        assert_eq!(answer, expected);

        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let answer = ann.get("/api/events").ok(200);
        assert_eq!(answer["message"], "events returned succesfully");
        assert_eq!(answer["data"], json!([event]));
        assert_eq!(answer["next"], Value::Null);
        app.changes(&[]);
    });
}

#[test]
fn the_newest_update_comes_first() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let first = announce(app, &ann, "first");
        tick(app);
        announce(app, &ann, "second");
        tick(app);
        announce(app, &ann, "third");
        assert_eq!(titles(&app.anon(), ""), ["third", "second", "first"]);

        tick(app);
        update(&ann, &first, json!({ "location": "Harbour" }));
        app.changes(&["event.updated"]);
        assert_eq!(titles(&app.anon(), ""), ["first", "third", "second"]);
        assert_eq!(titles(&ann, ""), ["first", "third", "second"]);
    });
}

#[test]
fn an_update_without_a_difference_moves_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let first = announce(app, &ann, "first");
        tick(app);
        announce(app, &ann, "second");
        tick(app);
        update(&ann, &first, json!({ "title": "first" }));
        app.changes(&[]);
        assert_eq!(titles(&app.anon(), ""), ["second", "first"]);
    });
}

#[test]
fn a_comment_does_not_move_an_event() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let first = announce(app, &ann, "first");
        tick(app);
        announce(app, &ann, "second");
        tick(app);
        say(app, &ann, &first, "Hello");
        assert_eq!(titles(&app.anon(), ""), ["second", "first"]);
        assert_eq!(read_event(&ann, &first)["updated_at"], first["updated_at"]);
    });
}

#[test]
fn a_page_has_50_events_unless_told_and_at_most_100() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for n in 0..51 {
            create_event(&ann, new_event(&format!("event {n}")));
        }
        app.changes(&["event.published"; 51]);
        let anon = app.anon();
        let (items, next) = page(&anon, "/api/events", None);
        assert_eq!(items.len(), 50);
        let (rest, last) = page(&anon, "/api/events", next.as_deref());
        assert_eq!((rest.len(), last), (1, None));
        let (items, next) = page(&anon, "/api/events?limit=100", None);
        assert_eq!((items.len(), next), (51, None));
        let (items, next) = page(&anon, "/api/events?limit=1", None);
        assert_eq!((items.len(), next.is_some()), (1, true));
        let (items, next) = page(&anon, "/api/events?limit=51", None);
        assert_eq!((items.len(), next), (51, None));
    });
}

#[test]
fn a_limit_out_of_range_is_a_bad_request() {
    each(|app| {
        for limit in [
            "0",
            "101",
            "-1",
            "abc",
            "",
            "1.5",
            "1e1",
            "99999999999999999999",
            "%00",
        ] {
            app.anon()
                .get(&format!("/api/events?limit={limit}"))
                .refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_unknown_order_is_a_bad_request() {
    each(|app| {
        app.anon().get("/api/events?order=nonsense").refused(400);
        app.anon()
            .get("/api/events?order=start%20desc")
            .refused(400);
        app.changes(&[]);
    });
}

#[test]
fn unknown_query_keys_are_ignored() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        announce(app, &ann, "Walk");
        assert_eq!(titles(&app.anon(), "utm_source=letter&x"), ["Walk"]);
    });
}

#[test]
fn order_start_goes_by_moment_across_zones() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (title, zone, time) in [
            ("fourth", "America/New_York", "06:00:00"), // 10:00 UTC
            ("second", "UTC", "08:00:00"),
            ("first", "Pacific/Apia", "20:00:00"), // 07:00 UTC
            ("third", "Europe/Oslo", "11:00:00"),  // 09:00 UTC
        ] {
            create_event(&ann, set(moment(zone, "2031-06-14", time), "title", title));
            tick(app);
        }
        app.changes(&["event.published"; 4]);
        let expected = ["first", "second", "third", "fourth"];
        assert_eq!(titles(&app.anon(), "order=start"), expected);
        let walked = walk(&app.anon(), "/api/events?order=start&limit=1");
        assert_eq!(texts(&walked, "title"), expected);
    });
}

#[test]
fn order_start_follows_an_event_that_moves() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let early = create_event(&ann, days("early", "2031-06-01", "2031-06-01"));
        create_event(&ann, days("late", "2031-06-02", "2031-06-02"));
        app.changes(&["event.published"; 2]);
        assert_eq!(titles(&app.anon(), "order=start"), ["early", "late"]);
        update(
            &ann,
            &early,
            json!({ "start_date": "2031-06-03", "end_date": "2031-06-03" }),
        );
        app.changes(&["event.updated"]);
        assert_eq!(titles(&app.anon(), "order=start"), ["late", "early"]);
    });
}
