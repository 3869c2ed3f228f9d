//! How failures look in each of the five systems.

use std::borrow::Cow;

use chrono::{SecondsFormat, Utc};
use rocket::Request;
use rocket::http::{Header, Status};
use rocket::response::{self, Responder};
use serde::Serialize;
use serde_json::{Value, json};

use super::json as respond;
use crate::clock::Clock;
use crate::error::{Error, Fields};
use crate::http::{System, asked_for, finish, loggable, system_of};

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

/// A failure of the box office.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BoxOfficeFailure<'a> {
    error: BoxOfficeError<'a>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BoxOfficeError<'a> {
    /// Such as `VALIDATION_FAILED`.
    code: &'a str,
    /// A sentence for people.
    message: Cow<'a, str>,
    /// What is wrong, by field, or what the caller needs to know.
    #[schema(required)]
    details: Option<Value>,
    /// RFC 3339.
    timestamp: String,
}

/// A failure of automation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AutomationFailure<'a> {
    /// False.
    success: bool,
    error: AutomationError<'a>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AutomationError<'a> {
    /// Such as `validation_error`.
    code: &'a str,
    /// A sentence for people.
    message: Cow<'a, str>,
    /// `field` and `issue` of what is wrong.
    #[schema(required)]
    details: Option<Value>,
}

/// A failure of the proposals.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProposalsFailure<'a> {
    /// Such as `BadRequest`.
    name: &'a str,
    /// A sentence for people.
    message: Cow<'a, str>,
    /// The HTTP status.
    status: u16,
    /// What is wrong, by field.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>, required)]
    errors: Option<&'a Fields>,
}

/// A failure of federation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FederationFailure<'a> {
    /// Such as `invalid_input`.
    code: &'a str,
    /// A sentence for people.
    message: Cow<'a, str>,
}

impl<'r> Responder<'r, 'static> for Error {
    /// Logs what is ours to mend, and answers in the envelope of the path's system.
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let (method, asked) = asked_for(request);
        let system = system_of(method, asked);
        let status = self.status_in(system);
        let request_id = finish::request_id(request);
        let path = loggable(asked);
        let path = path.as_ref();
        match status.code {
            500 => tracing::error!(%request_id, %method, path, cause = %self, "a fault of ours"),
            503 => tracing::warn!(%request_id, %method, path, cause = %self, "unavailable"),
            _ => tracing::debug!(%request_id, %method, path, cause = %self, "refused"),
        }
        let mut response = match system {
            System::Community => community(&self, status)?,
            System::BoxOffice => box_office(&self, status, request)?,
            System::Automation => automation(&self, status)?,
            System::Proposals => proposals(&self, status)?,
            System::Federation => federation(&self, status)?,
        };
        for header in self.headers(system) {
            response.set_header(header);
        }
        // A request that Rocket cannot read passes no fairing, so it is set here as well.
        response.set_raw_header("X-Request-Id", request_id.to_string());
        Ok(response)
    }
}

fn community<'r>(error: &Error, status: Status) -> response::Result<'r> {
    let reused = Fields::from([(
        "Idempotency-Key".into(),
        "was used for another call".to_owned(),
    )]);
    let fields = match error {
        Error::Invalid(fields) => Some(fields),
        Error::KeyReused => Some(&reused),
        _ => None,
    };
    let message = match error {
        Error::NoToken => general_sentence(status).into(),
        error => error.sentence(status),
    };
    let failure = Failure {
        error: status.reason_lossy(),
        message: &message,
        fields,
    };
    respond(status, &failure)
}

fn box_office<'r>(error: &Error, status: Status, request: &Request<'_>) -> response::Result<'r> {
    let now = request
        .rocket()
        .state::<Clock>()
        .map_or_else(Utc::now, Clock::now);
    let code = match (error, status.code) {
        (Error::Named(named), _) => named.code,
        (_, 400) => "VALIDATION_FAILED",
        (_, 401) => "UNAUTHORIZED",
        (_, 403) => "FORBIDDEN",
        (_, 404) => "NOT_FOUND",
        (_, 405) => "METHOD_NOT_ALLOWED",
        (_, 409) => "CONFLICT",
        (_, 413) => "PAYLOAD_TOO_LARGE",
        (_, 415) => "UNSUPPORTED_MEDIA_TYPE",
        (_, 422) => "IDEMPOTENCY_CONFLICT",
        (_, 429) => "RATE_LIMITED",
        (_, 503) => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    let details = match error {
        Error::Named(named) => named.details.clone(),
        Error::Invalid(fields) | Error::Malformed(fields) => Some(json!(fields)),
        _ => None,
    };
    let error = BoxOfficeError {
        code,
        message: error.sentence(status),
        details,
        timestamp: now.to_rfc3339_opts(SecondsFormat::Millis, true),
    };
    respond(status, &BoxOfficeFailure { error })
}

fn automation<'r>(error: &Error, status: Status) -> response::Result<'r> {
    let code = match (error, status.code) {
        (Error::Named(named), _) => named.code,
        (_, 400) => "validation_error",
        (_, 401) => "unauthorized",
        (_, 403) => "forbidden",
        (_, 404) => "not_found",
        (_, 405) => "method_not_allowed",
        (_, 409) => "conflict",
        (_, 413) => "payload_too_large",
        (_, 415) => "unsupported_media_type",
        (_, 422) => "idempotency_mismatch",
        (_, 429) => "rate_limited",
        (_, 503) => "unavailable",
        _ => "internal_error",
    };
    let details = match error {
        Error::Named(named) => named.details.clone(),
        Error::Invalid(fields) | Error::Malformed(fields) => fields
            .first_key_value()
            .map(|(field, issue)| json!({ "field": field, "issue": issue })),
        _ => None,
    };
    let error = AutomationError {
        code,
        message: error.sentence(status),
        details,
    };
    let success = false;
    respond(status, &AutomationFailure { success, error })
}

fn proposals<'r>(error: &Error, status: Status) -> response::Result<'r> {
    let name = match status.code {
        400 | 422 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        413 => "PayloadTooLarge",
        415 => "UnsupportedMediaType",
        429 => "TooManyRequests",
        503 => "Unavailable",
        _ => "InternalError",
    };
    let errors = match error {
        Error::Invalid(fields) | Error::Malformed(fields) => Some(fields),
        _ => None,
    };
    let failure = ProposalsFailure {
        name,
        message: error.sentence(status),
        status: status.code,
        errors,
    };
    respond(status, &failure)
}

fn federation<'r>(error: &Error, status: Status) -> response::Result<'r> {
    let code = match (error, status.code) {
        (Error::Named(named), _) => named.code,
        (_, 400) => "invalid_input",
        (_, 401 | 403) => "unauthorized",
        (_, 404) => "not_found",
        (_, 405) => "method_not_allowed",
        (_, 413) => "payload_too_large",
        (_, 415) => "unsupported_media_type",
        (_, 409 | 422) => "invalid_value",
        (_, 429) => "rate_limited",
        (_, 503) => "unavailable",
        _ => "internal",
    };
    let message = error.sentence(status);
    respond(status, &FederationFailure { code, message })
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
    /// The HTTP status of this error in that system: what is well-formed but breaks a rule is
    /// a 422 in some, a 400 in the others.
    pub fn status_in(&self, system: System) -> Status {
        match (self, system) {
            (Self::Invalid(_), System::BoxOffice | System::Automation | System::Proposals) => {
                Status::BadRequest
            }
            _ => self.status(),
        }
    }

    fn sentence(&self, status: Status) -> Cow<'static, str> {
        match self {
            Self::BadRequest(Some(sentence))
            | Self::Unauthorized(Some(sentence))
            | Self::Forbidden(Some(sentence))
            | Self::NotFound(Some(sentence))
            | Self::Conflict(Some(sentence)) => sentence.clone(),
            Self::Named(named) => named.message.clone(),
            Self::NoToken => "A valid bearer token is needed.".into(),
            _ => general_sentence(status).into(),
        }
    }

    fn headers(&self, system: System) -> Vec<Header<'static>> {
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
            Self::NoToken => vec![Header::new("WWW-Authenticate", "Bearer")],
            // RFC 9110, section 11.6.1; the community knows its callers by a cookie, for which
            // there is no scheme.
            Self::Unauthorized(_) if system != System::Community => {
                vec![Header::new("WWW-Authenticate", "Bearer")]
            }
            _ if self.status() == Status::ServiceUnavailable => {
                vec![Header::new("Retry-After", "5")]
            }
            _ => Vec::new(),
        }
    }
}
