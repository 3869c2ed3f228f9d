//! Interest in events: shown, withdrawn, counted, listed.

mod lists;
mod register;

use super::*;

const REGISTERED: &str = "Interest registered.";
const TWICE: &str = "Interest cannot be registered twice.";
const WITHDRAWN: &str = "Interest deleted";
const NEVER: &str = "user has not previously shown interest";
const NOT_FOUND: &str = "User or Event not found";
const NO_EVENT: &str = "Event not found";

/// The events that interest me.
const MINE: &str = "/api/users/@me/interests";

/// Asks for interest of a person, by id or `@me`, in the event of this id.
fn ask(client: &Client, method: &str, person: &str, event: &str) -> Reply {
    let path = format!("/api/users/{person}/interests/{event}");
    client.raw(method, &path, None, b"")
}

/// The path of the people whom an event interests.
fn interested_path(event: &Value) -> String {
    format!("/api/events/{}/interests", id_of(event))
}

/// What is answered to a person who shows interest.
fn shown(client: &Client, event: &Value) -> String {
    format!("{} has shown interest in {}", client.id(), id_of(event))
}

/// Asserts an answer's sentence and data, and that it holds nothing else.
#[track_caller]
fn says(reply: &Reply, message: &str, data: &str) {
    assert_eq!(reply.ok(200), json!({ "message": message, "data": data }));
}

/// Shows interest, a second after what was before, and drains the change.
#[track_caller]
fn care(app: &App, client: &Client, event: &Value) {
    tick(app);
    let reply = ask(client, "POST", "@me", id_of(event));
    says(&reply, REGISTERED, &shown(client, event));
    app.changes(&["interest.registered"]);
}

/// Withdraws interest and drains the change.
#[track_caller]
fn forget(app: &App, client: &Client, event: &Value) {
    let reply = ask(client, "DELETE", "@me", id_of(event));
    says(&reply, WITHDRAWN, "No content");
    app.changes(&["interest.removed"]);
}

/// Asserts whom an event interests, the newest first: as anyone is told, and in the tables.
#[track_caller]
fn assert_interested(app: &App, event: &Value, names: &[&str]) {
    let anon = app.anon();
    let answer = anon.get(&interested_path(event)).ok(200);
    let items = answer["data"].as_array().expect("an array");
    assert_eq!(texts(items, "name"), names);
    assert_eq!(answer["total"], names.len());
    assert_eq!(read_event(&anon, event)["interested"], names.len());
    let id = id_of(event);
    for query in [
        format!("select count(*) from event_interests where event_id = '{id}'"),
        format!("select interested from event_counters where event_id = '{id}'"),
    ] {
        assert_eq!(
            usize::try_from(app.count(&query)),
            Ok(names.len()),
            "{query}"
        );
    }
}

/// Makes an event its creator's draft, or shows it again.
#[track_caller]
fn set_visible(app: &App, event: &Value, visible: bool) {
    let id = id_of(event);
    let update = format!("update events set visible = {visible} where id = '{id}'");
    assert_eq!(app.sql(&update), 1);
}

/// A caller with a cookie of no session.
fn pretender(app: &App) -> Client<'_> {
    app.anon()
        .with("Cookie", "session=AAAAAAAAAAAAAAAAAAAAAAAA")
}

/// The cursor behind the first item of a list.
#[track_caller]
fn cursor_of(client: &Client, path: &str) -> String {
    let (_, next) = page(client, &format!("{path}?limit=1"), None);
    next.expect("a second page")
}

/// Asserts that a list of two items or more takes limits from 1 to 100 and no others, and no
/// cursor but its own, whole and unchanged.
#[track_caller]
fn takes_good_pages_only(client: &Client, path: &str) {
    for limit in ["1", "100"] {
        client.get(&format!("{path}?limit={limit}")).ok(200);
    }
    for limit in ["0", "101", "-1", "abc", "", "1.5", "%00"] {
        client.get(&format!("{path}?limit={limit}")).refused(400);
    }
    for cursor in ["", "nonsense", "AAAA", "%00", "%FF", UNKNOWN] {
        client.get(&format!("{path}?cursor={cursor}")).refused(400);
    }
    let good: Vec<char> = cursor_of(client, path).chars().collect();
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
        let cut = good[..position].to_vec();
        for forged in [changed, cut] {
            let forged = encode(&forged.into_iter().collect::<String>());
            client.get(&format!("{path}?cursor={forged}")).refused(400);
        }
    }
}
