//! The benchmark's own connection to the database, past the server.

use diesel::connection::SimpleConnection as _;
use diesel::{
    Connection as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    SqliteConnection, sql_query,
};
use folkmoot::config::DatabaseUrl;

use super::google::SUBJECTS;

/// A connection.
pub enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

impl Connection {
    /// Connects.
    pub fn open(url: &DatabaseUrl) -> Result<Self, String> {
        let told = |error: diesel::ConnectionError| format!("{url}: {error}");
        let mut connection = match url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.to_str().ok_or("the database's path is not UTF-8")?;
                Self::Sqlite(SqliteConnection::establish(path).map_err(told)?)
            }
            DatabaseUrl::Postgres(url) => {
                Self::Postgres(PgConnection::establish(url).map_err(told)?)
            }
        };
        if let Self::Sqlite(_) = connection {
            connection.run("PRAGMA busy_timeout = 10000")?;
        }
        Ok(connection)
    }

    /// Runs statements.
    pub fn run(&mut self, statements: &str) -> Result<(), String> {
        let ran = match self {
            Self::Sqlite(sqlite) => sqlite.batch_execute(statements),
            Self::Postgres(postgres) => postgres.batch_execute(statements),
        };
        ran.map_err(|error| told(statements, &error))
    }

    /// The number that a query gives.
    pub fn number(&mut self, query: &str) -> Result<i64, String> {
        let query = format!("SELECT CAST(({query}) AS BIGINT) AS number");
        let row: QueryResult<Number> = match self {
            Self::Sqlite(sqlite) => sql_query(&query).get_result(sqlite),
            Self::Postgres(postgres) => sql_query(&query).get_result(postgres),
        };
        row.map(|row| row.number)
            .map_err(|error| told(&query, &error))
    }

    /// The texts of a query whose one column has the name `text`.
    pub fn texts(&mut self, query: &str) -> Result<Vec<String>, String> {
        let rows: QueryResult<Vec<Text>> = match self {
            Self::Sqlite(sqlite) => sql_query(query).load(sqlite),
            Self::Postgres(postgres) => sql_query(query).load(postgres),
        };
        rows.map(|rows| rows.into_iter().map(|row| row.text).collect())
            .map_err(|error| told(query, &error))
    }
}

/// The beginning of the statement is enough to find it by.
fn told(statement: &str, error: &diesel::result::Error) -> String {
    let beginning: String = statement.chars().take(200).collect();
    format!("{beginning}: {error}")
}

/// Makes sure that nothing is lost when the database is filled: a SQLite file must not be there
/// yet, and a PostgreSQL database be empty or the benchmark's own. Its rows are removed.
pub fn claim(url: &DatabaseUrl) -> Result<(), String> {
    if let DatabaseUrl::Sqlite(path) = url {
        return match path.exists() {
            false => Ok(()),
            true => Err(format!("{url} is there already; name a file that is not")),
        };
    }
    let mut connection = Connection::open(url)?;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    if connection.number(tables)? == 0 {
        return Ok(());
    }
    let refused = || {
        Err(format!(
            "{url} holds data of others; name an empty database"
        ))
    };
    let ours = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()
                AND tablename IN ('users', 'logins', 'events')";
    if connection.number(ours)? != 3 {
        return refused();
    }
    // Events of the box office have no creator; whose they are is looked at with the users.
    let seats = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()
                 AND tablename = 'event_seats'";
    let seatless = match connection.number(seats)? {
        0 => "",
        _ => " AND id NOT IN (SELECT event_id FROM event_seats)",
    };
    let others = format!(
        "SELECT (SELECT count(*) FROM events WHERE creator_id IS NULL{seatless}) +
                (SELECT count(*) FROM users WHERE id NOT IN
                     (SELECT user_id FROM logins WHERE subject LIKE '{SUBJECTS}%'))"
    );
    if connection.number(&others)? != 0 {
        return refused();
    }
    connection.run("TRUNCATE users, events, changes, idempotency_keys CASCADE")
}
