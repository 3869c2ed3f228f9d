//! Folkmoot, a community events server: one binary, SQLite inside, PostgreSQL when one
//! machine is not enough.
//!
//! [`build`] is the table of contents; `docs/ARCHITECTURE.md` is the map.

mod bus;
pub mod clock;
mod community;
pub mod config;
pub mod db;
pub mod error;
mod http;
mod identity;
pub mod ops;
mod secret;

use std::sync::Arc;

use rocket::{Build, Rocket};

use clock::Clock;
use config::Config;
use db::Db;
use http::limit::Limits;
use identity::google::{self, Google};
use secret::Secret;

/// The whole server, ready to launch.
///
/// On SQLite the schema is brought up to date; on PostgreSQL one that is behind is an
/// error, since nodes share it.
///
/// # Errors
/// A sentence that says what to do: a database out of reach or behind, a key that cannot
/// be read.
pub fn build(config: Config, clock: Clock) -> Result<Rocket<Build>, String> {
    let lock = ops::start::prepare_database(&config)?;
    let secret = Secret::load(&config)?;
    let db = Db::open(&config).map_err(|error| error.to_string())?;
    let http = google::http_client()?;
    let google = Google::new(&config, http.clone(), clock.clone());
    let limits = Arc::new(Limits::new(config.rate_limit));
    Ok(rocket::custom(config.rocket.0.clone())
        .manage(lock)
        .manage(secret)
        .manage(db)
        .manage(clock)
        .manage(http)
        .manage(google)
        .manage(limits)
        .attach(ops::shield(&config))
        .manage(config)
        .attach(http::stage())
        .attach(http::docs::stage(openapi()))
        .attach(identity::stage())
        .attach(community::stage())
        .attach(ops::stage()))
}

/// The OpenAPI document of all systems.
pub fn openapi() -> utoipa::openapi::OpenApi {
    http::docs::document([identity::openapi(), community::openapi()])
}

/// Chooses the one crypto provider of the process. First thing in `main` and in tests.
pub fn install_crypto() {
    // An error means that it was chosen before, which is the same one.
    let _chosen_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
