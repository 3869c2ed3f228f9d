//! Administrators: people who sign in with an e-mail and a password, and have a role. Owns
//! `admins`.
//!
//! Emits: `admin.created`, `admin.updated`.

pub mod auth;
pub mod manage;
pub mod password;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use serde::Serialize;

use crate::bus::{self, Audience, Change};
use crate::db::schema::{admins, users};
use crate::db::types::{Rfc3339, Timestamp};
use crate::db::{Conn, MultiBackend};
use crate::error::{Error, Result};
use crate::http::fields::Check;
use crate::identity::audit::{self, Source};
use crate::identity::password as passwords;
use crate::identity::people::{self, Login, NAME_CHARS, Profile, UserId};
use crate::identity::roles::Role;
use crate::identity::{credentials, grants};
use crate::secret::Secret;

/// Fewest characters of an admin's password.
pub const PASSWORD_CHARS: usize = 10;
const PHONE_CHARS: usize = 32;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("admins", |rocket| async {
        rocket
            .attach(auth::stage())
            .attach(password::stage())
            .attach(manage::stage())
    })
}

/// An admin, as super admins see it.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = admins, check_for_backend(MultiBackend))]
#[diesel(base_query = admins::table.inner_join(users::table))]
pub struct AdminView {
    #[schema(inline)]
    #[diesel(select_expression = admins::user_id)]
    pub admin_id: UserId,
    #[schema(required)]
    #[diesel(select_expression = users::email)]
    pub email: Option<String>,
    #[diesel(select_expression = users::name)]
    pub name: String,
    #[schema(required)]
    pub phone_number: Option<String>,
    /// `super_admin`, `event_manager` or `analyst`.
    pub role: String,
    pub is_active: bool,
    #[schema(inline)]
    pub created_at: Rfc3339,
    #[schema(inline)]
    pub updated_at: Rfc3339,
}

/// What tells of a new admin.
#[derive(Clone)]
pub struct NewAdmin {
    pub email: String,
    pub name: String,
    pub phone_number: Option<String>,
    pub password: String,
}

impl NewAdmin {
    /// Holds the fields against the rules.
    pub fn check(&self) -> Result<Self> {
        let mut check = Check::default();
        let checked = Self {
            email: check.email("email", &self.email),
            name: check.name("name", &self.name, 1..=NAME_CHARS),
            phone_number: self
                .phone_number
                .as_deref()
                .map(|number| check.name("phone_number", number, 1..=PHONE_CHARS)),
            password: passwords::rule(
                &mut check,
                "password",
                &self.password,
                PASSWORD_CHARS,
                self.email.trim(),
            ),
        };
        check.done()?;
        Ok(checked)
    }

    /// What the admin signs in with.
    pub fn login(&self) -> Login {
        login(&self.email)
    }
}

/// What an admin with that e-mail signs in with: it is the same whatever its case.
pub fn login(email: &str) -> Login {
    use unicode_normalization::UnicodeNormalization as _;
    let email: String = email.trim().nfc().collect();
    Login::AdminEmail(email.to_lowercase().chars().take(320).collect())
}

/// Makes an admin whose password was hashed; telling it is [`record_made`].
///
/// # Errors
/// A unique violation if somebody has the e-mail.
pub fn insert(
    conn: &mut Conn,
    new: &NewAdmin,
    hash: &str,
    role: Role,
    secret: &Secret,
    now: Timestamp,
) -> Result<UserId> {
    let profile = Profile {
        name: new.name.clone(),
        email: Some(new.email.clone()),
        avatar: None,
    };
    let (person, login_id) = people::make(conn, &new.login(), &profile, secret, now)?;
    credentials::set(conn, login_id, hash, now)?;
    diesel::insert_into(admins::table)
        .values((
            admins::user_id.eq(person.id),
            admins::role.eq(role.as_str()),
            admins::phone_number.eq(&new.phone_number),
            admins::is_active.eq(true),
            admins::created_at.eq(now),
            admins::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(person.id)
}

/// Tells that there is a new admin, and puts it on record.
pub fn record_made(
    conn: &mut Conn,
    id: UserId,
    by: Option<UserId>,
    source: Source,
    now: Timestamp,
) -> Result<()> {
    audit::record(conn, source, by, "admin.created", Some(id), now)?;
    let change = Change::by_admin(by, "admin.created").of("user_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

/// Whether there is any admin, active or not.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let all = admins::table.select(admins::user_id);
    Ok(diesel::select(diesel::dsl::exists(all)).get_result(conn)?)
}

/// What of an admin changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edit {
    pub role: Option<Role>,
    pub is_active: Option<bool>,
}

/// Changes an admin's role or whether the admin is active; whoever is not is signed out
/// everywhere.
///
/// # Errors
/// 404 for no such admin; 409 where no active super admin would be left, whoever else demotes
/// one at the same moment: this needs a serializable transaction.
pub fn change(
    conn: &mut Conn,
    id: UserId,
    edit: Edit,
    by: UserId,
    source: Source,
    now: Timestamp,
) -> Result<AdminView> {
    let before = find(conn, id)?.ok_or_else(|| Error::not_found("Admin not found"))?;
    let was = Role::read(&before.role).ok_or_else(|| Error::internal("an unknown role"))?;
    let (role, is_active) = (
        edit.role.unwrap_or(was),
        edit.is_active.unwrap_or(before.is_active),
    );
    let mut fields = Vec::new();
    if role != was {
        fields.push("role");
        audit::record(conn, source, Some(by), "admin.role_changed", Some(id), now)?;
    }
    if is_active != before.is_active {
        fields.push("is_active");
        let action = match is_active {
            true => "admin.activated",
            false => "admin.deactivated",
        };
        audit::record(conn, source, Some(by), action, Some(id), now)?;
    }
    if fields.is_empty() {
        return Ok(before);
    }
    let steps_down =
        was == Role::SuperAdmin && before.is_active && !(role == Role::SuperAdmin && is_active);
    if steps_down && other_super_admins(conn, id)? == 0 {
        return Err(Error::conflict("The last active super admin stays."));
    }
    diesel::update(admins::table.find(id))
        .set((
            admins::role.eq(role.as_str()),
            admins::is_active.eq(is_active),
            admins::updated_at.eq(now),
        ))
        .execute(conn)?;
    if !is_active {
        grants::end_all(conn, id, None)?;
    }
    let change = Change::by(by, "admin.updated")
        .of("user_id", id)
        .fields(fields);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    find(conn, id)?.ok_or_else(|| Error::internal("an admin is gone"))
}

fn other_super_admins(conn: &mut Conn, id: UserId) -> Result<i64> {
    Ok(admins::table
        .filter(admins::role.eq(Role::SuperAdmin.as_str()))
        .filter(admins::is_active)
        .filter(admins::user_id.ne(id))
        .count()
        .get_result(conn)?)
}

/// The admin with that id.
pub fn find(conn: &mut Conn, id: UserId) -> Result<Option<AdminView>> {
    Ok(AdminView::query()
        .filter(admins::user_id.eq(id))
        .first(conn)
        .optional()?)
}

/// Admins, oldest first, after so many, and how many there are.
pub fn page(conn: &mut Conn, offset: i64, limit: i64) -> Result<(Vec<AdminView>, i64)> {
    let total = admins::table.count().get_result(conn)?;
    let some = AdminView::query()
        .order(admins::user_id)
        .offset(offset)
        .limit(limit)
        .load(conn)?;
    Ok((some, total))
}
