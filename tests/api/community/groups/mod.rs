//! Groups: made, read, listed, renamed, deleted; their members and their events.

mod concurrency;
mod create;
mod delete;
mod events;
mod list;
mod members;
mod read;
mod update;

use super::*;

const ADDED: &str = "User added to Group";
const REMOVED: &str = "User removed from group successfully";
const ALREADY_IN: &str = "User already in group";
const NOT_IN: &str = "User is not a member of this group";
const FORBIDDEN: &str = "You are not allowed to do this.";
const NO_GROUP: &str = "Group not found";
const NO_GROUP_OR_USER: &str = "Group or user not found";

/// What a group shows.
const KEYS: [&str; 7] = [
    "created_at",
    "creator_id",
    "id",
    "members",
    "title",
    "updated",
    "updated_at",
];

/// My own groups.
const MINE: &str = "/api/users/@me/groups";

/// Makes a group and drains its change.
#[track_caller]
fn gather(app: &App, client: &Client, title: &str) -> Value {
    let reply = client.post("/api/groups", json!({ "title": title }));
    let group = data(&reply, 201, "Group created successfully");
    app.changes(&["group.created"]);
    group
}

fn group_path(group: &Value) -> String {
    format!("/api/groups/{}", id_of(group))
}

fn members_path(group: &Value) -> String {
    format!("/api/groups/{}/members", id_of(group))
}

fn group_events_path(group: &Value) -> String {
    format!("/api/groups/{}/events", id_of(group))
}

/// Asks for a person to be added.
fn add(client: &Client, group: &Value, person: &str) -> Reply {
    let path = format!("{}/{person}", members_path(group));
    client.raw("POST", &path, None, &[])
}

/// Asks for a person to be removed.
fn remove(client: &Client, group: &Value, person: &str) -> Reply {
    client.delete(&format!("{}/{person}", members_path(group)))
}

/// Adds people one after another and drains their changes.
#[track_caller]
fn enrol(app: &App, creator: &Client, group: &Value, newcomers: &[&Client]) {
    for person in newcomers {
        tick(app);
        let reply = add(creator, group, person.id());
        assert_eq!(data(&reply, 200, ADDED), group["id"]);
        app.changes(&["group.member_added"]);
    }
}

/// Leaves a group and drains the change.
#[track_caller]
fn leave(app: &App, member: &Client, group: &Value) {
    let reply = remove(member, group, member.id());
    assert_eq!(data(&reply, 200, REMOVED), group["id"]);
    app.changes(&["group.member_removed"]);
}

/// The group as a reader sees it now, as lists show it too.
#[track_caller]
fn read_group(client: &Client, group: &Value) -> Value {
    let reply = client.get(&group_path(group));
    let group = data(&reply, 200, "Group details successfully fetched");
    without(group, "group_id")
}

/// The names of a group's members, the oldest member first.
#[track_caller]
fn member_names(client: &Client, group: &Value) -> Vec<String> {
    texts(&walk(client, &members_path(group)), "name")
}

/// Asserts who is in a group: in its list, its count, and the tables.
#[track_caller]
fn assert_members(app: &App, group: &Value, names: &[&str]) {
    let anon = app.anon();
    assert_eq!(member_names(&anon, group), names);
    assert_eq!(read_group(&anon, group)["members"], names.len());
    let id = id_of(group);
    let rows = format!("select count(*) from group_members where group_id = '{id}'");
    assert_eq!(usize::try_from(app.count(&rows)), Ok(names.len()));
    let counter = format!("select members from groups where id = '{id}'");
    assert_eq!(usize::try_from(app.count(&counter)), Ok(names.len()));
}

/// The titles of a list of groups that fits into one page, in its order.
#[track_caller]
fn group_titles(client: &Client, path: &str) -> Vec<String> {
    let (items, next) = page(client, path, None);
    assert_eq!(next, None, "more than a page");
    texts(&items, "title")
}

/// The titles of the groups that a search finds, in alphabetical order.
#[track_caller]
fn groups_found(client: &Client, q: &str) -> Vec<String> {
    let mut titles = group_titles(client, &format!("/api/groups?q={}", encode(q)));
    titles.sort_unstable();
    titles
}

/// Asserts how many changes of each topic were ever recorded, and that there are no others.
/// For what is recorded in no certain order.
#[track_caller]
fn recorded(app: &App, expected: &[(&str, usize)]) {
    let mut total = 0;
    for (topic, times) in expected {
        let query = format!("select count(*) from changes where topic = '{topic}'");
        assert_eq!(usize::try_from(app.count(&query)), Ok(*times), "{topic}");
        total += times;
    }
    let all = usize::try_from(app.count("select count(*) from changes"));
    assert_eq!(all, Ok(total), "changes of all topics");
}

/// Asserts that a list takes limits from 1 to 100 and no others, and no cursor of anyone's own.
#[track_caller]
fn refuses_bad_pages(client: &Client, path: &str) {
    for limit in ["1", "100"] {
        client.get(&format!("{path}?limit={limit}")).ok(200);
    }
    for limit in ["0", "101", "-1", "abc", "", "1.5", "%00"] {
        client.get(&format!("{path}?limit={limit}")).refused(400);
    }
    for cursor in ["", "nonsense", "AAAA", "%00", "%FF", UNKNOWN] {
        client.get(&format!("{path}?cursor={cursor}")).refused(400);
    }
}

/// Asserts that a list's cursor is refused when it is cut or one character of it is changed.
#[track_caller]
fn refuses_forged_cursors(client: &Client, path: &str) {
    let path = format!("{path}?limit=1");
    let cursor = page(client, &path, None).1.expect("a second page");
    let good: Vec<char> = cursor.chars().collect();
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
        let changed = encode(&changed.into_iter().collect::<String>());
        client.get(&format!("{path}&cursor={changed}")).refused(400);
        let cut = encode(&good[..position].iter().collect::<String>());
        client.get(&format!("{path}&cursor={cut}")).refused(400);
    }
}

/// Asserts that an answer repeats an earlier one.
#[track_caller]
fn assert_replayed(replay: &Reply, first: &Reply) {
    assert_eq!(replay.status(), first.status());
    assert_eq!(replay.json(), first.json());
    assert_eq!(first.header("Idempotency-Replayed"), None);
    assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
}
