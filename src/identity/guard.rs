//! Who is calling, as handlers ask it.

use diesel::prelude::*;
use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::grants::{self, GrantId};
use super::jwt::{self, Audience};
use super::people::{self, UserId};
use super::roles::{Permission, Role};
use super::session::{self, Session};
use crate::clock::Clock;
use crate::db::schema::admins;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::{System, asked_for, envelope, system_of};

/// A signed-in person; anyone else is refused with 401.
pub struct SignedIn {
    /// Who it is.
    pub user_id: UserId,
    /// The session that was shown.
    pub session: Session,
}

impl SignedIn {
    /// Writes as this person: as [`Db::write`], and refused if the person may not write.
    ///
    /// # Errors
    /// 403 for a person who is suspended, 401 for one who was erased meanwhile.
    pub async fn write<T, F>(&self, db: &Db, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        db.write(as_person(self.user_id, f)).await
    }

    /// As [`SignedIn::write`], on a row that many want ([`Db::write_hot`]).
    pub async fn write_hot<T, F>(&self, db: &Db, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        db.write_hot(as_person(self.user_id, f)).await
    }
}

/// `f`, if this person may write.
pub fn as_person<T>(
    id: UserId,
    f: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
) -> impl Fn(&mut Conn) -> Result<T> + Send + 'static {
    move |conn| {
        people::check_may_write(conn, id)?;
        f(conn)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match session::current(request).await {
            Ok(Some(session)) => Outcome::Success(Self {
                user_id: session.user_id,
                session: session.clone(),
            }),
            Ok(None) => Outcome::Error(envelope::park(request, Error::Unauthorized(None))),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}

/// An administrator of this server, by an access token of audience `admin`; anyone else is
/// refused with 401, and with 403 whoever is signed in as a person.
#[derive(Debug, Clone, Copy)]
pub struct Admin {
    /// Who it is.
    pub user_id: UserId,
    /// The sign-in that the token comes from.
    pub grant_id: GrantId,
    role: Role,
    /// When the token was looked at.
    at: Timestamp,
}

impl Admin {
    /// Asks for a permission once more, in the transaction of a write: the body of a call may
    /// take long to arrive, and the admin be deactivated meanwhile.
    ///
    /// # Errors
    /// 401 for a sign-in that has ended, 403 without the permission.
    pub fn check(&self, conn: &mut Conn, permission: Permission) -> Result<()> {
        let role = role_of(conn, self.user_id, self.grant_id, self.at)?;
        let role = role.ok_or(Error::NoToken)?;
        Self { role, ..*self }.may(permission)
    }

    /// What the admin is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Asks for a permission.
    ///
    /// # Errors
    /// 403 without it.
    pub fn may(&self, permission: Permission) -> Result<()> {
        match self.role.permissions().contains(&permission) {
            true => Ok(()),
            false => Err(Error::Forbidden(None)),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match admin(request).await {
            Ok(admin) => Outcome::Success(admin),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}

/// Somebody who shows a token, or nobody who shows none. A token that does not hold is refused.
pub struct Maybe<T>(pub Option<T>);

#[rocket::async_trait]
impl<'r, T: FromRequest<'r>> FromRequest<'r> for Maybe<T> {
    type Error = T::Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match request.headers().contains("Authorization") {
            true => T::from_request(request).await.map(|who| Self(Some(who))),
            false => Outcome::Success(Self(None)),
        }
    }
}

async fn admin(request: &Request<'_>) -> Result<Admin> {
    let (method, path) = asked_for(request);
    if !request.headers().contains("Authorization")
        && system_of(method, path) == System::Community
        && session::current(request).await?.is_some()
    {
        return Err(Error::Forbidden(None));
    }
    let claims = jwt::shown(request).ok_or(Error::NoToken)?;
    if claims.aud != Audience::Admin {
        return Err(Error::NoToken);
    }
    let (Some(db), Some(clock)) = (request.rocket().state::<Db>(), request.rocket().state()) else {
        return Err(Error::internal("no database"));
    };
    let (user_id, grant_id) = (claims.sub, claims.sid);
    let now = Timestamp(Clock::now(clock));
    let role = db.read(move |conn| role_of(conn, user_id, grant_id, now));
    Ok(Admin {
        user_id,
        grant_id,
        role: role.await?.ok_or(Error::NoToken)?,
        at: now,
    })
}

/// The role of an active admin whose sign-in holds.
fn role_of(
    conn: &mut Conn,
    user_id: UserId,
    grant_id: GrantId,
    now: Timestamp,
) -> Result<Option<Role>> {
    let role = admins::table
        .find(user_id)
        .filter(admins::is_active)
        .filter(grants::holds(grant_id, user_id, Audience::Admin, now))
        .select(admins::role)
        .first::<String>(conn)
        .optional()?;
    role.map(|role| Role::read(&role).ok_or_else(|| Error::internal("an unknown role")))
        .transpose()
}

/// Anyone: a signed-in person, or nobody. A cookie of no session is nobody, so that a page
/// stays readable when a session ends.
#[derive(Debug, Clone, Copy)]
pub struct Reader(pub Option<UserId>);

impl Reader {
    /// The person, or a 401 with the endpoint's own sentence.
    pub fn signed_in(self, sentence: &'static str) -> Result<UserId> {
        self.0.ok_or(Error::Unauthorized(Some(sentence.into())))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reader {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match session::current(request).await {
            Ok(session) => Outcome::Success(Self(session.map(|session| session.user_id))),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}
