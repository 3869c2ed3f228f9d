//! The program on PostgreSQL: migrations, several nodes, connections that are lost.

use std::thread;
use std::time::{Duration, Instant};

use super::*;

#[test]
fn a_database_without_a_schema_is_refused_until_it_is_migrated() {
    let Some(site) = Site::empty_postgres() else {
        return;
    };
    let ran = site.run(&["serve"]);
    let line = ran.refused();
    assert!(line.contains("folkmoot migrate"), "{line}");
    let checked = site.run(&["check"]);
    assert!(
        checked.refused().contains("folkmoot migrate"),
        "{checked:?}"
    );
    let tables =
        "select count(*) from pg_tables where schemaname = 'public' and tablename = 'users'";
    assert_eq!(site.count(tables), 0, "serving or checking made the schema");

    let migrated = site.run(&["migrate"]);
    assert!(!migrated.ok().contains("up to date"), "{migrated:?}");
    assert_eq!(site.count(tables), 1);
    let again = site.run(&["migrate"]);
    assert!(again.ok().contains("up to date"), "{again:?}");
    let checked = site.run(&["check"]);
    assert!(checked.ok().contains("up to date"), "{checked:?}");

    let server = site.start();
    make_event(&server.user("ann"));
    site.run(&["verify"]).ok();
}

#[test]
fn migrations_that_start_at_once_run_once() {
    let Some(site) = Site::empty_postgres() else {
        return;
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| site.run(&["migrate"]).ok().to_owned());
        }
    });
    let again = site.run(&["migrate"]);
    assert!(again.ok().contains("up to date"), "{again:?}");
}

#[test]
fn two_nodes_share_sessions_and_see_each_others_writes_at_once() {
    let Some(site) = Site::postgres() else {
        return;
    };
    let (a, b) = (site.start(), site.start());
    let at_a = a.user("ann");
    let at_b = b.caller(at_a.cookie());
    let me = at_b.get("/api/auth/@me").ok(200);
    assert_eq!(me["data"]["name"], "ann");

    let event = make_event(&at_a);
    b.anon().get(&event_path(&event)).ok(200);
    let list = b.anon().get("/api/events").ok(200);
    assert_eq!(list["data"][0]["id"], *event);
    at_b.put(&event_path(&event), &json!({ "title": "Moved indoors" }))
        .ok(201);
    let seen = at_a.get(&event_path(&event)).ok(200);
    assert_eq!(seen["data"]["title"], "Moved indoors");
    at_b.post(&comments_path(&event), &json!({ "body": "Good." }))
        .ok(201);
    assert_eq!(comment_ids(&a.anon(), &event).len(), 1);
    let seen = at_a.get(&event_path(&event)).ok(200);
    assert_eq!(seen["data"]["comments"], 1);
    at_a.delete(&event_path(&event)).no_content();
    b.anon().get(&event_path(&event)).refused(404);

    at_b.post("/api/auth/logout", &json!({})).no_content();
    at_a.get("/api/auth/@me").refused(401);
}

#[test]
fn a_cursor_of_one_node_is_good_at_another() {
    let Some(site) = Site::postgres() else {
        return;
    };
    let (a, b) = (site.start(), site.start());
    let ann = a.user("ann");
    let events: Vec<String> = (0..2).map(|_| make_event(&ann)).collect();
    let page = a.anon().get("/api/events?limit=1").ok(200);
    let path = format!("/api/events?limit=1&cursor={}", text(&page["next"]));
    let page = b.anon().get(&path).ok(200);
    assert_eq!(page["data"][0]["id"], *events[0]);
}

#[test]
fn a_server_whose_connections_were_ended_connects_anew() {
    const BACKENDS: &str = "from pg_stat_activity \
        where application_name = 'folkmoot' and datname = current_database()";
    let Some(site) = Site::postgres() else {
        return;
    };
    let server = site.start();
    let ann = server.user("ann");
    // Several connections of each pool.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    ann.get("/api/events").ok(200);
                }
                make_event(&ann);
            });
        }
    });
    for _ in 0..2 {
        let backends = site.count(&format!("select count(*) {BACKENDS}"));
        assert!(backends >= 2, "for reading and for writing: {backends}");
        let ended = site.count(&format!(
            "select count(*) from (select pg_terminate_backend(pid) as ended {BACKENDS}) as all_of \
             where ended"
        ));
        assert!(ended >= 2, "{ended} of {backends}");
        recovers(200, || ann.get("/api/auth/@me"));
        recovers(201, || ann.post("/api/events", &picnic()));
        recovers(200, || ann.get("/api/events?q=picnic"));
        // From here on as if nothing had been.
        ann.get("/api/auth/@me").ok(200);
        make_event(&ann);
    }
}

/// Asserts that a call succeeds within 5 seconds, with nothing but 503 before.
#[track_caller]
fn recovers(status: u16, call: impl Fn() -> Answer) {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        let answer = call();
        if answer.status == status {
            return;
        }
        answer.refused(503);
        assert!(Instant::now() < until, "still 503 after 5 seconds");
        thread::yield_now();
    }
}
