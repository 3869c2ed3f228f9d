//! How long a transaction of the server holds the row of an event's seats on PostgreSQL.
//!
//! Without an extension nobody notes that, so all transactions of the server are looked at every
//! other millisecond. One that is past its UPDATE holds the row, until it is gone. It began to
//! hold it after the last look at which it had not come to the UPDATE or waited in it, and ceased
//! to before the first at which it was gone: so what is found is too much by up to two looks,
//! never too little. Which transactions are seen to hold it is a matter of luck.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use folkmoot::config::DatabaseUrl;

use super::database::Connection;
use super::turns;

/// From one look to the next.
const EVERY: Duration = Duration::from_millis(2);
/// Fewest transactions of which a 99th percentile says anything.
const FEWEST: usize = 100;

/// `from TIME`, then `PID BEGAN STATE` for each transaction, then `to TIME`; times in microseconds.
/// An UPDATE that does not wait may hold the row by now, or not yet; and in its COMMIT a
/// transaction holds what it held before.
const LOOK: &str = r#"
    SELECT 'from ' || CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS text
    UNION ALL
    SELECT pid || ' ' || CAST(extract(epoch FROM xact_start) * 1000000 AS BIGINT) || ' ' ||
           CASE WHEN query LIKE 'INSERT INTO "seat_movements"%'
                  OR query LIKE 'INSERT INTO "changes"%'
                  OR query LIKE 'WITH moved AS (UPDATE%' AND state = 'idle in transaction'
                THEN 'holds'
                WHEN query LIKE 'BEGIN%'
                  OR query LIKE 'WITH moved AS (UPDATE%' AND wait_event_type = 'Lock'
                THEN 'before'
                ELSE 'unknown' END
    FROM pg_stat_activity
    WHERE application_name = 'folkmoot' AND datname = current_database()
      AND xact_start IS NOT NULL
    UNION ALL
    SELECT 'to ' || CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"#;

/// A transaction: its process, and when it began.
type Transaction = (i64, i64);

/// What was seen of a transaction; times in microseconds.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// Before that it did not hold the row.
    not_before: i64,
    /// When it was seen to hold it, first and last.
    held: Option<(i64, i64)>,
}

/// How long rows were locked, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// 99 in 100 at most that long.
    pub most: f64,
    /// Of 99 in 100 at most that much was seen.
    pub seen: f64,
    pub transactions: usize,
}

#[derive(Debug, Default)]
struct Looks {
    /// When the last one began.
    last: i64,
    under_way: HashMap<Transaction, Course>,
    /// How long each held it at most, and how long for certain.
    most: Vec<i64>,
    seen: Vec<i64>,
}

/// Looks for so long; none if too few transactions were seen.
pub fn sample(url: &DatabaseUrl, span: Duration) -> Result<Option<Held>, String> {
    let mut connection = Connection::open(url)?;
    let mut looks = Looks::default();
    let until = Instant::now() + span;
    while Instant::now() < until {
        let began = Instant::now();
        looks.add(&connection.texts(LOOK)?);
        std::thread::sleep(EVERY.saturating_sub(began.elapsed()));
    }
    Ok(looks.held())
}

impl Looks {
    fn add(&mut self, rows: &[String]) {
        let (mut from, mut to) = (0, 0);
        let mut there = Vec::with_capacity(rows.len());
        for row in rows {
            match row.split(' ').collect::<Vec<_>>().as_slice() {
                ["from", time] => from = number(time),
                ["to", time] => to = number(time),
                [pid, began, state] => {
                    there.push(((number(pid), number(began)), (*state).to_owned()))
                }
                _ => {}
            }
        }
        let mut under_way = HashMap::new();
        for (transaction, state) in there {
            // One that is new began after the last look, or when it says.
            let mut course = self.under_way.remove(&transaction).unwrap_or(Course {
                not_before: self.last.max(transaction.1),
                held: None,
            });
            match (course.held, state.as_str()) {
                (Some((first, _)), _) => course.held = Some((first, from)),
                (None, "holds") => course.held = Some((to, from)),
                (None, "before") => course.not_before = from,
                (None, _) => {}
            }
            under_way.insert(transaction, course);
        }
        for gone in self.under_way.values() {
            if let Some((first, last)) = gone.held {
                self.most.push(to - gone.not_before);
                self.seen.push((last - first).max(0));
            }
        }
        self.under_way = under_way;
        self.last = from;
    }

    fn held(self) -> Option<Held> {
        let transactions = self.most.len();
        let milliseconds = |micros: i64| micros as f64 / 1e3;
        let most = turns::p99(self.most).map(milliseconds)?;
        let seen = turns::p99(self.seen).map(milliseconds)?;
        (transactions >= FEWEST).then_some(Held {
            most,
            seen,
            transactions,
        })
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_default()
}
