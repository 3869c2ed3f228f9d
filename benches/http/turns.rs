//! One measurement: ceiling and server in turns, so that a machine that becomes slower or
//! faster meanwhile does so for both.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::ceiling::Ceiling;
use super::children::Watchdog;
use super::client::{self, Call};
use super::server::Server;
use super::wrk::{Load, Outcome, Wrk};

/// Most answers that are looked at for their size.
const SAMPLES: usize = 50;
/// How often each of the two has its turn.
const TURNS: u64 = 2;

/// What one measurement found.
#[derive(Debug, Clone)]
pub struct Measured {
    pub name: String,
    /// Requests per second.
    pub rate: f64,
    /// Milliseconds; of the turns the mean.
    pub p50: f64,
    /// Milliseconds; of the turns the greater.
    pub p99: f64,
    pub errors: u64,
    /// Requests per second of the ceiling.
    pub ceiling: f64,
    /// Answers with status 200 or 201 to a POST, those of the warm-up included.
    pub acknowledged: u64,
    /// Answers with a status below 400, those of the warm-up included.
    pub answered: u64,
}

/// The turns of one of the two.
#[derive(Debug, Default)]
struct Turns(Vec<Outcome>);

/// Puts a load on the ceiling and on the server for that many seconds each.
pub fn measure(
    load: &Load,
    server: &Server,
    seconds: u64,
    (folder, watchdog): (&Path, &Arc<Watchdog>),
) -> Result<Measured, String> {
    eprintln!("{}", load.name);
    let (bytes, sampled) = sample(load, server)?;
    let ceiling = Ceiling::start(bytes, folder, watchdog)?;
    let wrk = Wrk::new(load, folder, watchdog)?;
    let share = seconds.div_ceil(TURNS);
    // The first second opens connections and fills caches.
    wrk.run(ceiling.address, 1)?;
    let warm = wrk.run(server.address, 1)?;
    let (mut highest, mut real) = (Turns::default(), Turns::default());
    for turn in 1..=TURNS {
        wait_for(server, load)?;
        eprintln!("  turn {turn} of {TURNS}: the ceiling, for {share} s");
        highest.0.push(wrk.run(ceiling.address, share)?);
        eprintln!("  turn {turn} of {TURNS}: the server, for {share} s");
        real.0.push(wrk.run(server.address, share)?);
    }
    if highest.errors() > 0 {
        return Err(format!("{}: the ceiling answered with errors", load.name));
    }
    Ok(Measured {
        name: load.name.clone(),
        rate: real.rate(),
        p50: real.p50(),
        p99: real.p99(),
        errors: real.errors() + warm.socket + warm.refused,
        ceiling: highest.rate(),
        acknowledged: sampled + warm.acknowledged + real.acknowledged(),
        answered: warm.answered() + real.sum(Outcome::answered),
    })
}

/// Waits until the server is done with the calls of wrk, which hangs up at the end of a turn: a
/// call that comes later has its turn later, and is repeated where so many wait that it has none.
fn wait_for(server: &Server, load: &Load) -> Result<(), String> {
    match load.paths.first() {
        Some(path) if load.waits => {
            let last = call(load, path);
            client::poll(last, server.address, Instant::now(), || Ok(())).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// A call of this load.
fn call<'a>(load: &'a Load, path: &'a str) -> Call<'a> {
    let first = |texts: &'a [String]| texts.first().map_or("", String::as_str);
    Call {
        method: load.method,
        path,
        cookie: first(&load.cookies),
        body: first(&load.bodies),
        etag: &load.etag,
        token: &load.bearer,
        api_key: &load.api_key,
        from: "",
    }
}

/// The mean size of the answers, and how many of them acknowledged a POST. A write is sampled
/// once.
fn sample(load: &Load, server: &Server) -> Result<(usize, u64), String> {
    let most = if load.method == "GET" { SAMPLES } else { 1 };
    let step = load.paths.len().div_ceil(SAMPLES).max(1);
    let (mut bytes, mut answers, mut acknowledged) = (0, 0, 0);
    for path in load.paths.iter().step_by(step).take(most) {
        let answer = call(load, path).succeed(server.address)?;
        bytes += answer.body.len();
        answers += 1;
        acknowledged += u64::from(load.method == "POST" && matches!(answer.status, 200 | 201));
    }
    match answers {
        0 => Err(format!("{}: there is nothing to ask for", load.name)),
        answers => Ok((bytes / answers, acknowledged)),
    }
}

/// What 99 in 100 of these are not above.
pub fn p99<T: Copy + Ord>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    let rank = (values.len() * 99).div_ceil(100);
    values.get(rank.checked_sub(1)?).copied()
}

impl Turns {
    fn sum(&self, of: impl Fn(&Outcome) -> u64) -> u64 {
        self.0.iter().map(of).sum()
    }

    fn rate(&self) -> f64 {
        let micros = self.sum(|turn| turn.micros).max(1);
        self.sum(|turn| turn.requests) as f64 * 1e6 / micros as f64
    }

    fn p50(&self) -> f64 {
        self.sum(|turn| turn.p50) as f64 / self.0.len().max(1) as f64 / 1e3
    }

    fn p99(&self) -> f64 {
        let greatest = self.0.iter().map(|turn| turn.p99).max();
        greatest.unwrap_or_default() as f64 / 1e3
    }

    fn errors(&self) -> u64 {
        self.sum(|turn| turn.socket + turn.refused)
    }

    fn acknowledged(&self) -> u64 {
        self.sum(|turn| turn.acknowledged)
    }
}
