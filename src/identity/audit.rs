//! Who did what about access, and what was decided. Owns `audit`.
//!
//! Route: GET `/api/v1/admin/audit`.

use std::net::IpAddr;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, State, get, routes};
use serde::Serialize;

use super::guard::Admin;
use super::people::UserId;
use super::roles::Permission;
use crate::db::schema::audit;
use crate::db::types::{Id, Rfc3339, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::Result;
use crate::http::envelope::Plain;
use crate::http::page::{Limit, Query};
use crate::http::{address, finish};

/// Names the list, which cursors are signed for.
const LIST: &str = "audit by age";

/// Marks the ids of entries.
pub enum Entry {}
/// The id of an entry.
pub type EntryId = Id<Entry>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("audit", |rocket| async { rocket.mount("/", routes![list]) })
}

/// Where a call came from, for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    address: Option<IpAddr>,
    request_id: Option<Id<()>>,
}

impl Source {
    /// Whoever runs the server, in its shell.
    pub const SHELL: Self = Self {
        address: None,
        request_id: None,
    };
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Source {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self {
            address: Some(address::of(request)),
            request_id: Some(finish::request_id(request).into()),
        })
    }
}

/// Adds an entry: whose account, what (`noun.verbed`), and to what.
pub fn record<T>(
    conn: &mut Conn,
    source: Source,
    actor: Option<UserId>,
    action: &'static str,
    subject: Option<Id<T>>,
    at: Timestamp,
) -> Result<()> {
    diesel::insert_into(audit::table)
        .values((
            audit::id.eq(EntryId::new()),
            audit::at.eq(at),
            audit::actor_id.eq(actor),
            audit::action.eq(action),
            audit::subject_id.eq(subject.map(Id::of::<()>)),
            audit::address.eq(source.address.map(|address| address.to_string())),
            audit::request_id.eq(source.request_id),
        ))
        .execute(conn)?;
    Ok(())
}

/// An entry of the record.
#[derive(Debug, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = audit, check_for_backend(MultiBackend))]
pub struct AuditEntry {
    #[schema(inline)]
    id: EntryId,
    #[schema(inline)]
    at: Rfc3339,
    /// Whose account it was; null: nobody's, or the shell.
    #[schema(inline, required)]
    actor_id: Option<UserId>,
    /// Such as `sign_in.failed`.
    action: String,
    /// What it was done to.
    #[schema(value_type = Option<String>, required)]
    subject_id: Option<Id<()>>,
    /// The caller's; null: the shell.
    #[schema(required)]
    address: Option<String>,
    /// `X-Request-Id` of the call.
    #[schema(value_type = Option<String>, required)]
    request_id: Option<Id<()>>,
}

impl AuditEntry {
    /// Its id.
    pub fn id(&self) -> EntryId {
        self.id
    }
}

/// Up to 500 of a person's entries after this one, as the person's own export shows them.
pub fn of(conn: &mut Conn, user_id: UserId, after: EntryId) -> Result<Vec<AuditEntry>> {
    Ok(AuditEntry::query()
        .filter(audit::actor_id.eq(user_id))
        .filter(audit::id.gt(after))
        .order(audit::id)
        .limit(500)
        .load(conn)?)
}

/// A page of the record.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditPage {
    entries: Vec<AuditEntry>,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// Sign-ins, failures, changes of roles and tokens, and decisions, newest first. For super
/// admins.
#[utoipa::path(tag = "Admins", security(("admin" = [])),
    params(
        ("action" = Option<String>, Query, description = "Such as `sign_in.failed`"),
        ("actor" = Option<UserId>, Query, description = "Whose account it was"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page of the record", body = AuditPage)))]
#[get("/api/v1/admin/audit")]
async fn list(admin: Admin, query: Query<'_>, db: &State<Db>) -> Result<Plain<AuditPage>> {
    admin.may(Permission::ReadAudit)?;
    let (limit, before) = (query.limit()?, query.cursor::<EntryId>(LIST)?);
    let action = query.text("action", 100)?.map(str::to_owned);
    let actor = query.id("actor")?;
    let rows = db.read(move |conn| page(conn, action.as_deref(), actor, before, limit));
    let (entries, next) = query.page(LIST, limit, rows.await?, |row| row.id)?;
    Ok(Plain::ok(AuditPage { entries, next }))
}

fn page(
    conn: &mut Conn,
    action: Option<&str>,
    actor: Option<UserId>,
    before: Option<EntryId>,
    limit: Limit,
) -> Result<Vec<AuditEntry>> {
    let mut entries = AuditEntry::query()
        .order(audit::id.desc())
        .limit(limit.rows())
        .into_boxed();
    if let Some(action) = action {
        entries = entries.filter(audit::action.eq(action));
    }
    if let Some(actor) = actor {
        entries = entries.filter(audit::actor_id.eq(actor));
    }
    if let Some(before) = before {
        entries = entries.filter(audit::id.lt(before));
    }
    Ok(entries.load(conn)?)
}

/// Blanks the addresses in the entries of a person who is erased, 500 at a time; how many they
/// were.
pub fn erase(conn: &mut Conn, user_id: UserId) -> Result<usize> {
    let some = audit::table
        .filter(audit::actor_id.eq(user_id))
        .filter(audit::address.is_not_null())
        .select(audit::id)
        .limit(500)
        .load::<EntryId>(conn)?;
    Ok(diesel::update(audit::table.filter(audit::id.eq_any(some)))
        .set(audit::address.eq(None::<String>))
        .execute(conn)?)
}

/// Gives the entries of a person to whom that person became, 500 at a time; how many they were.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<usize> {
    let some = audit::table
        .filter(audit::actor_id.eq(from))
        .select(audit::id)
        .limit(500)
        .load::<EntryId>(conn)?;
    Ok(diesel::update(audit::table.filter(audit::id.eq_any(some)))
        .set(audit::actor_id.eq(into))
        .execute(conn)?)
}

/// Forgets entries made before `until`, 500 at a time; how many they were. Ids are in the order
/// of time, so this needs no index on the time.
pub fn sweep(conn: &mut Conn, until: Timestamp) -> Result<usize> {
    let oldest = audit::table
        .select((audit::id, audit::at))
        .order(audit::id)
        .limit(500)
        .load::<(EntryId, Timestamp)>(conn)?;
    match oldest.iter().take_while(|(_, at)| *at < until).last() {
        None => Ok(0),
        Some((last, _)) => {
            Ok(diesel::delete(audit::table.filter(audit::id.le(last))).execute(conn)?)
        }
    }
}
