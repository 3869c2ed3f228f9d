//! `DELETE /api/users/@me`: what goes with a person, what stays, and what is left on disk.

mod account;
mod traces;
mod what_stays;

use super::*;

const ME: &str = "/api/users/@me";

/// Erases the account of whoever is signed in.
#[track_caller]
fn erase(client: &Client) {
    client.delete(ME).no_content();
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

/// A call without a body, which must be good.
#[track_caller]
fn call(client: &Client, method: &str, path: &str) -> Value {
    let reply = client.raw(method, path, None, b"");
    assert_eq!(reply.status(), 200, "{method} {path}: {}", reply.text());
    reply.json()
}

#[track_caller]
fn like(client: &Client, comment: &Value) {
    call(client, "PUT", &like_path(comment));
}

fn like_path(comment: &Value) -> String {
    format!("/api/likes/{}", id_of(comment))
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

/// Adds people to a group, one after another.
#[track_caller]
fn enrol(app: &App, creator: &Client, group: &Value, newcomers: &[&Client]) {
    for person in newcomers {
        tick(app);
        let path = format!("{}/members/{}", group_path(group), person.id());
        call(creator, "POST", &path);
    }
}

/// Reports a thing.
#[track_caller]
fn report(client: &Client, subject: &str, id: &str, reason: &str) -> Value {
    let body = json!({ "subject": subject, "id": id, "reason": reason });
    data(&client.post("/api/reports", body), 201, "Report received")
}

/// Makes a private calendar; answers its path.
#[track_caller]
fn make_calendar(client: &Client) -> String {
    let reply = client.raw("POST", "/api/users/@me/calendar", None, b"");
    let made = data(&reply, 201, "Calendar created");
    let url = text(&made["url"]);
    let (_, path) = url.split_once("/api/").expect("an address of this API");
    format!("/api/{path}")
}

/// Asserts that nothing of an erased person is left but rows without texts.
#[track_caller]
fn assert_nothing_remains(app: &App, id: &str) {
    for table in [
        "sessions",
        "logins",
        "comment_likes",
        "event_interests",
        "group_members",
        "calendars",
        "idempotency_keys",
    ] {
        let query = format!("select count(*) from {table} where user_id = '{id}'");
        assert_eq!(app.count(&query), 0, "{table}");
    }
    for rows in [
        format!("users where id = '{id}' and erased_at is null"),
        format!("users where id = '{id}' and (email <> '' or avatar <> '')"),
        format!("events where creator_id = '{id}' and deleted_at is null"),
        format!("events where creator_id = '{id}' and description <> ''"),
        format!("groups where creator_id = '{id}' and deleted_at is null"),
        format!("comments where user_id = '{id}' and body <> ''"),
        format!(
            "comment_images where comment_id in (select id from comments where user_id = '{id}')"
        ),
        format!("reports where reporter_id = '{id}' and reason <> ''"),
    ] {
        assert_eq!(
            app.count(&format!("select count(*) from {rows}")),
            0,
            "{rows}"
        );
    }
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
        assert_eq!(
            app.count(&format!("select count(*) from {rows}")),
            0,
            "{rows}"
        );
    }
}
