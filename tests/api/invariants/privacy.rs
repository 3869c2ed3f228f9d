//! What nobody else gets to see: a draft, and another person's e-mail. Every route of the
//! server's own table is walked, so that a new one is walked as well.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use rocket::http::{ContentType, Cookie, Header, Method};
use serde_json::{Value, json};

use crate::support::*;

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// Words that no answer has by chance, and the one to search for.
const TITLE: &str = "Moonlit Xylophone Rehearsal";
const WORD: &str = "xylophone";
const DESCRIPTION: &str = "Bring mallets and a thermos.";
const LOCATION: &str = "Behind the old gasworks";
const REMARK: &str = "Mallets are packed already.";
const PICTURE: &str = "https://img.example.org/gasworks.png";

/// A body that every call takes which takes one for a single thing. The name is the caller's,
/// which the owner of the event sees.
const ANY_BODY: &str = r#"{"title": "Forged", "body": "Forged", "name": "mallory",
    "image_url": "https://img.example.org/forged.png"}"#;

/// A route of the server's table.
struct Route {
    method: Method,
    /// With `<name>` for what varies.
    path: String,
}

/// The server's routes, without those that answer any path.
fn routes(app: &App) -> Vec<Route> {
    let methods = [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];
    let all = app.server().rocket().routes();
    let routes: Vec<Route> = all
        .map(|route| Route {
            method: route.method,
            path: route.uri.path().to_owned(),
        })
        .filter(|route| methods.contains(&route.method))
        .filter(|route| !route.path.contains("..>") && route.path != "/_refused")
        .collect();
    assert!(routes.len() >= 20, "the server has its routes");
    // What takes away comes after what looks. A caller who is erased takes interest and likes
    // along, which the owner sees, so that call is left out.
    let mut routes = routes;
    routes
        .retain(|route| (route.method, route.path.as_str()) != (Method::Delete, "/api/users/@me"));
    routes.sort_by_key(|route| route.method != Method::Get);
    routes
}

impl Route {
    /// The names of what varies.
    fn parameters(&self) -> Vec<&str> {
        let segments = self.path.split('/');
        segments.filter_map(parameter).collect()
    }

    fn is_of_box_office(&self) -> bool {
        self.path.starts_with("/api/v1/") || self.path.starts_with("/internal/")
    }

    /// True if nobody may call it without a session.
    fn needs_session(&self) -> bool {
        self.method != Method::Get || self.path.ends_with("/waitlist")
    }

    /// True if it is for admins or services.
    fn is_for_others(&self) -> bool {
        self.path.starts_with("/api/v1/admin/") || self.path.starts_with("/internal/")
    }

    /// Its path with values for what varies.
    fn filled<'v>(&self, value: impl Fn(&str) -> &'v str) -> String {
        let segments = self.path.split('/');
        let filled = segments.map(|segment| match parameter(segment) {
            Some(name) => value(name),
            None => segment,
        });
        filled.collect::<Vec<&str>>().join("/")
    }
}

/// The name of a segment that varies.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('<')?.strip_suffix('>')
}

/// An event of ann's, a comment on it by somebody, and a picture of that.
struct Things {
    creator: String,
    session: String,
    event: String,
    comment: String,
    image: String,
    group: String,
    /// The last part of the address of a stranger's private calendar.
    secret: String,
}

impl Things {
    fn make(app: &App, ann: &Client, speaker: &Client) -> Things {
        let group = ann
            .post("/api/groups", json!({ "title": "Players" }))
            .ok(201);
        let event = json!({
            "title": TITLE,
            "description": DESCRIPTION,
            "location": LOCATION,
            "start_date": "2031-06-14",
            "start_time": "10:00",
            "end_date": "2031-06-14",
            "end_time": "12:00",
            "group_id": group["data"]["id"],
        });
        let text = |value: &Value| value.as_str().expect("an id is text").to_owned();
        let event = ann.post("/api/events", event).ok(201);
        let event = text(&event["data"]["id"]);
        let comments = format!("/api/events/{event}/comments");
        let comment = speaker.post(&comments, json!({ "body": REMARK })).ok(201);
        let comment = text(&comment["data"]["id"]);
        let images = format!("/api/comments/{comment}/images");
        let image = speaker.post(&images, json!({ "image_url": PICTURE }));
        let image = text(&image.ok(201)["data"]["image_id"]);
        let session = ann.get("/api/auth/sessions").ok(200);
        let stranger = app.user("mallory");
        for one in [speaker, &stranger] {
            one.post(&format!("/api/users/@me/interests/{event}"), json!({}))
                .ok(200);
            one.put(&format!("/api/likes/{comment}"), json!({})).ok(200);
        }
        let calendar = stranger.post("/api/users/@me/calendar", json!({})).ok(201);
        let calendar = text(&calendar["data"]["url"]);
        Things {
            creator: ann.id().to_owned(),
            session: text(&session["data"][0]["id"]),
            event,
            comment,
            image,
            group: text(&group["data"]["id"]),
            secret: calendar
                .split('/')
                .next_back()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// Makes the event a draft.
    fn hide(&self, app: &App) {
        let event = &self.event;
        let hide = format!("update events set visible = false where id = '{event}'");
        assert_eq!(app.sql(&hide), 1);
    }

    /// What a parameter of a path may be, out of these things.
    fn value(&self, parameter: &str) -> &str {
        match parameter {
            "user_id" => &self.creator,
            "session_id" => &self.session,
            "event_id" => &self.event,
            "comment_id" => &self.comment,
            "image_id" => &self.image,
            "group_id" => &self.group,
            "secret" => &self.secret,
            // Nothing of these has to do with the event.
            "login_id" | "report_id" | "admin_id" | "token_id" | "event_type_id"
            | "proposal_id" | "venue_id" | "booking_id" => UNKNOWN,
            new => panic!("<{new}> is new here: which of these things is it, or one more?"),
        }
    }

    /// The same, but for an event that never was.
    fn value_elsewhere(&self, parameter: &str) -> &str {
        if is_of_event(parameter) {
            UNKNOWN
        } else {
            self.value(parameter)
        }
    }

    /// All that would tell of the event.
    fn secrets(&self) -> Vec<String> {
        let ids = [&self.event, &self.comment, &self.image];
        let ids = ids
            .into_iter()
            .flat_map(|id| [id.clone(), id.replace('-', "")]);
        let texts = [TITLE, DESCRIPTION, LOCATION, REMARK, PICTURE].map(str::to_owned);
        ids.chain(texts).collect()
    }

    /// What the event itself says, without what others said of it.
    fn secrets_of_the_event(&self) -> Vec<String> {
        let texts = [TITLE, DESCRIPTION, LOCATION].map(str::to_owned);
        texts.into_iter().chain([self.event.clone()]).collect()
    }

    /// The queries that might find the event in a list.
    fn queries(&self) -> Vec<String> {
        let creator = &self.creator;
        vec![
            String::new(),
            "?order=start".to_owned(),
            "?limit=100".to_owned(),
            format!("?q={WORD}"),
            format!("?creator={creator}"),
            "?from=2031-06-14&to=2031-06-14".to_owned(),
            format!("?q={WORD}&creator={creator}&from=2031-06-14&to=2031-06-14&order=start"),
        ]
    }
}

/// True for what belongs to an event.
fn is_of_event(parameter: &str) -> bool {
    ["event_id", "comment_id", "image_id"].contains(&parameter)
}

/// An answer, with every header.
struct Answer {
    call: String,
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn assert_silent_about(&self, secrets: &[String]) {
        for secret in secrets {
            for (place, text) in [("headers", &self.headers), ("body", &self.body)] {
                let tells = text.to_lowercase().contains(&secret.to_lowercase());
                assert!(!tells, "{} tells {secret:?} in its {place}", self.call);
            }
        }
    }
}

/// Calls a route, with the body that any call takes.
fn call(app: &App, caller: &Client, method: Method, path: &str) -> Answer {
    let mut request = app.server().req(method, path);
    request = request.remote(SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)));
    if let Some(cookie) = caller.cookie() {
        let pair = Cookie::parse_encoded(cookie.to_owned()).expect("a cookie is a pair");
        let header = Header::new("Cookie", cookie.to_owned());
        request = request.cookie(pair).header(header);
    }
    if ![Method::Get, Method::Delete].contains(&method) {
        request = request.header(ContentType::JSON).body(ANY_BODY);
    }
    app.run(async {
        let response = request.dispatch().await;
        let headers = response.headers().iter();
        let headers: Vec<String> = headers
            .map(|header| format!("{}: {}", header.name(), header.value()))
            .collect();
        let status = response.status().code;
        let body = response.into_bytes().await.unwrap_or_default();
        Answer {
            call: format!("{method} {path}"),
            status,
            headers: headers.join("\n"),
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    })
}

/// Who a caller is; signed in anew for every call, since some of them sign out.
fn sign_in<'a>(app: &'a App, name: Option<&str>) -> Client<'a> {
    name.map_or_else(|| app.anon(), |name| app.user(name))
}

/// A failure without the moment at which it was told, which some systems say.
fn untimed(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).unwrap_or_else(|_| body.into());
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("timestamp");
    }
    body
}

/// Every route, for nobody and for a stranger: silent about the event, and answered as if it
/// had never been.
fn assert_hidden(app: &App, things: &Things) {
    let secrets = things.secrets();
    let mut compared = 0;
    for route in routes(app) {
        let path = route.filled(|name| things.value(name));
        let elsewhere = route.filled(|name| things.value_elsewhere(name));
        let is_of_event = route.parameters().into_iter().any(is_of_event);
        for name in [None, Some("mallory")] {
            let answer = call(app, &sign_in(app, name), route.method, &path);
            match route.path.ends_with("/export") {
                // What a person said stays that person's; where it was is not told.
                true => answer.assert_silent_about(&things.secrets_of_the_event()),
                false => answer.assert_silent_about(&secrets),
            }
            if is_of_event {
                let needs_session = name.is_none() && route.needs_session();
                let expected = match needs_session {
                    true => 401,
                    // No session is of any use there.
                    false if route.is_for_others() => 401,
                    // What is wrong with the call is told before, whatever the event.
                    false if route.method == Method::Post && route.is_of_box_office() => 400,
                    // Somebody else's interest, whatever the event.
                    false if route.parameters().contains(&"user_id") => 403,
                    false => 404,
                };
                assert_eq!(answer.status, expected, "{}: {}", answer.call, answer.body);
                let unknown = call(app, &sign_in(app, name), route.method, &elsewhere);
                assert_eq!(unknown.status, expected, "{}", unknown.call);
                assert_eq!(
                    untimed(&answer.body),
                    untimed(&unknown.body),
                    "{}",
                    answer.call
                );
                compared += 1;
            } else if route.method == Method::Get {
                let caller = sign_in(app, name);
                for query in things.queries() {
                    let path = format!("{path}{query}");
                    let answer = call(app, &caller, route.method, &path);
                    match route.path.ends_with("/export") {
                        true => answer.assert_silent_about(&things.secrets_of_the_event()),
                        false => answer.assert_silent_about(&secrets),
                    }
                }
            }
        }
    }
    assert!(compared >= 30, "the routes of events were called");
    for form in ["ics", "jsonld"] {
        let path = format!("/api/events/{}.{form}", things.event);
        for name in [None, Some("mallory")] {
            let answer = call(app, &sign_in(app, name), Method::Get, &path);
            assert_eq!(answer.status, 404, "{path}");
            answer.assert_silent_about(&secrets);
        }
    }
}

/// What the owner sees of an event: the answers of all calls that read it or list it.
fn picture(app: &App, things: &Things) -> Vec<(String, String)> {
    let ann = app.user("ann");
    let of_event = routes(app)
        .into_iter()
        .filter(|route| route.method == Method::Get)
        .filter(|route| route.parameters().into_iter().any(is_of_event))
        // The box office knows no owner by a session.
        .filter(|route| route.path.starts_with("/api/") && !route.path.starts_with("/api/v1/"))
        .map(|route| route.filled(|name| things.value(name)));
    let lists = things.queries().into_iter();
    let lists = lists.map(|query| format!("/api/events{query}"));
    let paths = of_event.chain(lists);
    paths
        .map(|path| {
            let answer = call(app, &ann, Method::Get, &path);
            assert_eq!(answer.status, 200, "{}: {}", answer.call, answer.body);
            (answer.call, answer.body)
        })
        .collect()
}

#[test]
fn a_draft_is_as_if_it_were_not_there_to_all_but_its_owner() {
    each(|app| {
        let ann = app.user("ann");
        let things = Things::make(app, &ann, &ann);
        let published = picture(app, &things);
        // Numbers and people tell nothing.
        let telling = published
            .iter()
            .filter(|(call, _)| !call.contains("/api/likes/") && !call.ends_with("/interests"));
        for (call, body) in telling {
            let tells = things.secrets().iter().any(|secret| body.contains(secret));
            assert!(tells, "{call} shows the event while it is published");
        }
        things.hide(app);
        assert_hidden(app, &things);
        assert_eq!(picture(app, &things), published, "what the owner sees");
    });
}

#[test]
fn a_draft_hides_what_others_said_while_it_was_published_even_from_them() {
    each(|app| {
        let things = Things::make(app, &app.user("ann"), &app.user("mallory"));
        things.hide(app);
        assert_hidden(app, &things);
    });
}

#[test]
fn lists_go_on_without_the_draft() {
    each(|app| {
        let ann = app.user("ann");
        let draft = Things::make(app, &ann, &ann);
        let published = Things::make(app, &ann, &ann);
        draft.hide(app);
        for caller in [app.anon(), app.user("mallory")] {
            for query in draft.queries() {
                let path = format!("/api/events{query}");
                let answer = call(app, &caller, Method::Get, &path);
                assert!(answer.body.contains(&published.event), "{path}");
                assert!(!answer.body.contains(&draft.event), "{path}");
            }
        }
    });
}

#[test]
fn nobody_reads_another_persons_address() {
    each(|app| {
        let ann = app.user("ann");
        let things = Things::make(app, &ann, &ann);
        let address = ["ann@example.org".to_owned()];
        let mut answered = BTreeSet::new();
        for route in routes(app) {
            if route.method != Method::Get {
                continue;
            }
            let path = route.filled(|name| things.value(name));
            for name in [None, Some("mallory")] {
                let caller = sign_in(app, name);
                for query in things.queries() {
                    let path = format!("{path}{query}");
                    let answer = call(app, &caller, Method::Get, &path);
                    answer.assert_silent_about(&address);
                    if answer.status == 200 {
                        answered.insert(route.path.clone());
                    }
                }
            }
        }
        assert!(answered.len() >= 7, "most routes answered: {answered:?}");
        for path in ["/api/users", "/api/auth/@me"] {
            let answer = call(app, &ann, Method::Get, path);
            assert!(answer.body.contains(&address[0]), "{path} shows me mine");
        }
    });
}
