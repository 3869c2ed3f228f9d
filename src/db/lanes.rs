//! Writes on rows that many want, on PostgreSQL: those of a node go together.
//!
//! A row's lock is held until its transaction has been written to the disk, so that as many
//! connections that want one row wait for each other's commits. A lane is one connection that
//! takes all that waits and commits once, as the writer of SQLite does. What it takes is sorted
//! by the rows' keys, and a job locks its row before anything else: so two lanes, of one node or
//! of two, do not wait for each other in a circle.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use uuid::Uuid;

use super::batch::{Job, begin, commit, is_kept_waiting, job, refuse, run_last};
use super::conn::{Conn, Role};
use crate::config::DatabaseUrl;
use crate::error::{Error, Result};

/// How many lanes a node has. A row's writes are all in one of them.
const LANES: usize = 2;
/// Most jobs in one commit.
const BATCH_JOBS: usize = 64;
/// Longest time that jobs are run before the commit, so that no row is locked for long.
const BATCH_TIME: Duration = Duration::from_millis(2);
/// Most jobs that wait in a lane; the next is refused as unavailable.
const QUEUE_JOBS: usize = 8_192;

/// The lanes of a node.
pub(super) struct Lanes(Vec<Lane>);

struct Lane {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Signals a new job, or the end.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    closed: bool,
}

/// A job, and the key of the row that it wants.
type Waiting = (Uuid, Box<dyn Job>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    /// Lanes that connect when they are first asked.
    pub(super) fn start(url: &DatabaseUrl) -> Result<Self> {
        let lanes = (0..LANES).map(|_| Lane::start(url));
        Ok(Self(lanes.collect::<Result<_>>()?))
    }

    /// Runs `f`, which wants the row with that key, together with what else waits.
    pub(super) async fn submit<T, F>(&self, key: Uuid, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        let (job, answer) = job(f);
        // The last bits of an id are random.
        let lane = (key.as_u128() % LANES as u128) as usize;
        let lane = self.0.get(lane).ok_or_else(|| Error::internal("no lane"))?;
        lane.push((key, job))?;
        answer
            .await
            .map_err(|_| Error::unavailable("the lane ended"))?
    }

    /// Takes no more jobs, and waits for those taken.
    pub(super) fn close(&self) {
        self.0.iter().for_each(Lane::close);
    }
}

impl Lane {
    fn start(url: &DatabaseUrl) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new().name("db-lane".into()).spawn({
            let (shared, url) = (shared.clone(), url.clone());
            move || write_loop(&shared, &url)
        });
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread.map_err(Error::internal)?)),
        })
    }

    fn push(&self, waiting: Waiting) -> Result<()> {
        let mut state = self.shared.lock();
        if state.closed {
            return Err(Error::unavailable("the server is shutting down"));
        }
        if state.waiting.len() >= QUEUE_JOBS {
            return Err(Error::unavailable("the lane is full"));
        }
        state.waiting.push_back(waiting);
        drop(state);
        self.shared.changed.notify_one();
        Ok(())
    }

    fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a lane panicked");
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.close();
    }
}

/// Closes the lane when its thread ends, however it ends: what still waits is dropped, which
/// its callers see.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.waiting.clear();
    }
}

fn write_loop(shared: &Shared, url: &DatabaseUrl) {
    let _closing = Closing(shared);
    let mut conn = None;
    while let Some(mut drawn) = wait_for_work(shared) {
        // All that was drawn comes before what came after it, however many commits it takes: a
        // row that many want keeps nobody from another.
        while !drawn.is_empty() {
            let opened = conn.take().map_or_else(|| open(url), Ok);
            let begun = opened.and_then(|mut usable| begin(&mut usable).map(|()| usable));
            // An idle connection may have been closed with the server: one more is tried.
            let begun = begun.or_else(|_| {
                let mut usable = open(url)?;
                begin(&mut usable).map(|()| usable)
            });
            match begun {
                Ok(mut usable) => match write_batch(&mut usable, &mut drawn) {
                    Ok(()) => conn = Some(usable),
                    Err(error) => tracing::error!(%error, "a batch of writes was lost"),
                },
                Err(error) => {
                    tracing::error!(%error, "the database cannot be written to");
                    // Whoever waits now has waited for this: each would wait as long again.
                    let waiting = std::mem::take(&mut shared.lock().waiting);
                    for (_, job) in drawn.drain(..).chain(waiting) {
                        refuse(job, "the database cannot be written to");
                    }
                }
            }
        }
    }
}

fn open(url: &DatabaseUrl) -> Result<Conn> {
    let mut conn = Conn::open(url, Role::Writer).map_err(Error::unavailable)?;
    // Less than elsewhere: what waits for one row keeps the lane from the others.
    conn.batch_execute("SET lock_timeout = '2s'")?;
    Ok(conn)
}

/// All that waits, up to a batch, in the order of the rows' keys; none once the lane is closed
/// and empty.
fn wait_for_work(shared: &Shared) -> Option<VecDeque<Waiting>> {
    let mut state = shared.lock();
    while state.waiting.is_empty() {
        if state.closed {
            return None;
        }
        state = shared
            .changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
    }
    let some = state.waiting.len().min(BATCH_JOBS);
    let mut batch = state.waiting.drain(..some).collect::<Vec<_>>();
    drop(state);
    // Stable: who came first for a row is first.
    batch.sort_by_key(|(key, _)| *key);
    Some(batch.into())
}

/// Runs jobs, commits, and answers. An error means that the connection is not to be used again;
/// every job that ran has been told. What there was no time for stays drawn.
fn write_batch(conn: &mut Conn, drawn: &mut VecDeque<Waiting>) -> Result<()> {
    let started = Instant::now();
    let mut ran: Vec<Box<dyn Job>> = Vec::with_capacity(drawn.len());
    let mut apart = false;
    let mut written = Ok(());
    let mut locked = None;
    while let Some((key, job)) = drawn.pop_front() {
        // Others who want that row would wait as long again.
        if locked == Some(key) {
            refuse(job, "somebody keeps the row locked");
            continue;
        }
        ran.push(job);
        written = run_last(conn, &mut ran, &mut apart);
        if ran.last().is_some_and(|job| is_kept_waiting(job.as_ref())) {
            locked = Some(key);
        }
        if written.is_err() || started.elapsed() >= BATCH_TIME {
            break;
        }
    }
    let written = written.and_then(|()| commit(conn));
    if let Err(error) = &written {
        for job in &mut ran {
            job.fail(Error::unavailable(error));
        }
    }
    ran.into_iter().for_each(Job::answer);
    written
}
