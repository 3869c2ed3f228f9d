//! Answers what no handler answered: unknown paths and methods, refused guards, panics.

use rocket::http::{Header, Method, Status};
use rocket::response::{self, Responder, Response};
use rocket::route::Route;
use rocket::{Catcher, Request, catch, catchers};

use super::envelope;
use crate::error::Error;

/// The one catcher.
pub fn catchers() -> Vec<Catcher> {
    catchers![default]
}

/// What the catcher answers.
#[derive(Debug)]
enum Caught {
    Error(Error),
    /// An OPTIONS call on a path that is known with these methods.
    Options(Vec<Method>),
}

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Error(error) => error.respond_to(request),
            Self::Options(methods) => {
                let allow = methods
                    .iter()
                    .map(|method| method.as_str())
                    .collect::<Vec<_>>();
                let allow = Header::new("Allow", allow.join(", "));
                Response::build()
                    .status(Status::NoContent)
                    .header(allow)
                    .ok()
            }
        }
    }
}

#[catch(default)]
fn default(status: Status, request: &Request<'_>) -> Caught {
    if let Some(error) = envelope::unpark(request) {
        return Caught::Error(error);
    }
    let error = match status.code {
        404 | 422 => match methods_of(request) {
            methods if methods.is_empty() || methods.contains(&request.method()) => {
                Error::NotFound(None)
            }
            methods if request.method() == Method::Options => return Caught::Options(methods),
            methods => Error::MethodNotAllowed(methods),
        },
        400 => Error::BadRequest(None),
        401 => Error::Unauthorized(None),
        403 => Error::Forbidden(None),
        413 => Error::PayloadTooLarge,
        415 => Error::UnsupportedMediaType,
        503 => Error::unavailable("Rocket"),
        code => Error::internal(format_args!("status {code} without a cause, or a panic")),
    };
    Caught::Error(error)
}

/// The methods with which the path is known; Rocket itself answers a wrong one with 404.
fn methods_of(request: &Request<'_>) -> Vec<Method> {
    let path = request.uri().path();
    let path = path.as_str().split('/').collect::<Vec<_>>();
    let mut methods = Vec::new();
    for route in request
        .rocket()
        .routes()
        .filter(|route| matches(route, &path))
    {
        let with_head = (route.method == Method::Get).then_some(Method::Head);
        for method in [Some(route.method), with_head].into_iter().flatten() {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
    methods
}

fn matches(route: &Route, path: &[&str]) -> bool {
    let pattern = route.uri.path();
    let mut segments = path.iter();
    for part in pattern.split('/') {
        if part.starts_with('<') && part.ends_with("..>") {
            return true;
        }
        match segments.next() {
            Some(segment) if part == *segment => {}
            Some(segment) if part.starts_with('<') && !segment.is_empty() => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}
