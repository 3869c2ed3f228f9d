//! The Lua scripts that tell wrk which requests to make, and what came of them.

use super::{Load, Order, THREADS};

/// The part that all scripts have. Every thread has variables of its own, so
/// `done` collects what each of them counted. Looking at answers costs the thread time, so only
/// those of a POST are counted.
const SCRIPT: &str = r#"
local threads = {}
local number = 0
acknowledged = 0
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
        if status == 200 or status == 201 then acknowledged = acknowledged + 1
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
        all("acknowledged"), all("unauthorized"), all("limited"), all("unavailable")))
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
                if api_key ~= "" then headers["X-API-Key"] = api_key end
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

/// [`Order::Keyed`]. A run of wrk takes a second at least, so that the second in which it begins
/// tells its keys from those of every other run.
const KEYED: &str = r#"
local run = os.time()
local called = 0
local before, after

function init(args)
    local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = "FRESH-KEY" }
    if api_key ~= "" then headers["X-API-Key"] = api_key end
    local request = wrk.format(method, paths[1], headers, bodies[1])
    local first, last = request:find("FRESH-KEY", 1, true)
    before, after = request:sub(1, first - 1), request:sub(last + 1)
end

function request()
    called = called + 1
    return before .. string.format("%d-%d-%d", run, seed, called) .. after
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

impl Load {
    /// What wrk is told.
    pub(super) fn script(&self) -> String {
        let nobody = [String::new()];
        let cookies = match self.cookies.is_empty() {
            true => nobody.as_slice(),
            false => self.cookies.as_slice(),
        };
        let (order, interval) = match self.order {
            Order::Drawn => (DRAWN, 0.0),
            Order::Keyed => (KEYED, 0.0),
            Order::PutAndDelete => (PUT_AND_DELETE, 0.0),
            Order::Strangers { a_minute } => (STRANGERS, a_minute.map_or(0.0, interval)),
        };
        format!(
            "local thread_count = {THREADS}\nlocal interval = {interval}\n\
             local callers = {}\nlocal method = {}\nlocal paths = {}\n\
             local cookies = {}\nlocal bodies = {}\nlocal etag = {}\n\
             local bearer = {}\nlocal api_key = {}\n{SCRIPT}{order}",
            self.callers,
            quoted(self.method),
            table(&self.paths),
            table(cookies),
            table(&self.bodies),
            quoted(&self.etag),
            quoted(&self.bearer),
            quoted(&self.api_key)
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
