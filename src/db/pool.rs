//! Connections of one role, lent out and taken back.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use rocket::tokio;

use super::conn::{Conn, Role};
use crate::config::DatabaseUrl;
use crate::error::{Error, Result};

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection with a mark for one that is lost for good.
pub(super) struct Lent {
    pub(super) conn: Conn,
    broken: bool,
}

impl Lent {
    /// Looks at a connection after an error: one that answers nothing any more is not
    /// taken back. Errors are rare, so one more round trip is no matter.
    pub(super) fn examine(&mut self) {
        self.broken = self.conn.is_broken() || self.conn.batch_execute("SELECT 1").is_err();
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }
}

pub(super) struct Connector {
    url: DatabaseUrl,
    role: Role,
}

impl ManageConnection for Connector {
    type Connection = Lent;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Lent, Self::Error> {
        let conn =
            Conn::open(&self.url, self.role).map_err(diesel::r2d2::Error::ConnectionError)?;
        Ok(Lent {
            conn,
            broken: false,
        })
    }

    fn is_valid(&self, _: &mut Lent) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, lent: &mut Lent) -> bool {
        lent.broken || lent.conn.is_broken()
    }
}

#[derive(Clone)]
pub(super) struct Pool {
    connections: diesel::r2d2::Pool<Connector>,
    /// As many threads at once as there are connections: the others wait as tasks.
    turns: std::sync::Arc<tokio::sync::Semaphore>,
}

impl Pool {
    /// A pool that connects when it is first asked.
    pub(super) fn new(url: &DatabaseUrl, role: Role, size: u32) -> Self {
        let connections = diesel::r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .error_handler(Box::new(Quiet))
            .build_unchecked(Connector {
                url: url.clone(),
                role,
            });
        let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(size as usize));
        Self { connections, turns }
    }

    /// A connection, within [`PATIENCE`].
    pub(super) fn lend(&self) -> Result<diesel::r2d2::PooledConnection<Connector>> {
        self.connections.get().map_err(Error::unavailable)
    }

    /// Runs `f` on a connection, here and now; again on another one if the first is lost.
    pub(super) fn with<T>(&self, f: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
        // Each connection of the pool may have died with the server.
        for _ in 0..=self.connections.max_size() {
            let mut lent = self.lend()?;
            match f(&mut lent.conn) {
                Err(Error::Database(error)) => {
                    lent.examine();
                    if !lent.is_broken() {
                        return Err(error.into());
                    }
                }
                answer => return answer,
            }
        }
        Err(Error::unavailable("every connection of the pool is lost"))
    }

    /// Runs `f` on a thread that may block, once it is its turn.
    pub(super) async fn with_blocking<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned())
            .await
            .map_err(|_| Error::unavailable("no connection became free"))?
            .map_err(Error::internal)?;
        let pool = self.clone();
        tokio::task::spawn_blocking(move || {
            let answer = f(&pool);
            drop(turn);
            answer
        })
        .await
        .map_err(Error::internal)?
    }
}

/// The pool retries by itself and tells whoever waits; its own lines would repeat that.
#[derive(Debug)]
struct Quiet;

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for Quiet {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::debug!(%error, "a database connection could not be made");
    }
}
