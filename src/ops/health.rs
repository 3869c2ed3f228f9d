//! Whether the server is well: for those who watch it, and for what sends it requests.
//!
//! Routes: GET `/healthz`, `/health/ready`, `/health`.

use std::time::{Duration, Instant};

use rocket::fairing::AdHoc;
use rocket::futures::FutureExt as _;
use rocket::http::{Header, Status};
use rocket::response::{self, Responder};
use rocket::{Request, Shutdown, State, get, routes, tokio};
use serde::Serialize;

use crate::db::Db;
use crate::http::envelope;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(alive, ready, health))]
pub struct Api;

/// When the server began.
struct Began(Instant);

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("health", |rocket| async {
        rocket
            .manage(Began(Instant::now()))
            .mount("/", routes![alive, ready, health])
    })
}

/// An answer that nobody keeps.
struct Now<T> {
    well: bool,
    body: T,
}

impl<'r, T: Serialize> Responder<'r, 'static> for Now<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let status = match self.well {
            true => Status::Ok,
            false => Status::ServiceUnavailable,
        };
        let mut response = envelope::json(status, &self.body)?;
        response.set_header(Header::new("Cache-Control", "no-store"));
        Ok(response)
    }
}

/// That the server runs.
#[derive(Serialize, utoipa::ToSchema)]
struct Alive {
    /// `healthy`
    status: &'static str,
}

/// Whether the server answers at all; the database is not asked.
#[utoipa::path(tag = "Health", responses((status = 200, description = "It does", body = Alive)))]
#[get("/healthz")]
fn alive() -> Now<Alive> {
    let status = "healthy";
    Now {
        well: true,
        body: Alive { status },
    }
}

/// Whether requests may be sent here.
#[derive(Serialize, utoipa::ToSchema)]
struct Ready {
    /// `ready`, or `unavailable`.
    status: &'static str,
    /// `connected`, or `disconnected`.
    database: &'static str,
}

/// Whether requests may be sent here: the database is asked. A server that is about to stop
/// says no.
#[utoipa::path(tag = "Health", responses(
    (status = 200, description = "They may", body = Ready),
    (status = 503, description = "The database does not answer, or the server is about to stop", body = Ready),
))]
#[get("/health/ready")]
async fn ready(db: &State<Db>, shutdown: Shutdown) -> Now<Ready> {
    let connected = answers(db).await;
    let well = connected && shutdown.now_or_never().is_none();
    Now {
        well,
        body: Ready {
            status: if well { "ready" } else { "unavailable" },
            database: database(connected),
        },
    }
}

/// How the server is.
#[derive(Serialize, utoipa::ToSchema)]
struct Health {
    /// `healthy`, or `unavailable`.
    status: &'static str,
    /// The program's.
    version: &'static str,
    /// `connected`, or `disconnected`.
    database: &'static str,
    uptime_seconds: u64,
}

/// How the server is.
#[utoipa::path(tag = "Health", responses(
    (status = 200, description = "It is well", body = Health),
    (status = 503, description = "The database does not answer", body = Health),
))]
#[get("/health")]
async fn health(db: &State<Db>, began: &State<Began>) -> Now<Health> {
    let well = answers(db).await;
    Now {
        well,
        body: Health {
            status: if well { "healthy" } else { "unavailable" },
            version: env!("CARGO_PKG_VERSION"),
            database: database(well),
            uptime_seconds: began.0.elapsed().as_secs(),
        },
    }
}

fn database(connected: bool) -> &'static str {
    match connected {
        true => "connected",
        false => "disconnected",
    }
}

/// True if the database answers in time.
async fn answers(db: &Db) -> bool {
    let asked = db.read(|conn| {
        use diesel::prelude::*;
        let one = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"));
        Ok(one.get_result::<i32>(conn)?)
    });
    matches!(tokio::time::timeout(PATIENCE, asked).await, Ok(Ok(1)))
}
