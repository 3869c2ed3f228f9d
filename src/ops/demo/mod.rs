//! `folkmoot demo`: a server to try things out on, with people, events, comments, and a
//! stand-in for Google. It listens on loopback only and starts with new data each time.

mod box_office;
mod circles;
mod companies;
mod echo;
mod google;
mod people;
mod progress;
mod texts;

use std::net::IpAddr;
use std::sync::Arc;

use rocket::fairing::AdHoc;

use crate::bus::worker::Worker;
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::config::{Config, DEV_TOKEN, DatabaseUrl, Hidden};
use crate::db::Db;
use crate::identity::password::Hasher;
use crate::secret::Secret;

/// Runs the demo.
///
/// # Errors
/// A sentence that says what to do.
pub async fn serve(mut config: Config) -> Result<(), String> {
    let port = config.rocket.0.extract_inner::<u16>("port").unwrap_or(8000);
    let here = format!("http://localhost:{port}");
    let path = config.data_dir.join("demo.db");
    let stand_in = google::StandIn::new()?;

    let address = config.rocket.0.extract_inner::<IpAddr>("address");
    if address.is_ok_and(|address| !address.is_loopback()) {
        return Err(
            "ROCKET_ADDRESS: the demo signs anyone in, so it listens on loopback only; \
                    for example 127.0.0.1"
                .into(),
        );
    }
    config.database_url = DatabaseUrl::Sqlite(path.clone());
    config.public_url = here.parse().map_err(|error| format!("{here}: {error}"))?;
    config.google_client_ids = vec![google::CLIENT_ID.to_owned()];
    config.google_client_secret = Some(Hidden(google::CLIENT_SECRET.to_owned()));
    // The server asks itself by address, so that no name has to be found.
    let asks = format!("http://127.0.0.1:{port}/demo/google");
    let url = |base: &str, path: &str| {
        format!("{base}{path}")
            .parse()
            .map_err(|error| format!("{base}{path}: {error}"))
    };
    config.google_certs_url = url(&asks, "/certs")?;
    config.google_token_url = url(&asks, "/token")?;
    config.google_auth_url = url(&here, "/demo/google/auth")?;

    config.api_token = Some(Hidden(DEV_TOKEN.to_owned()));
    config.internal_api_key = Some(Hidden(box_office::INTERNAL_KEY.to_owned()));

    begin_anew(&path)?;
    let clock = Clock::system();
    let database = config.database_url.to_string();
    let rocket = crate::build(config, clock.clone())?;
    let mut on_sale = None;
    if let (Some(db), Some(secret)) = (rocket.state::<Db>(), rocket.state::<Secret>()) {
        people::settle(db, &clock, secret)
            .await
            .map_err(|error| error.to_string())?;
        if let Some(hasher) = rocket.state::<Hasher>() {
            let admin = companies::settle(db, hasher, secret, clock.now());
            let admin = admin.await.map_err(|error| error.to_string())?;
            let show = box_office::settle(db, admin, clock.now());
            on_sale = Some(show.await.map_err(|error| error.to_string())?);
        }
    }
    // What was approved has its event before anybody looks.
    if let Some(worker) = rocket.state::<Arc<Worker>>() {
        let heard = worker.deliver_all().await;
        heard.map_err(|error| error.to_string())?;
    }
    let rocket = rocket
        .attach(google::stage(stand_in))
        .attach(hints(here, database, on_sale));
    super::start::run(rocket).await
}

/// Removes what the demo before left; not while that is still running.
fn begin_anew(path: &std::path::Path) -> Result<(), String> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        std::path::PathBuf::from(name)
    };
    if let Ok(lock) = std::fs::File::open(beside(".lock"))
        && lock.try_lock().is_err()
    {
        return Err("another demo is running; stop that one first".into());
    }
    for file in [path.to_owned(), beside("-wal"), beside("-shm")] {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Says what to try.
fn hints(here: String, database: String, on_sale: Option<EventId>) -> AdHoc {
    let day = Clock::system().now().date_naive() + chrono::Days::new(30);
    let (organiser, admin, password) =
        (companies::ORGANISER, companies::ADMIN, companies::PASSWORD);
    let (key, show) = (
        box_office::INTERNAL_KEY,
        on_sale.map(|id| id.to_string()).unwrap_or_default(),
    );
    let hints = AdHoc::on_liftoff("demo hints", move |_| {
        Box::pin(async move {
            println!(
                "
Try, in another terminal:

  curl '{here}/api/events?order=start&limit=3'
  curl '{here}/api/groups'

  # sign in as Ann (the stand-in for Google gives the token), then publish an event
  curl -s '{here}/demo/google/id-token?name=Ann' |
    curl -s -c ann.cookies -H 'Content-Type: application/json' -d @- {here}/api/auth
  curl -b ann.cookies -H 'Content-Type: application/json' {here}/api/events -d '{{
    \"title\": \"Chess in the park\", \"description\": \"Bring a board.\", \"location\": \"Oslo\",
    \"start_date\": \"{day}\", \"start_time\": \"18:00\", \"end_date\": \"{day}\",
    \"end_time\": \"21:00\", \"timezone\": \"Europe/Oslo\"}}'

  # what is on sale, and sell two seats as a booking service does
  curl '{here}/api/v1/events?type=concert&city=oslo'
  curl -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\
    {here}/internal/events/{show}/update-availability \\
    -d '{{\"quantity\": -2}}'

  # see what people reported to whoever runs the server
  DATABASE_URL='{database}' folkmoot reports

  # sign in as an organiser, whose token opens /proposals/v1; or as an admin
  curl -H 'Content-Type: application/json' {here}/proposals/v1/auth/signin \\
    -d '{{\"username\": \"{organiser}\", \"password\": \"{password}\"}}'
  curl -H 'Content-Type: application/json' {here}/api/v1/auth/admin/login \\
    -d '{{\"email\": \"{admin}\", \"password\": \"{password}\"}}'

Or sign in with a browser: {here}/api/auth/google?next=/api/auth/@me
All calls: {here}/api-docs/        Stop: Ctrl-C"
            );
        })
    });
    // Attached late, so that it comes below the start-up screen.
    AdHoc::on_ignite("demo", |rocket| async { rocket.attach(hints) })
}
