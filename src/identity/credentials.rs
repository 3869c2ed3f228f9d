//! Proving who one is with a password. Owns `passwords`.
//!
//! Counted before anything is compared ([`super::attempts`]); compared before the write, never
//! inside one; and held against the hash once more in the transaction of what it opens, so that
//! a password that was changed meanwhile opens nothing.

use diesel::prelude::*;
use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};

use super::attempts::{Attempt, Attempts, Counted};
use super::audit::{self, Source};
use super::password::Hasher;
use super::people::{self, Login, LoginId, UserId};
use crate::clock::Clock;
use crate::db::schema::{logins, passwords};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};

/// Where people come who have a password.
pub struct Desk<'r> {
    attempts: Attempts,
    /// Where the call came from.
    pub source: Source,
    db: &'r Db,
    clock: &'r Clock,
    hasher: &'r Hasher,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Desk<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let rocket = request.rocket();
        let states = (rocket.state(), rocket.state(), rocket.state());
        let guards = (request.guard().await, request.guard().await);
        match (states, guards) {
            (
                (Some(db), Some(clock), Some(hasher)),
                (Outcome::Success(attempts), Outcome::Success(source)),
            ) => Outcome::Success(Self {
                attempts,
                source,
                db,
                clock,
                hasher,
            }),
            _ => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

/// A password that was right a moment ago.
#[derive(Clone)]
pub struct Proved {
    /// Whose it is.
    pub user_id: UserId,
    /// The login that it belongs to.
    pub login_id: LoginId,
    /// What it was compared with.
    hash: String,
    /// The same password in today's form, if that was of before.
    renewed: Option<String>,
    attempt: Attempt,
    /// What is said where it does not hold.
    sentence: &'static str,
}

impl Desk<'_> {
    /// Proves that the caller knows the password of that account.
    ///
    /// # Errors
    /// 401 with this sentence for an unknown account or a wrong password, after the same time;
    /// 429 for too many attempts; 503 when too many others are at it.
    pub async fn prove(
        &self,
        login: Login,
        password: &str,
        sentence: &'static str,
    ) -> Result<Proved> {
        let (attempt, source) = (self.attempts.at(&login), self.source);
        let now = Timestamp(self.clock.now());
        let (counting, tried) = (attempt.clone(), login.clone());
        let counted = self.db.write_hot(move |conn| {
            let counted = counting.count(conn, now)?;
            if matches!(counted, Counted::Limited { first: true, .. }) {
                let owner = people::of_login(conn, &tried)?;
                audit::record::<()>(conn, source, owner, "sign_in.limited", None, now)?;
            }
            Ok(counted)
        });
        counted.await?.admitted()?;
        let stored = self.db.read(move |conn| stored(conn, &login)).await?;
        let hash = stored.as_ref().map(|(_, _, hash)| hash.as_str());
        let compared = self.hasher.compare(password, hash).await?;
        let owner = stored.as_ref().map(|(user_id, _, _)| *user_id);
        let Some((user_id, login_id, hash)) = stored.filter(|_| compared.same) else {
            let failed = self.db.write(move |conn| {
                audit::record::<()>(conn, source, owner, "sign_in.failed", None, now)
            });
            failed.await?;
            return Err(Error::unauthorized(sentence));
        };
        let renewed = match compared.outdated {
            true => Some(self.hasher.hash(password).await?),
            false => None,
        };
        Ok(Proved {
            user_id,
            login_id,
            hash,
            renewed,
            attempt,
            sentence,
        })
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &str) -> Result<String> {
        self.hasher.hash(password).await
    }

    /// An attempt at that account from here, for whoever makes it.
    pub fn attempt(&self, login: &Login) -> Attempt {
        self.attempts.at(login)
    }
}

impl Proved {
    /// Holds the password against the hash once more, in the transaction of what it opens;
    /// replaces a hash of before, and notes that the account is signed in to from here. Whose it is now: the person may have become another.
    ///
    /// # Errors
    /// 401 if the password was changed meanwhile.
    pub fn hold(&self, conn: &mut Conn, now: Timestamp) -> Result<UserId> {
        let stored = passwords::table
            .inner_join(logins::table)
            .filter(passwords::login_id.eq(self.login_id))
            .select((logins::user_id, passwords::hash))
            .first::<(UserId, String)>(conn)
            .optional()?;
        let stored = stored.filter(|(_, hash)| *hash == self.hash);
        let (user_id, _) = stored.ok_or_else(|| Error::unauthorized(self.sentence))?;
        if let Some(renewed) = &self.renewed {
            change(conn, self.login_id, renewed, now)?;
        }
        self.attempt.succeeded(conn, now)?;
        Ok(user_id)
    }
}

/// Whose that login is, and the hash of its password.
fn stored(conn: &mut Conn, login: &Login) -> Result<Option<(UserId, LoginId, String)>> {
    if !login.is_text() {
        return Ok(None);
    }
    Ok(passwords::table
        .inner_join(logins::table)
        .filter(logins::kind.eq(login.kind()))
        .filter(logins::subject.eq(login.subject()))
        .select((logins::user_id, logins::id, passwords::hash))
        .first(conn)
        .optional()?)
}

/// Gives a new login its password.
pub fn set(conn: &mut Conn, id: LoginId, hash: &str, now: Timestamp) -> Result<()> {
    diesel::insert_into(passwords::table)
        .values((
            passwords::login_id.eq(id),
            passwords::hash.eq(hash),
            passwords::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Replaces the password of a login.
pub fn change(conn: &mut Conn, id: LoginId, hash: &str, now: Timestamp) -> Result<()> {
    diesel::update(passwords::table.find(id))
        .set((passwords::hash.eq(hash), passwords::changed_at.eq(now)))
        .execute(conn)?;
    Ok(())
}
