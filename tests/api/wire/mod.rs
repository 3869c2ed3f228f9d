//! What all calls have in common: envelopes, origins, limits, repeats, and the document.

mod authorization;
mod bodies;
mod conditional;
mod cors;
mod crossing;
mod envelopes;
mod examples;
mod idempotency;
mod idempotency_refusals;
mod limits;
mod methods;
mod openapi;
mod origin;
mod proxies;
mod systems;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::*;

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// A good event.
fn picnic() -> Value {
    json!({
        "title": "Picnic",
        "description": "Bring cake.",
        "location": "The park",
        "start_date": "2031-06-14",
        "start_time": "10:00",
        "end_date": "2031-06-14",
        "end_time": "12:00",
    })
}

/// Makes an event; answers its id.
fn make_event(client: &Client) -> String {
    id_of(&client.post("/api/events", picnic()).ok(201))
}

/// Makes a comment; answers its id.
fn make_comment(client: &Client, event: &str) -> String {
    let path = format!("/api/events/{event}/comments");
    id_of(&client.post(&path, json!({ "body": "Cake it is." })).ok(201))
}

/// The same caller with an idempotency key.
fn keyed<'a>(client: &Client<'a>, key: &str) -> Client<'a> {
    client.with("Idempotency-Key", key)
}

/// The id of what a call made.
fn id_of(answer: &Value) -> String {
    let id = answer["data"]["id"].as_str();
    id.unwrap_or_else(|| panic!("what was made has an id: {answer}"))
        .to_owned()
}

/// A route of the server, as its own table has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    method: String,
    /// With `<name>` for what varies.
    path: String,
}

/// The server's routes, without those that answer any path, and the public documents.
fn mounted(app: &App) -> BTreeSet<Route> {
    let all = app.server().rocket().routes();
    let routes: BTreeSet<Route> = all
        .map(|route| Route {
            method: route.method.as_str().to_owned(),
            path: route.uri.path().to_owned(),
        })
        .filter(|route| !["OPTIONS", "HEAD"].contains(&route.method.as_str()))
        .filter(|route| !route.path.contains("..>") && route.path != "/_refused")
        .filter(|route| !route.path.starts_with("/api-docs"))
        .collect();
    assert!(routes.len() >= 60, "the server has its routes: {routes:?}");
    routes
}

/// The community's routes, without those that answer any path.
fn routes(app: &App) -> BTreeSet<Route> {
    let mut routes = mounted(app);
    routes.retain(|route| route.path.starts_with("/api/") && !route.path.starts_with("/api/v1/"));
    routes
}

impl Route {
    /// True if calling it may change something (RFC 9110, section 9.2.1).
    fn is_unsafe(&self) -> bool {
        self.method != "GET"
    }

    /// True if only admins may call it.
    fn is_of_admins(&self) -> bool {
        self.path.starts_with("/api/reports/") || self.path.ends_with("/restore")
    }

    /// True if something in its path varies.
    fn varies(&self) -> bool {
        self.path.contains('<')
    }

    /// Its path with one value for everything that varies.
    fn filled(&self, value: &str) -> String {
        let segments = self.path.split('/');
        let filled = segments.map(|segment| {
            if segment.starts_with('<') {
                value
            } else {
                segment
            }
        });
        filled.collect::<Vec<_>>().join("/")
    }

    /// True if a concrete path is this route's.
    fn matches(&self, path: &str) -> bool {
        let (mine, other): (Vec<&str>, Vec<&str>) =
            (self.path.split('/').collect(), path.split('/').collect());
        let mut pairs = mine.iter().zip(&other);
        mine.len() == other.len() && pairs.all(|(a, b)| a == b || a.starts_with('<'))
    }
}
