//! The box office: those who run it, venues, events with seats, and who sits there.

pub mod admins;
pub mod analytics;
pub mod bookings;
pub mod catalogue;
pub mod events;
pub mod internal;
pub mod money;
pub mod seats;
pub mod tickets;
pub mod venues;

use rocket::fairing::AdHoc;
use utoipa::OpenApi as _;

use crate::bus::worker::Subscriber;
use crate::community::belongings::Belonging;
use crate::community::export::Section;
use crate::config::Config;

/// Mounts this system's routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("box office", |rocket| async {
        rocket
            .attach(admins::stage())
            .attach(venues::stage())
            .attach(events::stage())
            .attach(catalogue::stage())
            .attach(internal::stage())
            .attach(bookings::stage())
            .attach(tickets::stage())
            .attach(analytics::stage())
    })
}

/// This system's parts of the document.
pub fn openapi() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        admins::auth::Api::openapi(),
        admins::password::Api::openapi(),
        admins::manage::Api::openapi(),
        venues::Api::openapi(),
        events::Api::openapi(),
        catalogue::Api::openapi(),
        internal::Api::openapi(),
        bookings::Api::openapi(),
        bookings::ListsApi::openapi(),
        bookings::waitlist::Api::openapi(),
        tickets::Api::openapi(),
        analytics::Api::openapi(),
    ]
}

/// What hears changes here.
pub fn subscribers() -> Vec<Subscriber> {
    vec![events::VENUES, events::REMOVALS]
}

/// What a person's own export shows of what is here.
pub fn sections() -> Vec<Section> {
    bookings::personal::sections().into()
}

/// What people have here.
pub fn belongings(config: &Config) -> Vec<Belonging> {
    bookings::personal::belongings(bookings::Terms::of(config)).into()
}
