//! Who is calling, as handlers ask it.

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::people::UserId;
use super::session::{self, Session};
use crate::error::{Error, Result};
use crate::http::envelope;

/// A signed-in person; anyone else is refused with 401.
pub struct SignedIn {
    /// Who it is.
    pub user_id: UserId,
    /// The session that was shown.
    pub session: Session,
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
