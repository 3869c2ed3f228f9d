//! Values are the same on both databases: each is written through [`Conn`], read back equal,
//! found by itself, and in the order that Rust gives it.

mod ids;
mod instants;
mod plain;
mod refusals;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use folkmoot::db::Conn;
use folkmoot::db::types::{Id, Timestamp};

use super::connect;
use crate::support::*;

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use folkmoot::db::types::sql::{Id, Instant};
    samples (id) {
        id -> Id,
        at -> Nullable<Instant>,
        words -> Nullable<Text>,
        flag -> Nullable<Bool>,
        number -> Nullable<BigInt>,
    }
}

const SQLITE: &str = "CREATE TEMP TABLE samples (
    id TEXT PRIMARY KEY NOT NULL,
    at TEXT,
    words TEXT CHECK (words <> 'forbidden'),
    flag INTEGER CHECK (flag IN (0, 1)),
    number INTEGER
) STRICT";

const POSTGRES: &str = "CREATE TEMP TABLE samples (
    id UUID PRIMARY KEY,
    at TIMESTAMPTZ,
    words TEXT CHECK (words <> 'forbidden'),
    flag BOOLEAN,
    number BIGINT
)";

/// Marks the ids of samples.
enum Marked {}
type Key = Id<Marked>;

/// A row with nothing but a key, unless something is set.
#[derive(Debug, Clone, PartialEq, Queryable)]
struct Sample {
    id: Key,
    at: Option<Timestamp>,
    words: Option<String>,
    flag: Option<bool>,
    number: Option<i64>,
}

impl Sample {
    fn new() -> Sample {
        Sample {
            id: Key::new(),
            at: None,
            words: None,
            flag: None,
            number: None,
        }
    }

    fn insert(&self, conn: &mut Conn) -> QueryResult<usize> {
        diesel::insert_into(samples::table)
            .values((
                samples::id.eq(self.id),
                samples::at.eq(self.at),
                samples::words.eq(&self.words),
                samples::flag.eq(self.flag),
                samples::number.eq(self.number),
            ))
            .execute(conn)
    }

    /// Writes it and asserts that it is read back as it was.
    #[track_caller]
    fn assert_kept(&self, conn: &mut Conn) {
        assert_eq!(self.insert(conn).expect("a sample is written"), 1);
        let read = samples::table
            .filter(samples::id.eq(self.id))
            .first::<Sample>(conn)
            .expect("a sample is read");
        assert_eq!(&read, self);
    }
}

/// Runs a test on a connection to either database that has the empty table.
fn each_connection(test: impl Fn(&mut Conn)) {
    each(|app| {
        let mut conn = connect(app);
        let table = match conn {
            Conn::Sqlite(_) => SQLITE,
            Conn::Pg(_) => POSTGRES,
        };
        conn.batch_execute(table).expect("the table is made");
        test(&mut conn);
    });
}

/// In an order that is neither ascending nor descending.
fn shuffled<T: Clone>(values: &[T]) -> Vec<T> {
    let (even, odd): (Vec<_>, Vec<_>) = values.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let (even, odd) = (even.into_iter().rev(), odd.into_iter());
    even.chain(odd).map(|(_, value)| value.clone()).collect()
}
