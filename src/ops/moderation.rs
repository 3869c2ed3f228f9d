//! Moderation from the shell, for whoever runs the server.

use super::shell::{plain, with};
use crate::clock::Clock;
pub use crate::community::reports::Act;
use crate::community::reports::{self, By, QueuedReport, ReportId, ReportState};
use crate::config::Config;
use crate::db::types::Timestamp;
use crate::http::page::Limit;
use crate::identity::audit::Source;
use crate::identity::people::UserId;

/// Whoever runs the server.
const SHELL: By = By {
    admin: None,
    source: Source::SHELL,
};

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
        db.write_hot(move |conn| reports::decide(conn, id, act, &why, SHELL, now))
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
        db.write(move |conn| reports::restore(conn, id, SHELL, now))
            .await
    })
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
    plain(&line)
}
