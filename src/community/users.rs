//! Profiles: mine to read and edit, everyone's to see.
//!
//! Routes: GET and PUT `/api/users`, GET `/api/users/{id}`. Emits: `user.updated`.

use rocket::fairing::AdHoc;
use rocket::{State, get, put, routes};
use serde::Deserialize;

use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::body::{Body, present};
use crate::http::envelope::Said;
use crate::http::fields::Check;
use crate::http::fresh::Fresh;
use crate::identity::guard::Reader;
use crate::identity::people::{self, NAME_CHARS, Person, Profile, PublicPerson, UserId};

const NOT_SIGNED_IN: &str = "You are not authorized to access this user's profile.";
const NOT_FOUND: &str = "User not found";

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(mine, edit, public))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("users", |rocket| async {
        rocket.mount("/", routes![mine, edit, public])
    })
}

/// My profile.
#[utoipa::path(tag = "Profile", security(("session" = [])), responses(
    (status = 200, description = "My profile", body = Said<Person>),
    (status = 404, description = "`User not found`"),
))]
#[get("/api/users")]
async fn mine(reader: Reader, db: &State<Db>) -> Result<Said<Person>> {
    let id = reader.signed_in(NOT_SIGNED_IN)?;
    let person = db.read(move |conn| people::find(conn, id)).await?;
    let person = person.ok_or_else(|| Error::not_found(NOT_FOUND))?;
    Ok(Said::ok("user details fetched successfully", person))
}

/// What of a profile changes; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
struct ProfileEdit {
    /// 1 to 120 characters, one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    email: Option<String>,
    /// An http or https address of at most 2048 bytes; null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    avatar: Option<Option<String>>,
}

/// Edits my profile.
#[utoipa::path(tag = "Profile", security(("session" = [])), request_body = ProfileEdit, responses(
    (status = 201, description = "`user {id} details updated successfully`", body = Said<Person>),
    (status = 400, description = "`your request could not be completed`"),
    (status = 401, description = "`You are not authorized to access this user's profile.`"),
))]
#[put("/api/users", data = "<body>")]
async fn edit(
    reader: Reader,
    body: Body<ProfileEdit>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Said<Person>> {
    let id = reader.signed_in(NOT_SIGNED_IN)?;
    let edit = body.json("your request could not be completed")?;
    let mut check = Check::default();
    let name = edit
        .name
        .map(|name| check.name("name", &name, 1..=NAME_CHARS));
    let email = edit.email.map(|email| check.email("email", &email));
    let avatar = edit
        .avatar
        .map(|avatar| avatar.map(|avatar| check.url("avatar", &avatar)));
    check.done()?;
    let now = Timestamp(clock.now());
    let person = db.write(move |conn| {
        people::check_may_write(conn, id)?;
        let before = people::find(conn, id)?.ok_or_else(|| Error::not_found(NOT_FOUND))?;
        let profile = Profile {
            name: name.clone().unwrap_or(before.name),
            email: email.clone().or(before.email),
            avatar: avatar.clone().unwrap_or(before.avatar),
        };
        people::update(conn, id, &profile, now)
    });
    Ok(Said::created(
        format!("user {id} details updated successfully"),
        person.await?,
    ))
}

/// Somebody's public profile.
#[utoipa::path(tag = "Profile", params(("user_id" = UserId, Path)), responses(
    (status = 200, description = "Name and picture", body = Said<PublicPerson>),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
    (status = 404, description = "`User not found`"),
))]
#[get("/api/users/<user_id>")]
async fn public(user_id: UserId, db: &State<Db>) -> Result<Fresh<Said<PublicPerson>>> {
    let person = db
        .read(move |conn| people::find_public(conn, user_id))
        .await?;
    let person = person.ok_or_else(|| Error::not_found(NOT_FOUND))?;
    Ok(Fresh(Said::ok("user details fetched successfully", person)))
}
