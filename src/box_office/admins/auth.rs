//! How admins come in, and go.
//!
//! Routes: POST `/api/v1/auth/admin/{register,login,refresh,logout}`. Emits: `admin.created`.

use rocket::fairing::AdHoc;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::response::status::NoContent;
use rocket::{Request, post, routes};
use serde::{Deserialize, Serialize};

use super::{NewAdmin, find, login};
use crate::clock::Clock;
use crate::config::{AdminRegistration, Config};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::idempotency::NoRepeat;
use crate::identity::audit::{self, Source};
use crate::identity::credentials::Desk;
use crate::identity::grants::{self, GrantId, Refreshed};
use crate::identity::guard::{Admin, Maybe};
use crate::identity::jwt::{Audience, Jwts};
use crate::identity::people::UserId;
use crate::identity::roles::{Permission, Role};
use crate::secret::{Secret, random_text};

/// The one sentence for whoever does not come in.
pub(super) const REFUSED: &str = "Invalid e-mail or password.";

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(register, sign_in, refresh, logout))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("admins' sign-in", |rocket| async {
        rocket.mount("/", routes![register, sign_in, refresh, logout])
    })
}

/// A new admin.
#[derive(Deserialize, utoipa::ToSchema)]
struct AdminSignUp {
    email: String,
    /// 10 to 128 characters, none of the most common ones.
    password: String,
    /// 1 to 120 characters, one line.
    name: String,
    /// At most 32 characters.
    phone_number: Option<String>,
    /// `super_admin`, `event_manager` (default) or `analyst`; nobody gives one above their own.
    role: Option<String>,
}

/// The tokens of a sign-in.
#[derive(Serialize, utoipa::ToSchema)]
struct AdminTokens {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// Changed for new tokens, once, within 7 days.
    refresh_token: String,
    /// Seconds that the access token lasts.
    expires_in: u64,
}

/// An admin who came in.
#[derive(Serialize, utoipa::ToSchema)]
struct AdminWelcome {
    #[schema(inline)]
    admin_id: UserId,
    #[schema(required)]
    email: Option<String>,
    name: String,
    role: Role,
    permissions: &'static [Permission],
    #[serde(flatten)]
    tokens: AdminTokens,
}

/// An admin who was registered.
#[derive(Serialize, utoipa::ToSchema)]
struct AdminRegistered {
    #[schema(inline)]
    admin_id: UserId,
    email: String,
    name: String,
    role: Role,
    #[serde(flatten)]
    tokens: AdminTokens,
}

/// Registers an admin. Who may is a setting: only a super admin (`closed`), the first who
/// comes (`bootstrap`), or anyone, as an event manager (`open`).
#[utoipa::path(tag = "Admins", request_body = AdminSignUp,
    responses(
        (status = 201, description = "Registered, and signed in", body = AdminRegistered),
        (status = 400, description = "`VALIDATION_FAILED`"),
        (status = 401, description = "`UNAUTHORIZED`: a super admin's token is needed, or this one does not hold"),
        (status = 403, description = "`FORBIDDEN`: registration is closed, or the token is not a super admin's"),
        (status = 409, description = "`EMAIL_TAKEN`"),
    ))]
#[post("/api/v1/auth/admin/register", data = "<body>")]
async fn register(
    by: Maybe<Admin>,
    _no_repeat: NoRepeat,
    desk: Desk<'_>,
    body: Body<AdminSignUp>,
    hall: Hall<'_>,
) -> Result<Plain<AdminRegistered>> {
    let registration = body.valid()?;
    let setting = hall.config.admin_registration;
    let entitled = may_register(by.0.as_ref(), setting)?;
    let asked = registration.role.as_deref().map(Role::asked).transpose()?;
    let new = NewAdmin {
        email: registration.email,
        name: registration.name,
        phone_number: registration.phone_number,
        password: registration.password,
    };
    let new = new.check()?;
    if entitled == Entitled::IfFirst && hall.db.read(super::any).await? {
        return Err(Error::NoToken);
    }
    let hash = desk.hash(&new.password).await?;
    let (attempt, source) = (desk.attempt(&new.login()), desk.source);
    let (now, secret) = (Timestamp(hall.clock.now()), Secret::clone(hall.secret));
    let (refresh_token, by) = (random_text()?, by.0);
    let actor = by.map(|admin| admin.user_id);
    let (made, kept) = (new.clone(), refresh_token.clone());
    let registered = hall.db.write(move |conn| {
        if let (Entitled::As(_), Some(admin)) = (entitled, &by) {
            admin.check(conn, Permission::ManageAdmins)?;
        }
        let role = match entitled {
            Entitled::As(role) => asked.unwrap_or(role),
            Entitled::AsOnly(role) => role,
            // Decided here, so that of many who come first one does.
            Entitled::IfFirst if super::any(conn)? => return Err(Error::NoToken),
            Entitled::IfFirst => Role::SuperAdmin,
        };
        let id = super::insert(conn, &made, &hash, role, &secret, now)?;
        attempt.succeeded(conn, now)?;
        super::record_made(conn, id, actor, source, now)?;
        let grant = admit(conn, id, &kept, now)?;
        Ok((id, role, grant))
    });
    let (admin_id, role, grant) = registered.await.map_err(taken)?;
    Ok(Plain::created(AdminRegistered {
        admin_id,
        email: new.email,
        name: new.name,
        role,
        tokens: hall.tokens(admin_id, grant, refresh_token)?,
    }))
}

/// As what somebody may register another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entitled {
    /// As what is asked for, and this if nothing is.
    As(Role),
    /// As this, whatever is asked for.
    AsOnly(Role),
    /// As super admin, if there is no admin yet.
    IfFirst,
}

fn may_register(by: Option<&Admin>, setting: AdminRegistration) -> Result<Entitled> {
    match (by.map(Admin::role), setting) {
        // Nobody's role is above a super admin's, so whatever that one gives is allowed.
        (Some(Role::SuperAdmin), _) => Ok(Entitled::As(Role::EventManager)),
        (_, AdminRegistration::Open) => Ok(Entitled::AsOnly(Role::EventManager)),
        (None, AdminRegistration::Bootstrap) => Ok(Entitled::IfFirst),
        (None, AdminRegistration::Closed) => Err(Error::forbidden("Registration is closed.")),
        (Some(_), _) => Err(Error::Forbidden(None)),
    }
}

fn taken(error: Error) -> Error {
    match error.is_unique_violation() {
        true => Error::named(
            Status::Conflict,
            "EMAIL_TAKEN",
            "An admin with this e-mail exists already.",
            None,
        ),
        false => error,
    }
}

/// Begins a sign-in with its first refresh token.
fn admit(conn: &mut Conn, id: UserId, refresh_token: &str, now: Timestamp) -> Result<GrantId> {
    let grant = grants::begin(conn, id, Audience::Admin, now)?;
    grants::keep_refresh(conn, grant, refresh_token, now)?;
    Ok(grant)
}

/// An admin's e-mail and password.
#[derive(Deserialize, utoipa::ToSchema)]
struct AdminCredentials {
    email: String,
    password: String,
}

/// Signs an admin in.
#[utoipa::path(tag = "Admins", request_body = AdminCredentials,
    responses(
        (status = 200, description = "Signed in", body = AdminWelcome),
        (status = 400, description = "`VALIDATION_FAILED`"),
        (status = 401, description = "`UNAUTHORIZED`: unknown, deactivated, or a wrong password"),
    ))]
#[post("/api/v1/auth/admin/login", data = "<body>")]
async fn sign_in(
    _no_repeat: NoRepeat,
    desk: Desk<'_>,
    body: Body<AdminCredentials>,
    hall: Hall<'_>,
) -> Result<Plain<AdminWelcome>> {
    let AdminCredentials { email, password } = body.valid()?;
    let proved = desk.prove(login(&email), &password, REFUSED).await?;
    let (now, source) = (Timestamp(hall.clock.now()), desk.source);
    let refresh_token = random_text()?;
    let (id, kept) = (proved.user_id, refresh_token.clone());
    let admitted = hall.db.write(move |conn| {
        let Some(admin) = find(conn, id)?.filter(|admin| admin.is_active) else {
            audit::record::<()>(conn, source, Some(id), "sign_in.failed", None, now)?;
            return Ok(None);
        };
        proved.hold(conn, now)?;
        audit::record::<()>(conn, source, Some(id), "sign_in.succeeded", None, now)?;
        Ok(Some((admin, admit(conn, id, &kept, now)?)))
    });
    let (admin, grant) = admitted.await?.ok_or(Error::unauthorized(REFUSED))?;
    let role = Role::read(&admin.role).ok_or_else(|| Error::internal("an unknown role"))?;
    Ok(Plain::ok(AdminWelcome {
        admin_id: id,
        email: admin.email,
        name: admin.name,
        role,
        permissions: role.permissions(),
        tokens: hall.tokens(id, grant, refresh_token)?,
    }))
}

/// A refresh token.
#[derive(Deserialize, utoipa::ToSchema)]
struct RefreshToken {
    refresh_token: String,
}

/// Changes a refresh token for new tokens. One that is shown a second time has been copied: its
/// whole sign-in ends.
#[utoipa::path(tag = "Admins", request_body = RefreshToken,
    responses(
        (status = 200, description = "New tokens", body = AdminTokens),
        (status = 401, description = "`UNAUTHORIZED`: used, unknown, or too old"),
    ))]
#[post("/api/v1/auth/admin/refresh", data = "<body>")]
async fn refresh(
    _no_repeat: NoRepeat,
    source: Source,
    body: Body<RefreshToken>,
    hall: Hall<'_>,
) -> Result<Plain<AdminTokens>> {
    let old = body.valid()?.refresh_token;
    let (now, fresh) = (Timestamp(hall.clock.now()), random_text()?);
    let kept = fresh.clone();
    let refreshed = hall.db.write(move |conn| {
        let refreshed = grants::refresh(conn, &old, now)?;
        match refreshed {
            Refreshed::Good(grant, _) => grants::keep_refresh(conn, grant, &kept, now)?,
            Refreshed::Reused(id) => {
                audit::record::<()>(conn, source, Some(id), "refresh.reused", None, now)?;
            }
            Refreshed::Unknown => {}
        }
        Ok(refreshed)
    });
    match refreshed.await? {
        Refreshed::Good(grant, id) => Ok(Plain::ok(hall.tokens(id, grant, fresh)?)),
        Refreshed::Reused(_) | Refreshed::Unknown => Err(Error::unauthorized(
            "This refresh token holds no more; sign in again.",
        )),
    }
}

/// Ends the sign-in that a refresh token belongs to, its access tokens included.
#[utoipa::path(tag = "Admins", request_body = RefreshToken,
    responses((status = 204, description = "Signed out, now or before")))]
#[post("/api/v1/auth/admin/logout", data = "<body>")]
async fn logout(source: Source, body: Body<RefreshToken>, hall: Hall<'_>) -> Result<NoContent> {
    let token = body.valid()?.refresh_token;
    let now = Timestamp(hall.clock.now());
    hall.db
        .write(move |conn| {
            if let Some(id) = grants::end_by_refresh(conn, &token)? {
                audit::record::<()>(conn, source, Some(id), "sign_out", None, now)?;
            }
            Ok(NoContent)
        })
        .await
}

/// What these calls need of the server.
pub(super) struct Hall<'r> {
    pub db: &'r Db,
    pub clock: &'r Clock,
    config: &'r Config,
    secret: &'r Secret,
    jwts: &'r Jwts,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Hall<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let rocket = request.rocket();
        let states = (
            rocket.state(),
            rocket.state(),
            rocket.state(),
            rocket.state(),
            rocket.state(),
        );
        match states {
            (Some(db), Some(clock), Some(config), Some(secret), Some(jwts)) => {
                Outcome::Success(Self {
                    db,
                    clock,
                    config,
                    secret,
                    jwts,
                })
            }
            _ => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

impl Hall<'_> {
    fn tokens(&self, id: UserId, grant: GrantId, refresh_token: String) -> Result<AdminTokens> {
        let (access_token, expires_in) = self.jwts.issue(Audience::Admin, id, grant)?;
        Ok(AdminTokens {
            access_token,
            refresh_token,
            expires_in,
        })
    }
}
