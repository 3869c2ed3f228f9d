//! Tokens of programs: `fmt_<id>_<secret>`, with scopes, for one project.
//!
//! Routes: POST and GET `/api/v1/tokens`, DELETE `/api/v1/tokens/{id}`, GET
//! `/api/v1/tokens/@me`. Emits: `token.created`, `token.revoked`.

mod kept;
mod shown;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_types::Text;
use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, delete, get, post, routes};
use serde::{Deserialize, Serialize};

use super::audit::Source;
use super::guard::Admin;
use super::roles::Permission;
use crate::clock::Clock;
use crate::db::schema::machine_tokens;
use crate::db::types::{Id, Rfc3339, Timestamp};
use crate::db::{Db, MultiBackend};
use crate::error::Result;
use crate::http::body::Body;
use crate::http::envelope::Succeeded;
use crate::http::idempotency::NoRepeat;
use crate::http::page::Query;

pub use kept::{Fresh, end, insert, page, sweep};
pub use shown::{Shown, current};

/// Names the list, which cursors are signed for.
const LIST: &str = "machine tokens by age";
const NAME_CHARS: usize = 120;
const PROJECT_CHARS: usize = 63;
/// The project of a token that names none.
const DEFAULT_PROJECT: &str = "default";
/// What a token may be good for.
pub const SCOPES: [&str; 4] = [
    "events:write",
    "events:read",
    "workflows:write",
    "webhooks:write",
];

/// Marks the ids of machine tokens.
pub enum MachineToken {}
/// The id of a machine token.
pub type TokenId = Id<MachineToken>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, list, revoke, mine))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("machine tokens", |rocket| async {
        rocket.mount("/", routes![create, list, revoke, mine])
    })
}

/// A new token.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct NewToken {
    /// 1 to 120 characters, one line.
    pub name: String,
    /// Whose signals, workflows and webhooks it sees: 1 to 63 of `a-z`, `0-9` and `-`. Default
    /// `default`.
    pub project: Option<String>,
    /// Of `events:write`, `events:read`, `workflows:write`, `webhooks:write`.
    pub scopes: Vec<String>,
    /// RFC 3339, in the future. Default: never.
    pub expires_at: Option<String>,
}

/// A token, without its secret.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = machine_tokens, check_for_backend(MultiBackend))]
pub struct TokenView {
    #[schema(inline)]
    pub id: TokenId,
    pub name: String,
    pub project: String,
    #[schema(value_type = Vec<String>)]
    pub scopes: Scopes,
    #[schema(inline, required)]
    pub expires_at: Option<Rfc3339>,
    #[schema(inline)]
    pub created_at: Rfc3339,
    /// To the minute.
    #[schema(inline, required)]
    pub last_used_at: Option<Rfc3339>,
    #[schema(inline, required)]
    pub revoked_at: Option<Rfc3339>,
}

/// What a token is good for; the database keeps them separated by spaces.
#[derive(Debug, Clone, Serialize, FromSqlRow)]
#[serde(transparent)]
pub struct Scopes(pub Vec<String>);

impl<DB: Backend> FromSql<Text, DB> for Scopes
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        Ok(Self(text.split_whitespace().map(str::to_owned).collect()))
    }
}

/// A token that was just made.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MadeToken {
    #[serde(flatten)]
    pub view: TokenView,
    /// Shown this once.
    pub token: String,
}

/// Makes a machine token. For super admins.
#[utoipa::path(tag = "Machine tokens", security(("admin" = [])), request_body = NewToken, responses(
    (status = 201, description = "The token, shown this once", body = Succeeded<MadeToken>),
    (status = 400, description = "`validation_error`"),
))]
#[post("/api/v1/tokens", data = "<body>")]
async fn create(
    admin: Admin,
    _no_repeat: NoRepeat,
    source: Source,
    body: Body<NewToken>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Succeeded<MadeToken>> {
    admin.may(Permission::ManageTokens)?;
    let now = clock.now();
    let new = body.valid()?.check(now)?;
    let (fresh, by) = (Fresh::draw()?, Some(admin.user_id));
    let made = db.write(move |conn| {
        admin.check(conn, Permission::ManageTokens)?;
        insert(conn, by, &new, &fresh, source, now.into())
    });
    Ok(Succeeded::created(made.await?))
}

/// The machine tokens, newest first, revoked ones too. For super admins.
#[utoipa::path(tag = "Machine tokens", security(("admin" = [])),
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page of tokens", body = Succeeded<Vec<TokenView>>)))]
#[get("/api/v1/tokens")]
async fn list(admin: Admin, query: Query<'_>, db: &State<Db>) -> Result<Succeeded<Vec<TokenView>>> {
    admin.may(Permission::ManageTokens)?;
    let (limit, before) = (query.limit()?, query.cursor::<TokenId>(LIST)?);
    let rows = db.read(move |conn| page(conn, before, limit)).await?;
    let (data, next) = query.page(LIST, limit, rows, |row| row.id)?;
    Ok(Succeeded::page(data, next))
}

/// Revokes a machine token, at once. For super admins.
#[utoipa::path(tag = "Machine tokens", security(("admin" = [])),
    params(("token_id" = TokenId, Path)),
    responses(
        (status = 204, description = "Revoked, now or before"),
        (status = 404, description = "No such token"),
    ))]
#[delete("/api/v1/tokens/<token_id>")]
async fn revoke(
    token_id: TokenId,
    admin: Admin,
    source: Source,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    admin.may(Permission::ManageTokens)?;
    let (by, now) = (Some(admin.user_id), Timestamp(clock.now()));
    db.write(move |conn| {
        admin.check(conn, Permission::ManageTokens)?;
        end(conn, by, token_id, source, now).map(|_| NoContent)
    })
    .await
}

/// What a token opens, as its bearer sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ThisToken {
    /// Null for the token of the settings.
    #[schema(inline, required)]
    id: Option<TokenId>,
    name: String,
    /// Null: all.
    #[schema(required)]
    project: Option<String>,
    #[schema(value_type = Vec<String>)]
    scopes: Scopes,
    #[schema(inline, required)]
    expires_at: Option<Rfc3339>,
}

/// What the token that calls is good for.
#[utoipa::path(tag = "Machine tokens", security(("machine" = [])), responses(
    (status = 200, description = "This token", body = Succeeded<ThisToken>),
))]
#[get("/api/v1/tokens/@me")]
async fn mine(token: Shown) -> Succeeded<ThisToken> {
    Succeeded::ok(match token {
        Shown::Configured => ThisToken {
            id: None,
            name: "API_TOKEN".into(),
            project: None,
            scopes: Scopes(SCOPES.map(str::to_owned).to_vec()),
            expires_at: None,
        },
        Shown::Kept(view) => ThisToken {
            id: Some(view.id),
            name: view.name,
            project: Some(view.project),
            scopes: view.scopes,
            expires_at: view.expires_at,
        },
    })
}
