//! Recomputes what is kept beside the rows it is made of.

use crate::community::events;
use crate::config::DatabaseUrl;
use crate::db::{Conn, Role};

/// Checks a database's invariants; gives the differences found, a sentence each.
///
/// # Errors
/// A sentence, when the database is out of reach.
pub fn run(url: &DatabaseUrl) -> Result<Vec<String>, String> {
    let mut conn = Conn::open(url, Role::Migrator).map_err(|error| format!("{url}: {error}"))?;
    events::verify(&mut conn).map_err(|error| format!("{url}: {error}"))
}
