//! Many callers for few seats, on one process with SQLite and on two with PostgreSQL: what is
//! sold is what there was, and whoever can be served is.

use std::collections::BTreeSet;

use super::*;

/// How many of the answers have this status.
fn with_status(answers: &[Answer], status: u16) -> usize {
    let of_status = answers.iter().filter(|answer| answer.status == status);
    of_status.count()
}

/// What the good answers say under this name: each of them something else.
#[track_caller]
fn distinct(answers: &[Answer], field: &str) -> BTreeSet<i64> {
    let good: Vec<Value> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(Answer::json)
        .collect();
    let values = good.iter().map(|answer| &answer[field]);
    let values = values.map(|value| value.as_i64().expect("a number"));
    let values: BTreeSet<i64> = values.collect();
    assert_eq!(values.len(), good.len(), "two were told the same {field}");
    values
}

#[test]
fn a_thousand_calls_for_299_seats_take_299() {
    House::each(|house| {
        let event = house.sell(&Sale {
            seats: 299,
            price: 25.5,
            most: 10,
        });
        let answers = storm(&house.callers(50), |_, connection| {
            let answers = (0..20).map(|_| change(connection, &event, -1, None));
            answers.collect::<Vec<Answer>>()
        });
        let answers: Vec<Answer> = answers.into_iter().flatten().collect();
        assert_eq!(answers.len(), 1000);
        assert_eq!(with_status(&answers, 200), 299);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            let details = refused(answer, "INSUFFICIENT_SEATS");
            let expected = json!({ "requested": 1, "available": 0, "event_id": event });
            assert_eq!(details, expected);
        }
        let left: Vec<i64> = distinct(&answers, "available_seats").into_iter().collect();
        assert_eq!(left, (0..299).collect::<Vec<i64>>());
        distinct(&answers, "version");
        for state in house.states(&event) {
            assert_eq!(state["status"], "sold_out");
        }
        let movements = format!("select count(*) from seat_movements where event_id = '{event}'");
        assert_eq!(house.site.count(&movements), 299);
        house.assert_taken(&event, 299, 299);
    });
}

#[test]
fn of_300_callers_who_want_all_ten_seats_one_gets_them() {
    House::each(|house| {
        let event = house.sell(&Sale {
            seats: 10,
            price: 25.5,
            most: 10,
        });
        let answers = storm(&house.callers(300), |_, connection| {
            change(connection, &event, -10, None)
        });
        assert_eq!(with_status(&answers, 200), 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            let details = refused(answer, "INSUFFICIENT_SEATS");
            let expected = json!({ "requested": 10, "available": 0, "event_id": event });
            assert_eq!(details, expected);
        }
        let movements = format!("select count(*) from seat_movements where event_id = '{event}'");
        assert_eq!(house.site.count(&movements), 1);
        house.assert_taken(&event, 10, 10);
    });
}

#[test]
fn callers_who_know_one_version_all_succeed_with_one_retry_that_minds_none() {
    House::each(|house| {
        let event = house.sell(&Sale {
            seats: 300,
            price: 25.5,
            most: 10,
        });
        let version = house.states(&event)[0]["version"].take();
        let answers = storm(&house.callers(50), |_, connection| {
            let call = |_| {
                let first = change(connection, &event, -1, Some(&version));
                match first.status {
                    200 => [Some(first), None],
                    _ => {
                        let retry = change(connection, &event, -1, None);
                        [Some(first), Some(retry)]
                    }
                }
            };
            (0..4).map(call).collect::<Vec<[Option<Answer>; 2]>>()
        });
        let mut firsts: Vec<Answer> = Vec::new();
        let mut retries: Vec<Answer> = Vec::new();
        for [first, retry] in answers.into_iter().flatten() {
            firsts.extend(first);
            retries.extend(retry);
        }
        assert_eq!(firsts.len(), 200);
        assert_eq!(with_status(&firsts, 200), 1, "a version is good for one");
        for answer in firsts.iter().filter(|answer| answer.status != 200) {
            let details = refused(answer, "CONCURRENT_UPDATE");
            assert_eq!(details["event_id"], *event);
            assert_eq!(details["expected_version"], version);
            let current = details["current_version"].as_i64();
            assert!(current > version.as_i64(), "{details}");
            let available = details["available_seats"].as_i64();
            let available = available.expect("a number");
            assert!((100..300).contains(&available), "{details}");
        }
        for retry in &retries {
            retry.ok(200);
        }
        house.assert_taken(&event, 300, 200);
    });
}

/// What a person does in the storm: books, waits in line, and cancels again.
fn come_and_go(connection: &mut Connection, event: &str) {
    let (bookings, line) = (
        bookings_path(event),
        format!("/api/v1/events/{event}/waitlist"),
    );
    for turn in 0..8 {
        let wanted = json!({ "quantity": 1 + turn % 2 });
        let booked = send(connection, "POST", &bookings, Some(&wanted), &[]);
        let booked = booked.expect("an answer");
        assert!([201, 409].contains(&booked.status), "{booked:?}");
        let party = json!({ "party_size": 1 });
        let joined = send(connection, "POST", &line, Some(&party), &[]);
        let joined = joined.expect("an answer").status;
        assert!([201, 409].contains(&joined), "{joined}");
        if booked.status == 201 && turn % 3 != 0 {
            let id = text(&booked.json()["booking_id"]);
            let path = format!("/api/v1/bookings/{id}");
            let cancelled = send(connection, "DELETE", &path, None, &[]);
            cancelled.expect("an answer").ok(200);
        }
        if turn % 4 == 3 {
            let left = send(connection, "DELETE", &line, None, &[]);
            let left = left.expect("an answer").status;
            assert!([200, 404].contains(&left), "{left}");
        }
    }
    let party = json!({ "party_size": 1 });
    let joined = send(connection, "POST", &line, Some(&party), &[]);
    assert_eq!(joined.expect("an answer").status, 201, "nobody stays away");
}

/// What the booking service does in the storm: takes, and returns some.
fn take_and_return(connection: &mut Connection, event: &str) {
    for _ in 0..8 {
        let taken = change(connection, event, -2, None);
        match taken.status {
            200 => drop(change(connection, event, 1, None).ok(200)),
            _ => drop(refused(&taken, "INSUFFICIENT_SEATS")),
        }
    }
}

#[test]
fn whatever_people_and_the_booking_service_do_at_once_adds_up() {
    const NAMES: [&str; 8] = ["ann", "bob", "cem", "dag", "eve", "fay", "gil", "hal"];
    House::each(|house| {
        let event = house.sell(&Sale {
            seats: 30,
            price: 0.0,
            most: 100,
        });
        let nodes = house.nodes.iter().cycle();
        let mut callers: Vec<Caller> = nodes
            .zip(NAMES)
            .map(|(node, name)| node.user(name))
            .collect();
        callers.extend(house.callers(4));
        storm(&callers, |number, connection| match number {
            0..8 => come_and_go(connection, &event),
            _ => take_and_return(connection, &event),
        });
        let of = format!("event_id = '{event}'");
        let count = |query: &str| house.site.count(&format!("select {query}"));
        let live = count(&format!(
            "coalesce(sum(quantity), 0) from bookings where {of} \
             and status in ('held', 'confirmed')"
        ));
        let by_bookings = count(&format!(
            "coalesce(-sum(quantity), 0) from seat_movements where {of} and source = 'booking'"
        ));
        assert_eq!(live, by_bookings, "what bookings hold, and what they moved");
        let offered = format!("from waitlist where {of} and status = 'offered'");
        let holds =
            format!("{offered} and booking_id in (select id from bookings where status = 'held')");
        let offers = count(&format!("count(*) {offered}"));
        assert_eq!(count(&format!("count(*) {holds}")), offers);
        assert_eq!(
            count(&format!("count(distinct booking_id) {offered}")),
            offers
        );
        // Each in line is alone: where a seat is free, nobody waits.
        let waiting = count(&format!(
            "count(*) from waitlist where {of} and status = 'waiting'"
        ));
        assert_eq!(offers + waiting, 8, "everybody is in line once");
        let free = house.states(&event)[0]["available_seats"].as_i64();
        let free = free.expect("a number");
        assert!(free == 0 || waiting == 0, "{waiting} wait for {free} seats");
        house.assert_taken(&event, 30, 30 - free);
    });
}
