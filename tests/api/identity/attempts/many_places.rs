//! Tries from many places: thirty in a while that grows, and the owner gets in all the same.

use super::*;

#[test]
fn of_a_flood_from_many_places_thirty_passwords_are_looked_at() {
    each_with(&ON, |app| {
        make(app, "ann");
        assert_eq!(flood(app, "ann", 0..300), 30);
        assert_eq!(failed(app), 30);
        // Nobody new gets in for the time being; whoever was here before does.
        assert_limited(&attempt(app, AWAY, "ann", RIGHT), 60);
        attempt(app, HOME, "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn the_owner_gets_in_from_a_known_place_while_sixty_others_try() {
    each_with(&ON, |app| {
        make(app, "ann");
        let mut looked = 0;
        for round in 0..6 {
            looked += flood(app, "ann", round * 10..round * 10 + 10);
            attempt(app, HOME, "ann", RIGHT).ok(200);
        }
        assert_eq!(looked, 30);
        attempt(app, HOME, "ann", BAD).expect_status(401);
        app.changes(&[]);
    });
}

#[test]
fn where_the_account_was_made_is_a_known_place() {
    each_with(&FEW, |app| {
        let body = json!({
            "username": "ann",
            "password": RIGHT,
            "companyName": "Ann Ltd",
            "role": "vendor",
        });
        at(app, AWAY).post(SIGN_UP, body).ok(201);
        assert_eq!(flood(app, "ann", 0..10), 6);
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        app.changes(&["user.created"]);
    });
}

#[test]
fn a_place_is_known_for_thirty_days_after_a_sign_in() {
    each_with(&FEW, |app| {
        make(app, "ann");
        app.clock().advance(TimeDelta::days(29));
        assert_eq!(flood(app, "ann", 0..10), 6);
        attempt(app, HOME, "ann", RIGHT).ok(200);
        app.clock().advance(TimeDelta::days(29));
        app.sweep();
        assert_eq!(flood(app, "ann", 10..20), 6);
        attempt(app, HOME, "ann", RIGHT).ok(200);
        app.clock().advance(TimeDelta::days(31));
        assert_eq!(flood(app, "ann", 20..30), 6);
        attempt(app, HOME, "ann", RIGHT).expect_status(429);
        app.changes(&[]);
    });
}

#[test]
fn after_a_while_that_was_used_up_the_next_one_is_twice_as_long() {
    each_with(&ON, |app| {
        make(app, "ann");
        assert_eq!(flood(app, "ann", 0..40), 30);
        wait(app, 61);
        assert_eq!(flood(app, "ann", 40..80), 30, "the second while");
        wait(app, 61);
        assert_eq!(flood(app, "ann", 80..90), 0, "it lasts two minutes");
        assert_limited(&attempt(app, AWAY, "ann", RIGHT), 60);
        wait(app, 61);
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        assert_eq!(failed(app), 60);
        app.changes(&[]);
    });
}

#[test]
fn a_while_is_never_longer_than_sixteen_minutes() {
    each_with(&FEW, |app| {
        make(app, "ann");
        let mut strangers = (0..).step_by(10);
        let mut try_more = || {
            let first = strangers.next().unwrap_or_default();
            flood(app, "ann", first..first + 10)
        };
        for minutes in [1, 2, 4, 8, 16, 16] {
            assert_eq!(try_more(), 6, "at the beginning of {minutes} minutes");
            wait(app, minutes * 45);
            assert_eq!(try_more(), 0, "late in {minutes} minutes");
            wait(app, minutes * 15 + 5);
        }
        assert_eq!(try_more(), 6);
        attempt(app, HOME, "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn what_retry_after_tells_of_a_long_while_is_true() {
    each_with(&FEW, |app| {
        make(app, "ann");
        for strangers in [0..10, 10..20, 20..30] {
            assert_eq!(flood(app, "ann", strangers), 6);
            let refused = attempt(app, AWAY, "ann", RIGHT);
            let seconds = assert_limited(&refused, 4 * 60);
            wait(app, seconds);
        }
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn after_a_quiet_hour_a_while_is_a_minute_again() {
    each_with(&FEW, |app| {
        make(app, "ann");
        assert_eq!(flood(app, "ann", 0..10), 6);
        wait(app, 61);
        assert_eq!(flood(app, "ann", 10..20), 6);
        wait(app, 3600);
        assert_eq!(flood(app, "ann", 20..30), 6);
        wait(app, 61);
        assert_eq!(flood(app, "ann", 30..40), 6);
        app.changes(&[]);
    });
}
