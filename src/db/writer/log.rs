//! The write-ahead log of SQLite: copied into the database before it grows, and emptied on
//! demand.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Shared;
use crate::db::conn::Conn;
use crate::error::{Error, Result};

/// How often the write-ahead log is copied into the database, if there was a commit: often
/// enough that little is left for the writer to copy.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);
/// Pages (of 4 KiB) in the write-ahead log from which it is started anew.
const LOG_FRAMES: i64 = 4_096;

/// Copies the write-ahead log into the database, off the writer's thread.
///
/// Under constant writes that never reaches the end of the log, which would grow for ever.
/// So when it is long the writer itself copies the little that came meanwhile, between two
/// batches; its next write then begins at the front of the file again. Letting SQLite make
/// the writer wait for that (a checkpoint of mode RESTART) cost it up to 50 ms in sleeps.
pub(super) fn checkpoint_loop(shared: &Shared, mut conn: Conn) {
    let mut told = false;
    let mut state = shared.lock();
    while !state.closed {
        let (guard, _) = shared
            .closed
            .wait_timeout(state, CHECKPOINT_EVERY)
            .unwrap_or_else(PoisonError::into_inner);
        drop(guard);
        if shared.committed.swap(false, Ordering::Acquire) {
            let log = copy_log(&mut conn);
            // Only when little is left: the rest waits for a long read to end.
            let due = log.frames > LOG_FRAMES && log.frames - log.copied < LOG_FRAMES;
            shared.log_is_long.store(due, Ordering::Release);
            let grows = log.frames > 64 * LOG_FRAMES;
            if grows && !told {
                tracing::warn!(log.frames, "a long read keeps the write-ahead log growing");
            }
            told = grows;
        }
        state = shared.lock();
    }
}

/// Copies what it can of the log without waiting for anybody.
pub(super) fn copy_log(conn: &mut Conn) -> Log {
    let log = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result::<Log>(conn);
    log.unwrap_or_else(|error| {
        tracing::warn!(%error, "a checkpoint failed");
        Log::default()
    })
}

/// Copies all of the log and cuts its file. Reads that still use the log are waited for
/// shortly.
pub(super) fn empty_log(conn: &mut Conn) -> Result<()> {
    conn.batch_execute("PRAGMA busy_timeout = 300")?;
    let log = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Log>(conn);
    conn.batch_execute("PRAGMA busy_timeout = 5000")?;
    match log? {
        Log { busy: 0, .. } => Ok(()),
        _ => Err(Error::unavailable("somebody reads the log")),
    }
}

#[derive(Default, QueryableByName)]
pub(super) struct Log {
    /// 1 if somebody was in the way.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    busy: i64,
    /// Pages in the write-ahead log.
    #[diesel(sql_type = diesel::sql_types::BigInt, column_name = log)]
    frames: i64,
    /// Those of them that are in the database.
    #[diesel(sql_type = diesel::sql_types::BigInt, column_name = checkpointed)]
    copied: i64,
}
