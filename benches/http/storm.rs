//! A storm: many callers at the same moment want seats of one event, more than there are, or all
//! with the same version of it, which is no more.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::client::{Answer, Call, Line};
use super::loads::{STORM, seats_path, taking};
use super::server::INTERNAL_API_KEY;
use super::turns;

/// Most connections; more callers than these come one after the other on each.
const LINES: usize = 200;

/// A storm to be raised.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    callers: usize,
    /// How many seats each of them wants.
    quantity: i64,
    /// How many there are.
    pub seats: i64,
    /// Whether all name a version that is no more, and try again without one when they are told.
    pub is_stale: bool,
}

/// All of them.
pub const STORMS: [Storm; 3] = [
    Storm {
        callers: 1_000,
        quantity: 1,
        seats: 299,
        is_stale: false,
    },
    Storm {
        callers: 300,
        quantity: 10,
        seats: 10,
        is_stale: false,
    },
    Storm {
        callers: 500,
        quantity: 1,
        seats: 600,
        is_stale: true,
    },
];

/// What one storm found.
#[derive(Debug)]
pub struct Found {
    storm: Storm,
    servers: usize,
    got: Vec<Got>,
    /// From the first call to the last answer.
    took: Duration,
}

/// What a caller got.
#[derive(Debug, Clone, Copy)]
struct Got {
    end: End,
    /// Whether it was told that its version is no more.
    conflicted: bool,
    /// From its call to its answer; the second one, if it tried again.
    took: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Sold,
    TooFewLeft,
    /// With this status, which should not be.
    Other(u16),
}

/// What every caller asks.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    path: &'a str,
    body: &'a str,
    /// The body of the second try.
    again: &'a str,
}

impl Asked<'_> {
    /// So many callers, one after the other.
    fn by(self, callers: usize, line: &mut Line) -> Result<Vec<Got>, String> {
        (0..callers).map(|_| self.by_one(line)).collect()
    }

    fn by_one(self, line: &mut Line) -> Result<Got, String> {
        let first = Call {
            method: "POST",
            body: self.body,
            api_key: INTERNAL_API_KEY,
            ..Call::get(self.path)
        };
        let began = Instant::now();
        let mut answer = line.make(first)?;
        let conflicted = is_refused(&answer, "CONCURRENT_UPDATE");
        if conflicted {
            let second = Call {
                body: self.again,
                ..first
            };
            answer = line.make(second)?;
        }
        Ok(Got {
            end: match answer.status {
                200 => End::Sold,
                _ if is_refused(&answer, "INSUFFICIENT_SEATS") => End::TooFewLeft,
                status => End::Other(status),
            },
            conflicted,
            took: began.elapsed(),
        })
    }
}

fn is_refused(answer: &Answer, code: &str) -> bool {
    answer.status == 409 && String::from_utf8_lossy(&answer.body).contains(code)
}

impl Storm {
    /// Raises it over an event, on each of these servers alike.
    pub fn raise(
        self,
        event: &str,
        version: Option<i64>,
        servers: &[SocketAddr],
    ) -> Result<Found, String> {
        let path = seats_path(event);
        let (body, again) = (taking(self.quantity, version), taking(self.quantity, None));
        let asked = Asked {
            path: &path,
            body: &body,
            again: &again,
        };
        let count = LINES.min(self.callers);
        let lines = servers
            .iter()
            .cycle()
            .take(count)
            .map(|server| Line::open(*server))
            .collect::<Result<Vec<_>, _>>()?;
        let gate = &Barrier::new(lines.len() + 1);
        std::thread::scope(|scope| -> Result<Found, String> {
            let mut waiting = Vec::with_capacity(lines.len());
            for (first, mut line) in lines.into_iter().enumerate() {
                let callers = (first..self.callers).step_by(count).count();
                waiting.push(scope.spawn(move || {
                    gate.wait();
                    asked.by(callers, &mut line)
                }));
            }
            gate.wait();
            let began = Instant::now();
            let mut got = Vec::with_capacity(self.callers);
            for callers in waiting {
                let all = callers.join().map_err(|_| "a caller panicked".to_owned())?;
                got.extend(all?);
            }
            Ok(Found {
                storm: self,
                servers: servers.len(),
                got,
                took: began.elapsed(),
            })
        })
    }

    /// What it is, in a few words.
    pub fn says(self) -> String {
        let Self {
            callers,
            quantity,
            seats,
            is_stale,
        } = self;
        let stale = if is_stale { ", stale version" } else { "" };
        format!("{STORM}: {callers} callers x {quantity} on {seats} seats{stale}")
    }
}

impl Found {
    fn count(&self, of: impl Fn(&Got) -> bool) -> usize {
        self.got.iter().filter(|got| of(got)).count()
    }

    /// How many callers got what they wanted.
    fn sold(&self) -> usize {
        self.count(|got| got.end == End::Sold)
    }

    /// How many seats they were told they have.
    fn seats(&self) -> i64 {
        let sold = i64::try_from(self.sold()).unwrap_or(i64::MAX);
        sold.saturating_mul(self.storm.quantity)
    }

    /// Of 100 callers with a stale version, how many got what they wanted with one retry at most.
    pub fn resolved(&self) -> Option<f64> {
        let callers = self.got.len().max(1);
        let percent = self.sold() as f64 * 100.0 / callers as f64;
        self.storm.is_stale.then_some(percent)
    }

    /// What is printed of it, with the seats that the ledger has as taken.
    pub fn note(&self, ledger: i64) -> String {
        let refused = self.count(|got| got.end == End::TooFewLeft);
        let conflicts = self.count(|got| got.conflicted);
        let p99 = turns::p99(self.got.iter().map(|got| got.took).collect());
        let servers = match self.servers {
            1 => "1 server".to_owned(),
            servers => format!("{servers} servers"),
        };
        let stale = match self.resolved() {
            Some(percent) => {
                format!("{conflicts} conflicts, {percent:.1} % got theirs with one retry at most, ")
            }
            None => String::new(),
        };
        format!(
            "{}, {servers}: {stale}sold to {}, refused {refused}, {:.2} s, p99 {:.0} ms; {ledger} \
             seats in the ledger",
            self.storm.says(),
            self.sold(),
            self.took.as_secs_f64(),
            p99.unwrap_or_default().as_secs_f64() * 1e3
        )
    }

    /// What must not be.
    pub fn failures(&self, ledger: i64) -> Vec<String> {
        let (says, sold) = (self.storm.says(), self.sold());
        let mut failures = Vec::new();
        if self.seats() != ledger {
            failures.push(format!(
                "{says}: the ledger has {ledger} seats as taken, and answers told of {}",
                self.seats()
            ));
        }
        // How many parties fit into the seats.
        let fit = usize::try_from(self.storm.seats / self.storm.quantity).unwrap_or(usize::MAX);
        let due = fit.min(self.storm.callers);
        if sold != due {
            failures.push(format!("{says}: {sold} callers got seats, not {due}"));
        }
        let conflicts = self.count(|got| got.conflicted);
        if self.storm.is_stale && conflicts != self.storm.callers {
            failures.push(format!("{says}: {conflicts} callers met a conflict"));
        }
        let others = self.got.iter().filter_map(|got| match got.end {
            End::Other(status) => Some(status),
            End::Sold | End::TooFewLeft => None,
        });
        let others = others.collect::<Vec<_>>();
        if let Some(status) = others.first() {
            failures.push(format!(
                "{says}: {} callers were answered with neither, the first of them with {status}",
                others.len()
            ));
        }
        failures
    }
}
