//! `POST /api/users/@me/link`: whoever knows the password of a user name is that person too.

use super::*;

const IN_A_COMPANY: &str = "You belong to a company already.";

/// Asserts that the account is a person of its own still, and signs in.
#[track_caller]
fn assert_alone(app: &App, account: &Client, username: &str) {
    app.changes(&[]);
    account.get(PROPOSALS).ok(200);
    sign_in(app, username).get(PROPOSALS).ok(200);
    let login = format!(
        "select count(*) from logins where kind = 'username' and subject = '{username}' \
         and user_id = '{}'",
        account.id()
    );
    assert_eq!(app.count(&login), 1, "{username} is as before");
}

#[test]
fn a_user_name_is_linked_by_its_password() {
    each(|app| {
        let olga = sign_up(app, "olga", "human-resource");
        let [ann] = people(app, ["ann"]);
        app.audit();
        let reply = ann.post(LINK, credentials("olga", PASSWORD));
        let logins = array(data(&reply, 200, LINKED));
        assert_eq!(keys(&reply.json()), ["data", "message"]);
        app.changes(&["user.merged"]);
        let audit = app.audit();
        let linked = audit.iter().filter(|action| *action == "login.linked");
        assert_eq!(linked.count(), 1, "{audit:?}");
        assert_eq!(ways(&logins), ["google ann", "username olga"]);
        for login in &logins {
            assert_eq!(keys(login), ["created_at", "id", "kind", "subject"]);
            assert_stamp(&login["created_at"]);
        }
        assert_ne!(logins[0]["id"], logins[1]["id"]);
        assert_eq!(ways(&logins_of(&ann)), ways(&logins));
        let other = format!("/api/users/{}", olga.id());
        app.anon().get(&other).error(404, NO_PERSON);
        assert_eq!(app.count("select count(*) from logins"), 2);
    });
}

#[test]
fn the_callers_profile_stays_as_it_was() {
    each(|app| {
        sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let profile = || {
            let mine = data(
                &ann.get("/api/users"),
                200,
                "user details fetched successfully",
            );
            without(mine, "updated_at")
        };
        let before = profile();
        tick(app);
        join(app, &ann, "olga");
        assert_eq!(profile(), before);
        assert_eq!(before["id"], ann.id());
        assert_eq!(before["name"], "ann");
        assert_eq!(ann.get("/api/auth/@me").ok(200)["data"]["id"], ann.id());
        let public = ann.get(&format!("/api/users/{}", ann.id())).ok(200);
        assert_eq!(public["data"]["name"], "ann");
    });
}

#[test]
fn a_user_name_that_is_mine_already_is_no_news() {
    each(|app| {
        sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let first = join(app, &ann, "olga");
        let token = sign_in(app, "olga");
        for username in ["olga", "OLGA"] {
            let reply = ann.post(LINK, credentials(username, PASSWORD));
            let again = array(data(&reply, 200, LINKED));
            assert_eq!(ways(&again), ways(&first));
        }
        let reply = ann.post(LINK, credentials("olga", "another password"));
        reply.error(401, WRONG);
        app.changes(&[]);
        token.get(PROPOSALS).ok(200);
        assert_eq!(app.count("select count(*) from logins"), 2);
    });
}

#[test]
fn the_case_of_a_user_name_does_not_matter() {
    each(|app| {
        sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let logins = join(app, &ann, "OlGa");
        assert_eq!(ways(&logins), ["google ann", "username olga"]);
    });
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_told_the_same() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let padded = format!("{PASSWORD} ");
        let (capital, long) = (PASSWORD.to_uppercase(), "x".repeat(10_000));
        for password in ["", "wrong", "\0", &padded, &capital, &long] {
            let reply = ann.post(LINK, credentials("olga", password));
            reply.error(401, WRONG);
            assert_eq!(reply.header("Set-Cookie"), None);
        }
        let strange = [
            "nobody",
            "",
            "%",
            "ol%",
            "ann",
            "ann@example.org",
            "' or '1' = '1",
            olga.id(),
        ];
        for username in strange {
            let reply = ann.post(LINK, credentials(username, PASSWORD));
            reply.error(401, WRONG);
        }
        assert_eq!(ways(&logins_of(&ann)), ["google ann"]);
        assert_alone(app, &olga, "olga");
    });
}

#[test]
fn a_missing_or_mistyped_field_is_a_bad_request() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let good = credentials("olga", PASSWORD);
        for field in ["username", "password"] {
            ann.post(LINK, without(good.clone(), field)).refused(400);
            for wrong in [Value::Null, json!(7), json!(true), json!([]), json!({})] {
                ann.post(LINK, set(good.clone(), field, wrong)).refused(400);
            }
        }
        for body in ["", "{", "[]", "null", "7", "\"olga\""] {
            let reply = ann.raw("POST", LINK, Some("application/json"), body.as_bytes());
            reply.refused(400);
        }
        for kind in [None, Some("text/plain")] {
            let reply = ann.raw("POST", LINK, kind, good.to_string().as_bytes());
            reply.refused(415);
        }
        assert_alone(app, &olga, "olga");
    });
}

#[test]
fn only_a_session_links() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let root = app.super_admin();
        app.changes(&["admin.created"]);
        let stale = app
            .anon()
            .with("Cookie", "session=AAAAAAAAAAAAAAAAAAAAAAAA");
        for caller in [&app.anon(), &stale, &olga, &root, &shown(app, "garbage")] {
            let reply = caller.post(LINK, credentials("olga", PASSWORD));
            reply.error(401, "You are not signed in.");
        }
        let [ann] = people(app, ["ann"]);
        let page = ann.with("Sec-Fetch-Site", "cross-site");
        page.post(LINK, credentials("olga", PASSWORD)).refused(403);
        assert_alone(app, &olga, "olga");
    });
}

#[test]
fn nobody_belongs_to_two_companies() {
    each(|app| {
        sign_up(app, "olga", "human-resource");
        let otto = sign_up(app, "otto", "vendor");
        let [ann] = people(app, ["ann"]);
        join(app, &ann, "olga");
        let token = sign_in(app, "olga");
        let reply = ann.post(LINK, credentials("otto", PASSWORD));
        reply.error(409, IN_A_COMPANY);
        // Who does not know the password is not told so.
        let reply = ann.post(LINK, credentials("otto", "another password"));
        reply.error(401, WRONG);
        assert_alone(app, &otto, "otto");
        token.get(PROPOSALS).ok(200);
        assert_eq!(ways(&logins_of(&ann)), ["google ann", "username olga"]);
        app.anon().get(&format!("/api/users/{}", otto.id())).ok(200);
    });
}

#[test]
fn someone_suspended_is_linked_to_nobody() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        suspend(app, olga.id());
        for _ in 0..2 {
            let reply = ann.post(LINK, credentials("olga", PASSWORD));
            reply.error(403, FORBIDDEN);
        }
        let reply = ann.post(LINK, credentials("olga", "another password"));
        reply.error(401, WRONG);
        app.changes(&[]);
        assert_eq!(ways(&logins_of(&ann)), ["google ann"]);
        let id = olga.id();
        let restored = format!("update users set suspended_at = null where id = '{id}'");
        assert_eq!(app.sql(&restored), 1);
        assert_alone(app, &olga, "olga");
        join(app, &ann, "olga");
    });
}

#[test]
fn someone_suspended_links_nothing() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        suspend(app, ann.id());
        let reply = ann.post(LINK, credentials("olga", PASSWORD));
        reply.error(403, FORBIDDEN);
        assert_alone(app, &olga, "olga");
        assert_eq!(ways(&logins_of(&ann)), ["google ann"]);
    });
}

#[test]
fn what_people_have_in_common_links_nobody() {
    each(|app| {
        // An e-mail with each other, an e-mail with an administrator, a name with an account.
        let olga = sign_up(app, "olga", "vendor");
        let root = app.super_admin();
        let google = ["one", "two"].map(|subject| {
            let token = app.token(|claims| {
                claims["sub"] = subject.into();
                claims["email"] = "root@example.org".into();
            });
            let reply = app.anon().post("/api/auth", json!({ "token": token }));
            text(&reply.ok(200)["data"]["id"]).to_owned()
        });
        let namesake = app.user("olga");
        let body = json!({ "email": "root@example.org" });
        namesake.put("/api/users", body).ok(201);
        let [one, two] = google;
        let mut ids = vec![olga.id(), root.id(), namesake.id(), &one, &two];
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5, "five people");
        assert_eq!(ways(&logins_of(&namesake)), ["google olga"]);
        let reply = namesake.post(LINK, credentials("root@example.org", PASSWORD));
        reply.error(401, WRONG);
        assert_eq!(recorded(app, "user.merged"), 0);
        assert_eq!(app.count("select count(*) from logins"), 5);
    });
}

#[test]
fn an_erased_person_is_linked_to_nobody() {
    each(|app| {
        let old = olga(app);
        let [new] = people(app, ["new"]);
        old.delete("/api/users/@me").no_content();
        app.changes(&["user.erased"]);
        let reply = new.post(LINK, credentials("olga", PASSWORD));
        reply.error(401, WRONG);
        app.changes(&[]);
        assert_eq!(ways(&logins_of(&new)), ["google new"]);
    });
}

#[test]
fn a_call_repeated_under_its_key_links_once() {
    each(|app| {
        sign_up(app, "olga", "vendor");
        sign_up(app, "otto", "vendor");
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "link-1");
        for _ in 0..2 {
            let refused = keyed.post(LINK, credentials("olga", "another password"));
            refused.error(401, WRONG);
            assert_eq!(refused.header("Idempotency-Replayed"), None);
        }
        app.changes(&[]);
        let first = keyed.post(LINK, credentials("olga", PASSWORD));
        data(&first, 200, LINKED);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        app.changes(&["user.merged"]);
        for _ in 0..2 {
            let replay = keyed.post(LINK, credentials("olga", PASSWORD));
            assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
            assert_eq!(replay.ok(200), first.json());
        }
        let other = keyed.post(LINK, credentials("otto", PASSWORD));
        assert_eq!(other.status(), 422, "{}", other.text());
        app.changes(&[]);
        assert_eq!(ways(&logins_of(&ann)), ["google ann", "username olga"]);
    });
}

#[test]
fn a_password_moves_no_other_way_in() {
    each(|app| {
        let [ann, ben] = people(app, ["ann", "ben"]);
        sign_up(app, "acme", "vendor");
        join(app, &ann, "acme");
        let reply = ben.post(LINK, credentials("acme", PASSWORD));
        reply.error(409, "This user name is linked to another person already.");
        app.changes(&[]);
        assert_eq!(ann.get("/api/auth/@me").ok(200)["data"]["id"], ann.id());
        assert_eq!(array(ann.get(LOGINS).ok(200)["data"].clone()).len(), 2);
        assert_eq!(array(ben.get(LOGINS).ok(200)["data"].clone()).len(), 1);
        sign_in(app, "acme");
    });
}

#[test]
fn an_account_without_its_user_name_is_closed() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let vendor = sign_up(app, "acme", "vendor");
        let organiser = sign_up(app, "olga", "human-resource");
        let types = organiser.get("/proposals/v1/available-events").ok(200);
        let proposal = json!({
            "eventName": types["data"][0]["id"],
            "location": "Market Square",
            "proposedDates": ["2031-06-14"],
            "proposedTo": ann.id(),
        });
        let logins = join(app, &ann, "acme");
        let made = organiser.post(PROPOSALS, proposal.clone()).ok(201);
        assert_eq!(made["proposedTo"]["username"], "acme");
        let login = logins.iter().find(|login| login["kind"] == "username");
        let login = text(&login.expect("a user name")["id"]).to_owned();
        ann.delete(&format!("{LOGINS}/{login}")).no_content();
        app.deliver();

        let listed = organiser.get("/proposals/v1/users").ok(200);
        assert_eq!(listed["data"], json!([]), "nobody is there to deal with");
        organiser
            .post(PROPOSALS, proposal)
            .refused_as(400, "BadRequest");
        let path = format!("{PROPOSALS}/{}", text(&made["id"]));
        let kept = organiser.get(&path).ok(200);
        assert_eq!(kept["proposedTo"]["id"], ann.id());
        vendor.get(PROPOSALS).refused_as(401, "Unauthorized");

        // The name is free, and another account may be linked.
        let again = json!({
            "username": "acme", "password": PASSWORD, "companyName": "Other", "role": "vendor",
        });
        app.anon().post("/proposals/v1/auth/signup", again).ok(201);
        let other = app.account("other", "vendor");
        ann.post(LINK, credentials("other", PASSWORD)).ok(200);
        let listed = organiser.get("/proposals/v1/users?q=other").ok(200);
        assert!(listed.to_string().contains(ann.id()), "{listed}");
        assert!(!listed.to_string().contains(other.id()), "{listed}");
    });
}
