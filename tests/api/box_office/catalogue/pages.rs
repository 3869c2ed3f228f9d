//! `GET /api/v1/events` page after page: by number as far as row 10 000, by cursor to its end.

use super::*;

const DAY: &str = "2031-06-14";

/// Makes so many community events on days that follow one another; answers their ids, the
/// soonest first.
#[track_caller]
fn series(app: &App, count: usize) -> Vec<String> {
    let ann = app.user("ann");
    let make = |n| gather(&ann, &format!("walk {n}"), &format!("2031-07-{n:02}"));
    let made: Vec<String> = (1..=count).map(make).collect();
    app.skip_changes();
    made
}

/// The cursor behind a page.
#[track_caller]
fn next_of(page: &Value) -> String {
    text(&page["next"]).to_owned()
}

/// The page behind a cursor.
#[track_caller]
fn list_after(app: &App, query: &str, cursor: &str) -> Value {
    let page = listed(app, &format!("{query}&cursor={}", encode(cursor)));
    assert_eq!(page["page"], Value::Null, "{page}");
    page
}

/// The ids of all events of a query, walked by cursors; each page says how many there are.
#[track_caller]
fn walk(app: &App, query: &str) -> Vec<String> {
    let mut page = listed(app, query);
    let mut found = ids(&page);
    let total = page["total"].clone();
    while page["next"] != Value::Null {
        page = list_after(app, query, &next_of(&page));
        assert!(!events(&page).is_empty(), "a page without events");
        assert_eq!(page["total"], total);
        found.extend(ids(&page));
        assert!(found.len() <= 50, "{query} never ends");
    }
    assert_eq!(total, found.len());
    found
}

/// Asserts a bad request of the list, which names a parameter.
#[track_caller]
fn refused(app: &App, query: &str, field: &str) {
    let reply = app.anon().get(&format!("{EVENTS}?{query}"));
    assert_eq!(reply.status(), 400, "{query}: {}", reply.text());
    invalid(&reply, field);
}

/// Copies a community event past the server, so many times; the copies' ids are these.
#[track_caller]
fn copy(app: &App, id: &str, count: usize) -> Vec<String> {
    let of_events = columns(app)
        .into_iter()
        .filter(|(table, column)| table == "events" && column != "id");
    let fields: Vec<String> = of_events
        .map(|(_, column)| format!("\"{column}\""))
        .collect();
    let fields = fields.join(", ");
    let copied = "'01890000-0000-7000-8000-' || cast(100000000000 + n as text)";
    let copied = match app.database() {
        Database::Sqlite => copied.to_owned(),
        Database::Postgres => format!("cast({copied} as uuid)"),
    };
    let rows = app.sql(&format!(
        "with recursive numbers(n) as \
         (select 1 union all select n + 1 from numbers where n < {count}) \
         insert into events (id, {fields}) select {copied}, {fields} \
         from events, numbers where events.id = '{id}'"
    ));
    assert_eq!(rows, count);
    let counters = "insert into event_counters (event_id) select id from events \
                    where id not in (select event_id from event_counters)";
    assert_eq!(app.sql(counters), count);
    let number = |n: usize| format!("01890000-0000-7000-8000-{}", 100_000_000_000 + n);
    (1..=count).map(number).collect()
}

#[test]
fn pages_have_numbers() {
    each(|app| {
        let all = series(app, 5);
        for (number, expected) in (1..).zip([&all[..2], &all[2..4], &all[4..], &[]]) {
            let page = listed(app, &format!("limit=2&page={number}"));
            assert_eq!(ids(&page), expected);
            assert_eq!(page["page"], number);
            assert_eq!(page["limit"], 2);
            assert_eq!(page["total"], 5);
            assert_eq!(page["has_more"], number < 3, "page {number}");
        }
        let page = listed(app, "limit=5");
        assert_eq!(ids(&page), all);
        assert_eq!(page["has_more"], false);
        app.changes(&[]);
    });
}

#[test]
fn a_page_has_20_events_unless_told_and_at_most_100() {
    each(|app| {
        let all = series(app, 21);
        let page = listed(app, "");
        assert_eq!(ids(&page), all[..20]);
        assert_eq!(page["limit"], 20);
        assert_eq!(page["total"], 21);
        let rest = listed(app, "page=2");
        assert_eq!(ids(&rest), all[20..]);
        for (limit, count) in [(1, 1), (20, 20), (21, 21), (100, 21)] {
            let page = listed(app, &format!("limit={limit}"));
            assert_eq!(ids(&page), all[..count]);
            assert_eq!(page["limit"], limit);
            assert_eq!(page["has_more"], count < 21);
        }
        app.changes(&[]);
    });
}

#[test]
fn limits_and_pages_out_of_range_are_bad_requests() {
    each(|app| {
        let huge = "99999999999999999999";
        for bad in ["0", "101", "-1", "abc", "", "1.5", "1e1", "%00", huge] {
            refused(app, &format!("limit={bad}"), "limit");
        }
        for bad in ["0", "-1", "abc", "", "1.5", "0x1", "%00", "%20", huge] {
            refused(app, &format!("page={bad}"), "page");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_page_beyond_row_10_000_is_refused_and_told_of_the_cursor() {
    each(|app| {
        for good in [
            "page=500",
            "limit=1&page=10000",
            "limit=100&page=100",
            "limit=3&page=3333",
        ] {
            let page = listed(app, good);
            assert_eq!(page["total"], 0);
            assert!(events(&page).is_empty());
        }
        for bad in [
            "page=501",
            "page=1000000000",
            "page=9223372036854775807",
            "limit=1&page=10001",
            "limit=100&page=101",
            "limit=3&page=3334",
            "limit=100&page=4294967297",
            "limit=100&page=184467440737095517",
        ] {
            let reply = app.anon().get(&format!("{EVENTS}?{bad}"));
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(keys(&details), ["page"], "{bad}");
            assert!(text(&details["page"]).contains("cursor"), "{details}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_cursor_goes_on_behind_row_10_000_among_events_that_begin_together() {
    each(|app| {
        let first = gather(&app.user("ann"), "Walk", DAY);
        let mut all = copy(app, &first, 10_010);
        all.push(first);
        all.sort_unstable();
        app.skip_changes();
        let page = listed(app, "limit=100&page=100");
        assert_eq!(page["total"], 10_011);
        assert_eq!(ids(&page), all[9_900..10_000]);
        let more = list_after(app, "limit=4", &next_of(&page));
        assert_eq!(ids(&more), all[10_000..10_004]);
        assert_eq!(more["total"], 10_011);
        let rest = list_after(app, "limit=7", &next_of(&more));
        assert_eq!(ids(&rest), all[10_004..]);
        assert_eq!(rest["has_more"], false);
        app.changes(&[]);
    });
}

#[test]
fn walking_yields_each_event_once_whatever_its_kind() {
    each(|app| {
        let ann = app.user("ann");
        let mut tied: Vec<String> = Vec::new();
        for n in 0..3 {
            tied.push(app.on_sale(on_day(&format!("talk {n}"), DAY)));
            tied.push(gather(&ann, &format!("walk {n}"), DAY));
        }
        tied.sort_unstable();
        let early = gather(&ann, "early", "2031-06-13");
        let late = app.on_sale(on_day("late", "2031-06-15"));
        app.skip_changes();
        let all = [vec![early], tied, vec![late]].concat();
        for limit in [1, 2, 3, 7, 8, 9] {
            assert_eq!(walk(app, &format!("limit={limit}")), all, "{limit}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_filtered_list_is_walked_to_its_end() {
    each(|app| {
        let ann = app.user("ann");
        for n in 1..=3 {
            app.on_sale(on_day(&format!("talk {n}"), &format!("2031-06-{n:02}")));
            gather(&ann, &format!("walk {n}"), &format!("2031-06-{n:02}"));
        }
        app.skip_changes();
        let ids_of = |query: &str| ids(&listed(app, query));
        let filters = [
            "q=talk",
            "type=concert",
            "city=oslo",
            "date_from=2031-06-02&date_to=2031-06-03",
        ];
        for (filter, count) in filters.into_iter().zip([3, 3, 3, 4]) {
            let all = ids_of(filter);
            assert_eq!(all.len(), count, "{filter}");
            assert_eq!(walk(app, &format!("limit=1&{filter}")), all, "{filter}");
            assert_eq!(walk(app, &format!("limit=2&{filter}")), all, "{filter}");
        }
        app.changes(&[]);
    });
}

#[test]
fn the_last_page_has_no_cursor_even_when_it_is_full() {
    each(|app| {
        let all = series(app, 4);
        let page = listed(app, "limit=2");
        let last = list_after(app, "limit=2", &next_of(&page));
        assert_eq!(ids(&last), all[2..]);
        assert_eq!(last["next"], Value::Null);
        let last = listed(app, "limit=2&page=2");
        assert_eq!(last["next"], Value::Null);
    });
}

#[test]
fn a_cursor_works_with_another_limit_and_goes_on_when_its_event_is_gone() {
    each(|app| {
        let all = series(app, 6);
        let next = next_of(&listed(app, "limit=2"));
        assert_eq!(ids(&list_after(app, "limit=3", &next)), all[2..5]);
        let gone = format!("/api/events/{}", all[1]);
        app.user("ann").delete(&gone).no_content();
        app.changes(&["event.cancelled"]);
        assert_eq!(ids(&list_after(app, "limit=100", &next)), all[2..]);
        // What comes in before the cursor meanwhile disturbs nobody behind it.
        gather(&app.user("ann"), "Earlier", DAY);
        app.changes(&["event.published"]);
        assert_eq!(ids(&list_after(app, "limit=100", &next)), all[2..]);
    });
}

#[test]
fn a_cursor_beside_a_page_is_a_bad_request() {
    each(|app| {
        series(app, 3);
        let next = encode(&next_of(&listed(app, "limit=1")));
        for page in ["1", "2", "0", "abc"] {
            let path = format!("{EVENTS}?limit=1&page={page}&cursor={next}");
            app.anon().get(&path).refused_as(400, "VALIDATION_FAILED");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_cursor_that_is_not_ours_is_a_bad_request() {
    each(|app| {
        let long = "A".repeat(4000);
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
            long.as_str(),
        ] {
            refused(app, &format!("cursor={cursor}"), "cursor");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_cursor_that_was_cut_or_changed_is_a_bad_request() {
    each(|app| {
        series(app, 2);
        let good: Vec<char> = next_of(&listed(app, "limit=1")).chars().collect();
        for position in 0..good.len() {
            let mut changed = good.clone();
            changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
            for forged in [changed, good[..position].to_vec()] {
                let forged = encode(&forged.into_iter().collect::<String>());
                refused(app, &format!("limit=1&cursor={forged}"), "cursor");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn the_cursor_of_another_list_is_a_bad_request_and_ours_is_one_there() {
    each(|app| {
        series(app, 3);
        let mine = encode(&next_of(&listed(app, "limit=1")));
        for other in ["/api/events?limit=1", "/api/events?limit=1&order=start"] {
            let theirs = next_of(&app.anon().get(other).ok(200));
            refused(app, &format!("cursor={}", encode(&theirs)), "cursor");
            app.anon()
                .get(&format!("{other}&cursor={mine}"))
                .refused(400);
        }
        let groups = format!("/api/groups?cursor={mine}");
        app.anon().get(&groups).refused(400);
        app.changes(&[]);
    });
}
