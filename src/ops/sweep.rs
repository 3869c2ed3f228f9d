//! Removes what is over: sessions and sign-ins, kept answers, tombstones, old changes. In slices of at
//! most 500 rows, one slice a commit, so that nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rocket::fairing::AdHoc;
use rocket::{Orbit, Rocket, tokio};

use crate::box_office::bookings::{Terms, expiry};
use crate::bus;
use crate::clock::Clock;
use crate::community::belongings::Belongings;
use crate::community::{adoption, comments, erasure, events, groups, interest, likes};
use crate::config::Config;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::idempotency;
use crate::http::limit::Limits;
use crate::identity::{attempts, audit, grants, session, tokens};

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Sweeps while the server runs.
pub fn stage() -> AdHoc {
    AdHoc::on_liftoff("sweepers", |rocket| {
        Box::pin(async move {
            let Some(sweepers) = Sweepers::of(rocket) else {
                return;
            };
            let mut shutdown = rocket.shutdown();
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(EVERY) => sweepers.once().await,
                    }
                }
            });
        })
    })
}

/// Sweeps once, to the end.
pub async fn once(rocket: &Rocket<Orbit>) {
    if let Some(sweepers) = Sweepers::of(rocket) {
        sweepers.once().await;
    }
}

struct Sweepers {
    db: Db,
    clock: Clock,
    limits: Arc<Limits>,
    belongings: Belongings,
    terms: Terms,
    changes_kept: TimeDelta,
    audit_kept: TimeDelta,
}

impl Sweepers {
    fn of(rocket: &Rocket<Orbit>) -> Option<Self> {
        let config = rocket.state::<Config>()?;
        let days = |days: u32| TimeDelta::days(i64::from(days));
        Some(Self {
            db: rocket.state::<Db>()?.clone(),
            clock: rocket.state::<Clock>()?.clone(),
            limits: rocket.state::<Arc<Limits>>()?.clone(),
            belongings: rocket.state::<Belongings>()?.clone(),
            terms: *rocket.state::<Terms>()?,
            changes_kept: days(config.changes_retention_days),
            audit_kept: days(config.audit_retention_days),
        })
    }

    async fn once(&self) {
        self.limits.sweep();
        let now = self.clock.now();
        self.all("sessions", now, session::sweep).await;
        self.all("kept answers", now, idempotency::sweep).await;
        self.all("events that are over", now, events::sweep_over)
            .await;
        self.all("likes on deleted events", now, likes::sweep).await;
        self.all("comments on deleted events", now, comments::sweep)
            .await;
        self.all("interest in deleted events", now, interest::sweep)
            .await;
        self.all("deleted events", now, events::sweep).await;
        self.all("deleted groups", now, groups::sweep).await;
        if let Err(error) = expiry::round(&self.db, &self.clock, self.terms).await {
            tracing::warn!(cause = %error, "holds that are over were not ended");
        }
        // Before erasures: what was made by whoever became somebody who is erased goes as well.
        match adoption::finish(&self.db, &self.belongings, now.into()).await {
            Ok(0) => {}
            Ok(people) => tracing::info!(people, "became others"),
            Err(error) => tracing::warn!(cause = %error, "what a person made is not handed over"),
        }
        match erasure::finish(&self.db, &self.belongings, now.into()).await {
            Ok(0) => {}
            Ok(people) => tracing::info!(people, "erased once more"),
            Err(error) => tracing::warn!(cause = %error, "an erasure is not complete"),
        }
        self.all("sign-ins", now, grants::sweep).await;
        self.all("attempts to sign in", now, attempts::sweep).await;
        self.all("changes", now - self.changes_kept, bus::sweep)
            .await;
        self.all("machine tokens", now - self.audit_kept, tokens::sweep)
            .await;
        self.all("audit", now - self.audit_kept, audit::sweep).await;
    }

    /// Slice after slice, until one finds nothing. A failure is for the log: the next
    /// round tries again.
    async fn all(
        &self,
        what: &'static str,
        until: DateTime<Utc>,
        slice: fn(&mut Conn, Timestamp) -> Result<usize>,
    ) {
        let mut removed = 0;
        loop {
            match self
                .db
                .write_later(move |conn| slice(conn, until.into()))
                .await
            {
                Ok(0) => break,
                Ok(rows) => removed += rows,
                Err(error) => {
                    tracing::warn!(what, cause = %error, "sweeping failed");
                    break;
                }
            }
        }
        if removed > 0 {
            tracing::info!(what, removed, "swept");
        }
    }
}
