//! Rate limits: calls per minute and caller, by class of call.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use rocket::http::Method;

use crate::config::RateLimit;
use crate::error::{Error, RateLimited, Result};
use crate::identity::people::UserId;
use crate::identity::tokens::TokenId;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A signed-in person, wherever they call from.
    User(UserId),
    /// A program with a token of its own; none for that of the settings.
    Machine(Option<TokenId>),
    /// Anyone at an address ([`super::address::network`]).
    Address(IpAddr),
}

/// The limits of this node; absent when they are off.
pub struct Limits(Option<Classes>);

struct Classes {
    public_reads: Class<Caller>,
    reads: Class<Caller>,
    writes: Class<Caller>,
    machines: Class<Caller>,
    sign_ins: Class<(String, IpAddr)>,
}

struct Class<K: std::hash::Hash + Eq + Clone> {
    name: &'static str,
    quota: NonZeroU32,
    used: DefaultKeyedRateLimiter<K>,
}

impl Limits {
    /// The documented limits, multiplied as the setting says.
    pub fn new(setting: RateLimit) -> Self {
        Self(match setting {
            RateLimit::Off => None,
            RateLimit::Times(factor) => Some(Classes {
                public_reads: Class::new("public-reads", 1_200, factor),
                reads: Class::new("reads", 600, factor),
                writes: Class::new("writes", 120, factor),
                machines: Class::new("machines", 1_000, factor),
                sign_ins: Class::new("sign-ins", 10, factor),
            }),
        })
    }

    /// True when limits apply.
    pub fn on(&self) -> bool {
        self.0.is_some()
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`Error::RateLimited`] when the caller's share of the class is used up.
    pub fn call(&self, method: Method, caller: Caller) -> Result<()> {
        let Some(classes) = &self.0 else {
            return Ok(());
        };
        match (method, caller) {
            (_, Caller::Machine(_)) => classes.machines.count(&caller),
            (Method::Get | Method::Head | Method::Options, Caller::Address(_)) => {
                classes.public_reads.count(&caller)
            }
            (Method::Get | Method::Head | Method::Options, Caller::User(_)) => {
                classes.reads.count(&caller)
            }
            _ => classes.writes.count(&caller),
        }
    }

    /// Counts an attempt to sign in to an account from an address.
    ///
    /// # Errors
    /// As [`Limits::call`].
    pub fn sign_in(&self, account: &str, address: IpAddr) -> Result<()> {
        let Some(classes) = &self.0 else {
            return Ok(());
        };
        classes
            .sign_ins
            .count(&(account.chars().take(255).collect(), address))
    }

    /// Forgets callers whose share is whole again, so that memory is bounded by the
    /// callers of a minute.
    pub fn sweep(&self) {
        if let Some(classes) = &self.0 {
            classes.public_reads.sweep();
            classes.reads.sweep();
            classes.writes.sweep();
            classes.machines.sweep();
            classes.sign_ins.sweep();
        }
    }
}

impl<K: std::hash::Hash + Eq + Clone> Class<K> {
    fn new(name: &'static str, per_minute: u32, factor: f64) -> Self {
        let quota = (f64::from(per_minute) * factor).round() as u32;
        let quota = NonZeroU32::new(quota).unwrap_or(NonZeroU32::MIN);
        Self {
            name,
            quota,
            used: RateLimiter::keyed(Quota::per_minute(quota)),
        }
    }

    fn count(&self, key: &K) -> Result<()> {
        self.used.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Error::RateLimited(RateLimited {
                policy: self.name,
                quota: self.quota.get(),
                retry_after: wait.as_secs() + 1,
            })
        })
    }

    fn sweep(&self) {
        self.used.retain_recent();
        self.used.shrink_to_fit();
    }
}
