//! The settings: read once at start, documented here, and nowhere else looked up.
//!
//! The environment wins over a `.env` file, which wins over `Rocket.toml`; every setting
//! has a default.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;
use rocket::figment::providers::{Env, Serialized};
use rocket::figment::value::Value;
use rocket::figment::{Figment, Profile};
use rocket::http::SameSite;
use url::Url;

/// The names of our own settings; Rocket's own begin with `ROCKET_`.
const NAMES: &[&str] = &[
    "DATABASE_URL",
    "DATABASE_POOL_SIZE",
    "DATA_DIR",
    "PUBLIC_URL",
    "FRONTEND_ORIGINS",
    "SESSION_SAMESITE",
    "SECRET_KEY",
    "GOOGLE_CLIENT_IDS",
    "GOOGLE_CLIENT_SECRET",
    "GOOGLE_CERTS_URL",
    "GOOGLE_AUTH_URL",
    "GOOGLE_TOKEN_URL",
    "CHANGES_RETENTION_DAYS",
    "RATE_LIMIT",
    "TRUSTED_PROXIES",
    "LOG_FORMAT",
];

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
    /// Days that the log of changes is kept. Default 7.
    pub changes_retention_days: u32,
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

/// Which database, and where.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A libpq connection URL, which may hold a password.
    Postgres(String),
}

/// A secret setting, which no log or message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// How the documented limits are multiplied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateLimit {
    /// No limits, for benchmarks.
    Off,
    /// Times this factor.
    Times(f64),
}

/// Form of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl fmt::Display for DatabaseUrl {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => match Url::parse(url) {
                Ok(url) => {
                    let host = url.host_str().unwrap_or("(local socket)");
                    write!(f, "postgres://{host}{}", url.path())
                }
                Err(_) => f.write_str("postgres://…"),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match is_libpq_url(text) {
                true => Ok(Self::Postgres(text.to_owned())),
                // Without its parts: one of them may be a password.
                false => {
                    Err("not a URL; special characters in its parts are written as %XX".into())
                }
            };
        }
        match text.strip_prefix("sqlite://") {
            Some("" | ":memory:") => {
                Err("a path must follow, since several connections share it".into())
            }
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            None => Err("the scheme is neither sqlite nor postgres".into()),
        }
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
            Err(error) => return Err(format!("shutdown: {error}; for example grace = 2")),
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
                web_url,
            )?,
            frontend_origins: settings.read(
                "FRONTEND_ORIGINS",
                "",
                "https://app.example.org,https://m.example.org",
                |text| list(text).map(origin).collect(),
            )?,
            session_samesite: settings.read("SESSION_SAMESITE", "lax", "lax", same_site)?,
            secret_key: settings.text("SECRET_KEY")?.map(Hidden),
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

struct Settings<'a>(&'a Figment);

impl Settings<'_> {
    /// A setting as text, wherever it was set.
    fn text(&self, name: &str) -> Result<Option<String>, String> {
        let found = self
            .0
            .clone()
            .select(Profile::Default)
            .find_value(&name.to_lowercase());
        match found {
            Err(_) => Ok(None),
            Ok(Value::String(_, text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Ok(Value::Num(_, number)) => Ok(Some(
                number
                    .to_i128()
                    .map(|n| n.to_string())
                    .or_else(|| number.to_u128().map(|n| n.to_string()))
                    .or_else(|| number.to_f64().map(|n| n.to_string()))
                    .unwrap_or_default(),
            )),
            Ok(Value::Bool(_, on)) => Ok(Some(if on { "on" } else { "off" }.into())),
            Ok(Value::Array(_, items)) => Ok(Some(
                items
                    .iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join(","),
            )),
            Ok(_) => Err(format!("{name}: must be text")),
        }
    }

    fn read<T>(
        &self,
        name: &str,
        default: &str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let text = self.text(name)?.unwrap_or_else(|| default.to_owned());
        parse(text.trim()).map_err(|problem| format!("{name}: {problem}; for example {example}"))
    }

    fn parse<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &str,
        default: &str,
        example: &str,
    ) -> Result<T, String> {
        self.read(name, default, example, |text| {
            text.parse().map_err(|e: T::Err| e.to_string())
        })
    }
}

/// Looks at Rocket's own settings, so that a wrong one is told as ours are.
fn rocket_settings(figment: &Figment) -> Result<(), String> {
    let Err(errors) = figment.extract::<rocket::Config>() else {
        return Ok(());
    };
    let error = errors.into_iter().next();
    let name = error
        .as_ref()
        .map(|error| error.path.join("_").to_uppercase());
    let problem = error
        .map(|error| error.kind.to_string())
        .unwrap_or_default();
    let name = name.unwrap_or_default();
    let example = match name.as_str() {
        "ADDRESS" => "127.0.0.1",
        "LOG_LEVEL" => "normal",
        _ => "8000",
    };
    Err(format!(
        "ROCKET_{name}: {}; for example {example}",
        one_line(&problem)
    ))
}

/// A message of a library, on one line.
pub fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True for what libpq reads as a URL. It quotes one that it cannot read in its error.
fn is_libpq_url(text: &str) -> bool {
    let mut percents = text.split('%').skip(1);
    let escaped = percents.all(|after| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    });
    let plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    escaped && plain && Url::parse(text).is_ok()
}

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "on" => Ok(Self::Times(1.0)),
            "off" => Ok(Self::Off),
            factor => match factor.parse::<f64>() {
                Ok(factor) if (0.01..=1_000.0).contains(&factor) => Ok(Self::Times(factor)),
                _ => Err("neither on, nor off, nor a factor from 0.01 to 1000".into()),
            },
        }
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("neither text nor json".into()),
        }
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn in_range(text: &str, least: u32, most: u32) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("not a whole number from {least} to {most}")),
    }
}

fn web_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        Ok(_) => Err("not an http or https address".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn origin(text: &str) -> Result<String, String> {
    let url = web_url(text)?;
    let origin = url.origin().ascii_serialization();
    match url.path() == "/" && url.query().is_none() {
        true => Ok(origin),
        false => Err(format!("{text} is more than an origin")),
    }
}

fn same_site(text: &str) -> Result<SameSite, String> {
    match text.to_ascii_lowercase().as_str() {
        "lax" => Ok(SameSite::Lax),
        "strict" => Ok(SameSite::Strict),
        "none" => Ok(SameSite::None),
        _ => Err("neither lax, nor strict, nor none".into()),
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("{text} is neither an address nor a network"))
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
