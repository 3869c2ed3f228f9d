//! Requests that are no good HTTP are refused, and nobody else notices; HEAD is as GET.

use super::*;

/// Sends bytes; asserts that they are refused with a 4xx, or the connection is closed.
#[track_caller]
fn assert_refused(server: &Server, request: &[u8]) {
    let mut connection = server.anon().connect();
    // The server may close before it has read everything.
    let _ = connection.send(request);
    connection.refused_or_closed();
}

/// Asserts that the server goes on: for a new caller, and on a connection from before.
#[track_caller]
fn assert_goes_on(server: &Server, before: &mut Connection) {
    server.anon().get("/api/events").ok(200);
    let again = before.call("GET", "/api/events", None);
    again.expect("the connection from before is alive").ok(200);
}

#[test]
fn a_request_line_or_a_head_without_measure_is_refused() {
    let site = Site::sqlite();
    let server = site.start();
    let mut before = server.anon().connect();
    assert_goes_on(&server, &mut before);
    let long = "a".repeat(100_000);
    let longer = "a".repeat(1_000_000);
    let many = "X-Filler: a\r\n".repeat(1_000);
    for request in [
        format!("GET /api/events?q={long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("{long} / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET /api/events?q={longer} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET /api/events HTTP/1.1\r\nHost: localhost\r\nX-Filler: {longer}\r\n\r\n"),
        format!("GET /api/events HTTP/1.1\r\nHost: localhost\r\n{longer}: a\r\n\r\n"),
        format!("GET /api/events HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
    ] {
        assert_refused(&server, request.as_bytes());
    }
    assert_goes_on(&server, &mut before);
}

#[test]
fn malformed_requests_are_refused() {
    let site = Site::sqlite();
    let server = site.start();
    let mut before = server.anon().connect();
    assert_goes_on(&server, &mut before);
    let requests: [&[u8]; 13] = [
        b"\x00\x01\x02\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /api/events\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Filler: a\0b\r\n\r\n",
        b"POST /api/auth HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/auth HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /api/auth HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /api/auth HTTP/1.1\r\nContent-Type: application/json\r\n\
          Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        // The beginning of TLS, on a port that has none.
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x00\x00\x00\x00",
    ];
    for request in requests {
        assert_refused(&server, request);
    }
    assert_goes_on(&server, &mut before);
}

#[test]
fn head_is_get_without_the_body() {
    let site = Site::sqlite();
    let server = site.start();
    let ann = server.user("ann");
    let event = make_event(&ann);
    let mut connection = ann.connect();
    for path in [
        "/api/events",
        &event_path(&event),
        &comments_path(&event),
        "/api/auth/@me",
        "/api/nothing",
        "/api-docs/openapi.json",
    ] {
        let head = connection.call("HEAD", path, None).expect("an answer");
        // A byte of a body would be read as the beginning of this answer.
        let get = connection.call("GET", path, None).expect("an answer");
        assert_eq!(head.status, get.status, "{path}");
        for name in ["Content-Length", "Content-Type", "Cache-Control"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        assert!(head.header("X-Request-Id").is_some(), "{path}");
    }
}
