//! Machine tokens in the database, which knows their secrets as SHA-256 only. Owns
//! `machine_tokens`.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::{
    DEFAULT_PROJECT, MadeToken, NAME_CHARS, NewToken, PROJECT_CHARS, SCOPES, TokenId, TokenView,
};
use crate::bus::{self, Audience, Change};
use crate::db::Conn;
use crate::db::schema::machine_tokens;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::fields::Check;
use crate::http::page::Limit;
use crate::identity::audit::{self, Source};
use crate::identity::people::UserId;
use crate::secret::{random_text, sha256_hex};

/// A token whose fields obey the rules.
#[derive(Debug, Clone)]
pub struct Checked {
    name: String,
    project: String,
    scopes: String,
    expires_at: Option<Timestamp>,
}

impl NewToken {
    /// Holds the fields against the rules.
    pub fn check(&self, now: DateTime<Utc>) -> Result<Checked> {
        let mut check = Check::default();
        let name = check.name("name", &self.name, 1..=NAME_CHARS);
        let project = self.project.as_deref().unwrap_or(DEFAULT_PROJECT);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if project.is_empty()
            || project.len() > PROJECT_CHARS
            || project.starts_with('-')
            || !project.chars().all(plain)
        {
            check.problem("project", "must have 1 to 63 of a-z, 0-9 and -");
        }
        let known = |scope: &String| SCOPES.contains(&scope.as_str());
        if self.scopes.is_empty() || !self.scopes.iter().all(known) {
            let problem = format!("must be one or more of {}", SCOPES.join(", "));
            check.problem("scopes", problem);
        }
        let named = |scope: &&str| self.scopes.iter().any(|named| named == *scope);
        let scopes = SCOPES.into_iter().filter(|scope| named(scope));
        let expires_at = self.expires_at.as_deref().map(|text| {
            let at = DateTime::parse_from_rfc3339(text).ok();
            at.map(|at| at.to_utc()).filter(|at| *at > now)
        });
        if expires_at == Some(None) {
            check.problem(
                "expires_at",
                "must be a time to come, such as 2027-01-31T00:00:00Z",
            );
        }
        let scopes = scopes.collect::<Vec<_>>().join(" ");
        check.done()?;
        Ok(Checked {
            name,
            project: project.to_owned(),
            scopes,
            expires_at: expires_at.flatten().map(Timestamp),
        })
    }
}

/// The secret of a new token, made before the write.
#[derive(Clone)]
pub struct Fresh {
    id: TokenId,
    secret: String,
}

impl Fresh {
    /// Draws it.
    pub fn draw() -> Result<Self> {
        Ok(Self {
            id: TokenId::new(),
            secret: random_text()?,
        })
    }
}

/// Makes a token; the answer is the only place where its secret stands.
pub fn insert(
    conn: &mut Conn,
    by: Option<UserId>,
    new: &Checked,
    fresh: &Fresh,
    source: Source,
    now: Timestamp,
) -> Result<MadeToken> {
    let Fresh { id, secret } = fresh;
    diesel::insert_into(machine_tokens::table)
        .values((
            machine_tokens::id.eq(*id),
            machine_tokens::name.eq(&new.name),
            machine_tokens::project.eq(&new.project),
            machine_tokens::scopes.eq(&new.scopes),
            machine_tokens::secret_hash.eq(sha256_hex(&[secret.as_bytes()])),
            machine_tokens::created_by.eq(by),
            machine_tokens::created_at.eq(now),
            machine_tokens::expires_at.eq(new.expires_at),
        ))
        .execute(conn)?;
    record(conn, by, "token.created", *id, source, now)?;
    Ok(MadeToken {
        view: find(conn, *id)?,
        token: format!("fmt_{}_{secret}", id.uuid().simple()),
    })
}

/// Revokes a token, at once; once more changes nothing.
///
/// # Errors
/// 404 for no such token.
pub fn end(
    conn: &mut Conn,
    by: Option<UserId>,
    id: TokenId,
    source: Source,
    now: Timestamp,
) -> Result<TokenView> {
    let live = machine_tokens::table
        .find(id)
        .filter(machine_tokens::revoked_at.is_null());
    let revoked = diesel::update(live)
        .set(machine_tokens::revoked_at.eq(now))
        .execute(conn)?;
    if revoked > 0 {
        record(conn, by, "token.revoked", id, source, now)?;
    }
    find(conn, id)
}

fn record(
    conn: &mut Conn,
    by: Option<UserId>,
    what: &'static str,
    id: TokenId,
    source: Source,
    now: Timestamp,
) -> Result<()> {
    audit::record(conn, source, by, what, Some(id), now)?;
    let change = Change::by_admin(by, what).of("token_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}

fn find(conn: &mut Conn, id: TokenId) -> Result<TokenView> {
    TokenView::query()
        .filter(machine_tokens::id.eq(id))
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::not_found("Token not found"))
}

/// Tokens, newest first, before this one.
pub fn page(conn: &mut Conn, before: Option<TokenId>, limit: Limit) -> Result<Vec<TokenView>> {
    let mut tokens = TokenView::query()
        .order(machine_tokens::id.desc())
        .limit(limit.rows())
        .into_boxed();
    if let Some(before) = before {
        tokens = tokens.filter(machine_tokens::id.lt(before));
    }
    Ok(tokens.load(conn)?)
}

/// Notes that a token was used, to the minute.
pub(super) fn used(conn: &mut Conn, id: TokenId, now: Timestamp) -> Result<()> {
    let a_minute_ago = Timestamp(now.0 - TimeDelta::minutes(1));
    let due = machine_tokens::table.find(id).filter(
        machine_tokens::last_used_at
            .is_null()
            .or(machine_tokens::last_used_at.le(a_minute_ago)),
    );
    diesel::update(due)
        .set(machine_tokens::last_used_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Puts on record that a token was shown that holds no more, once a minute.
pub(super) fn refused(conn: &mut Conn, id: TokenId, source: Source, now: Timestamp) -> Result<()> {
    let a_minute_ago = Timestamp(now.0 - TimeDelta::minutes(1));
    let due = machine_tokens::table.find(id).filter(
        machine_tokens::refused_at
            .is_null()
            .or(machine_tokens::refused_at.le(a_minute_ago)),
    );
    let noted = diesel::update(due)
        .set(machine_tokens::refused_at.eq(now))
        .execute(conn)?;
    match noted {
        0 => Ok(()),
        _ => audit::record(conn, source, None, "token.refused", Some(id), now),
    }
}

/// Forgets tokens that were revoked or expired before `until`, 500 at a time; how many.
pub fn sweep(conn: &mut Conn, until: Timestamp) -> Result<usize> {
    let ended = machine_tokens::revoked_at
        .le(until)
        .or(machine_tokens::expires_at.le(until));
    let old = machine_tokens::table
        .filter(ended)
        .select(machine_tokens::id)
        .limit(500)
        .load::<TokenId>(conn)?;
    Ok(
        diesel::delete(machine_tokens::table.filter(machine_tokens::id.eq_any(old)))
            .execute(conn)?,
    )
}
