//! How many events a public list has: counted at most once a second for each filter, however
//! many ask. At a million events the count takes longer than the page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use rocket::tokio;

use super::list::{Filter, count};
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

/// How long a total is told before it is counted anew.
const FRESH: TimeDelta = TimeDelta::seconds(1);
/// Most filters whose totals are kept; filters are the callers'.
const MOST: usize = 1_000;

/// Locked by whoever counts, so that the others wait instead of counting as well.
type Total = Arc<tokio::sync::Mutex<Option<(Timestamp, Option<i64>)>>>;

/// The totals of late.
#[derive(Default)]
pub struct Totals(Mutex<HashMap<Filter, Total>>);

impl Totals {
    /// How many events there are with this filter, as of a second ago at most.
    pub(super) async fn of(&self, db: &Db, filter: &Filter, now: Timestamp) -> Result<i64> {
        let total = self.entry(filter);
        let mut total = total.lock().await;
        if let Some((at, total)) = *total
            && at.0 <= now.0
            && now.0 - at.0 < FRESH
        {
            return total.ok_or_else(too_many);
        }
        let filter = filter.clone();
        let counted = db.scan(move |conn| count(conn, &filter, now)).await;
        if let Err(error) = &counted {
            tracing::warn!(cause = %error, "a list was not counted");
        }
        // Where counting takes too long, the count before is better than none; and a failure is
        // told for as long as a count, so that not everybody who waits tries it as well.
        let before = total.and_then(|(_, total)| total);
        let counted = counted.ok().or(before);
        *total = Some((now, counted));
        counted.ok_or_else(too_many)
    }

    fn entry(&self, filter: &Filter) -> Total {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(total) = all.get(filter) {
            return total.clone();
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.entry(filter.clone()).or_default().clone()
    }
}

fn too_many() -> Error {
    Error::unavailable("the list cannot be counted in time")
}
