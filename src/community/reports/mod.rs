//! What people report to those responsible, and what these decide.
//!
//! Routes: POST `/api/reports`; for admins GET `/api/reports`, POST
//! `/api/reports/{id}/{dismiss,remove,suspend}` and `/api/users/{id}/restore`; whoever runs the
//! server does the same in the shell (`folkmoot reports`). Emits: `report.created`, `report.dismissed`, `report.upheld`, and
//! what an act does elsewhere.

mod acts;
mod moderate;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, post, routes};
use serde::{Deserialize, Serialize};

use super::{comments, events};
use crate::clock::Clock;
use crate::db::schema::reports;
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Said;
use crate::http::fields::Check;
use crate::http::idempotency::Kept;
use crate::http::page::Limit;
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, UserId};

pub use acts::{Act, By, adopt, decide, erase, file, restore};

const REASON_CHARS: usize = 1_000;

/// Marks the ids of reports.
pub enum Report {}
/// The id of a report.
pub type ReportId = Id<Report>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    report,
    moderate::list,
    moderate::dismiss,
    moderate::remove,
    moderate::suspend,
    moderate::restore
))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("reports", |rocket| async {
        rocket
            .mount("/", routes![report])
            .mount("/", moderate::all())
    })
}

/// A report.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = reports, check_for_backend(MultiBackend))]
pub struct ReportView {
    #[schema(inline)]
    pub id: ReportId,
    /// `event`, `comment` or `user`.
    pub subject: String,
    /// The event's, comment's or person's id.
    #[schema(value_type = String)]
    pub subject_id: Id<()>,
    pub reason: String,
    /// `open`, `dismissed` or `upheld`.
    pub state: String,
    #[schema(inline)]
    pub created_at: Timestamp,
}

/// A report, as those see it who decide.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = reports, check_for_backend(MultiBackend))]
pub struct QueuedReport {
    #[diesel(embed)]
    #[serde(flatten)]
    pub report: ReportView,
    /// Who reported; null if that person is gone.
    #[schema(inline, required)]
    pub reporter_id: Option<UserId>,
    /// Who made it, or the person itself; null for an event of the box office's admins.
    #[schema(inline, required)]
    pub author_id: Option<UserId>,
    /// What was said about the decision.
    #[schema(required)]
    pub why: Option<String>,
    #[schema(inline, required)]
    pub decided_at: Option<Timestamp>,
    /// The admin who decided; null: whoever runs the server.
    #[schema(inline, required)]
    pub decided_by: Option<UserId>,
}

/// A new report.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewReport {
    /// `event`, `comment` or `user`.
    #[schema(example = "comment")]
    subject: String,
    /// The event's, comment's or person's id.
    id: String,
    /// 1 to 1000 characters.
    reason: String,
}

/// Reports an event, a comment or a person to those responsible. Reporting the same thing
/// again, while it is open, replaces the reason.
#[utoipa::path(tag = "Reports", security(("session" = [])), request_body = NewReport, responses(
    (status = 201, description = "`Report received`", body = Said<ReportView>),
    (status = 400, description = "Not JSON, or a field that is missing or of another type"),
    (status = 404, description = "`Event not found`, `Comment not found` or `User not found`"),
))]
#[post("/api/reports", data = "<body>")]
async fn report(
    who: SignedIn,
    body: Body<NewReport>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (new, once) = body.json_once("Invalid input data.")?;
    let mut check = Check::default();
    let reason = check.text("reason", &new.reason, 1..=REASON_CHARS);
    let subject = Subject::read(&new.subject);
    if subject.is_none() {
        check.problem("subject", "must be event, comment or user");
    }
    check.done()?;
    let subject = subject.ok_or_else(|| Error::internal("no subject and no problem"))?;
    let id = new.id.parse::<Id<()>>().unwrap_or(Id::nobody());
    let (me, now) = (who.user_id, Timestamp(clock.now()));
    once.write(db, me, clock, move |conn| {
        subject.check(conn, id, me)?;
        let report = acts::file(conn, me, subject, id, &reason, now)?;
        Ok(Said::created("Report received", report))
    })
    .await
}

/// What can be reported.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    Event,
    Comment,
    User,
}

impl Subject {
    fn read(text: &str) -> Option<Self> {
        match text {
            "event" => Some(Self::Event),
            "comment" => Some(Self::Comment),
            "user" => Some(Self::User),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Comment => "comment",
            Self::User => "user",
        }
    }

    /// Asks whether the thing is there, and the person may know of it.
    fn check(self, conn: &mut Conn, id: Id<()>, me: UserId) -> Result<()> {
        match self {
            Self::Event => match events::is_found(conn, id.of(), Some(me))? {
                true => Ok(()),
                false => Err(Error::not_found(events::NOT_FOUND)),
            },
            Self::Comment => comments::find(conn, id.of(), Some(me)).map(drop),
            Self::User => match people::find_public(conn, id.of())? {
                Some(_) => Ok(()),
                None => Err(Error::not_found("User not found")),
            },
        }
    }
}

/// Where a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// Nobody decided yet.
    Open,
    /// There was nothing to do.
    Dismissed,
    /// Something was done.
    Upheld,
}

impl ReportState {
    /// Reads its name.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Open, Self::Dismissed, Self::Upheld]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Dismissed => "dismissed",
            Self::Upheld => "upheld",
        }
    }
}

/// The reports in that state, oldest first, after this one.
pub fn queue(
    conn: &mut Conn,
    state: ReportState,
    after: ReportId,
    limit: Limit,
) -> Result<Vec<QueuedReport>> {
    Ok(QueuedReport::query()
        .filter(reports::state.eq(state.as_str()))
        .filter(reports::id.gt(after))
        .order(reports::id)
        .limit(limit.rows())
        .load(conn)?)
}

/// Up to 500 of the reports that a person made, after this one.
pub fn of(conn: &mut Conn, user_id: UserId, after: ReportId) -> Result<Vec<ReportView>> {
    Ok(ReportView::query()
        .filter(reports::reporter_id.eq(user_id))
        .filter(reports::id.gt(after))
        .order(reports::id)
        .limit(500)
        .load(conn)?)
}
