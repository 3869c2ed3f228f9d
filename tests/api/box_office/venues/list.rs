//! GET `/api/v1/admin/venues`: all venues by name, by city, by words, and page after page.

use super::*;

/// One page of the list.
#[track_caller]
fn page(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("{VENUES}{query}")).ok(200);
    let known = "has_more limit page total venues";
    assert_eq!(keys(&answer).join(" "), known, "{query}");
    answer
}

/// The names on a page, in its order.
#[track_caller]
fn names(page: &Value) -> Vec<&str> {
    let venues = page["venues"].as_array().expect("an array").iter();
    venues.map(|venue| text(&venue["name"])).collect()
}

/// Asserts that a query finds the venues of these names, in this order.
#[track_caller]
fn finds(client: &Client, query: &str, expected: &[&str]) {
    let page = page(client, query);
    assert_eq!(names(&page), expected, "{query}");
    assert_eq!(page["total"], expected.len(), "{query}");
    assert_eq!(page["has_more"], false, "{query}");
}

/// Makes a venue of that name, address and city.
#[track_caller]
fn place(app: &App, client: &Client, name: &str, address: &str, city: &str) -> Value {
    let mut body = hall();
    for (field, value) in [("name", name), ("address", address), ("city", city)] {
        body[field] = value.into();
    }
    open(app, client, body)
}

#[test]
fn all_venues_are_listed_by_name() {
    each(|app| {
        let [ann, bob] = hired(app, ["event_manager", "event_manager"]);
        let empty = json!({ "venues": [], "total": 0, "page": 1, "limit": 20, "has_more": false });
        assert_eq!(page(&ann, ""), empty);
        let sorted = ["Alpha", "alpha 2", "b c", "B-a", "BB", "beta"];
        for (n, by) in [
            (5, &ann),
            (1, &bob),
            (3, &ann),
            (0, &bob),
            (4, &ann),
            (2, &bob),
        ] {
            place(app, by, sorted[n], "1 Main St", "Oslo");
        }
        for admin in [&ann, &bob, &app.super_admin()] {
            finds(admin, "", &sorted);
        }
        for venue in page(&ann, "")["venues"].as_array().expect("an array") {
            assert_eq!(keys(venue).join(" "), FIELDS);
            assert_eq!(ann.get(&path_of(venue)).ok(200), *venue);
        }
        app.changes(&[]);
    });
}

#[test]
fn the_list_has_pages() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for name in ["C", "a", "E", "b", "D"] {
            place(app, &ann, name, "1 Main St", "Oslo");
        }
        let pages: [&[&str]; 4] = [&["a", "b"], &["C", "D"], &["E"], &[]];
        for (number, expected) in (1..).zip(pages) {
            let page = page(&ann, &format!("?limit=2&page={number}"));
            assert_eq!(names(&page), expected);
            assert_eq!(page["page"], number);
            assert_eq!(page["limit"], 2);
            assert_eq!(page["total"], 5);
            assert_eq!(page["has_more"], number < 3, "page {number}");
        }
        // The last page is full.
        assert_eq!(page(&ann, "?limit=5")["has_more"], false);
        for (limit, found) in [(1, 1), (100, 5)] {
            let page = page(&ann, &format!("?limit={limit}"));
            assert_eq!(names(&page).len(), found);
            assert_eq!(page["limit"], limit);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_page_that_is_none_is_refused() {
    each(|app| {
        let root = app.super_admin();
        for bad in ["0", "101", "-1", "abc", "", "1.5", "%00", "4294967297"] {
            let reply = root.get(&format!("{VENUES}?limit={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        for bad in ["0", "-1", "abc", "", "1.5", "%00", "99999999999999999999"] {
            let reply = root.get(&format!("{VENUES}?page={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        for last in ["limit=100&page=100", "limit=1&page=10000", "page=500"] {
            finds_none(&root, last);
        }
        for beyond in [
            "limit=100&page=101",
            "limit=1&page=10001",
            "page=501",
            "limit=100&page=4294967297",
            "limit=100&page=184467440737095517",
        ] {
            let reply = root.get(&format!("{VENUES}?{beyond}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
    });
}

/// Asserts that a page is there, and empty.
#[track_caller]
fn finds_none(client: &Client, query: &str) {
    let page = page(client, &format!("?{query}"));
    assert_eq!(page["venues"], json!([]), "{query}");
    assert_eq!(page["has_more"], false, "{query}");
}

#[test]
fn venues_of_the_same_name_are_each_on_one_page() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        let mut all: Vec<String> = ["Hall", "hall", "HALL", "Hall", "hall"]
            .iter()
            .map(|name| id_of(&place(app, &ann, name, "1 Main St", "Oslo")).to_owned())
            .collect();
        all.sort_unstable();
        let mut found: Vec<String> = Vec::new();
        for number in 1..=3 {
            let page = page(&ann, &format!("?limit=2&page={number}"));
            let venues = page["venues"].as_array().expect("an array").iter();
            found.extend(venues.map(|venue| id_of(venue).to_owned()));
        }
        found.sort_unstable();
        assert_eq!(found, all);
    });
}

#[test]
fn venues_are_found_by_the_whole_name_of_their_city() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for (name, city) in [
            ("A", "Oslo"),
            ("B", "OSLO"),
            ("C", "Oslo East"),
            ("D", "\u{d8}rsta"),
            ("E", "100%"),
            ("F", "1000"),
            ("G", "O'Hara_x"),
            ("H", "O'HaraYx"),
        ] {
            place(app, &ann, name, "1 Main St", city);
        }
        let cities: [(&str, &[&str]); 9] = [
            ("oslo", &["A", "B"]),
            ("oSLO", &["A", "B"]),
            ("osl", &[]),
            ("slo", &[]),
            ("\u{f8}RSTA", &["D"]),
            ("100%", &["E"]),
            ("%", &[]),
            ("o'hara_X", &["G"]),
            ("Bergen", &[]),
        ];
        for (city, expected) in cities {
            finds(&ann, &format!("?city={}", encode(city)), expected);
        }
        let second = page(&ann, "?city=oslo&limit=1&page=2");
        assert_eq!(names(&second), ["B"]);
        assert_eq!(second["total"], 2);
        assert_eq!(second["has_more"], false);
        app.changes(&[]);
    });
}

#[test]
fn venues_are_found_by_a_part_of_their_name_address_or_city() {
    each(|app| {
        let [ann] = hired(app, ["event_manager"]);
        for (name, address, city) in [
            ("A Opera", "1 Main St", "Oslo"),
            ("B Hall", "2 OPERA Road", "Oslo"),
            ("C Barn", "3 Side St", "Operaville"),
            ("D \u{c5}pen Scene", "4 100% Street", "Voss"),
            ("E 1000", "5 snake_case", "Voss"),
            ("F", "6 snakeXcase", "back\\slash"),
        ] {
            place(app, &ann, name, address, city);
        }
        let words: [(&str, &[&str]); 11] = [
            ("opera", &["A Opera", "B Hall", "C Barn"]),
            ("PERA", &["A Opera", "B Hall", "C Barn"]),
            ("OSL", &["A Opera", "B Hall"]),
            ("\u{e5}PEN", &["D \u{c5}pen Scene"]),
            ("100%", &["D \u{c5}pen Scene"]),
            ("%", &["D \u{c5}pen Scene"]),
            ("snake_case", &["E 1000"]),
            ("_", &["E 1000"]),
            ("k\\s", &["F"]),
            ("' or '1' = '1", &[]),
            // The country is not looked through.
            ("norway", &[]),
        ];
        for (search, expected) in words {
            finds(&ann, &format!("?search={}", encode(search)), expected);
        }
        finds(&ann, "?search=opera&city=oslo", &["A Opera", "B Hall"]);
        finds(&ann, "?search=opera&city=voss", &[]);
        finds(&ann, &format!("?search={}", "x".repeat(100)), &[]);
        let wide = encode(&"\u{fc}".repeat(100));
        finds(&ann, &format!("?search={wide}"), &[]);
        for long in ["x".repeat(101), encode(&"\u{fc}".repeat(101))] {
            let reply = ann.get(&format!("{VENUES}?search={long}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        for name in ["search", "city"] {
            let reply = ann.get(&format!("{VENUES}?{name}=%00"));
            assert!([200, 400].contains(&reply.status()), "{}", reply.text());
        }
        app.changes(&[]);
    });
}

#[test]
fn a_page_costs_as_many_statements_with_many_venues_as_with_one() {
    each(|app| {
        let root = app.super_admin();
        app.venue(100);
        let path = format!("{VENUES}?limit=100");
        let of_one = cost(app, &root, &path);
        for _ in 0..15 {
            app.venue(100);
        }
        assert_eq!(page(&root, "")["total"], 16);
        assert_eq!(cost(app, &root, &path), of_one);
    });
}
