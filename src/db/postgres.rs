//! Transactions on PostgreSQL.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use diesel::connection::{
    AnsiTransactionManager, Connection, SimpleConnection, TransactionManager,
};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::conn::Conn;
use super::pool::{Lent, Pool};
use crate::error::{Error, Result};

pub(super) const SERIALIZABLE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
pub(super) const READ_COMMITTED: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// How long a transaction is tried again after losing to others.
const PERSISTENCE: Duration = Duration::from_secs(5);

type Manager = <Conn as Connection>::TransactionManager;

/// Runs `f` in a transaction. One that lost to another (40001, 40P01) is tried again
/// after a pause that grows and varies; so is one whose connection was lost before the
/// commit was sent.
pub(super) fn write<T>(pool: &Pool, begin: &str, f: &impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    let until = Instant::now() + PERSISTENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        let mut lent = pool.lend()?;
        let error = match attempt(&mut lent, begin, f) {
            Attempt::Done(answer) => return answer,
            Attempt::Again(error) => error,
        };
        drop(lent);
        if Instant::now() >= until {
            tracing::warn!(%error, "a transaction lost to others too often");
            return Err(Error::unavailable(error));
        }
        std::thread::sleep(pause.mul_f64(0.5 + fraction()));
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

enum Attempt<T> {
    Done(Result<T>),
    Again(Error),
}

fn attempt<T>(lent: &mut Lent, begin: &str, f: &impl Fn(&mut Conn) -> Result<T>) -> Attempt<T> {
    if let Err(error) = start(&mut lent.conn, begin) {
        lent.examine();
        return match lent.is_broken() {
            true => Attempt::Again(error),
            false => Attempt::Done(Err(error)),
        };
    }
    let ran = std::panic::catch_unwind(AssertUnwindSafe(|| f(&mut lent.conn)))
        .unwrap_or_else(|panic| Err(super::panic_message(&*panic)));
    match ran {
        Ok(value) => match Manager::commit_transaction(&mut lent.conn) {
            Ok(()) => Attempt::Done(Ok(value)),
            Err(error) if lost_to_another(&error) => Attempt::Again(error.into()),
            Err(error) => {
                // Whether it was committed is not known, so it is not tried again.
                lent.examine();
                Attempt::Done(Err(Error::unavailable(error)))
            }
        },
        Err(error) => {
            let rolled_back = Manager::rollback_transaction(&mut lent.conn);
            if rolled_back.is_err() {
                lent.examine();
            }
            match error {
                Error::Database(e) if lost_to_another(&e) || lent.is_broken() => {
                    Attempt::Again(e.into())
                }
                error => Attempt::Done(Err(error)),
            }
        }
    }
}

fn start(conn: &mut Conn, begin: &str) -> Result<()> {
    match conn {
        Conn::Pg(pg) => Ok(AnsiTransactionManager::begin_transaction_sql(pg, begin)?),
        Conn::Sqlite(_) => Err(Error::internal("a PostgreSQL transaction on SQLite")),
    }
}

/// Runs reads that may walk far, in one snapshot and with a deadline.
pub(super) fn scan<T>(conn: &mut Conn, f: &impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    start(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let limit = format!(
        "SET LOCAL statement_timeout = {}",
        super::SCAN_DEADLINE.as_millis()
    );
    let answer = conn
        .batch_execute(&limit)
        .map_err(Error::from)
        .and_then(|()| f(conn));
    match answer {
        Ok(value) => Manager::commit_transaction(conn)
            .map(|()| value)
            .map_err(Error::from),
        Err(error) => {
            Manager::rollback_transaction(conn)?;
            Err(error)
        }
    }
}

/// SQLSTATE 40001 and 40P01. Diesel has no kind for the second; its message is the
/// server's, which a cluster may print in another language, and then the call is a 500.
fn lost_to_another(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            info.message().contains("deadlock detected")
        }
        _ => false,
    }
}

/// A number from 0 to 1 that differs between threads and moments.
fn fraction() -> f64 {
    f64::from(uuid::Uuid::now_v7().as_bytes()[15]) / 255.0
}
