//! Accounts: which company a person acts for, as organiser or vendor. Owns `company_accounts`.

pub mod auth;
pub mod users;

use diesel::prelude::*;
use rocket::Request;
use rocket::fairing::AdHoc;
use rocket::request::{FromRequest, Outcome};
use serde::Serialize;

use super::requests;
use crate::bus::Heard;
use crate::bus::worker::{Subscriber, Verdict};
use crate::clock::Clock;
use crate::db::schema::{company_accounts, users as people_table};
use crate::db::types::{Rfc3339, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::envelope;
use crate::identity::grants;
use crate::identity::jwt::{self, Audience};
use crate::identity::people::{self, ERASED_NAME, UserId};

/// What is found of an account that is closed.
const CLOSED: &str = "";

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("accounts", |rocket| async {
        rocket.attach(auth::stage()).attach(users::stage())
    })
}

/// In which role a person acts for a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompanyRole {
    /// Proposes events.
    HumanResource,
    /// Is proposed events to.
    Vendor,
}

impl CompanyRole {
    /// Reads its name.
    pub fn read(text: &str) -> Option<Self> {
        [Self::HumanResource, Self::Vendor]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    /// Its name, on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HumanResource => "human-resource",
            Self::Vendor => "vendor",
        }
    }

    /// The one that this one deals with.
    pub fn other(self) -> Self {
        match self {
            Self::HumanResource => Self::Vendor,
            Self::Vendor => Self::HumanResource,
        }
    }
}

/// An account, as those see it who are signed in.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = company_accounts, check_for_backend(MultiBackend))]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    #[schema(inline)]
    #[diesel(column_name = user_id)]
    pub id: UserId,
    pub username: String,
    pub company_name: String,
    /// `human-resource` or `vendor`.
    pub role: String,
    #[schema(inline)]
    pub created_at: Rfc3339,
}

/// Whoever is signed in here, by a token of audience `proposals`; anyone else is refused with
/// 401.
pub struct Member {
    /// Who it is.
    pub user_id: UserId,
    /// As what.
    pub role: CompanyRole,
    /// For whom.
    pub company_name: String,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Member {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match member(request).await {
            Ok(member) => Outcome::Success(member),
            Err(error) => Outcome::Error(envelope::park(request, error)),
        }
    }
}

async fn member(request: &Request<'_>) -> Result<Member> {
    let claims = jwt::shown(request).ok_or(Error::NoToken)?;
    if claims.aud != Audience::Proposals {
        return Err(Error::NoToken);
    }
    let (Some(db), Some(clock)) = (
        request.rocket().state::<Db>(),
        request.rocket().state::<Clock>(),
    ) else {
        return Err(Error::internal("no database"));
    };
    let (user_id, grant_id) = (claims.sub, claims.sid);
    let now = Timestamp(clock.now());
    let account = db.read(move |conn| {
        let account = AccountView::query()
            .filter(company_accounts::user_id.eq(user_id))
            .filter(grants::holds(grant_id, user_id, Audience::Proposals, now));
        Ok(account.first(conn).optional()?)
    });
    let account = account.await?.ok_or(Error::NoToken)?;
    Ok(Member {
        user_id,
        role: CompanyRole::read(&account.role).ok_or_else(|| Error::internal("an unknown role"))?,
        company_name: account.company_name,
    })
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub username: String,
    pub company_name: String,
    pub role: CompanyRole,
}

/// Gives a person an account.
pub fn insert(conn: &mut Conn, user_id: UserId, new: &NewAccount, now: Timestamp) -> Result<()> {
    diesel::insert_into(company_accounts::table)
        .values((
            company_accounts::user_id.eq(user_id),
            company_accounts::username.eq(&new.username),
            company_accounts::company_name.eq(&new.company_name),
            company_accounts::search_key.eq(search_key(&new.username, &new.company_name)),
            company_accounts::role.eq(new.role.as_str()),
            company_accounts::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// What a search looks into.
fn search_key(username: &str, company_name: &str) -> String {
    format!("{username}\n{}", company_name.to_lowercase())
}

/// A person's account.
pub fn find(conn: &mut Conn, user_id: UserId) -> Result<Option<AccountView>> {
    Ok(AccountView::query()
        .filter(company_accounts::user_id.eq(user_id))
        .first(conn)
        .optional()?)
}

/// Whether a person has an account that is not closed.
pub fn is_open(conn: &mut Conn, user_id: UserId) -> Result<bool> {
    let one = company_accounts::table
        .find(user_id)
        .filter(company_accounts::search_key.ne(CLOSED))
        .select(company_accounts::user_id);
    Ok(diesel::select(diesel::dsl::exists(one)).get_result(conn)?)
}

/// Whether that is a vendor who is still there.
pub fn is_vendor(conn: &mut Conn, user_id: UserId) -> Result<bool> {
    let one = company_accounts::table
        .inner_join(people_table::table)
        .filter(company_accounts::user_id.eq(user_id))
        .filter(company_accounts::role.eq(CompanyRole::Vendor.as_str()))
        .filter(company_accounts::search_key.ne(CLOSED))
        .filter(people_table::erased_at.is_null())
        .select(company_accounts::user_id);
    Ok(diesel::select(diesel::dsl::exists(one)).get_result(conn)?)
}

/// Gives the account of a person to whom that person became, who has none that is open.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<()> {
    if is_open(conn, from)? {
        diesel::delete(company_accounts::table.find(into)).execute(conn)?;
    }
    diesel::update(company_accounts::table.find(from))
        .set(company_accounts::user_id.eq(into))
        .execute(conn)?;
    Ok(())
}

/// Closes the account of whoever removes the user name: nobody finds it any more, and the name is
/// free. What was proposed stays.
pub const CLOSING: Subscriber = Subscriber {
    name: "accounts without a user name",
    topics: &["user.updated"],
    hear: close,
};

fn close(conn: &mut Conn, heard: &Heard, _: Timestamp) -> Result<Verdict> {
    let user_id = heard.id("user_id")?;
    if !is_open(conn, user_id)? {
        return Ok(Verdict::Done);
    }
    let logins = people::logins(conn, user_id)?;
    if logins.iter().all(|login| login.kind != "username") {
        diesel::update(company_accounts::table.find(user_id))
            .set((
                company_accounts::username.eq(ERASED_NAME),
                company_accounts::search_key.eq(CLOSED),
            ))
            .execute(conn)?;
    }
    Ok(Verdict::Done)
}

/// Takes the names out of the accounts of people who are erased, and the words out of what they
/// proposed and decided.
pub const ERASURES: Subscriber = Subscriber {
    name: "accounts of erased people",
    topics: &["user.erased"],
    hear: erase,
};

fn erase(conn: &mut Conn, heard: &Heard, now: Timestamp) -> Result<Verdict> {
    let user_id = heard.id("user_id")?;
    diesel::update(company_accounts::table.find(user_id))
        .set((
            company_accounts::username.eq(ERASED_NAME),
            company_accounts::company_name.eq(ERASED_NAME),
            company_accounts::search_key.eq(CLOSED),
        ))
        .execute(conn)?;
    requests::erase(conn, user_id, now)?;
    Ok(Verdict::Done)
}
