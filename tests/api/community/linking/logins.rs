//! `GET /api/users/@me/logins` and `DELETE /api/users/@me/logins/{id}`: what a person signs in
//! with, and giving some of it up.

use super::*;

const LAST: &str = "The last login cannot be removed.";

/// Somebody from Google who has the user name as well.
#[track_caller]
fn with_user_name<'a>(app: &'a App, name: &str, username: &str) -> Client<'a> {
    sign_up(app, username, "human-resource");
    let [person] = people(app, [name]);
    join(app, &person, username);
    person
}

fn rows(app: &App) -> i64 {
    app.count("select count(*) from logins")
}

#[test]
fn a_person_sees_the_logins_that_are_hers() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let [bob] = people(app, ["bob"]);
        let answer = ann.get(LOGINS).ok(200);
        assert_eq!(keys(&answer), ["data", "message", "next"]);
        assert_eq!(answer["next"], Value::Null);
        let mine = logins_of(&ann);
        assert_eq!(ways(&mine), ["google ann", "username olga"]);
        for login in &mine {
            assert_eq!(keys(login), ["created_at", "id", "kind", "subject"]);
            assert_stamp(&login["created_at"]);
        }
        assert_eq!(ways(&logins_of(&bob)), ["google bob"]);
        app.changes(&[]);
    });
}

#[test]
fn logins_are_nobodys_business_who_is_not_signed_in() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let path = login_path(&ann, "google");
        for caller in [&app.anon(), &sign_in(app, "olga")] {
            caller.get(LOGINS).error(401, "You are not signed in.");
            caller.delete(&path).error(401, "You are not signed in.");
        }
        let page = ann.with("Sec-Fetch-Site", "cross-site");
        page.delete(&path).refused(403);
        app.changes(&[]);
        assert_eq!(rows(app), 2);
    });
}

#[test]
fn a_user_name_that_is_given_up_opens_nothing() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let tokens = [(); 2].map(|()| sign_in(app, "olga"));
        app.audit();
        ann.delete(&login_path(&ann, "username")).no_content();
        app.changes(&["user.updated"]);
        assert_eq!(app.audit(), ["login.removed"]);
        for token in &tokens {
            assert_eq!(token.get(PROPOSALS).status(), 401);
        }
        let reply = app.anon().post(SIGN_IN, credentials("olga", PASSWORD));
        assert_eq!(reply.status(), 401);
        assert_eq!(ways(&logins_of(&ann)), ["google ann"]);
        for table in ["passwords", "grants"] {
            let left = app.count(&format!("select count(*) from {table}"));
            assert_eq!(left, 0, "{table}");
        }
        assert_eq!(app.user("ann").id(), ann.id());
        app.changes(&[]);
    });
}

#[test]
fn a_google_login_that_is_given_up_is_somebody_news() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let token = sign_in(app, "olga");
        app.audit();
        ann.delete(&login_path(&ann, "google")).no_content();
        app.changes(&["user.updated"]);
        assert_eq!(app.audit(), ["login.removed"]);
        token.get(PROPOSALS).ok(200);
        sign_in(app, "olga").get(PROPOSALS).ok(200);
        app.changes(&[]);
        let [again] = people(app, ["ann"]);
        assert_ne!(again.id(), ann.id());
        assert_eq!(ways(&logins_of(&again)), ["google ann"]);
        let person = format!("/api/users/{}", ann.id());
        app.anon().get(&person).ok(200);
    });
}

#[test]
fn the_last_login_stays() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let [bob] = people(app, ["bob"]);
        bob.delete(&login_path(&bob, "google")).error(409, LAST);
        app.changes(&[]);
        let (google, username) = (login_path(&ann, "google"), login_path(&ann, "username"));
        ann.delete(&google).no_content();
        app.changes(&["user.updated"]);
        app.audit();
        for _ in 0..2 {
            ann.delete(&username).error(409, LAST);
        }
        app.changes(&[]);
        assert!(app.audit().is_empty());
        sign_in(app, "olga").get(PROPOSALS).ok(200);
        assert_eq!(rows(app), 2);
    });
}

#[test]
fn somebody_elses_login_is_not_there() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let bob = with_user_name(app, "bob", "otto");
        let [cem] = people(app, ["cem"]);
        for kind in ["google", "username"] {
            let path = login_path(&ann, kind);
            for stranger in [&bob, &cem] {
                stranger.delete(&path).refused(404);
            }
        }
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id(), "olga"]) {
            ann.delete(&format!("{LOGINS}/{id}")).refused(404);
        }
        app.changes(&[]);
        assert_eq!(rows(app), 5);
        sign_in(app, "olga").get(PROPOSALS).ok(200);
    });
}

#[test]
fn a_login_goes_once() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let path = login_path(&ann, "username");
        ann.delete(&path).no_content();
        app.changes(&["user.updated"]);
        ann.delete(&path).refused(404);
        app.changes(&[]);
        assert_eq!(rows(app), 1);
    });
}

#[test]
fn someone_suspended_sees_the_logins_and_keeps_them() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        suspend(app, ann.id());
        assert_eq!(ways(&logins_of(&ann)), ["google ann", "username olga"]);
        for kind in ["google", "username"] {
            ann.delete(&login_path(&ann, kind)).error(403, FORBIDDEN);
        }
        app.changes(&[]);
        assert_eq!(rows(app), 2);
    });
}

#[test]
fn other_methods_are_not_allowed() {
    each(|app| {
        let ann = with_user_name(app, "ann", "olga");
        let path = login_path(&ann, "google");
        for (method, path) in [
            ("GET", LINK),
            ("DELETE", LINK),
            ("POST", LOGINS),
            ("DELETE", LOGINS),
            ("GET", path.as_str()),
            ("PUT", path.as_str()),
        ] {
            let reply = ann.raw(method, path, Some("application/json"), b"{}");
            reply.refused(405);
        }
        app.changes(&[]);
        assert_eq!(rows(app), 2);
    });
}
