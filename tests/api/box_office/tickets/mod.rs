//! Tickets: what is in a code, who sees it, and how it lets people in once.

mod check_in;
mod code;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::json;

use super::bookings::{
    WITH_MACHINE, admin_path, admins, assert_cancelled, at_once, booking_path, buy, call_off,
    cancel, event_of, gathering, hold, on_sale, people, read, recorded, strangers, take,
    with_status,
};
use super::*;

/// Where everybody finds the keys that codes are checked with.
const KEYS: &str = "/api/v1/tickets/keys";

/// The namespace of SVG's elements.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Asserts that an answer is a picture that draws something and runs nothing.
#[track_caller]
pub(super) fn assert_picture(reply: &Reply) {
    reply.expect_status(200);
    let kind = reply.header("Content-Type").unwrap_or_default();
    assert!(kind.starts_with("image/svg+xml"), "{kind}");
    let document = roxmltree::Document::parse(reply.text()).expect("XML");
    assert!(document.root_element().has_tag_name((SVG, "svg")));
    let elements = document.descendants().filter(|node| node.is_element());
    let names: Vec<&str> = elements.map(|node| node.tag_name().name()).collect();
    let drawn = ["path", "rect", "use", "text", "line", "polyline", "circle"];
    assert!(names.iter().any(|name| drawn.contains(name)), "{names:?}");
    for active in ["script", "foreignObject", "iframe"] {
        assert!(!names.contains(&active), "{names:?}");
    }
    let attributes = document.descendants().flat_map(|node| node.attributes());
    let mut handlers = attributes.filter(|attribute| attribute.name().starts_with("on"));
    assert!(handlers.next().is_none(), "{}", reply.text());
}

/// One part of a code, read as JSON: the header or the claims.
#[track_caller]
fn part(code: &str, number: usize) -> Value {
    let part = code.split('.').nth(number).expect("it has that part");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// What a code says before it is signed.
fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

/// A code that this key has signed.
fn signed(key: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// A code that this secret signs with HMAC and SHA-256.
fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = unsigned(&set(header.clone(), "alg", "HS256"), claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// A fresh key, and the public part as its JWK has it.
fn other_key() -> (Ed25519KeyPair, Value) {
    let key = Ed25519KeyPair::generate().expect("a key is generated");
    let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    (key, json!({ "kty": "OKP", "crv": "Ed25519", "x": x }))
}

/// The public keys, as anybody sees them.
#[track_caller]
fn public_keys(app: &App) -> Vec<Value> {
    let answer = app.anon().get(KEYS).ok(200);
    assert_eq!(keys(&answer), ["keys"]);
    let found = answer["keys"].as_array().expect("an array").clone();
    assert!(!found.is_empty(), "a key signs tickets");
    found
}

/// The public key that a code's header names.
#[track_caller]
fn key_of(app: &App, code: &str) -> Value {
    let kid = part(code, 0)["kid"].take();
    assert!(kid.is_string(), "{kid}");
    let found = public_keys(app).into_iter().find(|key| key["kid"] == kid);
    found.unwrap_or_else(|| panic!("{kid} is not among the keys"))
}

/// The code of a booking that was answered.
#[track_caller]
fn code_of(booking: &Value) -> &str {
    text(&booking["ticket_code"])
}

fn check_in(admin: &Client, event: &str, code: impl Into<Value>) -> Reply {
    let code: Value = code.into();
    let path = format!("{}/check-in", admin_path(event));
    admin.post(&path, json!({ "code": code }))
}

/// Lets people in and drains the change; answers what was told.
#[track_caller]
fn admit(app: &App, event: &str, booking: &Value) -> Value {
    let answer = check_in(&app.super_admin(), event, code_of(booking)).ok(200);
    app.changes(&["booking.admitted"]);
    answer
}
