//! The log: a line for each call, by its request id, and nothing about people.

use super::*;

/// Words that are in no name of ours: a person's, and what that person writes and looks for.
const PERSONAL: [&str; 9] = [
    "Quuxley",
    "quuxley",
    "Zyxwvut",
    "zyxwvut",
    "Flibberti",
    "flibberti",
    "Wobbegong",
    "wobbegong",
    "brontosaurus",
];

/// What a person did, for looking it up in the log.
struct Visit {
    /// Each call's request id, with true if it has a line at every level, as writes have.
    calls: Vec<(String, bool)>,
    /// The cookie's value and the tokens.
    secret: Vec<String>,
}

impl Visit {
    /// Somebody signs in, changes the profile, announces, comments, searches, and leaves.
    fn pay(server: &Server) -> Visit {
        let token = server.issuer().token(|claims| {
            claims["sub"] = "quuxley-4711".into();
            claims["name"] = "Ann Quuxley".into();
            claims["email"] = "ann.quuxley@example.org".into();
            claims["picture"] = "https://img.example.org/quuxley.png".into();
        });
        let welcome = server.sign_in_with(&token);
        welcome.ok(200);
        let cookie = welcome.cookie("session").expect("the cookie is set");
        let ann = server.caller(&cookie);
        let profile = json!({ "name": "Ann Zyxwvut", "email": "ann@zyxwvut.example.org" });
        let mut event = picnic();
        event["title"] = "Flibberti".into();
        event["location"] = "Flibberti Street 1".into();
        let made = ann.post("/api/events", &event);
        let event = text(&made.ok(201)["data"]["id"]);
        let comment = json!({ "body": "Wobbegong!" });
        let calendar = ann.post("/api/users/@me/calendar", &json!({}));
        let address = text(&calendar.ok(201)["data"]["url"]);
        let calendar = format!(
            "/api/calendars/{}",
            address.rsplit('/').next().unwrap_or("")
        );
        let broken = format!("{token}x");
        let answers = [
            (welcome, true),
            (made, true),
            (ann.put("/api/users", &profile), true),
            (ann.post(&comments_path(&event), &comment), true),
            (
                ann.post(&comments_path(&event), &json!({ "body": "" })),
                true,
            ),
            (
                ann.post("/api/events", &json!({ "title": "Wobbegong" })),
                true,
            ),
            (server.sign_in_with(&broken), true),
            (
                server.sign_in_with("brontosaurus.brontosaurus.brontosaurus"),
                true,
            ),
            (server.anon().post("/api/events", &picnic()), true),
            (ann.get("/api/auth/@me"), false),
            (ann.get("/api/auth/sessions"), false),
            (ann.get("/api/events?q=brontosaurus"), false),
            (server.anon().get(&calendar), false),
            (server.anon().get(&format!("/{calendar}//")), false),
            (server.anon().get("/api/calendars/brontosaurus"), false),
            (server.anon().get(&format!("{calendar}/more")), false),
            (server.anon().post(&calendar, &json!({})), true),
            (
                server
                    .anon()
                    .post(&calendar.replace("/api", ""), &json!({})),
                true,
            ),
            (
                server
                    .anon()
                    .post(&calendar.replace("/api", "/API"), &json!({})),
                true,
            ),
            (
                server
                    .anon()
                    .post(&calendar.replace("calendars", "x/y"), &json!({})),
                true,
            ),
            (server.anon().get(&calendar.replace("/api", "")), false),
            (ann.get("/api/auth/google?next=/brontosaurus"), false),
            (
                ann.get("/api/auth/google/callback?code=brontosaurus"),
                false,
            ),
            (ann.post("/api/auth/logout", &json!({})), true),
            (ann.get("/api/auth/@me"), false),
        ];
        let id = |answer: &Answer| {
            let id = answer.header("X-Request-Id");
            id.expect("an answer names its request").to_owned()
        };
        Visit {
            calls: answers
                .iter()
                .map(|(call, always)| (id(call), *always))
                .collect(),
            secret: vec![
                cookie.trim_start_matches("session=").to_owned(),
                token,
                broken,
                calendar
                    .trim_start_matches("/api/calendars/")
                    .trim_end_matches(".ics")
                    .to_owned(),
            ],
        }
    }

    /// Asserts that nothing about the person was said.
    #[track_caller]
    fn assert_discreet(&self, said: &str) {
        let secret = self.secret.iter().map(String::as_str);
        for word in PERSONAL.into_iter().chain(secret) {
            let line = said.lines().find(|line| line.contains(word));
            assert_eq!(line, None, "{word:?} is in the log");
        }
    }
}

#[test]
fn each_line_of_a_json_log_is_an_object_and_each_call_is_named() {
    for site in Site::each() {
        let site = site.with("LOG_FORMAT", "json");
        for level in ["normal", "debug"] {
            let server = site.start_with(&[("ROCKET_LOG_LEVEL", level)]);
            let visit = Visit::pay(&server);
            let ran = server.stop();
            ran.ok();
            let mut named = Vec::new();
            for line in ran.stderr.lines() {
                let line: Value = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("not JSON: {error}: {line}"));
                assert!(line.is_object(), "{line}");
                let id = line["request_id"].as_str().map(str::to_owned);
                assert!(id.is_some() || line.get("path").is_none(), "{line}");
                named.extend(id);
            }
            for (id, always) in &visit.calls {
                if *always || level == "debug" {
                    assert!(named.contains(id), "no line for {id}: {}", ran.stderr);
                }
            }
            visit.assert_discreet(&ran.said());
        }
    }
}

#[test]
fn a_text_log_names_each_call_and_nobody() {
    for site in Site::each() {
        for level in ["normal", "debug"] {
            let server = site.start_with(&[("ROCKET_LOG_LEVEL", level)]);
            let visit = Visit::pay(&server);
            let ran = server.stop();
            ran.ok();
            for (id, always) in &visit.calls {
                if *always || level == "debug" {
                    let named = ran.stderr.contains(id.as_str());
                    assert!(named, "no line for {id}: {}", ran.stderr);
                }
            }
            visit.assert_discreet(&ran.said());
        }
    }
}

#[test]
fn a_call_that_is_refused_is_one_line() {
    let site = Site::sqlite();
    let server = site.start();
    let answers = [
        server.anon().post("/api/events", &picnic()),
        server.anon().put("/api/users", &json!({})),
        server.sign_in_with("nonsense"),
        server.anon().post("/api/nothing", &json!({})),
    ];
    let ran = server.stop();
    for answer in &answers {
        answer.refused(answer.status);
        let id = answer.header("X-Request-Id").unwrap_or_default();
        let lines = ran.stderr.lines().filter(|line| line.contains(id));
        assert_eq!(lines.count(), 1, "{id}: {}", ran.stderr);
    }
    let others = ran
        .stderr
        .lines()
        .filter(|line| !line.contains("request_id"));
    let others: Vec<&str> = others.filter(|line| !line.contains("schema")).collect();
    assert!(others.is_empty(), "lines of no call: {others:?}");
}
