//! The box office as it is run: storms on one process and on two, kills in the middle of them,
//! and the check of the ledger of seats.

mod killed;
mod storm;
mod verify;

use std::io;
use std::sync::Barrier;
use std::thread;

use super::accounts::{call, create_admin, sign_in};
use super::*;

/// The key of the booking service.
const KEY: &str = "the-key-of-the-booking-service-1";

const ROOT: &str = "root@example.org";

/// Servers on one database that has an event's organiser.
struct House {
    nodes: Vec<Server>,
    token: String,
    /// Outlives the servers.
    site: Site,
}

/// What is put on sale.
struct Sale {
    seats: i64,
    price: f64,
    /// As many as one call or one person takes.
    most: i64,
}

impl House {
    #[track_caller]
    fn open(site: Site, nodes: usize) -> House {
        // Tokens are good at every port.
        let site = site
            .with("INTERNAL_API_KEY", KEY)
            .with("PUBLIC_URL", "http://localhost");
        let nodes: Vec<Server> = (0..nodes).map(|_| site.start()).collect();
        create_admin(&site, ROOT, &[]).ok();
        let token = sign_in(&nodes[0], ROOT);
        House { nodes, token, site }
    }

    /// One server on SQLite, then two servers on one database of PostgreSQL.
    fn each(test: impl Fn(&House)) {
        test(&House::open(Site::sqlite(), 1));
        if let Some(site) = Site::postgres() {
            test(&House::open(site, 2));
        }
    }

    /// A call of the organiser's.
    #[track_caller]
    fn organise(&self, method: &str, path: &str, body: &Value) -> Answer {
        call(&self.nodes[0], &self.token, method, path, &body.to_string())
    }

    /// Puts an event on sale; answers its id.
    #[track_caller]
    fn sell(&self, sale: &Sale) -> String {
        let venue = json!({
            "name": "Hall",
            "address": "1 Main St",
            "city": "Oslo",
            "country": "Norway",
            "capacity": 1_000_000,
        });
        let venue = self.organise("POST", "/api/v1/admin/venues", &venue);
        let event = json!({
            "name": "Jazz Night",
            "description": "Late",
            "venue_id": venue.ok(201)["venue_id"],
            "event_type": "Concert",
            "start_datetime": "2031-06-14T18:00:00Z",
            "end_datetime": "2031-06-14T21:00:00Z",
            "total_capacity": sale.seats,
            "base_price": sale.price,
            "max_tickets_per_booking": sale.most,
        });
        let event = self.organise("POST", "/api/v1/admin/events", &event);
        let event = text(&event.ok(201)["event_id"]);
        let path = format!("/api/v1/admin/events/{event}");
        let published = json!({ "version": 1, "status": "published" });
        let published = self.organise("PUT", &path, &published).ok(200);
        assert_eq!(published["status"], "published");
        event
    }

    /// So many callers without a cookie, spread over the nodes.
    fn callers(&self, count: usize) -> Vec<Caller> {
        let nodes = self.nodes.iter().cycle().take(count);
        nodes.map(Server::anon).collect()
    }

    /// What the booking service is told of an event, by each node.
    #[track_caller]
    fn states(&self, event: &str) -> Vec<Value> {
        let path = format!("/internal/events/{event}");
        let state = |node: &Server| {
            let mut connection = node.anon().connect();
            let answer = service(&mut connection, "GET", &path, None, &[]);
            answer.expect("an answer").ok(200)
        };
        self.nodes.iter().map(state).collect()
    }

    /// Asserts that so many seats are taken, wherever one asks, and that the ledger says so.
    #[track_caller]
    fn assert_taken(&self, event: &str, capacity: i64, taken: i64) {
        for state in self.states(event) {
            assert_eq!(state["available_seats"], capacity - taken, "{state}");
        }
        let of = format!("from seat_movements where event_id = '{event}'");
        let moved = format!("select coalesce(-sum(quantity), 0) {of}");
        assert_eq!(self.site.count(&moved), taken, "what the ledger says");
        self.assert_verified();
    }

    #[track_caller]
    fn assert_verified(&self) {
        self.site.run(&["verify"]).ok();
    }
}

fn bookings_path(event: &str) -> String {
    format!("/api/v1/events/{event}/bookings")
}

fn update_path(event: &str) -> String {
    format!("/internal/events/{event}/update-availability")
}

/// One call, with these lines in its head.
pub(super) fn send(
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: Option<&Value>,
    lines: &[&str],
) -> io::Result<Answer> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = format!("Content-Length: {}", body.len());
    let mut lines = lines.to_vec();
    if !body.is_empty() {
        lines.extend(["Content-Type: application/json", &length]);
    }
    let head = connection.head(method, path, &lines);
    connection.send((head + &body).as_bytes())?;
    connection.read(method)
}

/// One call of the booking service, with these lines in its head as well.
fn service(
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: Option<&Value>,
    lines: &[&str],
) -> io::Result<Answer> {
    let key = format!("X-API-Key: {KEY}");
    let lines: Vec<&str> = lines.iter().copied().chain([key.as_str()]).collect();
    send(connection, method, path, body, &lines)
}

/// Moves an event's seats as the booking service does, minding its version or not.
#[track_caller]
fn change(
    connection: &mut Connection,
    event: &str,
    quantity: i64,
    version: Option<&Value>,
) -> Answer {
    let mut body = json!({ "quantity": quantity });
    if let Some(version) = version {
        body["version"] = version.clone();
    }
    let answer = service(connection, "POST", &update_path(event), Some(&body), &[]);
    answer.expect("an answer")
}

/// The details of a refusal by this code.
#[track_caller]
fn refused(answer: &Answer, code: &str) -> Value {
    let mut body = answer.ok(409);
    assert_eq!(body["error"]["code"], code, "{body}");
    body["error"]["details"].take()
}

/// Lets everyone begin at the same moment, each over a connection that is open already; what
/// each of them says.
fn storm<T: Send>(callers: &[Caller], work: impl Fn(usize, &mut Connection) -> T + Sync) -> Vec<T> {
    let connections: Vec<Connection> = callers.iter().map(Caller::connect).collect();
    let start = Barrier::new(connections.len());
    let (start, work) = (&start, &work);
    thread::scope(|scope| {
        let threads: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(number, mut connection)| {
                scope.spawn(move || {
                    start.wait();
                    work(number, &mut connection)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|said| said.expect("a thread of the storm ends"))
            .collect()
    })
}
