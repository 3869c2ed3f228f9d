//! What the commands share that work on the database beside a running server.

use std::future::Future;

use rocket::tokio::runtime::Runtime;

use crate::config::Config;
use crate::db::{Db, migrate};
use crate::error::{Error, Fields};
use crate::http::fields::turns_direction;

/// Does something with the database, whose schema is up to date.
///
/// # Errors
/// A sentence that says what to do.
pub fn with<T, F: Future<Output = Result<T, Error>>>(
    config: &Config,
    f: impl FnOnce(Db) -> F,
) -> Result<T, String> {
    let url = &config.database_url;
    if !migrate::pending(url)?.is_empty() {
        return Err(format!(
            "{url}: the schema is behind; run: folkmoot migrate"
        ));
    }
    let db = Db::open(config).map_err(|error| format!("{url}: {error}"))?;
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let done = runtime.block_on(f(db.clone()));
    db.close();
    done.map_err(|error| match error {
        Error::NotFound(Some(sentence)) | Error::Conflict(Some(sentence)) => sentence.into_owned(),
        Error::Named(named) => named.message.into_owned(),
        Error::Invalid(fields) => told(&fields),
        error => format!("{url}: {error}"),
    })
}

/// What is wrong, field by field.
pub fn told(fields: &Fields) -> String {
    let told = fields.iter().map(|(field, why)| format!("{field}: {why}"));
    told.collect::<Vec<_>>().join("; ")
}

/// What people wrote stays on its line, in its direction, and out of the terminal's own
/// language.
pub fn plain(text: &str) -> String {
    let misleads = |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c) || turns_direction(c);
    text.chars()
        .map(|c| if misleads(c) { ' ' } else { c })
        .collect()
}
