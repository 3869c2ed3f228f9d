//! Who there is to deal with.
//!
//! Route: GET `/proposals/v1/users`.

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, get, routes};

use super::{AccountView, CLOSED, CompanyRole, Member};
use crate::db::schema::{company_accounts, users};
use crate::db::{Conn, Db, MultiBackend, containing, in_time};
use crate::error::{Error, Result};
use crate::http::envelope::Plain;
use crate::http::page::{Numbered, Query};
use crate::proposals::requests::Paged;

/// Items of a page where the caller does not say.
pub const DEFAULT_LIMIT: u8 = 10;
const QUERY_CHARS: usize = 100;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("accounts' users", |rocket| async {
        rocket.mount("/", routes![list])
    })
}

/// The accounts of a role, by user name.
#[utoipa::path(tag = "Accounts", security(("proposals" = [])),
    params(
        ("role" = Option<String>, Query, description = "`human-resource` or `vendor`; default: the one that the caller has not"),
        ("q" = Option<String>, Query, description = "A part of the user name or the company's, whatever its case"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 10"),
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1"),
    ),
    responses((status = 200, description = "A page of accounts", body = Paged<AccountView>)))]
#[get("/proposals/v1/users")]
async fn list(
    member: Member,
    query: Query<'_>,
    db: &State<Db>,
) -> Result<Plain<Paged<AccountView>>> {
    let role = match query.get("role") {
        None => member.role.other(),
        Some(text) => CompanyRole::read(text)
            .ok_or_else(|| Error::invalid("role", "must be human-resource or vendor"))?,
    };
    let page = query.numbered(DEFAULT_LIMIT)?;
    let words = query.text("q", QUERY_CHARS)?.map(containing);
    let found = db.scan(move |conn| search(conn, role, words.as_deref(), page));
    let (data, total) = found.await?;
    Ok(Plain::ok(Paged::new(data, page, total)))
}

fn search(
    conn: &mut Conn,
    role: CompanyRole,
    words: Option<&str>,
    page: Numbered,
) -> Result<(Vec<AccountView>, i64)> {
    let there = || {
        let mut there = company_accounts::table
            .inner_join(users::table)
            .filter(company_accounts::role.eq(role.as_str()))
            .filter(company_accounts::search_key.ne(CLOSED))
            .filter(users::erased_at.is_null())
            .filter(in_time())
            .into_boxed::<MultiBackend>();
        if let Some(words) = words {
            let found = company_accounts::search_key.like(words.to_owned());
            there = there.filter(found.escape('\\'));
        }
        there
    };
    let total = there().count().get_result(conn)?;
    let some = there()
        .order((company_accounts::username, company_accounts::user_id))
        .offset(page.offset())
        .limit(page.limit)
        .select(AccountView::as_select())
        .load(conn)?;
    Ok((some, total))
}
