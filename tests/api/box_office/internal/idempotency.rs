//! `Idempotency-Key` at the internal calls: what is repeated moves seats once.

use super::*;

/// The booking service with an idempotency key.
fn keyed<'a>(app: &'a App, key: &str) -> Client<'a> {
    app.internal().with("Idempotency-Key", key)
}

/// Asserts that a reply repeats an earlier one, and that nothing was recorded.
#[track_caller]
fn replayed(app: &App, replay: &Reply, first: &Reply) {
    assert_eq!(replay.ok(200), first.ok(200));
    assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(replay.header("Content-Type"), first.header("Content-Type"));
    app.changes(&[]);
}

/// Asserts the refusal of another call under a key that is used.
#[track_caller]
fn conflicts(app: &App, reply: &Reply) {
    reply.refused_as(422, "IDEMPOTENCY_CONFLICT");
    assert_eq!(reply.header("Idempotency-Replayed"), None);
    app.changes(&[]);
}

#[test]
fn a_repeated_call_moves_seats_once() {
    each(|app| {
        let id = hall(app, 20);
        let taker = keyed(app, "order-1");
        let first = shift(&taker, &id, -3);
        moved(app, &first);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        for _ in 0..3 {
            replayed(app, &shift(&taker, &id, -3), &first);
        }
        let returner = keyed(app, "order-1-back");
        let back = give_back(&returner, &id, 2);
        moved(app, &back);
        replayed(app, &give_back(&returner, &id, 2), &back);
        // The answer is that of the time, whatever has moved since.
        replayed(app, &shift(&taker, &id, -3), &first);
        assert_eq!(rows(app, &id, "true"), 2);
        assert_free(app, &id, 19);
    });
}

#[test]
fn a_repeat_is_answered_even_if_it_could_not_be_done_again() {
    each(|app| {
        let id = hall(app, 5);
        let taker = keyed(app, "order-1");
        let seen = version(app, &id);
        let first = shift_at(&taker, &id, -5, seen);
        assert_eq!(moved(app, &first)["status"], "sold_out");
        // No seat is left, and the version is an old one.
        replayed(app, &shift_at(&taker, &id, -5, seen), &first);
        cancel(app, &id);
        replayed(app, &shift_at(&taker, &id, -5, seen), &first);
        assert_free(app, &id, 0);
    });
}

#[test]
fn another_call_under_the_key_is_refused() {
    each(|app| {
        let (id, other) = (hall(app, 20), hall(app, 20));
        let client = keyed(app, "order-1");
        let first = shift(&client, &id, -3);
        moved(app, &first);
        let seen = version(app, &id);
        for reply in [
            shift(&client, &id, -2),
            shift(&client, &id, 3),
            shift_at(&client, &id, -3, seen),
            shift(&client, &other, -3),
            give_back(&client, &id, 3),
        ] {
            conflicts(app, &reply);
        }
        // The key stays with the first call.
        replayed(app, &shift(&client, &id, -3), &first);
        assert_free(app, &id, 17);
        assert_free(app, &other, 20);
    });
}

#[test]
fn a_refused_call_leaves_its_key_free_for_when_seats_are_back() {
    each(|app| {
        let id = hall(app, 5);
        take(app, &id, 4);
        let client = keyed(app, "order-1");
        for _ in 0..2 {
            let refusal = shift(&client, &id, -3);
            short_of(&refusal, &id, 3, 1);
            assert_eq!(refusal.header("Idempotency-Replayed"), None);
        }
        app.changes(&[]);
        moved(app, &give_back(&app.internal(), &id, 2));
        let first = shift(&client, &id, -3);
        assert_eq!(moved(app, &first)["available_seats"], 0);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        replayed(app, &shift(&client, &id, -3), &first);
        assert_free(app, &id, 0);
    });
}

#[test]
fn a_refused_version_leaves_its_key_free_for_the_retry_without_one() {
    each(|app| {
        let id = hall(app, 20);
        let seen = version(app, &id);
        take(app, &id, 1);
        let client = keyed(app, "order-1");
        outdated(&shift_at(&client, &id, -2, seen), &id, seen, seen + 1, 19);
        invalid(&shift(&client, &id, 0), "quantity");
        invalid(&shift(&client, &id, -11), "quantity");
        shift(&client, UNKNOWN, -2).refused_as(404, "EVENT_NOT_FOUND");
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from idempotency_keys"), 0);
        let first = shift(&client, &id, -2);
        moved(app, &first);
        replayed(app, &shift(&client, &id, -2), &first);
        assert_free(app, &id, 17);
    });
}

#[test]
fn the_booking_service_is_one_caller_in_either_header() {
    each(|app| {
        let id = hall(app, 20);
        let first = shift(&keyed(app, "order-1"), &id, -3);
        moved(app, &first);
        let line = format!("ApiKey {INTERNAL_KEY}");
        let other = app.anon().with("Authorization", &line);
        let other = other.with("Idempotency-Key", "order-1");
        replayed(app, &shift(&other, &id, -3), &first);
        assert_free(app, &id, 17);
    });
}

#[test]
fn a_key_opens_nothing_and_is_nobody_elses() {
    each(|app| {
        let id = hall(app, 20);
        let ann = app.user("ann").with("Idempotency-Key", "order-1");
        app.changes(&["user.created"]);
        gather(&ann, "Walk", "2031-06-14");
        app.changes(&["event.published"]);
        let first = shift(&keyed(app, "order-1"), &id, -3);
        moved(app, &first);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        let stranger = app.anon().with("Idempotency-Key", "order-1");
        for client in [&stranger, &ann, &stranger.with("X-API-Key", "garbage")] {
            let reply = shift(client, &id, -3);
            reply.refused_as(401, "UNAUTHORIZED");
        }
        app.changes(&[]);
        assert_free(app, &id, 17);
    });
}

#[test]
fn after_a_day_the_key_is_free() {
    each(|app| {
        let id = hall(app, 20);
        let client = keyed(app, "order-1");
        let first = shift(&client, &id, -3);
        moved(app, &first);
        let nearly = TimeDelta::hours(24) - TimeDelta::minutes(1);
        app.clock().advance(nearly);
        replayed(app, &shift(&client, &id, -3), &first);
        app.clock().advance(TimeDelta::minutes(2));
        let second = shift(&client, &id, -3);
        assert_eq!(moved(app, &second)["available_seats"], 14);
        assert_eq!(second.header("Idempotency-Replayed"), None);
        assert_free(app, &id, 14);
    });
}

#[test]
fn what_is_no_key_is_a_bad_request() {
    each(|app| {
        let id = hall(app, 20);
        let long = "k".repeat(300);
        for key in ["", long.as_str(), "a\tb", "a\u{1}b", "a\u{7f}b", "ключ"] {
            let client = keyed(app, key);
            for reply in [shift(&client, &id, -1), give_back(&client, &id, 1)] {
                assert_eq!(reply.status(), 400, "{key:?}: {}", reply.text());
                reply.refused_as(400, "VALIDATION_FAILED");
            }
        }
        let twice = keyed(app, "order-1").with("Idempotency-Key", "order-2");
        shift(&twice, &id, -1).refused_as(400, "VALIDATION_FAILED");
        app.changes(&[]);
        assert_free(app, &id, 20);
    });
}

#[test]
fn the_database_does_not_keep_the_key_itself() {
    each(|app| {
        let id = hall(app, 20);
        moved(app, &shift(&keyed(app, "a-key-to-find"), &id, -3));
        let holders = columns_that_hold(app, "a-key-to-find");
        assert!(holders.is_empty(), "{holders:?}");
        assert_eq!(rows(app, &id, "key_hash is not null"), 1);
        let holders = columns_that_hold(app, INTERNAL_KEY);
        assert!(holders.is_empty(), "{holders:?}");
    });
}
