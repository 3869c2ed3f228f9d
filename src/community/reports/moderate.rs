//! What admins do about reports. They need the permission to moderate.

use rocket::http::Status;
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, Route, State, get, post, routes};
use serde::Deserialize;

use super::{Act, By, QueuedReport, Report, ReportId, ReportState, decide, queue};
use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::{Id, Timestamp};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::{self, Listed, Said};
use crate::http::idempotency::{Kept, Once};
use crate::http::page::Query;
use crate::identity::audit::Source;
use crate::identity::guard::Admin;
use crate::identity::people::{self, PublicPerson, UserId};
use crate::identity::roles::Permission;

/// Names the list, which cursors are signed for.
const QUEUE: &str = "reports by age";

pub(super) fn all() -> Vec<Route> {
    routes![list, dismiss, remove, suspend, restore]
}

/// The reports, oldest first. For admins who moderate.
#[utoipa::path(tag = "Reports", security(("admin" = [])),
    params(
        ("state" = Option<String>, Query, description = "`open` (default), `dismissed` or `upheld`"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "`Reports successfully fetched`", body = Listed<QueuedReport>),
        (status = 400, description = "A parameter of the wrong form, or a cursor that is not ours"),
        (status = 403, description = "Not an admin who moderates"),
    ))]
#[get("/api/reports")]
async fn list(admin: Admin, query: Query<'_>, db: &State<Db>) -> Result<Listed<QueuedReport>> {
    admin.may(Permission::Moderate)?;
    let state = match query.get("state") {
        None => ReportState::Open,
        Some(text) => ReportState::read(text).ok_or(Error::BadRequest(None))?,
    };
    let (limit, after) = (query.limit()?, query.cursor::<ReportId>(QUEUE)?);
    let after = after.unwrap_or(Id::nobody());
    let rows = db
        .read(move |conn| queue(conn, state, after, limit))
        .await?;
    let (data, next) = query.page(QUEUE, limit, rows, |row| row.report.id)?;
    Ok(Listed {
        message: "Reports successfully fetched",
        data,
        next,
    })
}

/// What is noted with a decision.
#[derive(Deserialize, utoipa::ToSchema)]
struct ModerationDecision {
    /// 1 to 1000 characters.
    why: String,
}

/// Decides that nothing is to be done about a report. For admins who moderate.
#[utoipa::path(tag = "Reports", security(("admin" = [])), request_body = ModerationDecision,
    params(("report_id" = ReportId, Path)),
    responses(
        (status = 200, description = "`Report dismissed`", body = Said<QueuedReport>),
        (status = 400, description = "Not JSON, or a field that is missing or of another type"),
        (status = 404, description = "`Report not found`"),
        (status = 409, description = "`This report is decided already.`"),
    ))]
#[post("/api/reports/<report_id>/dismiss", data = "<body>")]
async fn dismiss(
    report_id: ReportId,
    bench: Bench,
    body: Body<ModerationDecision>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    bench.decide(report_id, Act::Dismiss, body, db, clock).await
}

/// Deletes the event or comment that was reported. For admins who moderate.
#[utoipa::path(tag = "Reports", security(("admin" = [])), request_body = ModerationDecision,
    params(("report_id" = ReportId, Path)),
    responses(
        (status = 200, description = "`Report upheld`", body = Said<QueuedReport>),
        (status = 400, description = "Not JSON, or a field that is missing or of another type"),
        (status = 404, description = "`Report not found`, or what it is about is gone"),
        (status = 409, description = "`This report is decided already.`"),
    ))]
#[post("/api/reports/<report_id>/remove", data = "<body>")]
async fn remove(
    report_id: ReportId,
    bench: Bench,
    body: Body<ModerationDecision>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    bench.decide(report_id, Act::Remove, body, db, clock).await
}

/// Keeps the person who was reported, or who made what was reported, from writing, and ends
/// their sessions. For admins who moderate.
#[utoipa::path(tag = "Reports", security(("admin" = [])), request_body = ModerationDecision,
    params(("report_id" = ReportId, Path)),
    responses(
        (status = 200, description = "`Report upheld`", body = Said<QueuedReport>),
        (status = 400, description = "Not JSON, or a field that is missing or of another type"),
        (status = 404, description = "`Report not found`"),
        (status = 409, description = "`This report is decided already.`"),
    ))]
#[post("/api/reports/<report_id>/suspend", data = "<body>")]
async fn suspend(
    report_id: ReportId,
    bench: Bench,
    body: Body<ModerationDecision>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    bench.decide(report_id, Act::Suspend, body, db, clock).await
}

/// Lets a person write again who was suspended. For admins who moderate.
#[utoipa::path(tag = "Reports", security(("admin" = [])),
    params(("user_id" = UserId, Path)),
    responses(
        (status = 200, description = "`User restored`", body = Said<PublicPerson>),
        (status = 404, description = "`User not found`"),
        (status = 409, description = "`This person is not suspended.`"),
    ))]
#[post("/api/users/<user_id>/restore")]
async fn restore(
    user_id: UserId,
    bench: Bench,
    once: Once,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Kept> {
    let (admin, by, now) = (bench.admin, bench.by, Timestamp(clock.now()));
    once.write(db, admin.user_id, clock, move |conn| {
        admin.check(conn, Permission::Moderate)?;
        if !super::restore(conn, user_id, by, now)? {
            return Err(Error::conflict("This person is not suspended."));
        }
        let person = people::find_public(conn, user_id)?;
        let person = person.ok_or_else(|| Error::internal("a restored person is gone"))?;
        Ok(Said::ok("User restored", person))
    })
    .await
}

/// An admin who moderates.
struct Bench {
    admin: Admin,
    by: By,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Bench {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let admin = try_outcome!(request.guard::<Admin>().await);
        if let Err(error) = admin.may(Permission::Moderate) {
            return Outcome::Error(envelope::park(request, error));
        }
        match request.guard::<Source>().await {
            Outcome::Success(source) => Outcome::Success(Self {
                admin,
                by: By {
                    admin: Some(admin.user_id),
                    source,
                },
            }),
            _ => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

impl Bench {
    async fn decide(
        self,
        id: Id<Report>,
        act: Act,
        body: Body<ModerationDecision>,
        db: &Db,
        clock: &Clock,
    ) -> Result<Kept> {
        let (ModerationDecision { why }, once) = body.json_once("Invalid input data.")?;
        let (admin, by, now) = (self.admin, self.by, Timestamp(clock.now()));
        let sentence = match act {
            Act::Dismiss => "Report dismissed",
            Act::Remove | Act::Suspend => "Report upheld",
        };
        // Everybody may be liking what is removed.
        once.write_hot(db, admin.user_id, clock, move |conn| {
            admin.check(conn, Permission::Moderate)?;
            let decided = decide(conn, id, act, &why, by, now)?;
            Ok(Said::ok(sentence, decided))
        })
        .await
    }
}
