//! `kill -9` in the middle of a storm: what was acknowledged is in the ledger once, what was not
//! is so after it was asked for again, and holds end although nobody remembers them.

use std::sync::mpsc::channel;
use std::time::Instant;

use super::*;

const ROUNDS: usize = 10;
const THREADS: usize = 8;
/// Calls that are over when the server is killed, while more are under way.
const ENOUGH: usize = 80;

/// One seat, asked for under a key of its own.
struct Ask {
    key: String,
    /// By a person who books, or by the booking service.
    books: bool,
}

impl Ask {
    fn make(&self, connection: &mut Connection, event: &str) -> io::Result<Answer> {
        let key = format!("Idempotency-Key: {}", self.key);
        if self.books {
            let wanted = json!({ "quantity": 1 });
            send(
                connection,
                "POST",
                &bookings_path(event),
                Some(&wanted),
                &[&key],
            )
        } else {
            let taken = json!({ "quantity": -1 });
            service(
                connection,
                "POST",
                &update_path(event),
                Some(&taken),
                &[&key],
            )
        }
    }

    fn success(&self) -> u16 {
        if self.books { 201 } else { 200 }
    }
}

/// What was asked in a round, and what the server still answered.
type Asked = Vec<(Ask, Option<Answer>)>;

/// Asks for one seat after the other, from threads of which each third books for the person,
/// does the last thing before the kill, and kills the server.
fn storm_and_kill(
    server: Server,
    person: &Caller,
    event: &str,
    round: usize,
    last: impl FnOnce(),
) -> Asked {
    let (sender, told) = channel();
    let connect = |number: usize| match number % 3 {
        0 => (true, person.connect()),
        _ => (false, server.anon().connect()),
    };
    let connections: Vec<(bool, Connection)> = (0..THREADS).map(connect).collect();
    let mut asked: Asked = Vec::new();
    thread::scope(|scope| {
        for (number, (books, mut connection)) in connections.into_iter().enumerate() {
            let sender = sender.clone();
            scope.spawn(move || {
                for n in 0.. {
                    let key = format!("round-{round}-thread-{number}-call-{n}");
                    let ask = Ask { key, books };
                    let answer = ask.make(&mut connection, event).ok();
                    let over = answer.is_none();
                    // Whoever counts them may be gone.
                    drop(sender.send((ask, answer)));
                    if over {
                        return;
                    }
                }
            });
        }
        while asked.len() < ENOUGH {
            let next = told.recv_timeout(PATIENCE);
            asked.push(next.expect("the server answers"));
        }
        last();
        server.kill();
    });
    asked.extend(told.try_iter());
    asked
}

#[track_caller]
fn assert_replayed(again: &Answer, first: &Answer) {
    assert_eq!(again.status, first.status, "{}", again.text());
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
}

/// Asks for everything again: what was acknowledged is answered as it was, and what was not is
/// done now at the latest.
#[track_caller]
fn ask_again(server: &Server, cookie: &str, event: &str, asked: &[(Ask, Option<Answer>)]) {
    let mut person = server.caller(cookie).connect();
    let mut service = server.anon().connect();
    for (ask, first) in asked {
        let connection = match ask.books {
            true => &mut person,
            false => &mut service,
        };
        let again = ask.make(connection, event).expect("an answer");
        again.ok(ask.success());
        match first {
            Some(first) => assert_replayed(&again, first),
            None => {
                let once_more = ask.make(connection, event).expect("an answer");
                assert_replayed(&once_more, &again);
            }
        }
    }
}

/// How many there are of something.
#[track_caller]
fn count(site: &Site, what: &str, from: &str) -> usize {
    let found = site.count(&format!("select count({what}) from {from}"));
    usize::try_from(found).expect("a count")
}

/// The ledger of an event.
fn ledger_of(event: &str) -> String {
    format!("seat_movements where event_id = '{event}'")
}

/// The bookings of an event.
fn bookings_of(event: &str) -> String {
    format!("bookings where event_id = '{event}'")
}

/// Asserts that the ledger has each of the calls once, of which so many booked.
#[track_caller]
fn assert_once_each(site: &Site, event: &str, calls: usize, booked: usize) {
    let ledger = ledger_of(event);
    let by_service = format!("{ledger} and source = 'internal'");
    assert_eq!(count(site, "*", &ledger), calls);
    assert_eq!(
        count(site, "distinct key_hash", &by_service),
        calls - booked
    );
    assert_eq!(count(site, "distinct booking_id", &ledger), booked);
    assert_eq!(count(site, "*", &bookings_of(event)), booked);
    let moved = site.count(&format!("select -sum(quantity) from {ledger}"));
    assert_eq!(usize::try_from(moved), Ok(calls));
    site.run(&["verify"]).ok();
}

/// Asks until all seats are free again.
#[track_caller]
fn wait_until_free(server: &Server, event: &str, seats: i64) {
    let path = format!("/api/v1/events/{event}/availability");
    let mut connection = server.anon().connect();
    let begun = Instant::now();
    loop {
        let answer = connection.call("GET", &path, None).expect("an answer");
        let free = answer.ok(200)["available_seats"].take();
        if free == seats {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{free} of {seats} are free");
        thread::yield_now();
    }
}

#[test]
fn ten_kills_lose_no_movement_of_seats_and_double_none() {
    let site = Site::sqlite().with("BOOKING_HOLD_SECONDS", "1");
    let mut house = House::open(site, 1);
    let event = house.sell(&Sale {
        seats: 1_000_000,
        price: 0.0,
        most: 1000,
    });
    let dear = house.sell(&Sale {
        seats: 50,
        price: 25.5,
        most: 50,
    });
    let (mut calls, mut booked) = (0, 0);
    for round in 0..ROUNDS {
        let server = house.nodes.remove(0);
        let person = server.user(&format!("person-{round}"));
        let hold = || {
            let wanted = json!({ "quantity": 2 });
            let held = person.post(&bookings_path(&dear), &wanted).ok(201);
            assert_eq!(held["status"], "held");
        };
        let asked = storm_and_kill(server, &person, &event, round, hold);
        let acknowledged = asked.iter().filter(|(_, answer)| answer.is_some());
        let acknowledged = acknowledged.count();
        let kept = count(&house.site, "*", &ledger_of(&event));
        let known = calls + acknowledged..=calls + asked.len();
        assert!(known.contains(&kept), "{kept} of {known:?}");
        assert_eq!(count(&house.site, "*", &bookings_of(&dear)), round + 1);

        house.nodes.push(house.site.start());
        for (ask, answer) in &asked {
            let status = answer
                .as_ref()
                .map_or(ask.success(), |answer| answer.status);
            assert_eq!(status, ask.success(), "{answer:?}");
        }
        ask_again(&house.nodes[0], person.cookie(), &event, &asked);
        calls += asked.len();
        booked += asked.iter().filter(|(ask, _)| ask.books).count();
        assert_once_each(&house.site, &event, calls, booked);
    }
    wait_until_free(&house.nodes[0], &dear, 50);
    let expired = format!("{} and status = 'expired'", bookings_of(&dear));
    let told = "changes where topic = 'booking.expired'";
    for ended in [expired.as_str(), told] {
        assert_eq!(count(&house.site, "*", ended), ROUNDS, "{ended}");
    }
    assert_eq!(count(&house.site, "*", &ledger_of(&dear)), 2 * ROUNDS);
    house.assert_taken(&dear, 50, 0);
}
