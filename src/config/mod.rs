//! The settings: read once at start, documented here, and nowhere else looked up.
//!
//! The environment wins over a `.env` file, which wins over `Rocket.toml`; every setting
//! has a default.

mod read;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use rocket::figment::Figment;
use rocket::figment::providers::{Env, Serialized};
use rocket::figment::value::Value;
use rocket::http::SameSite;
use url::Url;

use read::{Settings, in_range, list, network, origin, rocket_settings, same_site, web_url};

pub use read::one_line;
pub use values::{AdminRegistration, DatabaseUrl, Hidden, LogFormat, RateLimit};

/// The names of our own settings; Rocket's own begin with `ROCKET_`.
const NAMES: &[&str] = &[
    "DATABASE_URL",
    "DATABASE_POOL_SIZE",
    "DATA_DIR",
    "PUBLIC_URL",
    "FRONTEND_ORIGINS",
    "SESSION_SAMESITE",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "GOOGLE_CLIENT_IDS",
    "GOOGLE_CLIENT_SECRET",
    "GOOGLE_CERTS_URL",
    "GOOGLE_AUTH_URL",
    "GOOGLE_TOKEN_URL",
    "ADMIN_REGISTRATION",
    "API_TOKEN",
    "INTERNAL_API_KEY",
    "BOOKING_HOLD_SECONDS",
    "WAITLIST_OFFER_SECONDS",
    "CHANGES_RETENTION_DAYS",
    "AUDIT_RETENTION_DAYS",
    "RATE_LIMIT",
    "TRUSTED_PROXIES",
    "LOG_FORMAT",
];

/// The demo's `API_TOKEN`, which no other server takes.
pub const DEV_TOKEN: &str = "dev-token";

/// All settings. A field's setting has the field's name in capitals.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is: `sqlite://PATH` (default `sqlite://data/folkmoot.db`; its folder
    /// is made) or `postgres://…`.
    pub database_url: DatabaseUrl,
    /// Connections for reading, and on PostgreSQL as many for writing. Default 8.
    pub database_pool_size: u32,
    /// Where generated keys are kept. Default `data`.
    pub data_dir: PathBuf,
    /// The address users see. Default `http://localhost:8000`, with Rocket's port if that
    /// was changed; `https` makes cookies `Secure`.
    pub public_url: Url,
    /// Origins of front ends that may call with credentials, comma-separated. Default none.
    pub frontend_origins: Vec<String>,
    /// `lax` (default), `strict`, or `none`, which needs an https `PUBLIC_URL`.
    pub session_samesite: SameSite,
    /// Signs and seals; at least 32 bytes. Unset: made at the first start and kept in
    /// `DATA_DIR/secret.key`. On PostgreSQL it must be set, because nodes share it.
    pub secret_key: Option<Hidden>,
    /// Former values of `SECRET_KEY`, comma-separated: what was made with them still holds.
    /// Default none.
    pub secret_key_fallbacks: Vec<Hidden>,
    /// Google client ids whose tokens are accepted, comma-separated; the first pairs with
    /// the secret. Default none: Google sign-in answers 503.
    pub google_client_ids: Vec<String>,
    /// Needed for the browser's redirect flow only.
    pub google_client_secret: Option<Hidden>,
    /// Google's signing keys, as a JWKS.
    pub google_certs_url: Url,
    /// Where the redirect flow begins.
    pub google_auth_url: Url,
    /// Where the redirect flow changes its code for a token.
    pub google_token_url: Url,
    /// Who may register as an administrator: `closed` (default): nobody but by an existing
    /// super admin or the shell; `bootstrap`: the first, who becomes super admin; `open`:
    /// anyone, as event manager.
    pub admin_registration: AdminRegistration,
    /// A machine token with every scope, for all projects. Default none.
    pub api_token: Option<Hidden>,
    /// What services show that move seats and confirm payments. Default none: those calls
    /// answer 503.
    pub internal_api_key: Option<Hidden>,
    /// Seconds that seats are held for somebody who is about to pay. Default 600.
    pub booking_hold_seconds: u32,
    /// Seconds that an offer to somebody on a waitlist holds. Default 900.
    pub waitlist_offer_seconds: u32,
    /// Days that the log of changes is kept. Default 7.
    pub changes_retention_days: u32,
    /// Days that the record of sign-ins and decisions is kept. Default 365.
    pub audit_retention_days: u32,
    /// `on` (default), `off`, or a factor such as `4`.
    pub rate_limit: RateLimit,
    /// Addresses or networks whose `X-Forwarded-For` and `Forwarded` are believed,
    /// comma-separated. Default none.
    pub trusted_proxies: Vec<IpNet>,
    /// `text` (default) or `json`.
    pub log_format: LogFormat,
    /// Rocket's own settings.
    pub rocket: RocketSettings,
}

/// Rocket's settings, which hold ours as well as they were read, secrets among them: so
/// nothing shows them.
#[derive(Clone)]
pub struct RocketSettings(pub Figment);

impl fmt::Debug for RocketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Config {
    /// Reads the environment, `.env`, and `Rocket.toml`.
    ///
    /// # Errors
    /// One line that names the setting, what is wrong, and an example.
    pub fn load() -> Result<Self, String> {
        match dotenvy::from_path(".env") {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            // The library's sentence quotes the line, which may hold a secret.
            Err(dotenvy::Error::LineParse(..)) => {
                return Err(".env: a line is not of the form NAME=value; for example \
                            RATE_LIMIT=on, or quotes around a value with spaces"
                    .into());
            }
            Err(_) => return Err(".env: cannot be read; see its owner and mode".into()),
        }
        let figment = rocket::Config::figment().merge(Env::raw().only(NAMES));
        Self::from_figment(figment)
    }

    /// Takes the settings given, by name, and defaults for the others.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_settings(
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, String> {
        let figment = settings.into_iter().fold(
            Figment::from(rocket::Config::default()),
            |figment, (name, value)| {
                let name = name.to_lowercase();
                let name = name.strip_prefix("rocket_").unwrap_or(&name).to_owned();
                // As the environment does: a number is a number, the rest is text.
                let value = value.parse::<i64>().map_or(Value::from(value), Value::from);
                figment.merge(Serialized::global(&name, value))
            },
        );
        Self::from_figment(figment)
    }

    fn from_figment(figment: Figment) -> Result<Self, String> {
        // What Rocket would do by default and must not: believe anyone's X-Real-IP,
        // colour and word its own log, wait long at shutdown, tell its name.
        let figment = figment
            .merge(Serialized::global("ip_header", false))
            .merge(Serialized::global("ident", false))
            .join(Serialized::global("shutdown.grace", 2))
            .join(Serialized::global("shutdown.mercy", 1));
        let figment = match figment.find_value("shutdown.grace") {
            Ok(_) => figment,
            Err(error) => {
                let problem = one_line(&error.to_string());
                return Err(format!("Rocket.toml: {problem}; for example [default]"));
            }
        };
        rocket_settings(&figment)?;
        let settings = Settings(&figment);
        let port = figment.extract_inner::<u16>("port").unwrap_or(8000);
        let google =
            |name, url: &str| settings.read(name, url, "https://example.org/path", web_url);
        let config = Self {
            database_url: settings.parse(
                "DATABASE_URL",
                "sqlite://data/folkmoot.db",
                "postgres://folkmoot:password@localhost/folkmoot",
            )?,
            database_pool_size: settings.read("DATABASE_POOL_SIZE", "8", "8", |text| {
                in_range(text, 1, 500)
            })?,
            data_dir: settings.parse("DATA_DIR", "data", "data")?,
            public_url: settings.read(
                "PUBLIC_URL",
                &format!("http://localhost:{port}"),
                "https://events.example.org",
                |text| origin(text).and_then(|_| web_url(text)),
            )?,
            frontend_origins: settings.read(
                "FRONTEND_ORIGINS",
                "",
                "https://app.example.org,https://m.example.org",
                |text| list(text).map(origin).collect(),
            )?,
            session_samesite: settings.read("SESSION_SAMESITE", "lax", "lax", same_site)?,
            secret_key: settings.text("SECRET_KEY")?.map(Hidden),
            secret_key_fallbacks: settings.read(
                "SECRET_KEY_FALLBACKS",
                "",
                "the key of before",
                |text| Ok(list(text).map(|key| Hidden(key.to_owned())).collect()),
            )?,
            google_client_ids: settings.read(
                "GOOGLE_CLIENT_IDS",
                "",
                "1234.apps.googleusercontent.com",
                |text| Ok(list(text).map(str::to_owned).collect()),
            )?,
            google_client_secret: settings.text("GOOGLE_CLIENT_SECRET")?.map(Hidden),
            google_certs_url: google(
                "GOOGLE_CERTS_URL",
                "https://www.googleapis.com/oauth2/v3/certs",
            )?,
            google_auth_url: google(
                "GOOGLE_AUTH_URL",
                "https://accounts.google.com/o/oauth2/v2/auth",
            )?,
            google_token_url: google("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")?,
            admin_registration: settings.parse("ADMIN_REGISTRATION", "closed", "bootstrap")?,
            api_token: settings.text("API_TOKEN")?.map(Hidden),
            internal_api_key: settings.text("INTERNAL_API_KEY")?.map(Hidden),
            booking_hold_seconds: settings.read("BOOKING_HOLD_SECONDS", "600", "600", |text| {
                in_range(text, 1, 86_400)
            })?,
            waitlist_offer_seconds: settings.read(
                "WAITLIST_OFFER_SECONDS",
                "900",
                "900",
                |text| in_range(text, 1, 86_400),
            )?,
            audit_retention_days: settings.read("AUDIT_RETENTION_DAYS", "365", "365", |text| {
                in_range(text, 1, 3650)
            })?,
            changes_retention_days: settings.read("CHANGES_RETENTION_DAYS", "7", "7", |text| {
                in_range(text, 1, 3650)
            })?,
            rate_limit: settings.parse("RATE_LIMIT", "on", "on, off or 4")?,
            trusted_proxies: settings.read(
                "TRUSTED_PROXIES",
                "",
                "127.0.0.1,10.0.0.0/8",
                |text| list(text).map(network).collect(),
            )?,
            log_format: settings.parse("LOG_FORMAT", "text", "json")?,
            rocket: RocketSettings(figment.clone()),
        };
        config.consistent()
    }

    /// What no setting can tell alone.
    fn consistent(self) -> Result<Self, String> {
        if self.session_samesite == SameSite::None && !self.https() {
            return Err("SESSION_SAMESITE: none needs an https PUBLIC_URL; for example lax".into());
        }
        let short = |key: &Hidden| key.0.len() < 32;
        if self.secret_key_fallbacks.iter().any(short) {
            return Err("SECRET_KEY_FALLBACKS: one is shorter than 32 bytes; \
                 for example the value that SECRET_KEY had before"
                .into());
        }
        if let Some(Hidden(token)) = &self.api_token
            && (token == DEV_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(
                "API_TOKEN: the demo's own token, or not of printable ASCII characters; \
                 make one with: openssl rand -hex 32"
                    .into(),
            );
        }
        if let Some(Hidden(key)) = &self.internal_api_key
            && !key.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err("INTERNAL_API_KEY: not of printable ASCII characters; \
                 make one with: openssl rand -hex 32"
                .into());
        }
        match (&self.secret_key, &self.database_url) {
            (Some(Hidden(key)), _) if key.len() < 32 => {
                Err("SECRET_KEY: shorter than 32 bytes; make one with: openssl rand -hex 32".into())
            }
            (None, DatabaseUrl::Postgres(_)) => Err(
                "SECRET_KEY: must be set on PostgreSQL, because nodes share it; \
                 make one with: openssl rand -hex 32"
                    .into(),
            ),
            _ => Ok(self),
        }
    }

    /// True when users come over https.
    pub fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The origin (RFC 6454) that users see.
    pub fn public_origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// The file of a SQLite database.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.database_url {
            DatabaseUrl::Sqlite(path) => Some(path),
            DatabaseUrl::Postgres(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<Config, String> {
        Config::from_settings(settings.iter().map(|(k, v)| (k.to_string(), v.to_string())))
    }

    #[test]
    fn everything_has_a_default() {
        let config = config(&[]).expect("defaults are right");
        assert_eq!(config.database_url.to_string(), "sqlite://data/folkmoot.db");
        assert_eq!(config.public_origin(), "http://localhost:8000");
        assert_eq!(config.rate_limit, RateLimit::Times(1.0));
        assert!(!config.https());
    }

    #[test]
    fn a_wrong_value_names_the_setting_the_problem_and_an_example() {
        for (name, value, problem) in [
            ("DATABASE_URL", "mysql://x", "neither sqlite nor postgres"),
            ("DATABASE_URL", "sqlite://:memory:", "a path"),
            ("DATABASE_POOL_SIZE", "0", "whole number"),
            ("DATABASE_POOL_SIZE", "many", "whole number"),
            ("PUBLIC_URL", "events.example.org", "relative"),
            ("PUBLIC_URL", "ftp://events.example.org", "http"),
            (
                "FRONTEND_ORIGINS",
                "https://a.example/app",
                "more than an origin",
            ),
            ("SESSION_SAMESITE", "none", "https"),
            ("SESSION_SAMESITE", "loose", "neither"),
            ("SECRET_KEY", "short", "32 bytes"),
            ("RATE_LIMIT", "-1", "factor"),
            ("TRUSTED_PROXIES", "proxy", "neither an address"),
            ("LOG_FORMAT", "xml", "neither text"),
            ("GOOGLE_CERTS_URL", "nowhere", "relative"),
        ] {
            let error = config(&[(name, value)]).expect_err(value);
            assert!(error.starts_with(&format!("{name}: ")), "{error}");
            assert!(error.contains(problem), "{error}");
            assert!(
                error.contains("for example") || error.contains("make one"),
                "{error}"
            );
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn postgres_needs_a_key_and_hides_its_password() {
        let url = ("DATABASE_URL", "postgres://me:hush@db.example/moot");
        assert!(
            config(&[url])
                .expect_err("no key")
                .starts_with("SECRET_KEY: ")
        );
        let config = config(&[url, ("SECRET_KEY", "0123456789abcdef0123456789abcdef")]);
        let config = config.expect("a key is there");
        assert_eq!(
            config.database_url.to_string(),
            "postgres://db.example/moot"
        );
        let shown = format!("{config:?}");
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
