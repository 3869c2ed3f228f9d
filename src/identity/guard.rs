//! Who is calling, as handlers ask it.

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::people::{self, UserId};
use super::session::{self, Session};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::envelope;

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

/// An administrator of this server. Whoever is signed in as a person is none (403).
pub struct Admin;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let error = match session::current(request).await {
            Ok(Some(_)) => Error::Forbidden(None),
            Ok(None) => Error::Unauthorized(None),
            Err(error) => error,
        };
        Outcome::Error(envelope::park(request, error))
    }
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
