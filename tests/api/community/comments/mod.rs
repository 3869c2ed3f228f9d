//! Comments on events: written, listed, edited, deleted.

mod create;
mod delete;
mod edit;
mod list;

use super::*;

/// How many comments the event says it has.
#[track_caller]
fn count_of(client: &Client, event: &Value) -> Value {
    read_event(client, event)["comments"].take()
}

/// The bodies of an event's comments, the oldest first.
#[track_caller]
fn bodies(client: &Client, event: &Value) -> Vec<String> {
    texts(&walk(client, &comments_path(event)), "body")
}
