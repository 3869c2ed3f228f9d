//! `GET /api/events?q=`: words in title, description and location.

use super::*;

/// Makes an event with these three texts.
fn write(client: &Client, title: &str, description: &str, location: &str) -> Value {
    let event = set(new_event(title), "description", description);
    create_event(client, set(event, "location", location))
}

#[test]
fn words_are_found_in_title_description_and_location() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "Lantern walk", "Along the river", "Old bridge");
        write(
            &ann,
            "Jazz evening",
            "A quartet plays by lantern light",
            "Cellar",
        );
        write(&ann, "Market day", "Cheese and bread", "Lantern square");
        write(&ann, "Chess night", "Bring a clock", "Library");
        app.changes(&["event.published"; 4]);
        let anon = app.anon();
        assert_eq!(
            found(&anon, "lantern"),
            ["Jazz evening", "Lantern walk", "Market day"]
        );
        assert_eq!(found(&anon, "river"), ["Lantern walk"]);
        assert_eq!(found(&anon, "library"), ["Chess night"]);
        assert!(found(&anon, "opera").is_empty());
        app.changes(&[]);
    });
}

#[test]
fn all_words_must_occur_in_any_order_and_field() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "Jazz evening", "A quartet plays", "Cellar");
        write(&ann, "Jazz brunch", "A trio plays", "Garden");
        app.changes(&["event.published"; 2]);
        let anon = app.anon();
        assert_eq!(found(&anon, "cellar quartet jazz"), ["Jazz evening"]);
        assert_eq!(
            found(&anon, "  plays   jazz "),
            ["Jazz brunch", "Jazz evening"]
        );
        assert!(found(&anon, "quartet trio").is_empty());
        assert!(found(&anon, "jazz opera").is_empty());
    });
}

#[test]
fn case_and_accents_are_folded() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "Zürich lake swim", "Café at the pier", "Seefeld");
        write(&ann, "Winter feast", "Mead", "ÅSGARD Hall");
        app.changes(&["event.published"; 2]);
        let anon = app.anon();
        for q in [
            "zurich",
            "ZURICH",
            "zürich",
            "ZÜRICH",
            "zu\u{308}rich",
            "cafe",
            "CAFÉ",
        ] {
            assert_eq!(found(&anon, q), ["Zürich lake swim"], "{q}");
        }
        for q in ["åsgard", "ÅSGARD", "asgard", "A\u{30a}sgard"] {
            assert_eq!(found(&anon, q), ["Winter feast"], "{q}");
        }
    });
}

#[test]
fn words_in_other_scripts_are_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "Лекция", "История города", "Библиотека");
        write(&ann, "Γιορτή", "Μουσική", "Πλατεία");
        app.changes(&["event.published"; 2]);
        assert_eq!(found(&app.anon(), "ЛЕКЦИЯ города"), ["Лекция"]);
        assert_eq!(found(&app.anon(), "μουσικη"), ["Γιορτή"]);
    });
}

#[test]
fn words_are_found_on_both_sides_of_punctuation() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let text = "Rock-n-roll: see https://tickets.example.org/autumn/ball?ref=poster, \
                    or mail tango@example.org (1999/12). \"Doors\" at 8.";
        write(&ann, "Ball", text, "Hall/Foyer");
        app.changes(&["event.published"]);
        let words = [
            "rock",
            "roll",
            "tickets",
            "autumn",
            "poster",
            "tango",
            "1999",
            "doors",
            "foyer",
            "rock-n-roll",
            "tango@example.org",
            "https://tickets.example.org/autumn/ball",
        ];
        for q in words {
            assert_eq!(found(&app.anon(), q), ["Ball"], "{q}");
        }
    });
}

#[test]
fn punctuation_in_a_search_is_harmless() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "Jazz evening", "A quartet plays", "Cellar");
        write(&ann, "Bread + roses", "Soup and song", "Hall");
        app.changes(&["event.published"; 2]);
        let anon = app.anon();
        for q in [
            "\"jazz",
            "jazz\"",
            "\"jazz\"",
            "jazz*",
            "*jazz",
            "-jazz",
            "+jazz",
            "jazz:*",
            "^jazz",
            "{jazz}",
            "(jazz",
            "!jazz",
            "jazz & evening",
            "jazz | evening",
            "jazz <-> evening",
            "'jazz'",
            "jazz%",
            "jazz;--",
            "jazz\\",
            "$jazz$",
            "jazz, evening!",
            "🎪 jazz",
        ] {
            assert_eq!(found(&anon, q), ["Jazz evening"], "{q}");
        }
        for q in [
            "'; drop table events; --",
            "-x",
            "NEAR(",
            "NEAR(jazz evening, 2)",
            "{title}:",
        ] {
            assert!(found(&anon, q).is_empty(), "{q}");
        }
        assert_eq!(titles(&anon, "").len(), 2);
        app.changes(&[]);
    });
}

#[test]
fn the_operators_of_search_engines_are_plain_words() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "Jazz evening", "A quartet plays", "Cellar");
        write(&ann, "Bread + roses", "Soup and song", "Hall");
        app.changes(&["event.published"; 2]);
        let anon = app.anon();
        assert_eq!(found(&anon, "AND"), ["Bread + roses"]);
        assert_eq!(found(&anon, "soup AND song"), ["Bread + roses"]);
        for q in [
            "jazz AND evening",
            "jazz OR soup",
            "NOT soup",
            "jazz NOT soup",
            "title:jazz",
        ] {
            assert!(found(&anon, q).is_empty(), "{q}");
        }
    });
}

#[test]
fn only_punctuation_finds_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        write(&ann, "What? & why! (100 %)", "\"*\" :* -- '", "\\ / |");
        app.changes(&["event.published"]);
        for q in [
            "\"", "\"\"", "*", ":*", "&|!", "'", "''", "(", "()", "--", "%", "\\", "?", "^",
        ] {
            assert!(found(&app.anon(), q).is_empty(), "{q}");
        }
    });
}

#[test]
fn odd_searches_never_fail_the_server() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        announce(app, &ann, "Walk");
        for q in [
            "",
            "%20",
            "+",
            "%00",
            "walk%00",
            "%FF",
            "%F0%9F%8E%AA",
            "%E2%80%8B",
            "%CC%81",
        ] {
            let status = app.anon().get(&format!("/api/events?q={q}")).status();
            assert!([200, 400, 422].contains(&status), "{q}: {status}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_search_has_at_most_200_characters() {
    each(|app| {
        let anon = app.anon();
        for q in ["x".repeat(200), "ü".repeat(200), "🎪".repeat(200)] {
            assert!(found(&anon, &q).is_empty());
        }
        for q in ["x".repeat(201), "ü".repeat(201), "x ".repeat(100) + "x"] {
            anon.get(&format!("/api/events?q={}", encode(&q)))
                .refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn updated_text_is_found_by_its_new_words_only() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = write(&ann, "Lantern walk", "Along the river", "Old bridge");
        app.changes(&["event.published"]);
        let anon = app.anon();
        update(&ann, &event, json!({ "title": "Torch parade" }));
        assert!(found(&anon, "lantern").is_empty());
        assert_eq!(found(&anon, "torch"), ["Torch parade"]);
        assert_eq!(found(&anon, "parade river bridge"), ["Torch parade"]);
        update(&ann, &event, json!({ "description": "Around the lake" }));
        assert!(found(&anon, "river").is_empty());
        assert_eq!(found(&anon, "lake"), ["Torch parade"]);
        update(&ann, &event, json!({ "location": "New mill" }));
        assert!(found(&anon, "bridge").is_empty());
        assert_eq!(found(&anon, "torch lake mill"), ["Torch parade"]);
        app.changes(&["event.updated"; 3]);
    });
}

#[test]
fn a_refused_update_leaves_the_search_alone() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Lantern walk");
        let path = event_path(&event);
        bob.put(&path, json!({ "title": "Torch parade" }))
            .refused(403);
        let body = json!({ "title": "Torch parade", "thumbnail": "nonsense" });
        ann.put(&path, body).invalid(&["thumbnail"]);
        app.changes(&[]);
        assert_eq!(found(&app.anon(), "lantern"), ["Lantern walk"]);
        assert!(found(&app.anon(), "torch").is_empty());
    });
}

#[test]
fn a_deleted_event_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Lantern walk");
        announce(app, &ann, "Lantern feast");
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        assert_eq!(found(&app.anon(), "lantern"), ["Lantern feast"]);
    });
}

#[test]
fn comments_are_not_searched() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Lantern walk");
        say(app, &ann, &event, "Are umbrellas allowed?");
        assert!(found(&app.anon(), "umbrellas").is_empty());
    });
}

#[test]
fn what_is_found_is_ordered_and_paged_like_any_list() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (title, day) in [
            ("Lantern c", "2031-06-03"),
            ("Other", "2031-06-02"),
            ("Lantern a", "2031-06-01"),
            ("Lantern d", "2031-06-04"),
            ("Lantern b", "2031-06-02"),
            ("Another", "2031-06-01"),
        ] {
            create_event(&ann, days(title, day, day));
            tick(app);
        }
        app.changes(&["event.published"; 6]);
        let newest = ["Lantern b", "Lantern d", "Lantern a", "Lantern c"];
        let soonest = ["Lantern a", "Lantern b", "Lantern c", "Lantern d"];
        for limit in [1, 2, 3, 4] {
            let path = format!("/api/events?q=lantern&limit={limit}");
            assert_eq!(texts(&walk(&app.anon(), &path), "title"), newest);
            let path = format!("{path}&order=start");
            assert_eq!(texts(&walk(&app.anon(), &path), "title"), soonest);
        }
    });
}

#[test]
fn very_long_texts_are_searchable() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let description = "lorem ".repeat(1_600) + "needle";
        write(&ann, "Long", &description, "Hall");
        write(&ann, "Wordy", &"ø".repeat(10_000), "Hall");
        app.changes(&["event.published"; 2]);
        assert_eq!(found(&app.anon(), "needle"), ["Long"]);
        assert_eq!(found(&app.anon(), "wordy"), ["Wordy"]);
    });
}
