//! How many events a public list has: counted at most once a second for each filter, however
//! many ask. At a million events the count takes longer than the page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use rocket::tokio;

use super::list::{Filter, count};
use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

/// How long a total is told.
const FRESH: TimeDelta = TimeDelta::seconds(1);
/// How old it is when it is counted anew, while it is still told: so that nobody waits for it
/// who comes when others come as well.
const AGING: TimeDelta = TimeDelta::milliseconds(600);
/// Most filters whose totals are kept; filters are the callers'.
const MOST: usize = 1_000;

/// The totals of late.
#[derive(Default)]
pub struct Totals(Mutex<HashMap<Filter, Arc<Total>>>);

/// The total of one filter.
#[derive(Default)]
struct Total {
    /// When it was counted; none if that failed.
    told: Mutex<Option<(Timestamp, Option<i64>)>>,
    /// Locked by whoever counts, so that the others wait instead of counting as well.
    counting: Arc<tokio::sync::Mutex<()>>,
}

impl Totals {
    /// How many events there are with this filter, as of a second ago at most.
    pub(super) async fn of(&self, db: &Db, filter: &Filter, clock: &Clock) -> Result<i64> {
        let total = self.entry(filter);
        if let Some((age, told)) = total.told(clock) {
            if age >= AGING
                && let Ok(turn) = total.counting.clone().try_lock_owned()
            {
                let (total, db) = (total.clone(), db.clone());
                let (filter, clock) = (filter.clone(), clock.clone());
                tokio::spawn(async move {
                    total.count(&db, filter, &clock).await;
                    drop(turn);
                });
            }
            return told.ok_or_else(too_many);
        }
        let _turn = total.counting.lock().await;
        // Whoever had the turn before has counted.
        if let Some((_, told)) = total.told(clock) {
            return told.ok_or_else(too_many);
        }
        let counted = total.count(db, filter.clone(), clock).await;
        counted.ok_or_else(too_many)
    }

    fn entry(&self, filter: &Filter) -> Arc<Total> {
        let mut all = locked(&self.0);
        if let Some(total) = all.get(filter) {
            return total.clone();
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.entry(filter.clone()).or_default().clone()
    }
}

impl Total {
    /// What may still be told, and how old it is.
    fn told(&self, clock: &Clock) -> Option<(TimeDelta, Option<i64>)> {
        let (at, told) = (*locked(&self.told))?;
        let age = clock.now() - at.0;
        (TimeDelta::zero() <= age && age < FRESH).then_some((age, told))
    }

    /// Counts. Where that takes too long, the count before is better than none; and a failure is
    /// told for as long as a count, so that not everybody who waits tries it as well.
    async fn count(&self, db: &Db, filter: Filter, clock: &Clock) -> Option<i64> {
        let now = Timestamp(clock.now());
        let counted = db.scan(move |conn| count(conn, &filter, now)).await;
        if let Err(error) = &counted {
            tracing::warn!(cause = %error, "a list was not counted");
        }
        let mut told = locked(&self.told);
        let before = told.and_then(|(_, told)| told);
        let counted = counted.ok().or(before);
        *told = Some((now, counted));
        counted
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_many() -> Error {
    Error::unavailable("the list cannot be counted in time")
}
