//! How answers look: success and failure, for each system.

use std::borrow::Cow;
use std::io::Cursor;

use rocket::http::{ContentType, Header, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Request, tokio};
use serde::Serialize;

use super::{System, asked_for, loggable, system_of};
use crate::error::{Error, Fields};
use crate::http::finish;

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

    /// The HTTP status.
    pub fn status(&self) -> Status {
        self.status
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

/// A community failure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Failure<'a> {
    /// The status' reason phrase, such as `Not Found`.
    error: &'a str,
    /// A sentence for people.
    message: &'a str,
    /// What is wrong, by field; on 422 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    fields: Option<&'a Fields>,
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

impl<'r, T: Serialize> Responder<'r, 'static> for Listed<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        json(Status::Ok, &self)
    }
}

impl<'r> Responder<'r, 'static> for Error {
    /// Logs what is ours to mend, and answers in the envelope of the path's system.
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let status = self.status();
        let request_id = finish::request_id(request);
        let (method, asked) = asked_for(request);
        let path = loggable(asked);
        let path = path.as_ref();
        match status.code {
            500 => tracing::error!(%request_id, %method, path, cause = %self, "a fault of ours"),
            503 => tracing::warn!(%request_id, %method, path, cause = %self, "unavailable"),
            _ => tracing::debug!(%request_id, %method, path, cause = %self, "refused"),
        }
        let mut response = match system_of(method, asked) {
            // The other systems' envelopes come with their routes; until then a path of
            // theirs is an unknown path of this server.
            System::Community
            | System::BoxOffice
            | System::Automation
            | System::Proposals
            | System::Federation => community(&self)?,
        };
        for header in self.headers() {
            response.set_header(header);
        }
        // A request that Rocket cannot read passes no fairing, so it is set here as well.
        response.set_raw_header("X-Request-Id", request_id.to_string());
        Ok(response)
    }
}

fn community<'r>(error: &Error) -> response::Result<'r> {
    let status = error.status();
    let (message, fields) = match error {
        Error::BadRequest(Some(sentence))
        | Error::Unauthorized(Some(sentence))
        | Error::Forbidden(Some(sentence))
        | Error::NotFound(Some(sentence))
        | Error::Conflict(Some(sentence)) => (sentence.as_ref(), None),
        Error::Invalid(fields) => (general_sentence(status), Some(fields)),
        _ => (general_sentence(status), None),
    };
    json(
        status,
        &Failure {
            error: status.reason_lossy(),
            message,
            fields,
        },
    )
}

/// The sentence for a status where the endpoint has none of its own.
fn general_sentence(status: Status) -> &'static str {
    match status.code {
        400 => "Invalid input data.",
        401 => "You are not signed in.",
        403 => "You are not allowed to do this.",
        404 => "There is nothing here.",
        405 => "The HTTP method used is not allowed for this endpoint.",
        409 => "This contradicts the current state, or repeats a call that is under way.",
        413 => "The body is too large.",
        415 => "The body must be application/json.",
        422 => "The server cannot process the request due to invalid data.",
        429 => "Rate limit exceeded. Please try again later.",
        503 => "The service is unavailable. Please try again later.",
        _ => "It's not you, it's us. We encountered an internal server error.",
    }
}

impl Error {
    fn headers(&self) -> Vec<Header<'static>> {
        match self {
            Self::MethodNotAllowed(methods) => {
                let methods = methods
                    .iter()
                    .map(|method| method.as_str())
                    .collect::<Vec<_>>();
                vec![Header::new("Allow", methods.join(", "))]
            }
            // draft-ietf-httpapi-ratelimit-headers-10
            Self::RateLimited(limit) => vec![
                Header::new("Retry-After", limit.retry_after.to_string()),
                Header::new(
                    "RateLimit-Policy",
                    format!("\"{}\";q={};w=60", limit.policy, limit.quota),
                ),
                Header::new(
                    "RateLimit",
                    format!("\"{}\";r=0;t={}", limit.policy, limit.retry_after),
                ),
            ],
            _ if self.status() == Status::ServiceUnavailable => {
                vec![Header::new("Retry-After", "5")]
            }
            _ => Vec::new(),
        }
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
