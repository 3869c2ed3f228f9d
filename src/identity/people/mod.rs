//! People and their logins. Identity is the login, never the e-mail.
//!
//! Emits: `user.created`, `user.updated`, `user.suspended`, `user.restored`, `user.erased`.

use diesel::prelude::*;
use serde::Serialize;

use crate::bus::{self, Audience, Change};
use crate::db::schema::{erasures, logins, users};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, MultiBackend, on_backend};
use crate::error::{Error, Result};

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
}

impl Login {
    fn kind(&self) -> &'static str {
        match self {
            Self::Google(_) => "google",
        }
    }

    /// What names the account at whoever vouches for it.
    pub fn subject(&self) -> &str {
        match self {
            Self::Google(sub) => sub,
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

/// The person with that login, made from the profile if there is none yet. A person who
/// is known keeps the profile as it is.
pub fn find_or_make(
    conn: &mut Conn,
    login: &Login,
    profile: &Profile,
    now: Timestamp,
) -> Result<Person> {
    let known = logins::table
        .filter(logins::kind.eq(login.kind()))
        .filter(logins::subject.eq(login.subject()))
        .select(logins::user_id)
        .first::<UserId>(conn)
        .optional()?;
    if let Some(id) = known {
        return find(conn, id)?.ok_or_else(|| Error::internal("a login without a person"));
    }
    let person = Person {
        id: Id::new(),
        name: profile.name.clone(),
        email: profile.email.clone(),
        avatar: profile.avatar.clone(),
        created_at: now,
        updated_at: now,
    };
    diesel::insert_into(users::table)
        .values((
            users::id.eq(person.id),
            users::name.eq(&person.name),
            users::email.eq(&person.email),
            users::avatar.eq(&person.avatar),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        ))
        .execute(conn)?;
    diesel::insert_into(logins::table)
        .values((
            logins::id.eq(Id::<Login>::new()),
            logins::user_id.eq(person.id),
            logins::kind.eq(login.kind()),
            logins::subject.eq(login.subject()),
            logins::created_at.eq(now),
        ))
        .execute(conn)?;
    let change = Change::by(person.id, "user.created").of("user_id", person.id);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    Ok(person)
}

/// The person with that id.
pub fn find(conn: &mut Conn, id: UserId) -> Result<Option<Person>> {
    Ok(Person::query()
        .filter(users::id.eq(id))
        .first(conn)
        .optional()?)
}

/// What everyone may know of the person with that id; none if the person was erased.
pub fn find_public(conn: &mut Conn, id: UserId) -> Result<Option<PublicPerson>> {
    Ok(PublicPerson::query()
        .filter(users::id.eq(id))
        .filter(users::erased_at.is_null())
        .first(conn)
        .optional()?)
}

/// What everyone may know of these people.
pub fn public_of(conn: &mut Conn, ids: &[UserId]) -> Result<Vec<PublicPerson>> {
    Ok(PublicPerson::query()
        .filter(users::id.eq_any(ids))
        .load(conn)?)
}

/// Replaces a person's profile; records which fields changed, and nothing if none did.
pub fn update(conn: &mut Conn, id: UserId, profile: &Profile, now: Timestamp) -> Result<Person> {
    let mut person = find(conn, id)?.ok_or_else(|| Error::not_found("User not found"))?;
    let changed = [
        ("name", person.name != profile.name),
        ("email", person.email != profile.email),
        ("avatar", person.avatar != profile.avatar),
    ];
    let changed = changed
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name));
    let changed = changed.collect::<Vec<_>>();
    if changed.is_empty() {
        return Ok(person);
    }
    diesel::update(users::table.find(id))
        .set((
            users::name.eq(&profile.name),
            users::email.eq(&profile.email),
            users::avatar.eq(&profile.avatar),
            users::updated_at.eq(now),
        ))
        .execute(conn)?;
    person.name.clone_from(&profile.name);
    person.email.clone_from(&profile.email);
    person.avatar.clone_from(&profile.avatar);
    person.updated_at = now;
    let change = Change::by(id, "user.updated")
        .of("user_id", id)
        .fields(changed);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    Ok(person)
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

/// Keeps a person from writing, or lets the person write again; false if it is so already.
/// Ending the person's sessions is [`super::session::end_all`].
pub fn suspend(conn: &mut Conn, id: UserId, suspended: bool, now: Timestamp) -> Result<bool> {
    let there = users::table
        .filter(users::id.eq(id))
        .filter(users::erased_at.is_null())
        .select(users::suspended_at.is_not_null())
        .first::<bool>(conn)
        .optional()?
        .ok_or_else(|| Error::not_found("User not found"))?;
    if there == suspended {
        return Ok(false);
    }
    diesel::update(users::table.find(id))
        .set(users::suspended_at.eq(suspended.then_some(now)))
        .execute(conn)?;
    let topic = match suspended {
        true => "user.suspended",
        false => "user.restored",
    };
    let change = Change::by_server(topic).of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    Ok(true)
}

/// Blanks a person: name, e-mail, avatar and logins go, and nobody signs in as that person
/// again. What the person made elsewhere is removed by those who keep it, which
/// [`unfinished_erasures`] remembers.
///
/// # Errors
/// 401 for a person who was erased before.
pub fn erase(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<()> {
    let person = users::table.find(id).filter(users::erased_at.is_null());
    let erased = diesel::update(person)
        .set((
            users::name.eq(ERASED_NAME),
            users::email.eq(None::<String>),
            users::avatar.eq(None::<String>),
            users::updated_at.eq(now),
            users::erased_at.eq(now),
        ))
        .execute(conn)?;
    if erased == 0 {
        return Err(Error::Unauthorized(None));
    }
    diesel::delete(logins::table.filter(logins::user_id.eq(id))).execute(conn)?;
    diesel::insert_into(erasures::table)
        .values((erasures::user_id.eq(id), erasures::begun_at.eq(now)))
        .execute(conn)?;
    let change = Change::by(id, "user.erased").of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

/// Up to 100 people whose erasure began before that time and is not known to be complete.
pub fn unfinished_erasures(conn: &mut Conn, before: Timestamp) -> Result<Vec<UserId>> {
    Ok(erasures::table
        .filter(erasures::begun_at.lt(before))
        .order(erasures::begun_at)
        .limit(100)
        .select(erasures::user_id)
        .load(conn)?)
}

/// Notes that an erasure is complete.
pub fn finish_erasure(conn: &mut Conn, id: UserId) -> Result<()> {
    diesel::delete(erasures::table.find(id)).execute(conn)?;
    Ok(())
}

/// A login, as its person's own export shows it.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = logins, check_for_backend(MultiBackend))]
pub struct LoginView {
    kind: String,
    subject: String,
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
