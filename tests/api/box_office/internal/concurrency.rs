//! Versions that are out of date, and many callers at once: nothing is sold twice, and the
//! ledger agrees.

use std::sync::Barrier;
use std::thread;

use super::*;

/// Makes calls at the same moment, each from a thread and with a client of its own; their
/// answers in order.
fn at_once(app: &App, count: usize, call: impl Fn(&Client, usize) -> Reply + Sync) -> Vec<Reply> {
    let start = Barrier::new(count);
    let (start, call) = (&start, &call);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    let client = app.internal();
                    start.wait();
                    call(&client, n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|reply| reply.expect("an answer")).collect()
    })
}

/// The bodies of the answers that did it, and the answers that did not.
fn told_apart(replies: Vec<Reply>) -> (Vec<Value>, Vec<Reply>) {
    let (done, refused): (Vec<Reply>, Vec<Reply>) =
        replies.into_iter().partition(|reply| reply.status() == 200);
    (done.iter().map(Reply::json).collect(), refused)
}

/// Asserts that each of these answers tells of a version of its own, from the first one on.
#[track_caller]
fn assert_one_each(done: &[Value], first: i64) {
    let mut versions: Vec<i64> = done.iter().map(|told| number(&told["version"])).collect();
    versions.sort_unstable();
    let expected: Vec<i64> = (first..).take(done.len()).collect();
    assert_eq!(versions, expected);
}

#[test]
fn another_version_than_the_current_one_is_refused() {
    each(|app| {
        let id = hall(app, 20);
        let seen = version(app, &id);
        take(app, &id, 3);
        let current = seen + 1;
        let internal = app.internal();
        for given in [seen, 1, current + 1, 1 << 31, i64::MAX] {
            for quantity in [-1, 1] {
                let reply = shift_at(&internal, &id, quantity, given);
                outdated(&reply, &id, given, current, 17);
            }
            let body = json!({ "quantity": 1, "version": given });
            let reply = internal.post(&return_path(&id), body);
            outdated(&reply, &id, given, current, 17);
        }
        app.changes(&[]);
        assert_eq!(version(app, &id), current);
        assert_free(app, &id, 17);
        // The retry that always works.
        moved(app, &shift(&internal, &id, -1));
        assert_free(app, &id, 16);
    });
}

#[test]
fn sixteen_who_want_five_seats_get_five() {
    each(|app| {
        let id = hall(app, 5);
        let seen = version(app, &id);
        let replies = at_once(app, 16, |client, _| shift(client, &id, -1));
        let (done, refused) = told_apart(replies);
        assert_eq!((done.len(), refused.len()), (5, 11));
        for reply in &refused {
            short_of(reply, &id, 1, 0);
        }
        assert_one_each(&done, seen + 1);
        let mut free: Vec<i64> = done
            .iter()
            .map(|told| number(&told["available_seats"]))
            .collect();
        free.sort_unstable();
        assert_eq!(free, [0, 1, 2, 3, 4]);
        let sold_out = done.iter().filter(|told| told["status"] == "sold_out");
        assert_eq!(sold_out.count(), 1);
        assert_eq!(recorded(app), 5);
        assert_eq!(rows(app, &id, "quantity = -1"), 5);
        assert_eq!(version(app, &id), seen + 5);
        assert_free(app, &id, 0);
    });
}

#[test]
fn parties_that_do_not_fit_leave_the_rest() {
    each(|app| {
        let id = hall(app, 10);
        let replies = at_once(app, 12, |client, _| shift(client, &id, -3));
        let (done, refused) = told_apart(replies);
        assert_eq!((done.len(), refused.len()), (3, 9));
        for reply in &refused {
            short_of(reply, &id, 3, 1);
        }
        assert_eq!(recorded(app), 3);
        assert_free(app, &id, 1);
    });
}

#[test]
fn sixteen_who_return_five_seats_return_five() {
    each(|app| {
        let id = hall(app, 20);
        book(app, "ann", &id, 6);
        take(app, &id, 5);
        let before = recorded(app);
        let replies = at_once(app, 16, |client, n| match n % 2 {
            0 => give_back(client, &id, 1),
            _ => shift(client, &id, 1),
        });
        let (done, refused) = told_apart(replies);
        assert_eq!((done.len(), refused.len()), (5, 11));
        for reply in &refused {
            invalid(reply, "quantity");
        }
        assert_eq!(recorded(app), before + 5);
        assert_free(app, &id, 14);
    });
}

#[test]
fn takes_and_returns_at_once_add_up() {
    each(|app| {
        let id = hall(app, 6);
        take(app, &id, 3);
        let (seen, before) = (version(app, &id), recorded(app));
        let quantity = |n: usize| [-1, 1, -2, 2][n % 4];
        for round in 0..4 {
            let replies = at_once(app, 16, |client, n| shift(client, &id, quantity(n + round)));
            for (n, reply) in replies.iter().enumerate() {
                match (reply.status(), quantity(n + round)) {
                    (200, _) => {}
                    (_, taken) if taken < 0 => {
                        reply.refused_as(409, "INSUFFICIENT_SEATS");
                    }
                    _ => invalid(reply, "quantity"),
                }
            }
            let left = app.free_seats(&id);
            assert!((0..=6).contains(&left), "{left}");
            assert_free(app, &id, left);
        }
        let rows = rows(app, &id, "true") - 1;
        assert_eq!(recorded(app), before + rows);
        assert_eq!(version(app, &id), seen + rows);
    });
}

#[test]
fn threads_with_one_key_move_seats_once_and_are_all_answered() {
    each(|app| {
        let id = hall(app, 20);
        for (round, quantity) in [-4, 2].into_iter().enumerate() {
            let key = format!("order-{round}");
            let replies = at_once(app, 8, |client, _| {
                shift(&client.with("Idempotency-Key", &key), &id, quantity)
            });
            let first = replies[0].ok(200);
            for reply in &replies {
                assert_eq!(reply.ok(200), first);
            }
            let replayed = replies
                .iter()
                .filter(|reply| reply.header("Idempotency-Replayed") == Some("true"));
            assert_eq!(replayed.count(), 7);
            app.changes(&[MOVED]);
        }
        assert_eq!(rows(app, &id, "true"), 2);
        assert_free(app, &id, 18);
    });
}

#[test]
fn threads_with_keys_of_their_own_get_what_there_is() {
    each(|app| {
        let id = hall(app, 5);
        let call = |client: &Client, n: usize| {
            let key = format!("order-{}", n / 2);
            shift(&client.with("Idempotency-Key", &key), &id, -1)
        };
        let (done, refused) = told_apart(at_once(app, 16, call));
        // Two threads have each key, and one seat between them or none.
        assert_eq!((done.len(), refused.len()), (10, 6));
        for reply in &refused {
            short_of(reply, &id, 1, 0);
        }
        assert_eq!(recorded(app), 5);
        assert_eq!(rows(app, &id, "quantity = -1"), 5);
        assert_free(app, &id, 0);
        // Whoever repeats is answered as before.
        let again = told_apart((0..16).map(|n| call(&app.internal(), n)).collect());
        assert_eq!((again.0.len(), again.1.len()), (10, 6));
        assert_eq!(recorded(app), 5);
        assert_free(app, &id, 0);
    });
}

#[test]
fn of_threads_with_one_version_one_wins_and_the_others_retry_without_it_once() {
    each(|app| {
        let id = hall(app, 40);
        let seen = version(app, &id);
        let replies = at_once(app, 16, |client, _| shift_at(client, &id, -2, seen));
        let (done, refused) = told_apart(replies);
        assert_eq!((done.len(), refused.len()), (1, 15));
        assert_eq!(done[0]["version"], seen + 1);
        for reply in &refused {
            outdated(reply, &id, seen, seen + 1, 38);
        }
        assert_eq!(recorded(app), 1);
        assert_free(app, &id, 38);
        let replies = at_once(app, 15, |client, _| shift(client, &id, -2));
        let (done, refused) = told_apart(replies);
        assert!(refused.is_empty(), "{refused:?}");
        assert_one_each(&done, seen + 2);
        assert_eq!(recorded(app), 16);
        assert_free(app, &id, 8);
    });
}

#[test]
fn sales_race_with_the_events_cancelling() {
    each(|app| {
        let id = hall(app, 20);
        let path = format!("/api/v1/admin/events/{id}?version={}", version(app, &id));
        let root = app.super_admin();
        let replies = at_once(app, 9, |client, n| match n {
            // Seats sold meanwhile are no conflict for an admin.
            0 => root.delete(&path),
            _ => shift(client, &id, -2),
        });
        replies[0].ok(200);
        let sold = replies[1..].iter().filter(|reply| reply.status() == 200);
        let sold = i64::try_from(sold.count()).expect("eight at most");
        for reply in replies[1..].iter().filter(|reply| reply.status() != 200) {
            reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        }
        assert_eq!(rows(app, &id, "quantity = -2"), sold);
        assert_eq!(standing(app, &id)["status"], "cancelled");
        let last = shift(&app.internal(), &id, -1);
        last.refused_as(409, "EVENT_NOT_MODIFIABLE");
        assert_free(app, &id, 20 - 2 * sold);
    });
}
