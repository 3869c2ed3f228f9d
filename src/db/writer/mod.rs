//! The one writer of SQLite, with group commit.
//!
//! One thread takes every job that waits (at most [`BATCH_JOBS`] or [`BATCH_TIME`]), runs
//! them inside one `BEGIN IMMEDIATE`, commits once, then answers all. So a commit's
//! `fdatasync` is shared, and no write ever meets a lock.
//!
//! What becomes of jobs that fail, and of batches that are lost, is told in [`super::batch`].

mod log;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rocket::tokio::{self, sync::oneshot};

use log::{checkpoint_loop, copy_log, empty_log};

use super::batch::{self, Job, begin, commit, refuse, run_last};
use super::conn::{Conn, Role};
use crate::config::DatabaseUrl;
use crate::error::{Error, Result};

/// Most jobs in one commit.
const BATCH_JOBS: usize = 256;
/// Longest time that jobs are taken into one commit. The tests hold the writer in a job to
/// put others into its batch, however slow the machine.
const BATCH_TIME: Duration = Duration::from_millis(if cfg!(test) { 60_000 } else { 5 });
/// Most jobs that wait; the next is refused as unavailable.
const QUEUE_JOBS: usize = 8_192;
/// How often emptying the log is tried, and how long after a long read was in the way.
const EMPTYINGS: u32 = 20;
const EMPTYING_PAUSE: Duration = Duration::from_millis(250);

/// Who is waiting for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// A caller.
    Urgent,
    /// Nobody: at most one such job goes into a commit.
    Background,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Signals a new job, or the end.
    changed: Condvar,
    /// Signals the end to the checkpoints.
    closed: Condvar,
    /// True after a commit, until a checkpoint begins.
    committed: AtomicBool,
    /// Asks the writer to copy the end of the log.
    log_is_long: AtomicBool,
}

#[derive(Default)]
struct State {
    urgent: VecDeque<Box<dyn Job>>,
    background: VecDeque<Box<dyn Job>>,
    /// Who waits for an empty log.
    emptyings: Vec<oneshot::Sender<Result<()>>>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    pub(super) fn start(url: &DatabaseUrl) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let conn = open(url)?;
        let checkpoints = open(url)?;
        let threads = vec![
            spawn("db-writer", {
                let (shared, url) = (shared.clone(), url.clone());
                move || write_loop(&shared, &url, conn)
            })?,
            spawn("db-checkpoint", {
                let shared = shared.clone();
                move || checkpoint_loop(&shared, checkpoints)
            })?,
        ];
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
        })
    }

    pub(super) async fn submit<T, F>(&self, queue: Queue, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        let (job, answer) = batch::job(f);
        {
            let mut state = self.shared.lock();
            if state.closed {
                return Err(Error::unavailable("the server is shutting down"));
            }
            let jobs = match queue {
                Queue::Urgent => &mut state.urgent,
                Queue::Background => &mut state.background,
            };
            if jobs.len() >= QUEUE_JOBS {
                return Err(Error::unavailable("the writer's queue is full"));
            }
            jobs.push_back(job);
        }
        self.shared.changed.notify_one();
        answer
            .await
            .map_err(|_| Error::unavailable("the writer ended"))?
    }

    /// Copies the whole write-ahead log into the database and cuts its file to nothing.
    pub(super) async fn empty_log(&self) -> Result<()> {
        for _ in 0..EMPTYINGS {
            let (caller, done) = oneshot::channel();
            {
                let mut state = self.shared.lock();
                if state.closed {
                    return Err(Error::unavailable("the server is shutting down"));
                }
                state.emptyings.push(caller);
            }
            self.shared.changed.notify_one();
            match done.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => tracing::debug!(%error, "the log is not empty yet"),
                Err(_) => return Err(Error::unavailable("the writer ended")),
            }
            tokio::time::sleep(EMPTYING_PAUSE).await;
        }
        Err(Error::unavailable(
            "a long read keeps the log from being emptied",
        ))
    }

    pub(super) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        self.shared.closed.notify_all();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the writer panicked");
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn spawn(name: &str, f: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(f)
        .map_err(Error::internal)
}

fn open(url: &DatabaseUrl) -> Result<Conn> {
    Conn::open(url, Role::Writer).map_err(Error::unavailable)
}

/// Closes the queue when the writer's thread ends, however it ends: what still waits is
/// dropped, which its callers see, and nobody waits for ever.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.urgent.clear();
        state.background.clear();
        state.emptyings.clear();
    }
}

fn write_loop(shared: &Shared, url: &DatabaseUrl, conn: Conn) {
    let _closing = Closing(shared);
    let mut conn = Some(conn);
    while let Some(next) = wait_for_work(shared) {
        let mut usable = match conn.take().map_or_else(|| open(url), Ok) {
            Ok(usable) => usable,
            Err(error) => {
                tracing::error!(%error, "the database cannot be opened for writing");
                if let Work::Job(first, _) = next {
                    refuse(first, "the database cannot be opened");
                }
                continue;
            }
        };
        let (first, queue) = match next {
            Work::Job(first, queue) => (first, queue),
            Work::EmptyLog(callers) => {
                // Once for all of them: meanwhile nobody writes.
                let emptied = empty_log(&mut usable).map_err(|error| error.to_string());
                for caller in callers {
                    let _gone = caller.send(emptied.clone().map_err(Error::unavailable));
                }
                conn = Some(usable);
                continue;
            }
        };
        if shared.log_is_long.swap(false, Ordering::Acquire) {
            copy_log(&mut usable);
        }
        match write_batch(shared, &mut usable, first, queue) {
            Ok(()) => {
                shared.committed.store(true, Ordering::Release);
                conn = Some(usable);
            }
            Err(error) => tracing::error!(%error, "a batch of writes was lost; connecting anew"),
        }
    }
}

/// What the writer does next.
enum Work {
    Job(Box<dyn Job>, Queue),
    EmptyLog(Vec<oneshot::Sender<Result<()>>>),
}

/// The next work, waiting for it; none once the queue is closed and empty.
fn wait_for_work(shared: &Shared) -> Option<Work> {
    let mut state = shared.lock();
    loop {
        if !state.emptyings.is_empty() {
            return Some(Work::EmptyLog(std::mem::take(&mut state.emptyings)));
        }
        if let Some(job) = state.urgent.pop_front() {
            return Some(Work::Job(job, Queue::Urgent));
        }
        if let Some(job) = state.background.pop_front() {
            return Some(Work::Job(job, Queue::Background));
        }
        if state.closed {
            return None;
        }
        state = shared
            .changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Runs jobs, commits, and answers. An error means that the connection is not to be used
/// again; every job of the batch has been told.
fn write_batch(shared: &Shared, conn: &mut Conn, first: Box<dyn Job>, queue: Queue) -> Result<()> {
    let mut batch = Vec::with_capacity(32);
    if let Err(error) = begin(conn) {
        // Whoever waits now has waited for this: each would wait as long again.
        let waiting = std::mem::take(&mut shared.lock().urgent);
        for job in std::iter::once(first).chain(waiting) {
            refuse(job, "the database cannot be written to");
        }
        return Err(error);
    }
    let written = run_jobs(shared, conn, &mut batch, first, queue).and_then(|()| commit(conn));
    if let Err(error) = &written {
        for job in &mut batch {
            job.fail(Error::unavailable(error));
        }
    }
    batch.into_iter().for_each(Job::answer);
    written
}

fn run_jobs(
    shared: &Shared,
    conn: &mut Conn,
    batch: &mut Vec<Box<dyn Job>>,
    first: Box<dyn Job>,
    queue: Queue,
) -> Result<()> {
    let started = Instant::now();
    let mut apart = false;
    let mut next = Some(first);
    while let Some(job) = next {
        batch.push(job);
        run_last(conn, batch, &mut apart)?;
        if batch.len() >= BATCH_JOBS || started.elapsed() >= BATCH_TIME {
            break;
        }
        next = shared.lock().urgent.pop_front();
    }
    // One slice of background work rides along, so that a busy server gets it done, too.
    let background = match queue {
        Queue::Urgent => shared.lock().background.pop_front(),
        Queue::Background => None,
    };
    match background {
        Some(job) => {
            batch.push(job);
            run_last(conn, batch, &mut apart)
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
