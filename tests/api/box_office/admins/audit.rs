//! What the audit notes: each act and each sign-in, by whom, from where, and in which call.

use std::net::SocketAddr;

use super::*;

const TYPES: &str = "/proposals/v1/available-events";
const PROPOSALS: &str = "/proposals/v1/events";

/// Asserts that the newest entry of an action is of this call; answers it.
#[track_caller]
fn noted(root: &Client, reply: &Reply, action: &str) -> Value {
    assert!(reply.status() < 300 || reply.status() == 401, "{reply:?}");
    let (mut newest, _) = entries(root, &format!("action={action}&limit=1"));
    let entry = newest.pop().unwrap_or_else(|| panic!("no {action}"));
    let known = "action actor_id address at id request_id subject_id";
    assert_eq!(keys(&entry).join(" "), known);
    assert_eq!(entry["action"], action);
    let call = reply.header("X-Request-Id").expect("each call has an id");
    assert_eq!(entry["request_id"], call, "{action}: {entry}");
    moment(&entry["at"]);
    entry
}

/// Like [`noted`], by this account.
#[track_caller]
fn noted_by(root: &Client, reply: &Reply, action: &str, actor: &str) -> Value {
    let entry = noted(root, reply, action);
    assert_eq!(entry["actor_id"], actor, "{entry}");
    entry
}

#[test]
fn sign_ins_and_outs_are_noted_and_those_that_fail_as_well() {
    each(|app| {
        let root = begin(app);
        let email = "ann@example.org";
        let made = hire(app, email, "analyst");
        let ann = text(&made["admin_id"]);
        let wrong = "wrong horse battery staple";
        let address = SocketAddr::from(([203, 0, 113, 9], 50_000));
        let elsewhere = app.anon().from_address(address);
        let reply = elsewhere.post(LOGIN, credentials(email, PASS));
        let entry = noted_by(&root, &reply, "sign_in.succeeded", ann);
        assert_eq!(entry["address"], "203.0.113.9");
        let answer = reply.ok(200);
        let reply = try_password(app, email, wrong);
        let entry = noted_by(&root, &reply, "sign_in.failed", ann);
        assert_eq!(entry["address"], "127.0.0.1");
        let reply = try_password(app, "nobody@example.org", PASS);
        let entry = noted(&root, &reply, "sign_in.failed");
        assert_eq!(entry["actor_id"], Value::Null, "{entry}");
        let next = refresh(app, &answer).ok(200);
        let reply = log_out(app, &next);
        noted_by(&root, &reply, "sign_out", ann);
        let answer = sign_in(app, email);
        refresh(app, &answer).ok(200);
        let reply = refresh(app, &answer);
        noted(&root, &reply, "refresh.reused");
        let mine = caller(app, &sign_in(app, email));
        let body = json!({ "current_password": PASS, "password": NEW_PASS });
        noted_by(&root, &mine.put(PASSWORD, body), "password.changed", ann);
        let path = format!("{ADMINS}/{ann}");
        root.patch(&path, json!({ "is_active": false })).ok(200);
        // The account tried is one, although nobody gets in by it.
        let reply = try_password(app, email, NEW_PASS);
        noted_by(&root, &reply, "sign_in.failed", ann);
        let person = app.user("bob");
        let (newest, _) = entries(&root, "action=sign_in.succeeded&limit=1");
        assert_eq!(newest[0]["actor_id"], person.id());
        app.changes(&[PASSWORD_CHANGED, "admin.updated", "user.created"]);
    });
}

#[test]
fn what_is_done_to_admins_and_tokens_is_noted() {
    each(|app| {
        let root = begin(app);
        let reply = root.post(REGISTER, newcomer("ann@example.org"));
        let ann = reply.ok(201)["admin_id"].clone();
        let entry = noted_by(&root, &reply, "admin.created", root.id());
        assert_eq!(entry["subject_id"], ann);
        let path = format!("{ADMINS}/{}", text(&ann));
        for (body, action) in [
            (json!({ "role": "analyst" }), "admin.role_changed"),
            (json!({ "is_active": false }), "admin.deactivated"),
            (json!({ "is_active": true }), "admin.activated"),
        ] {
            app.audit();
            let reply = root.patch(&path, body);
            let entry = noted_by(&root, &reply, action, root.id());
            assert_eq!(entry["subject_id"], ann);
            assert_eq!(app.audit(), [action]);
        }
        let body = json!({ "role": "event_manager", "is_active": false });
        root.patch(&path, body).ok(200);
        let mut both = app.audit();
        both.sort_unstable();
        assert_eq!(both, ["admin.deactivated", "admin.role_changed"]);
        let body = json!({ "name": "Cron", "scopes": ["events:write"] });
        let reply = root.post(TOKENS, body);
        let token = reply.ok(201)["data"].clone();
        let entry = noted_by(&root, &reply, "token.created", root.id());
        assert_eq!(entry["subject_id"], token["id"]);
        let reply = root.delete(&format!("{TOKENS}/{}", text(&token["id"])));
        let entry = noted_by(&root, &reply, "token.revoked", root.id());
        assert_eq!(entry["subject_id"], token["id"]);
        let machine = app.anon().bearer(text(&token["token"]));
        let reply = machine.get(&format!("{TOKENS}/@me"));
        let entry = noted(&root, &reply, "token.refused");
        assert_eq!(entry["subject_id"], token["id"]);
        let mut expected = vec!["admin.created"];
        expected.extend(["admin.updated"; 4]);
        expected.extend(["token.created", "token.revoked"]);
        app.changes(&expected);
    });
}

#[test]
fn what_is_refused_is_not_noted_as_done() {
    each(|app| {
        let root = begin(app);
        let ann = hire(app, "ann@example.org", "analyst");
        let client = caller(app, &ann);
        let path = format!("{ADMINS}/{}", text(&ann["admin_id"]));
        client
            .patch(&path, json!({ "role": "super_admin" }))
            .refused_as(403, "FORBIDDEN");
        client
            .post(REGISTER, newcomer("b@example.org"))
            .refused_as(403, "FORBIDDEN");
        client
            .post(TOKENS, json!({ "name": "Cron" }))
            .refused_as(403, "forbidden");
        root.post(REGISTER, newcomer(ROOT))
            .refused_as(409, "EMAIL_TAKEN");
        let me = format!("{ADMINS}/{}", root.id());
        root.patch(&me, json!({ "is_active": false }))
            .refused_as(409, "CONFLICT");
        root.post(TOKENS, json!({}))
            .refused_as(400, "validation_error");
        root.get(AUDIT).ok(200);
        assert_eq!(app.audit(), [""; 0]);
        app.changes(&[]);
    });
}

#[test]
fn a_sign_in_that_comes_too_often_is_noted() {
    each_with(&[("RATE_LIMIT", "on")], |app| {
        let root = begin(app);
        // Whatever its making counted is forgotten.
        app.clock().advance(TimeDelta::minutes(2));
        fail(app, ROOT, 10);
        app.audit();
        let reply = try_password(app, ROOT, PASS);
        reply.refused_as(429, "RATE_LIMITED");
        assert_eq!(app.audit(), ["sign_in.limited"]);
        let (newest, _) = entries(&root, "action=sign_in.limited");
        assert_eq!(newest[0]["actor_id"], root.id());
        let call = reply.header("X-Request-Id").expect("each call has an id");
        assert_eq!(newest[0]["request_id"], call);
        app.changes(&[]);
    });
}

#[test]
fn acts_in_the_other_systems_are_noted() {
    each(|app| {
        let root = begin(app);
        let reply = root.post(TYPES, json!({ "eventName": "Night Walks" }));
        let walks = text(&reply.ok(201)["id"]).to_owned();
        noted_by(&root, &reply, "event_type.created", root.id());
        let path = format!("{TYPES}/{walks}");
        let reply = root.patch(&path, json!({ "eventName": "Long Walks" }));
        noted_by(&root, &reply, "event_type.renamed", root.id());
        let (hugo, vera) = (
            app.account("hugo", "human-resource"),
            app.account("vera", "vendor"),
        );
        for (by, status) in [
            (&vera, "approved"),
            (&vera, "rejected"),
            (&hugo, "canceled"),
        ] {
            let date = (app.clock().now() + TimeDelta::days(9)).format("%Y-%m-%d");
            let date = date.to_string();
            let body = json!({ "eventName": walks, "location": "The park",
                               "proposedDates": [date], "proposedTo": vera.id() });
            let made = hugo.post(PROPOSALS, body).ok(201);
            let decision = match status {
                "approved" => json!({ "status": status, "eventDate": date }),
                "rejected" => json!({ "status": status, "remarks": "Too far" }),
                _ => json!({ "status": status }),
            };
            let reply = by.patch(&format!("{PROPOSALS}/{}", text(&made["id"])), decision);
            noted_by(&root, &reply, &format!("proposal.{status}"), by.id());
        }
        let made = root
            .post(TYPES, json!({ "eventName": "Short Walks" }))
            .ok(201);
        let reply = root.delete(&format!("{TYPES}/{}", text(&made["id"])));
        noted_by(&root, &reply, "event_type.deleted", root.id());
        let mut expected = vec!["event_type.created", "event_type.renamed"];
        expected.extend(["user.created"; 2]);
        for decision in [
            "proposal.approved",
            "proposal.rejected",
            "proposal.canceled",
        ] {
            expected.extend(["proposal.created", decision]);
        }
        expected.extend(["event_type.created", "event_type.deleted"]);
        app.changes(&expected);
    });
}

#[test]
fn acts_on_people_are_noted() {
    each(|app| {
        let root = begin(app);
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        for (subject, decision, action) in [
            ("user", "dismiss", "report.dismissed"),
            ("event", "remove", "report.removed"),
            ("user", "suspend", "report.suspended"),
        ] {
            let id = match subject {
                "user" => ann.id().to_owned(),
                _ => {
                    let event = json!({
                        "title": "Picnic", "description": "Cake.", "location": "The park",
                        "start_date": "2031-06-14", "start_time": "10:00",
                        "end_date": "2031-06-14", "end_time": "12:00",
                    });
                    let made = ann.post("/api/events", event).ok(201);
                    text(&made["data"]["id"]).to_owned()
                }
            };
            let body = json!({ "subject": subject, "id": id, "reason": "Advertising" });
            let report = bob.post("/api/reports", body).ok(201);
            let path = format!("/api/reports/{}/{decision}", text(&report["data"]["id"]));
            let reply = root.post(&path, json!({ "why": "It is so" }));
            noted_by(&root, &reply, action, root.id());
        }
        let path = format!("/api/users/{}/restore", ann.id());
        let reply = root.raw("POST", &path, None, b"");
        noted_by(&root, &reply, "user.restored", root.id());
        app.account("vera", "vendor");
        let body = json!({ "username": "vera", "password": PASS });
        let reply = bob.post("/api/users/@me/link", body);
        noted_by(&root, &reply, "login.linked", bob.id());
        let logins = reply.ok(200)["data"].take();
        let logins = logins.as_array().expect("an array").iter();
        let linked = logins.filter(|login| login["kind"] == "username");
        for login in linked {
            let path = format!("/api/users/@me/logins/{}", text(&login["id"]));
            noted_by(&root, &bob.delete(&path), "login.removed", bob.id());
        }
        for (topic, times) in [
            ("report.dismissed", 1),
            ("report.upheld", 2),
            ("user.suspended", 1),
            ("user.restored", 1),
            ("user.merged", 1),
        ] {
            assert_eq!(recorded(app, topic), times, "{topic}");
        }
    });
}
