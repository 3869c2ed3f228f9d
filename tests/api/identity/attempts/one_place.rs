//! Tries from one place: ten a minute, whoever it is.

use super::*;

#[test]
fn an_account_is_tried_ten_times_a_minute_from_one_place_whatever_the_password() {
    each_with(&ON, |app| {
        make(app, "ann");
        for _ in 0..9 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
        }
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        for password in [RIGHT, BAD, ""] {
            assert_limited(&attempt(app, AWAY, "ann", password), 60);
        }
        let audit = app.audit();
        let of = |action: &str| audit.iter().filter(|one| *one == action).count();
        assert_eq!((of("sign_in.failed"), of("sign_in.succeeded")), (9, 1));
        assert!(of("sign_in.limited") >= 1, "{audit:?}");
        wait(app, 61);
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn whoever_waits_as_told_gets_in() {
    each_with(&ON, |app| {
        make(app, "ann");
        for _ in 0..10 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
        }
        wait(app, 20);
        let seconds = assert_limited(&attempt(app, AWAY, "ann", RIGHT), 41);
        wait(app, seconds);
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn another_account_at_the_place_and_another_place_of_the_account_are_free() {
    each_with(&ON, |app| {
        make(app, "ann");
        make(app, "bob");
        for _ in 0..10 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
        }
        assert_limited(&attempt(app, AWAY, "ann", RIGHT), 60);
        attempt(app, AWAY, "bob", RIGHT).ok(200);
        attempt(app, &stranger(1), "ann", RIGHT).ok(200);
        attempt(app, HOME, "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn the_case_of_a_user_name_is_no_way_around() {
    each_with(&ON, |app| {
        make(app, "ann");
        for username in ["ann", "ANN", "Ann", "aNN", "anN"] {
            attempt(app, AWAY, username, BAD).expect_status(401);
            attempt(app, AWAY, username, BAD).expect_status(401);
        }
        for username in ["ann", "AnN"] {
            assert_limited(&attempt(app, AWAY, username, RIGHT), 60);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_host_with_ipv6_is_one_place() {
    each_with(&ON, |app| {
        make(app, "ann");
        let place = |n: usize| format!("2001:db8:1:2:{n:x}::{n:x}");
        for n in 0..10 {
            attempt(app, &place(n), "ann", BAD).expect_status(401);
        }
        for n in 10..40 {
            assert_limited(&attempt(app, &place(n), "ann", RIGHT), 60);
        }
        attempt(app, "2001:db8:1:3::1", "ann", RIGHT).ok(200);
        assert_eq!(failed(app), 10);
        app.changes(&[]);
    });
}

#[test]
fn one_stranger_never_keeps_the_owner_out_of_a_new_place() {
    each_with(&ON, |app| {
        make(app, "ann");
        for minute in 0..4 {
            let tried = (0..25).map(|_| attempt(app, &stranger(0), "ann", BAD).status());
            let tried: Vec<u16> = tried.collect();
            let looked = tried.iter().filter(|status| **status == 401).count();
            assert_eq!(looked, 10, "{tried:?}");
            let somewhere = format!("203.0.113.{}", 100 + minute);
            attempt(app, &somewhere, "ann", RIGHT).ok(200);
            wait(app, 61);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_factor_multiplies_how_often() {
    let often = [("RATE_LIMIT", "4"), ("TRUSTED_PROXIES", "127.0.0.1")];
    each_with(&often, |app| {
        make(app, "ann");
        for _ in 0..40 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
        }
        assert_limited(&attempt(app, AWAY, "ann", RIGHT), 60);
        app.changes(&[]);
    });
    each_with(&FEW, |app| {
        make(app, "ann");
        for _ in 0..2 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
        }
        assert_limited(&attempt(app, AWAY, "ann", RIGHT), 60);
        assert_eq!(
            flood(app, "ann", 0..10),
            4,
            "two of six came from one place"
        );
        app.changes(&[]);
    });
}

#[test]
fn off_is_off() {
    let off = [("RATE_LIMIT", "off"), ("TRUSTED_PROXIES", "127.0.0.1")];
    each_with(&off, |app| {
        make(app, "ann");
        for _ in 0..12 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
        }
        attempt(app, AWAY, "ann", RIGHT).ok(200);
        assert_eq!(flood(app, "ann", 0..32), 32);
        attempt(app, &stranger(40), "ann", RIGHT).ok(200);
        app.changes(&[]);
    });
}
