//! Ids.

use uuid::Uuid;

use super::*;

/// Ids in ascending order: the ends, neighbours, and one for every bit, most of them no UUIDv7.
fn ids() -> Vec<Key> {
    let mut numbers: Vec<u128> = (0..128).map(|bit| 1_u128 << bit).collect();
    numbers.extend([0, 3, u128::MAX - 1, u128::MAX]);
    numbers.extend((0..20).map(|_| Uuid::now_v7().as_u128()));
    numbers.sort_unstable();
    numbers
        .into_iter()
        .map(|number| Uuid::from_u128(number).into())
        .collect()
}

#[test]
fn ids_are_kept_and_ordered_as_in_rust() {
    each_connection(|conn| {
        let ids = ids();
        for id in shuffled(&ids) {
            let sample = Sample {
                id,
                ..Sample::new()
            };
            sample.assert_kept(conn);
        }
        let ordered = samples::table.select(samples::id).order(samples::id.asc());
        let ordered = ordered.load::<Key>(conn).expect("ids are read");
        assert_eq!(ordered, ids);
        for (place, id) in ids.iter().enumerate() {
            let greater = samples::table.filter(samples::id.gt(*id)).count();
            let greater = greater.get_result::<i64>(conn).expect("ids are compared");
            assert_eq!(greater as usize, ids.len() - 1 - place, "{id}");
        }
    });
}

#[test]
fn ids_made_later_sort_later() {
    each_connection(|conn| {
        let made: Vec<Key> = (0..100).map(|_| Key::new()).collect();
        for id in shuffled(&made) {
            let sample = Sample {
                id,
                ..Sample::new()
            };
            sample.insert(conn).expect("a sample is written");
        }
        let ordered = samples::table.select(samples::id).order(samples::id.asc());
        assert_eq!(ordered.load::<Key>(conn).expect("ids are read"), made);
    });
}

#[test]
fn eq_any_finds_the_rows_of_these_ids() {
    each_connection(|conn| {
        let ids = ids();
        for id in &ids {
            let sample = Sample {
                id: *id,
                ..Sample::new()
            };
            sample.insert(conn).expect("a sample is written");
        }
        let find = |conn: &mut Conn, wanted: &[Key]| {
            let found = samples::table.filter(samples::id.eq_any(wanted.to_vec()));
            let found = found.select(samples::id).order(samples::id.asc());
            found.load::<Key>(conn).expect("ids are read")
        };
        let some: Vec<Key> = ids.iter().copied().step_by(3).collect();
        let mut wanted = shuffled(&some);
        wanted.push(Key::new());
        assert_eq!(find(conn, &wanted), some);
        assert_eq!(find(conn, &[Key::new()]), Vec::<Key>::new());
        assert_eq!(find(conn, &[]), Vec::<Key>::new());
    });
}
