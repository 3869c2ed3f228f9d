//! Sign-ins with a password. The tokens made from one hold while its row is there: so
//! everything that ends access does it by removing rows. Owns `grants`, `refresh_tokens`.

use chrono::TimeDelta;
use diesel::prelude::*;
use rocket::Request;

use super::jwt::{Audience, Claims};
use super::people::UserId;
use crate::clock::Clock;
use crate::db::schema::{grants, refresh_tokens};
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::secret::sha256_hex;

/// Marks the ids of sign-ins.
pub enum Grant {}
/// The id of a sign-in.
pub type GrantId = Id<Grant>;

/// Most sign-ins of a person; the oldest end first.
const MOST: i64 = 100;
/// How long a refresh token lasts.
const REFRESH: TimeDelta = TimeDelta::days(7);

/// Begins a sign-in, which holds as long as its longest token.
pub fn begin(
    conn: &mut Conn,
    user_id: UserId,
    audience: Audience,
    now: Timestamp,
) -> Result<GrantId> {
    let oldest = grants::table
        .filter(grants::user_id.eq(user_id))
        .order(grants::created_at.desc())
        .offset(MOST - 1)
        .limit(MOST)
        .select(grants::id)
        .load::<GrantId>(conn)?;
    for id in oldest {
        end(conn, id)?;
    }
    let id = GrantId::new();
    let expires_at = match audience {
        Audience::Admin => now.0 + REFRESH,
        Audience::Proposals => now.0 + audience.lasts(),
    };
    diesel::insert_into(grants::table)
        .values((
            grants::id.eq(id),
            grants::user_id.eq(user_id),
            grants::audience.eq(audience.as_str()),
            grants::created_at.eq(now),
            grants::expires_at.eq(Timestamp(expires_at)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Ends a sign-in.
pub fn end(conn: &mut Conn, id: GrantId) -> Result<()> {
    diesel::delete(grants::table.find(id)).execute(conn)?;
    Ok(())
}

/// Ends all sign-ins of a person, or all but one.
pub fn end_all(conn: &mut Conn, user_id: UserId, but: Option<GrantId>) -> Result<()> {
    let all = grants::table
        .filter(grants::user_id.eq(user_id))
        .filter(grants::id.ne(but.unwrap_or(GrantId::nobody())));
    diesel::delete(all).execute(conn)?;
    Ok(())
}

/// The condition that the sign-in that a token comes from still holds, in the select that finds
/// its person.
#[diesel::dsl::auto_type]
pub fn holds(id: GrantId, user_id: UserId, audience: Audience, now: Timestamp) -> _ {
    let audience: &'static str = audience.as_str();
    diesel::dsl::exists(
        grants::table
            .filter(grants::id.eq(id))
            .filter(grants::user_id.eq(user_id))
            .filter(grants::audience.eq(audience))
            .filter(grants::expires_at.gt(now)),
    )
}

/// Whether the sign-in that a token comes from still holds, whatever the token opens; for the
/// limits, which no token of before may use up.
///
/// # Errors
/// Those of the database.
pub async fn live(request: &Request<'_>, claims: &Claims) -> Result<bool> {
    let rocket = request.rocket();
    let (Some(db), Some(clock)) = (rocket.state::<Db>(), rocket.state::<Clock>()) else {
        return Err(Error::internal("no database"));
    };
    let (id, user_id, audience) = (claims.sid, claims.sub, claims.aud);
    let now = Timestamp(clock.now());
    db.read(move |conn| Ok(diesel::select(holds(id, user_id, audience, now)).get_result(conn)?))
        .await
}

/// Keeps a refresh token of a sign-in, which holds as long as the token.
pub fn keep_refresh(conn: &mut Conn, id: GrantId, token: &str, now: Timestamp) -> Result<()> {
    let expires_at = Timestamp(now.0 + REFRESH);
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(hash(token)),
            refresh_tokens::grant_id.eq(id),
            refresh_tokens::created_at.eq(now),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(conn)?;
    diesel::update(grants::table.find(id))
        .set(grants::expires_at.eq(expires_at))
        .execute(conn)?;
    Ok(())
}

/// What became of a refresh token that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// It was good, and is used up now.
    Good(GrantId, UserId),
    /// It was used before: somebody has a copy. The sign-in is over.
    Reused(UserId),
    /// Nobody's, or too old.
    Unknown,
}

/// Uses up a refresh token (RFC 9700, section 4.14.2).
pub fn refresh(conn: &mut Conn, token: &str, now: Timestamp) -> Result<Refreshed> {
    let hash = hash(token);
    let found = refresh_tokens::table
        .inner_join(grants::table)
        .filter(refresh_tokens::token_hash.eq(&hash))
        .filter(refresh_tokens::expires_at.gt(now))
        .select((grants::id, grants::user_id))
        .first::<(GrantId, UserId)>(conn)
        .optional()?;
    let Some((id, user_id)) = found else {
        return Ok(Refreshed::Unknown);
    };
    let unused = refresh_tokens::table
        .find(&hash)
        .filter(refresh_tokens::used_at.is_null());
    let used = diesel::update(unused)
        .set(refresh_tokens::used_at.eq(now))
        .execute(conn)?;
    match used {
        1 => Ok(Refreshed::Good(id, user_id)),
        _ => {
            end(conn, id)?;
            Ok(Refreshed::Reused(user_id))
        }
    }
}

/// Ends the sign-in that a refresh token belongs to; whose it was.
pub fn end_by_refresh(conn: &mut Conn, token: &str) -> Result<Option<UserId>> {
    let found = refresh_tokens::table
        .inner_join(grants::table)
        .filter(refresh_tokens::token_hash.eq(hash(token)))
        .select((grants::id, grants::user_id))
        .first::<(GrantId, UserId)>(conn)
        .optional()?;
    match found {
        Some((id, user_id)) => end(conn, id).map(|()| Some(user_id)),
        None => Ok(None),
    }
}

fn hash(token: &str) -> String {
    sha256_hex(&[token.as_bytes()])
}

/// Forgets sign-ins and refresh tokens that are over, 500 of each at a time; how many they were.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let old = refresh_tokens::table
        .filter(refresh_tokens::expires_at.le(now))
        .select(refresh_tokens::token_hash)
        .limit(500)
        .load::<String>(conn)?;
    let tokens =
        diesel::delete(refresh_tokens::table.filter(refresh_tokens::token_hash.eq_any(old)))
            .execute(conn)?;
    let over = grants::table
        .filter(grants::expires_at.le(now))
        .select(grants::id)
        .limit(500)
        .load::<GrantId>(conn)?;
    Ok(tokens + diesel::delete(grants::table.filter(grants::id.eq_any(over))).execute(conn)?)
}
