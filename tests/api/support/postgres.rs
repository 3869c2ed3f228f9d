//! A PostgreSQL cluster for this process alone: made at the first use, gone with the process.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use folkmoot::config::DatabaseUrl;

use super::app::locked;

/// The migrated and otherwise empty database that the others are copies of.
const TEMPLATE: &str = "folkmoot_template";

/// Nothing in it outlives the process, so nothing is flushed; a vacuum's connection to the
/// template would hold up its copying.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
";

/// Waits until its standard input ends, which is when the tests' process ends, however that
/// came; then stops the cluster (words 2 and on) and removes its folder (word 1).
const WATCHDOG: &str = "trap '' INT TERM HUP; cat >/dev/null
folder=$1; shift; \"$@\"; rm -rf \"$folder\"";

/// The cluster, or none where PostgreSQL's server programs are not installed.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Result<Option<Cluster>, String>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| match programs() {
        Some(folder) => Cluster::start(&folder).map(Some),
        None => {
            // Past the capture of a passing test's output.
            let line = "PostgreSQL's server programs are not installed: tested on SQLite only\n";
            let _ = std::io::stderr().write_all(line.as_bytes());
            Ok(None)
        }
    });
    match cluster {
        Ok(cluster) => cluster.as_ref(),
        Err(why) => panic!("PostgreSQL is installed, but no cluster starts: {why}"),
    }
}

/// A running cluster.
pub struct Cluster {
    folder: PathBuf,
    /// Makes and drops databases, one at a time: a template in use cannot be copied.
    admin: Mutex<PgConnection>,
    made: AtomicUsize,
    /// Holds the pipe that the watchdog waits at.
    _watchdog: Child,
}

impl Cluster {
    fn start(programs: &Path) -> Result<Cluster, String> {
        let folder = tempfile::Builder::new()
            .prefix("folkmoot-pg-")
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?
            .keep();
        let data = folder.join("data");
        let servant = Servant::new(&folder)?;
        let pg_ctl = servant.words(&programs.join("pg_ctl"));
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&folder)
            .args(&pg_ctl)
            .args(["stop", "-m", "immediate", "-D"])
            .arg(&data)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;

        // A collation that is not the bytes' order, as production has: a query that forgot to
        // say COLLATE "C" shows. Where PostgreSQL was built without ICU, the plain one.
        let initdb = |locale: &[&str]| {
            let mut command = servant.command(&programs.join("initdb"), &folder);
            command.arg("-D").arg(&data);
            command.args([
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
            ]);
            run(command.arg("--locale=C").args(locale))
        };
        initdb(&["--locale-provider=icu", "--icu-locale=en"]).or_else(|_| initdb(&[]))?;

        let mut settings = OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))
            .map_err(|error| format!("postgresql.conf: {error}"))?;
        let socket = format!("unix_socket_directories = '{}'\n", folder.display());
        settings
            .write_all([SETTINGS, &socket].concat().as_bytes())
            .map_err(|error| format!("postgresql.conf: {error}"))?;

        let log = folder.join("log");
        let mut start = servant.command(&programs.join("pg_ctl"), &folder);
        start
            .args(["start", "-w", "-t", "60", "-D"])
            .arg(&data)
            .arg("-l")
            .arg(&log);
        // Without pipes: the server would keep them open.
        let started = start.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !started.is_ok_and(|status| status.success()) {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(format!(
                "pg_ctl start failed; the server's log says: {said}"
            ));
        }

        let mut admin = PgConnection::establish(&address(&folder, "postgres"))
            .map_err(|error| format!("no connection: {error}"))?;
        admin
            .batch_execute(&format!("CREATE DATABASE {TEMPLATE}"))
            .map_err(|error| format!("no template: {error}"))?;
        folkmoot::db::migrate::up(&DatabaseUrl::Postgres(address(&folder, TEMPLATE)))
            .map_err(|error| format!("the migrations: {error}"))?;
        Ok(Cluster {
            folder,
            admin: Mutex::new(admin),
            made: AtomicUsize::new(0),
            _watchdog: watchdog,
        })
    }

    /// Makes a migrated, empty database; answers its URL.
    pub fn create(&self) -> String {
        self.copy(TEMPLATE)
    }

    /// Makes a database without a schema; answers its URL.
    pub fn create_empty(&self) -> String {
        self.copy("template0")
    }

    fn copy(&self, template: &str) -> String {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        locked(&self.admin)
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .expect("the template is copied");
        address(&self.folder, &name)
    }

    /// Drops a database that [`Cluster::create`] made, whoever is connected to it.
    pub fn discard(&self, url: &str) {
        let name = url
            .trim_start_matches("postgres:///")
            .split('?')
            .next()
            .unwrap_or_default();
        let dropped = locked(&self.admin)
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        if let Err(error) = dropped {
            eprintln!("{name} is not dropped: {error}");
        }
    }
}

fn address(folder: &Path, database: &str) -> String {
    format!(
        "postgres:///{database}?host={}&user=postgres",
        folder.display()
    )
}

/// The folder that has all server programs: one of PATH, or of the newest packaged version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    packaged.sort_by_key(|folder| {
        let version = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        version
            .split('.')
            .next()
            .and_then(|major| major.parse::<u32>().ok())
    });
    std::env::split_paths(&path)
        .chain(packaged.into_iter().rev().map(|folder| folder.join("bin")))
        .find(|folder| {
            ["initdb", "pg_ctl", "postgres"]
                .iter()
                .all(|name| folder.join(name).is_file())
        })
}

const AS_POSTGRES: &[&str] = &["runuser", "-u", "postgres", "--"];
const AS_NOBODY: &[&str] = &[
    "setpriv",
    "--reuid=nobody",
    "--regid=65534",
    "--clear-groups",
    "--",
];

/// Who runs the server programs: they refuse to run as root.
struct Servant {
    /// The words before a program's name that change the user; none when we are not root.
    prefix: &'static [&'static str],
}

impl Servant {
    fn new(folder: &Path) -> Result<Servant, String> {
        let owner = std::fs::metadata(folder)
            .map_err(|error| error.to_string())?
            .uid();
        if owner != 0 {
            return Ok(Servant { prefix: &[] });
        }
        let users = std::fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
        let postgres = users.lines().any(|line| line.starts_with("postgres:"));
        let user = if postgres { "postgres" } else { "nobody" };
        run(Command::new("chown").arg(user).arg(folder))?;
        let prefix = if postgres { AS_POSTGRES } else { AS_NOBODY };
        Ok(Servant { prefix })
    }

    fn words(&self, program: &Path) -> Vec<String> {
        let program = program.display().to_string();
        self.prefix
            .iter()
            .map(|word| (*word).to_owned())
            .chain([program])
            .collect()
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let words = self.words(program);
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .current_dir(folder)
            .stdin(Stdio::null());
        command
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
