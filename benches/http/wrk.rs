//! The load: wrk with a Lua script.

mod script;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::children::{Running, Watchdog};

/// How many connections call at the same time.
pub const CONNECTIONS: usize = 64;
/// How many threads of wrk share them.
const THREADS: usize = 2;

/// What the line begins with in which the script tells the result.
const MARK: &str = "folkmoot-bench ";

/// Which request comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Any of them, at random: each path with each cookie.
    Drawn,
    /// The first path with the first body, each time with another `Idempotency-Key`.
    Keyed,
    /// Each person in turn, a PUT of a path and then a DELETE of one that was put before.
    PutAndDelete,
    /// The first path with the first body, each time from another address: so many in a minute,
    /// or as many as the server answers.
    Strangers { a_minute: Option<u32> },
}

/// What is called.
#[derive(Debug, Clone)]
pub struct Load {
    pub name: String,
    pub method: &'static str,
    pub paths: Vec<String>,
    /// Session cookies; none for a caller who is not signed in.
    pub cookies: Vec<String>,
    /// JSON; none for a call without a body.
    pub bodies: Vec<String>,
    /// What `If-None-Match` says, or nothing.
    pub etag: String,
    /// A bearer token, or nothing.
    pub bearer: String,
    /// The internal key, or nothing.
    pub api_key: String,
    /// How many addresses ask for each path, none of them for another one; zero: that of wrk.
    pub callers: usize,
    pub order: Order,
    /// Whether the server's turn begins with a call that waits for those of the turn before: not
    /// where it would be one more of what is counted.
    pub waits: bool,
}

/// What came of a load.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub requests: u64,
    pub micros: u64,
    /// Half of the answers took at most that many microseconds.
    pub p50: u64,
    /// 99 in 100 answers took at most that many microseconds.
    pub p99: u64,
    /// Connections that failed, and answers that took more than ten seconds.
    pub socket: u64,
    /// Answers with a status of 400 or more.
    pub refused: u64,
    /// Answers with status 200 or 201, of a POST.
    pub acknowledged: u64,
    /// Answers with status 401, of a POST.
    pub unauthorized: u64,
    /// Answers with status 429, of a POST.
    pub limited: u64,
    /// Answers with status 503, of a POST.
    pub unavailable: u64,
}

/// A load that can be put on a server.
pub struct Wrk {
    script: PathBuf,
    watchdog: Arc<Watchdog>,
}

/// Looks whether wrk is there.
pub fn check() -> Result<(), String> {
    let ran = Command::new("wrk")
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Whatever its exit status says: that of --version is 1.
    ran.map(|_| ()).map_err(|error| {
        format!("wrk: {error}; it is in Debian's package wrk: apt-get install wrk")
    })
}

impl Load {
    /// A GET of one of these paths, by nobody in particular.
    pub fn get(name: &str, paths: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            method: "GET",
            paths,
            cookies: Vec::new(),
            bodies: Vec::new(),
            etag: String::new(),
            bearer: String::new(),
            api_key: String::new(),
            callers: 0,
            order: Order::Drawn,
            waits: true,
        }
    }
}

impl Outcome {
    /// Answers with a status below 400.
    pub fn answered(&self) -> u64 {
        self.requests.saturating_sub(self.refused)
    }
}

impl Wrk {
    /// Writes the script.
    pub fn new(load: &Load, folder: &Path, watchdog: &Arc<Watchdog>) -> Result<Self, String> {
        let script = folder.join(format!("{}.lua", load.name));
        std::fs::write(&script, load.script())
            .map_err(|error| format!("{}: {error}", script.display()))?;
        Ok(Self {
            script,
            watchdog: Arc::clone(watchdog),
        })
    }

    /// Begins to call a server; [`outcome`] waits for the end.
    pub fn begin(&self, address: SocketAddr, seconds: u64) -> Result<Running, String> {
        Running::spawn(
            Command::new("wrk")
                .args(["--timeout", "10s", "--latency"])
                .args(["--threads", &THREADS.to_string()])
                .args(["--connections", &CONNECTIONS.to_string()])
                .args(["--duration", &format!("{seconds}s")])
                .arg("--script")
                .arg(&self.script)
                .arg(format!("http://{address}/"))
                .stdout(Stdio::piped()),
            &self.watchdog,
        )
    }

    /// Calls a server for that many seconds.
    pub fn run(&self, address: SocketAddr, seconds: u64) -> Result<Outcome, String> {
        outcome(self.begin(address, seconds)?)
    }
}

/// Waits until wrk has ended; what it tells.
pub fn outcome(wrk: Running) -> Result<Outcome, String> {
    let said = wrk.output()?;
    let found = said.lines().find_map(|line| line.strip_prefix(MARK));
    let line = found.ok_or_else(|| format!("wrk tells no result; it says: {said}"))?;
    let field = |name: &str| {
        line.split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .find(|(other, _)| *other == name)
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(|| format!("wrk tells no {name}; it says: {line}"))
    };
    Ok(Outcome {
        requests: field("requests")?,
        micros: field("micros")?,
        p50: field("p50")?,
        p99: field("p99")?,
        socket: field("socket")?,
        refused: field("refused")?,
        acknowledged: field("acknowledged")?,
        unauthorized: field("unauthorized")?,
        limited: field("limited")?,
        unavailable: field("unavailable")?,
    })
}
