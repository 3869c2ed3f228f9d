//! Where the program runs: in a folder of its own, with the settings of the test and nothing
//! else of the environment but `PATH`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{
    Connection as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    SqliteConnection, sql_query,
};
use serde_json::json;
use tempfile::TempDir;

use super::http::{Answer, Caller};
use super::process::{Process, Ran};
use crate::support::{Issuer, cluster};

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_folkmoot");

/// Another process may take a free port between our look and the server's.
const ATTEMPTS: usize = 5;

/// A folder that servers and commands run in, one after the other or side by side, and the
/// settings that each of them gets.
pub struct Site {
    folder: TempDir,
    settings: BTreeMap<String, String>,
    /// The URL of a database of the tests' cluster, dropped with the site.
    postgres: Option<String>,
    issuer: Arc<Issuer>,
}

impl Site {
    /// An empty folder, and no settings at all.
    pub fn bare() -> Site {
        Site {
            folder: TempDir::with_prefix("folkmoot-server-").expect("a folder is made"),
            settings: BTreeMap::new(),
            postgres: None,
            issuer: Issuer::shared(),
        }
    }

    /// On a SQLite file that the first server makes.
    pub fn sqlite() -> Site {
        let site = Site::bare().with_sign_in();
        let url = format!("sqlite://{}", site.path("moot.db").display());
        site.with("DATABASE_URL", &url)
    }

    /// On a migrated database of PostgreSQL; none where that is not installed.
    pub fn postgres() -> Option<Site> {
        cluster().map(|cluster| Site::on_postgres(cluster.create()))
    }

    /// On a database of PostgreSQL without a schema; none where that is not installed.
    pub fn empty_postgres() -> Option<Site> {
        cluster().map(|cluster| Site::on_postgres(cluster.create_empty()))
    }

    /// One on each database that is installed.
    pub fn each() -> Vec<Site> {
        std::iter::once(Site::sqlite())
            .chain(Site::postgres())
            .collect()
    }

    fn on_postgres(url: String) -> Site {
        let mut site = Site::bare()
            .with_sign_in()
            .with("DATABASE_URL", &url)
            .with("SECRET_KEY", "a key for tests that is longer than 32 bytes");
        site.postgres = Some(url);
        site
    }

    /// With one more setting, or another value of one.
    pub fn with(mut self, name: &str, value: &str) -> Site {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With the stand-in for Google, and without limits.
    pub fn with_sign_in(mut self) -> Site {
        self.settings.extend(self.issuer.settings());
        self.with("GOOGLE_CLIENT_IDS", "test-client,other-client")
            .with("GOOGLE_CLIENT_SECRET", "test-secret")
            .with("RATE_LIMIT", "off")
    }

    /// The value of a setting of the test's own.
    pub fn setting(&self, name: &str) -> &str {
        let value = self.settings.get(name);
        value.unwrap_or_else(|| panic!("{name} is not set"))
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder.
    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("a file is written");
    }

    /// Names of what is in the folder.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is read");
        entries
            .map(|entry| entry.expect("an entry of the folder").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    /// Starts a server.
    #[track_caller]
    pub fn start(&self) -> Server {
        self.launch(&[PROGRAM])
    }

    /// Starts a server with settings for this start only.
    #[track_caller]
    pub fn start_with(&self, settings: &[(&str, &str)]) -> Server {
        self.launch_with(settings, &[PROGRAM])
    }

    /// Starts a server by this command line.
    #[track_caller]
    pub fn launch(&self, words: &[&str]) -> Server {
        self.launch_with(&[], words)
    }

    /// It is there when it has answered once: from then on a signal ends it in order.
    #[track_caller]
    fn launch_with(&self, settings: &[(&str, &str)], words: &[&str]) -> Server {
        for _ in 0..ATTEMPTS {
            let port = free_port();
            let mut command = self.command(words);
            command
                .envs(settings.iter().copied())
                .env("ROCKET_PORT", port.to_string());
            let process = Process::start(command);
            if process.prints(|text| text.contains("listens on")) {
                let server = Server {
                    process,
                    address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                    issuer: Arc::clone(&self.issuer),
                };
                server.anon().get("/api/events?limit=1").ok(200);
                return server;
            }
            let ran = process.finish();
            let taken = ran.stderr.contains("the address cannot be used");
            assert!(taken, "the server does not start: {ran:?}");
        }
        panic!("{ATTEMPTS} free ports were taken before the server took them");
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, words: &[&str]) -> Ran {
        self.run_with(&[], words)
    }

    /// Like [`Site::run`], with settings for this run only.
    pub fn run_with(&self, settings: &[(&str, &str)], words: &[&str]) -> Ran {
        let mut command = self.command(&[PROGRAM]);
        command.args(words).envs(settings.iter().copied());
        Process::start(command).finish()
    }

    /// Like [`Site::run_with`], for a command that reads its input.
    pub fn run_with_input(&self, settings: &[(&str, &str)], words: &[&str], input: &str) -> Ran {
        let mut command = self.command(&[PROGRAM]);
        command.args(words).envs(settings.iter().copied());
        Process::start_with_input(command, input).finish()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            // For a server that starts although it must not.
            .env("ROCKET_PORT", free_port().to_string())
            .envs(&self.settings)
            .current_dir(self.folder.path());
        command
    }

    /// Runs statements on the database, past the server.
    pub fn sql(&self, statements: &str) {
        let done = match &self.postgres {
            Some(url) => open_postgres(url).batch_execute(statements),
            None => self.open_sqlite().batch_execute(statements),
        };
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// One number out of the database, past the server.
    pub fn count(&self, query: &str) -> i64 {
        let query = format!("select cast(({query}) as bigint) as n");
        let row: QueryResult<Number> = match &self.postgres {
            Some(url) => sql_query(query.as_str()).get_result(&mut open_postgres(url)),
            None => sql_query(query.as_str()).get_result(&mut self.open_sqlite()),
        };
        row.unwrap_or_else(|error| panic!("{query}: {error}")).n
    }

    fn open_sqlite(&self) -> SqliteConnection {
        let path = self.setting("DATABASE_URL").trim_start_matches("sqlite://");
        let mut sqlite = SqliteConnection::establish(path).expect("the file opens");
        sqlite
            .batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON")
            .expect("the connection is set up");
        sqlite
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let database = self.settings.get("DATABASE_URL");
            eprintln!("the test failed on {database:?}");
        }
        if let Some(url) = &self.postgres
            && let Some(cluster) = cluster()
        {
            cluster.discard(url);
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn open_postgres(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("PostgreSQL answers")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port is bound");
    let address = listener.local_addr();
    address.expect("a bound socket has an address").port()
}

/// A server that runs; killed when it is dropped.
pub struct Server {
    process: Process,
    address: SocketAddr,
    issuer: Arc<Issuer>,
}

impl Server {
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A caller without a cookie.
    pub fn anon(&self) -> Caller {
        Caller::new(self.address, None)
    }

    /// A caller with this cookie, `name=value`.
    pub fn caller(&self, cookie: &str) -> Caller {
        Caller::new(self.address, Some(cookie))
    }

    /// The stand-in for Google that it asks.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Signs in under this name.
    pub fn sign_in(&self, name: &str) -> Answer {
        let token = self.issuer.token(|claims| {
            claims["sub"] = name.into();
            claims["name"] = name.into();
            claims["email"] = format!("{name}@example.org").into();
        });
        self.sign_in_with(&token)
    }

    /// Signs in with this token.
    pub fn sign_in_with(&self, token: &str) -> Answer {
        self.anon().post("/api/auth", &json!({ "token": token }))
    }

    /// A person who just signed in; the same name is the same person.
    #[track_caller]
    pub fn user(&self, name: &str) -> Caller {
        let answer = self.sign_in(name);
        answer.ok(200);
        let cookie = answer.cookie("session");
        self.caller(&cookie.expect("a sign-in sets the session cookie"))
    }

    /// What the start-up screen says under this name.
    #[track_caller]
    pub fn screen(&self, name: &str) -> String {
        let find = |text: &str| {
            text.lines()
                .find_map(|line| Some(line.trim_start().strip_prefix(name)?.trim().to_owned()))
        };
        let shown = self.process.prints(|text| find(text).is_some());
        assert!(shown, "no {name} on the screen: {:?}", self.process);
        find(&self.process.stdout()).unwrap_or_default()
    }

    /// What it printed, once these words are in it.
    #[track_caller]
    pub fn printed(&self, words: &str) -> String {
        let shown = self.process.prints(|text| text.contains(words));
        assert!(shown, "no {words:?} is printed: {:?}", self.process);
        self.process.stdout()
    }

    /// Sends a signal, such as `TERM`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(self) -> Ran {
        self.process.finish()
    }

    /// Ends it in order (SIGTERM).
    #[track_caller]
    pub fn stop(self) -> Ran {
        self.signal("TERM");
        self.finish()
    }

    /// Ends it as a power cut would (SIGKILL).
    pub fn kill(self) {
        self.process.kill();
    }
}
