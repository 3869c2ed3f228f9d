//! A caller of the server, and what it is answered.

use std::net::{Ipv4Addr, SocketAddr};

use rocket::http::{Cookie, Header, Method, Status};
use serde_json::{Value, json};

use super::app::App;

/// A caller: a session or none, an address, and headers that go with every request.
#[derive(Clone)]
pub struct Client<'a> {
    app: &'a App,
    id: Option<String>,
    cookie: Option<String>,
    headers: Vec<(String, String)>,
    address: SocketAddr,
}

impl<'a> Client<'a> {
    pub(super) fn new(app: &'a App) -> Client<'a> {
        Client {
            app,
            id: None,
            cookie: None,
            headers: Vec::new(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
        }
    }

    /// Signs in with a good token of this name; everything else about the caller is this one's,
    /// the cookie that it sends along included.
    pub fn sign_in(&self, name: &str) -> Client<'a> {
        let reply = self.post("/api/auth", json!({ "token": self.app.token_of(name) }));
        let answer = reply.ok(200);
        let id = answer["data"]["id"]
            .as_str()
            .expect("a sign-in answers the person's id");
        let cookie = reply
            .new_cookie("session")
            .expect("a sign-in sets the session cookie");
        Client {
            id: Some(id.to_owned()),
            cookie: Some(cookie),
            ..self.clone()
        }
    }

    /// The id of the person who is signed in.
    pub fn id(&self) -> &str {
        self.id.as_deref().expect("an anonymous client has no id")
    }

    /// The session cookie as it is sent: `session=…`.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// The bare value of the session cookie.
    pub fn session(&self) -> &str {
        let cookie = self.cookie().expect("an anonymous client has no session");
        cookie.trim_start_matches("session=")
    }

    pub fn get(&self, path: &str) -> Reply {
        self.raw("GET", path, None, &[])
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.raw("DELETE", path, None, &[])
    }

    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.raw(
            "POST",
            path,
            Some("application/json"),
            body.to_string().as_bytes(),
        )
    }

    pub fn put(&self, path: &str, body: Value) -> Reply {
        self.raw(
            "PUT",
            path,
            Some("application/json"),
            body.to_string().as_bytes(),
        )
    }

    pub fn patch(&self, path: &str, body: Value) -> Reply {
        self.raw(
            "PATCH",
            path,
            Some("application/json"),
            body.to_string().as_bytes(),
        )
    }

    /// The same caller with a bearer token instead of a session.
    pub fn bearer(&self, token: &str) -> Client<'a> {
        let mut other = self.with("Authorization", &format!("Bearer {token}"));
        other.cookie = None;
        other
    }

    /// The same caller, known by this id.
    pub(super) fn known_as(&self, id: &str) -> Client<'a> {
        Client {
            id: Some(id.to_owned()),
            ..self.clone()
        }
    }

    /// The same caller with one more header on every request. A `Cookie` goes beside the
    /// session's.
    pub fn with(&self, header: &str, value: &str) -> Client<'a> {
        let mut other = self.clone();
        other.headers.push((header.to_owned(), value.to_owned()));
        other
    }

    /// The same caller from another address.
    #[expect(
        clippy::wrong_self_convention,
        reason = "the client, called from that address"
    )]
    pub fn from_address(&self, address: SocketAddr) -> Client<'a> {
        Client {
            address,
            ..self.clone()
        }
    }

    /// Any request at all.
    pub fn raw(&self, method: &str, path: &str, content_type: Option<&str>, body: &[u8]) -> Reply {
        let known: Method = method.parse().expect("a method that Rocket knows");
        let mut request = self
            .app
            .server()
            .req(known, path)
            .remote(self.address)
            .body(body);
        let cookie = self.cookie.iter().map(|pair| ("Cookie", pair.as_str()));
        let kind = content_type.into_iter().map(|kind| ("Content-Type", kind));
        let more = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in cookie.chain(kind).chain(more) {
            // As Rocket does with a request from the network: cookies go into the jar as well.
            if name.eq_ignore_ascii_case("cookie") {
                let pairs = value.split(';').map(|pair| pair.trim().to_owned());
                for cookie in pairs.filter_map(|pair| Cookie::parse_encoded(pair).ok()) {
                    request = request.cookie(cookie);
                }
            }
            request = request.header(Header::new(name.to_owned(), value.to_owned()));
        }
        self.app.run(async {
            let response = request.dispatch().await;
            let headers = response
                .headers()
                .iter()
                .map(|header| (header.name().to_string(), header.value().to_owned()))
                .collect();
            Reply {
                call: format!("{method} {path}"),
                status: response.status().code,
                headers,
                body: response.into_bytes().await.unwrap_or_default(),
            }
        })
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Method and path of the request, for messages.
    call: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_all(name).first().copied()
    }

    /// All headers of this name.
    pub fn headers_all(&self, name: &str) -> Vec<&str> {
        let named = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The `Set-Cookie` header for this cookie.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let all = self.headers_all("Set-Cookie");
        all.into_iter()
            .find(|line| line.split('=').next() == Some(name))
    }

    /// The cookie that this answer sets, as the browser sends it back: `name=value`.
    pub fn new_cookie(&self, name: &str) -> Option<String> {
        let line = self.set_cookie(name)?;
        line.split(';').next().map(|pair| pair.trim().to_owned())
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!(
                "{} answered {} with a body that is not JSON: {error}: {:?}",
                self.call,
                self.status,
                String::from_utf8_lossy(&self.body)
            ),
        }
    }

    /// Asserts the status; answers the body.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        self.expect_status(status);
        self.json()
    }

    /// Asserts a 204, which has no body.
    #[track_caller]
    pub fn no_content(&self) {
        self.expect_status(204);
        assert!(
            self.body.is_empty(),
            "{} answered 204 with a body",
            self.call
        );
    }

    /// Asserts a failure with this sentence and nothing beside it.
    #[track_caller]
    pub fn error(&self, status: u16, message: &str) {
        self.expect_status(status);
        let expected = json!({ "error": reason(status), "message": message });
        assert_eq!(self.json(), expected, "the body of {}", self.call);
    }

    /// Asserts a failure in the community's envelope, whatever its sentence; answers the body.
    #[track_caller]
    pub fn refused(&self, status: u16) -> Value {
        self.expect_status(status);
        let body = self.json();
        assert_eq!(body["error"], reason(status), "{}: {body}", self.call);
        let sentence = body["message"].as_str().unwrap_or_default();
        assert!(!sentence.is_empty(), "{} says nothing: {body}", self.call);
        let keys = body.as_object().map_or(0, |object| object.len());
        assert_eq!(
            keys, 2,
            "{} has more than error and message: {body}",
            self.call
        );
        body
    }

    /// Asserts a 422 that says something about exactly these fields.
    #[track_caller]
    pub fn invalid(&self, fields: &[&str]) {
        self.expect_status(422);
        let body = self.json();
        assert_eq!(
            body["error"], "Unprocessable Entity",
            "{}: {body}",
            self.call
        );
        let sentence = "The server cannot process the request due to invalid data.";
        assert_eq!(body["message"], sentence, "{}: {body}", self.call);
        let named = body["fields"].as_object();
        let mut named: Vec<&str> = named.map_or(Vec::new(), |named| {
            named.keys().map(String::as_str).collect()
        });
        let mut fields = fields.to_vec();
        named.sort_unstable();
        fields.sort_unstable();
        assert_eq!(named, fields, "{} names other fields: {body}", self.call);
    }

    /// Asserts a failure in the envelope of the path's system, which is not the community's, with
    /// this code or name; answers what it says about fields or causes.
    #[track_caller]
    pub fn refused_as(&self, status: u16, code: &str) -> Value {
        self.expect_status(status);
        let body = self.json();
        let keys = |value: &Value| {
            let object = value
                .as_object()
                .map(|object| object.keys().cloned().collect());
            let mut keys: Vec<String> = object.unwrap_or_default();
            keys.sort_unstable();
            keys.join(" ")
        };
        let (said, told, form) = match &body {
            Value::Object(object) if object.contains_key("success") => {
                assert_eq!(body["success"], false, "{}: {body}", self.call);
                assert_eq!(keys(&body), "error success", "{}: {body}", self.call);
                let error = &body["error"];
                (
                    &error["code"],
                    &error["details"],
                    (error, "code details message"),
                )
            }
            Value::Object(object) if object.contains_key("error") => {
                assert_eq!(keys(&body), "error", "{}: {body}", self.call);
                let error = &body["error"];
                let form = (error, "code details message timestamp");
                (&error["code"], &error["details"], form)
            }
            Value::Object(object) if object.contains_key("name") => {
                assert_eq!(body["status"], status, "{}: {body}", self.call);
                (
                    &body["name"],
                    &body["errors"],
                    (&body, "errors message name status"),
                )
            }
            _ => (&body["code"], &Value::Null, (&body, "code message")),
        };
        assert_eq!(said, code, "{}: {body}", self.call);
        assert_eq!(keys(form.0), form.1, "{}: {body}", self.call);
        let sentence = form.0["message"].as_str().unwrap_or_default();
        assert!(!sentence.is_empty(), "{} says nothing: {body}", self.call);
        told.clone()
    }

    #[track_caller]
    pub fn expect_status(&self, status: u16) {
        assert_eq!(
            self.status,
            status,
            "the status of {}, whose body is {}",
            self.call,
            String::from_utf8_lossy(&self.body)
        );
    }
}

fn reason(status: u16) -> &'static str {
    Status::new(status).reason_lossy()
}
