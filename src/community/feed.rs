//! The newest events as an Atom feed (RFC 4287).
//!
//! Route: GET `/api/events.atom`.

use std::collections::HashMap;

use atom_syndication::{Content, Entry, Feed, Link, Person, Text};
use chrono::{DateTime, FixedOffset};
use rocket::fairing::AdHoc;
use rocket::http::ContentType;
use rocket::{State, get, routes};

use super::events::selection::{self, Filter};
use super::events::{self, EventRow};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::http::fresh::FreshText;
use crate::http::page::Query;
use crate::identity::guard::Reader;
use crate::identity::people::{self, PublicPerson, UserId};

/// Where the feed is.
const PATH: &str = "/api/events.atom";

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(newest))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("feed", |rocket| async {
        rocket.mount("/", routes![newest])
    })
}

/// The newest events as an Atom feed; filters as for the list of events.
#[utoipa::path(tag = "Calendars",
    params(
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "Default 50"),
        ("from" = Option<String>, Query, description = "`YYYY-MM-DD`: not over before this day"),
        ("to" = Option<String>, Query, description = "`YYYY-MM-DD`: begun by the end of this day"),
        ("creator" = Option<UserId>, Query, description = "Made by this person"),
        ("group" = Option<super::groups::GroupId>, Query, description = "Of this group"),
        ("q" = Option<String>, Query, description = "Words; at most 200 characters"),
    ),
    responses(
        (status = 200, description = "A feed", body = String, content_type = "application/atom+xml"),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 400, description = "A parameter of the wrong form"),
    ))]
#[get("/api/events.atom")]
async fn newest(
    query: Query<'_>,
    reader: Reader,
    db: &State<Db>,
    config: &State<Config>,
    clock: &State<Clock>,
) -> Result<FreshText> {
    let filter = Filter::read(&query, clock)?;
    let rows = selection::newest(db, filter, reader.0, query.limit()?).await?;
    let mut creators = rows
        .iter()
        .filter_map(|row| row.creator_id)
        .collect::<Vec<_>>();
    creators.sort_unstable_by_key(|id| id.uuid());
    creators.dedup();
    let creators = db
        .read(move |conn| people::public_of(conn, &creators))
        .await?;
    let address = format!("{}{PATH}{}", config.public_origin(), named(&query));
    let text = write(&rows, creators, &config.public_origin(), address);
    Ok(FreshText {
        content_type: ContentType::new("application", "atom+xml").with_params(("charset", "utf-8")),
        text,
    })
}

/// The filters of a feed, in one order: a feed of some events is not that of all.
fn named(query: &Query<'_>) -> String {
    let mut named = url::form_urlencoded::Serializer::new(String::new());
    for name in ["from", "to", "creator", "group", "q"] {
        if let Some(value) = query.get(name) {
            named.append_pair(name, value);
        }
    }
    let named = named.finish();
    match named.is_empty() {
        true => named,
        false => format!("?{named}"),
    }
}

fn write(rows: &[EventRow], creators: Vec<PublicPerson>, origin: &str, address: String) -> String {
    let creators: HashMap<_, _> = creators
        .into_iter()
        .map(|person| (person.id.uuid(), person.name))
        .collect();
    let host = origin.split("://").last().unwrap_or_default();
    // A feed without events changed last at the beginning of time.
    let updated = rows.iter().map(|row| row.updated_at).max();
    let entries = rows.iter().map(|row| {
        let creator = row.creator_id.and_then(|id| creators.get(&id.uuid()));
        entry(row, creator.map_or(host, String::as_str), origin)
    });
    let feed = Feed {
        title: Text::plain(xml(&format!("Events of {host}"))),
        id: address.clone(),
        updated: instant(updated.unwrap_or(DateTime::UNIX_EPOCH.into())),
        links: vec![link("self", address)],
        entries: entries.collect(),
        ..Feed::default()
    };
    feed.to_string()
}

fn entry(row: &EventRow, author: &str, origin: &str) -> Entry {
    let when = format!(
        "{} {} – {} {} ({}), {}",
        row.when.start_date,
        row.when.start_time,
        row.when.end_date,
        row.when.end_time,
        row.when.timezone,
        row.location
    );
    Entry {
        title: Text::plain(xml(&row.title)),
        id: format!("urn:uuid:{}", row.id),
        updated: instant(row.updated_at),
        published: Some(instant(row.created_at)),
        authors: vec![Person {
            name: xml(author),
            ..Person::default()
        }],
        links: vec![link("alternate", events::url(origin, row.id))],
        summary: Some(Text::plain(xml(&when))),
        content: Some(Content {
            value: Some(xml(&row.description)),
            content_type: Some("text".into()),
            ..Content::default()
        }),
        ..Entry::default()
    }
}

fn link(rel: &str, href: String) -> Link {
    Link {
        rel: rel.into(),
        href,
        ..Link::default()
    }
}

fn instant(at: Timestamp) -> DateTime<FixedOffset> {
    at.0.fixed_offset()
}

/// Without what XML 1.0 has no way to say (section 2.2).
fn xml(text: &str) -> String {
    let there = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    text.chars().filter(there).collect()
}
