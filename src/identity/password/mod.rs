//! Passwords: what a good one is, how they are hashed, and how many at once.

use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use rocket::tokio::sync::Semaphore;
use rocket::tokio::task;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, Result};
use crate::http::fields::Check;

/// Most characters of a password.
const MOST_CHARS: usize = 128;
/// Longer than any password here, in bytes: not worth hashing.
const MOST_BYTES: usize = 32 * MOST_CHARS;
/// How many may wait for their turn; more than that are told to come back later.
const WAITING: usize = 64;

/// The most common passwords of eight characters or more, sorted, a line each
/// (docs/decisions/0012-passwords.md).
static COMMON: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

/// What passwords are hashed with: the OWASP recommendation for Argon2id (19 MiB, two passes,
/// one lane). A hash of other parameters is replaced at its next sign-in.
fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A new password: in normal form C, of so many characters, none of the most common ones, and
/// not the name of its own account.
pub fn rule(
    check: &mut Check,
    field: &'static str,
    password: &str,
    least: usize,
    account: &str,
) -> String {
    let length: RangeInclusive<usize> = least..=MOST_CHARS;
    let password: String = password.nfc().collect();
    let folded = password.to_lowercase();
    if !length.contains(&password.chars().count()) {
        check.problem(
            field,
            format!("must have {least} to {MOST_CHARS} characters"),
        );
    } else if password.chars().any(char::is_control) {
        check.problem(field, "must not hold control characters");
    } else if COMMON.binary_search(&folded.as_str()).is_ok() {
        check.problem(field, "is one of the most common passwords");
    } else if folded == account.to_lowercase() {
        check.problem(field, "must not be the name of the account");
    }
    password
}

/// What is found when a password is compared with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// It is the one.
    pub same: bool,
    /// The hash is of another algorithm or other parameters than today's.
    pub outdated: bool,
}

/// Hashes passwords beside the requests: a few at once, since each takes 19 MiB and tens of
/// milliseconds of a core, and others shall be answered meanwhile.
pub struct Hasher {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Nobody's hash, which takes as long as anybody's.
    dummy: String,
}

impl Hasher {
    /// For this machine: half of its cores.
    pub fn new() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            turns: Arc::new(Semaphore::new((cores / 2).max(1))),
            waiting: AtomicUsize::new(0),
            dummy: hash(&crate::secret::random_text()?)?,
        })
    }

    /// Hashes a password that obeys the [`rule`], in the PHC string format.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.run(move || hash(&password)).await
    }

    /// Compares a password with a hash; with none it takes as long and is never the same.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn compare(&self, password: &str, stored: Option<&str>) -> Result<Compared> {
        // What cannot be right takes as long as what might be.
        let password: String = match password.len() <= MOST_BYTES {
            true => password.nfc().collect(),
            false => String::new(),
        };
        let stored = stored.filter(|_| !password.is_empty());
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let compared = self.run(move || compare(&password, &stored)).await?;
        Ok(Compared {
            same: compared.same && known,
            ..compared
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _place = Place::take(&self.waiting)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(Error::internal)?;
        // The turn is over when the work is, also where nobody waits for it any more.
        let work = move || {
            let _turn = turn;
            f()
        };
        task::spawn_blocking(work).await.map_err(Error::internal)?
    }
}

/// A place among those that wait, given back when the caller goes.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(waiting);
        match before < WAITING {
            true => Ok(place),
            false => Err(Error::unavailable("too many passwords wait to be hashed")),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash(password: &str) -> Result<String> {
    let hash = argon2()?.hash_password(password.as_bytes());
    Ok(hash.map_err(Error::internal)?.to_string())
}

fn compare(password: &str, stored: &str) -> Result<Compared> {
    if stored.starts_with("$2") {
        return Ok(Compared {
            same: bcrypt::verify(password, stored).unwrap_or_else(|_| unreadable()),
            outdated: true,
        });
    }
    let Ok(parsed) = PasswordHash::new(stored) else {
        return Ok(Compared {
            same: unreadable(),
            outdated: true,
        });
    };
    let ours = argon2()?;
    let same = ours.verify_password(password.as_bytes(), &parsed).is_ok();
    let current = parsed.algorithm == Algorithm::Argon2id.ident()
        && parsed.version == Some(Version::V0x13.into())
        && Params::try_from(&parsed).is_ok_and(|params| {
            let today = ours.params();
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (today.m_cost(), today.t_cost(), today.p_cost())
        });
    Ok(Compared {
        same,
        outdated: !current,
    })
}

/// What came with an import and is no hash is nobody's password.
fn unreadable() -> bool {
    tracing::warn!("a stored password is no hash that can be read; its account is shut");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(password: &str) -> Option<String> {
        let mut check = Check::default();
        rule(&mut check, "password", password, 8, "ann.smith");
        match check.done() {
            Err(Error::Invalid(fields)) => fields.get("password").cloned(),
            _ => None,
        }
    }

    #[test]
    fn a_new_password_is_neither_short_nor_common_nor_the_name() {
        assert_eq!(problem("correct horse"), None);
        assert_eq!(problem(&"ü".repeat(128)), None);
        for bad in [
            "",
            "seven77",
            "password",
            "PassWord",
            "12345678",
            "Password123",
            "Ann.Smith",
            "with\nbreak",
            "with\0nul..",
            &"x".repeat(129),
        ] {
            assert!(problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn the_common_ones_are_sorted_for_the_search() {
        assert!(COMMON.is_sorted());
        assert_eq!(COMMON.len(), 3_000);
    }

    #[test]
    fn hashes_of_before_are_told_apart() {
        let today = hash("correct horse").expect("hashed");
        assert!(
            today.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{today}"
        );
        let is = |same, outdated| Compared { same, outdated };
        let told = |password, stored| compare(password, stored).expect("compared");
        assert_eq!(told("correct horse", &today), is(true, false));
        assert_eq!(told("Correct horse", &today), is(false, false));
        let cheap = Params::new(64, 1, 1, None).expect("parameters");
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
        let cheap = cheap.hash_password(b"correct horse").expect("hashed");
        let cheap = cheap.to_string();
        assert_eq!(told("correct horse", &cheap), is(true, true));
        let imported = bcrypt::hash("correct horse", 4).expect("hashed");
        assert_eq!(told("correct horse", &imported), is(true, true));
        assert_eq!(told("wrong horse", &imported), is(false, true));
        assert_eq!(told("x", "$2b$nonsense"), is(false, true));
        assert_eq!(told("x", "nonsense"), is(false, true));
    }
}
