//! The load: wrk with a Lua script.

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

/// The part that all scripts have. Every thread has variables of its own, so
/// `done` collects what each of them counted. Looking at answers costs the thread time, so only
/// those of a POST are counted.
const SCRIPT: &str = r#"
local threads = {}
local number = 0
created = 0
unauthorized = 0
limited = 0
unavailable = 0
seed = 0

function setup(thread)
    number = number + 1
    thread:set("seed", number)
    threads[number] = thread
end

if method == "POST" then
    function response(status)
        if status == 201 then created = created + 1
        elseif status == 401 then unauthorized = unauthorized + 1
        elseif status == 429 then limited = limited + 1
        elseif status == 503 then unavailable = unavailable + 1 end
    end
end

function done(summary, latency)
    local function all(name)
        local sum = 0
        for _, thread in ipairs(threads) do sum = sum + thread:get(name) end
        return sum
    end
    local errors = summary.errors
    print(string.format(
        "folkmoot-bench requests=%d micros=%d p50=%d p99=%d socket=%d refused=%d acknowledged=%d "
            .. "unauthorized=%d limited=%d unavailable=%d",
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.timeout, errors.status,
        all("created"), all("unauthorized"), all("limited"), all("unavailable")))
end

local function address(n)
    return string.format("10.%d.%d.%d",
        math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
end
"#;

/// [`Order::Drawn`]. Its callers are far from those of [`STRANGERS`].
const DRAWN: &str = r#"
local requests = {}

function init(args)
    math.randomseed(seed * 7919)
    for _, path in ipairs(paths) do
        for _, cookie in ipairs(cookies) do
            for _ = 1, math.max(callers, 1) do
                local headers = {}
                local body = nil
                if cookie ~= "" then headers["Cookie"] = cookie end
                if etag ~= "" then headers["If-None-Match"] = etag end
                if bearer ~= "" then headers["Authorization"] = "Bearer " .. bearer end
                if callers > 0 then
                    headers["X-Forwarded-For"] = address(128 * 65536 + #requests)
                end
                if #bodies > 0 then
                    body = bodies[#requests % #bodies + 1]
                    headers["Content-Type"] = "application/json"
                end
                requests[#requests + 1] = wrk.format(method, path, headers, body)
            end
        end
    end
end

function request()
    return requests[math.random(#requests)]
end
"#;

/// [`Order::PutAndDelete`]. wrk does not say which connection asks, so a thread's people take
/// turns: with as many of them as connections, hardly two calls under way are of one person.
/// What is deleted was put seven turns before, so that no DELETE overtakes its PUT, and every
/// call changes something. All begin at different paths.
const PUT_AND_DELETE: &str = r#"
local people = {}
local turn = 0

function init(args)
    for number, cookie in ipairs(cookies) do
        if number % thread_count == seed % thread_count then
            local person = { first = number, put = 0, deleted = 0, puts = {}, deletes = {} }
            for at, path in ipairs(paths) do
                person.puts[at] = wrk.format("PUT", path, { Cookie = cookie })
                person.deletes[at] = wrk.format("DELETE", path, { Cookie = cookie })
            end
            people[#people + 1] = person
        end
    end
end

function request()
    local person = people[turn % #people + 1]
    turn = turn + 1
    if person.put - person.deleted < 4 then
        person.put = person.put + 1
        return person.puts[(person.first + person.put) % #paths + 1]
    end
    person.deleted = person.deleted + 1
    return person.deletes[(person.first + person.deleted) % #paths + 1]
end
"#;

/// [`Order::Strangers`]. A thread's calls are due one `interval` after the other, whichever
/// connection is free then; what came late is caught up with. wrk's Lua knows whole seconds only,
/// so the time is the system's.
const STRANGERS: &str = r#"
local before, after
local called = 0

function init(args)
    local headers = { ["Content-Type"] = "application/json", ["X-Forwarded-For"] = "STRANGER" }
    local request = wrk.format(method, paths[1], headers, bodies[1])
    local first, last = request:find("STRANGER", 1, true)
    before, after = request:sub(1, first - 1), request:sub(last + 1)
end

function request()
    local stranger = address(called * thread_count + seed % thread_count)
    called = called + 1
    return before .. stranger .. after
end

if interval > 0 then
    local ffi = require("ffi")
    ffi.cdef([[
        typedef struct { long s; long us; } bench_time;
        int gettimeofday(bench_time *time, void *zone);
    ]])
    local time = ffi.new("bench_time")
    local due = nil

    function delay()
        ffi.C.gettimeofday(time, nil)
        local now = tonumber(time.s) * 1000 + tonumber(time.us) / 1000
        due = (due or now) + interval
        return math.max(due - now, 0)
    end
end
"#;

/// Which request comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Any of them, at random: each path with each cookie.
    Drawn,
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
    /// Answers with status 201, of a POST.
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
            callers: 0,
            order: Order::Drawn,
            waits: true,
        }
    }

    fn script(&self) -> String {
        let nobody = [String::new()];
        let cookies = match self.cookies.is_empty() {
            true => nobody.as_slice(),
            false => self.cookies.as_slice(),
        };
        let (order, interval) = match self.order {
            Order::Drawn => (DRAWN, 0.0),
            Order::PutAndDelete => (PUT_AND_DELETE, 0.0),
            Order::Strangers { a_minute } => (STRANGERS, a_minute.map_or(0.0, interval)),
        };
        format!(
            "local thread_count = {THREADS}\nlocal interval = {interval}\n\
             local callers = {}\nlocal method = {}\nlocal paths = {}\n\
             local cookies = {}\nlocal bodies = {}\nlocal etag = {}\n\
             local bearer = {}\n{SCRIPT}{order}",
            self.callers,
            quoted(self.method),
            table(&self.paths),
            table(cookies),
            table(&self.bodies),
            quoted(&self.etag),
            quoted(&self.bearer)
        )
    }
}

/// Milliseconds from one call of a thread to the next.
fn interval(a_minute: u32) -> f64 {
    60_000.0 * THREADS as f64 / f64::from(a_minute.max(1))
}

fn table(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("{{{}}}", texts.join(", "))
}

/// A text of one line as Lua writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
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
