//! How settings are read: from text, with one line for what is wrong.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use rocket::figment::value::Value;
use rocket::figment::{Figment, Profile};
use rocket::http::SameSite;
use url::Url;

/// The settings, by their names.
pub(super) struct Settings<'a>(pub(super) &'a Figment);

impl Settings<'_> {
    /// A setting as text, wherever it was set.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
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

    pub(super) fn read<T>(
        &self,
        name: &str,
        default: &str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let text = self.text(name)?.unwrap_or_else(|| default.to_owned());
        parse(text.trim()).map_err(|problem| format!("{name}: {problem}; for example {example}"))
    }

    pub(super) fn parse<T: FromStr<Err: fmt::Display>>(
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
pub(super) fn rocket_settings(figment: &Figment) -> Result<(), String> {
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

/// The items of a comma-separated list.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// A whole number within bounds.
pub(super) fn in_range(text: &str, least: u32, most: u32) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("not a whole number from {least} to {most}")),
    }
}

/// An http or https address.
pub(super) fn web_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        Ok(_) => Err("not an http or https address".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// An origin (RFC 6454), in its one form.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let url = web_url(text)?;
    let origin = url.origin().ascii_serialization();
    match url.path() == "/" && url.query().is_none() {
        true => Ok(origin),
        false => Err(format!("{text} is more than an origin")),
    }
}

/// The `SameSite` attribute of a cookie.
pub(super) fn same_site(text: &str) -> Result<SameSite, String> {
    match text.to_ascii_lowercase().as_str() {
        "lax" => Ok(SameSite::Lax),
        "strict" => Ok(SameSite::Strict),
        "none" => Ok(SameSite::None),
        _ => Err("neither lax, nor strict, nor none".into()),
    }
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("{text} is neither an address nor a network"))
}
