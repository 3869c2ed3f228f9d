//! Whether the server lives and is ready, for whoever watches it.

use std::thread;

use serde_json::json;

use super::*;

const ALIVE: &str = "/healthz";
const READY: &str = "/health/ready";
const HEALTH: &str = "/health";
const ALL: [&str; 3] = [ALIVE, READY, HEALTH];

/// Asserts what `/health` says, apart from the time.
#[track_caller]
fn assert_health(reply: &Reply, status: u16, word: &str, database: &str) {
    let told = reply.ok(status);
    let known = ["database", "status", "uptime_seconds", "version"];
    assert_eq!(keys(&told), known);
    assert_eq!(told["status"], word);
    assert_eq!(told["database"], database);
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert!(told["uptime_seconds"].is_u64(), "{told}");
}

#[test]
fn a_server_that_lives_says_so() {
    each(|app| {
        let expected = json!({ "status": "healthy" });
        assert_eq!(app.anon().get(ALIVE).ok(200), expected);
        app.changes(&[]);
    });
}

#[test]
fn a_server_that_is_ready_says_so() {
    each(|app| {
        let expected = json!({ "status": "ready", "database": "connected" });
        assert_eq!(app.anon().get(READY).ok(200), expected);
        app.changes(&[]);
    });
}

#[test]
fn a_server_tells_its_version_and_for_how_long_it_runs() {
    each(|app| {
        assert_health(&app.anon().get(HEALTH), 200, "healthy", "connected");
        app.changes(&[]);
    });
}

#[test]
fn whether_a_server_lives_is_no_question_to_the_database() {
    each(|app| {
        for path in ALL {
            app.anon().get(path).ok(200);
        }
        let ran = app.statements(|| {
            for _ in 0..5 {
                app.anon().get(ALIVE).ok(200);
            }
        });
        assert_eq!(ran, 0);
    });
}

#[test]
fn everybody_may_ask_and_nobody_keeps_the_answer() {
    each(|app| {
        let clients = [
            app.anon(),
            app.user("ann"),
            app.super_admin(),
            app.internal(),
            app.anon().bearer("garbage"),
            app.anon().with("X-API-Key", "garbage"),
            app.anon().with("If-None-Match", "*"),
        ];
        app.skip_changes();
        for client in &clients {
            for path in ALL {
                for method in ["GET", "HEAD"] {
                    let reply = client.raw(method, path, None, b"");
                    reply.expect_status(200);
                    let control = reply.headers_all("Cache-Control");
                    assert_eq!(control, ["no-store"], "{method} {path}");
                }
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn another_method_or_path_is_refused_as_the_box_office_does() {
    each(|app| {
        for path in ALL {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let reply = app.anon().raw(method, path, None, b"");
                reply.refused_as(405, "METHOD_NOT_ALLOWED");
            }
        }
        for path in ["/healthz/x", "/health/x", "/health/ready/x"] {
            app.anon().get(path).refused_as(404, "NOT_FOUND");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_server_that_lost_its_database_lives_and_is_not_ready() {
    each(|app| {
        // Nobody can take a file away from a server that has it open.
        let (Database::Postgres, Some(cluster)) = (app.database(), cluster()) else {
            return;
        };
        app.anon().get(READY).ok(200);
        let name = app.text("select current_database()").expect("a name");
        cluster.discard(&name);
        let [ready, health] = thread::scope(|scope| {
            let calls = [READY, HEALTH];
            let threads = calls.map(|path| scope.spawn(move || app.anon().get(path)));
            threads.map(|thread| thread.join().expect("an answer"))
        });
        let expected = json!({ "status": "unavailable", "database": "disconnected" });
        assert_eq!(ready.ok(503), expected);
        assert_health(&health, 503, "unavailable", "disconnected");
        let expected = json!({ "status": "healthy" });
        assert_eq!(app.anon().get(ALIVE).ok(200), expected);
    });
}

#[test]
fn neither_health_nor_the_internal_key_is_counted_and_guesses_of_it_are() {
    // A tenth of the limits: 12 writes and 120 public reads a minute.
    each_with(&[("RATE_LIMIT", "0.1")], |app| {
        let id = app.on_sale(json!({}));
        app.skip_changes();
        let path = format!("/internal/events/{id}/update-availability");
        let internal = app.internal();
        for n in 0..40 {
            let quantity = if n % 2 == 0 { -1 } else { 1 };
            let reply = internal.post(&path, json!({ "quantity": quantity }));
            reply.ok(200);
        }
        for _ in 0..150 {
            internal.get(&format!("/internal/events/{id}")).ok(200);
            app.anon().get(ALIVE).ok(200);
        }
        app.changes(&["seats.changed"; 40]);
        let guess = app.anon().with("X-API-Key", "garbage");
        let take = || json!({ "quantity": -1 });
        let guesses: Vec<Reply> = (0..60).map(|_| guess.post(&path, take())).collect();
        for reply in &guesses {
            assert!([401, 429].contains(&reply.status()), "{reply:?}");
        }
        let limited = guesses.iter().find(|reply| reply.status() == 429);
        let limited = limited.expect("guessing is limited");
        limited.refused_as(429, "RATE_LIMITED");
        let list = || app.anon().get("/api/v1/events").status();
        assert!((0..500).any(|_| list() == 429), "reading is limited");
        // At the same address, these go on.
        for path in ALL {
            for _ in 0..10 {
                app.anon().get(path).ok(200);
            }
        }
        internal.post(&path, take()).ok(200);
        app.changes(&["seats.changed"]);
        app.verified();
    });
}
