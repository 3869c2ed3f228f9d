//! A stand-in for Google, and the people whom it vouches for.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::client::Call;

/// The audience of the tokens.
pub const CLIENT_ID: &str = "folkmoot-bench";
/// How the `sub` of every person of the benchmark begins: what tells our databases from others.
pub const SUBJECTS: &str = "folkmoot-bench-";
const KID: &str = "bench";

/// Signs tokens, and serves the key to check them with until the process ends.
pub struct Issuer {
    key: EncodingKey,
    address: SocketAddr,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The id of the user.
    pub id: String,
    /// The session's cookie, as it is sent back: `session=…`.
    pub cookie: String,
}

impl Issuer {
    /// Makes a key and serves it.
    pub fn start() -> Result<Self, String> {
        let failed = |what: String| format!("the stand-in for Google: {what}");
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
        let certs = serde_json::to_string(&JwkSet { keys: vec![jwk] })
            .map_err(|e| failed(e.to_string()))?;
        let certs: Arc<str> = certs.into();
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| failed(e.to_string()))?;
        let address = listener.local_addr().map_err(|e| failed(e.to_string()))?;
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let certs = Arc::clone(&certs);
                // A caller that hangs up is no matter of ours.
                std::thread::spawn(move || stream.and_then(|stream| answer(stream, &certs)));
            }
        });
        Ok(Self { key, address })
    }

    /// Where the key is.
    pub fn certs_url(&self) -> String {
        format!("http://{}/certs", self.address)
    }

    fn token(&self, n: usize) -> Result<String, String> {
        let now = chrono::Utc::now().timestamp();
        let claims = json!({
            "iss": "https://accounts.google.com", "aud": CLIENT_ID,
            "sub": format!("{SUBJECTS}{n}"), "iat": now, "exp": now + 3600,
            "name": format!("Benchmark {n}"), "email_verified": true,
            "email": format!("bench.{n}@example.org"),
            "picture": format!("https://img.example.org/bench/{n}.png"),
        });
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KID.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.key)
            .map_err(|error| format!("the stand-in for Google: {error}"))
    }

    /// Signs that many people in, at the server that has this address.
    pub fn sign_in(&self, people: usize, server: SocketAddr) -> Result<Vec<Person>, String> {
        (0..people)
            .map(|n| {
                let body = json!({ "token": self.token(n)? }).to_string();
                let call = Call {
                    method: "POST",
                    body: &body,
                    ..Call::get("/api/auth")
                };
                let answer = call.succeed(server)?;
                let who: Value = serde_json::from_slice(&answer.body)
                    .map_err(|error| format!("POST /api/auth: {error}"))?;
                let id = who.pointer("/data/id").and_then(Value::as_str);
                let cookie = answer
                    .headers("Set-Cookie")
                    .filter_map(|cookie| cookie.split(';').next())
                    .find(|cookie| cookie.starts_with("session="));
                match (id, cookie) {
                    (Some(id), Some(cookie)) => Ok(Person {
                        id: id.to_owned(),
                        cookie: cookie.to_owned(),
                    }),
                    _ => Err("POST /api/auth: an answer without an id or a session".into()),
                }
            })
            .collect()
    }
}

fn answer(mut stream: TcpStream, certs: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    // The head ends with an empty line; whatever is asked for, there is one answer.
    while reader.read_line(&mut line)? > 0 && !line.trim().is_empty() {
        line.clear();
    }
    let length = certs.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{certs}"
    )
}
