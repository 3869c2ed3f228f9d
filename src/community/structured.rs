//! An event as search engines read it: schema.org `Event` in JSON-LD.
//!
//! Route: GET `/api/events/{id}.jsonld`, served by [`super::events`].

use rocket::http::ContentType;
use serde::Serialize;
use serde_json::{Value, json};

use super::events::{self, EventId, EventRow};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::http::fresh::FreshText;
use crate::identity::guard::Reader;
use crate::identity::people;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(of_event_for_docs), components(schemas(Structured)))]
pub struct Api;

/// An event in the terms of schema.org.
#[derive(Serialize, utoipa::ToSchema)]
struct Structured {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "@id")]
    id: String,
    url: String,
    name: String,
    description: String,
    /// RFC 3339, with the offset of the event's zone.
    #[serde(rename = "startDate")]
    start_date: String,
    #[serde(rename = "endDate")]
    end_date: String,
    #[serde(rename = "eventStatus")]
    event_status: &'static str,
    /// A `Place` with a `name`.
    location: Value,
    /// A `Person` with a `name`; absent for an event of the box office's admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    organizer: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
}

/// An event in JSON-LD, for search engines.
#[utoipa::path(get, path = "/api/events/{event_id}.jsonld", tag = "Calendars",
    params(("event_id" = EventId, Path)),
    responses(
        (status = 200, description = "A schema.org `Event`", body = Structured, content_type = "application/ld+json"),
        (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
        (status = 404, description = "`Event not found`"),
    ))]
#[expect(dead_code, reason = "documents what of_event serves")]
fn of_event_for_docs() {}

/// An event in JSON-LD.
pub async fn of_event(id: EventId, reader: Reader, db: &Db, config: &Config) -> Result<FreshText> {
    let (event, organizer) = db
        .read(move |conn| {
            let event = events::view(conn, id, reader.0)?.row;
            let organizer = match event.creator_id {
                Some(creator) => people::find_public(conn, creator)?,
                None => None,
            };
            Ok((event, organizer.map(|person| person.name)))
        })
        .await?;
    let structured = structured(event, organizer, &config.public_origin());
    Ok(FreshText {
        content_type: ContentType::new("application", "ld+json"),
        text: serde_json::to_string(&structured).map_err(Error::internal)?,
    })
}

fn structured(event: EventRow, organizer: Option<String>, origin: &str) -> Structured {
    let url = events::url(origin, event.id);
    Structured {
        context: "https://schema.org",
        kind: "Event",
        id: url.clone(),
        url,
        start_date: event.when.start_rfc3339(),
        end_date: event.when.end_rfc3339(),
        name: event.title,
        description: event.description,
        event_status: "https://schema.org/EventScheduled",
        location: json!({ "@type": "Place", "name": event.location }),
        organizer: organizer.map(|name| json!({ "@type": "Person", "name": name })),
        image: event.thumbnail,
    }
}
