//! The catalogue of events that can be proposed. Owns `event_types`.
//!
//! Routes: GET and POST `/proposals/v1/available-events`, PATCH and DELETE
//! `/proposals/v1/available-events/{id}`. Emits: `event_type.created`, `event_type.renamed`,
//! `event_type.deleted`.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use rocket::fairing::AdHoc;
use rocket::request::{FromRequest, Outcome};
use rocket::response::status::NoContent;
use rocket::{Request, State, delete, get, patch, post, routes};
use serde::{Deserialize, Serialize};

use super::accounts::Member;
use super::accounts::users::DEFAULT_LIMIT;
use super::requests::Paged;
use crate::bus::{self, Audience, Change};
use crate::clock::Clock;
use crate::db::schema::{event_types, proposals};
use crate::db::types::{Id, Rfc3339, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::{self, Plain};
use crate::http::fields::Check;
use crate::http::page::{Numbered, Query};
use crate::identity::audit::{self, Source};
use crate::identity::guard::Admin;
use crate::identity::jwt;
use crate::identity::people::UserId;
use crate::identity::roles::Permission;

const NAME_CHARS: usize = 120;

/// Marks the ids of event types.
pub enum EventType {}
/// The id of an event type.
pub type EventTypeId = Id<EventType>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, create, rename, remove))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("catalogue", |rocket| async {
        rocket.mount("/", routes![list, create, rename, remove])
    })
}

/// A kind of event that can be proposed.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = event_types, check_for_backend(MultiBackend))]
#[serde(rename_all = "camelCase")]
pub struct EventTypeView {
    #[schema(inline)]
    pub id: EventTypeId,
    #[diesel(column_name = name)]
    pub event_name: String,
    #[schema(inline)]
    pub created_at: Rfc3339,
    #[schema(inline)]
    pub updated_at: Rfc3339,
}

/// A name in the catalogue.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewName {
    /// 1 to 120 characters, one line; unique, whatever its case.
    event_name: String,
}

/// A new name of an entry; no other key is taken.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rename {
    /// 1 to 120 characters, one line; unique, whatever its case.
    event_name: String,
}

fn check(name: &str) -> Result<String> {
    let mut check = Check::default();
    let name = check.name("eventName", name, 1..=NAME_CHARS);
    check.done()?;
    Ok(name)
}

/// An admin who keeps the catalogue. Whoever is signed in as organiser or vendor may not (403).
struct Keeper(Admin);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Keeper {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        if jwt::shown(request).is_some_and(|claims| claims.aud == jwt::Audience::Proposals) {
            return match request.guard::<Member>().await {
                Outcome::Success(_) => {
                    Outcome::Error(envelope::park(request, Error::Forbidden(None)))
                }
                Outcome::Error(error) => Outcome::Error(error),
                Outcome::Forward(status) => Outcome::Forward(status),
            };
        }
        match request.guard::<Admin>().await {
            Outcome::Success(admin) => match admin.may(Permission::WriteCatalogue) {
                Ok(()) => Outcome::Success(Self(admin)),
                Err(error) => Outcome::Error(envelope::park(request, error)),
            },
            Outcome::Error(error) => Outcome::Error(error),
            Outcome::Forward(status) => Outcome::Forward(status),
        }
    }
}

/// The catalogue, by name.
#[utoipa::path(tag = "Catalogue", security(("proposals" = [])),
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 10"),
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1"),
    ),
    responses((status = 200, description = "A page of the catalogue", body = Paged<EventTypeView>)))]
#[get("/proposals/v1/available-events")]
async fn list(
    _member: Member,
    query: Query<'_>,
    db: &State<Db>,
) -> Result<Plain<Paged<EventTypeView>>> {
    let page = query.numbered(DEFAULT_LIMIT)?;
    let (data, total) = db.scan(move |conn| some(conn, page)).await?;
    Ok(Plain::ok(Paged::new(data, page, total)))
}

/// Adds an entry to the catalogue. For admins.
#[utoipa::path(tag = "Catalogue", security(("admin" = [])), request_body = NewName, responses(
    (status = 201, description = "The entry", body = EventTypeView),
    (status = 400, description = "`BadRequest`; `errors` says which field and why"),
    (status = 403, description = "Not an admin who keeps the catalogue"),
    (status = 409, description = "The name is taken"),
))]
#[post("/proposals/v1/available-events", data = "<body>")]
async fn create(
    keeper: Keeper,
    source: Source,
    body: Body<NewName>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<EventTypeView>> {
    let name = check(&body.valid()?.event_name)?;
    let (by, now) = (keeper.0.user_id, Timestamp(clock.now()));
    let made = db.write(move |conn| {
        keeper.0.check(conn, Permission::WriteCatalogue)?;
        insert(conn, &name, by, source, now)
    });
    Ok(Plain::created(made.await.map_err(taken)?))
}

/// Renames an entry of the catalogue. For admins.
#[utoipa::path(tag = "Catalogue", security(("admin" = [])), request_body = Rename,
    params(("event_type_id" = EventTypeId, Path)),
    responses(
        (status = 200, description = "The entry", body = EventTypeView),
        (status = 400, description = "`BadRequest`; `errors` says which field and why"),
        (status = 403, description = "Not an admin who keeps the catalogue"),
        (status = 404, description = "No such entry"),
        (status = 409, description = "The name is taken"),
    ))]
#[patch("/proposals/v1/available-events/<event_type_id>", data = "<body>")]
async fn rename(
    event_type_id: EventTypeId,
    keeper: Keeper,
    source: Source,
    body: Body<Rename>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<EventTypeView>> {
    let name = check(&body.valid()?.event_name)?;
    let (by, now) = (keeper.0.user_id, Timestamp(clock.now()));
    let renamed = db.write(move |conn| {
        keeper.0.check(conn, Permission::WriteCatalogue)?;
        update(conn, event_type_id, &name, by, source, now)
    });
    Ok(Plain::ok(renamed.await.map_err(taken)?))
}

/// Removes an entry that no proposal names from the catalogue. For admins.
#[utoipa::path(tag = "Catalogue", security(("admin" = [])),
    params(("event_type_id" = EventTypeId, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "Not an admin who keeps the catalogue"),
        (status = 404, description = "No such entry"),
        (status = 409, description = "A proposal names it"),
    ))]
#[delete("/proposals/v1/available-events/<event_type_id>")]
async fn remove(
    event_type_id: EventTypeId,
    keeper: Keeper,
    source: Source,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<NoContent> {
    let (by, now) = (keeper.0.user_id, Timestamp(clock.now()));
    let removed = db.write(move |conn| {
        keeper.0.check(conn, Permission::WriteCatalogue)?;
        delete_row(conn, event_type_id, by, source, now)
    });
    removed.await.map_err(|error| match error {
        Error::Database(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
            in_use()
        }
        error => error,
    })?;
    Ok(NoContent)
}

fn taken(error: Error) -> Error {
    match error.is_unique_violation() {
        true => Error::conflict("There is an available event of this name already."),
        false => error,
    }
}

fn in_use() -> Error {
    Error::conflict("This available event is in use by proposals.")
}

fn not_found() -> Error {
    Error::not_found("Available event not found")
}

/// The entry with that id.
pub fn find(conn: &mut Conn, id: EventTypeId) -> Result<Option<EventTypeView>> {
    Ok(EventTypeView::query()
        .filter(event_types::id.eq(id))
        .first(conn)
        .optional()?)
}

fn some(conn: &mut Conn, page: Numbered) -> Result<(Vec<EventTypeView>, i64)> {
    let total = event_types::table.count().get_result(conn)?;
    let some = EventTypeView::query()
        .order(event_types::name_key)
        .offset(page.offset())
        .limit(page.limit)
        .load(conn)?;
    Ok((some, total))
}

fn insert(
    conn: &mut Conn,
    name: &str,
    by: UserId,
    source: Source,
    now: Timestamp,
) -> Result<EventTypeView> {
    let id = EventTypeId::new();
    diesel::insert_into(event_types::table)
        .values((
            event_types::id.eq(id),
            event_types::name.eq(name),
            event_types::name_key.eq(name.to_lowercase()),
            event_types::created_at.eq(now),
            event_types::updated_at.eq(now),
        ))
        .execute(conn)?;
    record(conn, "event_type.created", id, by, source, now)?;
    find(conn, id)?.ok_or_else(|| Error::internal("an event type that was not made"))
}

fn update(
    conn: &mut Conn,
    id: EventTypeId,
    name: &str,
    by: UserId,
    source: Source,
    now: Timestamp,
) -> Result<EventTypeView> {
    let before = find(conn, id)?.ok_or_else(not_found)?;
    if before.event_name == name {
        return Ok(before);
    }
    diesel::update(event_types::table.find(id))
        .set((
            event_types::name.eq(name),
            event_types::name_key.eq(name.to_lowercase()),
            event_types::updated_at.eq(now),
        ))
        .execute(conn)?;
    record(conn, "event_type.renamed", id, by, source, now)?;
    find(conn, id)?.ok_or_else(not_found)
}

fn delete_row(
    conn: &mut Conn,
    id: EventTypeId,
    by: UserId,
    source: Source,
    now: Timestamp,
) -> Result<()> {
    find(conn, id)?.ok_or_else(not_found)?;
    let naming = proposals::table
        .filter(proposals::event_type_id.eq(id))
        .select(proposals::id);
    if diesel::select(diesel::dsl::exists(naming)).get_result::<bool>(conn)? {
        return Err(in_use());
    }
    diesel::delete(event_types::table.find(id)).execute(conn)?;
    record(conn, "event_type.deleted", id, by, source, now)
}

fn record(
    conn: &mut Conn,
    what: &'static str,
    id: EventTypeId,
    by: UserId,
    source: Source,
    now: Timestamp,
) -> Result<()> {
    audit::record(conn, source, Some(by), what, Some(id), now)?;
    let change = Change::by(by, what).of("event_type_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))
}
