//! Every way that we know to make a token without the server's key.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aws_lc_rs::hmac;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::*;

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

/// A token that this secret signs with HMAC and SHA-256.
fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = unsigned(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

fn set(object: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut object = object.clone();
    object[field] = value.into();
    object
}

fn without(object: &Value, field: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().expect("an object").remove(field);
    object
}

/// The first key that the stand-in for Google shows to everybody.
fn public_key(app: &App) -> Value {
    let url = Url::parse(&app.google().url("certs")).expect("an address");
    let host = url.host_str().expect("a host");
    let port = url.port().expect("a port");
    let mut stream = TcpStream::connect((host, port)).expect("it listens");
    let asked = stream.write_all(b"GET /certs HTTP/1.1\r\nHost: localhost\r\n\r\n");
    asked.expect("it is asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let keys: Value = serde_json::from_str(body).expect("a JWKS");
    keys["keys"][0].clone()
}

/// An element of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short element");
    let [high, low] = length.to_be_bytes();
    let mut element = match length {
        0..0x80 => vec![tag, low],
        _ => vec![tag, 0x82, high, low],
    };
    element.extend(content);
    element
}

/// The text of an RSA key as SubjectPublicKeyInfo (RFC 5280).
fn pem(key: &Value) -> String {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text(&key[name]));
        let mut bytes = bytes.expect("base64url");
        // A zero in front keeps it from being negative.
        if bytes.first().is_some_and(|byte| *byte >= 0x80) {
            bytes.insert(0, 0);
        }
        der(0x02, &bytes)
    };
    let numbers = der(0x30, &[number("n"), number("e")].concat());
    // The object identifier 1.2.840.113549.1.1.1 (RSA), and NULL.
    let rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    // No bits of the last byte are unused.
    let bits = der(0x03, &[vec![0], numbers].concat());
    let whole = STANDARD.encode(der(0x30, &[der(0x30, rsa), bits].concat()));
    let lines: Vec<&str> = (0..whole.len())
        .step_by(64)
        .map(|at| &whole[at..whole.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}

/// Tokens with other claims or another header under the good signature.
fn rewritten(door: &Door, other: &Door) -> Vec<(String, String)> {
    let (header, claims, signature) = (door.header(), door.claims(), door.signature());
    let theirs = other.claims();
    let mut forged = Vec::new();
    for (name, value) in [
        ("sub", theirs["sub"].clone()),
        ("sid", theirs["sid"].clone()),
        ("aud", theirs["aud"].clone()),
        ("aud", json!(["admin", "proposals"])),
        ("iss", json!("https://accounts.google.com")),
        ("exp", json!(4_102_444_800_i64)),
        ("iat", json!(0)),
        ("role", json!("super_admin")),
    ] {
        let message = unsigned(&header, &set(&claims, name, value));
        forged.push((format!("another {name}"), format!("{message}.{signature}")));
    }
    for name in ["iss", "aud", "sub", "sid", "iat", "exp"] {
        let message = unsigned(&header, &without(&claims, name));
        forged.push((format!("no {name}"), format!("{message}.{signature}")));
    }
    for (name, value) in [
        ("alg", "none"),
        ("alg", "HS384"),
        ("alg", "HS512"),
        ("alg", "RS256"),
        ("kid", "unheard of"),
        ("kid", "first"),
        ("kid", ""),
        ("cty", "JWT"),
    ] {
        let message = unsigned(&set(&header, name, value), &claims);
        let what = format!("{name} {value:?} under a good signature");
        forged.push((what, format!("{message}.{signature}")));
    }
    let message = unsigned(&without(&header, "kid"), &claims);
    forged.push(("no kid".to_owned(), format!("{message}.{signature}")));
    forged
}

/// Tokens with the right claims that somebody else signed, or nobody.
fn signed_elsewhere(app: &App, door: &Door) -> Vec<(String, String)> {
    let (header, claims) = (door.header(), door.claims());
    let key = public_key(app);
    let now = app.clock().now();
    let theirs = set(&header, "kid", "first");
    let brought = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("a secret of mine") });
    let brought = set(&set(&header, "jwk", brought), "kid", "mine");
    let modulus = URL_SAFE_NO_PAD.decode(text(&key["n"]));
    let modulus = modulus.expect("base64url");
    let kid = text(&header["kid"]);
    let secrets: [(&str, &Value, Vec<u8>); 8] = [
        // HMAC fills a short key up with zeros: the first is the empty one, too.
        ("nothing", &header, vec![0]),
        ("the word secret", &header, b"secret".to_vec()),
        ("the id of the key", &header, kid.into_bytes()),
        ("Google's PEM", &header, pem(&key).into_bytes()),
        ("Google's PEM, by its kid", &theirs, pem(&key).into_bytes()),
        ("Google's JWK", &theirs, key.to_string().into_bytes()),
        ("Google's modulus", &theirs, modulus),
        (
            "a key that it brings along",
            &brought,
            b"a secret of mine".to_vec(),
        ),
    ];
    let mut forged = Vec::new();
    for (what, header, secret) in secrets {
        forged.push((format!("HS256 by {what}"), hs256(header, &claims, &secret)));
    }
    for alg in ["none", "None", "NONE", "nOnE"] {
        let message = unsigned(&set(&header, "alg", alg), &claims);
        forged.push((format!("alg {alg}"), format!("{message}.")));
        forged.push((format!("alg {alg}, two parts"), message));
    }
    let google = app
        .google()
        .token_at(now, |theirs| *theirs = claims.clone());
    forged.push(("RS256 by Google's key".to_owned(), google));
    forged.push(("Google's own".to_owned(), app.token_of("root")));
    forged
}

/// A good token, spoiled.
fn spoiled(door: &Door) -> Vec<(String, String)> {
    let (good, signature) = (door.token.as_str(), door.signature());
    let (message, _) = good.rsplit_once('.').expect("three parts");
    let other = if signature.starts_with('x') { "y" } else { "x" };
    [
        ("no signature", format!("{message}.")),
        ("two parts", message.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("a longer signature", format!("{good}AA")),
        ("a shorter signature", good[..good.len() - 2].to_owned()),
        (
            "another signature",
            format!("{message}.{other}{}", &signature[1..]),
        ),
        ("padding", format!("{good}=")),
        ("a dot in front", format!(".{good}")),
        ("the token twice", format!("{good}{good}")),
        ("the token in quotes", format!("\"{good}\"")),
        ("nothing", String::new()),
        ("two dots", "..".to_owned()),
        ("20 KB of letters", "A".repeat(20_000)),
        ("letters beyond ASCII", "\u{e9}.\u{fc}.\u{df}".to_owned()),
    ]
    .map(|(what, token)| (what.to_owned(), token))
    .into()
}

#[test]
fn a_forged_token_opens_nothing() {
    each(|app| {
        let doors = Door::both(app);
        app.changes(&["admin.created", "user.created"]);
        for (door, other) in [(&doors[0], &doors[1]), (&doors[1], &doors[0])] {
            door.opens_for(&app.anon().bearer(&door.token));
            let forged = rewritten(door, other).into_iter();
            let forged = forged.chain(signed_elsewhere(app, door));
            for (what, token) in forged.chain(spoiled(door)) {
                assert_ne!(token, door.token, "{what}");
                door.refuses(&app.anon().bearer(&token), &what);
            }
        }
        app.changes(&[]);
    });
}
