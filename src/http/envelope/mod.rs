//! How answers look: success and failure, for each system.

mod failure;

use std::borrow::Cow;
use std::io::Cursor;

use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Request, tokio};
use serde::Serialize;

use crate::error::Error;

pub use failure::{
    AutomationFailure, BoxOfficeFailure, Failure, FederationFailure, ProposalsFailure,
};

/// An answer that can be kept, to be given again.
pub trait Answer {
    /// The HTTP status.
    fn status(&self) -> Status;
    /// The JSON.
    ///
    /// # Errors
    /// A fault of ours.
    fn body(&self) -> serde_json::Result<String>;
}

/// A community answer: `{"message", "data"}`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Said<T> {
    #[serde(skip)]
    #[schema(ignore)]
    status: Status,
    /// The documented sentence.
    message: Cow<'static, str>,
    data: T,
}

impl<T> Said<T> {
    /// A 200.
    pub fn ok(message: impl Into<Cow<'static, str>>, data: T) -> Self {
        Self {
            status: Status::Ok,
            message: message.into(),
            data,
        }
    }

    /// A 201.
    pub fn created(message: impl Into<Cow<'static, str>>, data: T) -> Self {
        Self {
            status: Status::Created,
            message: message.into(),
            data,
        }
    }
}

impl<T: Serialize> Answer for Said<T> {
    fn status(&self) -> Status {
        self.status
    }

    fn body(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// A community list: `{"message", "data": […], "next"}`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Listed<T> {
    /// The documented sentence.
    pub message: &'static str,
    /// The items of this page.
    pub data: Vec<T>,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// An answer of a system that wraps nothing around what was asked for.
#[derive(Debug)]
pub struct Plain<T> {
    status: Status,
    body: T,
}

impl<T> Plain<T> {
    /// A 200.
    pub fn ok(body: T) -> Self {
        Self {
            status: Status::Ok,
            body,
        }
    }

    /// A 201.
    pub fn created(body: T) -> Self {
        Self {
            status: Status::Created,
            body,
        }
    }
}

impl<T: Serialize> Answer for Plain<T> {
    fn status(&self) -> Status {
        self.status
    }

    fn body(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.body)
    }
}

/// An automation answer: `{"success": true, "data"}`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Succeeded<T> {
    #[serde(skip)]
    #[schema(ignore)]
    status: Status,
    success: bool,
    data: T,
    /// Lists only: the `cursor` of the next page; null on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<Option<String>>,
}

impl<T> Succeeded<T> {
    /// A 200.
    pub fn ok(data: T) -> Self {
        Self {
            status: Status::Ok,
            success: true,
            data,
            next: None,
        }
    }

    /// A 201.
    pub fn created(data: T) -> Self {
        Self {
            status: Status::Created,
            ..Self::ok(data)
        }
    }

    /// A page of a list.
    pub fn page(data: T, next: Option<String>) -> Self {
        Self {
            next: Some(next),
            ..Self::ok(data)
        }
    }
}

/// A JSON answer.
pub fn json<'r>(status: Status, body: &impl Serialize) -> response::Result<'r> {
    match serde_json::to_vec(body) {
        Ok(body) => Ok(json_bytes(status, body)),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            Err(Status::InternalServerError)
        }
    }
}

/// An answer that is JSON already.
pub fn json_bytes<'r>(status: Status, body: Vec<u8>) -> Response<'r> {
    // In one piece: Rocket's own chunks of 4 KiB cost a wake-up and a write each.
    let piece = body.len().clamp(1, 64 << 10);
    Response::build()
        .status(status)
        .header(ContentType::JSON)
        .sized_body(body.len(), Cursor::new(body))
        .max_chunk_size(piece)
        .finalize()
}

impl<'r, T: Serialize> Responder<'r, 'static> for Said<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        json(self.status, &self)
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Plain<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        json(self.status, &self.body)
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Succeeded<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        json(self.status, &self)
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Listed<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        json(Status::Ok, &self)
    }
}

/// Keeps an error that a guard ends with: Rocket drops it on the way to the catcher.
pub fn park(request: &Request<'_>, error: Error) -> (Status, ()) {
    let status = error.status();
    *parked(request)
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
    (status, ())
}

/// Takes what [`park`] kept.
pub fn unpark(request: &Request<'_>) -> Option<Error> {
    parked(request)
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take()
}

type Parked = std::sync::Mutex<Option<Error>>;

fn parked<'a>(request: &'a Request<'_>) -> &'a Parked {
    request.local_cache(Parked::default)
}

/// Reads the rest of a body that was refused, so that the client gets to read the answer
/// instead of a reset connection; but not for ever.
pub async fn drain(mut body: impl tokio::io::AsyncRead + Unpin) {
    use tokio::io::AsyncReadExt as _;
    const MOST: u64 = 32 << 20;
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
    let mut rest = (&mut body).take(MOST);
    let mut nowhere = tokio::io::sink();
    let _best_effort =
        tokio::time::timeout(PATIENCE, tokio::io::copy(&mut rest, &mut nowhere)).await;
}
