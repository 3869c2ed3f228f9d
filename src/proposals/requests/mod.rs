//! Proposals: an organiser proposes an event of a known type to a vendor, who decides. Owns
//! `proposals`.
//!
//! Routes: GET and POST `/proposals/v1/events`, GET and PATCH `/proposals/v1/events/{id}`.
//! Emits: `proposal.created`, `proposal.approved`, `proposal.rejected`, `proposal.canceled`.

pub mod approval;
mod decide;
mod view;
mod write;

use chrono::NaiveDate;
use rocket::fairing::AdHoc;
use rocket::{State, get, patch, post, routes};
use serde::{Deserialize, Serialize};

use super::accounts::users::DEFAULT_LIMIT;
use super::accounts::{CompanyRole, Member};
use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::{Id, Timestamp, wall_date};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::fields::Check;
use crate::http::page::{Numbered, Query};
use crate::identity::audit::Source;
use crate::identity::guard::as_person;
pub use decide::Decided;
use decide::ProposalDecision;
pub use view::{ProposalView, of};
pub use write::{New, adopt, decide, erase, insert};

const LOCATION_CHARS: usize = 1_024;
/// Most dates of a proposal.
const MOST_DATES: usize = 3;
/// The last date that an event can have.
const LAST_YEAR: i32 = 9_998;

/// Marks the ids of proposals.
pub enum Proposal {}
/// The id of a proposal.
pub type ProposalId = Id<Proposal>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, list, find, update))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("proposals' requests", |rocket| async {
        rocket.mount("/", routes![create, list, find, update])
    })
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Paged<T> {
    data: Vec<T>,
    page: PageOf,
}

/// Which page it is, and of how many.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PageOf {
    /// How many items there are in all.
    size: i64,
    /// From 1.
    current: i64,
    /// How many pages there are.
    total: i64,
}

impl<T> Paged<T> {
    /// This page of so many items.
    pub fn new(data: Vec<T>, page: Numbered, total: i64) -> Self {
        let of = PageOf {
            size: total,
            current: page.number,
            total: page.of(total),
        };
        Self { data, page: of }
    }
}

/// A new proposal.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewProposal {
    /// The id of an available event.
    event_name: String,
    /// 1 to 1024 characters, one line.
    location: String,
    /// One to three different dates to come, `YYYY-MM-DD`.
    proposed_dates: Vec<String>,
    /// The id of a vendor.
    proposed_to: String,
}

impl NewProposal {
    fn check(&self, today: NaiveDate) -> Result<New> {
        let mut check = Check::default();
        let location = check.line("location", &self.location, 1..=LOCATION_CHARS);
        let dates = self.proposed_dates.iter().map(|text| wall_date(text));
        let dates = dates.collect::<Option<Vec<_>>>().unwrap_or_default();
        let mut distinct = dates.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let to_come = |date: &NaiveDate| *date > today && chrono::Datelike::year(date) <= LAST_YEAR;
        if !(1..=MOST_DATES).contains(&self.proposed_dates.len()) {
            check.problem("proposedDates", "must be one to three dates");
        } else if dates.len() != self.proposed_dates.len() {
            check.problem("proposedDates", "must be dates, such as 2027-01-31");
        } else if !dates.iter().all(to_come) {
            check.problem("proposedDates", "must be dates to come, up to 9998-12-31");
        } else if distinct.len() != dates.len() {
            check.problem("proposedDates", "must be different dates");
        }
        let dates = distinct.iter().map(ToString::to_string);
        let new = New {
            event_type_id: self.event_name.parse().unwrap_or(Id::nobody()),
            location,
            dates: dates.collect(),
            proposed_to: self.proposed_to.parse().unwrap_or(Id::nobody()),
        };
        check.done()?;
        Ok(new)
    }
}

/// Proposes an event to a vendor. For organisers.
#[utoipa::path(tag = "Proposals", security(("proposals" = [])), request_body = NewProposal,
    responses(
        (status = 201, description = "The proposal", body = ProposalView),
        (status = 400, description = "`BadRequest`; `errors` says which field and why"),
        (status = 403, description = "Not an organiser"),
    ))]
#[post("/proposals/v1/events", data = "<body>")]
async fn create(
    member: Member,
    body: Body<NewProposal>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<ProposalView>> {
    if member.role != CompanyRole::HumanResource {
        return Err(Error::Forbidden(None));
    }
    let (me, now) = (member.user_id, clock.now());
    let new = body.valid()?.check(now.date_naive())?;
    let made = db.write(as_person(me, move |conn| {
        write::insert(conn, &member, &new, now.into())
    }));
    Ok(Plain::created(made.await?))
}

/// The proposals that I made, or that were made to me, newest first.
#[utoipa::path(tag = "Proposals", security(("proposals" = [])),
    params(
        ("status" = Option<String>, Query, description = "`pending`, `canceled`, `approved` or `rejected`"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 10"),
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1"),
    ),
    responses((status = 200, description = "A page of proposals", body = Paged<ProposalView>)))]
#[get("/proposals/v1/events")]
async fn list(
    member: Member,
    query: Query<'_>,
    db: &State<Db>,
) -> Result<Plain<Paged<ProposalView>>> {
    let status = query.get("status").map(|text| {
        Status::read(text).ok_or_else(|| {
            Error::invalid("status", "must be pending, canceled, approved or rejected")
        })
    });
    let (status, page) = (status.transpose()?, query.numbered(DEFAULT_LIMIT)?);
    let found = db.scan(move |conn| view::page(conn, &member, status, page));
    let (data, total) = found.await?;
    Ok(Plain::ok(Paged::new(data, page, total)))
}

/// One of the proposals that I made, or that were made to me.
#[utoipa::path(tag = "Proposals", security(("proposals" = [])),
    params(("proposal_id" = ProposalId, Path)),
    responses(
        (status = 200, description = "The proposal", body = ProposalView),
        (status = 404, description = "No such proposal, or between others"),
    ))]
#[get("/proposals/v1/events/<proposal_id>")]
async fn find(
    proposal_id: ProposalId,
    member: Member,
    db: &State<Db>,
) -> Result<Plain<ProposalView>> {
    let found = db.read(move |conn| view::find(conn, member.user_id, member.role, proposal_id));
    Ok(Plain::ok(found.await?.ok_or_else(not_found)?))
}

/// Decides a proposal that is pending: the organiser cancels it; the vendor approves one of its
/// dates, or rejects it with a remark.
#[utoipa::path(tag = "Proposals", security(("proposals" = [])), request_body = ProposalDecision,
    params(("proposal_id" = ProposalId, Path)),
    responses(
        (status = 200, description = "The proposal", body = ProposalView),
        (status = 400, description = "`BadRequest`; `errors` says which field and why"),
        (status = 403, description = "A status that is not the caller's to set"),
        (status = 404, description = "No such proposal, or between others"),
        (status = 409, description = "It is decided already"),
    ))]
#[patch("/proposals/v1/events/<proposal_id>", data = "<body>")]
async fn update(
    proposal_id: ProposalId,
    member: Member,
    source: Source,
    body: Body<ProposalDecision>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<ProposalView>> {
    let (me, role, now) = (member.user_id, member.role, clock.now());
    let found = db.read(move |conn| view::find(conn, member.user_id, member.role, proposal_id));
    let before = found.await?.ok_or_else(not_found)?;
    let decided = body.valid()?;
    let decided = decided.check(role, &before.proposed_dates.0, now.date_naive())?;
    let changed = db.write(as_person(me, move |conn| {
        write::decide(conn, proposal_id, me, &decided, source, Timestamp(now))
    }));
    Ok(Plain::ok(changed.await?))
}

fn not_found() -> Error {
    Error::not_found("Event not found")
}

/// Where a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody decided yet.
    Pending,
    /// The organiser took it back.
    Canceled,
    /// The vendor took one of its dates.
    Approved,
    /// The vendor did not.
    Rejected,
}

impl Status {
    /// Reads its name.
    pub fn read(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Canceled,
            Self::Approved,
            Self::Rejected,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }

    /// Its name, on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Canceled => "canceled",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}
