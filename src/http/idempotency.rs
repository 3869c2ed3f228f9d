//! `Idempotency-Key`: a repeated call gets the first one's answer, and nothing happens twice.
//!
//! The answer is stored in the transaction of the write it belongs to. A repeat that
//! comes while the first is under way waits for it: on SQLite writes are one after the
//! other, on PostgreSQL the row that claims the key is locked until the first commits.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};
use serde::Serialize;

use super::envelope::{self, Said};
use crate::clock::Clock;
use crate::db::schema::idempotency_keys;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, OrIgnore};
use crate::error::{Error, Result};
use crate::identity::guard::as_person;
use crate::identity::people::UserId;
use crate::secret::{Secret, sha256_hex};

/// What calls are hashed for.
const PURPOSE: &str = "idempotency 1";
/// Most characters of a key.
const KEY_CHARS: usize = 255;
/// Most bytes of an answer that is kept.
const ANSWER_BYTES: usize = 64 << 10;
/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

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

#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
struct Row {
    fingerprint: String,
    status: i64,
    body: String,
    created_at: Timestamp,
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

    /// Writes once: as [`Db::write`], and a repeat of the call gets the same answer.
    ///
    /// # Errors
    /// 401 and 403 for a caller who may not write; those of `f`, which are not kept; 422 if
    /// the key was used for another call.
    pub async fn write<T, F>(self, db: &Db, caller: UserId, clock: &Clock, f: F) -> Result<Kept>
    where
        T: Serialize + Send + 'static,
        F: Fn(&mut Conn) -> Result<Said<T>> + Send + 'static,
    {
        match self.claim(caller, clock) {
            // Nothing is kept, and the answer is written where others do not wait.
            None => answer(db.write(as_person(caller, f)).await?),
            Some(claim) => {
                let f = move |conn: &mut Conn| claim.write(conn, &f);
                db.write(as_person(caller, f)).await
            }
        }
    }

    /// As [`Once::write`], on a row that many want ([`Db::write_hot`]).
    pub async fn write_hot<T, F>(self, db: &Db, caller: UserId, clock: &Clock, f: F) -> Result<Kept>
    where
        T: Serialize + Send + 'static,
        F: Fn(&mut Conn) -> Result<Said<T>> + Send + 'static,
    {
        match self.claim(caller, clock) {
            None => answer(db.write_hot(as_person(caller, f)).await?),
            Some(claim) => {
                let f = move |conn: &mut Conn| claim.write(conn, &f);
                db.write_hot(as_person(caller, f)).await
            }
        }
    }

    fn claim(self, caller: UserId, clock: &Clock) -> Option<Claim> {
        let Key { key, fingerprints } = self.0?;
        let who = caller.to_string();
        Some(Claim {
            key_hash: sha256_hex(&[who.as_bytes(), b"\n", key?.as_bytes()]),
            fingerprints,
            caller,
            now: clock.now().into(),
        })
    }
}

/// A call that is to happen once.
struct Claim {
    key_hash: String,
    fingerprints: Vec<String>,
    caller: UserId,
    now: Timestamp,
}

impl Claim {
    /// Writes with `f` and keeps its answer, or gives the one that is kept.
    fn write<T: Serialize>(
        &self,
        conn: &mut Conn,
        f: &impl Fn(&mut Conn) -> Result<Said<T>>,
    ) -> Result<Kept> {
        if let Some(kept) = self.find(conn)? {
            return Ok(kept);
        }
        if !self.take(conn)? {
            // Whoever took it meanwhile has committed.
            return self.find(conn)?.ok_or(Error::Conflict(None));
        }
        let given = answer(f(conn)?)?;
        if given.body.len() > ANSWER_BYTES {
            return Err(Error::internal("an answer is too long to be kept"));
        }
        diesel::update(idempotency_keys::table.find(&self.key_hash))
            .set((
                idempotency_keys::status.eq(i64::from(given.status.code)),
                idempotency_keys::body.eq(&given.body),
            ))
            .execute(conn)?;
        Ok(given)
    }

    /// Takes the key first, so that on PostgreSQL a repeat waits here for this transaction;
    /// false if another call has it. One that waited 5 s is a conflict.
    fn take(&self, conn: &mut Conn) -> Result<bool> {
        let row = diesel::insert_into(idempotency_keys::table).values((
            idempotency_keys::key_hash.eq(&self.key_hash),
            idempotency_keys::user_id.eq(self.caller),
            idempotency_keys::fingerprint.eq(self
                .fingerprints
                .first()
                .cloned()
                .unwrap_or_default()),
            idempotency_keys::status.eq(0),
            idempotency_keys::body.eq(""),
            idempotency_keys::created_at.eq(self.now),
        ));
        match OrIgnore(row).execute(conn) {
            Ok(rows) => Ok(rows == 1),
            Err(DieselError::DatabaseError(_, info)) if info.message().contains("lock timeout") => {
                Err(Error::Conflict(None))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn find(&self, conn: &mut Conn) -> Result<Option<Kept>> {
        let row = idempotency_keys::table
            .find(&self.key_hash)
            .select(Row::as_select())
            .first(conn)
            .optional()?;
        match row {
            None => Ok(None),
            Some(row) if row.created_at.0 + KEPT <= self.now.0 => {
                diesel::delete(idempotency_keys::table.find(&self.key_hash)).execute(conn)?;
                Ok(None)
            }
            Some(row) if !self.fingerprints.contains(&row.fingerprint) => Err(Error::KeyReused),
            Some(row) => {
                let status = u16::try_from(row.status).ok().and_then(Status::from_code);
                let status =
                    status.ok_or_else(|| Error::internal("a kept answer without a status"))?;
                Ok(Some(Kept {
                    status,
                    body: row.body,
                    replayed: true,
                }))
            }
        }
    }
}

fn answer<T: Serialize>(said: Said<T>) -> Result<Kept> {
    let body = serde_json::to_string(&said).map_err(Error::internal)?;
    Ok(Kept {
        status: said.status(),
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
