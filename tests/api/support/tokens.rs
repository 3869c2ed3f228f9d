//! Google ID tokens, good and hostile, signed here and by hand: nothing of the library that
//! the server verifies them with.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// An RSA key of the issuer.
pub struct Key {
    pub id: &'static str,
    pair: KeyPair,
}

/// The two keys of this process: the issuer's, and the one that it changes to.
pub fn keys() -> &'static [Key; 2] {
    static KEYS: OnceLock<[Key; 2]> = OnceLock::new();
    KEYS.get_or_init(|| {
        ["first", "second"].map(|id| Key {
            id,
            pair: KeyPair::generate(KeySize::Rsa2048).expect("an RSA key is generated"),
        })
    })
}

impl Key {
    /// The public key as an entry of a JWKS (RFC 7517).
    pub fn jwk(&self) -> Value {
        let (modulus, exponent) = self.numbers();
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent),
        })
    }

    /// A token (RFC 7519) of these claims with the header that Google's have.
    pub fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "kid": self.id, "typ": "JWT" });
        self.sign(&RSA_PKCS1_SHA256, &header, claims)
    }

    fn sign(&self, how: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                how,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .expect("an RSA key signs");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key as PKCS #1 (RFC 8017): the modulus and the exponent in a sequence.
    fn pkcs1(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The public key as SubjectPublicKeyInfo (RFC 5280).
    fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'static> = self
            .pair
            .public_key()
            .as_der()
            .expect("a public key is encoded");
        let bytes: &[u8] = der.as_ref();
        bytes.to_vec()
    }

    fn pem(&self) -> String {
        let text = STANDARD.encode(self.spki());
        let lines: Vec<&str> = (0..text.len())
            .step_by(64)
            .map(|at| &text[at..text.len().min(at + 64)])
            .collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        )
    }

    /// Modulus and exponent, without leading zeros.
    fn numbers(&self) -> (&[u8], &[u8]) {
        let (sequence, _) = der_element(self.pkcs1());
        let (modulus, rest) = der_element(sequence);
        let (exponent, _) = der_element(rest);
        (without_zeros(modulus), without_zeros(exponent))
    }
}

/// The content of the first DER element, and what follows it.
fn der_element(input: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = (usize::from(input[1]), &input[2..]);
    if length < 0x80 {
        return rest.split_at(length);
    }
    let (digits, rest) = rest.split_at(length - 0x80);
    rest.split_at(
        digits
            .iter()
            .fold(0, |length, digit| length * 256 + usize::from(*digit)),
    )
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len());
    &number[start..]
}

/// What Google says about "someone" who signs in now.
pub fn claims(now: DateTime<Utc>) -> Value {
    json!({
        "iss": "https://accounts.google.com",
        "azp": "test-client",
        "aud": "test-client",
        "sub": "someone",
        "email": "someone@example.org",
        "email_verified": true,
        "name": "someone",
        "picture": "https://img.example.org/someone.png",
        "iat": now.timestamp(),
        "exp": now.timestamp() + 3600,
    })
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

/// Something that is no good token, and how it is refused.
pub struct Hostile {
    pub what: &'static str,
    pub token: Value,
    pub status: u16,
    pub sentence: &'static str,
}

/// Every way that we know to try it without being the person.
pub fn hostile(now: DateTime<Utc>) -> Vec<Hostile> {
    let invalid = forged(now)
        .into_iter()
        .chain(not_tokens())
        .chain(untimely(now));
    let invalid = invalid.map(|(what, token)| Hostile {
        what,
        token,
        status: 400,
        sentence: "Invalid token.",
    });
    let unknown = foreign(now).into_iter().map(|(what, token)| Hostile {
        what,
        token,
        status: 403,
        sentence: "Token is of unknown origin",
    });
    invalid.chain(unknown).collect()
}

type Named = (&'static str, Value);

/// Not signed by the issuer with RS256.
fn forged(now: DateTime<Utc>) -> Vec<Named> {
    let [first, second] = keys();
    let claims = claims(now);
    let mut other = claims.clone();
    other["sub"] = "somebody else".into();
    let good = first.token(&claims);
    let (message, signature) = good.rsplit_once('.').expect("a token has three parts");
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid, "typ": "JWT" });
    let hs256 = |secret: &[u8]| {
        let message = unsigned(&header("HS256", "first"), &claims);
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            message.as_bytes(),
        );
        Value::from(format!(
            "{message}.{}",
            URL_SAFE_NO_PAD.encode(tag.as_ref())
        ))
    };
    let none = |alg: &str| Value::from(format!("{}.", unsigned(&header(alg, "first"), &claims)));
    let rsa = |key: &Key, header: Value| Value::from(key.sign(&RSA_PKCS1_SHA256, &header, &claims));
    let own_key = json!({ "alg": "RS256", "kid": "first", "typ": "JWT", "jwk": second.jwk() });
    vec![
        ("alg none", none("none")),
        ("alg None", none("None")),
        ("alg none with a good signature", {
            let message = unsigned(&header("none", "first"), &claims);
            format!("{message}.{signature}").into()
        }),
        (
            "HS256 with the public key's PEM",
            hs256(first.pem().as_bytes()),
        ),
        ("HS256 with the public key's SPKI", hs256(&first.spki())),
        ("HS256 with the public key's PKCS #1", hs256(first.pkcs1())),
        // HMAC fills a short key up with zeros: this is the empty one, too.
        ("HS256 with an empty secret", hs256(b"\0")),
        ("RS512 by the right key", {
            first
                .sign(&RSA_PKCS1_SHA512, &header("RS512", "first"), &claims)
                .into()
        }),
        ("PS256 by the right key", {
            first
                .sign(&RSA_PSS_SHA256, &header("PS256", "first"), &claims)
                .into()
        }),
        (
            "another key under a known kid",
            rsa(second, header("RS256", "first")),
        ),
        (
            "another key that the token brings along",
            rsa(second, own_key),
        ),
        ("an unknown kid", rsa(second, header("RS256", "unheard of"))),
        (
            "no kid",
            rsa(first, json!({ "alg": "RS256", "typ": "JWT" })),
        ),
        (
            "a kid that is no text",
            rsa(first, json!({ "alg": "RS256", "kid": 1 })),
        ),
        (
            "no alg",
            rsa(first, json!({ "kid": "first", "typ": "JWT" })),
        ),
        ("no signature", format!("{message}.").into()),
        ("two parts", message.into()),
        ("four parts", format!("{good}.{signature}").into()),
        ("other claims under a good signature", {
            let message = unsigned(&header("RS256", "first"), &other);
            format!("{message}.{signature}").into()
        }),
        ("no subject", {
            let mut nobody = claims.clone();
            nobody
                .as_object_mut()
                .expect("claims are an object")
                .remove("sub");
            first.token(&nobody).into()
        }),
        (
            "claims that are no object",
            first.token(&json!([1, 2, 3])).into(),
        ),
    ]
}

/// Not tokens at all.
fn not_tokens() -> Vec<Named> {
    vec![
        ("the empty string", "".into()),
        ("a space", " ".into()),
        ("two dots", "..".into()),
        ("20 KB of garbage", "garbage.".repeat(2500).into()),
        ("20 KB of letters", "A".repeat(20_000).into()),
        ("a NUL", "\0".into()),
        ("letters beyond ASCII", "é.ü.ß".into()),
        ("a number", 42.into()),
        ("null", Value::Null),
        ("a boolean", true.into()),
        ("an array", json!(["a.b.c"])),
        ("an object", json!({ "token": "a.b.c" })),
    ]
}

/// Expired, or not yet valid, by more than the leeway of a minute.
fn untimely(now: DateTime<Utc>) -> Vec<Named> {
    let at = |moment: DateTime<Utc>| Value::from(moment.timestamp());
    let token = |changes: &[(&str, Value)]| {
        let mut claims = claims(now);
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        Value::from(keys()[0].token(&claims))
    };
    let hour = TimeDelta::hours(1);
    let (late, soon) = (now - TimeDelta::seconds(61), now + TimeDelta::seconds(90));
    vec![
        (
            "expired an hour ago",
            token(&[("iat", at(now - hour * 2)), ("exp", at(now - hour))]),
        ),
        (
            "expired 61 seconds ago",
            token(&[("iat", at(now - hour)), ("exp", at(late))]),
        ),
        (
            "issued in 90 seconds",
            token(&[("iat", at(soon)), ("exp", at(soon + hour))]),
        ),
        (
            "valid in an hour",
            token(&[("nbf", at(now + hour)), ("exp", at(now + hour * 2))]),
        ),
        ("without an end", token(&[("exp", Value::Null)])),
    ]
}

/// Good tokens, but not of Google's, not for us, or about an address that Google has not seen.
fn foreign(now: DateTime<Utc>) -> Vec<Named> {
    let token = |name: &str, value: Option<Value>| {
        let mut claims = claims(now);
        match value {
            Some(value) => claims[name] = value,
            None => drop(claims.as_object_mut().map(|claims| claims.remove(name))),
        }
        Value::from(keys()[0].token(&claims))
    };
    let text = |text: &str| Some(Value::from(text));
    vec![
        ("another audience", token("aud", text("another-client"))),
        (
            "an audience that begins like ours",
            token("aud", text("test-client.evil")),
        ),
        ("no audience", token("aud", None)),
        (
            "another issuer",
            token("iss", text("https://issuer.example.org")),
        ),
        (
            "an issuer without TLS",
            token("iss", text("http://accounts.google.com")),
        ),
        (
            "an issuer that begins alike",
            token("iss", text("https://accounts.google.com.evil.org")),
        ),
        ("no issuer", token("iss", None)),
        (
            "an e-mail that is not verified",
            token("email_verified", Some(false.into())),
        ),
        (
            "an e-mail that is not verified, as text",
            token("email_verified", text("false")),
        ),
        ("nothing about the e-mail", token("email_verified", None)),
    ]
}
