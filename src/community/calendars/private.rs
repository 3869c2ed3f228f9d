//! The calendar of what interests me, at a secret address that can be replaced and revoked.
//!
//! Routes: POST and DELETE `/api/users/@me/calendar`, GET `/api/calendars/{secret}.ics`.
//! Calendar programs send no cookie, so whoever knows the address reads the calendar.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, routes};
use serde::Serialize;

use super::many;
use crate::clock::Clock;
use crate::community::events::selection::Filter;
use crate::config::Config;
use crate::db::schema::calendars;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::SECRET_PATHS;
use crate::http::envelope::Said;
use crate::http::fresh::FreshText;
use crate::http::idempotency::NoRepeat;
use crate::identity::guard::SignedIn;
use crate::identity::people::UserId;
use crate::secret::sha256_hex;

const NOT_FOUND: &str = "Calendar not found";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 24;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(make, revoke, read))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("private calendars", |rocket| async {
        rocket.mount("/", routes![make, revoke, read])
    })
}

/// Where a private calendar is.
#[derive(Serialize, utoipa::ToSchema)]
struct Address {
    /// Secret: whoever knows it reads the calendar.
    url: String,
}

/// Makes my private calendar; an address of before is revoked.
#[utoipa::path(tag = "Calendars", security(("session" = [])), responses(
    (status = 201, description = "`Calendar created`; the address is shown this once", body = Said<Address>),
    (status = 400, description = "The call has an `Idempotency-Key`; its answer is secret"),
))]
#[post("/api/users/@me/calendar")]
async fn make(
    _no_repeat: NoRepeat,
    who: SignedIn,
    db: &State<Db>,
    config: &State<Config>,
    clock: &State<Clock>,
) -> Result<Said<Address>> {
    let mut random = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut random).map_err(Error::internal)?;
    let secret = URL_SAFE_NO_PAD.encode(random);
    let (hash, me, now) = (hash(&secret), who.user_id, Timestamp(clock.now()));
    who.write(db, move |conn| {
        revoke_of(conn, me)?;
        diesel::insert_into(calendars::table)
            .values((
                calendars::user_id.eq(me),
                calendars::secret_hash.eq(&hash),
                calendars::created_at.eq(now),
            ))
            .execute(conn)?;
        Ok(())
    })
    .await?;
    let url = format!("{}{SECRET_PATHS}{secret}.ics", config.public_origin());
    Ok(Said::created("Calendar created", Address { url }))
}

/// Revokes my private calendar; none is no matter.
#[utoipa::path(tag = "Calendars", security(("session" = [])), responses(
    (status = 204, description = "There is none any more"),
))]
#[delete("/api/users/@me/calendar")]
async fn revoke(who: SignedIn, db: &State<Db>) -> Result<NoContent> {
    let me = who.user_id;
    // Also for those who are suspended: it only takes away.
    db.write(move |conn| revoke_of(conn, me)).await?;
    Ok(NoContent)
}

/// The calendar at a secret address.
#[utoipa::path(get, path = "/api/calendars/{secret}.ics", tag = "Calendars",
    params(("secret" = String, Path, description = "Of the address that was made")),
    responses(
        (status = 200, description = "A calendar", body = String, content_type = "text/calendar"),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 404, description = "`Calendar not found`"),
    ))]
#[get("/api/calendars/<secret>")]
async fn read(
    secret: &str,
    db: &State<Db>,
    config: &State<Config>,
    clock: &State<Clock>,
) -> Result<FreshText> {
    let not_found = || Error::not_found(NOT_FOUND);
    let hash = hash(secret.strip_suffix(".ics").ok_or_else(not_found)?);
    let owner = db.read(move |conn| {
        let owner = calendars::table
            .filter(calendars::secret_hash.eq(&hash))
            .select(calendars::user_id)
            .first::<UserId>(conn);
        Ok(owner.optional()?)
    });
    let owner = owner.await?.ok_or_else(not_found)?;
    let filter = Filter::default().of_interest_to(owner);
    many("My events", filter, Some(owner), db, config, clock).await
}

fn hash(secret: &str) -> String {
    sha256_hex(&[b"calendar\n", secret.as_bytes()])
}

/// Revokes a person's private calendar.
pub fn revoke_of(conn: &mut Conn, user_id: UserId) -> Result<()> {
    diesel::delete(calendars::table.find(user_id)).execute(conn)?;
    Ok(())
}

/// Gives the private calendar of a person to whom that person became, who has none; else it is
/// revoked.
pub fn adopt(conn: &mut Conn, from: UserId, into: UserId) -> Result<()> {
    match of(conn, into)? {
        Some(_) => revoke_of(conn, from),
        None => {
            diesel::update(calendars::table.find(from))
                .set(calendars::user_id.eq(into))
                .execute(conn)?;
            Ok(())
        }
    }
}

/// A private calendar, as its person's own export shows it: not where it is.
#[derive(Debug, Serialize, HasQuery)]
#[diesel(table_name = calendars, check_for_backend(MultiBackend))]
pub struct Made {
    created_at: Timestamp,
}

/// A person's private calendar, if there is one.
pub fn of(conn: &mut Conn, user_id: UserId) -> Result<Option<Made>> {
    Ok(Made::query()
        .filter(calendars::user_id.eq(user_id))
        .first(conn)
        .optional()?)
}
