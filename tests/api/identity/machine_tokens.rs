//! `/api/v1/tokens`: how programs show who they are, who lets them, and for how long.

mod holders;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::*;

const TOKENS: &str = "/api/v1/tokens";
const ME: &str = "/api/v1/tokens/@me";
const SCOPES: [&str; 4] = [
    "events:write",
    "events:read",
    "workflows:write",
    "webhooks:write",
];

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// The first super_admin; what its making recorded is drained.
#[track_caller]
fn begin(app: &App) -> Client<'_> {
    let root = app.super_admin();
    app.changes(&["admin.created"]);
    app.audit();
    root
}

/// The body of a good token.
fn new_token(name: &str) -> Value {
    json!({ "name": name, "scopes": ["events:write"] })
}

fn set(mut object: Value, field: &str, value: impl Into<Value>) -> Value {
    object[field] = value.into();
    object
}

/// Makes a token and drains what that recorded; answers it.
#[track_caller]
fn make(app: &App, root: &Client, body: Value) -> Value {
    let token = data(&root.post(TOKENS, body), 201);
    app.changes(&["token.created"]);
    assert_eq!(app.audit(), ["token.created"]);
    token
}

/// The data of a good answer.
#[track_caller]
fn data(reply: &Reply, status: u16) -> Value {
    let mut answer = reply.ok(status);
    assert_eq!(answer["success"], true);
    answer["data"].take()
}

#[track_caller]
fn text(value: &Value) -> &str {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("not a text: {value}"))
}

/// The keys of an object, in alphabetical order.
#[track_caller]
fn keys(object: &Value) -> String {
    let object = object.as_object().expect("an object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys.join(" ")
}

#[track_caller]
fn moment(value: &Value) -> DateTime<Utc> {
    let moment = DateTime::parse_from_rfc3339(text(value));
    moment.expect("RFC 3339").to_utc()
}

/// A program with this token.
fn machine<'a>(app: &'a App, token: &Value) -> Client<'a> {
    app.anon().bearer(text(&token["token"]))
}

fn path_of(token: &Value) -> String {
    format!("{TOKENS}/{}", text(&token["id"]))
}

/// Asserts a 401 as this system has it.
#[track_caller]
fn assert_unauthorized(reply: &Reply) {
    reply.refused_as(401, "unauthorized");
    assert_eq!(reply.header("WWW-Authenticate"), Some("Bearer"));
}

/// Asserts a 400 that is about this field.
#[track_caller]
fn invalid(reply: &Reply, field: &str) {
    let details = reply.refused_as(400, "validation_error");
    assert_eq!(keys(&details), "field issue");
    assert_eq!(details["field"], field, "{details}");
    assert!(!text(&details["issue"]).is_empty(), "{details}");
}

/// One page of the list, and the cursor of the next.
#[track_caller]
fn page(root: &Client, query: &str) -> (Vec<Value>, Value) {
    let mut answer = root.get(&format!("{TOKENS}{query}")).ok(200);
    assert_eq!(keys(&answer), "data next success");
    let items = answer["data"].as_array().expect("an array").clone();
    (items, answer["next"].take())
}

/// A token as the list has it.
#[track_caller]
fn listed(root: &Client, token: &Value) -> Value {
    let (items, _) = page(root, "?limit=100");
    let found = items.into_iter().find(|item| item["id"] == token["id"]);
    found.unwrap_or_else(|| panic!("{token} is not listed"))
}

#[test]
fn a_token_is_made_and_shown_once() {
    each(|app| {
        let root = begin(app);
        let before = app.clock().now();
        let body = json!({ "name": " Cron\u{fc} ", "project": "club-7", "scopes": SCOPES });
        let reply = root.post(TOKENS, body);
        assert_eq!(keys(&reply.ok(201)), "data success");
        let token = data(&reply, 201);
        app.changes(&["token.created"]);
        assert_eq!(app.audit(), ["token.created"]);
        let shown = "created_at expires_at id last_used_at name project revoked_at scopes";
        assert_eq!(keys(&token), format!("{shown} token"));
        assert_eq!(token["name"], "Cron\u{fc}");
        assert_eq!(token["project"], "club-7");
        for empty in ["expires_at", "last_used_at", "revoked_at"] {
            assert_eq!(token[empty], Value::Null, "{empty}");
        }
        let made = moment(&token["created_at"]);
        assert!(made >= before - TimeDelta::seconds(1), "{made}");
        assert!(made <= app.clock().now(), "{made}");
        let scopes = token["scopes"].as_array().expect("an array");
        assert_eq!(scopes.len(), SCOPES.len());
        assert!(SCOPES.iter().all(|scope| scopes.contains(&json!(scope))));
        let simple = text(&token["id"]).replace('-', "");
        let secret = text(&token["token"]).strip_prefix(&format!("fmt_{simple}_"));
        let secret = secret.expect("its form is fmt_<id>_<secret>");
        assert!(secret.len() >= 24, "a secret that nobody guesses: {secret}");
        let again = listed(&root, &token);
        assert_eq!(keys(&again), shown);
        for same in ["id", "name", "project", "scopes", "created_at"] {
            assert_eq!(again[same], token[same], "{same}");
        }
        assert!(!root.get(TOKENS).text().contains(secret));
        app.changes(&[]);
    });
}

#[test]
fn a_token_tells_its_holder_what_it_is() {
    each(|app| {
        let root = begin(app);
        let until = app.clock().now() + TimeDelta::hours(1);
        let body = set(new_token("Cron"), "expires_at", until.to_rfc3339());
        let [plain, dated] = [new_token("Cron"), body].map(|body| make(app, &root, body));
        for token in [&plain, &dated] {
            let me = data(&machine(app, token).get(ME), 200);
            assert_eq!(keys(&me), "expires_at id name project scopes");
            for same in ["id", "name", "project", "scopes", "expires_at"] {
                assert_eq!(me[same], token[same], "{same}");
            }
            assert_eq!(me["project"], "default");
            assert_eq!(me["scopes"], json!(["events:write"]));
        }
        assert_eq!(plain["expires_at"], Value::Null);
        let kept = moment(&dated["expires_at"]);
        assert!((kept - until).abs() < TimeDelta::seconds(1), "{kept}");
        app.changes(&[]);
        assert_eq!(app.audit(), [""; 0]);
    });
}

#[test]
fn a_name_a_project_and_scopes_have_their_bounds() {
    each(|app| {
        let root = begin(app);
        let (long, longer) = ("\u{fc}".repeat(120), "\u{fc}".repeat(121));
        for name in ["", " ", "a\0b", "a\u{7}b", "\u{1b}[31m", &longer] {
            invalid(&root.post(TOKENS, new_token(name)), "name");
        }
        let (most, more) = ("a".repeat(63), "a".repeat(64));
        for project in [
            "",
            " ",
            "Club",
            "-club",
            "club_7",
            "club.7",
            "club 7",
            "cl\u{fc}b",
            "club/7",
            "club\0",
            &more,
        ] {
            let body = set(new_token("Cron"), "project", project);
            invalid(&root.post(TOKENS, body), "project");
        }
        for scopes in [
            json!([]),
            json!(["nonsense"]),
            json!(["events:write", "admins:write"]),
            json!(["Events:Write"]),
            json!(["events:*"]),
            json!([""]),
            json!("events:write"),
            json!({ "events:write": true }),
            json!(7),
            Value::Null,
        ] {
            let body = set(new_token("Cron"), "scopes", scopes);
            invalid(&root.post(TOKENS, body), "scopes");
        }
        app.changes(&[]);
        assert_eq!(page(&root, "").0.len(), 0);
        make(app, &root, new_token(&long));
        for project in ["a", "0", "7-club-", &most] {
            let body = set(new_token("Cron"), "project", project);
            assert_eq!(make(app, &root, body)["project"], project);
        }
        for scope in SCOPES {
            let body = set(new_token("Cron"), "scopes", vec![scope]);
            assert_eq!(make(app, &root, body)["scopes"], json!([scope]));
        }
    });
}

#[test]
fn an_expiry_is_a_moment_that_is_still_to_come() {
    each(|app| {
        let root = begin(app);
        let now = app.clock().now();
        let past = (now - TimeDelta::seconds(1)).to_rfc3339();
        for expiry in [
            json!(past),
            json!("1970-01-01T00:00:00Z"),
            json!("2999-02-30T00:00:00Z"),
            json!("2999-01-01"),
            json!("2999-01-01 00:00:00"),
            json!("tomorrow"),
            json!(""),
            json!(32_503_680_000_i64),
            json!(true),
        ] {
            let body = set(new_token("Cron"), "expires_at", expiry);
            invalid(&root.post(TOKENS, body), "expires_at");
        }
        app.changes(&[]);
        for expiry in ["2999-01-01T00:00:00Z", "2999-01-01T02:00:00.5+02:00"] {
            let body = set(new_token("Cron"), "expires_at", expiry);
            let token = make(app, &root, body);
            let expected = DateTime::parse_from_rfc3339(expiry).expect("RFC 3339");
            let kept = moment(&token["expires_at"]);
            assert!(
                (kept - expected.to_utc()).abs() < TimeDelta::seconds(1),
                "{kept}"
            );
        }
    });
}

#[test]
fn a_missing_or_mistyped_field_is_named() {
    each(|app| {
        let root = begin(app);
        for field in ["name", "scopes"] {
            let mut body = new_token("Cron");
            body.as_object_mut().expect("an object").remove(field);
            invalid(&root.post(TOKENS, body), field);
        }
        for field in ["name", "project"] {
            for value in [json!(7), json!(true), json!([]), json!({})] {
                let body = set(new_token("Cron"), field, value);
                invalid(&root.post(TOKENS, body), field);
            }
        }
        for body in ["", "{", "[]", "null", "7"] {
            let reply = root.raw("POST", TOKENS, Some("application/json"), body.as_bytes());
            let details = reply.refused_as(400, "validation_error");
            assert_eq!(details, Value::Null, "{body}");
        }
        let reply = root.raw("POST", TOKENS, Some("text/plain"), b"{}");
        reply.refused_as(415, "unsupported_media_type");
        let long = vec![b' '; (1 << 20) + 1];
        let reply = root.raw("POST", TOKENS, Some("application/json"), &long);
        reply.refused_as(413, "payload_too_large");
        let keyed = root.with("Idempotency-Key", "token-1");
        let reply = keyed.post(TOKENS, new_token("Cron"));
        reply.refused_as(400, "validation_error");
        let reply = root.put(TOKENS, json!({}));
        reply.refused_as(405, "method_not_allowed");
        app.changes(&[]);
        assert_eq!(page(&root, "").0.len(), 0);
    });
}

#[test]
fn only_a_super_admin_makes_lists_or_revokes_tokens() {
    each(|app| {
        let root = begin(app);
        let token = make(app, &root, new_token("Cron"));
        let [manager, analyst] = ["event_manager", "analyst"].map(|role| app.admin(role));
        let (person, vendor) = (app.user("bob"), app.account("vera", "vendor"));
        app.changes(&[
            "admin.created",
            "admin.created",
            "user.created",
            "user.created",
        ]);
        let garbage = app.anon().bearer("garbage");
        for nobody in [
            &app.anon(),
            &garbage,
            &person,
            &vendor,
            &machine(app, &token),
        ] {
            assert_unauthorized(&nobody.get(TOKENS));
            assert_unauthorized(&nobody.post(TOKENS, new_token("Mine")));
            assert_unauthorized(&nobody.delete(&path_of(&token)));
        }
        for other in [&manager, &analyst] {
            other.get(TOKENS).refused_as(403, "forbidden");
            let reply = other.post(TOKENS, new_token("Mine"));
            reply.refused_as(403, "forbidden");
            let reply = other.delete(&path_of(&token));
            reply.refused_as(403, "forbidden");
        }
        app.changes(&[]);
        assert_eq!(page(&root, "").0.len(), 1);
        machine(app, &token).get(ME).ok(200);
    });
}

#[test]
fn tokens_are_listed_in_pages_the_newest_first() {
    each(|app| {
        let root = begin(app);
        let names = ["a", "b", "c", "d", "e"];
        let made = names.map(|name| make(app, &root, new_token(name)));
        root.delete(&path_of(&made[2])).no_content();
        app.changes(&["token.revoked"]);
        let (all, next) = page(&root, "?limit=100");
        assert_eq!(next, Value::Null);
        let listed: Vec<&str> = all.iter().map(|token| text(&token["name"])).collect();
        assert_eq!(listed, ["e", "d", "c", "b", "a"]);
        moment(&all[2]["revoked_at"]);
        let (mut walked, mut next) = page(&root, "?limit=2");
        while let Some(cursor) = next.as_str() {
            let (more, after) = page(&root, &format!("?limit=2&cursor={cursor}"));
            assert!(!more.is_empty() && more.len() <= 2, "{more:?}");
            walked.extend(more);
            next = after;
        }
        assert_eq!(walked, all);
        for limit in ["0", "101", "-1", "abc", "", "1.5", "%00"] {
            let reply = root.get(&format!("{TOKENS}?limit={limit}"));
            reply.refused_as(400, "validation_error");
        }
        let cursor = page(&root, "?limit=1").1;
        let good = text(&cursor);
        let (start, end) = good.split_at(good.len() / 2);
        for bad in ["", "nonsense", "%00", UNKNOWN, start, end] {
            let reply = root.get(&format!("{TOKENS}?cursor={bad}"));
            reply.refused_as(400, "validation_error");
        }
    });
}
