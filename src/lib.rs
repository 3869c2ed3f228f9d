//! Folkmoot, a community events server: one binary, SQLite inside, PostgreSQL when one
//! machine is not enough.
//!
//! [`build`] is the table of contents; `docs/ARCHITECTURE.md` is the map.

mod box_office;
mod bus;
pub mod clock;
mod community;
pub mod config;
pub mod db;
pub mod error;
mod http;
mod identity;
pub mod ops;
mod proposals;
mod secret;

use std::sync::Arc;

use rocket::{Build, Rocket};

use bus::worker::Worker;
use clock::Clock;
use config::Config;
use db::Db;
use http::limit::Limits;
use identity::google::{self, Google};
use identity::jwt::Jwts;
use identity::password::Hasher;
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
    let sections = box_office::sections()
        .into_iter()
        .chain(proposals::sections());
    let sections = community::export::Sections::with(sections);
    let belongings = community::belongings::Belongings::with(box_office::belongings(&config));
    let subscribers = box_office::subscribers().into_iter();
    let subscribers = subscribers.chain(proposals::subscribers()).collect();
    let worker = Worker::new(db.clone(), clock.clone(), subscribers);
    let limits = Arc::new(Limits::new(config.rate_limit));
    let jwts = Jwts::new(&secret, &config, clock.clone())?;
    let hasher = Hasher::new().map_err(|error| error.to_string())?;
    Ok(rocket::custom(config.rocket.0.clone())
        .manage(lock)
        .manage(secret)
        .manage(db)
        .manage(clock)
        .manage(http)
        .manage(google)
        .manage(limits)
        .manage(jwts)
        .manage(hasher)
        .manage(sections)
        .manage(belongings)
        .manage(Arc::new(worker))
        .attach(ops::shield(&config))
        .manage(config)
        .attach(http::stage())
        .attach(http::docs::stage(openapi()))
        .attach(identity::stage())
        .attach(community::stage())
        .attach(box_office::stage())
        .attach(proposals::stage())
        .attach(ops::stage()))
}

/// The OpenAPI document of all systems.
pub fn openapi() -> utoipa::openapi::OpenApi {
    http::docs::document(parts())
}

fn parts() -> impl Iterator<Item = utoipa::openapi::OpenApi> {
    let all = [
        identity::openapi(),
        community::openapi(),
        box_office::openapi(),
        proposals::openapi(),
        ops::openapi(),
    ];
    all.into_iter().flatten()
}

/// Chooses the one crypto provider of the process. First thing in `main` and in tests.
pub fn install_crypto() {
    // An error means that it was chosen before, which is the same one.
    let _chosen_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    fn no_two_forms_of_the_document_have_one_name() {
        let mut known = BTreeMap::new();
        for part in super::parts() {
            let forms = part.components.map(|components| components.schemas);
            for (name, form) in forms.unwrap_or_default() {
                let form = serde_json::to_string(&form).expect("a form is JSON");
                let before = known.entry(name.clone()).or_insert_with(|| form.clone());
                assert_eq!(*before, form, "{name} is the name of two");
            }
        }
        assert!(known.len() > 40, "there are forms");
    }
}
