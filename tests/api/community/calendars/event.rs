//! `GET /api/events/{id}.ics`: one event, whatever its texts hold.

use super::*;

const GONE: &str = "Event not found";

/// Changes the title; answers the event after it.
#[track_caller]
fn retitle(app: &App, client: &Client, event: &Value, title: &str) -> Value {
    let reply = client.put(&event_path(event), json!({ "title": title }));
    let event = data(&reply, 201, "item updated");
    app.changes(&["event.updated"]);
    event
}

#[test]
fn a_calendar_says_all_about_its_event() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        for reader in [&ann, &bob, &app.anon()] {
            let reply = reader.get(&ics_path(&event));
            assert!(calendar(&reply).timezones.is_empty(), "{}", reply.text());
            let seen = only_event(&reply);
            let url = format!("{HERE}/api/events/{}", id_of(&event));
            let created = stamp(&event["created_at"]);
            let updated = stamp(&event["updated_at"]);
            for (name, expected) in [
                ("UID", id_of(&event)),
                ("SEQUENCE", "0"),
                ("DTSTAMP", updated.as_str()),
                ("LAST-MODIFIED", updated.as_str()),
                ("CREATED", created.as_str()),
                ("DTSTART", "20310614T100000Z"),
                ("DTEND", "20310614T120000Z"),
                ("SUMMARY", "Walk"),
                ("DESCRIPTION", "Bring warm clothes."),
                ("LOCATION", "Market Square"),
                ("URL", url.as_str()),
                ("STATUS", "CONFIRMED"),
            ] {
                assert_eq!(value(&seen.properties, name), expected, "{name}");
                let property = find(&seen.properties, name).expect("it was just there");
                assert_eq!(tzid(property), None, "{name}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn an_event_of_a_zone_brings_the_zone_along() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, set(new_event("Walk"), "timezone", "Europe/Oslo"));
        app.changes(&["event.published"]);
        let calendar = calendar(&app.anon().get(&ics_path(&event)));
        assert_eq!(calendar.timezones.len(), 1);
        let zone = value(&calendar.timezones[0].properties, "TZID");
        assert_eq!(zone, "Europe/Oslo");
        for (name, expected) in [("DTSTART", "20310614T100000"), ("DTEND", "20310614T120000")] {
            let property = find(&calendar.events[0].properties, name).expect("a moment");
            assert_eq!(property.value.as_deref(), Some(expected));
            assert_eq!(tzid(property), Some("Europe/Oslo"));
        }
    });
}

#[test]
fn the_address_is_the_one_that_users_see() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let seen = only_event(&app.anon().get(&ics_path(&event)));
        let url = format!("https://events.example.org/api/events/{}", id_of(&event));
        assert_eq!(value(&seen.properties, "URL"), url);
    });
}

#[test]
fn the_sequence_counts_changes_and_nothing_else() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let read = || {
            let seen = only_event(&app.anon().get(&ics_path(&event)));
            ["SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "CREATED"]
                .map(|name| value(&seen.properties, name).to_owned())
        };
        let created = stamp(&event["created_at"]);
        let created = created.as_str();
        let untouched = ["0", created, created, created];
        assert_eq!(read(), untouched);

        tick(app);
        let again = ann.put(&event_path(&event), json!({ "title": "Walk" }));
        data(&again, 201, "item updated");
        app.changes(&[]);
        say(app, &bob, &event, "Boots?");
        care(app, &bob, &event);
        assert_eq!(read(), untouched);

        for sequence in ["1", "2"] {
            tick(app);
            let title = format!("Walk {sequence}");
            let updated = stamp(&retitle(app, &ann, &event, &title)["updated_at"]);
            let updated = updated.as_str();
            assert!(updated > created);
            assert_eq!(read(), [sequence, updated, updated, created]);
        }
    });
}

#[test]
fn texts_come_back_as_they_were_written() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for hostile in [
            "a,b;c\\d",
            "\\n is no line break, and \\N is none",
            "\\\\,\\;\\",
            "colon: \"quotes\" ;X=\"Y\":z",
            "BEGIN:VEVENT",
            "END:VCALENDAR",
            "<b>&amp;</b> ^n ^' %0D%0AEND:VEVENT =?UTF-8?Q?x?=",
            "\u{202e}thgir\u{202c} \u{200b}\u{feff}x \u{fffe}\u{10ffff}",
            "👩‍👩‍👧‍👧 Zürich שלום",
        ] {
            let body = set(new_event(hostile), "description", hostile);
            let event = create_event(&ann, set(body, "location", hostile));
            app.changes(&["event.published"]);
            let seen = only_event(&app.anon().get(&ics_path(&event)));
            for (name, field) in [
                ("SUMMARY", "title"),
                ("DESCRIPTION", "description"),
                ("LOCATION", "location"),
            ] {
                assert_eq!(
                    said(&seen, name).as_deref(),
                    event[field].as_str(),
                    "{name}"
                );
            }
        }
    });
}

#[test]
fn line_breaks_and_tabs_of_a_description_are_kept() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for description in [
            "one\ntwo\r\nthree",
            "one\n\n\n  two\n\tthree",
            "one\rtwo\r\r\nthree",
            "a tab\tand a \\n\nline",
        ] {
            let event = create_event(&ann, set(new_event("Walk"), "description", description));
            app.changes(&["event.published"]);
            let seen = only_event(&app.anon().get(&ics_path(&event)));
            let written = text(&event["description"]);
            let expected = written.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(said(&seen, "DESCRIPTION"), Some(expected));
        }
    });
}

#[test]
fn an_empty_description_says_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, set(new_event("Walk"), "description", ""));
        app.changes(&["event.published"]);
        let seen = only_event(&app.anon().get(&ics_path(&event)));
        assert_eq!(said(&seen, "DESCRIPTION"), None);
        assert_eq!(said(&seen, "SUMMARY").as_deref(), Some("Walk"));
    });
}

#[test]
fn no_text_injects_a_line() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let evil = "END:VEVENT{}END:VCALENDAR{}BEGIN:VCALENDAR{}BEGIN:VEVENT{}UID:evil{}X-EVIL:1";
        for line_break in [
            "\r\n", "\n", "\r", "\\n", "\u{2028}", "\u{2029}", "\r\n ", "\n\t",
        ] {
            let evil = format!("Hello{line_break}{}", evil.replace("{}", line_break));
            let title = evil.replace('\t', " ");
            let body = set(new_event(&title), "description", evil.as_str());
            let event = create_event(&ann, set(body, "location", title.as_str()));
            app.changes(&["event.published"]);
            let reply = app.anon().get(&ics_path(&event));
            let seen = only_event(&reply);
            assert_eq!(value(&seen.properties, "UID"), id_of(&event));
            assert_eq!(find(&seen.properties, "X-EVIL"), None);
            let begins = reply.text().lines().filter(|line| *line == "BEGIN:VEVENT");
            assert_eq!(begins.count(), 1, "{}", reply.text());
        }
    });
}

/// Titles that need folding, with their characters at every place a fold may come to.
fn long_titles() -> Vec<String> {
    let ascii = (60..=80).map(|length| "x".repeat(length));
    let shifted = (0..5).flat_map(|shift| {
        ["🎪", "ø", "語", "x,", "\\;", " z"].map(|piece| {
            let count = 110 / piece.chars().count();
            format!("{}{}y", "a".repeat(shift + 1), piece.repeat(count))
        })
    });
    ascii.chain(shifted).collect()
}

#[test]
fn folds_cut_no_character_and_lose_none() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for title in long_titles() {
            let event = retitle(app, &ann, &event, &title);
            assert_eq!(event["title"], title);
            let seen = only_event(&app.anon().get(&ics_path(&event)));
            assert_eq!(said(&seen, "SUMMARY"), Some(title));
        }
    });
}

#[test]
fn the_longest_texts_are_folded_too() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let spaces = format!("x{}y", " ".repeat(1000));
        let breaks = format!("x{}y", "\n".repeat(9998));
        for description in ["🎪".repeat(10_000), "ø".repeat(10_000), spaces, breaks] {
            let body = set(new_event(&"🎪".repeat(120)), "location", "語".repeat(1024));
            let event = create_event(&ann, set(body, "description", description.as_str()));
            app.changes(&["event.published"]);
            let seen = only_event(&app.anon().get(&ics_path(&event)));
            assert_eq!(said(&seen, "SUMMARY"), Some("🎪".repeat(120)));
            assert_eq!(said(&seen, "LOCATION"), Some("語".repeat(1024)));
            assert_eq!(said(&seen, "DESCRIPTION"), Some(description));
        }
    });
}

#[test]
fn a_deleted_event_is_cancelled_and_keeps_title_and_times() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = create_event(&ann, set(new_event("Walk"), "timezone", "Europe/Oslo"));
        app.changes(&["event.published"]);
        let before = only_event(&app.anon().get(&ics_path(&event)));
        tick(app);
        cancel(app, &ann, &event);
        for reader in [&ann, &bob, &app.anon()] {
            let reply = reader.get(&ics_path(&event));
            let seen = only_event(&reply);
            assert_eq!(value(&seen.properties, "STATUS"), "CANCELLED");
            assert_eq!(value(&seen.properties, "SEQUENCE"), "1");
            for name in ["UID", "SUMMARY", "DTSTART", "DTEND", "CREATED"] {
                let kept = find(&seen.properties, name);
                assert_eq!(kept, find(&before.properties, name), "{name}");
            }
            for name in ["DESCRIPTION", "LOCATION"] {
                assert_eq!(said(&seen, name), None, "{name}");
            }
            let updated = value(&seen.properties, "LAST-MODIFIED");
            assert_eq!(value(&seen.properties, "DTSTAMP"), updated);
            assert!(updated > value(&before.properties, "LAST-MODIFIED"));
            assert_eq!(calendar(&reply).timezones.len(), 1);
        }
    });
}

#[test]
fn a_cancelled_event_stays_for_30_days() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        cancel(app, &ann, &event);
        app.clock().advance(TimeDelta::days(29));
        app.sweep();
        let seen = only_event(&app.anon().get(&ics_path(&event)));
        assert_eq!(value(&seen.properties, "STATUS"), "CANCELLED");
        app.clock().advance(TimeDelta::hours(25));
        app.sweep();
        app.anon().get(&ics_path(&event)).error(404, GONE);
        app.changes(&[]);
    });
}

#[test]
fn an_erased_creator_leaves_no_words() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Vermilion walk");
        ann.delete("/api/users/@me").no_content();
        app.sweep();
        let cancelled = "select count(*) from changes where topic = 'event.cancelled'";
        assert_eq!(app.count(cancelled), 1);
        let erased = "select count(*) from changes where topic = 'user.erased'";
        assert_eq!(app.count(erased), 1);
        let reply = app.anon().get(&ics_path(&event));
        let seen = only_event(&reply);
        assert_eq!(value(&seen.properties, "UID"), id_of(&event));
        assert_eq!(value(&seen.properties, "STATUS"), "CANCELLED");
        assert_eq!(value(&seen.properties, "SEQUENCE"), "1");
        assert_eq!(value(&seen.properties, "DTSTART"), "20310614T100000Z");
        assert_eq!(said(&seen, "SUMMARY").as_deref(), Some("Cancelled event"));
        for word in ["Vermilion", "warm clothes", "Market Square"] {
            assert!(!reply.text().contains(word), "{}", reply.text());
        }
    });
}

#[test]
fn a_draft_has_a_calendar_for_its_creator_until_it_is_deleted() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        hide(app, &event);
        let seen = only_event(&ann.get(&ics_path(&event)));
        assert_eq!(said(&seen, "SUMMARY").as_deref(), Some("Walk"));
        for reader in [&bob, &app.anon()] {
            reader.get(&ics_path(&event)).error(404, GONE);
        }
        app.changes(&[]);
        // A draft that is deleted was never announced, so nothing has to be taken back.
        let event = announce(app, &ann, "Run");
        cancel(app, &ann, &event);
        hide(app, &event);
        for reader in [&ann, &bob, &app.anon()] {
            reader.get(&ics_path(&event)).error(404, GONE);
        }
    });
}

#[test]
fn what_is_no_event_has_no_calendar() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        for reader in [&ann, &app.anon()] {
            for id in MALFORMED.into_iter().chain([UNKNOWN, ""]) {
                let path = format!("/api/events/{id}.ics");
                reader.get(&path).error(404, GONE);
            }
            for suffix in [
                ".ICS",
                ".ics.ics",
                ".jsonld.ics",
                ".icsx",
                ".",
                "..ics",
                "ics",
                ".xml",
            ] {
                let path = format!("{}{suffix}", event_path(&event));
                reader.get(&path).error(404, GONE);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_calendars_address_takes_no_writes() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let path = ics_path(&event);
        let body = json!({ "title": "Run", "body": "Hello" });
        for reply in [
            ann.delete(&path),
            ann.put(&path, body.clone()),
            ann.post(&path, body.clone()),
            ann.post(&format!("{path}/comments"), body),
            ann.post(
                &format!("/api/users/@me/interests/{}.ics", id_of(&event)),
                json!({}),
            ),
            ann.get(&format!("{path}/comments")),
        ] {
            assert!([404, 405].contains(&reply.status()), "{}", reply.text());
            reply.refused(reply.status());
        }
        app.changes(&[]);
        assert_eq!(read_event(&ann, &event), event);
    });
}
