//! The program itself: started as it is installed, called over the network, stopped and killed.

mod accounts;
mod approvals;
mod bodies;
mod box_office;
mod commands;
mod demo;
mod durability;
mod http;
mod keys;
mod load;
mod lock;
mod log;
mod moderation;
mod postgres;
mod process;
mod requests;
mod screen;
mod secrets;
mod settings;
mod shutdown;
mod sign_in;
mod site;
mod syncing;

use serde_json::{Value, json};

use http::{Answer, Caller, Connection};
use load::Load;
use process::PATIENCE;
use site::{PROGRAM, Server, Site};

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
#[track_caller]
fn make_event(caller: &Caller) -> String {
    text(&caller.post("/api/events", &picnic()).ok(201)["data"]["id"])
}

fn event_path(event: &str) -> String {
    format!("/api/events/{event}")
}

fn comments_path(event: &str) -> String {
    format!("/api/events/{event}/comments")
}

/// The ids of all comments on an event, page after page.
#[track_caller]
fn comment_ids(caller: &Caller, event: &str) -> Vec<String> {
    let first = format!("{}?limit=100", comments_path(event));
    let mut path = first.clone();
    let mut ids = Vec::new();
    loop {
        let page = caller.get(&path).ok(200);
        let comments = page["data"].as_array().expect("a list has items");
        ids.extend(comments.iter().map(|comment| text(&comment["id"])));
        match &page["next"] {
            Value::Null => return ids,
            cursor => path = format!("{first}&cursor={}", text(cursor)),
        }
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}
