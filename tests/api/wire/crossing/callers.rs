//! Everyone who calls here, and how.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::*;

const PASSWORD: &str = "correct horse battery staple";

/// Everyone who calls, by what they show.
pub struct Callers<'a> {
    app: &'a App,
    pub all: Vec<(&'static str, Client<'a>)>,
    /// A vendor's id and that of a type of event, for a good proposal.
    vendor: String,
    kind: String,
}

/// Whoever shows this in the header `Authorization`.
fn showing<'a>(app: &'a App, credentials: &str) -> Client<'a> {
    app.anon().with("Authorization", credentials)
}

pub fn bearer<'a>(app: &'a App, token: &str) -> Client<'a> {
    showing(app, &format!("Bearer {token}"))
}

pub fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
}

/// What an administrator is answered who signs in.
#[track_caller]
pub fn login(app: &App, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD });
    app.anon().post("/api/v1/auth/admin/login", body).ok(200)
}

fn newcomer(email: &str, role: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "name": "Newcomer", "role": role })
}

/// Makes a machine token of every scope, which ends in an hour or never.
#[track_caller]
fn machine(app: &App, root: &Client, ends: bool) -> Value {
    let scopes = [
        "events:write",
        "events:read",
        "workflows:write",
        "webhooks:write",
    ];
    let mut body = json!({ "name": "Machine", "scopes": scopes });
    if ends {
        let at = app.clock().now() + TimeDelta::hours(1);
        body["expires_at"] = at.to_rfc3339_opts(SecondsFormat::Secs, true).into();
    }
    root.post("/api/v1/tokens", body).ok(201)["data"].take()
}

/// Those whose credentials ended, which takes a month.
fn ended<'a>(app: &'a App, root: Client<'a>) -> Vec<(&'static str, Client<'a>)> {
    let machine = machine(app, &root, true);
    let ended = vec![
        ("an expired session", app.user("cyn")),
        (
            "an expired organiser",
            app.account("olga", "human-resource"),
        ),
        ("an expired machine", bearer(app, text(&machine["token"]))),
        ("an expired super_admin", root),
    ];
    app.clock().advance(TimeDelta::days(31));
    ended
}

/// Those who show nothing that is of any use anywhere.
fn strangers<'a>(
    app: &'a App,
    session: &Client,
    answer: &Value,
) -> Vec<(&'static str, Client<'a>)> {
    // root@example.org and the password
    let basic = "Basic cm9vdEBleGFtcGxlLm9yZzpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl";
    let cookie = format!("session={}", text(&answer["access_token"]));
    let other = showing(app, "ApiKey some-key").with("X-API-Key", "some-key");
    vec![
        (NOBODY, app.anon()),
        ("garbage", bearer(app, "garbage")),
        ("a bearer of nothing", showing(app, "Bearer")),
        ("an e-mail and a password", showing(app, basic)),
        ("a key of another system", other),
        (
            "a refresh token",
            bearer(app, text(&answer["refresh_token"])),
        ),
        ("a session as a token", bearer(app, session.session())),
        ("a token as a session", app.anon().with("Cookie", &cookie)),
    ]
}

impl<'a> Callers<'a> {
    pub fn make(app: &'a App) -> Callers<'a> {
        let root = app.super_admin();
        for role in ["event_manager", "analyst"] {
            let body = newcomer(&format!("{role}@example.com"), role);
            root.post("/api/v1/auth/admin/register", body).ok(201);
        }
        let mut all = ended(app, root);
        let answer = login(app, "root@example.org");
        let root = bearer(app, text(&answer["access_token"]));
        for (name, role) in [(MANAGER, "event_manager"), (ANALYST, "analyst")] {
            let answer = login(app, &format!("{role}@example.com"));
            all.push((name, bearer(app, text(&answer["access_token"]))));
        }
        let [good, revoked] = [(); 2].map(|()| machine(app, &root, false));
        let path = format!("/api/v1/tokens/{}", text(&revoked["id"]));
        root.delete(&path).no_content();
        let session = app.user("cyn");
        all.extend(strangers(app, &session, &answer));
        let organiser = app.account("olga", "human-resource");
        let vendor = app.account("vera", "vendor");
        let types = organiser.get("/proposals/v1/available-events").ok(200);
        let vendor_id = vendor.id().to_owned();
        all.extend([
            ("a revoked machine", bearer(app, text(&revoked["token"]))),
            (MACHINE, bearer(app, text(&good["token"]))),
            (CONFIGURED, bearer(app, SETTINGS[0].1)),
            (SERVICE, app.internal()),
            (ORGANISER, organiser),
            (VENDOR, vendor),
            (SESSION, session),
            (ROOT, root),
        ]);
        Callers {
            app,
            all,
            vendor: vendor_id,
            kind: text(&types["data"][0]["id"]).to_owned(),
        }
    }

    /// A body that is good enough for whoever may call.
    fn body(&self, entry: &str) -> Value {
        match entry {
            "PUT /api/users" => json!({ "name": "Cyn" }),
            "POST /api/v1/auth/admin/register" => newcomer("mallory@example.com", "analyst"),
            "POST /api/v1/tokens" => json!({ "name": "More", "scopes": ["events:read"] }),
            "POST /proposals/v1/events" => json!({
                "eventName": self.kind,
                "location": "Market Square",
                "proposedDates": ["2031-06-14"],
                "proposedTo": self.vendor,
            }),
            "PATCH /proposals/v1/events/<>" => json!({ "status": "canceled" }),
            entry if entry.contains("/available-events") => json!({ "eventName": "Crossings" }),
            entry if entry.starts_with("POST /api/reports/") => json!({ "why": "Because" }),
            _ => json!({}),
        }
    }

    pub fn call(&self, client: &Client, entry: &str) -> Reply {
        let (method, path) = entry.split_once(' ').expect("a method and a path");
        let path = path.replace("<>", UNKNOWN);
        match method {
            "GET" | "DELETE" => client.raw(method, &path, None, b""),
            method => {
                let body = self.body(entry).to_string();
                client.raw(method, &path, Some("application/json"), body.as_bytes())
            }
        }
    }

    /// Calls with what this caller shows; with a session of its own, since some calls end it.
    pub fn call_anew(&self, name: &str, client: &Client, entry: &str) -> Reply {
        match name {
            SESSION => self.call(&self.app.user("cyn"), entry),
            _ => self.call(client, entry),
        }
    }
}
