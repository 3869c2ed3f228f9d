//! What is easily written wrong: folds at every length, the calendar's own name, many events
//! of a zone whose clocks stand still.

use super::*;

#[test]
fn no_length_of_a_text_makes_a_line_too_long() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut event = announce(app, &ann, "Walk");
        for length in 50..90 {
            for between in [",", ", ", "é", "🥾"] {
                let text = format!("{}{between}{}", "x".repeat(length), "y".repeat(75));
                let changed = json!({ "description": text });
                event = data(&ann.put(&event_path(&event), changed), 201, "item updated");
                // Looks at each line of the raw text.
                let seen = only_event(&ann.get(&ics_path(&event)));
                assert_eq!(said(&seen, "DESCRIPTION"), Some(text));
            }
        }
    });
}

#[test]
fn the_name_of_a_calendar_is_escaped() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = found_group(app, &ann, r"Tea; cake, \n more");
        let reply = ann.get(&group_feed(&group));
        let named = r"Tea\; cake\, \\n more";
        let lines = unfolded(reply.text());
        for name in ["NAME;VALUE=TEXT", "X-WR-CALNAME"] {
            let line = format!("{name}:{named}");
            assert!(lines.lines().any(|other| other == line), "{line}: {lines}");
        }
    });
}

#[test]
fn a_zone_whose_clocks_stand_still_is_said_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for year in 2027..2047 {
            let day = format!("{year}-05-01");
            create_event(&ann, set(on("Tea", &day), "timezone", "Asia/Tokyo"));
        }
        app.changes(&["event.published"; 20]);
        let seen = calendar(&ann.get("/api/events.ics"));
        assert_eq!(seen.events.len(), 20);
        assert_eq!(seen.timezones.len(), 1);
        assert_eq!(seen.timezones[0].transitions.len(), 1);
    });
}

#[test]
fn a_long_description_is_whole_in_its_events_calendar_and_brief_among_many() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let text = "é".repeat(5_000);
        let event = create_event(&ann, set(new_event("Walk"), "description", text.as_str()));
        app.changes(&["event.published"]);
        let whole = only_event(&ann.get(&ics_path(&event)));
        assert_eq!(said(&whole, "DESCRIPTION"), Some(text));
        let brief = only_event(&ann.get("/api/events.ics"));
        let brief = said(&brief, "DESCRIPTION").expect("a description");
        assert_eq!(brief, format!("{}…", "é".repeat(1_000)));
    });
}
