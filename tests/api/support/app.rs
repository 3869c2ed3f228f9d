//! A server of its own for every test: on a fresh database, with a clock that the test moves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query,
};
use folkmoot::clock::Clock;
use folkmoot::config::{Config, DatabaseUrl};
use folkmoot::db::Db;
use folkmoot::ops::accounts;
use rocket::local::asynchronous;
use rocket::tokio::runtime::{Builder, Runtime};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::google::Issuer;
use super::{postgres, statements};

/// Runs a test on a fresh server on SQLite, then on PostgreSQL if it is installed.
pub fn each(test: impl Fn(&App)) {
    each_with(&[], test);
}

/// Like [`each`], with settings of the test's own.
pub fn each_with(settings: &[(&str, &str)], test: impl Fn(&App)) {
    for database in Database::installed() {
        test(&App::start(database, settings, Issuer::shared()));
    }
}

/// Like [`each_with`], with a stand-in for Google that no other test calls: its counts are the
/// test's own, and the test may break it.
pub fn each_with_own_issuer(settings: &[(&str, &str)], test: impl Fn(&App)) {
    for database in Database::installed() {
        test(&App::start(database, settings, Arc::new(Issuer::start())));
    }
}

/// Which database a server runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    fn installed() -> Vec<Database> {
        match postgres::cluster() {
            Some(_) => vec![Database::Sqlite, Database::Postgres],
            None => vec![Database::Sqlite],
        }
    }
}

/// A server, called in process.
pub struct App {
    /// Both are there until the app is dropped.
    server: Option<asynchronous::Client>,
    runtime: Option<Runtime>,
    clock: Clock,
    config: Config,
    issuer: Arc<Issuer>,
    database: Database,
    url: String,
    /// The test's own connection, opened at its first use.
    connection: Mutex<Option<Connection>>,
    /// The newest change that [`App::changes`] has seen.
    seen: Mutex<i64>,
    /// The newest entry of the record that [`App::audit`] has seen.
    audited: Mutex<usize>,
    /// Tokens and ids of those who were made for the test, by name.
    accounts: Mutex<BTreeMap<String, (String, String)>>,
    /// Holds the data and the SQLite file; removed with the app.
    folder: TempDir,
}

/// The password of everybody whom the app makes.
const PASSWORD: &str = "correct horse battery staple";

impl App {
    fn start(database: Database, settings: &[(&str, &str)], issuer: Arc<Issuer>) -> App {
        install_crypto();
        statements::count_all();
        let folder = TempDir::with_prefix("folkmoot-").expect("a folder for the data is made");
        let url = match database {
            Database::Sqlite => {
                let file = folder.path().join("test.db");
                std::fs::write(&file, sqlite_template()).expect("the template is copied");
                format!("sqlite://{}", file.display())
            }
            Database::Postgres => postgres::cluster().expect("PostgreSQL is there").create(),
        };
        let mut all: BTreeMap<String, String> = issuer.settings().into_iter().collect();
        let data = folder.path().display().to_string();
        for (name, value) in [
            ("DATABASE_URL", url.as_str()),
            ("DATABASE_POOL_SIZE", "4"),
            ("DATA_DIR", data.as_str()),
            ("SECRET_KEY", "a key for tests that is longer than 32 bytes"),
            ("GOOGLE_CLIENT_IDS", "test-client,other-client"),
            ("GOOGLE_CLIENT_SECRET", "test-secret"),
            ("OUTBOUND_ALLOW_PRIVATE", "true"),
            ("RATE_LIMIT", "off"),
            ("ADMIN_REGISTRATION", "bootstrap"),
            ("INTERNAL_API_KEY", super::INTERNAL_KEY),
        ] {
            all.insert(name.to_owned(), value.to_owned());
        }
        for (name, value) in settings {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        let config = Config::from_settings(all).expect("the settings are right");
        let clock = Clock::system();
        let rocket = folkmoot::build(config.clone(), clock.clone()).expect("the server is built");
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let server = runtime
            .block_on(asynchronous::Client::untracked(rocket))
            .unwrap_or_else(|error| panic!("the server does not start: {error}"));
        App {
            server: Some(server),
            runtime: Some(runtime),
            clock,
            config,
            issuer,
            database,
            url,
            connection: Mutex::new(None),
            seen: Mutex::new(0),
            audited: Mutex::new(0),
            accounts: Mutex::default(),
            folder,
        }
    }

    /// A caller without a session.
    pub fn anon(&self) -> Client<'_> {
        Client::new(self)
    }

    /// A person who just signed in; the same name is the same person.
    pub fn user(&self, name: &str) -> Client<'_> {
        self.anon().sign_in(name)
    }

    /// The first super admin, made as the command does it at the first call of this.
    pub fn super_admin(&self) -> Client<'_> {
        self.made("root", || {
            let root = accounts::Admin {
                email: "root@example.org".to_owned(),
                name: "Root".to_owned(),
                role: "super_admin".to_owned(),
                password: Some(PASSWORD.to_owned()),
            };
            let config = self.config.clone();
            // A command has a runtime of its own.
            let made = std::thread::spawn(move || accounts::create_admin(&config, root));
            let made = made.join().expect("the command ends");
            let (id, _) = made.expect("the admin is made");
            let root = json!({ "email": "root@example.org", "password": PASSWORD });
            let login = self.anon().post("/api/v1/auth/admin/login", root).ok(200);
            (text(&login["access_token"]), id)
        })
    }

    /// A new admin of that role, whom the first super admin registers.
    pub fn admin(&self, role: &str) -> Client<'_> {
        let root = self.super_admin();
        let number = locked(&self.accounts).len();
        let email = format!("{role}-{number}@example.org");
        let admin = json!({ "email": email, "name": role, "password": PASSWORD, "role": role });
        self.made(&email, || self.registered(&root, admin))
    }

    fn registered(&self, by: &Client, admin: Value) -> (String, String) {
        let made = by.post("/api/v1/auth/admin/register", admin).ok(201);
        (text(&made["access_token"]), text(&made["admin_id"]))
    }

    /// Whoever has that user name, as `human-resource` or `vendor`, who just signed in; signed up
    /// at the first use of the name.
    pub fn account(&self, username: &str, role: &str) -> Client<'_> {
        let account = self.made(&format!("account {username}"), || {
            let account = json!({
                "username": username,
                "password": PASSWORD,
                "companyName": format!("{username} Ltd"),
                "role": role,
            });
            let made = self.anon().post("/proposals/v1/auth/signup", account);
            (String::new(), text(&made.ok(201)["id"]))
        });
        let mine = json!({ "username": username, "password": PASSWORD });
        let token = self.anon().post("/proposals/v1/auth/signin", mine).ok(200);
        self.anon()
            .bearer(&text(&token["token"]))
            .known_as(account.id())
    }

    fn made(&self, name: &str, make: impl FnOnce() -> (String, String)) -> Client<'_> {
        let known = locked(&self.accounts).get(name).cloned();
        let (token, id) = known.unwrap_or_else(|| {
            let made = make();
            locked(&self.accounts).insert(name.to_owned(), made.clone());
            made
        });
        self.anon().bearer(&token).known_as(&id)
    }

    /// Lets all subscribers hear what is due to them.
    pub fn deliver(&self) {
        assert!(self.try_deliver(), "all is heard");
    }

    /// The same; false if something failed.
    pub fn try_deliver(&self) -> bool {
        let delivered = self.run(folkmoot::ops::start::deliver(self.server().rocket()));
        delivered
            .inspect_err(|error| eprintln!("delivering: {error}"))
            .is_ok()
    }

    /// The actions that were put on record since the last call, oldest first.
    pub fn audit(&self) -> Vec<String> {
        let mut audited = locked(&self.audited);
        let all = self.rows("select cast(0 as bigint) as n, action as t from audit order by id");
        let new: Vec<String> = all
            .into_iter()
            .skip(*audited)
            .filter_map(|row| row.t)
            .collect();
        *audited += new.len();
        new
    }

    /// The stand-in for Google.
    pub fn google(&self) -> &Issuer {
        &self.issuer
    }

    /// A good token for "someone" at the time of this app's clock, changed by the closure.
    pub fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        self.issuer.token_at(self.clock.now(), change)
    }

    /// A good token for the person that [`App::user`] signs in under this name.
    pub fn token_of(&self, name: &str) -> String {
        self.token(|claims| {
            claims["sub"] = name.into();
            claims["name"] = name.into();
            claims["email"] = format!("{name}@example.org").into();
            claims["picture"] = format!("https://img.example.org/{name}.png").into();
        })
    }

    /// Asserts the topics of the changes recorded since the last call, in their order.
    #[track_caller]
    pub fn changes(&self, expected: &[&str]) {
        let mut seen = locked(&self.seen);
        let query =
            format!("select id as n, topic as t from changes where id > {seen} order by id");
        let rows = self.rows(&query);
        *seen = rows.last().map_or(*seen, |row| row.n);
        let topics: Vec<String> = rows.into_iter().filter_map(|row| row.t).collect();
        assert_eq!(topics, expected, "the changes recorded since the last look");
    }

    /// Forgets the changes that were recorded so far.
    pub fn skip_changes(&self) {
        let newest = self.count("select coalesce(max(id), 0) from changes");
        let mut seen = locked(&self.seen);
        *seen = newest.max(*seen);
    }

    /// The clock that the server goes by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Runs a statement on the server's database; answers how many rows it touched.
    pub fn sql(&self, statement: &str) -> usize {
        self.connected(|connection| connection.execute(statement))
    }

    /// One number out of the server's database.
    pub fn count(&self, query: &str) -> i64 {
        let query = format!("select cast(({query}) as bigint) as n, cast(null as text) as t");
        self.rows(&query)
            .first()
            .expect("a select without a table gives a row")
            .n
    }

    /// One text out of the server's database; none if it is null or there is no row.
    pub fn text(&self, query: &str) -> Option<String> {
        let query = format!("select cast(0 as bigint) as n, cast(({query}) as text) as t");
        self.rows(&query).into_iter().next().and_then(|row| row.t)
    }

    /// Which database this server runs on.
    pub fn database(&self) -> Database {
        self.database
    }

    /// How many statements the server runs on its database meanwhile. The server is idle
    /// otherwise, and its connections are open: it was called before.
    pub fn statements(&self, call: impl FnOnce()) -> usize {
        let before = statements::count_of(&self.url);
        call();
        statements::count_of(&self.url) - before
    }

    /// The folder of the server's data; on SQLite the database `test.db` is in it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Runs every sweeper once.
    pub fn sweep(&self) {
        self.run(folkmoot::ops::sweep::once(self.server().rocket()));
    }

    /// The server itself, for its routes.
    pub fn server(&self) -> &asynchronous::Client {
        self.server
            .as_ref()
            .expect("the server runs until the app is dropped")
    }

    /// Waits for a future on the server's runtime; any thread of the test may call it.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime
            .as_ref()
            .expect("the runtime lives as long as the app")
            .block_on(future)
    }

    fn rows(&self, query: &str) -> Vec<Row> {
        self.connected(|connection| connection.rows(query))
    }

    fn connected<T>(&self, use_it: impl FnOnce(&mut Connection) -> T) -> T {
        let mut connection = locked(&self.connection);
        use_it(connection.get_or_insert_with(|| Connection::open(self.database, &self.url)))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the test failed on {:?}", self.database);
        }
        if let (Some(server), Some(runtime)) = (self.server.take(), self.runtime.take()) {
            // Connections of diesel are not to be dropped on a thread of the runtime: this
            // handle is the last one, and goes when the runtime is gone.
            let db = server.rocket().state::<Db>().cloned();
            drop(runtime.block_on(server.terminate()));
            runtime.shutdown_timeout(Duration::from_secs(5));
            if let Some(db) = db {
                db.close();
            }
        }
        locked(&self.connection).take();
        if let (Database::Postgres, Some(cluster)) = (self.database, postgres::cluster()) {
            cluster.discard(&self.url);
        }
    }
}

/// One row of any query of this file: a number and a text.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    t: Option<String>,
}

/// A connection of the test's own, past the server.
enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    fn open(database: Database, url: &str) -> Connection {
        match database {
            Database::Sqlite => {
                let path = url.trim_start_matches("sqlite://");
                let mut sqlite = SqliteConnection::establish(path).expect("the file opens");
                sqlite
                    .batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON")
                    .expect("the connection is set up");
                Connection::Sqlite(sqlite)
            }
            Database::Postgres => {
                Connection::Postgres(PgConnection::establish(url).expect("PostgreSQL answers"))
            }
        }
    }

    fn execute(&mut self, statement: &str) -> usize {
        let done = match self {
            Connection::Sqlite(sqlite) => sql_query(statement).execute(sqlite),
            Connection::Postgres(postgres) => sql_query(statement).execute(postgres),
        };
        done.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    fn rows(&mut self, query: &str) -> Vec<Row> {
        let rows: diesel::QueryResult<Vec<Row>> = match self {
            Connection::Sqlite(sqlite) => sql_query(query).load(sqlite),
            Connection::Postgres(postgres) => sql_query(query).load(postgres),
        };
        rows.unwrap_or_else(|error| panic!("{query}: {error}"))
    }
}

/// A migrated and otherwise empty SQLite database, made once.
fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = TempDir::with_prefix("folkmoot-").expect("a folder for the template is made");
        let file = folder.path().join("template.db");
        folkmoot::db::migrate::up(&DatabaseUrl::Sqlite(file.clone()))
            .expect("the migrations run on SQLite");
        let path = file.to_str().expect("the folder's path is UTF-8");
        let mut sqlite = SqliteConnection::establish(path).expect("the template opens");
        // What is still in the log goes into the file: the copy is of the file alone.
        sqlite
            .batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
            .expect("the log is emptied");
        drop(sqlite);
        std::fs::read(&file).expect("the template is read")
    })
}

fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        folkmoot::install_crypto();
    });
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Locks in spite of a thread that panicked meanwhile: that thread's test has failed already.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
