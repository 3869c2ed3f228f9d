//! The private calendar: `/api/users/@me/calendar` and `/api/calendars/{secret}.ics`.

use std::thread;

use super::*;

const MINE: &str = "/api/users/@me/calendar";
const GONE: &str = "Calendar not found";

/// Makes a private calendar, in place of an earlier one; answers its path.
#[track_caller]
fn make(client: &Client) -> String {
    let reply = client.raw("POST", MINE, None, b"");
    let made = data(&reply, 201, "Calendar created");
    assert_eq!(keys(&reply.json()), ["data", "message"]);
    assert_eq!(keys(&made), ["url"]);
    assert_eq!(reply.header("Cache-Control"), Some("no-store"));
    let path = text(&made["url"]).strip_prefix(HERE);
    path.expect("an address of this server").to_owned()
}

/// The secret in a private calendar's path.
#[track_caller]
fn secret_of(path: &str) -> &str {
    let secret = path.strip_prefix("/api/calendars/");
    let secret = secret.and_then(|rest| rest.strip_suffix(".ics"));
    secret.expect("the path of a private calendar")
}

/// How many private calendars there are.
fn made(app: &App) -> i64 {
    app.count("select count(*) from calendars")
}

#[test]
fn a_private_calendar_has_what_interests_its_owner() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let walk = announce(app, &ann, "Walk");
        let past = create_event(&bob, on("long ago", "1999-06-14"));
        app.changes(&["event.published"]);
        announce(app, &bob, "of no interest");
        let path = make(&bob);
        app.changes(&[]);
        assert!(summaries(&app.anon().get(&path)).is_empty());
        care(app, &bob, &walk);
        care(app, &bob, &past);
        let others = announce(app, &ann, "of interest to others");
        care(app, &ann, &others);
        for reader in [&app.anon(), &ann, &bob] {
            assert_eq!(sorted_summaries(&reader.get(&path)), ["Walk", "long ago"]);
        }
        let interest = format!("/api/users/@me/interests/{}", id_of(&past));
        bob.delete(&interest).ok(200);
        app.changes(&["interest.removed"]);
        let seen = only_event(&app.anon().get(&path));
        let alone = only_event(&app.anon().get(&ics_path(&walk)));
        assert_eq!(seen.properties, alone.properties);
        app.changes(&[]);
    });
}

#[test]
fn deleted_events_stay_in_a_private_calendar_as_cancelled_for_30_days() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = create_event(&ann, set(new_event("Walk"), "timezone", "Europe/Oslo"));
        app.changes(&["event.published"]);
        care(app, &bob, &event);
        let path = make(&bob);
        cancel(app, &ann, &event);
        for days in [0, 29] {
            app.clock().advance(TimeDelta::days(days));
            app.sweep();
            let seen = only_event(&app.anon().get(&path));
            assert_eq!(value(&seen.properties, "UID"), id_of(&event));
            assert_eq!(value(&seen.properties, "STATUS"), "CANCELLED");
            assert_eq!(said(&seen, "SUMMARY").as_deref(), Some("Walk"));
            assert_eq!(said(&seen, "DESCRIPTION"), None);
        }
        app.clock().advance(TimeDelta::hours(25));
        app.sweep();
        assert!(summaries(&app.anon().get(&path)).is_empty());
        app.changes(&[]);
    });
}

#[test]
fn a_private_calendar_shows_its_owners_drafts_only() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let draft = announce(app, &ann, "draft");
        let walk = announce(app, &ann, "Walk");
        let gone = announce(app, &ann, "gone");
        for person in [&ann, &bob] {
            for event in [&draft, &walk, &gone] {
                care(app, person, event);
            }
        }
        let (anns, bobs) = (make(&ann), make(&bob));
        cancel(app, &ann, &gone);
        hide(app, &draft);
        hide(app, &gone);
        // Whoever asks, the calendar is its owner's.
        for reader in [&ann, &bob, &app.anon()] {
            assert_eq!(sorted_summaries(&reader.get(&anns)), ["Walk", "draft"]);
            assert_eq!(summaries(&reader.get(&bobs)), ["Walk"]);
        }
        app.changes(&[]);
    });
}

#[test]
fn nobody_has_no_calendar() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let path = make(&ann);
        app.anon().raw("POST", MINE, None, b"").refused(401);
        app.anon().delete(MINE).refused(401);
        let stale = app.anon().with("Cookie", "session=nonsense");
        stale.raw("POST", MINE, None, b"").refused(401);
        stale.delete(MINE).refused(401);
        assert!(summaries(&app.anon().get(&path)).is_empty());
        assert_eq!(made(app), 1);
        app.changes(&[]);
    });
}

#[test]
fn a_suspended_person_makes_no_calendar() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        app.sql("update users set suspended_at = '2026-01-01T00:00:00.000000Z'");
        let again = app.user("ann");
        assert_eq!(again.id(), ann.id());
        again.raw("POST", MINE, None, b"").refused(403);
        assert_eq!(made(app), 0);
        app.changes(&[]);
    });
}

#[test]
fn a_new_calendar_replaces_the_old_one_at_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let bobs = make(&bob);
        let mut old = make(&ann);
        for _ in 0..3 {
            let new = make(&ann);
            assert_ne!(new, old);
            app.anon().get(&old).error(404, GONE);
            ann.get(&old).error(404, GONE);
            app.anon().get(&new).expect_status(200);
            old = new;
        }
        app.anon().get(&bobs).expect_status(200);
        assert_eq!(made(app), 2);
        app.changes(&[]);
    });
}

#[test]
fn a_revoked_calendar_is_gone_at_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        ann.delete(MINE).no_content();
        let (anns, bobs) = (make(&ann), make(&bob));
        app.anon().get(&anns).expect_status(200);
        for _ in 0..2 {
            ann.delete(MINE).no_content();
            app.anon().get(&anns).error(404, GONE);
            app.anon().get(&bobs).expect_status(200);
            assert_eq!(made(app), 1);
        }
        let again = make(&ann);
        assert_ne!(again, anns);
        app.anon().get(&anns).error(404, GONE);
        app.anon().get(&again).expect_status(200);
        app.changes(&[]);
    });
}

#[test]
fn a_tag_opens_no_calendar_that_is_gone() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let path = make(&ann);
        let reply = app.anon().get(&path);
        let tag = reply.header("ETag").expect("a tag").to_owned();
        let with_tag = app.anon().with("If-None-Match", &tag);
        with_tag.get(&path).expect_status(304);
        ann.delete(MINE).no_content();
        with_tag.get(&path).error(404, GONE);
        let any = app.anon().with("If-None-Match", "*");
        any.get(&path).error(404, GONE);
        app.changes(&[]);
    });
}

#[test]
fn an_erased_person_has_no_calendar() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (anns, bobs) = (make(&ann), make(&bob));
        ann.delete("/api/users/@me").no_content();
        app.anon().get(&anns).error(404, GONE);
        app.anon().get(&bobs).expect_status(200);
        app.changes(&["user.erased"]);
    });
}

#[test]
fn a_call_that_answers_a_secret_takes_no_idempotency_key() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "calendar-1");
        keyed.raw("POST", MINE, None, b"").refused(400);
        assert_eq!(made(app), 0);
        let path = make(&ann);
        keyed.raw("POST", MINE, None, b"").refused(400);
        app.anon().get(&path).expect_status(200);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
        app.changes(&[]);
    });
}

#[test]
fn what_is_no_secret_opens_no_calendar() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let path = make(&ann);
        let secret = secret_of(&path);
        let hash = app.text("select cast(secret_hash as text) from calendars");
        let hash = encode(&hash.expect("a hash"));
        let (session, long) = (encode(ann.session()), "A".repeat(5000));
        let doubled = format!("{secret}{secret}");
        let guesses = [ann.id(), &session, &hash, &long, &doubled, "%25", "_", "."];
        for guess in MALFORMED.into_iter().chain([UNKNOWN, ""]).chain(guesses) {
            let path = format!("/api/calendars/{guess}.ics");
            app.anon().get(&path).error(404, GONE);
            ann.get(&path).error(404, GONE);
        }
        for other in ["", ".ICS", ".ics.ics", ".jsonld", ".atom"] {
            let path = format!("/api/calendars/{secret}{other}");
            app.anon().get(&path).refused(404);
        }
        app.anon().get(&path).expect_status(200);
        app.changes(&[]);
    });
}

#[test]
fn a_secret_is_right_to_the_letter() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let path = make(&ann);
        let good: Vec<char> = secret_of(&path).chars().collect();
        for position in 0..good.len() {
            let mut changed = good.clone();
            changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
            let mut swapped = good.clone();
            let letter = swapped[position];
            swapped[position] = match letter.is_ascii_lowercase() {
                true => letter.to_ascii_uppercase(),
                false => letter.to_ascii_lowercase(),
            };
            let cut = good[..position].to_vec();
            for wrong in [changed, swapped, cut] {
                let wrong: String = wrong.into_iter().collect();
                if wrong != secret_of(&path) {
                    let wrong = format!("/api/calendars/{wrong}.ics");
                    app.anon().get(&wrong).error(404, GONE);
                }
            }
        }
        app.anon().get(&path).expect_status(200);
    });
}

#[test]
fn a_secret_cannot_be_guessed() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let paths: Vec<String> = (0..40).map(|_| make(&ann)).collect();
        let secrets: BTreeSet<&str> = paths.iter().map(|path| secret_of(path)).collect();
        assert_eq!(secrets.len(), 40);
        let alphabet: BTreeSet<char> = secrets.iter().flat_map(|secret| secret.chars()).collect();
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        assert!(alphabet.iter().all(plain), "{alphabet:?}");
        let length = secrets.iter().map(|secret| secret.len()).min();
        let length = length.expect("secrets");
        let letters = u32::try_from(alphabet.len()).expect("an alphabet");
        let letter_count = u32::try_from(length).expect("a length");
        let bits = f64::from(letters).log2() * f64::from(letter_count);
        assert!(bits >= 128.0, "{bits} bits: {secrets:?}");
        for position in 0..length {
            let here: BTreeSet<u8> = secrets.iter().map(|s| s.as_bytes()[position]).collect();
            assert!(here.len() > 1, "place {position} never varies: {secrets:?}");
        }
    });
}

#[test]
fn the_database_does_not_keep_the_secret() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        announce(app, &ann, "Brontosaurus");
        let path = make(&ann);
        app.anon().get(&path).expect_status(200);
        let secret = secret_of(&path);
        assert_eq!(made(app), 1);
        let clear = format!(
            "select count(*) from calendars where cast(secret_hash as text) like '%{secret}%'"
        );
        assert_eq!(app.count(&clear), 0);
        app.changes(&[]);
        if app.database() == Database::Sqlite {
            let files = ["test.db", "test.db-wal"].map(|name| app.folder().join(name));
            let read = files.map(|file| std::fs::read(file).unwrap_or_default());
            let bytes = read.concat();
            let holds = |word: &str| {
                let mut places = bytes.windows(word.len());
                places.any(|place| place == word.as_bytes())
            };
            assert!(holds("Brontosaurus"), "what is kept can be found");
            assert!(!holds(secret), "the secret is in the file");
        }
    });
}

#[test]
fn of_calendars_made_at_once_one_stays() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let paths = thread::scope(|scope| {
            let ann = &ann;
            let threads = [(); 8].map(|()| scope.spawn(move || make(ann)));
            threads.map(|thread| thread.join().expect("a calendar"))
        });
        let statuses = paths.each_ref().map(|path| app.anon().get(path).status());
        let open = statuses.iter().filter(|status| **status == 200).count();
        let gone = statuses.iter().filter(|status| **status == 404).count();
        assert_eq!((open, gone), (1, 7), "{statuses:?}");
        assert_eq!(made(app), 1);
    });
}

#[test]
fn the_address_of_a_private_calendar_is_the_one_that_users_see() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        let [ann] = people(app, ["ann"]);
        let made = data(&ann.raw("POST", MINE, None, b""), 201, "Calendar created");
        let path = text(&made["url"]).strip_prefix("https://events.example.org");
        let path = path.expect("an address that users see");
        assert!(!secret_of(path).is_empty());
        assert!(summaries(&app.anon().get(path)).is_empty());
    });
}
