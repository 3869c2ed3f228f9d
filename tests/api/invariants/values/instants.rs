//! Instants, and the clock that tells them.

use chrono::{DateTime, SubsecRound as _, TimeDelta};
use folkmoot::clock::Clock;

use super::*;

/// Instants in ascending order, in whole microseconds.
fn instants() -> Vec<Timestamp> {
    let instants = [
        "1900-01-01T00:00:00.000000Z",
        "1900-01-01T00:00:00.000001Z",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00.000000Z",
        "1999-12-31T23:59:59.999999Z",
        "2000-01-01T00:00:00.000000Z",
        "2026-11-21T09:10:11.000000Z",
        "2026-11-21T09:10:11.000001Z",
        "2026-11-21T09:10:11.000010Z",
        "2026-11-21T09:10:11.100000Z",
        "2026-11-21T09:10:12.000000Z",
        "2028-02-29T12:00:00.123456Z",
        "9998-12-31T23:59:59.999999Z",
    ];
    let instant = |text: &str| {
        let at = DateTime::parse_from_rfc3339(text).expect("an instant");
        Timestamp(at.to_utc())
    };
    instants.map(instant).to_vec()
}

#[test]
fn instants_are_kept_to_the_microsecond_and_ordered_as_in_rust() {
    each_connection(|conn| {
        let instants = instants();
        for at in shuffled(&instants) {
            let sample = Sample {
                at: Some(at),
                ..Sample::new()
            };
            sample.assert_kept(conn);
        }
        let ordered = samples::table.select(samples::at).order(samples::at.asc());
        let ordered = ordered.load::<Option<Timestamp>>(conn);
        let expected: Vec<Option<Timestamp>> = instants.iter().copied().map(Some).collect();
        assert_eq!(ordered.expect("instants are read"), expected);
        for (place, at) in instants.iter().enumerate() {
            let earlier = samples::table.filter(samples::at.lt(*at)).count();
            let earlier = earlier.get_result::<i64>(conn);
            assert_eq!(
                earlier.expect("they are compared") as usize,
                place,
                "{at:?}"
            );
            let same = samples::table.filter(samples::at.eq(*at)).count();
            let same = same.get_result::<i64>(conn);
            assert_eq!(same.expect("they are compared"), 1, "{at:?}");
        }
    });
}

#[test]
fn an_instant_between_two_microseconds_is_kept_as_the_earlier() {
    each_connection(|conn| {
        for (seconds, nanoseconds) in [
            (-2_208_988_800, 1_999),
            (-1, 999_999_999),
            (0, 999),
            (1_795_252_211, 123_456_789),
        ] {
            let at = DateTime::from_timestamp(seconds, nanoseconds).expect("an instant");
            let sample = Sample {
                at: Some(Timestamp(at)),
                ..Sample::new()
            };
            sample.insert(conn).expect("a sample is written");
            let read = samples::table.filter(samples::id.eq(sample.id));
            let read = read.select(samples::at).first::<Option<Timestamp>>(conn);
            let read = read.expect("an instant is read");
            assert_eq!(read, Some(Timestamp(at.trunc_subsecs(6))));
        }
    });
}

#[test]
fn the_clock_tells_whole_microseconds() {
    let clock = Clock::system();
    for _ in 0..1_000 {
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
    clock.advance(TimeDelta::nanoseconds(1_500));
    for _ in 0..1_000 {
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}

#[test]
fn what_the_clock_tells_is_kept() {
    each_connection(|conn| {
        for _ in 0..20 {
            let sample = Sample {
                at: Some(Clock::system().now().into()),
                ..Sample::new()
            };
            sample.assert_kept(conn);
        }
    });
}
