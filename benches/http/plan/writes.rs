//! What people write, and whether it outlives `kill -9`.

use std::time::Duration;

use super::Bench;
use crate::database::Connection;
use crate::google::Person;
use crate::loads::{self, COMMENT_CREATION, EVENT_CREATION, LIKE_UNLIKE};
use crate::seed::{DISCUSSED, REMARKS};
use crate::server::Server;
use crate::wrk::{self, Load, Outcome, Wrk};

impl Bench {
    /// Measures likes, comments and new events; gives the next server.
    pub(super) fn write(
        &mut self,
        mut server: Server,
        people: &[Person],
    ) -> Result<Server, String> {
        if self.options.wants(LIKE_UNLIKE) {
            server = self.like_and_unlike(server, people)?;
        }
        if self.options.wants(COMMENT_CREATION) {
            server = self.create_comments(server, people)?;
        }
        if self.options.wants(EVENT_CREATION) {
            self.measure(&server, &loads::event_creation(people))?;
        }
        Ok(server)
    }

    /// The ids of the comments that are liked: the oldest of each of these events.
    fn liked(&self) -> Result<Vec<String>, String> {
        Connection::open(&self.setup.url)?.texts(&format!(
            "SELECT CAST(id AS TEXT) AS text
             FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM comments) AS numbered
             WHERE n % {REMARKS} = 1 ORDER BY n LIMIT {DISCUSSED}"
        ))
    }

    /// How often a like came or went.
    fn like_changes(&self) -> Result<i64, String> {
        Connection::open(&self.setup.url)?.number(
            "SELECT count(*) FROM changes WHERE topic IN ('comment.liked', 'comment.unliked')",
        )
    }

    /// Measures likes that come and go, and looks whether each comment counts the likes that
    /// it has then; gives the next server.
    fn like_and_unlike(&mut self, server: Server, people: &[Person]) -> Result<Server, String> {
        let before = self.like_changes()?;
        let load = loads::like_unlike(people, &self.liked()?);
        let answered = self.measure(&server, &load)?.answered;
        server.stop()?;
        let changes = u64::try_from(self.like_changes()? - before).unwrap_or_default();
        let report = &mut self.report;
        report.notes.push(format!(
            "calls that like or take it back: {answered}; likes that came or went: {changes}"
        ));
        // A call that changes nothing costs less than one that does.
        if changes * 10 < answered * 8 {
            report.failures.push(format!(
                "{LIKE_UNLIKE}: {changes} of {answered} calls changed something, so the rate \
                 is not one of writes"
            ));
        }
        if let Err(difference) = self.setup.verify() {
            report
                .failures
                .push(format!("after {LIKE_UNLIKE}: {difference}"));
        }
        self.setup.start()
    }

    fn comments(&self) -> Result<i64, String> {
        Connection::open(&self.setup.url)?.number("SELECT count(*) FROM comments")
    }

    /// Measures comment creation, kills the server in the middle of more of it, and looks
    /// whether every comment is there that somebody was told of; gives the next server.
    fn create_comments(&mut self, server: Server, people: &[Person]) -> Result<Server, String> {
        let before = self.comments()?;
        let load = loads::comment_creation(people, &self.discussed()?);
        let measured = self.measure(&server, &load)?;
        let last = self.kill_under(server, &load)?;
        let acknowledged = measured.acknowledged + last.acknowledged;
        let rows = self.comments()? - before;
        self.check_kept("comments", acknowledged, rows, &last);
        self.setup.start()
    }

    /// How long a load goes on once more.
    pub(super) fn once_more(&self) -> u64 {
        self.options.seconds.div_ceil(2).max(3)
    }

    /// Puts a load on once more, and kills the server one second before its end; what was
    /// answered until then.
    pub(super) fn kill_under(&self, server: Server, load: &Load) -> Result<Outcome, String> {
        let seconds = self.once_more();
        eprintln!("  once more for {seconds} s, with kill -9 one second before the end");
        let wrk = Wrk::new(load, &self.folder, &self.watchdog)?;
        let running = wrk.begin(server.address, seconds)?;
        std::thread::sleep(Duration::from_secs(seconds - 1));
        server.kill();
        // The connections fail then, which is no error; a refusal before that is one.
        wrk::outcome(running)
    }

    /// Looks whether everything is there that an answer told of until `kill -9`; the last of it
    /// came while it was under way.
    pub(super) fn check_kept(&mut self, what: &str, acknowledged: u64, there: i64, last: &Outcome) {
        let there = u64::try_from(there).unwrap_or_default();
        let report = &mut self.report;
        report.notes.push(format!(
            "{what} acknowledged until kill -9: {acknowledged}; in the database: {there}"
        ));
        if there < acknowledged {
            let lost = acknowledged - there;
            report
                .failures
                .push(format!("{what}: {lost} that were acknowledged are lost"));
        }
        if last.acknowledged == 0 {
            report.failures.push(format!(
                "{what}: none was acknowledged before kill -9, so it shows nothing"
            ));
        }
        if last.refused > 0 {
            let refused = last.refused;
            report.failures.push(format!(
                "{what}: {refused} calls were refused before kill -9"
            ));
        }
    }
}
