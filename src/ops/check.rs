//! Looks whether a server could start, without starting it.

use crate::config::{Config, DatabaseUrl};
use crate::db::migrate;
use crate::secret::Secret;

/// What was found, by name.
///
/// # Errors
/// A sentence that says what to do.
pub fn run(config: &Config) -> Result<Vec<(&'static str, String)>, String> {
    let url = &config.database_url;
    let schema = match (migrate::pending(url)?.len(), url) {
        (0, _) => "up to date".to_owned(),
        (n, DatabaseUrl::Sqlite(_)) => format!("the start brings {n} migrations"),
        (n, DatabaseUrl::Postgres(_)) => {
            return Err(format!(
                "{url}: the schema lacks {n} migrations; run: folkmoot migrate"
            ));
        }
    };
    let key = match (&config.secret_key, config.data_dir.join("secret.key")) {
        (Some(_), _) => "SECRET_KEY".to_owned(),
        (None, file) if !file.exists() => format!("will be made: {}", file.display()),
        (None, file) => Secret::load(config).map(|_| file.display().to_string())?,
    };
    let google = match config.google_client_ids.len() {
        0 => "off: set GOOGLE_CLIENT_IDS".to_owned(),
        n => format!("{n} client ids"),
    };
    Ok(vec![
        ("settings", "right".to_owned()),
        ("database", format!("{url} answers")),
        ("schema", schema),
        ("key", key),
        ("Google", google),
    ])
}
