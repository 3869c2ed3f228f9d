//! Conditional GET (RFC 9110, section 13): an answer that the caller has already is not sent
//! again.
//!
//! The `ETag` is made of the answer itself, so it is right by construction, whatever changed
//! it; it saves the way over the network, not the query.

use std::io::Cursor;

use rocket::Request;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::Error;
use crate::identity::session;

/// A JSON answer that may be asked for conditionally.
#[derive(Debug)]
pub struct Fresh<T>(pub T);

impl<'r, T: Serialize> Responder<'r, 'static> for Fresh<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match serde_json::to_vec(&self.0) {
            Ok(body) => respond(request, ContentType::JSON, body),
            Err(error) => Error::internal(error).respond_to(request),
        }
    }
}

/// A text of a type of its own that may be asked for conditionally.
#[derive(Debug)]
pub struct FreshText {
    /// Its media type.
    pub content_type: ContentType,
    /// The text.
    pub text: String,
}

impl<'r> Responder<'r, 'static> for FreshText {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        respond(request, self.content_type, self.text.into_bytes())
    }
}

/// Answers with the body, or with 304 if the caller has it.
fn respond<'r>(
    request: &Request<'_>,
    content_type: ContentType,
    body: Vec<u8>,
) -> response::Result<'r> {
    let etag = format!("\"{:032x}\"", xxh3_128(&body));
    let known = request
        .headers()
        .get("If-None-Match")
        .any(|tags| names(tags, &etag));
    let mut response = Response::build();
    // What a person sees (their own drafts, their likes) is not for a shared cache.
    let control = match session::has_cookie(request) || is_private(request) {
        true => "private, no-cache",
        false => "no-cache",
    };
    response
        .raw_header("ETag", etag)
        .raw_header("Cache-Control", control)
        .raw_header_adjoin("Vary", "Cookie");
    match known {
        true => response.status(Status::NotModified),
        // In one piece: Rocket's own chunks of 4 KiB cost a wake-up and a write each.
        false => response
            .status(Status::Ok)
            .header(content_type)
            .max_chunk_size(body.len().clamp(1, 64 << 10))
            .sized_body(body.len(), Cursor::new(body)),
    };
    response.ok()
}

/// True for what is found by a secret address.
fn is_private(request: &Request<'_>) -> bool {
    super::secret_path(request.uri().path().as_str())
}

/// True if a list of tags names this one, by weak comparison, or is `*`.
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        tag == "*" || tag == etag || tag.strip_prefix("W/").is_some_and(|strong| strong == etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        for tags in ["*", "\"a\"", "W/\"a\"", "\"b\", W/\"a\"", "\"b\" ,\"a\""] {
            assert!(names(tags, "\"a\""), "{tags}");
        }
        for tags in ["", "a", "\"b\"", "w/\"a\"", "\"a", "W/a"] {
            assert!(!names(tags, "\"a\""), "{tags}");
        }
    }
}
