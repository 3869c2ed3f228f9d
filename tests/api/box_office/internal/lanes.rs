//! Many events at once: who wants one of them waits for nobody who wants another.

use super::bookings::at_once;
use super::*;

/// How often PostgreSQL broke a circle of transactions that waited for each other.
fn deadlocks(app: &App) -> i64 {
    app.count("select deadlocks from pg_stat_database where datname = current_database()")
}

#[test]
fn a_row_that_somebody_keeps_locked_keeps_no_other_event_from_selling() {
    each(|app| {
        if app.database() != Database::Postgres {
            return;
        }
        let halls: Vec<String> = (0..4).map(|_| hall(app, 5)).collect();
        app.sql("begin");
        let locked = &halls[0];
        app.sql(&format!(
            "select 1 from event_seats where event_id = '{locked}' for update"
        ));
        let replies = at_once(8, |n| shift(&app.internal(), &halls[n % 4], -1));
        app.sql("rollback");
        for (n, reply) in replies.iter().enumerate() {
            match n % 4 {
                0 => drop(reply.refused_as(503, "UNAVAILABLE")),
                _ => drop(reply.ok(200)),
            }
        }
        shift(&app.internal(), locked, -1).ok(200);
        for (hall, left) in halls.iter().zip([4, 3, 3, 3]) {
            assert_free(app, hall, left);
        }
        app.verified();
    });
}

#[test]
fn keys_that_cross_over_events_keep_nobody_waiting() {
    each(|app| {
        let halls: Vec<String> = (0..4).map(|_| hall(app, 400)).collect();
        let before = match app.database() {
            Database::Postgres => deadlocks(app),
            Database::Sqlite => 0,
        };
        let sold = at_once(8, |n| {
            let mut sold = 0;
            for round in 0..10 {
                // Two keys, each at every event in turn.
                let key = format!("{round}-{}", (n / 4 + round) % 2);
                let client = app.internal().with("Idempotency-Key", &key);
                let reply = shift(&client, &halls[(n + round) % 4], -1);
                match reply.status() {
                    200 if reply.header("Idempotency-Replayed").is_none() => sold += 1,
                    200 | 409 | 422 => {}
                    other => panic!("{other}: {}", reply.text()),
                }
            }
            sold
        });
        if app.database() == Database::Postgres {
            assert_eq!(deadlocks(app), before, "nobody waited in a circle");
        }
        let free: i64 = halls.iter().map(|hall| app.free_seats(hall)).sum();
        assert_eq!(free, 1_600 - sold.iter().sum::<i64>());
        app.verified();
    });
}
