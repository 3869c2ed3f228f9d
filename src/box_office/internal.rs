//! What services with the internal key do: they sell an event's seats and give them back.
//!
//! Routes: GET `/internal/events/{id}`, POST `/internal/events/{id}/update-availability`, POST
//! `/internal/events/{id}/return-seats`. Emits: `seats.changed`.

use rocket::fairing::AdHoc;
use rocket::{State, get, post, routes};
use serde::{Deserialize, Serialize};

use super::bookings::{Terms, waitlist};
use super::money::Minor;
use super::seats::{self, After, Status, Take};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::fields::Check;
use crate::http::idempotency::{Caller, Kept};
use crate::identity::service::Service;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(find, update_availability, return_seats))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("internal calls", |rocket| async {
        rocket.mount("/", routes![find, update_availability, return_seats])
    })
}

/// What a service needs to know before it sells seats.
#[derive(Serialize, utoipa::ToSchema)]
struct SeatsForSale {
    #[schema(inline)]
    event_id: EventId,
    available_seats: i64,
    max_tickets_per_booking: i64,
    base_price: Minor,
    currency: String,
    version: i64,
    status: Status,
}

/// An event's seats.
#[utoipa::path(tag = "Internal", security(("internal" = [])), params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "The seats", body = SeatsForSale),
        (status = 404, description = "`EVENT_NOT_FOUND`, also for one without seats"),
    ))]
#[get("/internal/events/<event_id>")]
async fn find(event_id: &str, _service: Service, db: &State<Db>) -> Result<Plain<SeatsForSale>> {
    let id = seats::read_id(event_id)?;
    let seats = db.read(move |conn| seats::find(conn, id)).await?;
    seats.check_public()?;
    Ok(Plain::ok(SeatsForSale {
        event_id: id,
        available_seats: seats.available,
        max_tickets_per_booking: seats.max_per_booking,
        base_price: seats.price(),
        version: seats.version,
        status: seats.status(),
        currency: seats.currency,
    }))
}

/// How many seats move.
#[derive(Deserialize, utoipa::ToSchema)]
struct SeatMovement {
    /// Negative takes, positive gives back.
    quantity: i64,
    /// Only if this is the event's version; without it the seats alone decide.
    version: Option<i64>,
}

/// How many seats come back.
#[derive(Deserialize, utoipa::ToSchema)]
struct SeatReturn {
    /// At least 1.
    quantity: i64,
    /// Only if this is the event's version; without it the seats alone decide.
    version: Option<i64>,
}

/// An event's seats after a movement.
#[derive(Serialize, utoipa::ToSchema)]
struct SeatsLeft {
    #[schema(inline)]
    event_id: EventId,
    available_seats: i64,
    status: Status,
    version: i64,
}

/// Takes seats, or gives them back.
///
/// One conditional statement decides: never is a seat too many sold. Who leaves `version` out
/// never has to try again.
#[utoipa::path(tag = "Internal", security(("internal" = [])), params(("event_id" = EventId, Path)),
    request_body = SeatMovement,
    responses(
        (status = 200, description = "What is left", body = SeatsLeft),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
        (status = 409, description = "`INSUFFICIENT_SEATS`, `CONCURRENT_UPDATE`, `EVENT_NOT_MODIFIABLE`"),
        (status = 422, description = "`IDEMPOTENCY_CONFLICT`: the key was used for another call"),
    ))]
#[post("/internal/events/<event_id>/update-availability", data = "<body>")]
async fn update_availability(
    event_id: &str,
    _service: Service,
    body: Body<SeatMovement>,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Kept> {
    let (movement, once) = body.valid_once()?;
    let quantity = movement.quantity;
    let mut check = Check::default();
    if quantity == 0 || quantity == i64::MIN {
        check.problem("quantity", "must be a number other than 0");
    }
    let version = wanted(&mut check, movement.version);
    check.done()?;
    let id = seats::read_id(event_id)?;
    let (key, now) = (once.key_hash(Caller::Service), Timestamp(clock.now()));
    let (terms, take) = (
        *terms.inner(),
        Take {
            event_id: id,
            quantity: quantity.abs(),
            version,
        },
    );
    once.write_row(
        db,
        Caller::Service,
        clock,
        (id, seats::hold_row),
        move |conn| {
            let after = match quantity < 0 {
                true => seats::sell(conn, take, key.clone(), now)?,
                false => {
                    let after = seats::return_internal(conn, take, true, key.clone(), now)?;
                    served(conn, id, after, terms, now)?
                }
            };
            Ok(Plain::ok(SeatsLeft::of(id, &after)))
        },
    )
    .await
}

/// Gives back seats that internal calls took.
#[utoipa::path(tag = "Internal", security(("internal" = [])), params(("event_id" = EventId, Path)),
    request_body = SeatReturn,
    responses(
        (status = 200, description = "What is left", body = SeatsLeft),
        (status = 400, description = "`VALIDATION_FAILED`; more than was taken, too"),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
        (status = 409, description = "`CONCURRENT_UPDATE`, `EVENT_NOT_MODIFIABLE`"),
        (status = 422, description = "`IDEMPOTENCY_CONFLICT`: the key was used for another call"),
    ))]
#[post("/internal/events/<event_id>/return-seats", data = "<body>")]
async fn return_seats(
    event_id: &str,
    _service: Service,
    body: Body<SeatReturn>,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Kept> {
    let (back, once) = body.valid_once()?;
    let mut check = Check::default();
    if back.quantity < 1 {
        check.problem("quantity", "must be at least 1");
    }
    let version = wanted(&mut check, back.version);
    check.done()?;
    let id = seats::read_id(event_id)?;
    let (key, now) = (once.key_hash(Caller::Service), Timestamp(clock.now()));
    let (terms, back) = (
        *terms.inner(),
        Take {
            event_id: id,
            quantity: back.quantity,
            version,
        },
    );
    once.write_row(
        db,
        Caller::Service,
        clock,
        (id, seats::hold_row),
        move |conn| {
            let after = seats::return_internal(conn, back, false, key.clone(), now)?;
            let after = served(conn, id, after, terms, now)?;
            Ok(Plain::ok(SeatsLeft::of(id, &after)))
        },
    )
    .await
}

impl SeatsLeft {
    fn of(event_id: EventId, after: &After) -> Self {
        Self {
            event_id,
            available_seats: after.available,
            status: after.status(),
            version: after.version,
        }
    }
}

/// The version that a caller insists on, if there is one.
fn wanted(check: &mut Check, given: Option<i64>) -> Option<i64> {
    if given.is_some_and(|version| version < 1) {
        check.problem("version", "must be a version, from 1");
    }
    given
}

/// Offers what came back to those who wait, and says what is left then.
fn served(
    conn: &mut Conn,
    id: EventId,
    after: After,
    terms: Terms,
    now: Timestamp,
) -> Result<After> {
    match waitlist::serve(conn, id, terms, now)? {
        0 => Ok(after),
        _ => seats::find(conn, id).map(After::from),
    }
}
