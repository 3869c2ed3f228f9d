//! What changes people and their logins.

use diesel::prelude::*;

use super::{
    ERASED_NAME, Login, LoginId, LoginView, Person, Profile, UserId, find, find_public,
    logins as logins_of, of_login,
};
use crate::bus::{self, Audience, Change};
use crate::db::schema::{barred_logins, erasures, logins, merges, users};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, OrIgnore};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What logins of suspended people who are gone are hashed for.
const BARRED: &str = "barred logins 1";

/// The person with that login, made from the profile if there is none yet. A person who
/// is known keeps the profile as it is.
pub fn find_or_make(
    conn: &mut Conn,
    login: &Login,
    profile: &Profile,
    secret: &Secret,
    now: Timestamp,
) -> Result<Person> {
    if let Some(id) = of_login(conn, login)? {
        return find(conn, id)?.ok_or_else(|| Error::internal("a login without a person"));
    }
    let (person, _) = make(conn, login, profile, secret, now)?;
    record_arrival(conn, person.id, now)?;
    Ok(person)
}

/// Tells that a person is new here.
pub fn record_arrival(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<()> {
    let change = Change::by(id, "user.created").of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

/// Makes a person with a login that nobody has. Telling it is the caller's: an admin is no new
/// person of the community.
///
/// # Errors
/// A unique violation if somebody has it.
pub fn make(
    conn: &mut Conn,
    login: &Login,
    profile: &Profile,
    secret: &Secret,
    now: Timestamp,
) -> Result<(Person, LoginId)> {
    let barred = barred_logins::table
        .filter(barred_logins::login_hash.eq_any(secret.hashes(BARRED, &text_of(login))))
        .count()
        .get_result::<i64>(conn)?;
    let person = Person {
        id: Id::new(),
        name: profile.name.clone(),
        email: profile.email.clone(),
        avatar: profile.avatar.clone(),
        created_at: now,
        updated_at: now,
    };
    let login_id = LoginId::new();
    diesel::insert_into(users::table)
        .values((
            users::id.eq(person.id),
            users::name.eq(&person.name),
            users::email.eq(&person.email),
            users::avatar.eq(&person.avatar),
            users::created_at.eq(now),
            users::updated_at.eq(now),
            // Whoever was suspended, and gone, and is back, is still suspended.
            users::suspended_at.eq((barred > 0).then_some(now)),
        ))
        .execute(conn)?;
    diesel::insert_into(logins::table)
        .values((
            logins::id.eq(login_id),
            logins::user_id.eq(person.id),
            logins::kind.eq(login.kind()),
            logins::subject.eq(login.subject()),
            logins::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok((person, login_id))
}

/// One text for each login.
fn text_of(login: &Login) -> Vec<u8> {
    [login.kind(), login.subject()].join(" ").into_bytes()
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

/// Keeps a person from writing, or lets the person write again; false if it is so already.
/// Ending the person's sessions is [`crate::identity::session::end_all`].
pub fn suspend(
    conn: &mut Conn,
    id: UserId,
    suspended: bool,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<bool> {
    if find_public(conn, id)?.is_none() {
        return Err(Error::not_found("User not found"));
    }
    // In one statement, so that of two at once one does it.
    let other = users::table
        .find(id)
        .filter(users::suspended_at.is_null().eq(suspended));
    let changed = diesel::update(other)
        .set(users::suspended_at.eq(suspended.then_some(now)))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    let topic = match suspended {
        true => "user.suspended",
        false => "user.restored",
    };
    let change = Change::by_admin(by, topic).of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    Ok(true)
}

/// Blanks a person: name, e-mail, avatar and logins go, and nobody signs in as that person
/// again. What the person made elsewhere is removed by those who keep it, which
/// [`super::unfinished_erasures`] remembers.
///
/// # Errors
/// 401 for a person who was erased before.
pub fn erase(conn: &mut Conn, id: UserId, secret: &Secret, now: Timestamp) -> Result<()> {
    bar_logins(conn, id, secret, now)?;
    blank(conn, id, now)?;
    diesel::delete(logins::table.filter(logins::user_id.eq(id))).execute(conn)?;
    diesel::insert_into(erasures::table)
        .values((erasures::user_id.eq(id), erasures::begun_at.eq(now)))
        .execute(conn)?;
    let change = Change::by(id, "user.erased").of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

/// Remembers the logins of a person who is suspended.
fn bar_logins(conn: &mut Conn, id: UserId, secret: &Secret, now: Timestamp) -> Result<()> {
    let subjects = logins::table
        .inner_join(users::table)
        .filter(users::id.eq(id))
        .filter(users::suspended_at.is_not_null())
        .select((logins::kind, logins::subject))
        .load::<(String, String)>(conn)?;
    for (kind, subject) in subjects {
        let text = [kind, subject].join(" ");
        let row = diesel::insert_into(barred_logins::table).values((
            barred_logins::login_hash.eq(secret.hash(BARRED, text.as_bytes())),
            barred_logins::barred_at.eq(now),
        ));
        OrIgnore(row).execute(conn)?;
    }
    Ok(())
}

/// Takes a person's name, e-mail and avatar away.
///
/// # Errors
/// 401 for a person who is gone.
fn blank(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<()> {
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
    match erased {
        0 => Err(Error::Unauthorized(None)),
        _ => Ok(()),
    }
}

/// Notes that an erasure is complete.
pub fn finish_erasure(conn: &mut Conn, id: UserId) -> Result<()> {
    diesel::delete(erasures::table.find(id)).execute(conn)?;
    Ok(())
}

/// Makes one person of two: the other's logins are this one's, and nobody is the other any
/// more. What the other made is given over by those who keep it, which
/// [`super::unfinished_merges`] remembers.
///
/// # Errors
/// 401 for one who is gone.
pub fn merge(conn: &mut Conn, from: UserId, into: UserId, now: Timestamp) -> Result<()> {
    if find_public(conn, into)?.is_none() {
        return Err(Error::Unauthorized(None));
    }
    blank(conn, from, now)?;
    diesel::update(logins::table.filter(logins::user_id.eq(from)))
        .set(logins::user_id.eq(into))
        .execute(conn)?;
    // Whoever became that person before goes along.
    diesel::update(merges::table.filter(merges::into_id.eq(from)))
        .set(merges::into_id.eq(into))
        .execute(conn)?;
    diesel::insert_into(merges::table)
        .values((
            merges::from_id.eq(from),
            merges::into_id.eq(into),
            merges::begun_at.eq(now),
        ))
        .execute(conn)?;
    let change = Change::by(into, "user.merged")
        .of("user_id", into)
        .of("merged_id", from);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

/// Removes the row of a person who became another, when nothing is left that names it.
pub fn finish_merge(conn: &mut Conn, from: UserId) -> Result<()> {
    let merged = merges::table.filter(merges::from_id.eq(from));
    if diesel::select(diesel::dsl::exists(merged)).get_result::<bool>(conn)? {
        diesel::delete(users::table.find(from)).execute(conn)?;
    }
    Ok(())
}

/// Tells that a person has another password.
pub fn record_new_password(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<()> {
    let change = Change::by(id, "user.password_changed").of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

/// Removes one of a person's logins.
///
/// # Errors
/// 404 for a login that is not this person's, 409 for the last one.
pub fn remove_login(
    conn: &mut Conn,
    user_id: UserId,
    id: LoginId,
    now: Timestamp,
) -> Result<LoginView> {
    let mut all = logins_of(conn, user_id)?;
    let at = all.iter().position(|login| login.id == id);
    let at = at.ok_or_else(|| Error::not_found("Login not found"))?;
    if all.len() == 1 {
        return Err(Error::conflict("The last login cannot be removed."));
    }
    diesel::delete(logins::table.find(id)).execute(conn)?;
    let change = Change::by(user_id, "user.updated")
        .of("user_id", user_id)
        .fields(vec!["logins"]);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    Ok(all.swap_remove(at))
}
