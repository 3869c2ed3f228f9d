//! Rules that hold for the whole program, a page each: migrations and schemas, values, the
//! verbs of the database, who writes what, and what nobody else gets to see.

mod bus;
mod migrations;
mod ownership;
mod privacy;
mod schema;
mod tables;
mod values;
mod verbs;

use std::path::{Path, PathBuf};

use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use folkmoot::config::{Config, DatabaseUrl};
use folkmoot::db::{Conn, Role};

use crate::support::*;

/// Where an app's database is.
fn url_of(app: &App) -> DatabaseUrl {
    let config = app.server().rocket().state::<Config>();
    config
        .expect("the server has its settings")
        .database_url
        .clone()
}

/// A connection to an app's database, past the server.
fn connect(app: &App) -> Conn {
    Conn::open(&url_of(app), Role::Writer).expect("the database opens")
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// The texts that a query gives as its column `line`.
fn lines(conn: &mut Conn, query: &str) -> Vec<String> {
    let rows = sql_query(query).load::<Line>(conn);
    let rows = rows.unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.line).collect()
}

/// The tables of a database, without the list of migrations and what belongs to an index.
fn tables(conn: &mut Conn) -> Vec<String> {
    let query = match conn {
        Conn::Sqlite(_) => {
            "select name as line from pragma_table_list where schema = 'main' and type = 'table' \
             and name not like 'sqlite_%' and name not like '%diesel_schema_migrations'"
        }
        Conn::Pg(_) => {
            "select relname::text as line from pg_class where relkind = 'r' \
             and relnamespace = 'public'::regnamespace \
             and relname not like '%diesel_schema_migrations'"
        }
    };
    let mut tables = lines(conn, query);
    tables.sort_unstable();
    tables
}

/// A path of the repository.
fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is in a folder, in the order of the names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder is read to its end").path())
        .collect();
    entries.sort_unstable();
    entries
}

/// The folders of a database's migrations, in their order.
fn migration_folders(database: Database) -> Vec<PathBuf> {
    entries(&in_repository(match database {
        Database::Sqlite => "migrations/sqlite",
        Database::Postgres => "migrations/postgres",
    }))
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
