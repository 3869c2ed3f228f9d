//! Signing in over the wire, and sessions that outlive the process.

use super::*;

#[test]
fn a_session_outlives_a_restart_and_a_kill() {
    for site in Site::each() {
        let server = site.start();
        let answer = server.sign_in("ann");
        let welcome = answer.ok(200);
        let line = answer.set_cookie("session").unwrap_or_default();
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
            assert!(line.contains(part), "no {part} in {line}");
        }
        let cookie = answer.cookie("session").expect("the cookie is set");
        assert_is(&server, &cookie, &welcome["data"]["id"]);

        server.stop().ok();
        let server = site.start();
        assert_is(&server, &cookie, &welcome["data"]["id"]);

        server.kill();
        let server = site.start();
        assert_is(&server, &cookie, &welcome["data"]["id"]);
    }
}

#[test]
fn a_session_that_ended_does_not_come_back() {
    for site in Site::each() {
        let server = site.start();
        let ann = server.user("ann");
        ann.post("/api/auth/logout", &json!({})).no_content();
        ann.get("/api/auth/@me").refused(401);
        server.kill();
        let server = site.start();
        server
            .caller(ann.cookie())
            .get("/api/auth/@me")
            .refused(401);
    }
}

#[test]
fn a_person_is_the_same_after_a_restart() {
    for site in Site::each() {
        let server = site.start();
        let first = server.sign_in("ann").ok(200);
        server.kill();
        let server = site.start();
        let again = server.sign_in("ann").ok(200);
        assert_eq!(again["data"], first["data"]);
        assert_eq!(site.count("select count(*) from users"), 1);
    }
}

/// Asserts that the cookie is this person's.
#[track_caller]
fn assert_is(server: &Server, cookie: &str, id: &Value) {
    let me = server.caller(cookie).get("/api/auth/@me").ok(200);
    assert_eq!(me["data"]["id"], *id);
    assert_eq!(me["data"]["name"], "ann");
}
