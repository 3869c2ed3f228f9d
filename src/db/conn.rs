//! A connection to either database.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::deadline;
use crate::config::DatabaseUrl;

/// A connection to PostgreSQL or SQLite. Queries are written once, against this.
///
/// Made by [`Conn::open`] only: diesel's own `establish` tries the variants in turn, and
/// SQLite takes any text for a file name.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(diesel::PgConnection),
    /// SQLite.
    Sqlite(diesel::SqliteConnection),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads only; the database itself refuses writes.
    Reader,
    /// Reads and writes.
    Writer,
    /// Changes the schema, with foreign keys off on SQLite: rebuilding a table under
    /// cascades would delete its children.
    Migrator,
}

impl Conn {
    /// Connects to the database of that URL's scheme and sets the connection up.
    pub fn open(url: &DatabaseUrl, role: Role) -> ConnectionResult<Self> {
        let broken =
            |error: diesel::result::Error| ConnectionError::CouldntSetupConfiguration(error);
        match url {
            DatabaseUrl::Postgres(url) => {
                let mut conn = diesel::PgConnection::establish(url)?;
                conn.batch_execute(
                    "SET TIME ZONE 'UTC'; SET statement_timeout = '10s'; SET lock_timeout = '5s';
                     SET idle_in_transaction_session_timeout = '10s'; SET application_name = 'folkmoot'",
                )
                .map_err(broken)?;
                match role {
                    Role::Reader => conn.batch_execute("SET default_transaction_read_only = on"),
                    Role::Writer => Ok(()),
                    // Commands take as long as they take.
                    Role::Migrator => conn.batch_execute("SET statement_timeout = 0"),
                }
                .map_err(broken)?;
                Ok(Self::Pg(conn))
            }
            DatabaseUrl::Sqlite(path) => {
                let path = path.to_str().ok_or_else(|| {
                    ConnectionError::InvalidConnectionUrl("the path is not UTF-8".into())
                })?;
                let mut conn = diesel::SqliteConnection::establish(path)?;
                // busy_timeout comes first, so that the ones after it wait for their locks.
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL; PRAGMA cache_size = -4000;
                     PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864",
                )
                .map_err(broken)?;
                conn.batch_execute(match role {
                    Role::Reader => "PRAGMA foreign_keys = ON; PRAGMA query_only = ON",
                    // Checkpoints have a thread of their own.
                    Role::Writer => {
                        "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
                         PRAGMA wal_autocheckpoint = 0"
                    }
                    Role::Migrator => "PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON",
                })
                .map_err(broken)?;
                deadline::register(&mut conn).map_err(broken)?;
                Ok(Self::Sqlite(conn))
            }
        }
    }
}

/// Runs one body on the connection inside, compiled once for each database: for what diesel
/// says on the concrete connections only, and for the hottest statements. On the enum each
/// use of a statement writes its SQL anew, which is a tenth of the writer's time. A second name
/// stands for the type of the database in the body, where a boxed query needs it.
macro_rules! on_backend {
    ($conn:expr, $inner:ident: $backend:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Pg($inner) => {
                type $backend = diesel::pg::Pg;
                $body
            }
            $crate::db::Conn::Sqlite($inner) => {
                type $backend = diesel::sqlite::Sqlite;
                $body
            }
        }
    };
    ($conn:expr, $inner:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Pg($inner) => $body,
            $crate::db::Conn::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use on_backend;

/// An insert that does nothing where a row with that key is there already.
///
/// Both databases say it in the same words, but diesel offers it on the concrete
/// connections only.
#[derive(Debug, Clone, Copy)]
pub struct OrIgnore<Q>(pub Q);

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for OrIgnore<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" ON CONFLICT DO NOTHING");
        Ok(())
    }
}

impl<Q: QueryId> QueryId for OrIgnore<Q> {
    type QueryId = OrIgnore<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q> RunQueryDsl<Conn> for OrIgnore<Q> {}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::Text;

    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }

    #[test]
    fn sqlite_is_compiled_as_decided() {
        let mut conn = diesel::SqliteConnection::establish(":memory:").expect("a database");
        let options = diesel::sql_query("PRAGMA compile_options").load::<Setting>(&mut conn);
        let options = options
            .expect("options")
            .into_iter()
            .map(|row| row.compile_options);
        let options = options.collect::<Vec<_>>();
        // docs/decisions/0007-how-sqlite-is-compiled.md
        for there in ["ENABLE_QPSG", "THREADSAFE=2", "ENABLE_FTS5"] {
            assert!(
                options.iter().any(|option| option == there),
                "{there}: {options:?}"
            );
        }
        let absent = "ENABLE_MEMORY_MANAGEMENT";
        assert!(
            options.iter().all(|option| option != absent),
            "{absent}: {options:?}"
        );
    }
}
