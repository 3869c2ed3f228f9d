//! The one error of the program: what went wrong, in terms a caller can act on.
//!
//! How it looks on the wire is decided by the system the path belongs to
//! ([`crate::http::envelope`]); what caused it goes to the log only.

use std::borrow::Cow;
use std::collections::BTreeMap;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use rocket::http::{Method, Status};

/// A result of this program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with a field, by the field's name.
pub type Fields = BTreeMap<Cow<'static, str>, String>;

/// A sentence of a contract, or none where the system's general one will do.
pub type Sentence = Option<Cow<'static, str>>;

/// Everything that can go wrong while a call is answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input has not the form that the call asks for.
    #[error("bad request")]
    BadRequest(Sentence),
    /// The body is JSON, but a field is missing or of another type: which, and what is wrong.
    #[error("malformed: {0:?}")]
    Malformed(Fields),
    /// Nobody is signed in, or not with the right secret.
    #[error("not signed in")]
    Unauthorized(Sentence),
    /// The call needs a bearer token (RFC 6750), and there is none that holds.
    #[error("no token that holds")]
    NoToken,
    /// Somebody is signed in who may not do this.
    #[error("forbidden")]
    Forbidden(Sentence),
    /// No such thing, or none that the caller may know of.
    #[error("not found")]
    NotFound(Sentence),
    /// The path is known, with the methods given.
    #[error("method not allowed")]
    MethodNotAllowed(Vec<Method>),
    /// The call contradicts the state of things, or repeats one that is under way.
    #[error("conflict")]
    Conflict(Sentence),
    /// The body is longer than the call takes.
    #[error("payload too large")]
    PayloadTooLarge,
    /// The body is not of the type that the call takes.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// Well-formed, but against a rule; says which field and why.
    #[error("invalid: {0:?}")]
    Invalid(Fields),
    /// The `Idempotency-Key` was used for another call.
    #[error("an Idempotency-Key was used for another call")]
    KeyReused,
    /// A refusal that its system's contract names by a code of its own.
    #[error("{0:?}")]
    Named(Box<Named>),
    /// The caller's share is used up.
    #[error("rate limited")]
    RateLimited(RateLimited),
    /// Something we depend on is out of reach or full; trying again later may help.
    #[error("unavailable: {0}")]
    Unavailable(Cow<'static, str>),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(Cow<'static, str>),
    /// The database refused a statement.
    #[error("database: {0}")]
    Database(#[from] DieselError),
}

/// A refusal with a code of its own.
#[derive(Debug)]
pub struct Named {
    /// The HTTP status.
    pub status: Status,
    /// The code, such as `EMAIL_TAKEN`.
    pub code: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
    /// What the caller needs to decide what to do next.
    pub details: Option<serde_json::Value>,
}

/// What a caller over its limit is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// Name of the limit, as in the `RateLimit-Policy` header.
    pub policy: &'static str,
    /// Calls per minute.
    pub quota: u32,
    /// Seconds until a call passes again, at least 1.
    pub retry_after: u64,
}

impl Error {
    /// A 400 with the endpoint's own sentence.
    pub fn bad_request(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest(Some(sentence.into()))
    }

    /// A 403 with the endpoint's own sentence.
    pub fn forbidden(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::Forbidden(Some(sentence.into()))
    }

    /// A 404 with the endpoint's own sentence.
    pub fn not_found(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::NotFound(Some(sentence.into()))
    }

    /// A 409 with the endpoint's own sentence.
    pub fn conflict(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict(Some(sentence.into()))
    }

    /// A 401 with the endpoint's own sentence.
    pub fn unauthorized(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::Unauthorized(Some(sentence.into()))
    }

    /// A refusal with a code of its own.
    pub fn named(
        status: Status,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        details: Option<serde_json::Value>,
    ) -> Self {
        Self::Named(Box::new(Named {
            status,
            code,
            message: message.into(),
            details,
        }))
    }

    /// One field that breaks a rule: 422, or 400 in the systems that say so.
    pub fn invalid(field: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self::Invalid(Fields::from([(field.into(), problem.into())]))
    }

    /// A 500; the cause is for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string().into())
    }

    /// A 503; the cause is for the log.
    pub fn unavailable(cause: impl std::fmt::Display) -> Self {
        Self::Unavailable(cause.to_string().into())
    }

    /// The HTTP status of this error, where its system has no other for it.
    pub fn status(&self) -> Status {
        match self {
            Self::BadRequest(_) | Self::Malformed(_) => Status::BadRequest,
            Self::Unauthorized(_) | Self::NoToken => Status::Unauthorized,
            Self::Forbidden(_) => Status::Forbidden,
            Self::NotFound(_) => Status::NotFound,
            Self::MethodNotAllowed(_) => Status::MethodNotAllowed,
            Self::Conflict(_) => Status::Conflict,
            Self::PayloadTooLarge => Status::PayloadTooLarge,
            Self::UnsupportedMediaType => Status::UnsupportedMediaType,
            Self::Invalid(_) | Self::KeyReused => Status::UnprocessableEntity,
            Self::Named(named) => named.status,
            Self::RateLimited(_) => Status::TooManyRequests,
            Self::Unavailable(_) => Status::ServiceUnavailable,
            Self::Internal(_) => Status::InternalServerError,
            Self::Database(error) if passes(error) => Status::ServiceUnavailable,
            Self::Database(_) => Status::InternalServerError,
        }
    }

    /// True when a unique index refused the statement. The database's name of the index
    /// is not asked: it differs between the two.
    pub fn is_unique_violation(&self) -> bool {
        matches!(
            self,
            Self::Database(DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                _
            ))
        )
    }
}

/// True for faults of the database that pass by themselves: a lost connection, a full
/// disk, a lock or a statement that took too long, a transaction that lost to another.
fn passes(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure => true,
            DatabaseErrorKind::Unknown => [
                "database is locked",
                "database or disk is full",
                "disk I/O error",
                "deadline",
                "timeout",
                "deadlock",
                "terminating connection",
                "server closed the connection",
                "connection to server",
                "shutting down",
                "starting up",
                "too many clients",
            ]
            .iter()
            .any(|sign| info.message().contains(sign)),
            _ => false,
        },
        DieselError::BrokenTransactionManager => true,
        _ => false,
    }
}
