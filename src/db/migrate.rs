//! Brings a database's schema up to date.
//!
//! `migrations/sqlite` and `migrations/postgres` hold the same names, compiled in.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion, Result as MigrationResult};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::{Conn, Role};
use crate::config::{DatabaseUrl, one_line};
use crate::secret::make_private_folder;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held by whoever migrates a PostgreSQL database.
const ADVISORY_LOCK: i64 = 0x666f_6c6b_6d6f_6f74;

/// Runs what is pending and gives the names of what ran.
///
/// On SQLite foreign keys are off meanwhile and checked before each commit; on PostgreSQL
/// one process migrates at a time, and a lock that is not had within 5 s ends it.
///
/// # Errors
/// A sentence that says what to do.
pub fn up(url: &DatabaseUrl) -> Result<Vec<String>, String> {
    let mut conn = connect(url)?;
    run_pending(&mut conn).map_err(|error| sentence(url, error))
}

fn run_pending(conn: &mut Conn) -> MigrationResult<Vec<String>> {
    match conn {
        Conn::Sqlite(conn) => {
            let mut ran = Vec::new();
            for migration in conn.pending_migrations(SQLITE)? {
                run_on_sqlite(conn, |conn| conn.run_migration(&migration).map(|_| ()))?;
                ran.push(migration.name().to_string());
            }
            Ok(ran)
        }
        Conn::Pg(conn) => {
            conn.batch_execute("SET statement_timeout = 0; SET lock_timeout = '5s'")?;
            diesel::sql_query(format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).execute(conn)?;
            let pending = names(&conn.pending_migrations(POSTGRES)?);
            conn.run_pending_migrations(POSTGRES)?;
            Ok(pending)
        }
    }
}

/// Names of the migrations that have not run.
///
/// # Errors
/// A sentence that says what to do.
pub fn pending(url: &DatabaseUrl) -> Result<Vec<String>, String> {
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        return all(SQLITE).map_err(|error| sentence(url, error));
    }
    let mut conn = connect(url)?;
    not_run(&mut conn).map_err(|error| sentence(url, error))
}

/// Diesel itself would make its table to look into.
fn not_run(conn: &mut Conn) -> MigrationResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    const TABLE: &str = "__diesel_schema_migrations";
    match conn {
        Conn::Sqlite(conn) => {
            let query =
                format!("SELECT count(*) AS found FROM sqlite_schema WHERE name = '{TABLE}'");
            match diesel::sql_query(query).get_result::<Found>(conn)?.found {
                true => Ok(names(&conn.pending_migrations(SQLITE)?)),
                false => all(SQLITE),
            }
        }
        Conn::Pg(conn) => {
            let query = format!("SELECT to_regclass('{TABLE}') IS NOT NULL AS found");
            match diesel::sql_query(query).get_result::<Found>(conn)?.found {
                true => Ok(names(&conn.pending_migrations(POSTGRES)?)),
                false => all(POSTGRES),
            }
        }
    }
}

fn all(source: EmbeddedMigrations) -> MigrationResult<Vec<String>> {
    Ok(names(&MigrationSource::<diesel::pg::Pg>::migrations(
        &source,
    )?))
}

/// A connection for commands.
///
/// # Errors
/// A sentence that says what to do.
pub fn connect(url: &DatabaseUrl) -> Result<Conn, String> {
    if let DatabaseUrl::Sqlite(path) = url {
        make_folder(path).map_err(|error| format!("DATABASE_URL: {}: {error}", path.display()))?;
    }
    Conn::open(url, Role::Migrator).map_err(|error| match url {
        DatabaseUrl::Sqlite(_) => sentence(url, error),
        DatabaseUrl::Postgres(_) => format!(
            "{}; is PostgreSQL running, and DATABASE_URL right?",
            sentence(url, error)
        ),
    })
}

/// Makes the folder of a SQLite file, if it is not there.
pub fn make_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => make_private_folder(folder),
        _ => Ok(()),
    }
}

fn sentence(url: &DatabaseUrl, error: impl std::fmt::Display) -> String {
    format!("{url}: {}", one_line(&error.to_string()))
}

/// Undoes every migration, newest first, and with them all data.
///
/// # Errors
/// A sentence that says what to do.
pub fn down(url: &DatabaseUrl) -> Result<(), String> {
    let mut conn = connect(url)?;
    revert_all(&mut conn).map_err(|error| sentence(url, error))
}

fn revert_all(conn: &mut Conn) -> MigrationResult<()> {
    match conn {
        Conn::Sqlite(conn) => {
            for version in conn.applied_migrations()? {
                let migration = find(SQLITE, &version)?;
                run_on_sqlite(conn, |conn| conn.revert_migration(&migration).map(|_| ()))?;
            }
        }
        Conn::Pg(conn) => {
            conn.revert_all_migrations(POSTGRES)?;
        }
    }
    Ok(())
}

type Boxed<DB> = Box<dyn Migration<DB>>;

fn names<DB: diesel::backend::Backend>(migrations: &[Boxed<DB>]) -> Vec<String> {
    migrations
        .iter()
        .map(|migration| migration.name().to_string())
        .collect()
}

fn find<DB: diesel::backend::Backend>(
    source: EmbeddedMigrations,
    version: &MigrationVersion<'_>,
) -> MigrationResult<Boxed<DB>>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    source
        .migrations()?
        .into_iter()
        .find(|migration| migration.name().version() == *version)
        .ok_or_else(|| format!("migration {version} is not known to this program").into())
}

#[derive(QueryableByName)]
struct Violation {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a migration's connection is nobody else's"
)]
fn run_on_sqlite(
    conn: &mut SqliteConnection,
    step: impl FnOnce(&mut SqliteConnection) -> MigrationResult<()>,
) -> MigrationResult<()> {
    conn.immediate_transaction(|conn| {
        step(conn)?;
        let violations = diesel::sql_query("SELECT \"table\" FROM pragma_foreign_key_check")
            .load::<Violation>(conn)?;
        match violations.first() {
            None => Ok(()),
            Some(first) => Err(MigrationError(format!(
                "a row of {} would refer to nothing",
                first.table
            ))),
        }
    })?;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct MigrationError(String);

impl From<diesel::result::Error> for MigrationError {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for MigrationError {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self(error.to_string())
    }
}
