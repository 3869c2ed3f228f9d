//! Sign-in by redirect: the browser goes to Google and comes back with a code (RFC 6749,
//! with PKCE, RFC 7636; state and nonce as OpenID Connect has them).
//!
//! Routes: GET `/api/auth/google`, GET `/api/auth/google/callback`. Emits: `user.created`.

use chrono::{DateTime, TimeDelta, Utc};
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use rocket::fairing::AdHoc;
use rocket::http::uri::Reference;
use rocket::http::{Cookie, CookieJar, SameSite};
use rocket::response::Redirect;
use rocket::{State, get, routes};
use serde::{Deserialize, Serialize};

use super::google::Google;
use super::sign_in::Door;
use crate::clock::Clock;
use crate::config::{Config, Hidden};
use crate::error::{Error, Result};
use crate::http::page::Query;
use crate::secret::Secret;

const COOKIE: &str = "oauth";
const COOKIE_PATH: &str = "/api/auth/google";
/// How long a person may take at Google's.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(leave, come_back))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("redirect sign-in", |rocket| async {
        rocket.mount("/", routes![leave, come_back])
    })
}

/// What the browser keeps, sealed, while the person is at Google's.
#[derive(Serialize, Deserialize)]
struct Away {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    since: DateTime<Utc>,
}

/// The one field of Google's answer that is not OAuth's.
#[derive(Debug, Serialize, Deserialize)]
struct IdToken {
    id_token: String,
}

impl ExtraTokenFields for IdToken {}

type GoogleClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<IdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

fn client(config: &Config) -> Result<GoogleClient> {
    let (Some(id), Some(Hidden(secret))) = (
        config.google_client_ids.first(),
        &config.google_client_secret,
    ) else {
        return Err(Error::unavailable(
            "GOOGLE_CLIENT_IDS or GOOGLE_CLIENT_SECRET is not set",
        ));
    };
    let callback = config
        .public_url
        .join("/api/auth/google/callback")
        .map_err(Error::internal)?;
    Ok(Client::new(ClientId::new(id.clone()))
        .set_client_secret(ClientSecret::new(secret.clone()))
        .set_auth_uri(AuthUrl::from_url(config.google_auth_url.clone()))
        .set_token_uri(TokenUrl::from_url(config.google_token_url.clone()))
        .set_redirect_uri(RedirectUrl::from_url(callback)))
}

/// Sends the browser to Google.
#[utoipa::path(tag = "Sign-in",
    params(("next" = Option<String>, Query, description = "Where to go afterwards: a path of this site; default `/`")),
    responses(
        (status = 303, description = "To Google"),
        (status = 400, description = "`next` is not a path of this site"),
    ))]
#[get("/api/auth/google")]
async fn leave(
    query: Query<'_>,
    cookies: &CookieJar<'_>,
    config: &State<Config>,
    secret: &State<Secret>,
    clock: &State<Clock>,
) -> Result<Redirect> {
    let next = query.text("next", 2048)?.unwrap_or("/");
    if !is_path_here(next) {
        return Err(Error::bad_request("next must be a path of this site."));
    }
    let nonce = CsrfToken::new_random().secret().clone();
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client(config)?
        .authorize_url(CsrfToken::new_random)
        .add_scopes(["openid", "email", "profile"].map(|scope| Scope::new(scope.into())))
        .add_extra_param("nonce", &nonce)
        .set_pkce_challenge(challenge)
        .url();
    let away = Away {
        state: state.secret().clone(),
        nonce,
        verifier: verifier.secret().clone(),
        next: next.to_owned(),
        since: clock.now(),
    };
    let away = serde_json::to_vec(&away).map_err(Error::internal)?;
    let sealed = secret
        .seal(COOKIE, &away)
        .ok_or_else(|| Error::internal("sealing failed"))?;
    let minutes = rocket::time::Duration::minutes(PATIENCE.num_minutes());
    cookies.add(cookie(config, sealed).max_age(minutes));
    Ok(Redirect::to(url.to_string()))
}

/// Takes the browser back, signs the person in, and sends them on.
#[utoipa::path(tag = "Sign-in",
    params(
        ("code" = Option<String>, Query, description = "From Google"),
        ("state" = Option<String>, Query, description = "As it was sent"),
        ("error" = Option<String>, Query, description = "From Google, if the person refused"),
    ),
    responses(
        (status = 303, description = "Signed in; to `next`"),
        (status = 400, description = "Not the browser that left, or too late, or not a good code"),
        (status = 403, description = "The person refused, or the token is of unknown origin"),
    ))]
#[get("/api/auth/google/callback")]
#[expect(
    clippy::too_many_arguments,
    reason = "each is a guard that this one call needs"
)]
async fn come_back(
    query: Query<'_>,
    cookies: &CookieJar<'_>,
    door: Door<'_>,
    config: &State<Config>,
    secret: &State<Secret>,
    clock: &State<Clock>,
    google: &State<Google>,
    http: &State<reqwest::Client>,
) -> Result<Redirect> {
    let lost = || Error::bad_request("This sign-in was not begun here, or took too long.");
    let away = cookies
        .get(COOKIE)
        .and_then(|cookie| secret.open(COOKIE, cookie.value()))
        .and_then(|away| serde_json::from_slice::<Away>(&away).ok())
        .filter(|away| clock.now() < away.since + PATIENCE)
        .ok_or_else(lost)?;
    let state = query.get("state").unwrap_or_default();
    let same = aws_lc_rs::constant_time::verify_slices_are_equal;
    same(state.as_bytes(), away.state.as_bytes()).map_err(|_| lost())?;
    cookies.remove(cookie(config, String::new()));
    if query.get("error").is_some() {
        return Err(Error::forbidden("Sign-in was refused."));
    }
    let code = query.text("code", 4096)?.ok_or_else(lost)?;
    let answer = client(config)?
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(away.verifier))
        .request_async(&**http)
        .await
        .map_err(|error| match error {
            // RFC 6749, section 5.2: the code or the verifier is not good. Any other
            // refusal is between Google and this server.
            RequestTokenError::ServerResponse(refusal)
                if *refusal.error() == BasicErrorResponseType::InvalidGrant =>
            {
                Error::bad_request("Invalid token.")
            }
            error => Error::unavailable(format_args!("Google's token endpoint: {error}")),
        })?;
    let token = &answer.extra_fields().id_token;
    let verified = google.verify(token, Some(&away.nonce)).await?;
    door.count(verified.login.subject())?;
    door.enter(verified).await?;
    Ok(Redirect::to(away.next))
}

/// `Lax`, whatever the session's cookie is: the browser comes back from another site.
fn cookie(config: &Config, value: String) -> rocket::http::private::cookie::CookieBuilder<'static> {
    Cookie::build((COOKIE, value))
        .path(COOKIE_PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(config.https())
}

/// True for a path on this site: one leading slash, and nothing that a browser would take
/// for another host's address.
fn is_path_here(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic())
        // What Rocket could not put into the answer.
        && Reference::parse(next).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_this_site() {
        for good in ["/", "/events/1?tab=comments#last", "/a//b"] {
            assert!(is_path_here(good), "{good}");
        }
        for bad in [
            "",
            "events",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\tevil",
            "/\n/evil.example",
            "/a b",
            "\\/evil.example",
            "/a|b",
            "/a\"b",
            "/a<b>",
            "/a{b}",
        ] {
            assert!(!is_path_here(bad), "{bad}");
        }
    }
}
