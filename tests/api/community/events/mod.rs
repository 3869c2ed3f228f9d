//! Events: made, read, listed, found, changed, deleted.

mod bounds;
mod create;
mod cursors;
mod delete;
mod filters;
mod list;
mod read;
mod search;
mod tombstone;
mod update;
mod update_rules;
mod zones;

use super::*;

/// What the creator of an event may write.
const FIELDS: [&str; 9] = [
    "title",
    "description",
    "location",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "timezone",
    "thumbnail",
];

/// What an event shows to everyone.
const PUBLIC_KEYS: [&str; 18] = [
    "comments",
    "created_at",
    "creator_id",
    "description",
    "end_date",
    "end_time",
    "ends_at",
    "group_id",
    "id",
    "interested",
    "location",
    "start_date",
    "start_time",
    "starts_at",
    "thumbnail",
    "timezone",
    "title",
    "updated_at",
];

/// The body of an event that lasts no time, at this wall time of this zone.
fn moment(zone: &str, date: &str, time: &str) -> Value {
    let event = set(new_event(zone), "timezone", zone);
    let event = set(set(event, "start_date", date), "start_time", time);
    set(set(event, "end_date", date), "end_time", time)
}

/// The body of an event from one day to another.
fn days(title: &str, first: &str, last: &str) -> Value {
    set(set(new_event(title), "start_date", first), "end_date", last)
}

/// The event after an accepted update.
#[track_caller]
fn update(client: &Client, event: &Value, body: Value) -> Value {
    data(&client.put(&event_path(event), body), 201, "item updated")
}

/// The titles of a list that fits into one page, in its order.
#[track_caller]
fn titles(client: &Client, query: &str) -> Vec<String> {
    let path = match query {
        "" => "/api/events".to_owned(),
        query => format!("/api/events?{query}"),
    };
    let (items, next) = page(client, &path, None);
    assert_eq!(next, None, "more than a page");
    texts(&items, "title")
}

/// The titles that a search finds, in alphabetical order.
#[track_caller]
fn found(client: &Client, q: &str) -> Vec<String> {
    let mut titles = titles(client, &format!("q={}", encode(q)));
    titles.sort_unstable();
    titles
}
