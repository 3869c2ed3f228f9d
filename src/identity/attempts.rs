//! How often somebody may try to sign in to an account, counted in the database so that all
//! nodes count together. Owns `sign_in_attempts`, `sign_in_windows`.
//!
//! Two rules. From one address an account may be tried ten times a minute. From all addresses
//! that it was never signed in to from, thirty times in a window, which begins as a minute and
//! doubles each time it is used up. So what can be guessed is bounded, however many addresses
//! guess; one stranger alone cannot use up a window; and nobody keeps the owner out of an
//! address that the account knows.

use std::net::IpAddr;

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, http::Status};

use super::people::Login;
use crate::config::{Config, RateLimit};
use crate::db::schema::{sign_in_attempts, sign_in_windows};
use crate::db::types::Timestamp;
use crate::db::{Conn, OrIgnore};
use crate::error::{Error, RateLimited, Result};
use crate::http::address;
use crate::secret::Secret;

/// Attempts a minute of one address on one account.
const PER_ADDRESS: u32 = 10;
/// Attempts in a window of all unknown addresses on one account.
const PER_WINDOW: u32 = 30;
/// How long attempts of one address are counted, and the first window.
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// The longest window, in seconds.
const LONGEST: i64 = 16 * 60;
/// How long an address stays known after a sign-in.
const KNOWN: TimeDelta = TimeDelta::days(30);
/// What accounts and addresses are hashed for.
const PURPOSE: &str = "sign-in attempts 1";

/// Where sign-ins come from, with the limits.
pub struct Attempts {
    address: IpAddr,
    secret: Secret,
    /// None: no limits.
    factor: Option<f64>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Attempts {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let rocket = request.rocket();
        let (Some(config), Some(secret)) = (rocket.state::<Config>(), rocket.state::<Secret>())
        else {
            return Outcome::Error((Status::InternalServerError, ()));
        };
        Outcome::Success(Self {
            address: address::network(address::of(request)),
            secret: secret.clone(),
            factor: match config.rate_limit {
                RateLimit::Off => None,
                RateLimit::Times(factor) => Some(factor),
            },
        })
    }
}

impl Attempts {
    /// An attempt at that account.
    pub fn at(&self, login: &Login) -> Attempt {
        let account = [login.kind(), login.subject()].join(" ");
        let here = format!("{account}\n{}", self.address);
        let times = |n: u32, factor: f64| ((f64::from(n) * factor).round() as i64).max(1);
        Attempt {
            account_hash: self.secret.hash(PURPOSE, account.as_bytes()),
            key_hash: self.secret.hash(PURPOSE, here.as_bytes()),
            quotas: self
                .factor
                .map(|factor| (times(PER_ADDRESS, factor), times(PER_WINDOW, factor))),
        }
    }
}

/// An attempt to sign in to an account from an address.
#[derive(Debug, Clone)]
pub struct Attempt {
    account_hash: String,
    key_hash: String,
    /// Of the address, and of a window.
    quotas: Option<(i64, i64)>,
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It may.
    Admitted,
    /// Not for so many seconds; and whether this is the first that is told so.
    Limited { retry_after: i64, first: bool },
}

impl Counted {
    /// What the caller is told.
    pub fn admitted(self) -> Result<()> {
        match self {
            Self::Admitted => Ok(()),
            Self::Limited { retry_after, .. } => Err(Error::RateLimited(RateLimited {
                policy: "sign-ins",
                quota: PER_ADDRESS,
                retry_after: retry_after.max(1).unsigned_abs(),
            })),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sign_in_attempts)]
struct Address {
    began_at: Timestamp,
    attempts: i64,
    known_until: Option<Timestamp>,
}

impl Attempt {
    /// Counts this attempt. Whoever is limited is counted as well, so that the statements, which
    /// lock their rows on PostgreSQL, are the same for all.
    pub fn count(&self, conn: &mut Conn, now: Timestamp) -> Result<Counted> {
        let Some((per_address, per_window)) = self.quotas else {
            return Ok(Counted::Admitted);
        };
        let here = sign_in_attempts::table
            .find(&self.key_hash)
            .select(Address::as_select())
            .first(conn)
            .optional()?;
        let full =
            |here: &Address| here.attempts >= per_address && now.0 < here.began_at.0 + MINUTE;
        let known = here.as_ref().and_then(|here| here.known_until);
        let known = known.is_some_and(|until| now < until);
        // One address that is over its own share uses up nothing of the others'.
        if !known && !here.as_ref().is_some_and(full) {
            let counted = self.count_in_window(conn, per_window, now)?;
            if counted != Counted::Admitted {
                return Ok(counted);
            }
        }
        self.count_here(conn, per_address, now)
    }

    fn count_here(&self, conn: &mut Conn, quota: i64, now: Timestamp) -> Result<Counted> {
        self.keep_address(conn, now)?;
        let row = sign_in_attempts::table.find(&self.key_hash);
        let counted = diesel::update(sign_in_attempts::table.find(&self.key_hash))
            .set(sign_in_attempts::attempts.eq(sign_in_attempts::attempts + 1))
            .returning((sign_in_attempts::began_at, sign_in_attempts::attempts))
            .get_result::<(Timestamp, i64)>(conn)
            .optional()?;
        let (began_at, attempts) = counted.ok_or_else(swept)?;
        let over = began_at.0 + MINUTE;
        if now.0 >= over {
            let known_until = row
                .select(sign_in_attempts::known_until)
                .first::<Option<Timestamp>>(conn)?;
            diesel::update(sign_in_attempts::table.find(&self.key_hash))
                .set((
                    sign_in_attempts::began_at.eq(now),
                    sign_in_attempts::attempts.eq(1),
                    sign_in_attempts::forget_at.eq(forget_at(known_until, now)),
                ))
                .execute(conn)?;
            return Ok(Counted::Admitted);
        }
        Ok(match attempts <= quota {
            true => Counted::Admitted,
            false => Counted::Limited {
                retry_after: (over - now.0).num_seconds() + 1,
                first: attempts == quota + 1,
            },
        })
    }

    fn keep_address(&self, conn: &mut Conn, now: Timestamp) -> Result<()> {
        let row = diesel::insert_into(sign_in_attempts::table).values((
            sign_in_attempts::key_hash.eq(&self.key_hash),
            sign_in_attempts::began_at.eq(now),
            sign_in_attempts::attempts.eq(0),
            sign_in_attempts::forget_at.eq(forget_at(None, now)),
        ));
        OrIgnore(row).execute(conn)?;
        Ok(())
    }

    fn count_in_window(&self, conn: &mut Conn, quota: i64, now: Timestamp) -> Result<Counted> {
        let minute = MINUTE.num_seconds();
        let row = diesel::insert_into(sign_in_windows::table).values((
            sign_in_windows::account_hash.eq(&self.account_hash),
            sign_in_windows::began_at.eq(now),
            sign_in_windows::lasts.eq(minute),
            sign_in_windows::attempts.eq(0),
            sign_in_windows::forget_at.eq(now),
        ));
        OrIgnore(row).execute(conn)?;
        let counted = diesel::update(sign_in_windows::table.find(&self.account_hash))
            .set(sign_in_windows::attempts.eq(sign_in_windows::attempts + 1))
            .returning((
                sign_in_windows::began_at,
                sign_in_windows::lasts,
                sign_in_windows::attempts,
            ))
            .get_result::<(Timestamp, i64, i64)>(conn)
            .optional()?;
        let (began_at, lasts, attempts) = counted.ok_or_else(swept)?;
        let length = TimeDelta::seconds(lasts);
        let over = began_at.0 + length;
        if now.0 < over {
            if attempts == 1 {
                self.begin_window(conn, now, lasts)?;
            }
            return Ok(match attempts <= quota {
                true => Counted::Admitted,
                false => Counted::Limited {
                    retry_after: (over - now.0).num_seconds() + 1,
                    first: attempts == quota + 1,
                },
            });
        }
        // This attempt is counted in the window that is over, where it does not belong.
        let used_up = attempts > quota;
        let quiet = now.0 >= over + length;
        let lasts = match used_up && !quiet {
            true => (lasts * 2).min(LONGEST),
            false => minute,
        };
        self.begin_window(conn, now, lasts)?;
        Ok(Counted::Admitted)
    }

    fn begin_window(&self, conn: &mut Conn, now: Timestamp, lasts: i64) -> Result<()> {
        diesel::update(sign_in_windows::table.find(&self.account_hash))
            .set((
                sign_in_windows::began_at.eq(now),
                sign_in_windows::lasts.eq(lasts),
                sign_in_windows::attempts.eq(1),
                // Until it no longer tells how long the next one is.
                sign_in_windows::forget_at.eq(Timestamp(now.0 + TimeDelta::seconds(2 * lasts))),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// Notes that the account was signed in to from this address.
    pub fn succeeded(&self, conn: &mut Conn, now: Timestamp) -> Result<()> {
        if self.quotas.is_none() {
            return Ok(());
        }
        self.keep_address(conn, now)?;
        let known = sign_in_attempts::table
            .find(&self.key_hash)
            .select(sign_in_attempts::known_until)
            .first::<Option<Timestamp>>(conn)?;
        if known.is_none_or(|until| until <= now) {
            // It was no guess: whoever else comes from a new place is tried as often as before.
            let window = sign_in_windows::table
                .find(&self.account_hash)
                .filter(sign_in_windows::attempts.gt(0));
            diesel::update(window)
                .set(sign_in_windows::attempts.eq(sign_in_windows::attempts - 1))
                .execute(conn)?;
        }
        let known_until = Timestamp(now.0 + KNOWN);
        diesel::update(sign_in_attempts::table.find(&self.key_hash))
            .set((
                sign_in_attempts::known_until.eq(known_until),
                sign_in_attempts::forget_at.eq(known_until),
            ))
            .execute(conn)?;
        Ok(())
    }
}

/// A sweeper on another node took the row between two statements: rare, and over at once.
fn swept() -> Error {
    Error::unavailable("an attempt was swept while it was counted")
}

fn forget_at(known_until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let soon = Timestamp(now.0 + MINUTE);
    known_until.map_or(soon, |until| until.max(soon))
}

/// Forgets what counts no more, 500 of each at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let addresses = sign_in_attempts::table
        .filter(sign_in_attempts::forget_at.le(now))
        .select(sign_in_attempts::key_hash)
        .limit(500)
        .load::<String>(conn)?;
    let windows = sign_in_windows::table
        .filter(sign_in_windows::forget_at.le(now))
        .select(sign_in_windows::account_hash)
        .limit(500)
        .load::<String>(conn)?;
    let addresses = diesel::delete(
        sign_in_attempts::table
            .filter(sign_in_attempts::key_hash.eq_any(addresses))
            // Unless it counts again.
            .filter(sign_in_attempts::forget_at.le(now)),
    )
    .execute(conn)?;
    let windows = diesel::delete(
        sign_in_windows::table
            .filter(sign_in_windows::account_hash.eq_any(windows))
            .filter(sign_in_windows::forget_at.le(now)),
    )
    .execute(conn)?;
    Ok(addresses + windows)
}
