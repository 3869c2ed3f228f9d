//! The catalogue, and the seats that everybody wants.

use std::time::Duration;

use chrono::Utc;

use super::Bench;
use crate::box_office::{self, Desk, MOST_SEATS};
use crate::database::Connection;
use crate::google::Person;
use crate::loads::{
    self, AVAILABILITY, BOX_OFFICE, CATALOGUE_LIST, CATALOGUE_LIST_FILTERED, SEATS_HOT,
    SEATS_HOT_KEYED, SEATS_SPREAD, STORM,
};
use crate::row_lock;
use crate::server::Server;
use crate::storm::{STORMS, Storm};
use crate::texts::{CITY, TYPE};
use crate::wrk::{self, Load, Order, Wrk};

/// Events whose seats are taken by the way, and as many that people book.
const SPREAD: usize = 100;
/// Events of a page of the catalogue.
const PAGE: usize = 20;

impl Bench {
    /// Looks whether a page of the catalogue, if this is one, shows as many events as it should.
    pub(super) fn check_catalogue(&mut self, server: &Server, load: &Load) -> Result<(), String> {
        let narrowed = match load.name.as_str() {
            name if name.starts_with(CATALOGUE_LIST_FILTERED) => {
                format!("AND type_key = '{TYPE}' AND city_key = '{CITY}'")
            }
            name if name.starts_with(CATALOGUE_LIST) => String::new(),
            _ => return Ok(()),
        };
        let now = Utc::now().format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let there = Connection::open(&self.setup.url)?.number(&format!(
            "SELECT count(*) FROM (
                 SELECT id FROM events
                 WHERE deleted_at IS NULL AND visible AND NOT is_over AND ends_at > '{now}'
                 {narrowed} LIMIT {PAGE}) AS to_come"
        ))?;
        let there = usize::try_from(there).unwrap_or_default();
        self.check_page(server, load, "\"event_id\":", there)
    }

    /// Measures what is asked of seats; gives the next server.
    pub(super) fn sell(
        &mut self,
        mut server: Server,
        ids: &[String],
        people: &[Person],
    ) -> Result<Server, String> {
        if !BOX_OFFICE.iter().any(|name| self.options.wants(name)) {
            return Ok(server);
        }
        eprintln!("putting seats on sale");
        let desk = Desk::open(server.address)?;
        let many = |count| desk.events(count, MOST_SEATS);
        let (hot, keyed) = (many(1)?, many(1)?);
        let (spread, booked) = (many(SPREAD)?, many(SPREAD)?);
        if self.options.wants(AVAILABILITY) {
            let asked: Vec<String> = spread.iter().chain(ids).take(ids.len()).cloned().collect();
            let load = loads::availability(&asked);
            let left = format!("\"available_seats\":{MOST_SEATS},");
            self.check_page(&server, &load, &left, 1)?;
            self.measure(&server, &load)?;
        }
        if self.options.wants(SEATS_HOT) {
            server = self.sell_hot(server, &hot)?;
        }
        let keyed_load = loads::seats_taken(SEATS_HOT_KEYED, &keyed, Order::Keyed);
        let spread_load = loads::seats_taken(SEATS_SPREAD, &spread, Order::Drawn);
        let booking_load = loads::booking_hold(people, &booked);
        for (load, events) in [
            (keyed_load, &keyed),
            (spread_load, &spread),
            (booking_load, &booked),
        ] {
            if self.options.wants(&load.name) {
                server = self.take_seats(server, &load, events)?;
            }
        }
        if self.options.wants(STORM) {
            for storm in STORMS {
                server = self.storm(server, storm)?;
            }
        }
        Ok(server)
    }

    /// How many seats of these events the ledger has as taken.
    fn taken(&self, events: &[String]) -> Result<i64, String> {
        let ids = quoted(events);
        Connection::open(&self.setup.url)?.number(&format!(
            "SELECT coalesce(-sum(quantity), 0) FROM seat_movements WHERE event_id IN ({ids})"
        ))
    }

    /// Looks whether seats are left, since whoever comes too late changes nothing.
    fn check_left(&mut self, name: &str, events: &[String]) -> Result<(), String> {
        let ids = quoted(events);
        let left = Connection::open(&self.setup.url)?.number(&format!(
            "SELECT min(available) FROM event_seats WHERE event_id IN ({ids})"
        ))?;
        if left == 0 {
            self.report.failures.push(format!(
                "{name}: an event was sold out before the end; say fewer --seconds"
            ));
        }
        Ok(())
    }

    /// Stops a server and looks whether the seats agree with the ledger; gives the next one.
    fn verify_after(&mut self, name: &str, server: Server) -> Result<Server, String> {
        server.stop()?;
        if let Err(difference) = self.setup.verify() {
            self.report
                .failures
                .push(format!("after {name}: {difference}"));
        }
        self.setup.start()
    }

    /// Measures seats that are taken one by one, and looks whether the ledger has each of which
    /// an answer told; gives the next server.
    fn take_seats(
        &mut self,
        server: Server,
        load: &Load,
        events: &[String],
    ) -> Result<Server, String> {
        let before = self.taken(events)?;
        let acknowledged = self.measure(&server, load)?.acknowledged;
        let taken = u64::try_from(self.taken(events)? - before).unwrap_or_default();
        let name = &load.name;
        let report = &mut self.report;
        report.notes.push(format!(
            "{name}: answers that gave a seat: {acknowledged}; seats in the ledger: {taken}"
        ));
        if taken < acknowledged {
            report.failures.push(format!(
                "{name}: {} seats are not in the ledger that an answer gave",
                acknowledged - taken
            ));
        }
        self.check_left(name, events)?;
        self.verify_after(name, server)
    }

    /// Measures seats of one event that everybody wants; on PostgreSQL looks how long its row is
    /// locked meanwhile; then kills the server in the middle of more of it, and looks whether
    /// the ledger has each seat of which an answer told; gives the next server.
    fn sell_hot(&mut self, server: Server, event: &[String]) -> Result<Server, String> {
        let before = self.taken(event)?;
        let load = loads::seats_taken(SEATS_HOT, event, Order::Drawn);
        let mut acknowledged = self.measure(&server, &load)?.acknowledged;
        if !self.report.sqlite {
            acknowledged += self.watch_row(&server, &load)?;
        }
        let last = self.kill_under(server, &load)?;
        acknowledged += last.acknowledged;
        let taken = self.taken(event)? - before;
        self.check_kept("seats", acknowledged, taken, &last);
        self.check_left(SEATS_HOT, event)?;
        let server = self.setup.start()?;
        self.verify_after("kill -9", server)
    }

    /// Puts a load on once more, and looks how long its row is locked; how many seats answers
    /// gave meanwhile.
    fn watch_row(&mut self, server: &Server, load: &Load) -> Result<u64, String> {
        let seconds = self.once_more();
        eprintln!("  once more for {seconds} s, with looks at the lock of the row");
        let wrk = Wrk::new(load, &self.folder, &self.watchdog)?;
        let running = wrk.begin(server.address, seconds)?;
        let held = row_lock::sample(&self.setup.url, Duration::from_secs(seconds - 1))?;
        let outcome = wrk::outcome(running)?;
        let name = &load.name;
        let report = &mut self.report;
        report.row_lock = held.map(|held| held.most);
        report.notes.push(match held {
            Some(held) => format!(
                "{name}: lock held at most p99 {:.1} ms (sampled), of which {:.1} ms were seen, in \
                 {} transactions",
                held.most, held.seen, held.transactions
            ),
            None => format!("{name}: how long the lock is held was not measured"),
        });
        let errors = outcome.refused + outcome.socket;
        if errors > 0 {
            report.failures.push(format!(
                "{name}: {errors} errors while the lock was looked at"
            ));
        }
        Ok(outcome.acknowledged)
    }

    /// Raises a storm, on PostgreSQL over two servers, and looks whether exactly those seats are
    /// gone of which answers told; gives the next server.
    fn storm(&mut self, server: Server, storm: Storm) -> Result<Server, String> {
        eprintln!("{}", storm.says());
        let event = Desk::open(server.address)?.event(storm.seats)?;
        let version = match storm.is_stale {
            true => Some(box_office::stale_version(&event, server.address)?),
            false => None,
        };
        let events = [event];
        let before = self.taken(&events)?;
        let second = match self.report.sqlite {
            true => None,
            false => Some(self.setup.start()?),
        };
        let mut addresses = vec![server.address];
        addresses.extend(second.as_ref().map(|second| second.address));
        let [event] = &events;
        let found = storm.raise(event, version, &addresses)?;
        if let Some(second) = second {
            second.stop()?;
        }
        let taken = self.taken(&events)? - before;
        let report = &mut self.report;
        report.notes.push(found.note(taken));
        report.failures.extend(found.failures(taken));
        report.resolved = found.resolved().or(report.resolved);
        self.verify_after(&storm.says(), server)
    }
}

/// Ids as a list in SQL.
fn quoted(ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    ids.join(", ")
}
