//! People and their logins. Identity is the login, never the e-mail.
//!
//! Emits: `user.created`, `user.updated`, `user.suspended`, `user.restored`, `user.erased`,
//! `user.merged`, `user.password_changed`.

mod write;

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{admins, erasures, logins, merges, users};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, MultiBackend, on_backend};
use crate::error::{Error, Result};

pub use write::{
    erase, find_or_make, finish_erasure, finish_merge, make, merge, record_arrival,
    record_new_password, remove_login, suspend, update,
};

/// Marks the ids of people.
pub enum User {}
/// The id of a person.
pub type UserId = Id<User>;

/// The name of a person who was erased.
pub const ERASED_NAME: &str = "deleted user";

/// Most characters of a name.
pub const NAME_CHARS: usize = 120;

/// A person, as that person sees it.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = users, check_for_backend(MultiBackend))]
pub struct Person {
    #[schema(inline)]
    pub id: UserId,
    pub name: String,
    /// Contact data; not verified once it was edited.
    #[schema(required)]
    pub email: Option<String>,
    #[schema(required)]
    pub avatar: Option<String>,
    #[schema(inline)]
    pub created_at: Timestamp,
    #[schema(inline)]
    pub updated_at: Timestamp,
}

/// A person, as everyone sees it.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = users, check_for_backend(MultiBackend))]
pub struct PublicPerson {
    #[schema(inline)]
    pub id: UserId,
    pub name: String,
    #[schema(required)]
    pub avatar: Option<String>,
}

/// What a person signs in with.
#[derive(Debug, Clone)]
pub enum Login {
    /// Google's `sub`.
    Google(String),
    /// A user name, folded.
    Username(String),
    /// An admin's e-mail, folded.
    AdminEmail(String),
}

/// The id of a login.
pub type LoginId = Id<Login>;

impl Login {
    /// Its kind's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Google(_) => "google",
            Self::Username(_) => "username",
            Self::AdminEmail(_) => "admin_email",
        }
    }

    /// False for what somebody typed that no database keeps: PostgreSQL has no text with NUL.
    pub fn is_text(&self) -> bool {
        !self.subject().contains('\0')
    }

    /// What names the account at whoever vouches for it.
    pub fn subject(&self) -> &str {
        match self {
            Self::Google(subject) | Self::Username(subject) | Self::AdminEmail(subject) => subject,
        }
    }
}

/// What a login tells of a person who is new here.
#[derive(Debug, Clone)]
pub struct Profile {
    pub name: String,
    pub email: Option<String>,
    pub avatar: Option<String>,
}

/// The person with that id.
pub fn find(conn: &mut Conn, id: UserId) -> Result<Option<Person>> {
    Ok(Person::query()
        .filter(users::id.eq(id))
        .first(conn)
        .optional()?)
}

/// What everyone may know of the person with that id; none if the person was erased, or
/// is an admin, who is nobody in the community.
pub fn find_public(conn: &mut Conn, id: UserId) -> Result<Option<PublicPerson>> {
    let admin = admins::table.filter(admins::user_id.eq(users::id));
    Ok(PublicPerson::query()
        .filter(users::id.eq(id))
        .filter(users::erased_at.is_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(admin)))
        .first(conn)
        .optional()?)
}

/// What everyone may know of these people.
pub fn public_of(conn: &mut Conn, ids: &[UserId]) -> Result<Vec<PublicPerson>> {
    Ok(PublicPerson::query()
        .filter(users::id.eq_any(ids))
        .load(conn)?)
}

/// Asks whether a person may write, in the transaction of the write.
///
/// # Errors
/// 403 for a person who is suspended, 401 for one who was erased meanwhile.
pub fn check_may_write(conn: &mut Conn, id: UserId) -> Result<()> {
    let found = on_backend!(conn, conn => users::table
        .find(id)
        .select((users::suspended_at, users::erased_at))
        .first::<(Option<Timestamp>, Option<Timestamp>)>(conn))
    .optional()?;
    match found {
        Some((None, None)) => Ok(()),
        Some((Some(_), None)) => Err(Error::Forbidden(None)),
        Some((_, Some(_))) | None => Err(Error::Unauthorized(None)),
    }
}

/// Up to 100 people whose erasure began before that time and is not known to be complete; but
/// for those whom somebody is becoming.
pub fn unfinished_erasures(conn: &mut Conn, before: Timestamp) -> Result<Vec<UserId>> {
    let becoming = merges::table.filter(merges::into_id.eq(erasures::user_id));
    Ok(erasures::table
        .filter(erasures::begun_at.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(becoming)))
        .order(erasures::begun_at)
        .limit(100)
        .select(erasures::user_id)
        .load(conn)?)
}

/// Up to 100 people who became others before that time and are not gone yet: who, and whom.
pub fn unfinished_merges(conn: &mut Conn, before: Timestamp) -> Result<Vec<(UserId, UserId)>> {
    Ok(merges::table
        .filter(merges::begun_at.lt(before))
        .order(merges::begun_at)
        .limit(100)
        .select((merges::from_id, merges::into_id))
        .load(conn)?)
}

/// Up to 100 people who are becoming that one.
pub fn becoming(conn: &mut Conn, into: UserId) -> Result<Vec<UserId>> {
    Ok(merges::table
        .filter(merges::into_id.eq(into))
        .limit(100)
        .select(merges::from_id)
        .load(conn)?)
}

/// A login, as its own person sees it.
#[derive(Debug, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = logins, check_for_backend(MultiBackend))]
pub struct LoginView {
    #[schema(inline)]
    pub id: LoginId,
    /// `google`, `username` or `admin_email`.
    pub kind: String,
    /// Google's number for the account, the user name, or the e-mail.
    pub subject: String,
    #[schema(inline)]
    created_at: Timestamp,
}

/// What a person signs in with; a handful.
pub fn logins(conn: &mut Conn, id: UserId) -> Result<Vec<LoginView>> {
    Ok(LoginView::query()
        .filter(logins::user_id.eq(id))
        .order(logins::id)
        .limit(100)
        .load(conn)?)
}

/// Who signs in with that.
pub fn of_login(conn: &mut Conn, login: &Login) -> Result<Option<UserId>> {
    if !login.is_text() {
        return Ok(None);
    }
    Ok(logins::table
        .filter(logins::kind.eq(login.kind()))
        .filter(logins::subject.eq(login.subject()))
        .select(logins::user_id)
        .first(conn)
        .optional()?)
}
