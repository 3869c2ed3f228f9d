//! Who is calling: people and their logins, sign-in with Google, sessions.

pub mod google;
pub mod guard;
pub mod oauth;
pub mod people;
pub mod session;
pub mod sign_in;

use rocket::fairing::AdHoc;
use utoipa::OpenApi as _;

/// Mounts this system's routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("identity", |rocket| async {
        rocket
            .attach(session::stage())
            .attach(sign_in::stage())
            .attach(oauth::stage())
    })
}

/// This system's part of the document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = sign_in::Api::openapi();
    document.merge(oauth::Api::openapi());
    document.merge(session::Api::openapi());
    document
}
