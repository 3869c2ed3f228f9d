//! Looks whether a server could start, without starting it.

use crate::config::Config;
use crate::db::migrate;
use crate::secret::Secret;

/// What was found, by name.
///
/// # Errors
/// A sentence that says what to do.
pub fn run(config: &Config) -> Result<Vec<(&'static str, String)>, String> {
    let url = &config.database_url;
    let schema = match migrate::pending(url)?.len() {
        0 => "up to date".to_owned(),
        n => format!("lacks {n} migrations; run: folkmoot migrate"),
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
