//! `/api/users/@me/link` and `/api/users/@me/logins`: what a person signs in with, and two
//! people who turn out to be one.

mod afterwards;
mod concurrency;
mod link;
mod logins;
mod merge;

use super::*;

const LINK: &str = "/api/users/@me/link";
const LOGINS: &str = "/api/users/@me/logins";
const SIGN_IN: &str = "/proposals/v1/auth/signin";
const PROPOSALS: &str = "/proposals/v1/events";

/// The password of every account.
const PASSWORD: &str = "correct horse battery staple";

const LINKED: &str = "login linked successfully";
const WRONG: &str = "Invalid credentials";
const FORBIDDEN: &str = "You are not allowed to do this.";
const NO_PERSON: &str = "User not found";

/// What shows that a user name is mine.
fn credentials(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

/// Makes an account with a user name and drains its change; answers who has its token.
#[track_caller]
fn sign_up<'a>(app: &'a App, username: &str, role: &str) -> Client<'a> {
    let account = app.account(username, role);
    app.changes(&["user.created"]);
    account
}

/// Whoever shows this token.
fn shown<'a>(app: &'a App, token: &str) -> Client<'a> {
    app.anon().with("Authorization", &format!("Bearer {token}"))
}

/// Signs in with a user name and the right password; answers who has the token.
#[track_caller]
fn sign_in<'a>(app: &'a App, username: &str) -> Client<'a> {
    let reply = app.anon().post(SIGN_IN, credentials(username, PASSWORD));
    let answer = reply.ok(200);
    shown(app, text(&answer["token"]))
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("not a list: {other}"),
    }
}

/// Links a user name with the right password and drains the change; answers the logins.
#[track_caller]
fn join(app: &App, client: &Client, username: &str) -> Vec<Value> {
    let reply = client.post(LINK, credentials(username, PASSWORD));
    let logins = array(data(&reply, 200, LINKED));
    app.changes(&["user.merged"]);
    logins
}

/// What the caller signs in with.
#[track_caller]
fn logins_of(client: &Client) -> Vec<Value> {
    let reply = client.get(LOGINS);
    array(data(&reply, 200, "logins returned successfully"))
}

/// Kind and subject of logins, in alphabetical order.
fn ways(logins: &[Value]) -> Vec<String> {
    let way = |login: &Value| format!("{} {}", text(&login["kind"]), text(&login["subject"]));
    let mut ways: Vec<String> = logins.iter().map(way).collect();
    ways.sort_unstable();
    ways
}

/// The path of the caller's login of a kind.
#[track_caller]
fn login_path(client: &Client, kind: &str) -> String {
    let logins = logins_of(client);
    let login = logins.iter().find(|login| login["kind"] == kind);
    format!("{LOGINS}/{}", id_of(login.expect("a login of that kind")))
}

/// Somebody from Google named `old` with the user name `olga` of an organiser.
#[track_caller]
fn olga(app: &App) -> Client<'_> {
    sign_up(app, "olga", "human-resource");
    let [old] = people(app, ["old"]);
    join(app, &old, "olga");
    old
}

/// Leaves `old` with nothing but the user name, and links that to `new`.
#[track_caller]
fn take_over(app: &App, old: &Client, new: &Client) {
    old.delete(&login_path(old, "google")).no_content();
    app.changes(&["user.updated"]);
    join(app, new, "olga");
}

/// A call without a body, which must be good.
#[track_caller]
fn call(client: &Client, method: &str, path: &str) -> Value {
    let reply = client.raw(method, path, None, b"");
    assert_eq!(reply.status(), 200, "{method} {path}: {}", reply.text());
    reply.json()
}

fn like_path(comment: &Value) -> String {
    format!("/api/likes/{}", id_of(comment))
}

#[track_caller]
fn like(client: &Client, comment: &Value) {
    call(client, "PUT", &like_path(comment));
}

#[track_caller]
fn care(client: &Client, event: &Value) {
    let path = format!("/api/users/@me/interests/{}", id_of(event));
    call(client, "POST", &path);
}

/// Makes a group.
#[track_caller]
fn gather(client: &Client, title: &str) -> Value {
    let reply = client.post("/api/groups", json!({ "title": title }));
    data(&reply, 201, "Group created successfully")
}

fn group_path(group: &Value) -> String {
    format!("/api/groups/{}", id_of(group))
}

#[track_caller]
fn enrol(creator: &Client, group: &Value, person: &Client) {
    let path = format!("{}/members/{}", group_path(group), person.id());
    call(creator, "POST", &path);
}

/// Reports a thing; answers the report.
#[track_caller]
fn report(client: &Client, subject: &str, id: &str) -> Value {
    let body = json!({ "subject": subject, "id": id, "reason": "Advertising" });
    data(&client.post("/api/reports", body), 201, "Report received")
}

/// Makes a private calendar; answers its path.
#[track_caller]
fn make_calendar(client: &Client) -> String {
    let reply = client.raw("POST", "/api/users/@me/calendar", None, b"");
    let made = data(&reply, 201, "Calendar created");
    let (_, path) = text(&made["url"])
        .split_once("/api/")
        .expect("an address of this API");
    format!("/api/{path}")
}

/// Proposes an event to a vendor and drains the change.
#[track_caller]
fn propose(app: &App, organiser: &Client, vendor: &str) -> Value {
    let types = organiser.get("/proposals/v1/available-events").ok(200);
    let body = json!({
        "eventName": types["data"][0]["id"],
        "location": "Market Square",
        "proposedDates": ["2031-06-14"],
        "proposedTo": vendor,
    });
    let proposal = organiser.post(PROPOSALS, body).ok(201);
    app.changes(&["proposal.created"]);
    proposal
}

/// The proposals that whoever has this token sees.
#[track_caller]
fn proposals_of(client: &Client) -> Vec<Value> {
    array(client.get(PROPOSALS).ok(200)["data"].take())
}

#[track_caller]
fn suspend(app: &App, id: &str) {
    let suspended = format!("update users set suspended_at = updated_at where id = '{id}'");
    assert_eq!(app.sql(&suspended), 1);
}

/// How many changes of a topic were ever recorded.
fn recorded(app: &App, topic: &str) -> i64 {
    app.count(&format!(
        "select count(*) from changes where topic = '{topic}'"
    ))
}

/// Asserts that every count agrees with what it counts.
#[track_caller]
fn assert_counts_agree(app: &App) {
    for rows in [
        "comments where likes <> \
         (select count(*) from comment_likes where comment_id = comments.id)",
        "events join event_counters on event_id = events.id where deleted_at is null and \
         event_counters.comments <> (select count(*) from comments where event_id = events.id)",
        "events join event_counters on event_id = events.id where deleted_at is null and \
         interested <> (select count(*) from event_interests where event_id = events.id)",
        "groups where deleted_at is null and members <> \
         (select count(*) from group_members where group_id = groups.id)",
    ] {
        let wrong = app.count(&format!("select count(*) from {rows}"));
        assert_eq!(wrong, 0, "{rows}");
    }
}

/// The columns that refer to a person, as `table.column`.
fn references(app: &App) -> Vec<String> {
    let query = match app.database() {
        Database::Sqlite => {
            "select group_concat(t.name || '.' || f.\"from\", ' ') \
             from pragma_table_list t, pragma_foreign_key_list(t.name) f \
             where t.schema = 'main' and t.type = 'table' and f.\"table\" = 'users'"
        }
        Database::Postgres => {
            "select string_agg(c.relname::text || '.' || a.attname::text, ' ') \
             from pg_constraint k join pg_class c on c.oid = k.conrelid \
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey) \
             where k.contype = 'f' and k.confrelid = 'users'::regclass"
        }
    };
    let found = app.text(query).expect("there are references to people");
    found.split(' ').map(str::to_owned).collect()
}

/// How many rows refer to a person by this column.
fn rows_of(app: &App, reference: &str, id: &str) -> i64 {
    let (table, column) = reference.split_once('.').expect("a table and a column");
    app.count(&format!(
        "select count(*) from {table} where {column} = '{id}'"
    ))
}

/// Asserts that no row names a person any more, once the sweepers ran.
#[track_caller]
fn assert_forgotten(app: &App, id: &str) {
    app.clock().advance(TimeDelta::minutes(2));
    app.sweep();
    let references = references(app);
    assert!(references.len() >= 13, "the schema is read: {references:?}");
    for reference in &references {
        assert_eq!(rows_of(app, reference, id), 0, "{reference}");
    }
    for reference in ["users.id", "reports.subject_id"] {
        assert_eq!(rows_of(app, reference, id), 0, "{reference}");
    }
}
