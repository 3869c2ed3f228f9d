//! Who has no key, what is no movement of seats, and which of two refusals comes first.

use super::*;

/// Numbers and other values that are no quantity of seats, as JSON writes them.
const NO_QUANTITIES: [&str; 13] = [
    "0",
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    "1.5",
    "-0.5",
    "\"2\"",
    "\"\"",
    "null",
    "true",
    "[]",
    "[-1]",
    "{}",
];

/// Quantities beyond what one update may move.
const TOO_MANY: [&str; 10] = [
    "11",
    "-11",
    "101",
    "-101",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "9223372036854775807",
    "-9223372036854775808",
];

/// What refuses a caller: a status and its code.
type Refusal = (u16, &'static str);

const UNAUTHORIZED: Refusal = (401, "UNAUTHORIZED");
const UNAVAILABLE: Refusal = (503, "UNAVAILABLE");

/// Posts a body as it is written here.
fn post(client: &Client, path: &str, body: &str) -> Reply {
    client.raw("POST", path, Some("application/json"), body.as_bytes())
}

/// Asserts that all three calls refuse a caller, whatever they are about.
#[track_caller]
fn stays_out(client: &Client, id: &str, (status, code): Refusal, who: &str) {
    for id in [id, UNKNOWN, "nonsense"] {
        for reply in [
            client.get(&seats_path(id)),
            shift(client, id, -1),
            shift(client, id, 0),
            give_back(client, id, 1),
            post(client, &update_path(id), "{"),
        ] {
            assert_eq!(reply.status(), status, "{who}: {}", reply.text());
            reply.refused_as(status, code);
        }
    }
}

fn with_key<'a>(app: &'a App, key: &str) -> Client<'a> {
    app.anon().with("X-API-Key", key)
}

fn authorized<'a>(app: &'a App, line: &str) -> Client<'a> {
    app.anon().with("Authorization", line)
}

/// Keys that are not the key.
fn wrong_keys() -> Vec<String> {
    let key = INTERNAL_KEY;
    let mut wrong: Vec<String> = [
        "",
        "x",
        "null",
        "garbage",
        "ApiKey",
        "*",
        "%00",
        "ключ",
        "' or '1'='1",
    ]
    .map(str::to_owned)
    .into();
    wrong.push(key[..key.len() - 1].to_owned());
    wrong.push(key[..1].to_owned());
    wrong.push(key[1..].to_owned());
    wrong.push(format!("{key}x"));
    wrong.push(format!("x{key}"));
    wrong.push(format!("{key}{key}"));
    wrong.push(format!("{key},{key}"));
    wrong.push(format!("{key} {key}"));
    wrong.push(format!("ApiKey {key}"));
    wrong.push(format!("\"{key}\""));
    wrong.push("x".repeat(10_000));
    wrong.push(key.chars().rev().collect());
    wrong.retain(|wrong| wrong != key);
    wrong
}

#[test]
fn no_key_and_every_wrong_one_stay_out() {
    each(|app| {
        let id = hall(app, 20);
        stays_out(&app.anon(), &id, UNAUTHORIZED, "nobody");
        for key in wrong_keys() {
            stays_out(&with_key(app, &key), &id, UNAUTHORIZED, &key);
            let line = format!("ApiKey {key}");
            stays_out(&authorized(app, &line), &id, UNAUTHORIZED, &line);
        }
        for line in [
            String::new(),
            "ApiKey".to_owned(),
            INTERNAL_KEY.to_owned(),
            format!("Bearer {INTERNAL_KEY}"),
            format!("Basic {INTERNAL_KEY}"),
            format!("Token {INTERNAL_KEY}"),
            format!("ApiKey{INTERNAL_KEY}"),
            format!("ApiKey:{INTERNAL_KEY}"),
            format!("X-API-Key {INTERNAL_KEY}"),
        ] {
            stays_out(&authorized(app, &line), &id, UNAUTHORIZED, &line);
        }
        let cookie = format!("session={INTERNAL_KEY}");
        let cookie = app.anon().with("Cookie", &cookie);
        stays_out(&cookie, &id, UNAUTHORIZED, "a cookie");
        for name in ["api_key", "key", "X-API-Key", "token"] {
            let path = format!("{}?{name}={}", seats_path(&id), encode(INTERNAL_KEY));
            app.anon().get(&path).refused_as(401, "UNAUTHORIZED");
        }
        app.changes(&[]);
        assert_free(app, &id, 20);
    });
}

#[test]
fn a_key_is_shown_once() {
    each(|app| {
        let id = hall(app, 20);
        let right = with_key(app, INTERNAL_KEY);
        let line = format!("ApiKey {INTERNAL_KEY}");
        for other in [INTERNAL_KEY, "garbage", ""] {
            let twice = right.with("X-API-Key", other);
            stays_out(&twice, &id, UNAUTHORIZED, other);
            let twice = with_key(app, other).with("X-API-Key", INTERNAL_KEY);
            stays_out(&twice, &id, UNAUTHORIZED, other);
        }
        for other in [line.as_str(), "ApiKey garbage", "Basic AAAA", ""] {
            let twice = authorized(app, &line).with("Authorization", other);
            stays_out(&twice, &id, UNAUTHORIZED, other);
            let twice = authorized(app, other).with("Authorization", &line);
            stays_out(&twice, &id, UNAUTHORIZED, other);
        }
        app.changes(&[]);
        assert_free(app, &id, 20);
    });
}

#[test]
fn who_is_signed_in_elsewhere_stays_out_here() {
    let token = "a-configured-token-of-the-tests-0123456789";
    each_with(&[("API_TOKEN", token)], |app| {
        let id = hall(app, 20);
        for (client, who) in [
            (app.user("ann"), "a person"),
            (app.account("orla", "human-resource"), "an organiser"),
            (app.account("vera", "vendor"), "a vendor"),
            (app.super_admin(), "a super_admin"),
            (app.admin("event_manager"), "an event_manager"),
            (app.admin("analyst"), "an analyst"),
            (app.anon().bearer(token), "a machine"),
            (with_key(app, token), "a machine's token as the key"),
        ] {
            app.skip_changes();
            stays_out(&client, &id, UNAUTHORIZED, who);
            app.changes(&[]);
        }
        assert_free(app, &id, 20);
    });
}

#[test]
fn without_a_key_in_the_settings_nobody_is_let_in() {
    each_with(&[("INTERNAL_API_KEY", "")], |app| {
        let id = hall(app, 20);
        for (client, who) in [
            (app.internal(), "what is the key elsewhere"),
            (app.anon(), "nobody"),
            (with_key(app, ""), "an empty key"),
            (authorized(app, "ApiKey "), "an empty key after its scheme"),
            (authorized(app, "ApiKey"), "a scheme alone"),
            (app.super_admin(), "a super_admin"),
        ] {
            stays_out(&client, &id, UNAVAILABLE, who);
        }
        app.changes(&[]);
        assert_free(app, &id, 20);
    });
}

#[test]
fn what_is_no_quantity_or_too_many_is_refused() {
    each(|app| {
        let id = hall(app, 100);
        take(app, &id, 10);
        let internal = app.internal();
        // A return has no bound such as an update's, but only ten seats are out.
        for quantity in NO_QUANTITIES.into_iter().chain(TOO_MANY) {
            let body = format!("{{\"quantity\":{quantity}}}");
            for path in [update_path(&id), return_path(&id)] {
                let reply = post(&internal, &path, &body);
                assert_eq!(reply.status(), 400, "{path} {body}: {}", reply.text());
                invalid(&reply, "quantity");
            }
        }
        for path in [update_path(&id), return_path(&id)] {
            for body in ["{}", "{\"Quantity\":-1}", "{\"seats\":1,\"version\":null}"] {
                invalid(&post(&internal, &path, body), "quantity");
            }
        }
        invalid(&give_back(&internal, &id, -1), "quantity");
        app.changes(&[]);
        assert_free(app, &id, 90);
    });
}

#[test]
fn what_is_no_version_is_refused() {
    each(|app| {
        let id = hall(app, 20);
        take(app, &id, 5);
        let internal = app.internal();
        for bad in [
            "0",
            "-1",
            "-9223372036854775808",
            "9223372036854775808",
            "1.5",
            "\"3\"",
            "\"\"",
            "true",
            "[]",
            "{}",
        ] {
            let body = format!("{{\"quantity\":1,\"version\":{bad}}}");
            for path in [update_path(&id), return_path(&id)] {
                let reply = post(&internal, &path, &body);
                assert_eq!(reply.status(), 400, "{path} {body}: {}", reply.text());
                invalid(&reply, "version");
            }
        }
        // Each wrong field is named.
        let body = json!({ "quantity": 0, "version": 0 });
        for path in [update_path(&id), return_path(&id)] {
            let reply = internal.post(&path, body.clone());
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(keys(&details), ["quantity", "version"]);
        }
        app.changes(&[]);
        assert_free(app, &id, 15);
    });
}

#[test]
fn events_that_are_not_on_sale_here_are_not_found() {
    each(|app| {
        let ann = app.user("ann");
        let theirs = gather(&ann, "Walk", "2031-06-14");
        let hidden = gather(&ann, "Hidden", "2031-06-14");
        hide(app, &hidden);
        let draft = app.draft(json!({}));
        let draft = text(&draft["event_id"]);
        app.skip_changes();
        let internal = app.internal();
        let others = [UNKNOWN, ann.id(), draft, theirs.as_str(), hidden.as_str()];
        for id in MALFORMED.into_iter().chain(others) {
            for reply in [
                internal.get(&seats_path(id)),
                shift(&internal, id, -1),
                shift(&internal, id, 1),
                shift(&internal, id, -11),
                shift_at(&internal, id, -1, 1),
                give_back(&internal, id, 1),
            ] {
                assert_eq!(reply.status(), 404, "{id}: {}", reply.text());
                reply.refused_as(404, "EVENT_NOT_FOUND");
            }
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from seat_movements"), 0);
        app.verified();
    });
}

#[test]
fn of_two_refusals_the_first_by_rank_is_told() {
    each(|app| {
        let (id, over) = (hall(app, 5), hall(app, 20));
        take(app, &id, 2);
        cancel(app, &over);
        let internal = app.internal();
        // What is wrong with any event comes before the event.
        invalid(&shift(&internal, UNKNOWN, 0), "quantity");
        invalid(&give_back(&internal, UNKNOWN, 0), "quantity");
        invalid(&shift_at(&internal, UNKNOWN, -1, 0), "version");
        invalid(&shift(&internal, &over, 0), "quantity");
        // An event that sells no more comes before what depends on it.
        for reply in [
            shift(&internal, &over, -11),
            shift_at(&internal, &over, -1, 1),
            shift(&internal, &over, 1),
            give_back(&internal, &over, 1),
        ] {
            reply.refused_as(409, "EVENT_NOT_MODIFIABLE");
        }
        // Then the bounds, then the version, then the seats.
        let current = version(app, &id);
        invalid(&shift_at(&internal, &id, -11, current - 1), "quantity");
        invalid(&shift_at(&internal, &id, 3, current - 1), "quantity");
        let reply = shift_at(&internal, &id, -4, current - 1);
        outdated(&reply, &id, current - 1, current, 3);
        short_of(&shift_at(&internal, &id, -4, current), &id, 4, 3);
        app.changes(&[]);
        assert_free(app, &id, 3);
        assert_free(app, &over, 20);
    });
}

#[test]
fn what_is_no_json_object_is_refused() {
    each(|app| {
        let id = hall(app, 20);
        let internal = app.internal();
        let bodies = [
            "",
            " ",
            "{",
            "{\"quantity\":-1",
            "{\"quantity\":-01}",
            "{\"quantity\":-1}{}",
            "[]",
            "[-1]",
            "null",
            "-1",
            "\"-1\"",
            "nonsense",
        ];
        for path in [update_path(&id), return_path(&id)] {
            for body in bodies {
                let reply = post(&internal, &path, body);
                assert_eq!(reply.status(), 400, "{body}: {}", reply.text());
                reply.refused_as(400, "VALIDATION_FAILED");
            }
            let form = "application/x-www-form-urlencoded";
            for kind in [None, Some("text/plain"), Some(form)] {
                let body = b"{\"quantity\":-1}";
                let reply = internal.raw("POST", &path, kind, body);
                reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
            }
        }
        app.changes(&[]);
        assert_free(app, &id, 20);
    });
}
