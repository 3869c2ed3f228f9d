//! Venues: where events of the box office take place. Owns `venues`.
//!
//! Routes: POST and GET `/api/v1/admin/venues`, GET, PUT and DELETE `/api/v1/admin/venues/{id}`.
//! Emits: `venue.created`, `venue.updated`, `venue.deleted`.

mod details;
mod write;

use diesel::prelude::*;
use rocket::fairing::AdHoc;
use rocket::{State, delete, get, post, put, routes};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::clock::Clock;
use crate::db::schema::venues;
use crate::db::types::{Id, Rfc3339, Timestamp};
use crate::db::{Conn, Db, MultiBackend};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::page::Query;
use crate::identity::guard::Admin;
use crate::identity::people::UserId;
use crate::identity::roles::{Permission, Role};
use details::{Details, VenueChanges};
use rocket::http::Status;

pub use details::{NewVenue, fold};

/// Items of a page where the caller does not say.
const DEFAULT_LIMIT: u8 = 20;
const SEARCH_CHARS: usize = 100;

/// Marks the ids of venues.
pub enum Venue {}
/// The id of a venue.
pub type VenueId = Id<Venue>;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create, list, find, update, delete))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("venues", |rocket| async {
        rocket.mount("/", routes![create, list, find, update, delete])
    })
}

/// A venue, as admins see it.
#[derive(Debug, Clone, Serialize, HasQuery, utoipa::ToSchema)]
#[diesel(table_name = venues, check_for_backend(MultiBackend))]
pub struct VenueView {
    #[schema(inline)]
    #[serde(rename = "venue_id")]
    pub id: VenueId,
    pub name: String,
    pub address: String,
    pub city: String,
    #[schema(required)]
    pub state: Option<String>,
    pub country: String,
    #[schema(required)]
    pub postal_code: Option<String>,
    /// Most people that it takes.
    pub capacity: i64,
    /// How the room is laid out, for front ends.
    #[serde(serialize_with = "as_json")]
    #[schema(value_type = Option<Object>, required)]
    pub layout_config: Option<String>,
    #[schema(inline)]
    pub created_at: Rfc3339,
    #[schema(inline)]
    pub updated_at: Rfc3339,
    #[serde(skip)]
    #[schema(ignore)]
    owner_id: UserId,
}

/// Writes a text that is JSON as what it says.
fn as_json<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let json = text.as_deref().map(serde_json::from_str::<&RawValue>);
    json.transpose()
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

impl VenueView {
    /// Where it is, in a line.
    pub fn location(&self) -> String {
        format!("{}, {}, {}", self.name, self.address, self.city)
    }
}

/// The refusal of a venue that is not there.
pub fn not_found() -> Error {
    Error::named(
        Status::NotFound,
        "VENUE_NOT_FOUND",
        "There is no such venue.",
        None,
    )
}

/// Makes a venue.
#[utoipa::path(tag = "Venues", security(("admin" = [])), request_body = NewVenue,
    responses((status = 201, description = "The venue", body = VenueView)))]
#[post("/api/v1/admin/venues", data = "<body>")]
async fn create(
    admin: Admin,
    body: Body<NewVenue>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<VenueView>> {
    admin.may(Permission::WriteVenues)?;
    let details = Details::read(&body.valid()?)?;
    let now = Timestamp(clock.now());
    let made = db.write(move |conn| {
        admin.check(conn, Permission::WriteVenues)?;
        write::insert(conn, admin.user_id, &details, now)
    });
    Ok(Plain::created(made.await?))
}

/// A page of venues.
#[derive(Serialize, utoipa::ToSchema)]
struct VenuePage {
    venues: Vec<VenueView>,
    total: i64,
    page: i64,
    limit: i64,
    has_more: bool,
}

/// The venues of all admins, by name.
#[utoipa::path(tag = "Venues", security(("admin" = [])),
    params(
        ("page" = Option<i64>, Query, minimum = 1, description = "Default 1"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 20"),
        ("city" = Option<String>, Query, description = "The city's whole name, whatever its case"),
        ("search" = Option<String>, Query, description = "A part of name, address or city, whatever its case"),
    ),
    responses((status = 200, description = "A page of venues", body = VenuePage)))]
#[get("/api/v1/admin/venues")]
async fn list(admin: Admin, query: Query<'_>, db: &State<Db>) -> Result<Plain<VenuePage>> {
    admin.may(Permission::WriteVenues)?;
    let page = query.numbered(DEFAULT_LIMIT)?;
    let city = query.text("city", SEARCH_CHARS)?.map(fold);
    let part = query.text("search", SEARCH_CHARS)?.map(str::to_owned);
    let found = db.scan(move |conn| write::page(conn, city.as_deref(), part.as_deref(), page));
    let (venues, total) = found.await?;
    Ok(Plain::ok(VenuePage {
        has_more: page.has_more(total),
        venues,
        total,
        page: page.number,
        limit: page.limit,
    }))
}

/// A venue.
#[utoipa::path(tag = "Venues", security(("admin" = [])), params(("venue_id" = VenueId, Path)),
    responses(
        (status = 200, description = "The venue", body = VenueView),
        (status = 404, description = "`VENUE_NOT_FOUND`"),
    ))]
#[get("/api/v1/admin/venues/<venue_id>")]
async fn find(venue_id: &str, admin: Admin, db: &State<Db>) -> Result<Plain<VenueView>> {
    admin.may(Permission::WriteVenues)?;
    let id = read_id(venue_id)?;
    let venue = db.read(move |conn| by_id(conn, id)).await?;
    Ok(Plain::ok(venue))
}

/// Changes a venue. Events to come there follow within a second.
#[utoipa::path(tag = "Venues", security(("admin" = [])), params(("venue_id" = VenueId, Path)),
    request_body = VenueChanges,
    responses(
        (status = 200, description = "The venue", body = VenueView),
        (status = 400, description = "`VALIDATION_FAILED`; a capacity below that of an event to come there, too"),
        (status = 404, description = "`VENUE_NOT_FOUND`"),
    ))]
#[put("/api/v1/admin/venues/<venue_id>", data = "<body>")]
async fn update(
    venue_id: &str,
    admin: Admin,
    body: Body<VenueChanges>,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<VenueView>> {
    admin.may(Permission::WriteVenues)?;
    let (changes, id) = (body.valid()?, read_id(venue_id)?);
    let now = Timestamp(clock.now());
    let changed = db.write_hot(move |conn| {
        admin.check(conn, Permission::WriteVenues)?;
        let before = mine(conn, &admin, id)?;
        let details = Details::read(&changes.onto(&before))?;
        write::change(conn, before, admin.user_id, &details, now)
    });
    Ok(Plain::ok(changed.await?))
}

/// What the box office says of what was done.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Deleted {
    /// `Venue deleted`
    message: &'static str,
}

/// Deletes a venue that no event was ever at.
#[utoipa::path(tag = "Venues", security(("admin" = [])), params(("venue_id" = VenueId, Path)),
    responses(
        (status = 200, description = "`Venue deleted`", body = Deleted),
        (status = 404, description = "`VENUE_NOT_FOUND`"),
        (status = 409, description = "`VENUE_IN_USE`"),
    ))]
#[delete("/api/v1/admin/venues/<venue_id>")]
async fn delete(
    venue_id: &str,
    admin: Admin,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<Deleted>> {
    admin.may(Permission::WriteVenues)?;
    let (id, now) = (read_id(venue_id)?, Timestamp(clock.now()));
    db.write_hot(move |conn| {
        admin.check(conn, Permission::WriteVenues)?;
        let venue = mine(conn, &admin, id)?;
        write::delete(conn, &venue, admin.user_id, now)
    })
    .await?;
    let message = "Venue deleted";
    Ok(Plain::ok(Deleted { message }))
}

/// Makes a venue, by the rules of the call that makes one.
pub fn make(conn: &mut Conn, owner: UserId, new: &NewVenue, now: Timestamp) -> Result<VenueView> {
    write::insert(conn, owner, &Details::read(new)?, now)
}

/// The id that a caller wrote; one that is none is nobody's.
pub fn read_id(text: &str) -> Result<VenueId> {
    text.parse().map_err(|_| not_found())
}

/// The venue with that id.
pub fn by_id(conn: &mut Conn, id: VenueId) -> Result<VenueView> {
    VenueView::query()
        .filter(venues::id.eq(id))
        .first(conn)
        .optional()?
        .ok_or_else(not_found)
}

/// As [`by_id`], and nobody else changes or deletes it until the transaction ends.
pub fn lock(conn: &mut Conn, id: VenueId) -> Result<VenueView> {
    if let Conn::Pg(pg) = conn {
        let locked = venues::table.find(id).select(venues::id).for_update();
        locked.first::<VenueId>(pg).optional()?;
    }
    by_id(conn, id)
}

/// The venue with that id, if it is this admin's to change.
fn mine(conn: &mut Conn, admin: &Admin, id: VenueId) -> Result<VenueView> {
    let venue = lock(conn, id)?;
    match venue.owner_id == admin.user_id || admin.role() == Role::SuperAdmin {
        true => Ok(venue),
        false => Err(Error::Forbidden(None)),
    }
}
