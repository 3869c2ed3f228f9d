//! What changes reports: filing, deciding, erasing.

use diesel::prelude::*;

use super::{QueuedReport, REASON_CHARS, ReportId, ReportState, ReportView, Subject};
use crate::bus::{self, Audience, Change};
use crate::community::{comments, events};
use crate::db::Conn;
use crate::db::schema::reports;
use crate::db::types::{Id, Timestamp};
use crate::error::{Error, Result};
use crate::http::fields::Check;
use crate::identity::people::{self, UserId};
use crate::identity::session;

/// What is done about a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Dismiss,
    /// The event or comment goes.
    Remove,
    /// The person, or who wrote the event or comment, writes no more.
    Suspend,
}

/// Reports a thing that is there, or replaces the reason of the report that is open.
pub fn file(
    conn: &mut Conn,
    me: UserId,
    subject: Subject,
    subject_id: Id<()>,
    reason: &str,
    now: Timestamp,
) -> Result<ReportView> {
    let open = reports::table
        .filter(reports::reporter_id.eq(me))
        .filter(reports::subject.eq(subject.as_str()))
        .filter(reports::subject_id.eq(subject_id))
        .filter(reports::state.eq(ReportState::Open.as_str()))
        .select(reports::id)
        .first::<ReportId>(conn)
        .optional()?;
    let id = match open {
        Some(id) => {
            diesel::update(reports::table.find(id))
                .set(reports::reason.eq(reason))
                .execute(conn)?;
            id
        }
        None => {
            let id = ReportId::new();
            diesel::insert_into(reports::table)
                .values((
                    reports::id.eq(id),
                    reports::reporter_id.eq(me),
                    reports::subject.eq(subject.as_str()),
                    reports::subject_id.eq(subject_id),
                    reports::reason.eq(reason),
                    reports::state.eq(ReportState::Open.as_str()),
                    reports::created_at.eq(now),
                ))
                .execute(conn)?;
            let change = Change::by(me, "report.created").of("report_id", id);
            bus::record(conn, now, change.heard_by(Audience::Admins))?;
            id
        }
    };
    Ok(ReportView::query().filter(reports::id.eq(id)).first(conn)?)
}

/// Decides an open report and does what is decided.
///
/// # Errors
/// 404 for no such report, or where what it is about is gone; 409 for one that is decided;
/// 422 for an act that does not fit.
pub fn decide(
    conn: &mut Conn,
    id: ReportId,
    act: Act,
    why: &str,
    now: Timestamp,
) -> Result<QueuedReport> {
    let mut check = Check::default();
    let why = check.text("why", why, 1..=REASON_CHARS);
    check.done()?;
    let queued = find(conn, id)?;
    if queued.report.state != ReportState::Open.as_str() {
        return Err(Error::Conflict(Some(
            "This report is decided already.".into(),
        )));
    }
    let subject = Subject::read(&queued.report.subject)
        .ok_or_else(|| Error::internal("a report about nothing"))?;
    let subject_id = queued.report.subject_id;
    match (act, subject) {
        (Act::Dismiss, _) => {}
        (Act::Remove, Subject::Event) => events::remove(conn, subject_id.of(), now)?,
        (Act::Remove, Subject::Comment) => comments::remove(conn, subject_id.of(), now)?,
        (Act::Remove, Subject::User) => {
            return Err(Error::invalid(
                "subject",
                "a person cannot be removed, only suspended",
            ));
        }
        (Act::Suspend, subject) => {
            let person = author(conn, subject, subject_id)?;
            people::suspend(conn, person, true, now)?;
            session::end_all(conn, person)?;
        }
    }
    let (state, topic) = match act {
        Act::Dismiss => (ReportState::Dismissed, "report.dismissed"),
        Act::Remove | Act::Suspend => (ReportState::Upheld, "report.upheld"),
    };
    diesel::update(reports::table.find(id))
        .set((
            reports::state.eq(state.as_str()),
            reports::why.eq(why),
            reports::decided_at.eq(now),
        ))
        .execute(conn)?;
    let change = Change::by_server(topic).of("report_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    find(conn, id)
}

fn find(conn: &mut Conn, id: ReportId) -> Result<QueuedReport> {
    QueuedReport::query()
        .filter(reports::id.eq(id))
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found("Report not found"))
}

/// Who made what is reported; a person's own author is that person.
fn author(conn: &mut Conn, subject: Subject, id: Id<()>) -> Result<UserId> {
    match subject {
        Subject::User => Ok(id.of()),
        Subject::Comment => comments::author(conn, id.of()),
        Subject::Event => events::creator(conn, id.of())?
            .ok_or_else(|| Error::invalid("subject", "the event has no person as its creator")),
    }
}

/// Removes what a person who is erased wrote in up to 500 reports, and forgets who it was; how
/// many they were.
pub fn erase(conn: &mut Conn, user_id: UserId) -> Result<usize> {
    let some = reports::table
        .filter(reports::reporter_id.eq(user_id))
        .limit(500)
        .select(reports::id)
        .load::<ReportId>(conn)?;
    let some = reports::table.filter(reports::id.eq_any(some));
    Ok(diesel::update(some)
        .set((
            reports::reason.eq(""),
            reports::reporter_id.eq(None::<UserId>),
        ))
        .execute(conn)?)
}
