//! What the fields of an event may be, in a new one and in a change alike.

use super::*;

#[test]
fn a_name_and_a_type_are_one_line_of_at_most_120_and_100_characters() {
    each(|app| {
        let mut trial = Trial::start(app);
        for (field, most) in [("name", 120), ("event_type", 100)] {
            for bad in [
                "",
                " ",
                "\u{3000}",
                "A\0b",
                "A\u{7}b",
                "\u{1b}[31mA",
                "A\u{9f}b",
            ] {
                trial.refuses(field, bad);
            }
            trial.refuses(field, "\u{fc}".repeat(most + 1));
            for bad in [json!(7), json!(true), json!([]), json!({})] {
                trial.refuses(field, bad);
            }
            trial.takes(field, "  J  ", "J");
            trial.takes(field, "Cafe\u{301}", "Caf\u{e9}");
            let markup = "O'Hara <b> %00 \\ \"{{7*7}}\" -- ; \u{1f3b7}";
            trial.takes(field, markup, markup);
            let long = "\u{fc}".repeat(most);
            trial.takes(field, long.as_str(), long.as_str());
        }
        trial.end();
    });
}

#[test]
fn a_description_has_lines_and_at_most_10_000_characters() {
    each(|app| {
        let mut trial = Trial::start(app);
        trial.refuses("description", "A\0b");
        trial.refuses("description", "\u{fc}".repeat(10_001));
        for bad in [json!(7), json!(true), json!([]), json!({})] {
            trial.refuses("description", bad);
        }
        trial.takes("description", " One.\nTwo. ", "One.\nTwo.");
        let long = "\u{fc}".repeat(10_000);
        trial.takes("description", long.as_str(), long.as_str());
        trial.end();
    });
}

#[test]
fn a_capacity_is_a_whole_number_that_the_venue_holds() {
    each(|app| {
        let mut trial = Trial::start(app);
        for bad in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!(1e300),
            json!(-9_223_372_036_854_775_808_i64),
            json!(2_147_483_647),
            json!(2_147_483_648_u64),
            json!(4_294_967_297_u64),
            json!(9_223_372_036_854_775_808_u64),
            json!(18_446_744_073_709_551_615_u64),
            json!("10"),
            json!(true),
            json!([10]),
            json!({}),
            // The venue's is 1000.
            json!(1001),
            json!(1_000_001),
        ] {
            trial.refuses("total_capacity", bad);
        }
        trial.refuses_written("total_capacity", "18446744073709551617");
        for good in [1, 1000] {
            trial.takes("total_capacity", good, good);
            assert_eq!(trial.event["available_seats"], good);
        }
        trial.end();
    });
}

#[test]
fn a_price_is_a_number_with_at_most_two_decimals() {
    each(|app| {
        let trial = Trial::start(app);
        for bad in [
            json!(0.001),
            json!(19.999),
            json!(-0.01),
            json!(-1),
            json!(1e300),
            json!(-1e300),
            json!(5e-324),
            json!(1_000_000.01),
            json!(1_000_001),
            json!(9_223_372_036_854_775_808_u64),
            json!("25.50"),
            json!("free"),
            json!(true),
            json!([25.5]),
            json!({ "amount": 25.5 }),
        ] {
            trial.refuses("base_price", bad);
        }
        // What binary fractions round to two decimals is no price all the same.
        for bad in [
            "19.999999999999999999",
            "20.000000000000000001",
            "0.30000000000000004",
            "0.1000000000000000055511151231257827",
            "1000000.0000000000001",
        ] {
            trial.refuses_written("base_price", bad);
        }
        trial.end();
    });
}

#[test]
fn a_price_is_kept_to_the_cent() {
    each(|app| {
        let mut trial = Trial::start(app);
        for price in [
            "0",
            "0.01",
            "0.1",
            "0.29",
            "0.57",
            "1.1",
            "1.15",
            "4.35",
            "8.2",
            "19.99",
            "25.50",
            "1005.01",
            "999999.99",
            "1000000",
        ] {
            let expected: f64 = price.parse().expect("a number");
            let replies = trial.both_written("base_price", price);
            for event in trial.made(&replies) {
                assert_eq!(event["base_price"].as_f64(), Some(expected), "{price}");
            }
        }
        let free = trial.both("base_price", &json!(0));
        for event in trial.made(&free) {
            assert_eq!(event["base_price"].as_f64(), Some(0.0));
        }
        trial.end();
    });
}

#[test]
fn a_number_that_is_none_is_no_json() {
    each(|app| {
        let trial = Trial::start(app);
        for field in ["base_price", "total_capacity"] {
            for bad in ["NaN", "Infinity", "1e400", "0x10", "01", ".5", "1."] {
                for reply in trial.both_written(field, bad) {
                    reply.refused_as(400, "VALIDATION_FAILED");
                }
            }
        }
        trial.end();
    });
}

#[test]
fn a_booking_is_of_1_to_1000_tickets() {
    each(|app| {
        let mut trial = Trial::start(app);
        for bad in [
            json!(0),
            json!(-1),
            json!(1001),
            json!(1.5),
            json!(1e300),
            json!(2_147_483_648_u64),
            json!(9_223_372_036_854_775_808_u64),
            json!("10"),
            json!(true),
            json!([]),
        ] {
            trial.refuses("max_tickets_per_booking", bad);
        }
        for good in [1, 1000] {
            trial.takes("max_tickets_per_booking", good, good);
        }
        trial.end();
    });
}

#[test]
fn a_currency_is_three_capitals_and_a_zone_is_one_of_ianas() {
    each(|app| {
        let mut trial = Trial::start(app);
        for bad in [
            "", "usd", "Usd", "US", "USDD", "U$D", "\u{dc}SD", "US\0", "840",
        ] {
            trial.refuses("currency", bad);
        }
        for bad in [
            "",
            "Mars/Olympus",
            "+02:00",
            "Europe/Oslo\0",
            "../etc/passwd",
        ] {
            trial.refuses("timezone", bad);
        }
        for bad in [json!(840), json!(true), json!([]), json!({})] {
            trial.refuses("currency", bad.clone());
            trial.refuses("timezone", bad);
        }
        for good in ["EUR", "NOK", "USD"] {
            trial.takes("currency", good, good);
        }
        for good in ["Europe/Oslo", "Asia/Kathmandu", "UTC"] {
            trial.takes("timezone", good, good);
        }
        trial.end();
    });
}

#[test]
fn a_time_is_rfc_3339_with_its_zone() {
    each(|app| {
        let trial = Trial::start(app);
        for field in ["start_datetime", "end_datetime"] {
            for bad in [
                json!(""),
                json!("tomorrow"),
                json!("2031-06-14"),
                json!("2031-06-14T10:00"),
                json!("2031-06-14T10:00:00"),
                json!("2031-06-14T10:00:00 Europe/Oslo"),
                json!("2031-02-30T10:00:00Z"),
                json!("2031-13-01T10:00:00Z"),
                json!("2031-06-14T25:00:00Z"),
                json!("2031-06-14T10:00:00+99:00"),
                json!("2031-06-14T10:00:00Z\0"),
                json!("Sat, 14 Jun 2031 10:00:00 GMT"),
                json!(1_939_197_600),
                json!(true),
                json!([]),
                json!({}),
            ] {
                trial.refuses(field, bad);
            }
        }
        for bad in [
            "9999-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "10000-01-01T00:00:00Z",
            "+262143-01-01T00:00:00Z",
        ] {
            trial.refuses("end_datetime", bad);
        }
        trial.end();
    });
}

#[test]
fn an_event_begins_in_the_future_and_ends_after_that() {
    each(|app| {
        let trial = Trial::start(app);
        let (now, second) = (later(app, TimeDelta::zero()), TimeDelta::seconds(1));
        let past = later(app, -second);
        for start in [
            past.as_str(),
            &now,
            "1970-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
        ] {
            trial.refuses("start_datetime", start);
        }
        let start = app.clock().now() + TimeDelta::days(20);
        for end in [start, start - second, start - TimeDelta::days(30)] {
            let times = json!({
                "start_datetime": start.to_rfc3339_opts(SecondsFormat::Secs, true),
                "end_datetime": end.to_rfc3339_opts(SecondsFormat::Secs, true),
            });
            let mut body = trial.good();
            for field in keys(&times) {
                body[field] = times[field].clone();
            }
            invalid_times(&trial.root.post(EVENTS, body));
            invalid_times(&update(&trial.root, &trial.event, times));
        }
        // Fractions are cut first.
        let times = json!({
            "start_datetime": "2031-06-14T10:00:00.1Z",
            "end_datetime": "2031-06-14T10:00:00.9Z",
        });
        invalid_times(&update(&trial.root, &trial.event, times));
        // One of the two is held against the other as it is kept.
        let (start, end) = ("start_datetime", "end_datetime");
        for (field, other) in [(start, end), (end, start)] {
            let change = set(json!({}), field, trial.event[other].clone());
            invalid_times(&update(&trial.root, &trial.event, change));
        }
        trial.end();
    });
}

#[test]
fn a_time_is_told_in_the_events_zone_without_fractions() {
    each(|app| {
        let mut trial = Trial::start(app);
        for (start, end, zone, told) in [
            (
                "2031-06-14T10:00:00.999999Z",
                "2031-06-14T10:00:01.000001Z",
                "UTC",
                ["2031-06-14T10:00:00+00:00", "2031-06-14T10:00:01+00:00"],
            ),
            (
                "2031-12-31T22:30:00-02:00",
                "2032-01-01T06:30:00+05:45",
                "Asia/Kathmandu",
                ["2032-01-01T06:15:00+05:45", "2032-01-01T06:30:00+05:45"],
            ),
            (
                "9998-12-30T10:00:00Z",
                "9998-12-31T10:00:00Z",
                "America/New_York",
                ["9998-12-30T05:00:00-05:00", "9998-12-31T05:00:00-05:00"],
            ),
        ] {
            let times = json!({ "start_datetime": start, "end_datetime": end, "timezone": zone });
            let mut body = trial.good();
            for field in keys(&times) {
                body[field] = times[field].clone();
            }
            let replies = [
                trial.root.post(EVENTS, body),
                update(&trial.root, &trial.event, times),
            ];
            for event in trial.made(&replies) {
                tells(&event["start_datetime"], told[0]);
                tells(&event["end_datetime"], told[1]);
                assert_eq!(event["datetime"], event["start_datetime"]);
            }
        }
        trial.end();
    });
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    each(|app| {
        let trial = Trial::start(app);
        let wrong = json!({
            "name": "", "description": "A\0b", "event_type": "A\0b", "start_datetime": "tomorrow",
            "total_capacity": 0, "base_price": "25.50", "max_tickets_per_booking": 0,
            "currency": "usd", "timezone": "Mars/Olympus",
        });
        let mut body = trial.good();
        for field in keys(&wrong) {
            body[field] = wrong[field].clone();
        }
        for reply in [
            trial.root.post(EVENTS, body),
            update(&trial.root, &trial.event, wrong.clone()),
        ] {
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(keys(&details), keys(&wrong));
        }
        let nothing = trial.root.post(EVENTS, json!({}));
        invalid(&nothing, "name");
        trial.end();
    });
}
