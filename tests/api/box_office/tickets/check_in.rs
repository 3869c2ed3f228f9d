//! POST `/api/v1/admin/events/{id}/check-in`: a good code lets in once, and no other ever does.

use super::*;

/// Everybody's password.
const PASSWORD: &str = "correct horse battery staple";

/// Asserts that a code is refused, whatever it is, without letting anybody in.
#[track_caller]
fn assert_refused(app: &App, event: &str, what: &str, code: impl Into<Value>) {
    let reply = check_in(&app.super_admin(), event, code);
    assert_eq!(reply.status(), 400, "{what}: {}", reply.text());
    invalid(&reply, "code");
}

/// Other claims or another header under a good signature.
fn rewritten(good: &str, other: &str) -> Vec<(String, String)> {
    let (header, claims, theirs) = (part(good, 0), part(good, 1), part(other, 1));
    let signature = good.rsplit('.').next().unwrap_or_default();
    let mut forged = Vec::new();
    let mut add = |what: String, header: &Value, claims: &Value| {
        let message = unsigned(header, claims);
        forged.push((what, format!("{message}.{signature}")));
    };
    add("another booking's claims".to_owned(), &header, &theirs);
    for (name, value) in [
        ("sub", theirs["sub"].clone()),
        ("ref", theirs["ref"].clone()),
        ("sub", json!(UNKNOWN)),
        ("evt", json!(UNKNOWN)),
        ("iss", json!("https://evil.example.org")),
        ("qty", json!(10)),
        ("exp", json!(0)),
    ] {
        let what = format!("{name} {value}");
        add(what, &header, &set(claims.clone(), name, value));
    }
    for name in ["sub", "evt", "ref", "qty", "iss"] {
        add(
            format!("no {name}"),
            &header,
            &without(claims.clone(), name),
        );
    }
    for (name, value) in [
        ("alg", "none"),
        ("alg", "HS256"),
        ("alg", "ES256"),
        ("alg", "eddsa"),
        ("kid", "unheard of"),
        ("kid", ""),
    ] {
        let what = format!("{name} {value:?} under a good signature");
        add(what, &set(header.clone(), name, value), &claims);
    }
    add("no kid".to_owned(), &without(header, "kid"), &claims);
    forged
}

/// The right claims, signed by somebody else or by nobody.
fn signed_elsewhere(app: &App, good: &str) -> Vec<(String, String)> {
    let (header, claims) = (part(good, 0), part(good, 1));
    let public = key_of(app, good);
    let x = URL_SAFE_NO_PAD.decode(text(&public["x"]));
    let x = x.expect("base64url");
    let (key, jwk) = other_key();
    let brought = set(header.clone(), "jwk", jwk);
    let mut forged = vec![
        ("another key".to_owned(), signed(&key, &header, &claims)),
        (
            "a key that it brings".to_owned(),
            signed(&key, &brought, &claims),
        ),
        (
            "an unknown key".to_owned(),
            signed(&key, &set(brought, "kid", "mine"), &claims),
        ),
    ];
    let jwk = public.to_string();
    let secrets: [(&str, &[u8]); 5] = [
        // HMAC fills a short key up with zeros: this is the empty one, too.
        ("nothing", &[0]),
        ("the public key", &x),
        ("the public key's text", text(&public["x"]).as_bytes()),
        ("the public key's JWK", jwk.as_bytes()),
        ("the key's id", text(&public["kid"]).as_bytes()),
    ];
    for (what, secret) in secrets {
        let code = hs256(&header, &claims, secret);
        forged.push((format!("HS256 by {what}"), code));
    }
    for alg in ["none", "None", "NONE", "nOnE"] {
        let message = unsigned(&set(header.clone(), "alg", alg), &claims);
        forged.push((format!("alg {alg}"), format!("{message}.")));
        forged.push((format!("alg {alg}, two parts"), message));
    }
    forged
}

/// A good code, spoiled.
fn spoiled(good: &str, other: &str) -> Vec<(String, String)> {
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (_, theirs) = other.rsplit_once('.').expect("three parts");
    let first = if signature.starts_with('x') { "y" } else { "x" };
    let zeros = URL_SAFE_NO_PAD.encode([0_u8; 64]);
    [
        ("nothing", String::new()),
        ("a space", " ".to_owned()),
        ("two dots", "..".to_owned()),
        ("letters", "a.b.c".to_owned()),
        ("a NUL", "\0".to_owned()),
        ("letters beyond ASCII", "\u{e9}.\u{fc}.\u{df}".to_owned()),
        ("no signature", format!("{message}.")),
        ("a signature of zeros", format!("{message}.{zeros}")),
        ("another code's signature", format!("{message}.{theirs}")),
        (
            "another signature",
            format!("{message}.{first}{}", &signature[1..]),
        ),
        ("a shorter signature", good[..good.len() - 2].to_owned()),
        ("a longer signature", format!("{good}AA")),
        ("two parts", message.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("padding", format!("{good}=")),
        ("a dot in front", format!(".{good}")),
        ("the code twice", format!("{good}{good}")),
        ("the code in quotes", format!("\"{good}\"")),
        ("20 KB of letters", "A".repeat(20_000)),
        ("20 KB of dots", ".".repeat(20_000)),
        ("a million letters", "A".repeat(1_000_000)),
    ]
    .map(|(what, code)| (what.to_owned(), code))
    .into()
}

#[test]
fn a_code_lets_its_party_in_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 3);
        let before = app.clock().now();
        let answer = admit(app, &event, &booking);
        assert_eq!(keys(&answer), ["admitted", "at", "booking_id"]);
        assert_eq!(answer["booking_id"], booking["booking_id"]);
        assert_eq!(answer["admitted"], 3);
        let at = moment(&answer["at"]);
        assert!(
            at >= before - TimeDelta::seconds(1) && at <= app.clock().now(),
            "{at}"
        );
        let seen = read(&ann, &booking);
        assert_eq!(moment(&seen["admitted_at"]), at);
        assert_eq!(seen["status"], "confirmed");
        app.clock().advance(TimeDelta::minutes(5));
        for _ in 0..2 {
            let reply = check_in(&app.super_admin(), &event, code_of(&booking));
            let details = reply.refused_as(409, "ALREADY_CHECKED_IN");
            assert_eq!(keys(&details), ["at", "booking_id"]);
            assert_eq!(details["booking_id"], booking["booking_id"]);
            assert_eq!(moment(&details["at"]), at);
        }
        app.changes(&[]);
        assert_eq!(read(&ann, &booking), seen);
        assert_eq!(app.free_seats(&event), 97);
        app.verified();
    });
}

#[test]
fn every_booking_has_its_own_admission() {
    each(|app| {
        let event = on_sale(app, json!({ "base_price": 0 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let booked = [(&ann, 1), (&ann, 2), (&bob, 4)];
        let bookings = booked.map(|(client, seats)| take(app, client, &event, seats));
        for ((client, seats), booking) in booked.into_iter().zip(&bookings) {
            let booking = read(client, booking);
            assert_eq!(booking["admitted_at"], Value::Null);
            assert_eq!(admit(app, &event, &booking)["admitted"], seats);
        }
        assert_eq!(recorded(app, "booking.admitted"), 3);
        app.verified();
    });
}

#[test]
fn a_forged_code_lets_nobody_in() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (booking, other) = (buy(app, &ann, &event, 1), buy(app, &bob, &event, 2));
        let (good, others) = (code_of(&booking), code_of(&other));
        let mut all = rewritten(good, others);
        all.extend(signed_elsewhere(app, good));
        all.extend(spoiled(good, others));
        let login = json!({ "email": "root@example.org", "password": PASSWORD });
        let login = app.anon().post("/api/v1/auth/admin/login", login).ok(200);
        for (what, code) in [
            ("an admin's token", &login["access_token"]),
            ("a booking's id", &booking["booking_id"]),
            ("a booking's reference", &booking["reference"]),
        ] {
            all.push((what.to_owned(), text(code).to_owned()));
        }
        for (what, code) in all {
            assert_ne!(code, good, "{what}");
            assert_refused(app, &event, &what, code);
        }
        app.changes(&[]);
        for (client, booking) in [(&ann, &booking), (&bob, &other)] {
            assert_eq!(read(client, booking)["admitted_at"], Value::Null);
            admit(app, &event, booking);
        }
        app.verified();
    });
}

#[test]
fn a_code_is_a_text_in_an_object() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 1);
        let (root, code) = (app.super_admin(), code_of(&booking));
        for wrong in [
            json!(null),
            json!(1),
            json!(true),
            json!([code]),
            json!({ "code": code }),
        ] {
            assert_refused(app, &event, "no text", wrong);
        }
        let path = format!("{}/check-in", admin_path(&event));
        invalid(&root.post(&path, json!({})), "code");
        invalid(&root.post(&path, json!({ "ticket_code": code })), "code");
        let kind = Some("application/json");
        for body in ["", "{", "[]", "null", &json!(code).to_string()] {
            let reply = root.raw("POST", &path, kind, body.as_bytes());
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        let whole = json!({ "code": code }).to_string();
        let reply = root.raw("POST", &path, Some("text/plain"), whole.as_bytes());
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        let reply = check_in(&root, &event, "A".repeat(1 << 20));
        reply.refused_as(413, "PAYLOAD_TOO_LARGE");
        app.changes(&[]);
        admit(app, &event, &booking);
    });
}

#[test]
fn a_code_of_another_event_lets_nobody_in() {
    each(|app| {
        let (event, other) = (on_sale(app, json!({})), on_sale(app, json!({})));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 1);
        assert_refused(app, &other, "another event's", code_of(&booking));
        let plain = gathering(app, &ann);
        for id in MALFORMED.into_iter().chain([UNKNOWN, plain.as_str()]) {
            let reply = check_in(&app.super_admin(), id, code_of(&booking));
            reply.refused_as(404, "EVENT_NOT_FOUND");
        }
        app.changes(&[]);
        assert_eq!(read(&ann, &booking), booking);
        admit(app, &event, &booking);
    });
}

#[test]
fn only_the_event_s_admin_lets_people_in() {
    each_with(&WITH_MACHINE, |app| {
        let owner = app.admin("event_manager");
        let event = event_of(app, &owner);
        let [ann] = people(app, ["ann"]);
        let (first, second) = (buy(app, &ann, &event, 1), buy(app, &ann, &event, 1));
        let others = [app.admin("event_manager"), app.admin("analyst")];
        app.skip_changes();
        for admin in &others {
            let reply = check_in(admin, &event, code_of(&first));
            reply.refused_as(403, "FORBIDDEN");
        }
        let all = strangers(app).into_iter().chain([("ann", ann.clone())]);
        for (who, client) in all.chain([("the internal key", app.internal())]) {
            let reply = check_in(&client, &event, code_of(&first));
            assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
            reply.refused_as(401, "UNAUTHORIZED");
        }
        app.changes(&[]);
        for (admin, booking) in [(&owner, &first), (&app.super_admin(), &second)] {
            assert_eq!(read(&ann, booking)["admitted_at"], Value::Null);
            check_in(admin, &event, code_of(booking)).ok(200);
            app.changes(&["booking.admitted"]);
        }
        app.verified();
    });
}

#[test]
fn a_cancelled_booking_s_code_lets_nobody_in() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 2);
        assert_cancelled(&cancel(&ann, &booking), &booking);
        app.skip_changes();
        let reply = check_in(&app.super_admin(), &event, code_of(&booking));
        reply.refused_as(409, "CONFLICT");
        app.changes(&[]);
        assert_eq!(read(&ann, &booking)["admitted_at"], Value::Null);
        app.verified();
    });
}

#[test]
fn a_code_that_is_shown_at_several_doors_at_once_lets_in_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let root = app.super_admin();
        for round in 1..=5 {
            let booking = buy(app, &ann, &event, 1);
            let replies = at_once(4, |_| check_in(&root, &event, code_of(&booking)));
            assert_eq!(with_status(&replies, 200), 1, "{replies:?}");
            let at = moment(&read(&ann, &booking)["admitted_at"]);
            for reply in &replies {
                let told = match reply.status() {
                    200 => reply.json()["at"].take(),
                    _ => reply.refused_as(409, "ALREADY_CHECKED_IN")["at"].take(),
                };
                assert_eq!(moment(&told), at);
            }
            assert_eq!(recorded(app, "booking.admitted"), round);
            app.skip_changes();
        }
        app.verified();
    });
}

#[test]
fn who_cancels_at_the_door_is_either_in_or_has_cancelled() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let (root, mut inside) = (app.super_admin(), 0);
        for _ in 0..8 {
            let booking = buy(app, &ann, &event, 1);
            let replies = at_once(2, |n| match n {
                0 => check_in(&root, &event, code_of(&booking)),
                _ => cancel(&ann, &booking),
            });
            match replies[0].status() {
                200 => {
                    replies[1].refused_as(409, "ALREADY_CHECKED_IN");
                    inside += 1;
                }
                _ => {
                    replies[0].refused_as(409, "CONFLICT");
                    assert_cancelled(&replies[1], &booking);
                }
            }
            assert_eq!(app.free_seats(&event), 100 - inside);
            app.skip_changes();
        }
        app.verified();
    });
}
