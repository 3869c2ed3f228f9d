//! A stand-in for Google: an HTTP server on this machine with a JWKS and a token endpoint.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::app::locked;
use super::tokens::{Key, claims, keys};

/// A running stand-in; it ends when it is dropped.
pub struct Issuer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told whenever the state changes.
    turned: Condvar,
}

#[derive(Default)]
struct State {
    /// True: the second key is the current one, and the first is withdrawn.
    rotated: bool,
    /// True: everything is answered with 503.
    broken: bool,
    /// True: answers wait.
    held: bool,
    stopped: bool,
    /// Requests for the JWKS.
    fetches: usize,
    /// Codes that were given out and not yet exchanged.
    codes: HashMap<String, Code>,
}

struct Code {
    /// The S256 code challenge (RFC 7636) that came with the request for the code.
    challenge: String,
    redirect_uri: String,
    id_token: String,
}

struct Request {
    path: String,
    authorization: Option<String>,
    body: String,
}

impl Issuer {
    /// The one that tests share who only need good tokens.
    pub fn shared() -> Arc<Issuer> {
        static SHARED: OnceLock<Arc<Issuer>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(|| Arc::new(Issuer::start())))
    }

    /// Starts one more.
    pub fn start() -> Issuer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port is bound");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if locked(&serving.state).stopped {
                    break;
                }
                if let Ok(stream) = stream {
                    let shared = Arc::clone(&serving);
                    // A caller that hangs up is no matter of ours.
                    std::thread::spawn(move || drop(shared.serve(stream)));
                }
            }
        });
        Issuer { address, shared }
    }

    /// The settings that make a server call this issuer.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("GOOGLE_CERTS_URL", "certs"),
            ("GOOGLE_AUTH_URL", "auth"),
            ("GOOGLE_TOKEN_URL", "token"),
        ]
        .into_iter()
        .map(|(name, path)| (name.to_owned(), self.url(path)))
        .collect()
    }

    /// The address of one of its pages.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// A good token for "someone" at this moment, changed by the closure.
    pub fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        self.token_at(Utc::now(), change)
    }

    /// A good token for "someone" at a moment, changed by the closure.
    pub fn token_at(&self, now: DateTime<Utc>, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = claims(now);
        change(&mut claims);
        locked(&self.shared.state).key().token(&claims)
    }

    /// A token that is good but for its `kid`, which no JWKS of this issuer has.
    pub fn token_of_unknown_key(&self, now: DateTime<Utc>) -> String {
        keys()[1].token(&claims(now))
    }

    /// How often the JWKS was asked for.
    pub fn fetches(&self) -> usize {
        locked(&self.shared.state).fetches
    }

    /// Answers everything with 503 from now on, or no longer.
    pub fn break_down(&self, broken: bool) {
        locked(&self.shared.state).broken = broken;
    }

    /// Withdraws the key and signs with another from now on.
    pub fn rotate(&self) {
        locked(&self.shared.state).rotated = true;
    }

    /// Lets every answer wait until what is returned is dropped.
    pub fn hold(&self) -> Held<'_> {
        locked(&self.shared.state).held = true;
        Held(&self.shared)
    }

    /// What happens when the browser follows `location` to the issuer and the person agrees:
    /// path and query of the way back, with a code for a token that the closure may change.
    pub fn agree(
        &self,
        location: &str,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let asked = Url::parse(location).expect("the redirect has an absolute address");
        let asked: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        let id_token = self.token_at(now, |claims| {
            claims["nonce"] = asked.get("nonce").cloned().into();
            change(claims);
        });
        let code = Uuid::now_v7().to_string();
        let redirect_uri = asked.get("redirect_uri").cloned().unwrap_or_default();
        let path = Url::parse(&redirect_uri)
            .expect("redirect_uri is absolute")
            .path()
            .to_owned();
        let challenge = asked.get("code_challenge").cloned().unwrap_or_default();
        let remembered = Code {
            challenge,
            redirect_uri,
            id_token,
        };
        locked(&self.shared.state)
            .codes
            .insert(code.clone(), remembered);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", asked.get("state").map_or("", String::as_str))
            .append_pair("code", &code)
            .append_pair("scope", "openid email profile")
            .finish();
        format!("{path}?{query}")
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        locked(&self.shared.state).stopped = true;
        self.shared.turned.notify_all();
        // Wakes the listener's thread, which looks whether it is to go on.
        drop(TcpStream::connect(self.address));
    }
}

/// While this lives, the issuer answers nothing.
pub struct Held<'a>(&'a Shared);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).held = false;
        self.0.turned.notify_all();
    }
}

impl State {
    fn key(&self) -> &'static Key {
        &keys()[usize::from(self.rotated)]
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let request = Request::read(&stream)?;
        let (status, caching, body) = self.answer(&request);
        let body = body.to_string();
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\n\
             Cache-Control: {caching}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )?;
        stream.flush()
    }

    fn answer(&self, request: &Request) -> (u16, &'static str, Value) {
        let mut state = locked(&self.state);
        if request.path == "/certs" {
            state.fetches += 1;
        }
        while state.held && !state.stopped {
            state = self
                .turned
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.broken {
            return (503, "no-store", json!({ "error": "unavailable" }));
        }
        match request.path.as_str() {
            "/certs" => (
                200,
                "public, max-age=3600",
                json!({ "keys": [state.key().jwk()] }),
            ),
            "/token" => match state.exchange(request) {
                Ok(answer) => (200, "no-store", answer),
                Err(why) => (400, "no-store", json!({ "error": why })),
            },
            _ => (404, "no-store", json!({ "error": "not found" })),
        }
    }
}

impl State {
    /// The token endpoint (RFC 6749, section 4.1.3; RFC 7636, section 4.6).
    fn exchange(&mut self, request: &Request) -> Result<Value, &'static str> {
        let form: HashMap<String, String> = form_urlencoded::parse(request.body.as_bytes())
            .into_owned()
            .collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let basic = request
            .authorization
            .as_deref()
            .and_then(|value| value.strip_prefix("Basic "));
        let client = match basic {
            Some(basic) => STANDARD
                .decode(basic.trim())
                .map_err(|_| "invalid_client")?,
            None => format!("{}:{}", field("client_id"), field("client_secret")).into_bytes(),
        };
        if client != b"test-client:test-secret" {
            return Err("invalid_client");
        }
        if field("grant_type") != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        // A code is good once.
        let code = self.codes.remove(field("code")).ok_or("invalid_grant")?;
        let verifier = digest(&SHA256, field("code_verifier").as_bytes());
        let proven = URL_SAFE_NO_PAD.encode(verifier.as_ref()) == code.challenge;
        if !proven || field("redirect_uri") != code.redirect_uri {
            return Err("invalid_grant");
        }
        Ok(json!({
            "access_token": "an access token",
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": code.id_token,
        }))
    }
}

impl Request {
    fn read(stream: &TcpStream) -> io::Result<Request> {
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let target = first.split_whitespace().nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let mut length: usize = 0;
        let mut authorization = None;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            } else if name.eq_ignore_ascii_case("authorization") {
                authorization = Some(value.trim().to_owned());
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Request {
            path,
            authorization,
            body,
        })
    }
}
