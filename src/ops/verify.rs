//! Recomputes what is kept beside the rows it is made of.

use crate::box_office::seats;
use crate::community::{events, groups, likes};
use crate::config::DatabaseUrl;
use crate::db::migrate;

/// Checks a database's invariants; gives the differences found, a sentence each.
///
/// # Errors
/// A sentence that says what to do.
pub fn run(url: &DatabaseUrl) -> Result<Vec<String>, String> {
    if !migrate::pending(url)?.is_empty() {
        return Err(format!(
            "{url}: the schema is behind; run: folkmoot migrate"
        ));
    }
    let mut conn = migrate::connect(url)?;
    let mut differences = Vec::new();
    for look in [events::verify, likes::verify, groups::verify, seats::verify] {
        differences.extend(look(&mut conn).map_err(|error| format!("{url}: {error}"))?);
    }
    Ok(differences)
}
