//! Proposals, as their two sides see them.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;

use super::{ProposalId, Status};
use crate::community::events::{self, EventId};
use crate::db::schema::{self, company_accounts, event_types, proposals};
use crate::db::types::{Rfc3339, Timestamp};
use crate::db::{Conn, MultiBackend, in_time};
use crate::error::Result;
use crate::http::page::Numbered;
use crate::identity::people::UserId;
use crate::proposals::accounts::{AccountView, CompanyRole, Member};
use crate::proposals::catalogue::EventTypeView;

/// A proposal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalView {
    #[schema(inline)]
    pub id: ProposalId,
    /// What kind of event it is.
    pub event_name: EventTypeView,
    /// The organiser's company, when it was proposed.
    pub company_name: String,
    pub location: String,
    /// `YYYY-MM-DD`, in their order.
    #[schema(value_type = Vec<String>)]
    pub proposed_dates: Dates,
    pub proposed_by: AccountView,
    pub proposed_to: AccountView,
    /// `pending`, `canceled`, `approved` or `rejected`.
    pub status: String,
    #[schema(required)]
    pub remarks: Option<String>,
    /// The date that was approved.
    #[schema(required)]
    pub event_date: Option<String>,
    /// The community's event that was made of it.
    #[schema(inline, required)]
    pub event_id: Option<EventId>,
    #[schema(inline)]
    pub created_at: Rfc3339,
    #[schema(inline)]
    pub updated_at: Rfc3339,
}

/// Dates; the database keeps them as a JSON array.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromSqlRow)]
#[serde(transparent)]
pub struct Dates(pub Vec<String>);

impl<DB: Backend> FromSql<Text, DB> for Dates
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

/// What of a proposal is its own; a party's own export shows it so.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = proposals, check_for_backend(MultiBackend))]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub id: ProposalId,
    company_name: String,
    location: String,
    proposed_dates: Dates,
    status: String,
    remarks: Option<String>,
    event_date: Option<String>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

/// An account's columns: id, user name, company, role, since when.
type Account = (UserId, String, String, String, Timestamp);

impl ProposalView {
    fn of(
        row: Row,
        event_name: EventTypeView,
        by: Account,
        to: Account,
        event_id: Option<EventId>,
    ) -> Self {
        let account = |(id, username, company_name, role, created_at): Account| AccountView {
            id,
            username,
            company_name,
            role,
            created_at: created_at.into(),
        };
        Self {
            id: row.id,
            event_name,
            company_name: row.company_name,
            location: row.location,
            proposed_dates: row.proposed_dates,
            proposed_by: account(by),
            proposed_to: account(to),
            status: row.status,
            remarks: row.remarks,
            event_date: row.event_date,
            event_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The proposal with that id, if it is one of this side's.
pub fn find(
    conn: &mut Conn,
    who: UserId,
    role: CompanyRole,
    id: ProposalId,
) -> Result<Option<ProposalView>> {
    Ok(load(conn, who, role, Some(id), None, 0, 1)?.pop())
}

/// Up to 500 of the proposals that a person made or was made, after this one.
pub fn of(conn: &mut Conn, who: UserId, after: ProposalId) -> Result<Vec<Row>> {
    Ok(Row::query()
        .filter(
            proposals::proposed_by
                .eq(who)
                .or(proposals::proposed_to.eq(who)),
        )
        .filter(proposals::id.gt(after))
        .order(proposals::id)
        .limit(500)
        .load(conn)?)
}

/// The proposals of this side, newest first, and how many there are.
pub fn page(
    conn: &mut Conn,
    member: &Member,
    status: Option<Status>,
    page: Numbered,
) -> Result<(Vec<ProposalView>, i64)> {
    let mine = proposals::table.into_boxed::<MultiBackend>();
    let mut mine = match member.role {
        CompanyRole::HumanResource => mine.filter(proposals::proposed_by.eq(member.user_id)),
        CompanyRole::Vendor => mine.filter(proposals::proposed_to.eq(member.user_id)),
    };
    if let Some(status) = status {
        mine = mine.filter(proposals::status.eq(status.as_str()));
    }
    let total = mine.filter(in_time()).count().get_result(conn)?;
    let (offset, limit) = (page.offset(), page.limit);
    let some = load(
        conn,
        member.user_id,
        member.role,
        None,
        status,
        offset,
        limit,
    )?;
    Ok((some, total))
}

diesel::alias! {
    const ORGANISERS: Alias<Organisers> = company_accounts as organisers;
    const VENDORS: Alias<Vendors> = company_accounts as vendors;
}

fn load(
    conn: &mut Conn,
    who: UserId,
    role: CompanyRole,
    id: Option<ProposalId>,
    status: Option<Status>,
    offset: i64,
    limit: i64,
) -> Result<Vec<ProposalView>> {
    let account = (
        company_accounts::user_id,
        company_accounts::username,
        company_accounts::company_name,
        company_accounts::role,
        company_accounts::created_at,
    );
    let organiser = ORGANISERS.field(company_accounts::user_id);
    let vendor = VENDORS.field(company_accounts::user_id);
    // Its id is told to whoever may see the event.
    let event = schema::events::table
        .filter(schema::events::id.nullable().eq(proposals::event_id))
        .filter(events::visible_to(Some(who)))
        .select(schema::events::id)
        .single_value();
    let mut some = proposals::table
        .inner_join(event_types::table)
        .inner_join(ORGANISERS.on(organiser.eq(proposals::proposed_by)))
        .inner_join(VENDORS.on(vendor.eq(proposals::proposed_to)))
        .select((
            Row::as_select(),
            EventTypeView::as_select(),
            ORGANISERS.fields(account),
            VENDORS.fields(account),
            event,
        ))
        .order(proposals::id.desc())
        .offset(offset)
        .limit(limit)
        .into_boxed::<MultiBackend>();
    some = match role {
        CompanyRole::HumanResource => some.filter(proposals::proposed_by.eq(who)),
        CompanyRole::Vendor => some.filter(proposals::proposed_to.eq(who)),
    };
    if let Some(id) = id {
        some = some.filter(proposals::id.eq(id));
    }
    if let Some(status) = status {
        some = some.filter(proposals::status.eq(status.as_str()));
    }
    let rows = some.load::<(Row, EventTypeView, Account, Account, Option<EventId>)>(conn)?;
    let view = |(row, event_type, by, to, event)| ProposalView::of(row, event_type, by, to, event);
    Ok(rows.into_iter().map(view).collect())
}
