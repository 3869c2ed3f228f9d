//! A key that a call takes, and the answer that is kept with it.

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use rocket::http::Status;

use super::{ANSWER_BYTES, Caller, KEPT, Kept, answer};
use crate::db::schema::idempotency_keys;
use crate::db::types::Timestamp;
use crate::db::{Conn, OrIgnore};
use crate::error::{Error, Result};
use crate::http::envelope::Answer;

#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
struct Row {
    fingerprint: String,
    status: i64,
    body: String,
    created_at: Timestamp,
}

/// A call that is to happen once.
pub(super) struct Claim {
    pub(super) key_hash: String,
    pub(super) fingerprints: Vec<String>,
    pub(super) caller: Caller,
    pub(super) now: Timestamp,
}

impl Claim {
    /// Writes with `f` and keeps its answer, or gives the one that is kept.
    pub(super) fn write<A: Answer>(
        &self,
        conn: &mut Conn,
        f: &impl Fn(&mut Conn) -> Result<A>,
    ) -> Result<Kept> {
        // On SQLite writes are one after the other.
        if let Conn::Sqlite(_) = conn {
            return self.write_alone(conn, f);
        }
        if let Some(kept) = self.find(conn)? {
            return Ok(kept);
        }
        if !self.take(conn, 0, "")? {
            // Whoever took it meanwhile has committed.
            return self.find(conn)?.ok_or(Error::Conflict(None));
        }
        let given = answer(&f(conn)?)?;
        check_length(&given.body)?;
        diesel::update(idempotency_keys::table.find(&self.key_hash))
            .set((
                idempotency_keys::status.eq(i64::from(given.status.code)),
                idempotency_keys::body.eq(&given.body),
            ))
            .execute(conn)?;
        Ok(given)
    }

    /// As [`Claim::write`], where nobody else runs this call at the same moment, so that the key is
    /// taken together with its answer.
    pub(super) fn write_alone<A: Answer>(
        &self,
        conn: &mut Conn,
        f: &impl Fn(&mut Conn) -> Result<A>,
    ) -> Result<Kept> {
        if let Some(kept) = self.find(conn)? {
            return Ok(kept);
        }
        let given = answer(&f(conn)?)?;
        match self.take(conn, given.status.code, &given.body)? {
            true => Ok(given),
            // Another call has it since.
            false => Err(Error::Conflict(None)),
        }
    }

    /// Keeps the key to this transaction, on PostgreSQL, or refuses at once if another has it.
    pub(super) fn hold_key(&self, conn: &mut Conn) -> Result<()> {
        let Conn::Pg(pg) = conn else {
            return Ok(());
        };
        let mine = diesel::select(
            diesel::dsl::sql::<diesel::sql_types::Bool>(
                "pg_try_advisory_xact_lock(hashtextextended(",
            )
            .bind::<diesel::sql_types::Text, _>(&self.key_hash)
            .sql(", 0))"),
        );
        match mine.get_result::<bool>(pg)? {
            true => Ok(()),
            false => Err(Error::Conflict(None)),
        }
    }

    /// Takes the key, with its answer or before there is one, so that on PostgreSQL a repeat waits
    /// here for this transaction; false if another call has it. One that waited 5 s is a conflict.
    fn take(&self, conn: &mut Conn, status: u16, body: &str) -> Result<bool> {
        check_length(body)?;
        let row = diesel::insert_into(idempotency_keys::table).values((
            idempotency_keys::key_hash.eq(&self.key_hash),
            idempotency_keys::user_id.eq(self.caller.user_id()),
            idempotency_keys::fingerprint.eq(self
                .fingerprints
                .first()
                .cloned()
                .unwrap_or_default()),
            idempotency_keys::status.eq(i64::from(status)),
            idempotency_keys::body.eq(body),
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

fn check_length(body: &str) -> Result<()> {
    match body.len() <= ANSWER_BYTES {
        true => Ok(()),
        false => Err(Error::internal("an answer is too long to be kept")),
    }
}
