//! `Idempotency-Key`: a repeated call gets the first one's answer, and nothing happens twice.
//!
//! The answer is stored in the transaction of the write it belongs to. A repeat that
//! comes while the first is under way waits for it: on SQLite writes are one after the
//! other, on PostgreSQL the row that claims the key is locked until the first commits.

mod claim;

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};

use super::envelope::{self, Answer};
use crate::clock::Clock;
use crate::db::schema::idempotency_keys;
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::identity::people::{self, UserId};
use crate::secret::{Secret, sha256_hex};
use claim::Claim;

/// What calls are hashed for.
const PURPOSE: &str = "idempotency 1";
/// Most characters of a key.
const KEY_CHARS: usize = 255;
/// Most bytes of an answer that is kept.
const ANSWER_BYTES: usize = 64 << 10;
/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// Whose calls they are: the same key of another caller is another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A signed-in person, who may have been kept from writing.
    Person(UserId),
    /// Whoever has the internal key.
    Service,
}

impl From<UserId> for Caller {
    fn from(id: UserId) -> Self {
        Self::Person(id)
    }
}

impl Caller {
    fn user_id(self) -> Option<UserId> {
        match self {
            Self::Person(id) => Some(id),
            Self::Service => None,
        }
    }

    fn key_hash(self, key: &str) -> String {
        let who = match self {
            Self::Person(id) => id.to_string(),
            Self::Service => "service".to_owned(),
        };
        sha256_hex(&[who.as_bytes(), b"\n", key.as_bytes()])
    }

    fn check_may_write(self, conn: &mut Conn) -> Result<()> {
        match self {
            Self::Person(id) => people::check_may_write(conn, id),
            Self::Service => Ok(()),
        }
    }
}

/// A call's key, if it has one, and what the call asks.
#[derive(Debug, Default)]
pub struct Once(Option<Key>);

#[derive(Debug)]
struct Key {
    /// None where the header's value is not a key.
    key: Option<String>,
    /// Of method, path and body, in which a password may stand: so only this server can make it.
    /// The one in use first, then those by former keys.
    fingerprints: Vec<String>,
}

/// For calls without a body; with one, [`super::body::Body::json_once`] gives it.
#[rocket::async_trait]
impl<'r> FromRequest<'r> for Once {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match Self::of(request, &[]).checked() {
            Ok(once) => Outcome::Success(once),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}

/// Guards a call whose answer holds a secret, which is not kept: the header is refused.
pub struct NoRepeat;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NoRepeat {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.headers().contains("Idempotency-Key") {
            false => Outcome::Success(Self),
            true => Outcome::Error(envelope::park(
                request,
                Error::bad_request(
                    "This call takes no Idempotency-Key, since its answer is secret.",
                ),
            )),
        }
    }
}

/// An answer, kept or given for the first time.
#[derive(Debug)]
pub struct Kept {
    status: Status,
    body: String,
    replayed: bool,
}

impl<'r> Responder<'r, 'static> for Kept {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = envelope::json_bytes(self.status, self.body.into_bytes());
        if self.replayed {
            response.set_raw_header("Idempotency-Replayed", "true");
        }
        Ok(response)
    }
}

impl Once {
    /// The key of a call with this body.
    pub(super) fn of(request: &Request<'_>, body: &[u8]) -> Self {
        Self(request.headers().get_one("Idempotency-Key").map(|key| {
            let well_formed = (1..=KEY_CHARS).contains(&key.len())
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() || byte == b' ')
                && request.headers().get("Idempotency-Key").count() == 1;
            let (method, path) = (request.method().as_str(), request.uri().path().as_str());
            let call = [method.as_bytes(), b" ", path.as_bytes(), b"\n", body].concat();
            let secret = request.rocket().state::<Secret>();
            Key {
                key: well_formed.then(|| key.to_owned()),
                fingerprints: secret.map_or_else(Vec::new, |secret| secret.hashes(PURPOSE, &call)),
            }
        }))
    }

    pub(super) fn checked(self) -> Result<Self> {
        match &self.0 {
            Some(Key { key: None, .. }) => Err(Error::bad_request(
                "An Idempotency-Key has 1 to 255 printable ASCII characters.",
            )),
            _ => Ok(self),
        }
    }

    /// What is kept of this caller's key, if the call has one.
    pub fn key_hash(&self, caller: Caller) -> Option<String> {
        let key = self.0.as_ref()?.key.as_deref()?;
        Some(caller.key_hash(key))
    }

    /// Writes once: as [`Db::write`], and a repeat of the call gets the same answer.
    ///
    /// # Errors
    /// 401 and 403 for a person who may not write; those of `f`, which are not kept; 422 if
    /// the key was used for another call.
    pub async fn write<A, F>(
        self,
        db: &Db,
        caller: impl Into<Caller>,
        clock: &Clock,
        f: F,
    ) -> Result<Kept>
    where
        A: Answer + Send + 'static,
        F: Fn(&mut Conn) -> Result<A> + Send + 'static,
    {
        let caller = caller.into();
        match self.claim(caller, clock) {
            // Nothing is kept, and the answer is written where others do not wait.
            None => answer(&db.write(allowed(caller, f)).await?),
            Some(claim) => {
                let f = move |conn: &mut Conn| claim.write(conn, &f);
                db.write(allowed(caller, f)).await
            }
        }
    }

    /// As [`Once::write`], on a row that many want ([`Db::write_hot`]).
    pub async fn write_hot<A, F>(
        self,
        db: &Db,
        caller: impl Into<Caller>,
        clock: &Clock,
        f: F,
    ) -> Result<Kept>
    where
        A: Answer + Send + 'static,
        F: Fn(&mut Conn) -> Result<A> + Send + 'static,
    {
        let caller = caller.into();
        match self.claim(caller, clock) {
            None => answer(&db.write_hot(allowed(caller, f)).await?),
            Some(claim) => {
                let f = move |conn: &mut Conn| claim.write(conn, &f);
                db.write_hot(allowed(caller, f)).await
            }
        }
    }

    /// As [`Once::write_hot`], where what many want is one row ([`Db::write_row`]), which `lock`
    /// locks first: so a repeat waits for the row, and whoever else has the key under way is
    /// another call, for which nobody waits who holds a row.
    pub async fn write_row<A, F, K>(
        self,
        db: &Db,
        caller: impl Into<Caller>,
        clock: &Clock,
        (row, lock): HotRow<K>,
        f: F,
    ) -> Result<Kept>
    where
        A: Answer + Send + 'static,
        F: Fn(&mut Conn) -> Result<A> + Send + 'static,
        K: 'static,
    {
        let caller = caller.into();
        match self.claim(caller, clock) {
            None => answer(&db.write_row(row, allowed(caller, f)).await?),
            Some(claim) => {
                let f = move |conn: &mut Conn| {
                    lock(conn, row)?;
                    claim.hold_key(conn)?;
                    claim.write_alone(conn, &f)
                };
                db.write_row(row, allowed(caller, f)).await
            }
        }
    }

    fn claim(self, caller: Caller, clock: &Clock) -> Option<Claim> {
        let Key { key, fingerprints } = self.0?;
        Some(Claim {
            key_hash: caller.key_hash(&key?),
            fingerprints,
            caller,
            now: clock.now().into(),
        })
    }
}

/// `f`, if this caller may write.
fn allowed<T>(
    caller: Caller,
    f: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
) -> impl Fn(&mut Conn) -> Result<T> + Send + 'static {
    move |conn| {
        caller.check_may_write(conn)?;
        f(conn)
    }
}

/// A row that many want, and what keeps others from it until the transaction ends.
pub type HotRow<K> = (Id<K>, fn(&mut Conn, Id<K>) -> Result<()>);

fn answer(given: &impl Answer) -> Result<Kept> {
    let body = given.body().map_err(Error::internal)?;
    Ok(Kept {
        status: given.status(),
        body,
        replayed: false,
    })
}

/// Forgets what a person's calls were answered, 500 at a time; how many they were.
pub fn forget(conn: &mut Conn, caller: UserId) -> Result<usize> {
    let kept = idempotency_keys::table
        .filter(idempotency_keys::user_id.eq(caller))
        .select(idempotency_keys::key_hash)
        .limit(500)
        .load::<String>(conn)?;
    Ok(
        diesel::delete(idempotency_keys::table.filter(idempotency_keys::key_hash.eq_any(kept)))
            .execute(conn)?,
    )
}

/// Forgets answers that are older than [`KEPT`], 500 at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let old = idempotency_keys::table
        .filter(idempotency_keys::created_at.le(Timestamp(now.0 - KEPT)))
        .select(idempotency_keys::key_hash)
        .limit(500)
        .load::<String>(conn)?;
    Ok(
        diesel::delete(idempotency_keys::table.filter(idempotency_keys::key_hash.eq_any(old)))
            .execute(conn)?,
    )
}
