//! The community: profiles, events, comments with pictures, likes, interest, groups,
//! calendars and feeds, reports, and a person's own data.

pub mod adoption;
pub mod belongings;
pub mod calendars;
pub mod comments;
pub mod erasure;
pub mod events;
pub mod export;
pub mod feed;
pub mod groups;
pub mod images;
pub mod interest;
pub mod likes;
pub mod reports;
pub mod search;
pub mod structured;
pub mod users;

use rocket::fairing::AdHoc;
use utoipa::OpenApi as _;

/// Mounts this system's routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("community", |rocket| async {
        rocket
            .attach(users::stage())
            .attach(events::stage())
            .attach(comments::stage())
            .attach(images::stage())
            .attach(likes::stage())
            .attach(interest::stage())
            .attach(groups::stage())
            .attach(calendars::stage())
            .attach(feed::stage())
            .attach(reports::stage())
            .attach(export::stage())
            .attach(erasure::stage())
    })
}

/// This system's parts of the document.
pub fn openapi() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        users::Api::openapi(),
        events::Api::openapi(),
        comments::Api::openapi(),
        images::Api::openapi(),
        likes::Api::openapi(),
        interest::Api::openapi(),
        groups::Api::openapi(),
        groups::members::Api::openapi(),
        calendars::Api::openapi(),
        calendars::private::Api::openapi(),
        feed::Api::openapi(),
        structured::Api::openapi(),
        reports::Api::openapi(),
        export::Api::openapi(),
        erasure::Api::openapi(),
    ]
}
