//! A stand-in for Google: whoever asks is signed in under the name they give.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::response::status::BadRequest;
use rocket::serde::json::Json;
use rocket::{State, get, post, routes};
use serde_json::{Value, json};

pub(super) const CLIENT_ID: &str = "folkmoot-demo";
pub(super) const CLIENT_SECRET: &str = "not-a-secret";
const KID: &str = "demo";
/// The names that the page offers.
const NAMES: [&str; 4] = ["Ann", "Bert", "Chidi", "Dunja"];
/// Most codes that wait to be changed for a token.
const CODES: usize = 100;

pub(super) struct StandIn {
    key: EncodingKey,
    certs: Value,
    /// Codes that were given out: for whom, with which nonce and PKCE challenge.
    codes: Mutex<HashMap<String, (String, String, String)>>,
}

impl StandIn {
    pub(super) fn new() -> Result<Self, String> {
        use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
        use aws_lc_rs::rsa::{KeyPair, KeySize};
        let failed = |what: String| format!("the demo's signing key: {what}");
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|e| failed(e.to_string()))?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|e| failed(e.to_string()))?;
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|e| failed(e.to_string()))?;
        let mut jwk =
            Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(|e| failed(e.to_string()))?;
        jwk.common.key_id = Some(KID.to_owned());
        let certs =
            serde_json::to_value(JwkSet { keys: vec![jwk] }).map_err(|e| failed(e.to_string()))?;
        Ok(Self {
            key,
            certs,
            codes: Mutex::default(),
        })
    }

    fn id_token(&self, name: &str, nonce: Option<&str>) -> Option<String> {
        let now = chrono::Utc::now().timestamp();
        let account = name.to_lowercase();
        let claims = json!({
            "iss": "https://accounts.google.com", "aud": CLIENT_ID, "sub": account,
            "iat": now, "exp": now + 3600, "name": name, "email_verified": true,
            "email": format!("{}@demo.example", account.replace(char::is_whitespace, ".")),
            "picture": format!("https://demo.example/{}.png", URL_SAFE_NO_PAD.encode(&account)),
            "nonce": nonce,
        });
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KID.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.key).ok()
    }
}

pub(super) fn stage(stand_in: StandIn) -> AdHoc {
    AdHoc::on_ignite("a stand-in for Google", |rocket| async {
        rocket
            .manage(stand_in)
            .mount("/demo/google", routes![certs, auth, token, id_token])
    })
}

#[get("/certs")]
fn certs(stand_in: &State<StandIn>) -> Json<&Value> {
    Json(&stand_in.certs)
}

/// An ID token for that name, in the form that POST `/api/auth` takes.
#[get("/id-token?<name>")]
fn id_token(name: &str, stand_in: &State<StandIn>) -> Option<Json<Value>> {
    Some(Json(json!({"token": stand_in.id_token(name, None)?})))
}

#[derive(FromForm)]
struct Asked {
    state: String,
    nonce: String,
    code_challenge: String,
    redirect_uri: String,
    name: Option<String>,
}

#[derive(rocket::Responder)]
enum Answer {
    Page(RawHtml<String>),
    Back(Box<Redirect>),
}

/// Asks who the visitor is, then sends them back with a code.
#[get("/auth?<asked..>")]
fn auth(asked: Asked, stand_in: &State<StandIn>) -> Result<Answer, Status> {
    let link = |base: &str, pairs: &[(&str, &str)]| {
        url::Url::parse_with_params(base, pairs).map_err(|_| Status::BadRequest)
    };
    let Some(name) = asked.name else {
        let mut page =
            String::from("<!doctype html><title>Demo sign-in</title><h1>Who are you?</h1><ul>");
        for name in NAMES {
            let url = link(
                "http://here/demo/google/auth",
                &[
                    ("state", &asked.state),
                    ("nonce", &asked.nonce),
                    ("code_challenge", &asked.code_challenge),
                    ("redirect_uri", &asked.redirect_uri),
                    ("name", name),
                ],
            )?;
            let query = url.query().unwrap_or_default().replace('&', "&amp;");
            page += &format!("<li><a href=\"?{query}\">{name}</a>");
        }
        return Ok(Answer::Page(RawHtml(page)));
    };
    let code = oauth2::CsrfToken::new_random().into_secret();
    let back = link(
        &asked.redirect_uri,
        &[("code", &code), ("state", &asked.state)],
    )?;
    let mut codes = stand_in
        .codes
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if codes.len() >= CODES {
        codes.clear();
    }
    codes.insert(code, (name, asked.nonce, asked.code_challenge));
    Ok(Answer::Back(Box::new(Redirect::to(back.to_string()))))
}

#[derive(FromForm)]
struct Exchange {
    code: String,
    code_verifier: String,
}

/// Changes a code for a token, once.
#[post("/token", data = "<exchange>")]
fn token(
    exchange: Form<Exchange>,
    stand_in: &State<StandIn>,
) -> Result<Json<Value>, BadRequest<Json<Value>>> {
    // RFC 6749, section 5.2
    let refused = || BadRequest(Json(json!({"error": "invalid_grant"})));
    let mut codes = stand_in
        .codes
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (name, nonce, challenge) = codes.remove(&exchange.code).ok_or_else(refused)?;
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        exchange.code_verifier.as_bytes(),
    );
    if URL_SAFE_NO_PAD.encode(digest) != challenge {
        return Err(refused());
    }
    let id_token = stand_in.id_token(&name, Some(&nonce)).ok_or_else(refused)?;
    Ok(Json(json!({
        "access_token": "demo", "token_type": "Bearer", "expires_in": 3600, "id_token": id_token,
    })))
}
