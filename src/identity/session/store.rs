//! Sessions in the database, behind rocket-session-store. Owns `sessions`.

use std::time::Duration;

use diesel::prelude::*;
use rocket_session_store::{SessionError, SessionResult, Store};

use super::{Session, SessionId};
use crate::clock::Clock;
use crate::db::schema::sessions;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, on_backend};
use crate::error::{Error, Result};
use crate::identity::people::{self, UserId};
use crate::secret::sha256_hex;

/// Characters of a token, as rocket-session-store makes it: 142 bits.
const TOKEN_CHARS: usize = 24;
/// Most sessions of a person; the oldest end first.
const MOST: i64 = 100;

/// The store behind rocket-session-store.
pub(super) struct Sessions {
    pub(super) db: Db,
    pub(super) clock: Clock,
}

/// True for what the store itself hands out. A cookie is whatever a client sends.
fn is_token(token: &str) -> bool {
    token.len() == TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn hash(token: &str) -> String {
    sha256_hex(&[token.as_bytes()])
}

/// The crate's error has no cause; the log gets it.
fn unreachable_store(error: Error) -> SessionError {
    tracing::warn!(cause = %error, "the session store failed");
    SessionError
}

#[rocket::async_trait]
impl Store for Sessions {
    type Value = Session;

    async fn get(&self, token: &str) -> SessionResult<Option<Session>> {
        if !is_token(token) {
            return Ok(None);
        }
        let (hash, now) = (hash(token), Timestamp(self.clock.now()));
        let found = self.db.read(move |conn| {
            Ok(on_backend!(conn, conn => Session::query()
                .filter(sessions::token_hash.eq(&hash))
                .filter(sessions::expires_at.gt(now))
                .first(conn))
            .optional()?)
        });
        found.await.map_err(unreachable_store)
    }

    async fn set(&self, token: &str, session: Session, _: Duration) -> SessionResult<()> {
        if !is_token(token) {
            return Err(SessionError);
        }
        let hash = hash(token);
        let made = self.db.write(move |conn| insert(conn, &hash, &session));
        made.await.map_err(unreachable_store)
    }

    /// Sessions end 30 days after sign-in, however much they are used.
    async fn touch(&self, _: &str, _: Duration) -> SessionResult<()> {
        Ok(())
    }

    async fn remove(&self, token: &str) -> SessionResult<()> {
        if !is_token(token) {
            return Ok(());
        }
        let hash = hash(token);
        let ended = self.db.write(move |conn| {
            diesel::delete(sessions::table.find(&hash)).execute(conn)?;
            Ok(())
        });
        ended.await.map_err(unreachable_store)
    }
}

fn insert(conn: &mut Conn, token_hash: &str, session: &Session) -> Result<()> {
    // Whoever erases the account while signing in elsewhere stays erased.
    if people::find_public(conn, session.user_id)?.is_none() {
        return Err(Error::Unauthorized(None));
    }
    let oldest = sessions::table
        .filter(sessions::user_id.eq(session.user_id))
        .order(sessions::created_at.desc())
        .offset(MOST - 1)
        .limit(MOST)
        .select(sessions::token_hash)
        .load::<String>(conn)?;
    for token_hash in oldest {
        diesel::delete(sessions::table.find(token_hash)).execute(conn)?;
    }
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token_hash),
            sessions::id.eq(session.id),
            sessions::user_id.eq(session.user_id),
            sessions::agent.eq(&session.agent),
            sessions::address_family.eq(&session.address_family),
            sessions::created_at.eq(session.created_at),
            sessions::expires_at.eq(session.expires_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets sessions that have expired, 500 at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let expired = sessions::table
        .filter(sessions::expires_at.le(now))
        .select(sessions::token_hash)
        .limit(500)
        .load::<String>(conn)?;
    Ok(
        diesel::delete(sessions::table.filter(sessions::token_hash.eq_any(expired)))
            .execute(conn)?,
    )
}

/// A person's sessions, newest first.
pub fn of(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<Vec<Session>> {
    let all = Session::query()
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::expires_at.gt(now))
        .order(sessions::created_at.desc())
        .limit(MOST);
    Ok(all.load(conn)?)
}

/// Ends a session of this person; how many there were.
pub(super) fn end(conn: &mut Conn, user_id: UserId, id: SessionId) -> Result<usize> {
    let one = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::id.eq(id));
    Ok(diesel::delete(one).execute(conn)?)
}

/// Ends all sessions of this person but one; how many there were.
pub(super) fn end_others(conn: &mut Conn, user_id: UserId, but: SessionId) -> Result<usize> {
    let others = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::id.ne(but));
    Ok(diesel::delete(others).execute(conn)?)
}

/// Ends all sessions of this person (at most [`MOST`]); for whoever suspends or erases.
pub fn end_all(conn: &mut Conn, user_id: UserId) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user_id))).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_store_made_is_a_token() {
        assert!(is_token("abcdefghijklmnopqrstuvwX"));
        for other in [
            "",
            "abcdefghijklmnopqrstuvw",
            "abcdefghijklmnopqrstuvwxy",
            "abcdefghijklmnopqrstuv'-",
        ] {
            assert!(!is_token(other), "{other}");
        }
    }
}
