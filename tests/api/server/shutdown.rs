//! The end in order: SIGTERM and Ctrl-C.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::load::acknowledged;
use super::*;

/// Two seconds of grace, one of mercy, and what a busy machine takes.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_server_under_load_ends_in_order() {
    let site = Site::sqlite();
    let server = site.start();
    let ann = server.user("ann");
    let event = make_event(&ann);
    let mut idle = ann.connect();
    let me = idle.call("GET", "/api/auth/@me", None);
    me.expect("an answer").ok(200);

    let mut load = Load::start(&ann, &event);
    load.wait_for(200);
    end(server, "TERM");
    let (answers, ends) = load.end();
    for answer in &answers {
        let in_order = (200..300).contains(&answer.status) || answer.status == 503;
        assert!(in_order, "{}: {}", answer.status, answer.text());
    }
    for error in &ends {
        let broke_off = [ErrorKind::UnexpectedEof, ErrorKind::InvalidData].contains(&error.kind());
        assert!(!broke_off, "an answer broke off: {error}");
    }

    let server = site.start();
    let found: BTreeSet<String> = comment_ids(&server.anon(), &event).into_iter().collect();
    for comment in acknowledged(&answers) {
        assert!(found.contains(&comment), "{comment} is lost");
    }
    site.run(&["verify"]).ok();
}

#[test]
fn idle_connections_hold_nothing_up() {
    for site in Site::each() {
        for signal in ["TERM", "INT"] {
            let server = site.start();
            let mut idle = server.anon().connect();
            let list = idle.call("GET", "/api/events", None);
            list.expect("an answer").ok(200);
            let silent = server.anon().connect();
            end(server, signal);
            drop((idle, silent));
        }
    }
}

#[test]
fn requests_that_never_end_are_not_waited_for_long() {
    let site = Site::sqlite();
    let server = site.start();
    let mut half_asked = server.anon().connect();
    half_asked.send(b"GET /api/eve").expect("sent");
    let mut half_said = server.anon().connect();
    let lines = ["Content-Type: application/json", "Content-Length: 100"];
    let head = half_said.head("POST", "/api/auth", &lines);
    half_said.send(head.as_bytes()).expect("sent");
    half_said.send(b"{\"token\":").expect("sent");
    end(server, "TERM");
    site.start();
}

/// Ends a server by a signal: soon, and with status 0.
#[track_caller]
fn end(server: Server, signal: &str) {
    let begun = Instant::now();
    server.signal(signal);
    let ran = server.finish();
    let took = begun.elapsed();
    assert_eq!(ran.status.code(), Some(0), "SIG{signal}: {ran:?}");
    assert!(took < SOON, "SIG{signal}: it took {took:?}");
}
