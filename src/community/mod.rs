//! The community: profiles, events, comments and their pictures.

pub mod comments;
pub mod events;
pub mod images;
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
    })
}

/// This system's part of the document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = users::Api::openapi();
    document.merge(events::Api::openapi());
    document.merge(comments::Api::openapi());
    document.merge(images::Api::openapi());
    document
}
