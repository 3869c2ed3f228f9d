//! The code of a ticket, which anybody checks without the server, and its picture.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

use super::*;

/// The claims of a code, checked with nothing but a public key.
fn claims(code: &str, key: &Value) -> Result<Value, jsonwebtoken::errors::Error> {
    let key = DecodingKey::from_ed_components(text(&key["x"]))?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    Ok(decode::<Value>(code, &key, &validation)?.claims)
}

fn picture(client: &Client, booking: &Value) -> Reply {
    client.get(&format!("{}/ticket.svg", booking_path(booking)))
}

#[test]
fn a_code_says_which_booking_and_its_signature_holds_offline() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let free = on_sale(app, json!({ "base_price": 0 }));
        let [ann] = people(app, ["ann"]);
        for (event, quantity) in [(&event, 2), (&free, 3)] {
            let booking = match *event == free {
                true => take(app, &ann, event, quantity),
                false => buy(app, &ann, event, quantity),
            };
            let booking = read(&ann, &booking);
            let code = code_of(&booking);
            assert_eq!(code.split('.').count(), 3, "{code}");
            assert_eq!(part(code, 0)["alg"], "EdDSA");
            let said = claims(code, &key_of(app, code)).expect("the signature holds");
            assert_eq!(keys(&said), ["evt", "iss", "qty", "ref", "sub"]);
            assert_eq!(said["sub"], booking["booking_id"]);
            assert_eq!(said["ref"], booking["reference"]);
            assert_eq!(said["evt"], *event);
            assert_eq!(said["qty"], quantity);
            assert!(!text(&said["iss"]).is_empty());
            // Another key does not say so.
            let (_, other) = other_key();
            claims(code, &other).expect_err("another key's signature");
        }
        app.verified();
    });
}

#[test]
fn the_public_keys_are_everybody_s_and_nothing_else_is() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let found = public_keys(app);
        for client in [&ann, &app.super_admin(), &app.internal()] {
            assert_eq!(client.get(KEYS).ok(200)["keys"], json!(found));
        }
        for key in &found {
            assert_eq!(keys(key), ["alg", "crv", "kid", "kty", "use", "x"]);
            assert_eq!(key["kty"], "OKP");
            assert_eq!(key["crv"], "Ed25519");
            assert_eq!(key["alg"], "EdDSA");
            assert_eq!(key["use"], "sig");
            assert!(!text(&key["kid"]).is_empty());
            let x = URL_SAFE_NO_PAD.decode(text(&key["x"])).expect("base64url");
            assert_eq!(x.len(), 32);
        }
    });
}

#[test]
fn two_bookings_have_two_codes_and_each_keeps_its_own() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let (one, two) = (buy(app, &ann, &event, 1), buy(app, &ann, &event, 1));
        assert_ne!(code_of(&one), code_of(&two));
        app.clock().advance(TimeDelta::hours(1));
        assert_eq!(read(&ann, &one), one);
        let [first, again, other] = [&one, &one, &two].map(|booking| {
            let reply = picture(&ann, booking);
            assert_picture(&reply);
            reply.text().to_owned()
        });
        assert_eq!(first, again);
        assert_ne!(first, other);
    });
}

#[test]
fn only_what_is_confirmed_has_a_ticket() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let (held, paid) = (hold(app, &ann, &event, 1), buy(app, &ann, &event, 2));
        let none = |booking: &Value| {
            assert_eq!(read(&ann, booking)["ticket_code"], Value::Null);
            picture(&ann, booking).refused_as(409, "CONFLICT");
        };
        assert_picture(&picture(&ann, &paid));
        none(&held);
        app.clock().advance(TimeDelta::seconds(601));
        none(&held);
        app.sweep();
        none(&held);
        assert_picture(&picture(&ann, &paid));
        assert_cancelled(&cancel(&ann, &paid), &paid);
        none(&paid);
        app.skip_changes();
        let lost = buy(app, &app.user("ann"), &event, 1);
        call_off(app, &event).ok(200);
        none(&lost);
        app.verified();
    });
}

#[test]
fn a_ticket_is_its_person_s_alone() {
    each_with(&WITH_MACHINE, |app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (paid, held) = (buy(app, &ann, &event, 1), hold(app, &ann, &event, 1));
        let all = admins(app).into_iter().chain(strangers(app));
        let all: Vec<_> = all.chain([("the internal key", app.internal())]).collect();
        for booking in [&paid, &held] {
            picture(&bob, booking).refused_as(404, "BOOKING_NOT_FOUND");
            for (who, client) in &all {
                let reply = picture(client, booking);
                assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
                reply.refused_as(401, "UNAUTHORIZED");
            }
        }
        for id in MALFORMED.into_iter().chain([UNKNOWN, event.as_str()]) {
            let booking = json!({ "booking_id": id });
            picture(&ann, &booking).refused_as(404, "BOOKING_NOT_FOUND");
        }
        app.changes(&[]);
    });
}

#[test]
fn what_an_event_is_called_cannot_break_its_ticket() {
    each(|app| {
        for name in [
            "</text><script>alert(1)</script>",
            "\"/><image href=\"x\" onload=\"alert(1)\"/>",
            "Jazz & Blues < Rock ]]>",
            "<!--",
        ] {
            let event = on_sale(app, json!({ "name": name }));
            let [ann] = people(app, ["ann"]);
            let booking = buy(app, &ann, &event, 1);
            assert_picture(&picture(&ann, &booking));
        }
    });
}
