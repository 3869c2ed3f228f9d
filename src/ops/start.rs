//! Start and stop.

use std::fs::File;
use std::path::PathBuf;

use rocket::{Orbit, Rocket};

use crate::bus::worker;
use crate::clock::Clock;
use crate::config::{AdminRegistration, Config, DEV_TOKEN, DatabaseUrl, Hidden, RateLimit};
use crate::db::{Db, migrate};

/// Held while a server runs on a SQLite file.
pub struct DatabaseLock(#[expect(dead_code, reason = "held, not read")] Option<File>);

/// Runs the server until it is told to stop; then ends what is under way, the writer last.
///
/// # Errors
/// A sentence that says what to do.
pub async fn serve(config: Config) -> Result<(), String> {
    let rocket = crate::build(config, Clock::system())?;
    run(rocket).await
}

/// As [`serve`], for a server that is built.
pub async fn run(rocket: Rocket<rocket::Build>) -> Result<(), String> {
    let db = rocket.state::<Db>().cloned();
    let ended = rocket.attach(worker::stage()).launch().await;
    if let Some(db) = db {
        db.close();
    }
    match ended {
        Ok(_) => Ok(()),
        Err(error) => {
            let sentence = explain(error.kind());
            // Rocket's error panics when it is dropped unseen; it was looked at.
            match sentence {
                Some(sentence) => Err(sentence),
                None => Ok(()),
            }
        }
    }
}

/// Lets all subscribers hear what is due to them; for servers whose worker does not run.
///
/// # Errors
/// What failed; the changes that were heard before stay heard.
pub async fn deliver(rocket: &Rocket<Orbit>) -> Result<(), String> {
    let worker = rocket.state::<std::sync::Arc<worker::Worker>>();
    let worker = worker.ok_or("there is no worker")?;
    let all = worker.deliver_all().await;
    all.map_err(|error| error.to_string())
}

fn explain(kind: &rocket::error::ErrorKind) -> Option<String> {
    use rocket::error::ErrorKind;
    match kind {
        ErrorKind::Bind(error) => Some(format!(
            "the address cannot be used: {error}; choose another with ROCKET_PORT=8001"
        )),
        // Connections that outlived the grace period were closed: that is how it ends.
        ErrorKind::Shutdown(..) => None,
        other => Some(other.to_string()),
    }
}

/// Makes the folder of a SQLite file, takes the lock, and brings the schema up to date; on
/// PostgreSQL looks whether it is.
pub(crate) fn prepare_database(config: &Config) -> Result<DatabaseLock, String> {
    let url = &config.database_url;
    match url {
        DatabaseUrl::Sqlite(path) => {
            let told = |error: std::io::Error| format!("DATABASE_URL: {}: {error}", path.display());
            migrate::make_folder(path).map_err(told)?;
            // Nobody else's to read: it holds hashes of passwords. SQLite gives the files beside it
            // the same mode.
            if !path.exists() {
                use std::os::unix::fs::OpenOptionsExt as _;
                let mut file = File::options();
                file.write(true).create(true).truncate(false).mode(0o600);
                file.open(path).map_err(told)?;
            }
            // By its real name, so that a link to the file is the same file.
            let mut name = std::fs::canonicalize(path)
                .unwrap_or_else(|_| path.clone())
                .into_os_string();
            name.push(".lock");
            let lock = File::create(PathBuf::from(name)).map_err(told)?;
            if lock.try_lock().is_err() {
                return Err(format!(
                    "{url} is in use by another server; stop that one, or choose another file \
                     with DATABASE_URL=sqlite://PATH"
                ));
            }
            let ran = migrate::up(url)?;
            if !ran.is_empty() {
                tracing::info!(migrations = ran.len(), "the schema was brought up to date");
            }
            Ok(DatabaseLock(Some(lock)))
        }
        DatabaseUrl::Postgres(_) => {
            let pending = migrate::pending(url)?;
            match pending.first() {
                None => Ok(DatabaseLock(None)),
                Some(first) => Err(format!(
                    "{url}: the schema lacks {} migrations, from {first} on; run: folkmoot migrate",
                    pending.len()
                )),
            }
        }
    }
}

/// One screen: where the server is, and what is on and off, and why.
pub fn screen(rocket: &Rocket<Orbit>) {
    let Some(config) = rocket.state::<Config>() else {
        return;
    };
    let rocket = rocket.config();
    let google = match (config.google_client_ids.len(), &config.google_client_secret) {
        (0, _) => "off: set GOOGLE_CLIENT_IDS".to_owned(),
        (n, None) => format!("on for {n} client ids; redirect flow off: set GOOGLE_CLIENT_SECRET"),
        (n, Some(_)) => format!("on for {n} client ids, with the redirect flow"),
    };
    let limits = match config.rate_limit {
        RateLimit::Off => "off (RATE_LIMIT=off)".to_owned(),
        RateLimit::Times(1.0) => "on".to_owned(),
        RateLimit::Times(factor) => format!("on, times {factor}"),
    };
    let list = |items: &[String], none: &str| match items.is_empty() {
        true => none.to_owned(),
        false => items.join(", "),
    };
    let proxies = config
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    println!("Folkmoot {}", env!("CARGO_PKG_VERSION"));
    for (name, value) in [
        (
            "listens on",
            format!("http://{}:{}", rocket.address, rocket.port),
        ),
        ("users see", config.public_url.to_string()),
        ("database", config.database_url.to_string()),
        ("Google sign-in", google),
        (
            "front ends",
            list(
                &config.frontend_origins,
                "this origin only (FRONTEND_ORIGINS)",
            ),
        ),
        ("trusted proxies", list(&proxies, "none (TRUSTED_PROXIES)")),
        ("rate limits", limits),
        ("admins", registration(config).to_owned()),
        ("machine tokens", machine_tokens(config).to_owned()),
        ("internal calls", internal_calls(config).to_owned()),
        (
            "cookies",
            match config.https() {
                true => "Secure".to_owned(),
                false => "not Secure, because PUBLIC_URL is http".to_owned(),
            },
        ),
        (
            "API page",
            format!("http://{}:{}/api-docs/", rocket.address, rocket.port),
        ),
    ] {
        println!("  {name:<16} {value}");
    }
}

/// How admins come about.
fn registration(config: &Config) -> &'static str {
    match config.admin_registration {
        AdminRegistration::Closed => "made with: folkmoot admin create (ADMIN_REGISTRATION=closed)",
        AdminRegistration::Bootstrap => {
            "the first to register becomes super admin (ADMIN_REGISTRATION=bootstrap)"
        }
        AdminRegistration::Open => "anyone registers as event manager (ADMIN_REGISTRATION=open)",
    }
}

/// What opens the calls that move seats.
fn internal_calls(config: &Config) -> &'static str {
    match &config.internal_api_key {
        None => "off: set INTERNAL_API_KEY",
        Some(Hidden(key)) if key.len() < 20 => "on, with a key that is short: openssl rand -hex 32",
        Some(_) => "on (INTERNAL_API_KEY)",
    }
}

/// What opens the calls of programs.
fn machine_tokens(config: &Config) -> &'static str {
    match &config.api_token {
        None => "made with: folkmoot token create",
        Some(Hidden(token)) if token == DEV_TOKEN => "dev-token opens everything, in the demo",
        Some(Hidden(token)) if token.len() < 20 => {
            "API_TOKEN opens everything, and is short: openssl rand -hex 32"
        }
        Some(_) => "API_TOKEN opens everything, and those made with folkmoot token create",
    }
}
