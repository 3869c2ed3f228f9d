//! What changes proposals.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::decide::Decided;
use super::{ProposalId, ProposalView, Status, not_found, view};
use crate::bus::{self, Audience, Change};
use crate::community::events::EventId;
use crate::db::Conn;
use crate::db::schema::proposals;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::fields::Check;
use crate::identity::audit::{self, Source};
use crate::identity::people::{ERASED_NAME, UserId};
use crate::proposals::accounts::{self, CompanyRole, Member};
use crate::proposals::catalogue::{self, EventTypeId};

/// A proposal whose fields obey the rules.
#[derive(Debug, Clone)]
pub struct New {
    pub event_type_id: EventTypeId,
    pub location: String,
    /// In their order.
    pub dates: Vec<String>,
    pub proposed_to: UserId,
}

/// Makes a proposal of an event type that is there, to a vendor who is.
pub fn insert(conn: &mut Conn, member: &Member, new: &New, now: Timestamp) -> Result<ProposalView> {
    let mut check = Check::default();
    if catalogue::find(conn, new.event_type_id)?.is_none() {
        check.problem("eventName", "must be the id of an available event");
    }
    if !accounts::is_vendor(conn, new.proposed_to)? {
        check.problem("proposedTo", "must be the id of a vendor");
    }
    check.done()?;
    let (id, me) = (ProposalId::new(), member.user_id);
    let made = diesel::insert_into(proposals::table)
        .values((
            proposals::id.eq(id),
            proposals::event_type_id.eq(new.event_type_id),
            proposals::company_name.eq(&member.company_name),
            proposals::location.eq(&new.location),
            proposals::proposed_dates
                .eq(serde_json::to_string(&new.dates).map_err(Error::internal)?),
            proposals::proposed_by.eq(me),
            proposals::proposed_to.eq(new.proposed_to),
            proposals::status.eq(Status::Pending.as_str()),
            proposals::created_at.eq(now),
            proposals::updated_at.eq(now),
        ))
        .execute(conn);
    match made {
        // Whoever deleted the event type meanwhile was faster.
        Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
            return Err(Error::invalid(
                "eventName",
                "must be the id of an available event",
            ));
        }
        made => made?,
    };
    let change = Change::by(me, "proposal.created");
    bus::record(conn, now, about(change, id, me, new.proposed_to))?;
    let made = view::find(conn, me, CompanyRole::HumanResource, id)?;
    made.ok_or_else(|| Error::internal("a proposal that was not made"))
}

fn about(change: Change, id: ProposalId, by: UserId, to: UserId) -> Change {
    change
        .of("proposal_id", id)
        .of("proposed_by", by)
        .of("proposed_to", to)
        .heard_by(Audience::People)
}

/// Decides a proposal that is pending, in one statement, so that of two who decide at once one
/// does.
///
/// # Errors
/// 409 for one that is decided.
pub fn decide(
    conn: &mut Conn,
    id: ProposalId,
    me: UserId,
    decided: &Decided,
    source: Source,
    now: Timestamp,
) -> Result<ProposalView> {
    let pending = proposals::table
        .find(id)
        .filter(proposals::status.eq(Status::Pending.as_str()));
    let parties = diesel::update(pending)
        .set((
            proposals::status.eq(decided.status.as_str()),
            proposals::remarks.eq(&decided.remarks),
            proposals::event_date.eq(&decided.event_date),
            proposals::updated_at.eq(now),
        ))
        .returning((proposals::proposed_by, proposals::proposed_to))
        .get_result::<(UserId, UserId)>(conn)
        .optional()?;
    let Some((by, to)) = parties else {
        return Err(Error::conflict("This event is decided already."));
    };
    let (topic, role) = match decided.status {
        Status::Approved => ("proposal.approved", CompanyRole::Vendor),
        Status::Rejected => ("proposal.rejected", CompanyRole::Vendor),
        Status::Canceled => ("proposal.canceled", CompanyRole::HumanResource),
        Status::Pending => return Err(Error::internal("nothing was decided")),
    };
    audit::record(conn, source, Some(me), topic, Some(id), now)?;
    bus::record(conn, now, about(Change::by(me, topic), id, by, to))?;
    view::find(conn, me, role, id)?.ok_or_else(not_found)
}

/// Notes which event was made of a proposal.
pub(super) fn became(conn: &mut Conn, id: ProposalId, event_id: EventId) -> Result<()> {
    diesel::update(proposals::table.find(id))
        .set(proposals::event_id.eq(event_id))
        .execute(conn)?;
    Ok(())
}

/// Gives the proposals of a person to whom that person became.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<()> {
    diesel::update(proposals::table.filter(proposals::proposed_by.eq(from)))
        .set(proposals::proposed_by.eq(into))
        .execute(conn)?;
    diesel::update(proposals::table.filter(proposals::proposed_to.eq(from)))
        .set(proposals::proposed_to.eq(into))
        .execute(conn)?;
    Ok(())
}

/// Takes the words of a person who is erased out of what that person proposed and decided; what
/// the person proposed and nobody decided is taken back.
pub fn erase(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<()> {
    let made = proposals::table.filter(proposals::proposed_by.eq(user_id));
    diesel::update(made)
        .set((
            proposals::company_name.eq(ERASED_NAME),
            proposals::location.eq(""),
        ))
        .execute(conn)?;
    let decided = proposals::table
        .filter(proposals::proposed_to.eq(user_id))
        .filter(proposals::remarks.is_not_null());
    diesel::update(decided)
        .set(proposals::remarks.eq(""))
        .execute(conn)?;
    let pending = proposals::table
        .filter(proposals::proposed_by.eq(user_id))
        .filter(proposals::status.eq(Status::Pending.as_str()));
    let canceled = diesel::update(pending)
        .set((
            proposals::status.eq(Status::Canceled.as_str()),
            proposals::updated_at.eq(now),
        ))
        .returning((proposals::id, proposals::proposed_to))
        .get_results::<(ProposalId, UserId)>(conn)?;
    canceled.into_iter().try_for_each(|(id, to)| {
        let change = Change::by(user_id, "proposal.canceled");
        bus::record(conn, now, about(change, id, user_id, to))
    })
}
