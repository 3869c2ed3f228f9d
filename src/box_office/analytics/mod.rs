//! How an event sells.
//!
//! Routes: GET `/api/v1/admin/events/{id}/analytics`, and the same as a picture, `….svg`.

mod picture;
mod sales;

use chrono::NaiveDate;
use rocket::fairing::AdHoc;
use rocket::http::ContentType;
use rocket::{State, get, routes};
use serde::Serialize;

use super::money::Minor;
use super::seats::{self, Seats};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::envelope::Plain;
use crate::http::fresh::FreshText;
use crate::identity::guard::Admin;
use crate::identity::roles::{Permission, Role};

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(figures, drawn))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("analytics", |rocket| async {
        rocket.mount("/", routes![figures, drawn])
    })
}

/// How an event sells.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Analytics {
    #[schema(inline)]
    event_id: EventId,
    /// Confirmed bookings, and what internal calls took.
    tickets_sold: i64,
    /// Held for somebody who is about to pay.
    held: i64,
    revenue: Minor,
    currency: String,
    /// Percent of the capacity that is sold, with two decimals.
    capacity_utilization: f64,
    /// By day in the event's zone; days on which nothing moved are left out.
    booking_trends: Vec<Trend>,
    #[serde(skip)]
    #[schema(ignore)]
    capacity: i64,
    #[serde(skip)]
    #[schema(ignore)]
    name: String,
}

/// What was sold on a day.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct Trend {
    #[schema(value_type = String, format = Date)]
    date: NaiveDate,
    /// Less than 0 where more came back than was sold.
    tickets: i64,
    revenue: Minor,
}

/// How an event sells, in figures.
#[utoipa::path(tag = "Box office", security(("admin" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "The figures", body = Analytics),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
    ))]
#[get("/api/v1/admin/events/<event_id>/analytics")]
async fn figures(
    event_id: &str,
    admin: Admin,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<Plain<Analytics>> {
    Ok(Plain::ok(read(event_id, admin, db, clock).await?))
}

/// How an event sells, as a picture: tickets sold over time, and how full it is.
#[utoipa::path(tag = "Box office", security(("admin" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml", body = String),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
    ))]
#[get("/api/v1/admin/events/<event_id>/analytics.svg")]
async fn drawn(
    event_id: &str,
    admin: Admin,
    db: &State<Db>,
    clock: &State<Clock>,
) -> Result<FreshText> {
    let analytics = read(event_id, admin, db, clock).await?;
    Ok(FreshText {
        content_type: ContentType::SVG,
        text: picture::draw(&analytics)?,
    })
}

async fn read(event_id: &str, admin: Admin, db: &Db, clock: &Clock) -> Result<Analytics> {
    admin.may(Permission::ReadAnalytics)?;
    let (id, now) = (seats::read_id(event_id)?, Timestamp(clock.now()));
    db.scan(move |conn| {
        let seats = seats::find(conn, id)?;
        may_read(&admin, &seats)?;
        sales::of(conn, &seats, now)
    })
    .await
}

/// Those who read figures read all; managers of events their own.
fn may_read(admin: &Admin, seats: &Seats) -> Result<()> {
    match admin.role() {
        _ if seats.admin_id == admin.user_id => Ok(()),
        Role::SuperAdmin => Ok(()),
        // A draft is there for its owner only.
        Role::Analyst => seats.check_public(),
        Role::EventManager => Err(Error::Forbidden(None)),
    }
}
