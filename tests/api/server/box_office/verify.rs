//! `folkmoot verify` on the seats of events: it agrees with all that was sold and returned, and
//! names what does not add up.

use super::*;

const SEATS: Sale = Sale {
    seats: 10,
    price: 0.0,
    most: 5,
};

#[test]
fn verify_agrees_with_all_that_moves_seats() {
    House::each(|house| {
        house.assert_verified();
        let event = house.sell(&SEATS);
        house.assert_taken(&event, 10, 0);
        let node = &house.nodes[0];
        let mut connection = node.anon().connect();
        change(&mut connection, &event, -3, None).ok(200);
        house.assert_taken(&event, 10, 3);
        change(&mut connection, &event, 1, None).ok(200);
        house.assert_taken(&event, 10, 2);

        let ann = node.user("ann");
        let wanted = json!({ "quantity": 5 });
        let booking = ann.post(&bookings_path(&event), &wanted).ok(201);
        house.assert_taken(&event, 10, 7);
        let path = format!("/api/v1/events/{event}/waitlist");
        let bob = node.user("bob");
        let place = bob.post(&path, &json!({ "party_size": 4 })).ok(201);
        assert_eq!(place["status"], "waiting");
        let booking = format!("/api/v1/bookings/{}", text(&booking["booking_id"]));
        ann.delete(&booking).ok(200);
        assert_eq!(bob.get(&path).ok(200)["status"], "offered");
        house.assert_taken(&event, 10, 6);

        let path = format!("/api/v1/admin/events/{event}");
        let version = house.states(&event)[0]["version"].take();
        let larger = json!({ "version": version, "total_capacity": 12 });
        let larger = house.organise("PUT", &path, &larger).ok(200);
        house.assert_taken(&event, 12, 6);
        let cancelled = json!({ "version": larger["version"] });
        house.organise("DELETE", &path, &cancelled).ok(200);
        // What the booking service took stays taken.
        house.assert_taken(&event, 12, 2);
    });
}

#[test]
fn verify_names_the_event_whose_seats_are_off() {
    House::each(|house| {
        let [good, bad] = [(); 2].map(|()| house.sell(&SEATS));
        let mut connection = house.nodes[0].anon().connect();
        for event in [&good, &bad] {
            change(&mut connection, event, -3, None).ok(200);
        }
        house.assert_verified();
        for (column, by, free, ledger) in [
            ("available", -1, 6, 7),
            ("available", -7, 0, 7),
            ("capacity", 1, 7, 8),
        ] {
            let add = |by: i64| {
                house.site.sql(&format!(
                    "update event_seats set {column} = {column} + {by} where event_id = '{bad}'"
                ));
            };
            add(by);
            let ran = house.site.run(&["verify"]);
            let line = ran.refused();
            let expected =
                format!("event {bad} has {free} seats free, and its ledger says {ledger}");
            assert!(line.contains(&expected), "{line}");
            assert!(!line.contains(&good), "{line}");
            add(-by);
            house.assert_verified();
        }
    });
}

#[test]
fn verify_gives_no_false_alarm_beside_servers_that_sell() {
    House::each(|house| {
        let event = house.sell(&Sale {
            seats: 100_000,
            price: 0.0,
            most: 5,
        });
        let callers = house.callers(9);
        // One of them checks, the others sell and take back meanwhile.
        storm(&callers, |number, connection| match number {
            0 => (0..3).for_each(|_| house.assert_verified()),
            _ => (0..60).for_each(|_| {
                change(connection, &event, -2, None).ok(200);
                change(connection, &event, 1, None).ok(200);
            }),
        });
        house.assert_taken(&event, 100_000, 8 * 60);
    });
}
