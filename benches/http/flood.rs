//! A flood: for a minute strangers try to sign in to one account, each from another address and
//! with a wrong password, while others read and the account's owner comes in.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use folkmoot::config::DatabaseUrl;

use super::accounts::{self, PASSWORD, SIGN_IN_PATH};
use super::children::Watchdog;
use super::client::Call;
use super::database::Connection;
use super::loads::{self, SIGN_IN_FLOOD, SIGN_IN_FLOOD_FAST};
use super::server::Server;
use super::wrk::{self, Outcome, Wrk};

/// How long it lasts, in seconds, whatever the other measurements take: the limits are those of
/// a minute.
const LASTS: u64 = 60;
/// How often the owner comes in meanwhile: less often than an address may.
const COMINGS: u64 = 5;
/// Where the owner signed up, and comes from: an address of nobody else's (RFC 5737).
const HOME: &str = "203.0.113.7";
/// Guesses that may be compared: 30 in a window, and a minute meets two windows at most.
const GUESSES: u64 = 60;

/// What the server is started with.
pub const SETTINGS: [(&str, &str); 2] = [("RATE_LIMIT", "on"), ("TRUSTED_PROXIES", "127.0.0.1")];

/// A flood to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Flood {
    pub name: &'static str,
    /// Whose account it is.
    owner: &'static str,
    /// How many sign-ins; none: as many as are answered.
    a_minute: Option<u32>,
}

/// All of them.
pub const FLOODS: [Flood; 2] = [
    Flood {
        name: SIGN_IN_FLOOD,
        owner: "owner",
        a_minute: Some(10_000),
    },
    Flood {
        name: SIGN_IN_FLOOD_FAST,
        owner: "owner-fast",
        a_minute: None,
    },
];

/// What one flood found.
#[derive(Debug)]
pub struct Found {
    name: &'static str,
    /// The strangers' sign-ins.
    strangers: Outcome,
    /// The owner's: which status, after how long.
    owner: Vec<(u16, Duration)>,
    /// What was read before, meanwhile, and afterwards.
    reads: [Outcome; 3],
    /// Resident memory before, afterwards, and the most since the server's start, in MB.
    memory: [f64; 3],
}

/// Forgets all attempts, those of an earlier run as well. The server must not run.
pub fn forget(url: &DatabaseUrl) -> Result<(), String> {
    Connection::open(url)?.run("DELETE FROM sign_in_attempts; DELETE FROM sign_in_windows")
}

impl Flood {
    /// Measures it on a server that has the [`SETTINGS`]; reads alone take that many seconds.
    pub fn measure(
        self,
        server: &Server,
        ids: &[String],
        seconds: u64,
        (folder, watchdog): (&Path, &Arc<Watchdog>),
    ) -> Result<Found, String> {
        let address = server.address;
        accounts::organiser(self.owner, HOME, address)?;
        let guess = accounts::credentials(self.owner, "wrong horse battery staple");
        let strangers = loads::strangers(self.name, guess, self.a_minute);
        let strangers = Wrk::new(&strangers, folder, watchdog)?;
        let readers = Wrk::new(&loads::limited_reads(ids), folder, watchdog)?;
        // The first second opens connections and fills caches.
        readers.run(address, 1)?;
        eprintln!("  reads alone, for {seconds} s");
        let before = readers.run(address, seconds)?;
        let memory_before = server.memory()?;
        eprintln!("  reads and the flood, for {LASTS} s");
        let reading = readers.begin(address, LASTS)?;
        let flooding = strangers.begin(address, LASTS)?;
        let owner = self.come_in(address)?;
        let (during, strangers) = (wrk::outcome(reading)?, wrk::outcome(flooding)?);
        let memory = [memory_before, server.memory()?, server.most_memory()?];
        eprintln!("  reads alone, for {seconds} s");
        let after = readers.run(address, seconds)?;
        Ok(Found {
            name: self.name,
            strangers,
            owner,
            reads: [before, during, after],
            memory,
        })
    }

    /// Lets the owner sign in from home, now and then while the flood lasts.
    fn come_in(self, server: SocketAddr) -> Result<Vec<(u16, Duration)>, String> {
        let body = accounts::credentials(self.owner, PASSWORD);
        let call = Call {
            method: "POST",
            body: &body,
            from: HOME,
            ..Call::get(SIGN_IN_PATH)
        };
        (0..COMINGS)
            .map(|_| {
                std::thread::sleep(Duration::from_secs(LASTS / (COMINGS + 1)));
                let began = Instant::now();
                let status = call.make(server)?.status;
                Ok((status, began.elapsed()))
            })
            .collect()
    }
}

impl Found {
    /// What is printed of it.
    pub fn notes(&self) -> Vec<String> {
        let name = self.name;
        let Outcome {
            requests,
            unauthorized,
            limited,
            unavailable,
            ..
        } = self.strangers;
        let slowest = self.owner.iter().map(|(_, took)| *took).max();
        let slowest = slowest.unwrap_or_default().as_secs_f64() * 1e3;
        let [before, during, after] = self.reads.map(|reads| reads.p99 as f64 / 1e3);
        let times = during * 2.0 / (before + after).max(f64::MIN_POSITIVE);
        let rates = self.reads.map(|reads| format!("{:.0}", rate(reads)));
        let [memory_before, memory_after, most] = self.memory;
        vec![
            format!(
                "{name}: {requests} wrong sign-ins ({:.0}/s): 401 (hashed) {unauthorized}, \
                 429 {limited}, 503 {unavailable}",
                rate(self.strangers)
            ),
            format!(
                "{name}: the owner came in {} of {COMINGS} times, after {slowest:.0} ms at most",
                self.came_in()
            ),
            format!(
                "{name}: p99 of reads {before:.2} ms before, {during:.2} ms during, \
                 {after:.2} ms after: {times:.2} x; reads/s {}",
                rates.join(", ")
            ),
            format!(
                "{name}: resident memory {memory_before:.1} MB before, {memory_after:.1} MB after, \
                 {most:.1} MB at most"
            ),
        ]
    }

    /// What must not be.
    pub fn failures(&self) -> Vec<String> {
        let name = self.name;
        let flood = &self.strangers;
        let known = flood.unauthorized + flood.limited + flood.unavailable;
        let mut failures = Vec::new();
        if flood.requests == 0 || flood.requests != known || flood.socket > 0 {
            failures.push(format!(
                "{name}: of {} sign-ins {known} were answered with 401, 429 or 503, and {} not \
                 in time or at all",
                flood.requests, flood.socket
            ));
        }
        if flood.unauthorized > GUESSES {
            failures.push(format!(
                "{name}: {} guesses were compared, not {GUESSES} at most",
                flood.unauthorized
            ));
        }
        if self.came_in() != self.owner.len() {
            let statuses: Vec<u16> = self.owner.iter().map(|(status, _)| *status).collect();
            failures.push(format!("{name}: the owner was answered with {statuses:?}"));
        }
        let lost: u64 = self.reads.iter().map(|r| r.refused + r.socket).sum();
        if lost > 0 {
            failures.push(format!("{name}: {lost} reads were refused or failed"));
        }
        failures
    }

    /// How often the owner came in.
    fn came_in(&self) -> usize {
        let statuses = self.owner.iter().map(|(status, _)| *status);
        statuses.filter(|status| *status == 200).count()
    }
}

/// Answers per second.
fn rate(outcome: Outcome) -> f64 {
    outcome.requests as f64 * 1e6 / outcome.micros.max(1) as f64
}
