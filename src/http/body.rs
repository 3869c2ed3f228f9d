//! JSON bodies: typed, bounded, and refused in the endpoint's own words.

use std::time::Duration;

use rocket::data::{self, Data, FromData, ToByteUnit as _};
use rocket::http::Status;
use rocket::tokio::io::AsyncReadExt as _;
use rocket::{Request, tokio};
use serde::de::DeserializeOwned;

use super::envelope;
use super::idempotency::Once;
use crate::error::{Error, Result};

/// Most bytes of a JSON body.
pub const LIMIT: u64 = 1 << 20;
/// Bytes that Rocket looks at before anybody else, for the `_method` of a form.
const PEEKED: usize = 14;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A JSON body of type `T`, or why it is none.
pub struct Body<T> {
    value: Result<T>,
    once: Once,
    /// There is none at all.
    blank: bool,
}

impl<T> Body<T> {
    /// The value; a body that is not one is refused with this sentence (400).
    pub fn json(self, sentence: &'static str) -> Result<T> {
        self.value.map_err(|error| match error {
            Error::BadRequest(None) | Error::Malformed(_) => Error::bad_request(sentence),
            error => error,
        })
    }

    /// The value; a body that is not one is refused with what is wrong, by field (400).
    pub fn valid(self) -> Result<T> {
        self.value
    }

    /// The value of a call that may come without a body.
    pub fn given(self) -> Result<Option<T>> {
        match self.blank {
            true => Ok(None),
            false => self.value.map(Some),
        }
    }

    /// As [`Body::valid`], with the means to answer a repeated call as the first time.
    pub fn valid_once(self) -> Result<(T, Once)> {
        let once = self.once.checked()?;
        Ok((self.value?, once))
    }

    /// As [`Body::json`], with the means to answer a repeated call as the first time.
    pub fn json_once(self, sentence: &'static str) -> Result<(T, Once)> {
        let Self { value, once, blank } = self;
        let once = once.checked()?;
        Ok((
            Self {
                value,
                once: Once::default(),
                blank,
            }
            .json(sentence)?,
            once,
        ))
    }
}

#[rocket::async_trait]
impl<'r, T: DeserializeOwned + Send> FromData<'r> for Body<T> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self, ()> {
        match read(request, data).await {
            Ok(bytes) => data::Outcome::Success(Self {
                value: parse(request, &bytes),
                once: Once::of(request, &bytes),
                blank: bytes.is_empty(),
            }),
            Err(error) => {
                let (status, ()): (Status, ()) = envelope::park(request, error);
                data::Outcome::Error((status, ()))
            }
        }
    }
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Vec<u8>> {
    let peeked_to_its_end = data.peek_complete();
    let mut body = data.open(u64::MAX.bytes());
    let announced = request
        .headers()
        .get_one("Content-Length")
        .and_then(|n| n.parse().ok());
    if announced.is_some_and(|length: u64| length > LIMIT) {
        envelope::drain(body).await;
        return Err(Error::PayloadTooLarge);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(LIMIT) as usize);
    let mut bounded = (&mut body).take(LIMIT + 1);
    match tokio::time::timeout(PATIENCE, bounded.read_to_end(&mut bytes)).await {
        Ok(Ok(_)) => {}
        Ok(Err(_)) | Err(_) => return Err(Error::BadRequest(None)),
    }
    if bytes.len() as u64 > LIMIT {
        envelope::drain(body).await;
        return Err(Error::PayloadTooLarge);
    }
    // Rocket looks at the first bytes of a body and takes one that breaks off among them
    // for a whole one.
    let broke_off = match announced {
        Some(length) => bytes.len() as u64 != length,
        None => bytes.len() < PEEKED && !peeked_to_its_end,
    };
    match broke_off {
        true => Err(Error::BadRequest(None)),
        false => Ok(bytes),
    }
}

fn parse<T: DeserializeOwned>(request: &Request<'_>, bytes: &[u8]) -> Result<T> {
    match request.content_type() {
        Some(content_type) if content_type.is_json() => {}
        None if bytes.is_empty() => return Err(Error::BadRequest(None)),
        _ => return Err(Error::UnsupportedMediaType),
    }
    // Serde would read a struct from an array as well.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Error::BadRequest(None));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(|error| malformed(&error, bytes))?;
    json.end().map_err(|_| Error::BadRequest(None))?;
    Ok(value)
}

/// What is wrong with a body that is JSON, by field; without what the caller sent, which the
/// library's sentence quotes.
fn malformed(error: &serde_path_to_error::Error<serde_json::Error>, bytes: &[u8]) -> Error {
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    if !whole || !error.inner().is_data() {
        return Error::BadRequest(None);
    }
    let said = error.inner().to_string();
    let quoted = |said: &str| Some(said.split('`').nth(1)?.to_owned());
    let (field, problem) = match said.as_str() {
        said if said.starts_with("missing field") => (quoted(said), "is missing"),
        said if said.starts_with("unknown field") => (quoted(said), "is unknown here"),
        _ => (Some(error.path().to_string()), "is of another type"),
    };
    match field {
        Some(field) if field != "." => {
            // The field of the body, not the place in it.
            let field = field.split(['.', '[']).next().unwrap_or_default();
            let field = field.chars().take(100).collect::<String>();
            Error::Malformed([(field.into(), problem.to_owned())].into())
        }
        _ => Error::BadRequest(None),
    }
}

/// For a field that may be absent, null, or set: `None`, `Some(None)`, `Some(Some(_))`.
/// Used with `#[serde(default, deserialize_with = "present")]`.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
