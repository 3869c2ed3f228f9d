//! Jobs of many callers in one transaction.
//!
//! * A job that fails or panics rolls back alone: its batch starts over, each job in a
//!   savepoint.
//! * The depth of the transaction is checked around every step (0 before a batch, 1 between
//!   jobs, 2 in a job); anything else means the batch is lost: all its jobs fail and the
//!   connection is replaced. SQLite itself rolls the whole transaction back when the disk is
//!   full, which diesel does not notice.
//! * Nobody is answered before the commit.

use std::panic::AssertUnwindSafe;

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use rocket::tokio::sync::oneshot;

use super::conn::Conn;
use super::postgres;
use crate::error::{Error, Result};

type Manager = <Conn as Connection>::TransactionManager;

/// A closure that waits for its turn, and the caller that waits for it.
pub(super) trait Job: Send {
    /// Runs it; true keeps what it did.
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// How its last run ended, if it failed.
    fn error(&self) -> Option<&Error>;
    /// Replaces its outcome.
    fn fail(&mut self, error: Error);
    /// Tells the caller. A caller that went away is no matter.
    fn answer(self: Box<Self>);
}

struct Task<T, F> {
    f: F,
    caller: oneshot::Sender<Result<T>>,
    outcome: Result<T>,
}

impl<T: Send, F: Fn(&mut Conn) -> Result<T> + Send> Job for Task<T, F> {
    fn run(&mut self, conn: &mut Conn) -> bool {
        self.outcome = std::panic::catch_unwind(AssertUnwindSafe(|| (self.f)(conn)))
            .unwrap_or_else(|panic| Err(super::panic_message(&*panic)));
        self.outcome.is_ok()
    }

    fn error(&self) -> Option<&Error> {
        self.outcome.as_ref().err()
    }

    fn fail(&mut self, error: Error) {
        self.outcome = Err(error);
    }

    fn answer(self: Box<Self>) {
        let _gone = self.caller.send(self.outcome);
    }
}

/// A job for `f`, and what its caller waits for.
pub(super) fn job<T, F>(f: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    let outcome = Err(Error::unavailable("the job did not run"));
    (Box::new(Task { f, caller, outcome }), answer)
}

pub(super) fn refuse(mut job: Box<dyn Job>, why: &'static str) {
    job.fail(Error::Unavailable(why.into()));
    job.answer();
}

/// Runs the job that came last. Most jobs succeed, and a savepoint costs a tenth of a job
/// (SQLite copies each page before it changes); so a batch begins without them. When a job
/// fails, all that the batch did is rolled back, and from then on each job runs apart.
pub(super) fn run_last(
    conn: &mut Conn,
    batch: &mut [Box<dyn Job>],
    apart: &mut bool,
) -> Result<()> {
    if !*apart {
        let kept = batch.last_mut().is_none_or(|job| job.run(conn));
        if kept {
            return expect_depth(conn, 1);
        }
        *apart = true;
        roll_back_to(conn, 0)?;
        begin(conn)?;
        // Whoever was refused stays so; what the database failed at may go better now, or the
        // whole batch is lost.
        let refused = batch.last().is_some_and(|job| is_refused(job.as_ref()));
        let again = batch.len() - usize::from(refused);
        return batch
            .iter_mut()
            .take(again)
            .try_for_each(|job| run_in_savepoint(conn, job.as_mut()));
    }
    match batch.last_mut() {
        Some(job) => run_in_savepoint(conn, job.as_mut()),
        None => Ok(()),
    }
}

/// True for a job that was refused by a rule, or waited too long for somebody's lock.
fn is_refused(job: &dyn Job) -> bool {
    let by_rule = |error: &Error| error.status().code < 500;
    job.error().is_some_and(by_rule) || is_kept_waiting(job)
}

/// True for a job that waited too long for somebody's lock.
pub(super) fn is_kept_waiting(job: &dyn Job) -> bool {
    let waited = |info: &dyn diesel::result::DatabaseErrorInformation| {
        info.message().contains("lock timeout")
    };
    matches!(job.error(),
        Some(Error::Database(diesel::result::Error::DatabaseError(_, info))) if waited(info.as_ref()))
}

fn run_in_savepoint(conn: &mut Conn, job: &mut dyn Job) -> Result<()> {
    Manager::begin_transaction(conn)?;
    if job.run(conn) {
        expect_depth(conn, 2)?;
        Manager::commit_transaction(conn)?;
    } else {
        roll_back_to(conn, 1)?;
    }
    expect_depth(conn, 1)
}

/// A panic may leave savepoints of the job's own open: they are rolled back as well.
fn roll_back_to(conn: &mut Conn, outer: u32) -> Result<()> {
    while depth(conn)? > outer {
        Manager::rollback_transaction(conn)?;
    }
    Ok(())
}

pub(super) fn begin(conn: &mut Conn) -> Result<()> {
    expect_depth(conn, 0)?;
    match conn {
        Conn::Sqlite(sqlite) => Ok(AnsiTransactionManager::begin_transaction_sql(
            sqlite,
            "BEGIN IMMEDIATE",
        )?),
        Conn::Pg(pg) => Ok(AnsiTransactionManager::begin_transaction_sql(
            pg,
            postgres::READ_COMMITTED,
        )?),
    }
}

pub(super) fn commit(conn: &mut Conn) -> Result<()> {
    Manager::commit_transaction(conn)?;
    expect_depth(conn, 0)
}

fn depth(conn: &mut Conn) -> Result<u32> {
    let depth = Manager::transaction_manager_status_mut(conn).transaction_depth()?;
    Ok(depth.map_or(0, std::num::NonZeroU32::get))
}

fn expect_depth(conn: &mut Conn, expected: u32) -> Result<()> {
    match depth(conn)? {
        found if found == expected => Ok(()),
        found => Err(Error::internal(format_args!(
            "transaction depth {found}, not {expected}"
        ))),
    }
}
