//! Events of the box office: they have no creator here, and begin as drafts. What changes them is
//! called by the box office, in the transaction that changes their seats.

use diesel::prelude::*;

use super::EventId;
use super::details::{DESCRIPTION_CHARS, Details, LOCATION_CHARS, TITLE_CHARS};
use super::when::When;
use super::write::{Keys, insert_row, is_over};
use crate::bus::{self, Audience, Change};
use crate::community::search;
use crate::db::Conn;
use crate::db::schema::events;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::http::fields::Check;
use crate::identity::people::UserId;

/// An event, as the box office announces it.
#[derive(Debug, Clone)]
pub struct Announcement {
    title: String,
    description: String,
    location: String,
    when: When,
    type_key: String,
    city_key: String,
}

impl Announcement {
    /// Holds a name and a description against the rules of events.
    pub fn check(check: &mut Check, name: &str, description: &str) -> (String, String) {
        (
            check.line("name", name, 1..=TITLE_CHARS),
            check.text("description", description, 0..=DESCRIPTION_CHARS),
        )
    }

    /// An event of that name, which obeys the rules, at that time.
    pub fn new(name: String, description: String, when: When) -> Self {
        Self {
            title: name,
            description,
            location: String::new(),
            when,
            type_key: String::new(),
            city_key: String::new(),
        }
    }

    /// Where it is: what people read, and the folded city that lists are narrowed down by.
    #[must_use]
    pub fn at(mut self, location: &str, city_key: &str) -> Self {
        self.location = location.chars().take(LOCATION_CHARS).collect();
        self.city_key = city_key.to_owned();
        self
    }

    /// Of which kind it is, folded.
    #[must_use]
    pub fn of_type(mut self, type_key: String) -> Self {
        self.type_key = type_key;
        self
    }

    fn split(&self) -> (Details, Keys) {
        let details = Details {
            title: self.title.clone(),
            description: self.description.clone(),
            location: self.location.clone(),
            when: self.when.clone(),
            thumbnail: None,
            group_id: None,
        };
        let keys = Keys {
            type_key: Some(self.type_key.clone()),
            city_key: Some(self.city_key.clone()),
        };
        (details, keys)
    }
}

/// Makes a draft.
pub fn draft(
    conn: &mut Conn,
    admin: UserId,
    announcement: &Announcement,
    now: Timestamp,
) -> Result<EventId> {
    let (details, keys) = announcement.split();
    let id = insert_row(conn, None, &details, &keys, now)?;
    let change = Change::by(admin, "event.created").of("event_id", id);
    bus::record(conn, now, change.heard_by(Audience::Admins))?;
    Ok(id)
}

/// How an event is seen when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is a draft, and stays one.
    Draft,
    /// It was a draft, and is published with this change.
    Publishing,
    /// It was published before.
    Published,
}

/// Changes an event, of which these fields are others than before; false if it was deleted.
pub fn alter(
    conn: &mut Conn,
    (id, admin): (EventId, UserId),
    announcement: &Announcement,
    stage: Stage,
    fields: Vec<&'static str>,
    now: Timestamp,
) -> Result<bool> {
    let (details, keys) = announcement.split();
    let there = events::table.find(id).filter(events::deleted_at.is_null());
    let altered = diesel::update(there)
        .set((
            &details,
            &keys,
            events::visible.eq(stage != Stage::Draft),
            events::is_over.eq(is_over(&details.when, now)),
            events::revision.eq(events::revision + 1),
            events::updated_at.eq(now),
        ))
        .execute(conn)?;
    if altered == 0 {
        return Ok(false);
    }
    details.index(conn, id)?;
    let change = match stage {
        Stage::Publishing => Change::by(admin, "event.published"),
        Stage::Published => Change::by(admin, "event.updated").fields(fields),
        Stage::Draft => Change::by(admin, "event.updated")
            .fields(fields)
            .heard_by(Audience::Admins),
    };
    bus::record(conn, now, change.of("event_id", id))?;
    Ok(true)
}

/// Cancels an event, if it is not deleted: for the community it is a tombstone. Its texts stay, since no person wrote
/// them, and whoever has a ticket reads what was cancelled.
pub fn call_off(conn: &mut Conn, id: EventId, admin: UserId, now: Timestamp) -> Result<bool> {
    let there = events::table.find(id).filter(events::deleted_at.is_null());
    let called_off = diesel::update(there)
        .set((
            events::deleted_at.eq(Some(now)),
            events::updated_at.eq(now),
            events::revision.eq(events::revision + 1),
        ))
        .returning((events::title, events::visible))
        .get_result::<(String, bool)>(conn)
        .optional()?;
    let Some((title, visible)) = called_off else {
        return Ok(false);
    };
    search::index_event(conn, id, &[&title])?;
    let audience = match visible {
        true => Audience::Everyone,
        false => Audience::Admins,
    };
    let change = Change::by(admin, "event.cancelled").of("event_id", id);
    bus::record(conn, now, change.heard_by(audience))?;
    Ok(true)
}

/// Moves an event to where its venue is now.
pub fn relocate(
    conn: &mut Conn,
    id: EventId,
    location: &str,
    city_key: &str,
    now: Timestamp,
) -> Result<()> {
    let location: String = location.chars().take(LOCATION_CHARS).collect();
    let (title, description, visible) = diesel::update(events::table.find(id))
        .set((
            events::location.eq(&location),
            events::city_key.eq(Some(city_key)),
            events::updated_at.eq(now),
            events::revision.eq(events::revision + 1),
        ))
        .returning((events::title, events::description, events::visible))
        .get_result::<(String, String, bool)>(conn)?;
    search::index_event(conn, id, &[&title, &description, &location])?;
    let audience = match visible {
        true => Audience::Everyone,
        false => Audience::Admins,
    };
    let change = Change::by_admin(None, "event.updated")
        .of("event_id", id)
        .fields(vec!["location"])
        .heard_by(audience);
    bus::record(conn, now, change)
}
