//! How organisers and vendors come in.
//!
//! Routes: POST `/proposals/v1/auth/{signup,signin}`, PUT `/proposals/v1/auth/password`.
//! Emits: `user.created`, `user.password_changed`.

use rocket::fairing::AdHoc;
use rocket::response::status::NoContent;
use rocket::{State, post, put, routes};
use serde::{Deserialize, Serialize};

use super::{CompanyRole, Member, NewAccount, insert};
use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::fields::Check;
use crate::http::idempotency::NoRepeat;
use crate::identity::credentials::{self, Desk};
use crate::identity::jwt::{Audience, Jwts};
use crate::identity::people::{self, Login, Profile, UserId};
use crate::identity::{audit, grants, password};
use crate::secret::Secret;

/// The one sentence for whoever does not come in.
pub const REFUSED: &str = "Invalid credentials";
const TAKEN: &str = "User already exists";
/// Fewest characters of a password.
const PASSWORD_CHARS: usize = 8;
const COMPANY_CHARS: usize = 120;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(sign_up, sign_in, change_password))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("accounts' sign-in", |rocket| async {
        rocket.mount("/", routes![sign_up, sign_in, change_password])
    })
}

/// What somebody signs in with under that user name: it is the same whatever its case.
pub fn login(username: &str) -> Login {
    Login::Username(username.trim().to_lowercase().chars().take(320).collect())
}

/// A new account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccountSignUp {
    /// 3 to 32 of `a-z`, `0-9`, `_`, `.` and `-`; capitals are folded.
    username: String,
    /// 8 to 128 characters, none of the most common ones.
    password: String,
    /// 1 to 120 characters, one line.
    company_name: String,
    /// `human-resource` or `vendor`.
    role: String,
}

/// The id of what was made.
#[derive(Serialize, utoipa::ToSchema)]
struct AccountMade {
    #[schema(inline)]
    id: UserId,
}

/// Signs somebody up.
#[utoipa::path(tag = "Accounts", request_body = AccountSignUp, responses(
    (status = 201, description = "Signed up", body = AccountMade),
    (status = 400, description = "`BadRequest`; `errors` says which field and why"),
    (status = 409, description = "`User already exists`"),
))]
#[post("/proposals/v1/auth/signup", data = "<body>")]
async fn sign_up(
    desk: Desk<'_>,
    body: Body<AccountSignUp>,
    db: &State<Db>,
    clock: &State<Clock>,
    secret: &State<Secret>,
) -> Result<Plain<AccountMade>> {
    let (new, password) = check(&body.valid()?)?;
    let login = login(&new.username);
    let asked = login.clone();
    let taken = db.read(move |conn| people::of_login(conn, &asked)).await?;
    if taken.is_some() {
        return Err(Error::conflict(TAKEN));
    }
    let hash = desk.hash(&password).await?;
    let (attempt, secret) = (desk.attempt(&login), Secret::clone(secret));
    let now = Timestamp(clock.now());
    let made = db.write(move |conn| {
        let profile = Profile {
            name: new.username.clone(),
            email: None,
            avatar: None,
        };
        let (person, login_id) = people::make(conn, &login, &profile, &secret, now)?;
        credentials::set(conn, login_id, &hash, now)?;
        insert(conn, person.id, &new, now)?;
        attempt.succeeded(conn, now)?;
        people::record_arrival(conn, person.id, now)?;
        Ok(person.id)
    });
    let id = made
        .await
        .map_err(|error| match error.is_unique_violation() {
            true => Error::conflict(TAKEN),
            false => error,
        })?;
    Ok(Plain::created(AccountMade { id }))
}

fn check(new: &AccountSignUp) -> Result<(NewAccount, String)> {
    let mut check = Check::default();
    let username = new.username.trim().to_lowercase();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
    if !(3..=32).contains(&username.len()) || !username.chars().all(plain) {
        check.problem("username", "must have 3 to 32 of a-z, 0-9, _, . and -");
    }
    let password = password::rule(
        &mut check,
        "password",
        &new.password,
        PASSWORD_CHARS,
        &username,
    );
    let company_name = check.name("companyName", &new.company_name, 1..=COMPANY_CHARS);
    let role = CompanyRole::read(&new.role);
    if role.is_none() {
        check.problem("role", "must be human-resource or vendor");
    }
    check.done()?;
    let account = NewAccount {
        username,
        company_name,
        role: role.ok_or_else(|| Error::internal("no role and no problem"))?,
    };
    Ok((account, password))
}

/// A user name and its password.
#[derive(Deserialize, utoipa::ToSchema)]
struct AccountSignIn {
    username: String,
    password: String,
}

/// A token for `Authorization: Bearer …`.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccountToken {
    token: String,
    /// Seconds.
    expires_in: u64,
}

/// Signs somebody in, for 12 hours.
#[utoipa::path(tag = "Accounts", request_body = AccountSignIn, responses(
    (status = 200, description = "Signed in", body = AccountToken),
    (status = 400, description = "`BadRequest`: a field is missing or no text"),
    (status = 401, description = "`Invalid credentials`"),
))]
#[post("/proposals/v1/auth/signin", data = "<body>")]
async fn sign_in(
    _no_repeat: NoRepeat,
    desk: Desk<'_>,
    body: Body<AccountSignIn>,
    db: &State<Db>,
    clock: &State<Clock>,
    jwts: &State<Jwts>,
) -> Result<Plain<AccountToken>> {
    let AccountSignIn { username, password } = body.valid()?;
    let proved = desk.prove(login(&username), &password, REFUSED).await?;
    let (source, now) = (desk.source, Timestamp(clock.now()));
    let begun = db.write(move |conn| {
        let id = proved.hold(conn, now)?;
        audit::record::<()>(conn, source, Some(id), "sign_in.succeeded", None, now)?;
        Ok((id, grants::begin(conn, id, Audience::Proposals, now)?))
    });
    let (id, grant) = begun.await?;
    let (token, expires_in) = jwts.issue(Audience::Proposals, id, grant)?;
    Ok(Plain::ok(AccountToken { token, expires_in }))
}

/// A new password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewAccountPassword {
    current_password: String,
    /// 8 to 128 characters, none of the most common ones.
    password: String,
}

/// Changes my password, and ends all tokens, this one included.
#[utoipa::path(tag = "Accounts", security(("proposals" = [])), request_body = NewAccountPassword,
    responses(
        (status = 204, description = "Changed; sign in again"),
        (status = 400, description = "`BadRequest`; `errors` says what is wrong with the new one"),
        (status = 401, description = "No token that holds, or `Invalid credentials`: not the current password"),
    ))]
#[put("/proposals/v1/auth/password", data = "<body>")]
async fn change_password(
    member: Member,
    desk: Desk<'_>,
    body: Body<NewAccountPassword>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let NewAccountPassword {
        current_password,
        password,
    } = body.valid()?;
    let (id, now) = (member.user_id, Timestamp(clock.now()));
    let logins = db.read(move |conn| people::logins(conn, id)).await?;
    let username = logins.into_iter().find(|login| login.kind == "username");
    let username = username.ok_or(Error::NoToken)?.subject;
    let mut check = Check::default();
    let new = password::rule(&mut check, "password", &password, PASSWORD_CHARS, &username);
    check.done()?;
    let proved = desk.prove(login(&username), &current_password, REFUSED);
    let proved = proved.await?;
    let hash = desk.hash(&new).await?;
    let source = desk.source;
    db.write(move |conn| {
        proved.hold(conn, now)?;
        credentials::change(conn, proved.login_id, &hash, now)?;
        grants::end_all(conn, id, None)?;
        audit::record::<()>(conn, source, Some(id), "password.changed", None, now)?;
        people::record_new_password(conn, id, now)?;
        Ok(NoContent)
    })
    .await
}
