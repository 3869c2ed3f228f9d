//! Whatever looks at a password counts together: every call, every kind of account, names of
//! nobody, and many calls at once.

use super::*;

#[test]
fn a_name_that_is_nobodys_is_answered_as_one_that_is_somebodys() {
    each_with(&ON, |app| {
        make(app, "ann");
        let answers = ["ann", "nobody"].map(|username| {
            let first = attempt(app, AWAY, username, BAD);
            for _ in 1..10 {
                attempt(app, AWAY, username, BAD).expect_status(401);
            }
            let limited = attempt(app, AWAY, username, BAD);
            assert_limited(&limited, 60);
            // Ten of the thirty came from one place.
            assert_eq!(flood(app, username, 0..40), 20, "{username}");
            let refused = attempt(app, &stranger(50), username, RIGHT);
            assert_limited(&refused, 60);
            [first, limited, refused].map(|reply| reply.text().to_owned())
        });
        assert_eq!(answers[0], answers[1]);
        app.changes(&[]);
    });
}

#[test]
fn whatever_tries_the_password_of_an_account_counts() {
    each_with(&ON, |app| {
        make(app, "ann");
        let token = attempt(app, HOME, "ann", RIGHT).ok(200)["token"].take();
        let token = token.as_str().expect("a token is text");
        let owner = at(app, AWAY).with("Authorization", &format!("Bearer {token}"));
        let person = at(app, AWAY).sign_in("bob");
        app.changes(&["user.created"]);
        let change = || {
            let body = json!({ "currentPassword": BAD, "password": "another good password" });
            owner.put(CHANGE, body)
        };
        let link = |password: &str| person.post(LINK, credentials("ann", password));
        for _ in 0..3 {
            attempt(app, AWAY, "ann", BAD).expect_status(401);
            link(BAD).error(401, "Invalid credentials");
            change().expect_status(401);
        }
        link(BAD).error(401, "Invalid credentials");
        assert_limited(&attempt(app, AWAY, "ann", RIGHT), 60);
        assert_limited(&change(), 60);
        let refused = link(RIGHT);
        refused.error(429, "Rate limit exceeded. Please try again later.");
        retry_after(&refused, 60);
        app.changes(&[]);
        wait(app, 61);
        link(RIGHT).ok(200);
        app.changes(&["user.merged"]);
    });
}

#[test]
fn administrators_are_tried_as_often_and_no_more() {
    each_with(&ON, |app| {
        app.super_admin();
        app.changes(&["admin.created"]);
        let login = |place: &str, email: &str, password: &str| {
            at(app, place).post(ADMIN, json!({ "email": email, "password": password }))
        };
        let root = "root@example.org";
        login(HOME, root, RIGHT).ok(200);
        wait(app, 3600);
        app.audit();
        for email in [root, "ROOT@example.org", "Root@Example.ORG", root, root] {
            login(AWAY, email, BAD).expect_status(401);
            login(AWAY, email, BAD).expect_status(401);
        }
        let refused = login(AWAY, root, RIGHT);
        refused.expect_status(429);
        assert_eq!(refused.json()["error"]["code"], "RATE_LIMITED");
        retry_after(&refused, 60);
        let looked = (0..40).filter(|n| login(&stranger(*n), root, BAD).status() == 401);
        assert_eq!(looked.count(), 20, "ten of the thirty came from one place");
        assert_eq!(failed(app), 30);
        login(&stranger(50), root, RIGHT).expect_status(429);
        login(HOME, root, RIGHT).ok(200);
        wait(app, 61);
        login(AWAY, root, RIGHT).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn of_many_attempts_at_once_no_more_are_looked_at() {
    each_with(&ON, |app| {
        make(app, "ann");
        make(app, "bob");
        let here = |_: usize| {
            let tried = (0..10).map(|_| attempt(app, AWAY, "ann", BAD).status());
            tried.filter(|status| *status == 401).count()
        };
        assert_eq!(at_once(4, here), 10);
        assert_eq!(failed(app), 10);
        let everywhere = |n: usize| flood(app, "bob", n * 15..n * 15 + 15);
        assert_eq!(at_once(4, everywhere), 30);
        assert_eq!(failed(app), 30);
    });
}
