//! The box office's calls under `/api/v1`, from its contract. Every test runs on both databases
//! and says which changes were recorded.

mod admins;
mod analytics;
mod bookings;
mod catalogue;
mod events;
mod faces;
mod health;
mod internal;
mod personal;
mod removed;
mod tickets;
mod venues;
mod waitlist;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::support::*;

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// Path segments that are no ids at all.
const MALFORMED: [&str; 7] = [
    "nonsense",
    "1",
    "null",
    "01890000-0000-7000-8000-00000000000",
    "01890000-0000-7000-8000-00000000000g",
    "%00",
    "%27%20or%20%271%27=%271",
];

#[track_caller]
fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
}

/// A moment as this system tells it: RFC 3339, in UTC.
#[track_caller]
fn moment(value: &Value) -> DateTime<Utc> {
    let moment = DateTime::parse_from_rfc3339(text(value));
    let moment = moment.unwrap_or_else(|error| panic!("{value}: {error}"));
    assert_eq!(moment.offset().local_minus_utc(), 0, "{value} is UTC");
    moment.to_utc()
}

/// Percent-encodes a value for a query.
fn encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Asserts a 400 that says something about exactly this field.
#[track_caller]
fn invalid(reply: &Reply, field: &str) {
    let details = reply.refused_as(400, "VALIDATION_FAILED");
    assert_eq!(keys(&details), [field], "{}", reply.text());
    assert!(!text(&details[field]).is_empty(), "{}", reply.text());
}

/// Every column of every table, as the table's name and its own.
fn columns(app: &App) -> Vec<(String, String)> {
    let query = match app.database() {
        Database::Sqlite => {
            "select group_concat(t.name || '.' || c.name) from pragma_table_list t, \
             pragma_table_info(t.name) c where t.schema = 'main' and t.type = 'table'"
        }
        Database::Postgres => {
            "select string_agg(table_name::text || '.' || column_name::text, ',') \
             from information_schema.columns where table_schema = 'public'"
        }
    };
    let all = app.text(query).expect("there are tables");
    let pairs = all.split(',').filter_map(|column| column.split_once('.'));
    pairs
        .map(|(table, column)| (table.to_owned(), column.to_owned()))
        .collect()
}

/// The columns in which a text stands somewhere, as `table.column`.
pub(crate) fn columns_that_hold(app: &App, words: &str) -> Vec<String> {
    let words = words.replace('\'', "''");
    let holds = |(table, column): &(String, String)| {
        let rows = format!(
            "select count(*) from \"{table}\" where cast(\"{column}\" as text) like '%{words}%'"
        );
        app.count(&rows) > 0
    };
    let found = columns(app).into_iter().filter(holds);
    found
        .map(|(table, column)| format!("{table}.{column}"))
        .collect()
}
