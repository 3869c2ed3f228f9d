//! The kinds of values that settings have.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

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

/// Who may register as an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRegistration {
    /// Nobody, but by a super admin or the shell.
    Closed,
    /// The first, who becomes super admin; later ones as if closed.
    Bootstrap,
    /// Anyone, as event manager.
    Open,
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

impl FromStr for AdminRegistration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "closed" => Ok(Self::Closed),
            "bootstrap" => Ok(Self::Bootstrap),
            "open" => Ok(Self::Open),
            _ => Err("neither closed, nor bootstrap, nor open".into()),
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
