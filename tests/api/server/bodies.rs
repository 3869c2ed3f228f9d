//! Bodies on the wire: too long, announced and not sent, broken off, in chunks.

use super::*;

const MEBIBYTE: usize = 1 << 20;
const TEN_MEGABYTES: usize = 10_000_000;
const JSON: &str = "Content-Type: application/json";
const CHUNKED: &str = "Transfer-Encoding: chunked";

/// A good event, filled up with spaces: nothing is wrong with it but its length.
fn picnic_of(length: usize) -> Vec<u8> {
    let mut body = picnic().to_string().into_bytes();
    body.resize(length, b' ');
    body
}

/// The chunked form of a body (RFC 9112, section 7.1), without the last chunk.
fn chunks(body: &[u8]) -> Vec<u8> {
    let mut chunked = Vec::with_capacity(body.len() + body.len() / 1000 + 100);
    for chunk in body.chunks(1 << 16) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked
}

/// The chunked form of a body, with the last chunk.
fn whole(body: &[u8]) -> Vec<u8> {
    let mut chunked = chunks(body);
    chunked.extend_from_slice(b"0\r\n\r\n");
    chunked
}

fn length(body: &[u8]) -> String {
    format!("Content-Length: {}", body.len())
}

/// A server, somebody who is signed in there, and how many changes that recorded.
struct Scene {
    // Ends before its folder goes.
    server: Server,
    site: Site,
    ann: Caller,
    changes: i64,
}

impl Scene {
    fn set() -> Scene {
        let site = Site::sqlite();
        let server = site.start();
        let ann = server.user("ann");
        let changes = site.count("select count(*) from changes");
        Scene {
            server,
            site,
            ann,
            changes,
        }
    }

    /// Sends the head of a POST with these lines, then a body; answers the connection.
    #[track_caller]
    fn send(&self, path: &str, lines: &[&str], body: &[u8]) -> Connection {
        let mut connection = self.ann.connect();
        let head = connection.head("POST", path, lines);
        connection.send(head.as_bytes()).expect("the head is sent");
        connection.send(body).expect("the whole body is taken");
        connection
    }

    /// Asserts that nothing was written so far, and that the server goes on.
    #[track_caller]
    fn assert_untouched(self) {
        let changes = self.site.count("select count(*) from changes");
        assert_eq!(changes, self.changes, "changes were recorded");
        for table in ["events", "comments"] {
            let query = format!("select count(*) from {table}");
            assert_eq!(self.site.count(&query), 0, "rows in {table}");
        }
        self.ann.get("/api/auth/@me").ok(200);
        make_event(&self.ann);
        assert_eq!(self.site.count("select count(*) from events"), 1);
        self.server.stop().ok();
    }
}

/// Reads the final answer to a POST, past a `100 Continue`.
#[track_caller]
fn answer(connection: &mut Connection) -> Answer {
    loop {
        let answer = connection.read("POST").expect("an answer can be read");
        if answer.status != 100 {
            return answer;
        }
    }
}

#[test]
fn a_client_that_sends_ten_megabytes_first_can_read_the_413() {
    let scene = Scene::set();
    let body = picnic_of(TEN_MEGABYTES);
    let length = length(&body);
    let plain = [JSON, &length];
    let with_expect = [JSON, &length, "Expect: 100-continue"];
    let both: [&[&str]; 2] = [&plain, &with_expect];
    for lines in both {
        let mut connection = scene.send("/api/events", lines, &body);
        answer(&mut connection).refused(413);
    }
    scene.assert_untouched();
}

#[test]
fn a_client_that_asks_before_it_sends_ten_megabytes_can_read_the_413() {
    let scene = Scene::set();
    let body = picnic_of(TEN_MEGABYTES);
    let lines = [JSON, &length(&body), "Expect: 100-continue"];
    let mut connection = scene.send("/api/events", &lines, b"");
    // Before anything of the body is sent: a 100, or the refusal itself.
    let first = connection.read("POST").expect("an answer can be read");
    match first.status {
        100 => {
            connection.send(&body).expect("the whole body is taken");
            answer(&mut connection).refused(413);
        }
        _ => first.refused(413),
    }
    scene.assert_untouched();
}

#[test]
fn a_client_that_asks_before_it_sends_a_good_body_is_told_to_go_on() {
    let scene = Scene::set();
    let body = picnic_of(1000);
    let lines = [JSON, &length(&body), "Expect: 100-continue"];
    let mut connection = scene.send("/api/events", &lines, b"");
    let first = connection.read("POST").expect("an answer can be read");
    assert_eq!(first.status, 100);
    connection.send(&body).expect("the body is sent");
    answer(&mut connection).ok(201);
}

#[test]
fn chunked_bodies_have_the_same_limit() {
    let scene = Scene::set();
    for length in [MEBIBYTE + 1, TEN_MEGABYTES] {
        let body = whole(&picnic_of(length));
        let mut connection = scene.send("/api/events", &[JSON, CHUNKED], &body);
        answer(&mut connection).refused(413);
    }
    scene.assert_untouched();

    let scene = Scene::set();
    let body = whole(&picnic_of(MEBIBYTE));
    let mut connection = scene.send("/api/events", &[JSON, CHUNKED], &body);
    answer(&mut connection).ok(201);
}

#[test]
fn a_body_that_stops_in_the_middle_leaves_nothing_behind() {
    let scene = Scene::set();
    // What arrives is a whole event: only the framing tells that more was to come.
    let body = picnic().to_string().into_bytes();
    for (line, body) in [
        ("Content-Length: 100000", body.clone()),
        (CHUNKED, chunks(&body)),
        ("Content-Length: 100000", picnic_of(50_000)),
        (CHUNKED, chunks(&picnic_of(50_000))),
    ] {
        let mut connection = scene.send("/api/events", &[JSON, line], &body);
        connection.half_close().expect("the half is closed");
        connection.refused_or_closed();
    }
    scene.assert_untouched();
}

#[test]
fn a_very_short_body_that_stops_in_the_middle_leaves_nothing_behind() {
    let scene = Scene::set();
    let event = make_event(&scene.ann);
    let body = br#"{"body":"a"}"#;
    for (line, body) in [
        ("Content-Length: 1000", body.to_vec()),
        (CHUNKED, chunks(body)),
    ] {
        let mut connection = scene.send(&comments_path(&event), &[JSON, line], &body);
        connection.half_close().expect("the half is closed");
        connection.refused_or_closed();
        assert_eq!(
            scene.site.count("select count(*) from comments"),
            0,
            "a comment of which only a part arrived: {line}"
        );
    }
}
