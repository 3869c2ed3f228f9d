//! What every call passes before it is routed: forms, origin, limits.
//!
//! Rocket's request fairings cannot answer. So a call that is refused here is sent to a
//! route of its own, which answers with the error that was kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Method;
use rocket::http::uri::Origin;
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request};

use super::limit::{Caller, Limits};
use super::{System, address, docs, finish, origin, system_of};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::identity::{grants, jwt, service, session, tokens};

const REFUSED: &str = "/_refused";
/// Where somebody signs in or up.
const SIGN_INS: [&str; 6] = [
    "/api/auth",
    "/api/v1/auth/admin/register",
    "/api/v1/auth/admin/login",
    "/api/v1/auth/admin/refresh",
    "/proposals/v1/auth/signup",
    "/proposals/v1/auth/signin",
];
/// Where nobody is counted: nobody is kept from signing out, and who watches the server is told
/// how it is.
const UNCOUNTED: [&str; 5] = [
    "/api/auth/logout",
    "/api/v1/auth/admin/logout",
    "/healthz",
    "/health",
    "/health/ready",
];

/// The fairing.
pub struct Gate;

/// A call that was refused before routing.
pub struct Refusal {
    /// The path that was asked for.
    pub path: String,
    error: Mutex<Option<Error>>,
}

#[rocket::async_trait]
impl Fairing for Gate {
    fn info(&self) -> Info {
        Info {
            name: "gate",
            kind: Kind::Request,
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        finish::began(request, Instant::now());
        if let Some(uri) = normal_form(request.uri()) {
            request.set_uri(uri);
        }
        let Err(error) = admit(request).await else {
            return;
        };
        let path = request.uri().path().to_string();
        request.local_cache(|| {
            Some(Refusal {
                path,
                error: Mutex::new(Some(error)),
            })
        });
        if let Ok(refused) = Origin::parse(REFUSED) {
            request.set_uri(refused);
        }
    }
}

/// The address in its one form, if it has another: without empty segments, and with
/// letters, digits, `-`, `.`, `_`, `~` and `@` written as themselves (RFC 3986, section 6.2.2).
/// Rocket routes by the decoded path; whatever else looks at the path must see the same.
fn normal_form(uri: &Origin<'_>) -> Option<Origin<'static>> {
    let path = uri.path().as_str();
    let empty_segment = path.contains("//") || (path.len() > 1 && path.ends_with('/'));
    if docs::is_page(path) || !(empty_segment || path.contains('%')) {
        return None;
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, escaped) = rest.split_at(at);
        plain.push_str(before);
        let byte = escaped
            .get(1..3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let unreserved = byte.filter(|b| b.is_ascii_alphanumeric() || b"-._~@".contains(b));
        let length = match unreserved {
            Some(byte) => {
                plain.push(char::from(byte));
                3
            }
            None => {
                plain.push('%');
                1
            }
        };
        rest = escaped.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    let segments = plain.split('/').filter(|segment| !segment.is_empty());
    let mut normal = segments.fold(String::new(), |normal, segment| normal + "/" + segment);
    if normal.is_empty() {
        normal.push('/');
    }
    if let Some(query) = uri.query() {
        normal.push('?');
        normal.push_str(query.as_str());
    }
    Origin::parse_owned(normal).ok()
}

async fn admit(request: &Request<'_>) -> Result<()> {
    let rocket = request.rocket();
    let (Some(config), Some(limits)) = (rocket.state::<Config>(), rocket.state::<Arc<Limits>>())
    else {
        return Err(Error::internal("the gate has no settings"));
    };
    // Rocket lets a form's `_method` field choose the method, so a plain form on any page
    // could reach a DELETE. No call takes a form by another method than POST.
    let chosen = matches!(
        request.method(),
        Method::Put | Method::Patch | Method::Delete
    );
    if chosen
        && request
            .content_type()
            .is_some_and(|t| t.is_form() || t.is_form_data())
    {
        return Err(Error::UnsupportedMediaType);
    }
    origin::check(request, config)?;
    let uncounted = UNCOUNTED.contains(&request.uri().path().as_str());
    if limits.on() && !uncounted && !service::is_shown(request) {
        limits.call(request.method(), caller(request).await?)?;
    }
    Ok(())
}

/// Who is counted: by what the call's system knows its callers by, if it is good, else by the
/// address.
async fn caller(request: &Request<'_>) -> Result<Caller> {
    let path = request.uri().path();
    // Whoever signs in is nobody yet, whatever is shown beside.
    if SIGN_INS.contains(&path.as_str()) {
        return Ok(Caller::Address(address::network(address::of(request))));
    }
    if request.headers().contains("Authorization") {
        if let Some(claims) = jwt::shown(request)
            && grants::live(request, claims).await?
        {
            return Ok(Caller::User(claims.sub));
        }
        if system_of(request.method(), path.as_str()) == System::Automation
            && let Some(token) = tokens::current(request).await?
        {
            return Ok(Caller::Machine(token.id()));
        }
    }
    let session = session::current(request).await?;
    let user = session.map(|session| Caller::User(session.user_id));
    Ok(user.unwrap_or_else(|| Caller::Address(address::network(address::of(request)))))
}

/// The refusal of a call that did not pass.
pub fn refusal<'a>(request: &'a Request<'_>) -> Option<&'a Refusal> {
    request.local_cache(|| None::<Refusal>).as_ref()
}

/// The route that answers refused calls, for every method.
pub fn routes() -> Vec<Route> {
    use Method::{Delete, Get, Head, Options, Patch, Post, Put};
    [Get, Head, Options, Post, Put, Patch, Delete]
        .into_iter()
        .map(|method| {
            let mut route = Route::new(method, REFUSED, Refused);
            route.name = Some("refused".into());
            route
        })
        .collect()
}

#[derive(Clone)]
struct Refused;

#[rocket::async_trait]
impl Handler for Refused {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let error = refusal(request)
            .and_then(|refusal| {
                refusal
                    .error
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take()
            })
            .unwrap_or(Error::NotFound(None));
        Outcome::from(request, error)
    }
}
