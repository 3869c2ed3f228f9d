//! The database: four verbs, and no other way to it.
//!
//! | verb | for |
//! |---|---|
//! | [`Db::read`] | indexed, bounded reads |
//! | [`Db::scan`] | walks that may be long: search, totals, exports; off the async workers, with a deadline |
//! | [`Db::write`] | everything that changes something: one repeatable closure, one transaction |
//! | [`Db::write_hot`], [`Db::write_row`] | conditional statements on rows that many want |
//!
//! On SQLite every write goes through one thread that commits many at once
//! ([`writer`]); on PostgreSQL a write is a SERIALIZABLE transaction that is tried again
//! when it loses to another.

mod batch;
#[expect(missing_docs, reason = "the derive documents nothing of what it makes")]
mod conn;
mod deadline;
mod lanes;
mod like;
pub mod migrate;
mod pool;
mod postgres;
pub(crate) mod schema;
pub mod types;
mod writer;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use conn::on_backend;
pub use conn::{Conn, MultiBackend, OrIgnore, Role};
pub(crate) use deadline::in_time;
use diesel::connection::{Connection, TransactionManager};
pub(crate) use like::containing;
use rocket::tokio::{self, sync::Notify};

use crate::config::{Config, DatabaseUrl};
use crate::error::{Error, Result};
use pool::Pool;
use types::Id;

/// How long a [`Db::scan`] may take.
pub const SCAN_DEADLINE: Duration = Duration::from_secs(2);

/// How long a read of PostgreSQL may take: longer than its `statement_timeout`.
const READ_PATIENCE: Duration = Duration::from_secs(12);

/// A handle to the database; clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    readers: Pool,
    /// Apart from the readers, so that long walks never keep short reads waiting.
    scanners: Pool,
    writing: Writing,
    /// Wakes those who wait for something to be written here.
    written: Arc<Notify>,
}

enum Writing {
    Sqlite(writer::Writer),
    Postgres { writers: Pool, lanes: lanes::Lanes },
}

impl Db {
    /// Opens the database that the settings name. The schema is not looked at.
    pub fn open(config: &Config) -> Result<Self> {
        let (url, size) = (&config.database_url, config.database_pool_size);
        let pool = |role, size| Pool::new(url, role, size);
        Ok(Self(Arc::new(Inner {
            readers: pool(Role::Reader, size),
            scanners: pool(Role::Reader, (size / 4).max(1)),
            written: Arc::default(),
            writing: match url {
                DatabaseUrl::Sqlite(_) => Writing::Sqlite(writer::Writer::start(url)?),
                DatabaseUrl::Postgres(_) => Writing::Postgres {
                    writers: pool(Role::Writer, size),
                    lanes: lanes::Lanes::start(url)?,
                },
            },
        })))
    }

    /// Runs indexed, bounded queries on a connection that cannot write.
    ///
    /// On SQLite it runs where it is called, since such a read takes less time than
    /// handing it to another thread. The closure may run again after a lost connection.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        let readers = &self.0.readers;
        match &self.0.writing {
            Writing::Sqlite(_) => readers.with(f),
            Writing::Postgres { .. } => {
                patiently(readers.with_blocking(move |pool| pool.with(&f))).await
            }
        }
    }

    /// Runs queries that may walk far, off the async workers and for at most
    /// [`SCAN_DEADLINE`]; on SQLite a query ends in time only if it asks [`in_time()`].
    pub async fn scan<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        let scanners = &self.0.scanners;
        match &self.0.writing {
            Writing::Sqlite(_) => {
                let walk = move |pool: &Pool| deadline::within(SCAN_DEADLINE, || pool.with(&f));
                scanners.with_blocking(walk).await
            }
            Writing::Postgres { .. } => {
                let walk = move |pool: &Pool| pool.with(|conn| postgres::scan(conn, &f));
                patiently(scanners.with_blocking(walk)).await
            }
        }
    }

    /// Runs `f` in one transaction: `Ok` commits, `Err` rolls back. `f` may run more than
    /// once and must have no effect outside the database. The result is handed out after
    /// the commit only.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.transact(writer::Queue::Urgent, postgres::SERIALIZABLE, f)
            .await
    }

    /// Like [`Db::write`] for what comes down to conditional statements on rows that many
    /// want: on PostgreSQL READ COMMITTED, so that it waits for a row's lock instead of losing
    /// to each who was faster. Each statement sees what was committed before it; so what must
    /// not change between two of them is locked first, or the second says how many rows it
    /// really met.
    pub async fn write_hot<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.transact(writer::Queue::Urgent, postgres::READ_COMMITTED, f)
            .await
    }

    /// Like [`Db::write_hot`], where what many want is one row, with this key: on PostgreSQL such
    /// writes of a node go together, so that they do not wait for each other's commits. `f` locks
    /// that row first, and waits for nobody who may want it meanwhile.
    pub async fn write_row<T, F, K>(&self, key: Id<K>, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        let Writing::Postgres { lanes, .. } = &self.0.writing else {
            return self.write_hot(f).await;
        };
        let done = lanes.submit(key.uuid(), f).await;
        if done.is_ok() {
            self.0.written.notify_waiters();
        }
        done
    }

    /// Like [`Db::write_hot`] for work that nobody waits for, in slices of at most 500 rows:
    /// on SQLite at most one such slice goes into a commit.
    pub async fn write_later<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.transact(writer::Queue::Background, postgres::READ_COMMITTED, f)
            .await
    }

    async fn transact<T, F>(&self, queue: writer::Queue, begin: &'static str, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        let done = match &self.0.writing {
            Writing::Sqlite(writer) => writer.submit(queue, f).await,
            Writing::Postgres { writers, .. } => {
                writers
                    .with_blocking(move |pool| postgres::write(pool, begin, &f))
                    .await
            }
        };
        if done.is_ok() {
            self.0.written.notify_waiters();
        }
        done
    }

    /// Ends when something is written through this handle or a clone of it, from now on.
    pub fn written(&self) -> impl Future<Output = ()> + Send + use<> {
        Arc::clone(&self.0.written).notified_owned()
    }

    /// Makes what was deleted unreadable, also for whoever reads the files: SQLite fills
    /// deleted space with zeros (`secure_delete`), and here the write-ahead log, which still
    /// has what was written before, is copied and emptied. PostgreSQL does so by itself, when
    /// it vacuums and recycles its log.
    ///
    /// # Errors
    /// 503 while somebody reads for so long that the log cannot be emptied.
    pub async fn scrub(&self) -> Result<()> {
        match &self.0.writing {
            Writing::Sqlite(writer) => writer.empty_log().await,
            Writing::Postgres { .. } => Ok(()),
        }
    }

    /// Takes no more writes, waits for those taken, and stops the writer. Last of all at
    /// shutdown.
    pub fn close(&self) {
        match &self.0.writing {
            Writing::Sqlite(writer) => writer.close(),
            Writing::Postgres { lanes, .. } => lanes.close(),
        }
    }
}

/// A read, for as long as a server of PostgreSQL that is there would take: one that has fallen
/// silent says nothing, and the connection waits.
async fn patiently<T>(read: impl Future<Output = Result<T>>) -> Result<T> {
    let read = tokio::time::timeout(READ_PATIENCE, read).await;
    read.map_err(|_| Error::unavailable("the database does not answer"))?
}

/// Runs `f` in a savepoint, so that the transaction around it can go on after an `Err`:
/// PostgreSQL refuses every statement after an error that was not rolled back.
pub fn savepoint<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    type Manager = <Conn as Connection>::TransactionManager;
    Manager::begin_transaction(conn)?;
    match f(conn) {
        Ok(value) => {
            Manager::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => {
            Manager::rollback_transaction(conn)?;
            Err(error)
        }
    }
}

/// What a panic said, for the log.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::internal(format_args!("a database job panicked: {said}"))
}
