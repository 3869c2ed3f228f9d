//! Makes the community's event of a proposal that was approved: once, since the event commits
//! together with the subscriber's place in the log.
//!
//! Emits: `event.published`.

use diesel::prelude::*;

use super::{ProposalId, Status, write};
use crate::bus::Heard;
use crate::bus::worker::{Subscriber, Verdict};
use crate::community::events::{self, EventId, Plan};
use crate::db::Conn;
use crate::db::schema::{event_types, proposals};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::identity::people::{self, UserId};

/// Most characters of an event's title.
const TITLE_CHARS: usize = 120;

/// The subscriber.
pub const SUBSCRIBER: Subscriber = Subscriber {
    name: "events of approved proposals",
    topics: &["proposal.approved"],
    hear,
};

#[derive(Queryable)]
struct Approved {
    status: String,
    event_id: Option<EventId>,
    event_date: Option<String>,
    event_name: String,
    company_name: String,
    location: String,
    proposed_by: UserId,
}

fn hear(conn: &mut Conn, heard: &Heard, now: Timestamp) -> Result<Verdict> {
    let id = heard.id::<super::Proposal>("proposal_id")?;
    let Some(approved) = find(conn, id)? else {
        return Ok(Verdict::Done);
    };
    if approved.event_id.is_some() || approved.status != Status::Approved.as_str() {
        return Ok(Verdict::Done);
    }
    let Some(date) = approved.event_date else {
        return Ok(Verdict::Refused("it was approved without a date".into()));
    };
    match people::check_may_write(conn, approved.proposed_by) {
        Err(Error::Unauthorized(_)) => {
            return Ok(Verdict::Refused("the organiser is gone".into()));
        }
        Err(Error::Forbidden(_)) => {
            return Ok(Verdict::Refused("the organiser is suspended".into()));
        }
        // Any other failure is the database's, and the change is tried again.
        may => may?,
    }
    let title = format!("{} – {}", approved.event_name, approved.company_name);
    let plan = Plan {
        title: &title.chars().take(TITLE_CHARS).collect::<String>(),
        description: "",
        location: &approved.location,
        timezone: "UTC",
        date: &date,
        from: "00:00:00",
        to: "23:59:59",
        group_id: None,
    };
    let event_id = events::publish(conn, approved.proposed_by, &plan, now)?;
    write::became(conn, id, event_id)?;
    Ok(Verdict::Done)
}

fn find(conn: &mut Conn, id: ProposalId) -> Result<Option<Approved>> {
    Ok(proposals::table
        .inner_join(event_types::table)
        .filter(proposals::id.eq(id))
        .select((
            proposals::status,
            proposals::event_id,
            proposals::event_date,
            event_types::name,
            proposals::company_name,
            proposals::location,
            proposals::proposed_by,
        ))
        .first(conn)
        .optional()?)
}
