//! `PUT /auth/password`, and what a token opens: until when, whose, and where.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

/// Another good password.
const OTHER: &str = "Tr0ub4dor&3 was never good";

fn change(current: &str, password: &str) -> Value {
    json!({ "currentPassword": current, "password": password })
}

/// A client with a new token of orla's.
#[track_caller]
fn desk<'a>(app: &'a App, password: &str) -> Client<'a> {
    app.anon().bearer(&token(app, "orla", password))
}

/// Asserts that a token does not hold, as every call says it.
#[track_caller]
fn assert_unknown(reply: &Reply, what: &str) {
    assert_eq!(reply.status(), 401, "{what}: {}", reply.text());
    reply.refused_as(401, "Unauthorized");
    let challenge = reply.header("WWW-Authenticate");
    assert_eq!(challenge, Some("Bearer"), "{what}");
}

/// Method, path and body of a call.
type Call = (&'static str, String, Value);

/// Every call that asks for a token; all of them good for some caller.
struct Calls {
    open: Vec<Call>,
    admins: Vec<Call>,
}

impl Calls {
    fn on(kind: &Value, proposal: &Value, body: &Value) -> Calls {
        let none = Value::Null;
        let name = json!({ "eventName": "Yoga" });
        Calls {
            open: vec![
                ("PUT", PASSWORD.to_owned(), change(SECRET, OTHER)),
                ("GET", TYPES.to_owned(), none.clone()),
                ("POST", EVENTS.to_owned(), body.clone()),
                ("GET", EVENTS.to_owned(), none.clone()),
                ("GET", proposal_path(proposal), none.clone()),
                ("PATCH", proposal_path(proposal), canceled()),
                ("GET", USERS.to_owned(), none.clone()),
            ],
            admins: vec![
                ("POST", TYPES.to_owned(), name.clone()),
                ("PATCH", kind_path(kind), name),
                ("DELETE", kind_path(kind), none),
            ],
        }
    }

    fn all(&self) -> impl Iterator<Item = &Call> {
        self.open.iter().chain(&self.admins)
    }
}

fn call(client: &Client, (method, path, body): &Call) -> Reply {
    match body {
        Value::Null => client.raw(method, path, None, b""),
        body => {
            let body = body.to_string();
            client.raw(method, path, Some("application/json"), body.as_bytes())
        }
    }
}

/// A proposal of orla's to vera, and every call around it.
#[track_caller]
fn scene(app: &App) -> (Client<'_>, Calls) {
    let [orla, vera] = pair(app);
    let made = propose(app, &orla, &vera);
    let (unused, used) = (kind(&orla, "Others"), kind(&orla, "Health Talks"));
    let calls = Calls::on(&unused, &made, &proposal(&used, &vera));
    (orla, calls)
}

/// The token with one of its three parts replaced.
fn with_part(token: &str, part: usize, value: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    parts[part] = value;
    parts.join(".")
}

/// One part of a token, read.
#[track_caller]
fn part(token: &str, part: usize) -> Value {
    let part = token.split('.').nth(part).expect("a part");
    let part = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&part).expect("JSON")
}

fn written(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// The text with its first character exchanged.
fn bent(text: &str) -> String {
    let first = if text.starts_with('x') { 'y' } else { 'x' };
    let rest: String = text.chars().skip(1).collect();
    format!("{first}{rest}")
}

#[test]
fn a_new_password_replaces_the_old_one_and_ends_all_older_tokens() {
    each(|app| {
        let [orla, vera] = pair(app);
        let other = desk(app, SECRET);
        orla.put(PASSWORD, change(SECRET, OTHER)).no_content();
        app.changes(&["user.password_changed"]);
        for ended in [&orla, &other] {
            for path in [EVENTS, TYPES, USERS] {
                assert_unknown(&ended.get(path), path);
            }
            let reply = ended.put(PASSWORD, change(OTHER, SECRET));
            assert_unknown(&reply, "a second change");
        }
        vera.get(EVENTS).ok(200);
        stays_out(app, "orla", SECRET);
        let again = desk(app, OTHER);
        again.get(EVENTS).ok(200);
        app.changes(&[]);
        again.put(PASSWORD, change(OTHER, SECRET)).no_content();
        app.changes(&["user.password_changed"]);
        assert_unknown(&again.get(EVENTS), "the token before the second change");
        desk(app, SECRET).get(EVENTS).ok(200);
    });
}

#[test]
fn a_password_changes_for_whoever_knows_the_current_one() {
    each(|app| {
        let [orla, _] = pair(app);
        let long = "x".repeat(9_999);
        let spaced = format!("{SECRET} ");
        for wrong in [
            "",
            "nonsense",
            OTHER,
            "\0\u{7f}",
            long.as_str(),
            spaced.as_str(),
        ] {
            let reply = orla.put(PASSWORD, change(wrong, OTHER));
            refused(&reply, 401, "Unauthorized", "Invalid credentials");
        }
        app.changes(&[]);
        orla.get(EVENTS).ok(200);
        stays_out(app, "orla", OTHER);
        token(app, "orla", SECRET);
    });
}

#[test]
fn a_new_password_keeps_the_rules_of_the_first() {
    each(|app| {
        let [greta] = accounts(app, [("greta.garbo", VENDOR)]);
        let mut bad: Vec<String> = ["", "seven 7", "password", "PASSWORD123", "1234567890"]
            .map(str::to_owned)
            .into();
        bad.extend(["greta.garbo", "Greta.Garbo"].map(str::to_owned));
        bad.extend(["ü".repeat(129), "x".repeat(1_000_000)]);
        bad.extend(CONTROLS.map(|character| format!("k4!z{character}Pq9w")));
        for password in bad {
            let reply = greta.put(PASSWORD, change(SECRET, &password));
            invalid(&reply, "password", password);
        }
        app.changes(&[]);
        greta.get(EVENTS).ok(200);
        let longest = "ü".repeat(128);
        greta.put(PASSWORD, change(SECRET, &longest)).no_content();
        app.changes(&["user.password_changed"]);
        token(app, "greta.garbo", &longest);
    });
}

#[test]
fn a_change_needs_two_texts() {
    each(|app| {
        let [orla, _] = pair(app);
        let body = change(SECRET, OTHER);
        needs_texts(&body, &["currentPassword", "password"], |body| {
            orla.put(PASSWORD, body)
        });
        refuses_other_bodies(&orla, "PUT", PASSWORD);
        app.changes(&[]);
        orla.get(EVENTS).ok(200);
        token(app, "orla", SECRET);
    });
}

#[test]
fn a_token_says_who_and_how_long_and_nothing_else() {
    each(|app| {
        let id = sign_up(app, account("orla", ORGANISER));
        let token = token(app, "orla", SECRET);
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!(header["alg"], "HS256");
        assert_ne!(text(&header["kid"]), "");
        assert_eq!(keys(&claims), ["aud", "exp", "iat", "iss", "sid", "sub"]);
        assert_eq!(claims["aud"], "proposals");
        assert_eq!(claims["iss"], "http://localhost:8000");
        assert_eq!(claims["sub"], id);
        let moment = |name: &str| claims[name].as_i64().expect("whole seconds");
        assert_eq!(moment("exp") - moment("iat"), 43_200);
        app.changes(&[]);
    });
}

#[test]
fn a_token_holds_for_twelve_hours() {
    each(|app| {
        let [orla, _] = pair(app);
        app.clock().advance(TimeDelta::minutes(12 * 60 - 2));
        orla.get(EVENTS).ok(200);
        app.clock().advance(TimeDelta::minutes(4));
        assert_unknown(&orla.get(EVENTS), "an old token");
        desk(app, SECRET).get(EVENTS).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn a_forged_token_opens_nothing() {
    each(|app| {
        let [_, vera] = pair(app);
        let good = token(app, "orla", SECRET);
        let (header, claims) = (part(&good, 0), part(&good, 1));
        let [head, body, seal] = [0, 1, 2].map(|n| good.split('.').nth(n).expect("a part"));
        let unsigned = written(&set(header.clone(), "alg", "none"));
        let later = set(claims.clone(), "exp", claims["exp"].as_i64().map(|t| t + 9));
        let forged = [
            with_part(&good, 2, ""),
            with_part(&good, 2, &bent(seal)),
            with_part(&good, 2, &seal[..seal.len() - 2]),
            with_part(&good, 0, &unsigned),
            format!("{unsigned}.{body}."),
            with_part(&good, 0, &written(&set(header.clone(), "alg", "RS256"))),
            with_part(&good, 0, &written(&set(header, "kid", "other"))),
            with_part(&good, 1, &written(&set(claims.clone(), "sub", vera.id()))),
            with_part(&good, 1, &written(&set(claims, "aud", "admin"))),
            with_part(&good, 1, &written(&later)),
            format!("{head}.{body}"),
            format!("{good}.{seal}"),
            good.repeat(50),
        ];
        for token in forged {
            let forger = app.anon().bearer(&token);
            assert_unknown(&forger.get(EVENTS), &token);
        }
        app.anon().bearer(&good).get(EVENTS).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn every_call_asks_for_a_token() {
    each(|app| {
        let (_, calls) = scene(app);
        let good = token(app, "orla", SECRET);
        let cookie = app.user("ann");
        app.changes(&["user.created"]);
        let anon = app.anon();
        let callers = [
            ("nobody", anon.clone()),
            ("a session", cookie),
            ("garbage", anon.bearer("garbage")),
            ("no token", anon.with("Authorization", "Bearer")),
            ("Basic", anon.with("Authorization", "Basic b3JsYTpvcmxh")),
            ("a bare token", anon.with("Authorization", &good)),
            (
                "Token",
                anon.with("Authorization", &format!("Token {good}")),
            ),
        ];
        for (what, caller) in &callers {
            for known in calls.all() {
                let what = format!("{what}: {} {}", known.0, known.1);
                assert_unknown(&call(caller, known), &what);
            }
        }
        app.changes(&[]);
        token(app, "orla", SECRET);
    });
}

#[test]
fn the_token_of_an_admin_opens_the_catalogue_alone() {
    each(|app| {
        let (_, calls) = scene(app);
        let root = root(app);
        for known in &calls.open {
            let what = format!("{} {}", known.0, known.1);
            assert_unknown(&call(&root, known), &what);
        }
        app.changes(&[]);
        for (known, status) in calls.admins.iter().zip([201, 409, 204]) {
            assert_eq!(call(&root, known).status(), status, "{}", known.0);
        }
        app.changes(&["event_type.created", "event_type.deleted"]);
    });
}

#[test]
fn the_token_of_an_account_opens_all_but_the_catalogue() {
    each(|app| {
        let (orla, calls) = scene(app);
        for known in &calls.admins {
            call(&orla, known).refused_as(403, "Forbidden");
        }
        app.changes(&[]);
        for known in calls.open.iter().rev() {
            let reply = call(&orla, known);
            let good = [200, 201, 204].contains(&reply.status());
            assert!(good, "{} {}: {}", known.0, known.1, reply.text());
        }
        app.changes(&[
            "proposal.canceled",
            "proposal.created",
            "user.password_changed",
        ]);
    });
}

#[test]
fn a_token_of_proposals_opens_nothing_elsewhere() {
    each(|app| {
        let [orla, _] = pair(app);
        for path in ["/api/auth/@me", "/api/users", "/api/users/@me/export"] {
            orla.get(path).refused(401);
        }
        let reply = orla.post("/api/groups", json!({ "title": "Walkers" }));
        reply.refused(401);
        for path in ["/api/v1/admin/admins", "/api/v1/admin/audit"] {
            orla.get(path).refused_as(401, "UNAUTHORIZED");
        }
        app.changes(&[]);
    });
}
