//! What hears changes: subscribers, each at its own place in the log.
//!
//! What a subscriber does in the database commits together with its place, and so happens once,
//! however often the server is killed in between, and on whichever node. A change that cannot be
//! dealt with is kept with the reason, and the next one's turn comes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::tokio;

use super::{Heard, cursor, newest, number, since};
use crate::clock::Clock;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, savepoint};
use crate::error::{Error, Result};

/// How often the log is looked at when nothing wakes the worker: on PostgreSQL another node may
/// have written.
const EVERY: Duration = Duration::from_secs(1);
/// How long the worker lets changes gather after it was woken.
const GATHER: Duration = Duration::from_millis(20);
/// How many positions are looked at in one step.
const STEP: i64 = 5_000;
/// A place that no change moved is written down after so many positions.
const UNWRITTEN: i64 = 10_000;
/// How often a change is tried that fails by a fault of ours, before it is refused.
const TRIES: u32 = 5;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was dealt with, or there was nothing to do.
    Done,
    /// It never can be, for this reason.
    Refused(String),
}

/// Something of ours that hears changes.
#[derive(Clone, Copy)]
pub struct Subscriber {
    /// Names its place in the log; never changed.
    pub name: &'static str,
    /// What it hears.
    pub topics: &'static [&'static str],
    /// Deals with a change, in the transaction that moves the subscriber on.
    pub hear: fn(&mut Conn, &Heard, Timestamp) -> Result<Verdict>,
}

/// Delivers changes to subscribers.
pub struct Worker {
    db: Db,
    clock: Clock,
    subscribers: Vec<Subscriber>,
    /// Where each subscriber is, further than what is written down: nothing in between is for
    /// it.
    seen: Mutex<HashMap<&'static str, i64>>,
    /// The change that fails, and how often it did, by subscriber.
    failing: Mutex<HashMap<&'static str, (i64, u32)>>,
}

/// Whether a round had something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// So many changes were dealt with.
    Did(usize),
    /// Nothing is due.
    Idle,
}

impl Worker {
    /// A worker for these subscribers.
    pub fn new(db: Db, clock: Clock, subscribers: Vec<Subscriber>) -> Self {
        Self {
            db,
            clock,
            subscribers,
            seen: Mutex::default(),
            failing: Mutex::default(),
        }
    }

    /// One round: each subscriber hears what is due to it.
    ///
    /// # Errors
    /// Those of the database; the next round goes on where this one ended.
    pub async fn deliver_due(&self) -> Result<Delivered> {
        let now = Timestamp(self.clock.now());
        if self.db.read(super::any_unnumbered).await? {
            while self.db.write_later(move |conn| number(conn, now)).await? > 0 {}
        }
        let mut count = 0;
        let mut failed = None;
        // One that fails keeps the others from nothing.
        for subscriber in &self.subscribers {
            match self.deliver(*subscriber).await {
                Ok(done) => count += done,
                Err(error) => failed = Some(error),
            }
        }
        match (failed, count) {
            (Some(error), _) => Err(error),
            (None, 0) => Ok(Delivered::Idle),
            (None, count) => Ok(Delivered::Did(count)),
        }
    }

    /// Round after round, until nothing is due.
    ///
    /// # Errors
    /// As [`Worker::deliver_due`].
    pub async fn deliver_all(&self) -> Result<()> {
        while self.deliver_due().await? != Delivered::Idle {}
        Ok(())
    }

    async fn deliver(&self, subscriber: Subscriber) -> Result<usize> {
        let Subscriber { name, topics, .. } = subscriber;
        let mut count = 0;
        loop {
            let seen = *locked(&self.seen).get(name).unwrap_or(&0);
            let found = self.db.read(move |conn| {
                let written = cursor::position(conn, name)?;
                let from = seen.max(written);
                let to = newest(conn)?.min(from + STEP);
                Ok((written, from, to, since(conn, from, to, topics)?))
            });
            let (written, from, to, heard) = found.await?;
            if to <= from {
                return Ok(count);
            }
            let mut place = written;
            let whole = heard.len();
            let mut overtaken = false;
            for heard in heard {
                let position = heard.position;
                if !self.hand_over(subscriber, place, heard).await? {
                    overtaken = true;
                    break;
                }
                place = position;
                count += 1;
            }
            if overtaken {
                // Another node moved on from where this one thought to be, not necessarily by
                // this change: where it is now is read anew.
                continue;
            }
            // A page that is not the last may end before `to`.
            let reached = if whole < super::PAGE { to } else { place };
            if reached - place >= UNWRITTEN {
                let now = Timestamp(self.clock.now());
                self.db
                    .write_later(move |conn| cursor::advance(conn, name, place, reached, now))
                    .await?;
            }
            locked(&self.seen).insert(name, reached);
        }
    }

    /// Lets a subscriber hear a change; false if the subscriber is no longer at that place.
    async fn hand_over(&self, subscriber: Subscriber, place: i64, heard: Heard) -> Result<bool> {
        let now = Timestamp(self.clock.now());
        let (name, position) = (subscriber.name, heard.position);
        let tired = locked(&self.failing).get(name).copied() == Some((position, TRIES));
        let told = self.db.write(move |conn| {
            if !cursor::advance(conn, name, place, position, now)? {
                return Ok(None);
            }
            let verdict = match tired {
                true => Ok(Verdict::Refused("it failed again and again".into())),
                false => savepoint(conn, |conn| (subscriber.hear)(conn, &heard, now)),
            };
            let verdict = match verdict {
                Err(error) if error.status().code < 500 => Verdict::Refused(error.to_string()),
                verdict => verdict?,
            };
            if let Verdict::Refused(why) = &verdict {
                cursor::refuse(conn, name, &heard, why, now)?;
            }
            Ok(Some(verdict))
        });
        match told.await {
            Ok(Some(Verdict::Refused(why))) => {
                tracing::warn!(subscriber = name, position, why, "a change was refused");
                Ok(true)
            }
            Ok(told) => Ok(told.is_some()),
            Err(error) => {
                if matches!(error.status().code, 500) {
                    self.note_failure(name, position);
                }
                Err(error)
            }
        }
    }

    fn note_failure(&self, name: &'static str, position: i64) {
        let mut failing = locked(&self.failing);
        let (at, times) = failing.entry(name).or_insert((position, 0));
        *times = if *at == position { *times + 1 } else { 1 };
        *at = position;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Delivers while the server runs. Not part of the server itself, so that tests deliver when
/// they want to.
pub fn stage() -> AdHoc {
    AdHoc::on_liftoff("bus", |rocket| {
        Box::pin(async move {
            let (Some(worker), Some(db)) = (
                rocket.state::<std::sync::Arc<Worker>>().cloned(),
                rocket.state::<Db>().cloned(),
            ) else {
                return;
            };
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                loop {
                    // Before the round, so that what is written meanwhile is not missed.
                    let written = db.written();
                    let failed = match worker.deliver_all().await {
                        Ok(()) => false,
                        Err(Error::Unavailable(_)) => true,
                        Err(error) => {
                            tracing::warn!(cause = %error, "delivering changes failed");
                            true
                        }
                    };
                    let woken = async {
                        written.await;
                        // What failed is left alone for a while.
                        tokio::time::sleep(if failed { EVERY } else { GATHER }).await;
                    };
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(EVERY) => {}
                        () = woken => {}
                    }
                }
            });
        })
    })
}
