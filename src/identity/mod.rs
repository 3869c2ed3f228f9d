//! Who is calling: people and their logins, sign-in with Google or a password, sessions and
//! tokens, and the record of it.

pub mod attempts;
pub mod audit;
pub mod credentials;
pub mod google;
pub mod grants;
pub mod guard;
pub mod jwt;
pub mod logins;
pub mod oauth;
pub mod password;
pub mod people;
pub mod roles;
pub mod service;
pub mod session;
pub mod sign_in;
pub mod tokens;

use rocket::fairing::AdHoc;
use utoipa::OpenApi as _;

/// Mounts this system's routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("identity", |rocket| async {
        rocket
            .attach(session::stage())
            .attach(sign_in::stage())
            .attach(oauth::stage())
            .attach(logins::stage())
            .attach(tokens::stage())
            .attach(audit::stage())
    })
}

/// This system's parts of the document.
pub fn openapi() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        sign_in::Api::openapi(),
        oauth::Api::openapi(),
        session::Api::openapi(),
        logins::Api::openapi(),
        tokens::Api::openapi(),
        audit::Api::openapi(),
    ]
}
