//! The tokens of admins and organisers: what they say, how long they hold, and how they are shown.

mod forgeries;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::*;

const ADMINS: &str = "/api/v1/admin/admins";
const USERS: &str = "/proposals/v1/users";
const PASS: &str = "correct horse battery staple";

/// What tokens of an audience open, and how the others are refused there.
struct Door {
    token: String,
    holder: String,
    audience: &'static str,
    path: &'static str,
    code: &'static str,
    life: TimeDelta,
}

impl Door {
    /// The admins' and the organisers', each with a fresh token.
    fn both(app: &App) -> [Door; 2] {
        let root = app.super_admin();
        let body = json!({ "email": "root@example.org", "password": PASS });
        let admin = app.anon().post("/api/v1/auth/admin/login", body).ok(200);
        let vera = app.account("vera", "vendor");
        let body = json!({ "username": "vera", "password": PASS });
        let vendor = app.anon().post("/proposals/v1/auth/signin", body).ok(200);
        [
            Door {
                token: text(&admin["access_token"]),
                holder: root.id().to_owned(),
                audience: "admin",
                path: ADMINS,
                code: "UNAUTHORIZED",
                life: TimeDelta::minutes(15),
            },
            Door {
                token: text(&vendor["token"]),
                holder: vera.id().to_owned(),
                audience: "proposals",
                path: USERS,
                code: "Unauthorized",
                life: TimeDelta::hours(12),
            },
        ]
    }

    #[track_caller]
    fn opens_for(&self, caller: &Client) {
        caller.get(self.path).ok(200);
    }

    /// Asserts that a caller is nobody here.
    #[track_caller]
    fn refuses(&self, caller: &Client, what: &str) {
        let reply = caller.get(self.path);
        assert_eq!(reply.status(), 401, "{what}: {}", reply.text());
        reply.refused_as(401, self.code);
        assert_eq!(reply.header("WWW-Authenticate"), Some("Bearer"), "{what}");
    }

    fn header(&self) -> Value {
        part(&self.token, 0)
    }

    fn claims(&self) -> Value {
        part(&self.token, 1)
    }

    fn signature(&self) -> &str {
        self.token.rsplit('.').next().unwrap_or_default()
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}

/// One of the three parts of a token (RFC 7519), decoded.
#[track_caller]
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a token has parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("a part is JSON")
}

#[test]
fn a_token_says_exactly_what_is_documented() {
    each(|app| {
        let before = app.clock().now().timestamp();
        for door in Door::both(app) {
            let (header, claims) = (door.header(), door.claims());
            assert_eq!(header["alg"], "HS256");
            assert!(!text(&header["kid"]).is_empty(), "{header}");
            let known = |name: &String| ["alg", "kid", "typ"].contains(&name.as_str());
            assert!(
                header
                    .as_object()
                    .is_some_and(|header| header.keys().all(known)),
                "{header}"
            );
            let mut names: Vec<&String> = claims.as_object().expect("an object").keys().collect();
            names.sort_unstable();
            assert_eq!(names, ["aud", "exp", "iat", "iss", "sid", "sub"]);
            assert_eq!(claims["iss"], "http://localhost:8000");
            assert_eq!(claims["aud"], door.audience);
            assert_eq!(claims["sub"], *door.holder);
            let issued = claims["iat"].as_i64().expect("a number of seconds");
            let expires = claims["exp"].as_i64().expect("a number of seconds");
            assert!(issued >= before, "{claims}");
            assert!(issued <= app.clock().now().timestamp(), "{claims}");
            assert_eq!(expires - issued, door.life.num_seconds(), "{claims}");
            let grant = format!(
                "select count(*) from grants where id = '{}' and user_id = '{}' \
                 and audience = '{}'",
                text(&claims["sid"]),
                door.holder,
                door.audience
            );
            assert_eq!(app.count(&grant), 1, "{claims}");
            door.opens_for(&app.anon().bearer(&door.token));
        }
    });
}

#[test]
fn the_issuer_is_the_origin_that_users_see() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        for door in Door::both(app) {
            assert_eq!(door.claims()["iss"], "https://events.example.org");
        }
    });
}

#[test]
fn a_token_of_one_audience_is_nobodys_at_the_others_doors() {
    each(|app| {
        let doors = Door::both(app);
        for (door, other) in [(&doors[0], &doors[1]), (&doors[1], &doors[0])] {
            let foreign = app.anon().bearer(&other.token);
            door.refuses(&foreign, other.audience);
        }
        let vendor = app.anon().bearer(&doors[1].token);
        for path in ["/api/v1/admin/audit", "/api/v1/auth/admin/password"] {
            let reply = match path.ends_with("password") {
                true => vendor.put(path, json!({})),
                false => vendor.get(path),
            };
            reply.refused_as(401, "UNAUTHORIZED");
        }
        vendor.get("/api/v1/tokens").refused_as(401, "unauthorized");
        let types = "/proposals/v1/available-events";
        let body = json!({ "eventName": "Walks" });
        vendor.post(types, body).refused_as(403, "Forbidden");
        let admin = app.anon().bearer(&doors[0].token);
        for path in [types, "/proposals/v1/events", USERS] {
            admin.get(path).refused_as(401, "Unauthorized");
        }
        for client in [&vendor, &admin] {
            client.get("/api/auth/@me").refused(401);
            client
                .put("/api/users", json!({ "name": "Me" }))
                .refused(401);
        }
    });
}

#[test]
fn a_token_expires_when_it_says() {
    each(|app| {
        for door in Door::both(app) {
            let client = app.anon().bearer(&door.token);
            let now = app.clock().now();
            let left = door.claims()["exp"].as_i64().expect("seconds") - now.timestamp();
            app.clock().advance(TimeDelta::seconds(left - 30));
            door.opens_for(&client);
            app.clock().advance(TimeDelta::seconds(31));
            door.refuses(&client, "it has expired");
        }
    });
}

#[test]
fn a_token_ends_with_the_sign_in_that_it_came_from() {
    each(|app| {
        for door in Door::both(app) {
            let client = app.anon().bearer(&door.token);
            door.opens_for(&client);
            let sign_in = text(&door.claims()["sid"]);
            app.sql(&format!(
                "delete from refresh_tokens where grant_id = '{sign_in}'"
            ));
            assert_eq!(
                app.sql(&format!("delete from grants where id = '{sign_in}'")),
                1
            );
            door.refuses(&client, "its sign-in has ended");
        }
    });
}

#[test]
fn a_token_is_shown_in_one_header_and_nowhere_else() {
    each(|app| {
        for door in Door::both(app) {
            let (anon, good) = (app.anon(), door.token.as_str());
            for scheme in ["Bearer", "bearer", "BEARER", "bEARER"] {
                let line = format!("{scheme} {good}");
                door.opens_for(&anon.with("Authorization", &line));
            }
            for line in [
                String::new(),
                "Bearer".to_owned(),
                "Bearer ".to_owned(),
                good.to_owned(),
                format!("Basic {good}"),
                format!("Token {good}"),
                format!("Bearer{good}"),
                format!("Bearer:{good}"),
                format!("Bearer {good} {good}"),
                format!("Bearer {good}, Bearer {good}"),
                format!("Bearer {good},"),
                format!("Basic AAAA, Bearer {good}"),
            ] {
                door.refuses(&anon.with("Authorization", &line), &line);
            }
            let bearer = anon.bearer(good);
            let right = format!("Bearer {good}");
            for second in [right.as_str(), "Bearer garbage", "Basic AAAA", ""] {
                door.refuses(&bearer.with("Authorization", second), second);
                let first = anon.with("Authorization", second);
                door.refuses(&first.with("Authorization", &right), second);
            }
            for query in ["access_token", "token", "authorization", "bearer", "jwt"] {
                let reply = anon.get(&format!("{}?{query}={good}", door.path));
                reply.refused_as(401, door.code);
            }
            for cookie in ["session", "access_token", "token", "Authorization"] {
                let caller = anon.with("Cookie", &format!("{cookie}={good}"));
                door.refuses(&caller, cookie);
            }
            for header in ["X-Access-Token", "X-API-Key", "Proxy-Authorization"] {
                door.refuses(&anon.with(header, &right), header);
            }
            door.opens_for(&bearer);
        }
    });
}
