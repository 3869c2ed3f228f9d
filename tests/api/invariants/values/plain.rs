//! Texts, truth values, numbers, and nothing.

use folkmoot::clock::Clock;

use super::*;

#[test]
fn texts_are_kept_and_each_is_itself_alone() {
    each_connection(|conn| {
        let texts = [
            String::new(),
            " ".to_owned(),
            "plain".to_owned(),
            "Plain".to_owned(),
            " plain ".to_owned(),
            "one\n\ttwo\r\nthree".to_owned(),
            "it's \"quoted\" \\ 100 % _ ; -- /* */ $1 ? :name".to_owned(),
            "null".to_owned(),
            "Zürich".to_owned(),
            // The same to the eye: composed, and not.
            "caf\u{e9}".to_owned(),
            "cafe\u{301}".to_owned(),
            "😀🎪👩\u{200d}👩\u{200d}👧\u{200d}👦".to_owned(),
            "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎𠜱".to_owned(),
            "مرحبا بالعالم \u{202e}שלום\u{202c}".to_owned(),
            "\u{feff}\u{fffd}\u{10ffff}\u{1}\u{7f}".to_owned(),
            "ø🎪".repeat(5_000),
            "x".repeat(10_000),
        ];
        for text in &texts {
            let sample = Sample {
                words: Some(text.clone()),
                ..Sample::new()
            };
            sample.assert_kept(conn);
        }
        for text in &texts {
            let same = samples::table.filter(samples::words.eq(text)).count();
            let same = same.get_result::<i64>(conn).expect("texts are compared");
            let start: String = text.chars().take(20).collect();
            assert_eq!(same, 1, "rows equal to {start:?}");
        }
    });
}

#[test]
fn truth_values_are_kept() {
    each_connection(|conn| {
        for flag in [true, false] {
            let sample = Sample {
                flag: Some(flag),
                ..Sample::new()
            };
            sample.assert_kept(conn);
            let same = samples::table.filter(samples::flag.eq(flag));
            let same = same.select(samples::id).load::<Key>(conn);
            assert_eq!(same.expect("they are compared"), [sample.id]);
        }
    });
}

#[test]
fn numbers_are_kept_to_their_ends_and_ordered() {
    each_connection(|conn| {
        let numbers = [
            i64::MIN,
            i64::MIN + 1,
            i64::from(i32::MIN) - 1,
            -1,
            0,
            1,
            i64::from(u32::MAX) + 1,
            (1 << 53) + 1,
            i64::MAX - 1,
            i64::MAX,
        ];
        for number in shuffled(&numbers) {
            let sample = Sample {
                number: Some(number),
                ..Sample::new()
            };
            sample.assert_kept(conn);
        }
        let ordered = samples::table
            .select(samples::number)
            .order(samples::number.asc());
        let ordered = ordered.load::<Option<i64>>(conn).expect("numbers are read");
        assert_eq!(ordered, numbers.map(Some));
    });
}

#[test]
fn null_is_kept_and_is_no_value() {
    each_connection(|conn| {
        Sample::new().assert_kept(conn);
        let whole = Sample {
            at: Some(Clock::system().now().into()),
            words: Some(String::new()),
            flag: Some(false),
            number: Some(0),
            ..Sample::new()
        };
        whole.assert_kept(conn);
        let something = samples::table
            .filter(samples::at.is_not_null())
            .filter(samples::words.is_not_null())
            .filter(samples::flag.is_not_null())
            .filter(samples::number.is_not_null());
        let something = something.select(samples::id).load::<Key>(conn);
        assert_eq!(something.expect("they are compared"), [whole.id]);
    });
}
