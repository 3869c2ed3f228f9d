//! The ceiling: the fastest that Rocket can be with answers of a given size.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rocket::http::Status;
use rocket::response::content::RawJson;
use rocket::{State, delete, get, post, put, routes};

use super::children::{Running, Watchdog};
use super::client::{self, Call};

/// A ceiling, in a process of its own.
pub struct Ceiling {
    /// Where it listens.
    pub address: SocketAddr,
    _running: Running,
}

impl Ceiling {
    /// Runs this program once more, as the ceiling for answers of that many bytes.
    pub fn start(bytes: usize, folder: &Path, watchdog: &Arc<Watchdog>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let address = client::free_address()?;
        let mut running = Running::spawn(
            Command::new(program)
                .arg("--ceiling-server")
                .args([address.port().to_string(), bytes.to_string()])
                // The server's surroundings: no settings, and no Rocket.toml.
                .env_clear()
                .current_dir(folder)
                .stdout(Stdio::null()),
            watchdog,
        )?;
        client::poll(Call::get("/"), address, Instant::now(), || {
            match running.ended()? {
                None => Ok(()),
                Some(status) => Err(format!("the ceiling: {status}")),
            }
        })?;
        Ok(Self {
            address,
            _running: running,
        })
    }
}

struct Constant(&'static str);

#[get("/<_..>")]
fn answer_get(constant: &State<Constant>) -> RawJson<&'static str> {
    RawJson(constant.0)
}

/// Reads the body, as every server must.
#[post("/<_..>", data = "<_body>")]
fn answer_post(_body: Vec<u8>, constant: &State<Constant>) -> (Status, RawJson<&'static str>) {
    (Status::Created, RawJson(constant.0))
}

#[put("/<_..>")]
fn answer_put(constant: &State<Constant>) -> RawJson<&'static str> {
    RawJson(constant.0)
}

#[delete("/<_..>")]
fn answer_delete(constant: &State<Constant>) -> RawJson<&'static str> {
    RawJson(constant.0)
}

/// Answers every call with that many bytes of JSON, until it is stopped.
pub fn serve(port: usize, bytes: usize) -> Result<(), String> {
    let json = format!("\"{}\"", "x".repeat(bytes.saturating_sub(2)));
    let constant = Constant(Box::leak(json.into_boxed_str()));
    let figment = rocket::Config::figment()
        .merge(("address", "127.0.0.1"))
        .merge(("port", port))
        .merge(("ident", false))
        .merge(("log_level", "off"));
    let rocket = rocket::custom(figment).manage(constant).mount(
        "/",
        routes![answer_get, answer_post, answer_put, answer_delete],
    );
    rocket::execute(rocket.launch())
        .map(drop)
        .map_err(|error| error.to_string())
}
