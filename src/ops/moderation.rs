//! Moderation from the shell, for whoever runs the server.

use std::future::Future;

use rocket::tokio::runtime::Runtime;

use crate::clock::Clock;
pub use crate::community::reports::Act;
use crate::community::reports::{self, QueuedReport, ReportId, ReportState};
use crate::config::Config;
use crate::db::types::Timestamp;
use crate::db::{Db, migrate};
use crate::error::{Error, Fields};
use crate::http::page::Limit;
use crate::identity::people::{self, UserId};

/// The oldest reports in a state (`open`, `dismissed` or `upheld`), up to 100, as text.
///
/// # Errors
/// A sentence that says what to do.
pub fn list(config: &Config, state: &str) -> Result<Vec<String>, String> {
    let state = ReportState::read(state)
        .ok_or_else(|| format!("{state}: no such state; say open, dismissed or upheld"))?;
    let listed = with(config, |db| async move {
        db.read(move |conn| reports::queue(conn, state, ReportId::nobody(), Limit::MOST))
            .await
    })?;
    Ok(listed.iter().map(line).collect())
}

/// Decides a report and does what is decided.
///
/// # Errors
/// A sentence that says what to do.
pub fn decide(config: &Config, id: &str, act: Act, why: &str) -> Result<String, String> {
    let id = id
        .parse::<ReportId>()
        .map_err(|_| format!("{id}: not the id of a report; see: folkmoot reports"))?;
    let (why, now) = (why.to_owned(), Timestamp(Clock::system().now()));
    let decided = with(config, |db| async move {
        // Everybody may be liking what is removed.
        db.write_hot(move |conn| reports::decide(conn, id, act, &why, now))
            .await
    })?;
    Ok(line(&decided))
}

/// Lets a person write again who was suspended; false if the person was not.
///
/// # Errors
/// A sentence that says what to do.
pub fn restore(config: &Config, id: &str) -> Result<bool, String> {
    let id = id
        .parse::<UserId>()
        .map_err(|_| format!("{id}: not the id of a person"))?;
    let now = Timestamp(Clock::system().now());
    with(config, |db| async move {
        db.write(move |conn| people::suspend(conn, id, false, now))
            .await
    })
}

fn with<T, F: Future<Output = Result<T, Error>>>(
    config: &Config,
    f: impl FnOnce(Db) -> F,
) -> Result<T, String> {
    let url = &config.database_url;
    if !migrate::pending(url)?.is_empty() {
        return Err(format!(
            "{url}: the schema is behind; run: folkmoot migrate"
        ));
    }
    let db = Db::open(config).map_err(|error| format!("{url}: {error}"))?;
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let done = runtime.block_on(f(db.clone()));
    db.close();
    done.map_err(|error| match error {
        Error::NotFound(Some(sentence)) | Error::Conflict(Some(sentence)) => sentence.into_owned(),
        Error::Invalid(fields) => told(&fields),
        error => format!("{url}: {error}"),
    })
}

fn told(fields: &Fields) -> String {
    let told = fields.iter().map(|(field, why)| format!("{field}: {why}"));
    told.collect::<Vec<_>>().join("; ")
}

fn line(queued: &QueuedReport) -> String {
    let report = &queued.report;
    let at = report.created_at.0.format("%Y-%m-%d %H:%M");
    let mut line = format!(
        "{} {at} {} {} {}",
        report.id, report.state, report.subject, report.subject_id
    );
    if let Some(author) = queued.author_id {
        line.push_str(&format!(" by {author}"));
    }
    line.push_str(": ");
    line.push_str(&report.reason);
    if let Some(why) = &queued.why {
        line.push_str(" → ");
        line.push_str(why);
    }
    // What people wrote stays on its line, in its direction, and out of the terminal's own
    // language.
    let misleads = |c: char| {
        c.is_control()
            || "\u{2028}\u{2029}\u{200e}\u{200f}".contains(c)
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    line.chars()
        .map(|c| if misleads(c) { ' ' } else { c })
        .collect()
}
