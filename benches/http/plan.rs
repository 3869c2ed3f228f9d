//! What is measured, in which order.
//!
//! At the first size: reads, then likes, comments and new events, then what passwords and tokens
//! open, then the seats of the box office; then some lists alone as the number of events grows. The
//! newest events are always seeded ones, not what a measurement wrote, so that every list shows the
//! same kind of rows; so are those that begin next.

mod box_office;
mod sign_ins;
mod writes;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use folkmoot::config::DatabaseUrl;

use super::Options;
use super::accounts;
use super::children::Watchdog;
use super::client::Call;
use super::database::{self, Connection};
use super::google::{Issuer, Person};
use super::loads::{
    self, CALENDAR, CALENDAR_NOT_MODIFIED, CATALOGUE_LIST, CATALOGUE_LIST_FILTERED,
    LIST_50_SIGNED_IN, LIST_BY_START, START_UP,
};
use super::report::Report;
use super::seed::{self, DISCUSSED};
use super::server::{Server, Setup};
use super::turns::{self, Measured};
use super::wrk::{CONNECTIONS, Load};

/// Events that are asked for by id.
const ASKED_FOR: i64 = 1_000;
/// Starts of which the median counts.
const STARTS: usize = 5;
/// Events of the calendar: the most it has.
const CALENDAR_EVENTS: usize = 1_000;

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
        self.setup
            .create_admin(&accounts::admin_email(), accounts::PASSWORD)?;
        eprintln!("signing {CONNECTIONS} people in");
        let server = self.setup.start()?;
        let people = self.issuer.sign_in(CONNECTIONS, server.address)?;
        server.stop()?;

        let sizes = self.options.events.clone();
        let (first, more) = sizes.split_first().ok_or("--events: there is no number")?;
        self.report.sizes = Some((*first, *first));
        self.seed(*first, &people)?;
        eprintln!("comments, likes and interest");
        seed::comments(&self.setup.url, &people)?;
        seed::interest(&self.setup.url, &people)?;
        self.setup
            .verify()
            .map_err(|difference| format!("after seeding: {difference}"))?;
        let ids = self.ids(ASKED_FOR.min(i64::from(*first)), i64::from(*first))?;
        let mut server = self.start_up()?;
        self.read(&server, *first, &ids, &people)?;
        self.read_calendar(&server)?;
        server = self.write(server, &people)?;
        self.read_by_token(&server)?;
        server = self.sign_in(server, &ids)?;
        server = self.sell(server, &ids, &people)?;
        for size in more {
            server = self.grow(server, *size, &people)?;
        }
        server.stop()
    }

    /// Measures some lists among that many events; gives the next server.
    fn grow(&mut self, server: Server, size: u32, people: &[Person]) -> Result<Server, String> {
        let among = |name: &str| loads::name_among(name, size);
        let lists = self.options.wants(&loads::list_name(size));
        let mut wanted = Vec::new();
        if lists {
            wanted.push(loads::list(size));
            wanted.push(loads::by_start(&among(LIST_BY_START)));
        }
        let catalogue = [
            loads::catalogue_list(&among(CATALOGUE_LIST)),
            loads::catalogue_list_filtered(&among(CATALOGUE_LIST_FILTERED)),
        ];
        let catalogue = catalogue.into_iter();
        wanted.extend(catalogue.filter(|load| self.options.wants(&load.name)));
        if wanted.is_empty() {
            return Ok(server);
        }
        server.stop()?;
        self.seed(size, people)?;
        let server = self.setup.start()?;
        for load in wanted {
            self.check_catalogue(&server, &load)?;
            self.measure(&server, &load)?;
        }
        self.report.sizes = match self.report.sizes {
            Some((first, _)) if lists => Some((first, size)),
            sizes => sizes,
        };
        Ok(server)
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
        self.measure_for(self.options.seconds, server, load)
    }

    /// As [`Bench::measure`], for that many seconds.
    fn measure_for(
        &mut self,
        seconds: u64,
        server: &Server,
        load: &Load,
    ) -> Result<Measured, String> {
        let around = (&*self.folder, &self.watchdog);
        let measured = turns::measure(load, server, seconds, around)?;
        eprintln!("  {:.0} requests/s", measured.rate);
        self.report.note_memory(server.memory()?);
        self.report.measured.push(measured.clone());
        Ok(measured)
    }

    fn read(
        &mut self,
        server: &Server,
        size: u32,
        ids: &[String],
        people: &[Person],
    ) -> Result<(), String> {
        let reader = people.first().ok_or("nobody is signed in")?;
        for load in loads::reads(size, ids, &self.discussed()?, reader) {
            if self.options.wants(&load.name) {
                self.check_catalogue(server, &load)?;
                self.measure(server, &load)?;
            }
        }
        if self.options.wants(LIST_50_SIGNED_IN) {
            self.check_interest(server, reader)?;
        }
        Ok(())
    }

    /// Looks whether the page of 50 knows its reader: a cookie of no session is nobody's.
    fn check_interest(&mut self, server: &Server, reader: &Person) -> Result<(), String> {
        let call = Call {
            cookie: &reader.cookie,
            ..Call::get(loads::LIST_50)
        };
        let answer = call.succeed(server.address)?;
        let shown = count(&answer.body, "\"interested_by_me\":true");
        if shown != 25 {
            self.report.failures.push(format!(
                "{LIST_50_SIGNED_IN}: {shown} of 50 events interest the reader, not 25"
            ));
        }
        Ok(())
    }

    /// Measures the calendar of all events, and how those are answered who have it.
    fn read_calendar(&mut self, server: &Server) -> Result<(), String> {
        let (whole, known) = (
            self.options.wants(CALENDAR),
            self.options.wants(CALENDAR_NOT_MODIFIED),
        );
        if !whole && !known {
            return Ok(());
        }
        let answer = Call::get(loads::ALL_EVENTS).succeed(server.address)?;
        let events = count(&answer.body, "BEGIN:VEVENT");
        let size = answer.body.len() / 1_000;
        let report = &mut self.report;
        report
            .notes
            .push(format!("the calendar: {events} events, {size} kB"));
        if events != CALENDAR_EVENTS {
            report.failures.push(format!(
                "{CALENDAR}: {events} events, not {CALENDAR_EVENTS}"
            ));
        }
        if whole {
            self.measure(server, &loads::calendar())?;
        }
        if known {
            let etag = answer.headers("ETag").next();
            let etag = etag.ok_or("the calendar has no ETag")?;
            self.measure(server, &loads::calendar_not_modified(etag))?;
            // The tag is made of the answer, so one that holds still held all the time.
            let call = Call {
                etag,
                ..Call::get(loads::ALL_EVENTS)
            };
            let status = call.succeed(server.address)?.status;
            if status != 304 {
                self.report.failures.push(format!(
                    "{CALENDAR_NOT_MODIFIED}: the answer is {status}, not 304"
                ));
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
}

/// How often a text is in an answer.
fn count(body: &[u8], text: &str) -> usize {
    String::from_utf8_lossy(body).matches(text).count()
}
