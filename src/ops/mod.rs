//! Running it: start and stop, sweeping, the demo, checks of the data.

pub mod accounts;
pub mod bus;
pub mod check;
pub mod demo;
pub mod health;
pub mod log;
pub mod moderation;
mod shell;
pub mod start;
pub mod sweep;
pub mod verify;

use rocket::fairing::AdHoc;
use rocket::shield::{Frame, Hsts, NoSniff, Permission, Referrer, Shield};
use rocket::time::Duration;

use crate::config::Config;

/// Starts what runs beside the requests, and says where the server is.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("operations", |rocket| async {
        rocket
            .attach(AdHoc::on_liftoff("start-up screen", |rocket| {
                Box::pin(async move { start::screen(rocket) })
            }))
            .attach(health::stage())
            .attach(sweep::stage())
    })
}

/// Its part of the document.
pub fn openapi() -> Vec<utoipa::openapi::OpenApi> {
    vec![<health::Api as utoipa::OpenApi>::openapi()]
}

/// The security headers that do not depend on the path.
pub fn shield(config: &Config) -> Shield {
    let shield = Shield::new()
        .enable(NoSniff::Enable)
        .enable(Frame::Deny)
        .enable(Referrer::NoReferrer)
        .enable(Permission::blocked(rocket::shield::Feature::InterestCohort));
    match config.https() {
        true => shield.enable(Hsts::Enable(Duration::days(365))),
        false => shield,
    }
}
