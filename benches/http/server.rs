//! The server that is measured, in a process of its own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use folkmoot::config::DatabaseUrl;

use super::children::{Running, Watchdog};
use super::client::{self, Call};
use super::google::CLIENT_ID;

/// What services show that move seats.
pub const INTERNAL_API_KEY: &str = "folkmoot-benchmark-internal-key";

/// What a server is started with.
pub struct Setup {
    pub url: DatabaseUrl,
    /// Where it runs, keeps its keys and writes its log.
    pub folder: PathBuf,
    pub certs_url: String,
    pub watchdog: Arc<Watchdog>,
}

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started_in: Duration,
    running: Running,
}

impl Setup {
    /// Says where everything is; a `.env` or `Rocket.toml` further up is not to be found.
    pub fn prepare(&self) -> Result<(), String> {
        for name in [".env", "Rocket.toml"] {
            let path = self.folder.join(name);
            std::fs::write(&path, "").map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }

    fn command(&self, word: &str) -> Command {
        let url = match &self.url {
            DatabaseUrl::Postgres(url) => url.clone(),
            sqlite => sqlite.to_string(),
        };
        // libpq's own variables may hold what the URL does not say.
        let kept = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name == "HOME" || name.starts_with("PG")
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_folkmoot"));
        command
            .arg(word)
            .current_dir(&self.folder)
            .env_clear()
            .envs(kept)
            .env("DATABASE_URL", url)
            .env("DATA_DIR", &self.folder)
            .env("SECRET_KEY", "folkmoot-benchmark-key-of-more-than-32-bytes")
            .env("RATE_LIMIT", "off")
            .env("INTERNAL_API_KEY", INTERNAL_API_KEY)
            // A day: no hold ends while others are measured.
            .env("BOOKING_HOLD_SECONDS", "86400")
            .env("GOOGLE_CLIENT_IDS", CLIENT_ID)
            .env("GOOGLE_CERTS_URL", &self.certs_url);
        command
    }

    /// Brings the schema up to date.
    pub fn migrate(&self) -> Result<(), String> {
        finish(self.command("migrate").stdin(Stdio::null()))
    }

    /// Looks whether all counters agree with the rows that they count.
    pub fn verify(&self) -> Result<(), String> {
        finish(self.command("verify").stdin(Stdio::null()))
    }

    /// Makes a super admin.
    pub fn create_admin(&self, email: &str, password: &str) -> Result<(), String> {
        let path = self.folder.join("password");
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        std::fs::write(&path, password).map_err(told)?;
        let file = File::open(&path).map_err(told)?;
        finish(
            self.command("admin")
                .args(["create", "--email", email, "--name", "Benchmark"])
                .arg("--password-stdin")
                .stdin(file),
        )
    }

    /// Starts the server and waits for its first answer.
    pub fn start(&self) -> Result<Server, String> {
        self.start_with(&[])
    }

    /// Starts the server with these settings beside the usual ones, or in their place.
    pub fn start_with(&self, settings: &[(&str, &str)]) -> Result<Server, String> {
        let log = self.folder.join("server.log");
        let told = |error: std::io::Error| format!("{}: {error}", log.display());
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(told)?;
        let copy = file.try_clone().map_err(told)?;
        let address = client::free_address()?;
        let began = Instant::now();
        let mut running = Running::spawn(
            self.command("serve")
                .envs(settings.iter().copied())
                .env("ROCKET_ADDRESS", address.ip().to_string())
                .env("ROCKET_PORT", address.port().to_string())
                .stdout(copy)
                .stderr(file),
            &self.watchdog,
        )?;
        let first = Call::get("/api/events?limit=1");
        let started_in = client::poll(first, address, began, || match running.ended()? {
            None => Ok(()),
            Some(status) => Err(format!("the server: {status}")),
        })
        .map_err(|error| format!("{error}; its log ends with:\n{}", end_of(&log)))?;
        Ok(Server {
            address,
            started_in,
            running,
        })
    }

    /// The last lines of the server's log.
    pub fn log(&self) -> String {
        end_of(&self.folder.join("server.log"))
    }
}

impl Server {
    /// Its resident memory, in millions of bytes.
    pub fn memory(&self) -> Result<f64, String> {
        self.status("VmRSS:")
    }

    /// The most resident memory that it had since its start, in millions of bytes.
    pub fn most_memory(&self) -> Result<f64, String> {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.running.id());
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let kibibytes: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(field))
            .and_then(|value| value.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| format!("{path} does not say {field}"))?;
        Ok(kibibytes * 1024.0 / 1e6)
    }

    /// Stops it in good order.
    pub fn stop(self) -> Result<(), String> {
        self.running.terminate()
    }

    /// Stops it with `kill -9`.
    pub fn kill(self) {
        self.running.kill();
    }
}

/// Runs a command of the program to its end.
fn finish(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("folkmoot: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

fn end_of(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.get(lines.len().saturating_sub(10)..);
    end.unwrap_or_default().join("\n")
}
