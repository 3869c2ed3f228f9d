//! Admins and machine tokens from the shell, for whoever runs the server.

use crate::box_office::admins::{self, AdminView, NewAdmin};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::types::{Rfc3339, Timestamp};
use crate::error::Error;
use crate::http::page::Limit;
use crate::identity::audit::Source;
use crate::identity::password::Hasher;
use crate::identity::roles::Role;
use crate::identity::tokens::{self, Fresh, NewToken, TokenId, TokenView};
use crate::secret::{Secret, random_text};

use super::shell::{plain, told, with};

/// Characters of a password that is made here: 120 bits.
const MADE_CHARS: usize = 20;

/// An admin to be made.
#[derive(Clone)]
pub struct Admin {
    /// What the admin signs in with.
    pub email: String,
    /// What the admin is called.
    pub name: String,
    /// `super_admin`, `event_manager` or `analyst`.
    pub role: String,
    /// None: one is made.
    pub password: Option<String>,
}

/// Makes an admin; gives the id, and the password if it was made here.
///
/// # Errors
/// A sentence that says what to do.
pub fn create_admin(config: &Config, admin: Admin) -> Result<(String, Option<String>), String> {
    let role = Role::read(&admin.role).ok_or_else(|| {
        format!(
            "{}: no such role; say super_admin, event_manager or analyst",
            plain(&admin.role)
        )
    })?;
    let made = match &admin.password {
        Some(_) => None,
        None => {
            let text = random_text().map_err(|error| error.to_string())?;
            Some(text.chars().take(MADE_CHARS).collect::<String>())
        }
    };
    let new = NewAdmin {
        email: admin.email,
        name: admin.name,
        phone_number: None,
        password: admin.password.or(made.clone()).unwrap_or_default(),
    };
    let new = new.check().map_err(sentence)?;
    let secret = Secret::load(config)?;
    let now = Timestamp(Clock::system().now());
    let id = with(config, |db| async move {
        let hash = Hasher::new()?.hash(&new.password).await?;
        let made = db.write(move |conn| {
            let id = admins::insert(conn, &new, &hash, role, &secret, now)?;
            admins::record_made(conn, id, None, Source::SHELL, now)?;
            Ok(id)
        });
        made.await
            .map_err(|error| match error.is_unique_violation() {
                true => Error::conflict(
                    "an admin with this e-mail exists already; see: folkmoot admin list",
                ),
                false => error,
            })
    })?;
    Ok((id.to_string(), made))
}

fn sentence(error: Error) -> String {
    match error {
        Error::Invalid(fields) => told(&fields),
        error => error.to_string(),
    }
}

/// All admins, oldest first, a line each.
///
/// # Errors
/// A sentence that says what to do.
pub fn list_admins(config: &Config) -> Result<Vec<String>, String> {
    let all = with(config, |db| async move {
        let mut all: Vec<AdminView> = Vec::new();
        loop {
            let after = all.len() as i64;
            let (mut some, _) = db.read(move |conn| admins::page(conn, after, 100)).await?;
            if some.is_empty() {
                return Ok(all);
            }
            all.append(&mut some);
        }
    })?;
    let line = |admin: &AdminView| {
        let state = match admin.is_active {
            true => "",
            false => " (deactivated)",
        };
        let email = admin.email.as_deref().unwrap_or("(no e-mail)");
        plain(&format!(
            "{} {} {email} {}{state}",
            admin.admin_id, admin.role, admin.name
        ))
    };
    Ok(all.iter().map(line).collect())
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is for.
    pub name: String,
    /// Whose signals, workflows and webhooks it sees.
    pub project: Option<String>,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// The last day on which it holds, `YYYY-MM-DD` in UTC.
    pub expires: Option<String>,
}

/// Makes a machine token; gives its line in the list and the token itself.
///
/// # Errors
/// A sentence that says what to do.
pub fn create_token(config: &Config, token: Token) -> Result<(String, String), String> {
    let now = Clock::system().now();
    let expires_at = token.expires.map(|day| {
        let day = day.parse::<chrono::NaiveDate>();
        let end = day.ok().and_then(|day| day.and_hms_opt(23, 59, 59));
        end.map(|at| at.and_utc().to_rfc3339())
            .ok_or("expires: must be a date, such as 2027-01-31".to_owned())
    });
    let new = NewToken {
        name: token.name,
        project: token.project,
        scopes: token.scopes,
        expires_at: expires_at.transpose()?,
    };
    let new = new.check(now).map_err(|error| match error {
        Error::Invalid(fields) if fields.contains_key("expires_at") => {
            "expires: must be a day to come, such as 2027-01-31".to_owned()
        }
        error => sentence(error),
    })?;
    let fresh = Fresh::draw().map_err(|error| error.to_string())?;
    let made = with(config, |db| async move {
        db.write(move |conn| tokens::insert(conn, None, &new, &fresh, Source::SHELL, now.into()))
            .await
    })?;
    Ok((token_line(&made.view), made.token))
}

/// All machine tokens, newest first, a line each; never their secrets.
///
/// # Errors
/// A sentence that says what to do.
pub fn list_tokens(config: &Config) -> Result<Vec<String>, String> {
    let all = with(config, |db| async move {
        let mut all: Vec<TokenView> = Vec::new();
        loop {
            let before = all.last().map(|token| token.id);
            let some = db.read(move |conn| tokens::page(conn, before, Limit::MOST));
            let mut some = some.await?;
            if some.is_empty() {
                return Ok(all);
            }
            all.append(&mut some);
        }
    })?;
    Ok(all.iter().map(token_line).collect())
}

/// Revokes a machine token, at once; gives its line in the list.
///
/// # Errors
/// A sentence that says what to do.
pub fn revoke_token(config: &Config, id: &str) -> Result<String, String> {
    // Also as it stands in the token, of which nothing is shown again.
    let id = match id.strip_prefix("fmt_") {
        Some(rest) => rest.split('_').next().unwrap_or_default(),
        None => id,
    };
    let unknown = || format!("{}: no such token; see: folkmoot token list", plain(id));
    let token_id = uuid::Uuid::try_parse(id).map_err(|_| unknown())?;
    let token_id = TokenId::from(token_id);
    let now = Timestamp(Clock::system().now());
    let revoked = with(config, |db| async move {
        let revoked =
            db.write(
                move |conn| match tokens::end(conn, None, token_id, Source::SHELL, now) {
                    Err(Error::NotFound(_)) => Ok(None),
                    ended => ended.map(Some),
                },
            );
        revoked.await
    })?;
    revoked.map(|token| token_line(&token)).ok_or_else(unknown)
}

fn token_line(token: &TokenView) -> String {
    let day = |at: Rfc3339| at.0.format("%Y-%m-%d").to_string();
    let mut line = format!(
        "{} {} project {}: {}",
        token.id,
        token.name,
        token.project,
        token.scopes.0.join(" ")
    );
    line.push_str(&match token.expires_at {
        Some(at) => format!(", expires {}", day(at)),
        None => ", never expires".to_owned(),
    });
    line.push_str(&match token.last_used_at {
        Some(at) => format!(", last used {}", day(at)),
        None => ", never used".to_owned(),
    });
    if let Some(at) = token.revoked_at {
        line.push_str(&format!(", revoked {}", day(at)));
    }
    plain(&line)
}
