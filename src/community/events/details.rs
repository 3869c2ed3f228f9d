//! What an organiser says of an event, and the rules it obeys.

use diesel::prelude::*;
use serde::Deserialize;

use super::when::{self, When};
use super::{EventId, EventRow};
use crate::community::groups::{self, GroupId};
use crate::community::search;
use crate::db::Conn;
use crate::db::schema::events;
use crate::error::{Error, Result};
use crate::http::body::present;
use crate::http::fields::Check;

pub(super) const TITLE_CHARS: usize = 120;
pub(super) const DESCRIPTION_CHARS: usize = 10_000;
pub(super) const LOCATION_CHARS: usize = 1_024;

/// A new event.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NewEvent {
    /// 1 to 120 characters, one line.
    pub(super) title: String,
    /// At most 10 000 characters.
    pub(super) description: String,
    /// 1 to 1024 characters, one line.
    pub(super) location: String,
    /// `YYYY-MM-DD`.
    #[schema(example = "2026-12-05")]
    pub(super) start_date: String,
    /// `HH:MM:SS` or `HH:MM`.
    #[schema(example = "19:00")]
    pub(super) start_time: String,
    #[schema(example = "2026-12-05")]
    pub(super) end_date: String,
    #[schema(example = "22:30")]
    pub(super) end_time: String,
    /// An http or https address.
    pub(super) thumbnail: Option<String>,
    /// IANA time zone; default `UTC`.
    #[schema(example = "Europe/Oslo")]
    pub(super) timezone: Option<String>,
    /// The group it belongs to; the creator must be a member.
    pub(super) group_id: Option<String>,
}

/// What of an event changes; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct EventPatch {
    #[serde(default, deserialize_with = "present")]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) location: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) start_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) start_time: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) end_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) end_time: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub(super) thumbnail: Option<Option<String>>,
    /// Keeps the wall time.
    #[serde(default, deserialize_with = "present")]
    pub(super) timezone: Option<String>,
    /// Null takes it out of its group.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub(super) group_id: Option<Option<String>>,
}

/// What an organiser says of an event, by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = events, treat_none_as_null = true)]
pub(super) struct Details {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) location: String,
    #[diesel(embed)]
    pub(super) when: When,
    pub(super) thumbnail: Option<String>,
    pub(super) group_id: Option<GroupId>,
}

impl Details {
    pub(super) fn read(new: &NewEvent) -> Result<Self> {
        let mut check = Check::default();
        let title = check.line("title", &new.title, 1..=TITLE_CHARS);
        let description = check.text("description", &new.description, 0..=DESCRIPTION_CHARS);
        let location = check.line("location", &new.location, 1..=LOCATION_CHARS);
        let thumbnail = new
            .thumbnail
            .as_ref()
            .map(|url| check.url("thumbnail", url));
        let said = when::Said {
            start_date: &new.start_date,
            start_time: &new.start_time,
            end_date: &new.end_date,
            end_time: &new.end_time,
            timezone: new.timezone.as_deref().unwrap_or("UTC"),
        };
        let when = When::read(&mut check, &said);
        check.done()?;
        let group_id = new.group_id.as_deref().map(groups::id_of).transpose()?;
        let when = when.ok_or_else(|| Error::internal("no times and no problem"))?;
        Ok(Self {
            title,
            description,
            location,
            when,
            thumbnail,
            group_id,
        })
    }

    /// Names of the fields in which two differ.
    pub(super) fn changed(&self, other: &Self) -> Vec<&'static str> {
        let (a, b) = (&self.when, &other.when);
        let fields = [
            ("title", self.title != other.title),
            ("description", self.description != other.description),
            ("location", self.location != other.location),
            ("start_date", a.start_date != b.start_date),
            ("start_time", a.start_time != b.start_time),
            ("end_date", a.end_date != b.end_date),
            ("end_time", a.end_time != b.end_time),
            ("timezone", a.timezone != b.timezone),
            ("thumbnail", self.thumbnail != other.thumbnail),
            ("group_id", self.group_id != other.group_id),
        ];
        fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }

    pub(super) fn index(&self, conn: &mut Conn, id: EventId) -> Result<()> {
        search::index_event(conn, id, &[&self.title, &self.description, &self.location])
    }
}

impl EventPatch {
    /// The event as the patch would have it.
    pub(super) fn onto(&self, row: &EventRow) -> NewEvent {
        let or = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
        NewEvent {
            title: or(&self.title, &row.title),
            description: or(&self.description, &row.description),
            location: or(&self.location, &row.location),
            start_date: or(&self.start_date, &row.when.start_date),
            start_time: or(&self.start_time, &row.when.start_time),
            end_date: or(&self.end_date, &row.when.end_date),
            end_time: or(&self.end_time, &row.when.end_time),
            thumbnail: self
                .thumbnail
                .clone()
                .unwrap_or_else(|| row.thumbnail.clone()),
            timezone: Some(or(&self.timezone, &row.when.timezone)),
            group_id: self
                .group_id
                .clone()
                .unwrap_or_else(|| row.group_id.map(|id| id.to_string())),
        }
    }
}
