//! What people, organisers and the payment service do with bookings.

use rocket::fairing::AdHoc;
use rocket::http::ContentType;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, State, delete, get, post, routes};
use serde::{Deserialize, Serialize};

use super::change::{Confirming, confirm as confirmed};
use super::reserve::reserve as reserved;
use super::{
    BookingId, BookingStatus, BookingView, Cancelled, Hold, MyBooking, Terms, cancel as cancelled,
    lock, of_person, read_id, waitlist,
};
use crate::box_office::events;
use crate::box_office::seats;
use crate::box_office::tickets::{Tickets, picture};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::{self, Plain};
use crate::http::fields::Check;
use crate::http::fresh::FreshText;
use crate::http::idempotency::{Caller, HotRow, Kept};
use crate::identity::guard::{Admin, SignedIn};
use crate::identity::people::{self, UserId};
use crate::identity::roles::Permission;
use crate::identity::service::{self, Service};

const PAYMENT_CHARS: usize = 200;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(reserve, find, confirm, cancel, ticket))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("booking", |rocket| async {
        rocket.mount("/", routes![reserve, find, confirm, cancel, ticket])
    })
}

/// How many seats somebody wants.
#[derive(Deserialize, utoipa::ToSchema)]
struct NewBooking {
    /// At least 1; with what I hold and have already, at most `max_tickets_per_booking`.
    quantity: i64,
}

/// Books seats.
///
/// What costs something is held for ten minutes, until the payment service confirms it; what is
/// free is mine at once.
#[utoipa::path(tag = "Bookings", security(("session" = [])), params(("event_id" = EventId, Path)),
    request_body = NewBooking,
    responses(
        (status = 201, description = "The booking", body = BookingView),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
        (status = 409, description = "`INSUFFICIENT_SEATS`, `EVENT_NOT_MODIFIABLE`"),
        (status = 422, description = "`IDEMPOTENCY_CONFLICT`: the key was used for another call"),
    ))]
#[post("/api/v1/events/<event_id>/bookings", data = "<body>")]
async fn reserve(
    event_id: &str,
    who: SignedIn,
    body: Body<NewBooking>,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Kept> {
    let (new, once) = body.valid_once()?;
    let (now, terms) = (Timestamp(clock.now()), *terms.inner());
    if new.quantity < 1 {
        return Err(Error::invalid("quantity", "must be at least 1"));
    }
    let hold = Hold {
        event_id: seats::read_id(event_id)?,
        person: who.user_id,
        quantity: new.quantity,
        until: Timestamp(now.0 + terms.hold),
        is_offer: false,
    };
    let row: HotRow<_> = (hold.event_id, seats::hold_row);
    once.write_row(db, who.user_id, clock, row, move |conn| {
        let row = reserved(conn, hold, terms, now)?;
        Ok(Plain::created(BookingView::of(&row, now)))
    })
    .await
}

/// A booking of mine.
#[utoipa::path(tag = "Bookings", security(("session" = [])), params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, description = "The booking", body = MyBooking),
        (status = 404, description = "`BOOKING_NOT_FOUND`"),
    ))]
#[get("/api/v1/bookings/<booking_id>")]
async fn find(
    booking_id: &str,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
    tickets: &State<Tickets>,
) -> Result<Plain<MyBooking>> {
    let (id, me) = (read_id(booking_id)?, who.user_id);
    let row = db.read(move |conn| of_person(conn, id, me)).await?;
    let now = Timestamp(clock.now());
    Ok(Plain::ok(MyBooking::of(&row, tickets, now)?))
}

/// Who may confirm a booking: a service with the internal key, or a person.
enum Confirmer {
    Service,
    Person(UserId),
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Confirmer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        if service::is_claimed(request) {
            return Service::from_request(request).await.map(|_| Self::Service);
        }
        if request.headers().contains("Authorization") {
            // An admin's token never acts as a person.
            return Outcome::Error(envelope::park(request, Error::Unauthorized(None)));
        }
        let person = SignedIn::from_request(request).await;
        person.map(|person| Self::Person(person.user_id))
    }
}

/// That a booking was paid.
#[derive(Deserialize, utoipa::ToSchema)]
struct Payment {
    /// The payment service's own, 1 to 200 characters; needed where there is something to pay.
    payment_reference: Option<String>,
}

/// Confirms a booking: the payment service what was paid, a person what is free.
///
/// Again with the same payment, it is the same.
#[utoipa::path(tag = "Bookings", security(("internal" = []), ("session" = [])),
    params(("booking_id" = BookingId, Path)), request_body = Payment,
    responses(
        (status = 200, description = "The booking", body = MyBooking),
        (status = 404, description = "`BOOKING_NOT_FOUND`"),
        (status = 409, description = "`BOOKING_EXPIRED`; `CONFLICT`: cancelled, or confirmed by another payment"),
    ))]
#[post("/api/v1/bookings/<booking_id>/confirm", data = "<body>")]
async fn confirm(
    booking_id: &str,
    by: Confirmer,
    body: Body<Payment>,
    db: &State<Db>,
    clock: &State<Clock>,
    tickets: &State<Tickets>,
) -> Result<Plain<MyBooking>> {
    let given = body.given()?.and_then(|payment| payment.payment_reference);
    let mut check = Check::default();
    let payment = given
        .as_deref()
        .map(|payment| check.line("payment_reference", payment, 1..=PAYMENT_CHARS));
    check.done()?;
    let (by, caller) = match by {
        Confirmer::Service => (Confirming::Service(payment), Caller::Service),
        Confirmer::Person(me) => (Confirming::Person(me), Caller::Person(me)),
    };
    let (id, now) = (read_id(booking_id)?, Timestamp(clock.now()));
    let row = db.write_hot(move |conn| {
        if let Caller::Person(me) = caller {
            people::check_may_write(conn, me)?;
        }
        confirmed(conn, id, &by, now)
    });
    Ok(Plain::ok(MyBooking::of(&row.await?, tickets, now)?))
}

/// Who may cancel a booking: its person, or the event's admin.
enum Canceller {
    Person(UserId),
    Admin(Admin),
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Canceller {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        if request.headers().contains("Authorization") {
            return Admin::from_request(request).await.map(Self::Admin);
        }
        let person = SignedIn::from_request(request).await;
        person.map(|person| Self::Person(person.user_id))
    }
}

/// What was cancelled.
#[derive(Serialize, utoipa::ToSchema)]
struct CancelledBooking {
    /// `Booking cancelled`
    message: &'static str,
    #[schema(inline)]
    booking_id: BookingId,
}

/// Cancels a booking of mine, or as the event's admin somebody's. Its seats come back once,
/// however often it is cancelled.
#[utoipa::path(tag = "Bookings", security(("session" = []), ("admin" = [])),
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, description = "`Booking cancelled`", body = CancelledBooking),
        (status = 404, description = "`BOOKING_NOT_FOUND`"),
        (status = 409, description = "`BOOKING_EXPIRED`, `ALREADY_CHECKED_IN`, `EVENT_NOT_MODIFIABLE`"),
    ))]
#[delete("/api/v1/bookings/<booking_id>")]
async fn cancel(
    booking_id: &str,
    by: Canceller,
    db: &State<Db>,
    clock: &State<Clock>,
    terms: &State<Terms>,
) -> Result<Plain<CancelledBooking>> {
    let (now, terms) = (Timestamp(clock.now()), *terms.inner());
    if let Canceller::Admin(admin) = &by {
        admin.may(Permission::WriteEvents)?;
    }
    let id = read_id(booking_id)?;
    let event_id = db.read(move |conn| super::by_id(conn, id)).await?.event_id;
    db.write_row(event_id, move |conn| {
        // The seats first, as everybody locks them.
        let seats = seats::lock(conn, event_id)?;
        let actor = match &by {
            Canceller::Person(me) => {
                people::check_may_write(conn, *me)?;
                of_person(conn, id, *me)?;
                *me
            }
            Canceller::Admin(admin) => {
                admin.check(conn, Permission::WriteEvents)?;
                events::mine(admin, seats)?;
                admin.user_id
            }
        };
        let row = lock(conn, id)?;
        match cancelled(conn, &row, Some(actor), now)? {
            Cancelled::Before => Ok(()),
            Cancelled::Now => waitlist::serve(conn, event_id, terms, now).map(drop),
        }
    })
    .await?;
    Ok(Plain::ok(CancelledBooking {
        message: "Booking cancelled",
        booking_id: id,
    }))
}

/// The ticket of a booking of mine, as a QR code.
#[utoipa::path(tag = "Tickets", security(("session" = [])), params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml", body = String),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 404, description = "`BOOKING_NOT_FOUND`"),
        (status = 409, description = "`CONFLICT`: it is not confirmed"),
    ))]
#[get("/api/v1/bookings/<booking_id>/ticket.svg")]
async fn ticket(
    booking_id: &str,
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
    tickets: &State<Tickets>,
) -> Result<FreshText> {
    let (id, me) = (read_id(booking_id)?, who.user_id);
    let row = db.read(move |conn| of_person(conn, id, me)).await?;
    if row.status(Timestamp(clock.now())) != BookingStatus::Confirmed {
        return Err(Error::conflict("Only a confirmed booking has a ticket."));
    }
    Ok(FreshText {
        content_type: ContentType::SVG,
        text: picture(&tickets.code(&row)?)?,
    })
}
