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
use crate::identity::audit::{self, Source};
use crate::identity::people::{self, UserId};
use crate::identity::{grants, session};

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

/// Who decides: an admin, or whoever runs the server, in its shell.
#[derive(Debug, Clone, Copy)]
pub struct By {
    /// None: the shell.
    pub admin: Option<UserId>,
    pub source: Source,
}

/// Lets a person write again who was suspended; false if the person was not.
///
/// # Errors
/// 404 for no such person.
pub fn restore(conn: &mut Conn, id: UserId, by: By, now: Timestamp) -> Result<bool> {
    let restored = people::suspend(conn, id, false, by.admin, now)?;
    if restored {
        audit::record(conn, by.source, by.admin, "user.restored", Some(id), now)?;
    }
    Ok(restored)
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
                    reports::author_id.eq(author(conn, subject, subject_id)?),
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

/// Decides a report and does what is decided. What was upheld can be acted on once more: an
/// event goes, and then its creator is suspended as well. What is removed settles all open
/// reports about it.
///
/// # Errors
/// 404 for no such report, or where what it is about is gone; 409 for one that is decided;
/// 422 for an act that does not fit.
pub fn decide(
    conn: &mut Conn,
    id: ReportId,
    act: Act,
    why: &str,
    by: By,
    now: Timestamp,
) -> Result<QueuedReport> {
    let mut check = Check::default();
    let why = check.text("why", why, 1..=REASON_CHARS);
    check.done()?;
    let (from, to, topic) = match act {
        Act::Dismiss => (
            [ReportState::Open].as_slice(),
            ReportState::Dismissed,
            "report.dismissed",
        ),
        Act::Remove | Act::Suspend => (
            [ReportState::Open, ReportState::Upheld].as_slice(),
            ReportState::Upheld,
            "report.upheld",
        ),
    };
    let report = find(conn, id)?.report;
    // Decided in one statement, so that of two who decide at once one does.
    let from = from.iter().map(|state| state.as_str()).collect::<Vec<_>>();
    let open = reports::table.find(id).filter(reports::state.eq_any(from));
    let decided = diesel::update(open)
        .set((
            reports::state.eq(to.as_str()),
            reports::why.eq(&why),
            reports::decided_at.eq(now),
            reports::decided_by.eq(by.admin),
        ))
        .execute(conn)?;
    if decided == 0 {
        return Err(Error::conflict("This report is decided already."));
    }
    act_on(conn, &report, act, by, now)?;
    if act == Act::Remove {
        settle_same(conn, &report, &why, by, now)?;
    }
    let change = Change::by_admin(by.admin, topic).of("report_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    let action = match act {
        Act::Dismiss => "report.dismissed",
        Act::Remove => "report.removed",
        Act::Suspend => "report.suspended",
    };
    audit::record(conn, by.source, by.admin, action, Some(id), now)?;
    find(conn, id)
}

/// What was removed settles all open reports about it.
fn settle_same(
    conn: &mut Conn,
    report: &ReportView,
    why: &str,
    by: By,
    now: Timestamp,
) -> Result<()> {
    let same = reports::table
        .filter(reports::subject_id.eq(report.subject_id))
        .filter(reports::state.eq(ReportState::Open.as_str()));
    diesel::update(same)
        .set((
            reports::state.eq(ReportState::Upheld.as_str()),
            reports::why.eq(why),
            reports::decided_at.eq(now),
            reports::decided_by.eq(by.admin),
        ))
        .execute(conn)?;
    Ok(())
}

fn act_on(conn: &mut Conn, report: &ReportView, act: Act, by: By, now: Timestamp) -> Result<()> {
    let subject =
        Subject::read(&report.subject).ok_or_else(|| Error::internal("a report about nothing"))?;
    match (act, subject) {
        (Act::Dismiss, _) => Ok(()),
        (Act::Remove, Subject::Event) => {
            events::remove(conn, report.subject_id.of(), by.admin, now)
        }
        (Act::Remove, Subject::Comment) => {
            comments::remove(conn, report.subject_id.of(), by.admin, now)
        }
        (Act::Remove, Subject::User) => Err(Error::invalid(
            "subject",
            "a person cannot be removed, only suspended",
        )),
        (Act::Suspend, _) => {
            let person = reports::table
                .find(report.id)
                .select(reports::author_id)
                .first::<Option<UserId>>(conn)?
                .ok_or_else(|| Error::invalid("subject", "no person made it"))?;
            people::suspend(conn, person, true, by.admin, now)?;
            grants::end_all(conn, person, None)?;
            session::end_all(conn, person)
        }
    }
}

fn find(conn: &mut Conn, id: ReportId) -> Result<QueuedReport> {
    QueuedReport::query()
        .filter(reports::id.eq(id))
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found("Report not found"))
}

/// Who made what is reported; a person's own author is that person.
fn author(conn: &mut Conn, subject: Subject, id: Id<()>) -> Result<Option<UserId>> {
    match subject {
        Subject::User => Ok(Some(id.of())),
        Subject::Comment => comments::author(conn, id.of()).map(Some),
        Subject::Event => events::creator(conn, id.of()),
    }
}

/// Gives the reports of and about a person to whom that person became, 500 of each at a time;
/// how many they were. Where both reported a thing, and both reports are open, one stays.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let open = ReportState::Open.as_str();
    let (made, subjects) = reports::table
        .filter(reports::reporter_id.eq(from))
        .limit(500)
        .select((reports::id, reports::subject_id))
        .load::<(ReportId, Id<()>)>(conn)?
        .into_iter()
        .unzip::<_, _, Vec<_>, Vec<_>>();
    let both = reports::table
        .filter(reports::reporter_id.eq(into))
        .filter(reports::state.eq(open))
        .filter(reports::subject_id.eq_any(subjects))
        .select(reports::subject_id)
        .load::<Id<()>>(conn)?;
    let twice = reports::table
        .filter(reports::id.eq_any(&made))
        .filter(reports::state.eq(open))
        .filter(reports::subject_id.eq_any(both));
    diesel::delete(twice).execute(conn)?;
    diesel::update(reports::table.filter(reports::id.eq_any(&made)))
        .set(reports::reporter_id.eq(into))
        .execute(conn)?;
    let about = reports::table
        .filter(reports::author_id.eq(from))
        .limit(500)
        .select(reports::id)
        .load::<ReportId>(conn)?;
    diesel::update(reports::table.filter(reports::id.eq_any(&about)))
        .set(reports::author_id.eq(into))
        .execute(conn)?;
    Ok(made.len() + about.len() + adopt_subject(conn, from, into)?)
}

/// Reports of the person; where somebody reported both, and both reports are open, one stays.
fn adopt_subject(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let open = ReportState::Open.as_str();
    let (some, reporters) = reports::table
        .filter(reports::subject_id.eq(from.of::<()>()))
        .limit(500)
        .select((reports::id, reports::reporter_id))
        .load::<(ReportId, Option<UserId>)>(conn)?
        .into_iter()
        .unzip::<_, _, Vec<_>, Vec<_>>();
    let twice = reports::table
        .filter(reports::subject_id.eq(into.of::<()>()))
        .filter(reports::state.eq(open))
        .filter(reports::reporter_id.eq_any(reporters.into_iter().flatten()))
        .select(reports::reporter_id)
        .load::<Option<UserId>>(conn)?;
    let twice = reports::table
        .filter(reports::id.eq_any(&some))
        .filter(reports::state.eq(open))
        .filter(reports::reporter_id.eq_any(twice.into_iter().flatten()));
    diesel::delete(twice).execute(conn)?;
    diesel::update(reports::table.filter(reports::id.eq_any(&some)))
        .set(reports::subject_id.eq(into.of::<()>()))
        .execute(conn)?;
    Ok(some.len())
}

/// Removes what a person who is erased wrote in reports, 500 at a time, and forgets who it
/// was; how many they were.
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
