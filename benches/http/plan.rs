//! What is measured, in which order.
//!
//! At the first size: reads, then comments, then new events; then the list alone as the number
//! of events grows. The newest events are always seeded ones, not what a measurement wrote, so
//! that every list shows the same kind of rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, Utc};
use folkmoot::config::DatabaseUrl;
use serde_json::json;

use super::Options;
use super::children::Watchdog;
use super::database::{self, Connection};
use super::google::{Issuer, Person};
use super::report::Report;
use super::seed::{self, DISCUSSED};
use super::server::{Server, Setup};
use super::texts::{self, COMMON_WORD, RARE_WORD};
use super::turns::{self, Measured};
use super::wrk::{self, CONNECTIONS, Load, Wrk};

const START_UP: &str = "start-up";
pub const EVENT_BY_ID: &str = "event-by-id";
const LIST_BY_START: &str = "list-by-start";
const SEARCH_COMMON: &str = "search-common";
const SEARCH_RARE: &str = "search-rare";
const COMMENTS_PAGE: &str = "comments-page";
pub const COMMENT_CREATION: &str = "comment-creation";
const EVENT_CREATION: &str = "event-creation";

/// All names but those of the lists by size.
pub const NAMES: [&str; 8] = [
    START_UP,
    EVENT_BY_ID,
    LIST_BY_START,
    SEARCH_COMMON,
    SEARCH_RARE,
    COMMENTS_PAGE,
    COMMENT_CREATION,
    EVENT_CREATION,
];

/// The name of the list, newest update first, among that many events.
pub fn list_name(size: u32) -> String {
    format!("list-{size}")
}

/// Events that are asked for by id.
const ASKED_FOR: i64 = 1_000;
/// Starts of which the median counts.
const STARTS: usize = 5;
const LIST: &str = "/api/events?limit=20";

/// The benchmark, under way.
pub struct Bench {
    options: Options,
    folder: PathBuf,
    watchdog: Arc<Watchdog>,
    setup: Setup,
    issuer: Issuer,
    report: Report,
}

impl Bench {
    /// Prepares an empty database.
    pub fn new(
        options: Options,
        url: DatabaseUrl,
        folder: &Path,
        watchdog: Arc<Watchdog>,
    ) -> Result<Self, String> {
        let issuer = Issuer::start()?;
        let sqlite = matches!(url, DatabaseUrl::Sqlite(_));
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let report = Report {
            heading: format!(
                "{}, {processors} processors, wrk with 2 threads and {CONNECTIONS} connections, \
                 {} s each",
                if sqlite { "SQLite" } else { "PostgreSQL" },
                options.seconds
            ),
            sqlite,
            ..Report::default()
        };
        let setup = Setup {
            url,
            folder: folder.to_owned(),
            certs_url: issuer.certs_url(),
            watchdog: Arc::clone(&watchdog),
        };
        Ok(Self {
            options,
            folder: folder.to_owned(),
            watchdog,
            setup,
            issuer,
            report,
        })
    }

    /// Measures everything that is wanted.
    pub fn run(mut self) -> Result<Report, String> {
        match self.measure_all() {
            Ok(()) => Ok(self.report),
            // What was measured until then is worth seeing, and so is what the server says.
            Err(sentence) => {
                self.report.print();
                eprintln!("the server's log ends with:\n{}", self.setup.log());
                Err(sentence)
            }
        }
    }

    fn measure_all(&mut self) -> Result<(), String> {
        database::claim(&self.setup.url)?;
        self.setup.prepare()?;
        self.setup.migrate()?;
        eprintln!("signing {CONNECTIONS} people in");
        let server = self.setup.start()?;
        let people = self.issuer.sign_in(CONNECTIONS, server.address)?;
        server.stop()?;

        let sizes = self.options.events.clone();
        let (first, more) = sizes.split_first().ok_or("--events: there is no number")?;
        self.report.sizes = Some((*first, *first));
        self.seed(*first, &people)?;
        eprintln!("comments");
        seed::comments(&self.setup.url, &people)?;
        let ids = self.ids(ASKED_FOR.min(i64::from(*first)), i64::from(*first))?;
        let mut server = self.start_up()?;
        self.read(&server, *first, &ids)?;
        if self.options.wants(COMMENT_CREATION) {
            server = self.create_comments(server, &people)?;
        }
        if self.options.wants(EVENT_CREATION) {
            self.measure(&server, &event_creation(&people))?;
        }
        for size in more {
            let name = list_name(*size);
            if self.options.wants(&name) {
                server.stop()?;
                self.seed(*size, &people)?;
                server = self.setup.start()?;
                self.measure(&server, &Load::get(&name, vec![LIST.to_owned()]))?;
                self.report.sizes = Some((*first, *size));
                let by_start_name = format!("{LIST_BY_START}-{size}");
                self.measure(&server, &Load::get(&by_start_name, vec![by_start()]))?;
            }
        }
        server.stop()
    }

    fn seed(&self, size: u32, people: &[Person]) -> Result<(), String> {
        eprintln!("seeding");
        seed::events(&self.setup.url, people, size.into())
    }

    /// That many ids, spread over all events.
    fn ids(&self, count: i64, of: i64) -> Result<Vec<String>, String> {
        let every = (of / count).max(1);
        Connection::open(&self.setup.url)?.texts(&format!(
            "SELECT CAST(id AS TEXT) AS text
             FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM events) AS numbered
             WHERE n % {every} = 0 ORDER BY n LIMIT {count}"
        ))
    }

    /// Starts the server on a database that is there; several times, if that is to be measured.
    fn start_up(&mut self) -> Result<Server, String> {
        if !self.options.wants(START_UP) {
            return self.setup.start();
        }
        eprintln!("{START_UP}");
        let mut times = Vec::new();
        let server = loop {
            let server = self.setup.start()?;
            times.push(server.started_in.as_secs_f64() * 1e3);
            if times.len() == STARTS {
                break server;
            }
            server.stop()?;
        };
        times.sort_by(f64::total_cmp);
        self.report.started_in = times.get(STARTS / 2).copied();
        self.report.memory_at_start = Some(server.memory()?);
        Ok(server)
    }

    /// Measures one load and notes what it found.
    fn measure(&mut self, server: &Server, load: &Load) -> Result<Measured, String> {
        let (seconds, around) = (self.options.seconds, (&*self.folder, &self.watchdog));
        let measured = turns::measure(load, server, seconds, around)?;
        eprintln!("  {:.0} requests/s", measured.rate);
        self.report.note_memory(server.memory()?);
        self.report.measured.push(measured.clone());
        Ok(measured)
    }

    fn read(&mut self, server: &Server, size: u32, ids: &[String]) -> Result<(), String> {
        let by_id = ids.iter().map(|id| format!("/api/events/{id}")).collect();
        let pages = self.discussed()?;
        let pages = pages
            .iter()
            .map(|id| format!("/api/events/{id}/comments?limit=50"))
            .collect();
        let search = |word: &str| vec![format!("/api/events?q={word}&limit=20")];
        for load in [
            Load::get(EVENT_BY_ID, by_id),
            Load::get(&list_name(size), vec![LIST.to_owned()]),
            Load::get(LIST_BY_START, vec![by_start()]),
            Load::get(SEARCH_COMMON, search(COMMON_WORD)),
            Load::get(SEARCH_RARE, search(RARE_WORD)),
            Load::get(COMMENTS_PAGE, pages),
        ] {
            if self.options.wants(&load.name) {
                self.measure(server, &load)?;
            }
        }
        Ok(())
    }

    /// The ids of the events that are commented on.
    fn discussed(&self) -> Result<Vec<String>, String> {
        Connection::open(&self.setup.url)?.texts(&format!(
            "SELECT CAST(id AS TEXT) AS text
             FROM (SELECT id FROM events ORDER BY id LIMIT {DISCUSSED}) AS oldest"
        ))
    }

    fn comments(&self) -> Result<i64, String> {
        Connection::open(&self.setup.url)?.number("SELECT count(*) FROM comments")
    }

    /// Measures comment creation, kills the server in the middle of more of it, and looks
    /// whether every comment is there that somebody was told of; gives the next server.
    fn create_comments(&mut self, server: Server, people: &[Person]) -> Result<Server, String> {
        let before = self.comments()?;
        let load = comment_creation(people, &self.discussed()?);
        let measured = self.measure(&server, &load)?;

        let seconds = self.options.seconds.div_ceil(2).max(3);
        eprintln!("  once more for {seconds} s, with kill -9 one second before the end");
        let wrk = Wrk::new(&load, &self.folder, &self.watchdog)?;
        let running = wrk.begin(server.address, seconds)?;
        std::thread::sleep(Duration::from_secs(seconds - 1));
        server.kill();
        // The connections fail then, which is no error; a refusal before that is one.
        let last = wrk::outcome(running)?;

        let acknowledged = measured.acknowledged + last.acknowledged;
        let rows = u64::try_from(self.comments()? - before).unwrap_or_default();
        let report = &mut self.report;
        report.notes.push(format!(
            "comments acknowledged until kill -9: {acknowledged}; in the database: {rows}"
        ));
        if rows < acknowledged {
            let lost = acknowledged - rows;
            report
                .failures
                .push(format!("{lost} acknowledged comments are lost"));
        }
        if last.acknowledged == 0 {
            report
                .failures
                .push("no comment was acknowledged before kill -9, so it shows nothing".into());
        }
        if last.refused > 0 {
            let refused = last.refused;
            report
                .failures
                .push(format!("{refused} comments were refused before kill -9"));
        }
        self.setup.start()
    }
}

/// What is soonest, of what is not over yet.
fn by_start() -> String {
    let today = Utc::now().date_naive();
    format!("/api/events?order=start&limit=20&from={today}")
}

fn cookies(people: &[Person]) -> Vec<String> {
    people.iter().map(|person| person.cookie.clone()).collect()
}

fn comment_creation(people: &[Person], events: &[String]) -> Load {
    let bodies = texts::texts(CONNECTIONS)
        .iter()
        .map(|text| {
            let body: String = text.description.chars().take(90).collect();
            json!({ "body": body }).to_string()
        })
        .collect();
    Load {
        name: COMMENT_CREATION.to_owned(),
        method: "POST",
        paths: events
            .iter()
            .map(|id| format!("/api/events/{id}/comments"))
            .collect(),
        cookies: cookies(people),
        bodies,
    }
}

fn event_creation(people: &[Person]) -> Load {
    let date = (Utc::now().date_naive() + Days::new(30)).to_string();
    let bodies = texts::texts(CONNECTIONS)
        .iter()
        .map(|text| {
            json!({
                "title": text.title, "description": text.description, "location": text.location,
                "start_date": date, "start_time": "18:00", "end_date": date,
                "end_time": "21:00", "timezone": "Europe/Oslo",
            })
            .to_string()
        })
        .collect();
    Load {
        name: EVENT_CREATION.to_owned(),
        method: "POST",
        paths: vec!["/api/events".to_owned()],
        cookies: cookies(people),
        bodies,
    }
}
