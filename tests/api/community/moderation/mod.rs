//! `GET /api/reports`, what is decided about a report, and lifting a suspension: by
//! administrators of the highest role.

mod acts;
mod refusals;

use super::*;

const PATH: &str = "/api/reports";
const ACTS: [&str; 3] = ["dismiss", "remove", "suspend"];
const WHY: &str = "It's advertising";

const FETCHED: &str = "Reports successfully fetched";
const DISMISSED: &str = "Report dismissed";
const UPHELD: &str = "Report upheld";
const RESTORED: &str = "User restored";
const NOT_SUSPENDED: &str = "This person is not suspended.";
const NO_LIKES: &str = "you are not allowed to perform such actions";
const FORBIDDEN: &str = "You are not allowed to do this.";

/// What a report shows to those who decide.
const KEYS: &str = "author_id created_at decided_at decided_by id reason reporter_id state \
                    subject subject_id why";

/// The first administrator; drains what that records.
#[track_caller]
fn root(app: &App) -> Client<'_> {
    let root = app.super_admin();
    app.changes(&["admin.created"]);
    app.audit();
    root
}

/// Reports a thing and drains the change; answers the report's id.
#[track_caller]
fn report(app: &App, client: &Client, subject: &str, id: &str) -> String {
    let body = json!({ "subject": subject, "id": id, "reason": "Spam" });
    let report = data(&client.post(PATH, body), 201, "Report received");
    app.changes(&["report.created"]);
    id_of(&report).to_owned()
}

fn decide(client: &Client, act: &str, report: &str) -> Reply {
    client.post(&format!("{PATH}/{report}/{act}"), json!({ "why": WHY }))
}

fn restore(client: &Client, person: &str) -> Reply {
    let path = format!("/api/users/{person}/restore");
    client.raw("POST", &path, None, b"")
}

/// The ids of the reports of a state.
#[track_caller]
fn listed(client: &Client, state: &str) -> Vec<String> {
    texts(&walk(client, &format!("{PATH}?state={state}")), "id")
}

/// Asserts what a decided report shows, in the answer and in the list.
#[track_caller]
fn assert_decided(reply: &Reply, message: &str, root: &Client, id: &str) {
    let report = data(reply, 200, message);
    assert_eq!(keys(&reply.json()), ["data", "message"]);
    assert_eq!(keys(&report).join(" "), KEYS);
    let state = match message {
        DISMISSED => "dismissed",
        _ => "upheld",
    };
    assert_eq!(report["id"], id);
    assert_eq!(report["state"], state);
    assert_eq!(report["why"], WHY);
    assert_eq!(report["decided_by"], root.id());
    assert_stamp(&report["decided_at"]);
    let (reports, _) = page(root, &format!("{PATH}?state={state}"), None);
    assert!(reports.contains(&report), "{reports:?}");
}

/// Asserts that a report is as it was made.
#[track_caller]
fn assert_open(app: &App, report: &str) {
    let rows = app.count(&format!(
        "select count(*) from reports where id = '{report}' and state = 'open' \
         and why is null and decided_at is null"
    ));
    assert_eq!(rows, 1, "{report} is open");
}
