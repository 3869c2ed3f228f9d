//! The box office: those who run it.

pub mod admins;

use rocket::fairing::AdHoc;
use utoipa::OpenApi as _;

/// Mounts this system's routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("box office", |rocket| async {
        rocket.attach(admins::stage())
    })
}

/// This system's parts of the document.
pub fn openapi() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        admins::auth::Api::openapi(),
        admins::password::Api::openapi(),
        admins::manage::Api::openapi(),
    ]
}
