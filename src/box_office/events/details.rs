//! What an admin says of an event, and the rules it obeys.

use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::box_office::catalogue::EventRow;
use crate::box_office::money::{self, Minor, Written};
use crate::box_office::seats::{Seats, Terms};
use crate::box_office::venues::{self, VenueId, VenueView, fold};
use crate::community::events::announced::Announcement;
use crate::community::events::{When, YEARS};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::http::body::present;
use crate::http::fields::Check;

const TYPE_CHARS: usize = 100;
const CAPACITY: std::ops::RangeInclusive<i64> = 1..=1_000_000;
const PER_BOOKING: std::ops::RangeInclusive<i64> = 1..=1_000;
const DEFAULT_PER_BOOKING: i64 = 10;

/// A new event.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewSeatedEvent {
    /// 1 to 120 characters, one line.
    name: String,
    /// At most 10 000 characters.
    description: String,
    venue_id: String,
    /// 1 to 100 characters, one line.
    #[schema(example = "concert")]
    event_type: String,
    /// RFC 3339, with a zone.
    #[schema(example = "2026-12-05T19:00:00+01:00")]
    start_datetime: String,
    #[schema(example = "2026-12-05T22:30:00+01:00")]
    end_datetime: String,
    /// 1 to what the venue takes.
    total_capacity: i64,
    /// 0 to 1 000 000, with at most two decimals.
    #[schema(value_type = f64, example = 25.5)]
    base_price: Written,
    /// 1 to 1000; default 10.
    max_tickets_per_booking: Option<i64>,
    /// ISO 4217; default `USD`.
    currency: Option<String>,
    /// IANA time zone; default `UTC`.
    timezone: Option<String>,
}

/// What of an event changes; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct SeatedEventChanges {
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    venue_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "present")]
    start_datetime: Option<String>,
    #[serde(default, deserialize_with = "present")]
    end_datetime: Option<String>,
    #[serde(default, deserialize_with = "present")]
    total_capacity: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    base_price: Option<Written>,
    #[serde(default, deserialize_with = "present")]
    max_tickets_per_booking: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "present")]
    timezone: Option<String>,
    /// `published`, or `cancelled`.
    #[serde(default, deserialize_with = "present")]
    pub(super) status: Option<String>,
    /// The version that the caller saw.
    pub(super) version: i64,
}

impl NewSeatedEvent {
    /// What an admin would say to have the event as it is.
    pub(super) fn as_is(row: &EventRow, seats: &Seats) -> Self {
        Self {
            name: row.name.clone(),
            description: row.description.clone(),
            venue_id: seats.venue_id.to_string(),
            event_type: seats.event_type.clone(),
            start_datetime: row.when.start_rfc3339(),
            end_datetime: row.when.end_rfc3339(),
            total_capacity: seats.capacity,
            base_price: seats.price().into(),
            max_tickets_per_booking: Some(seats.max_per_booking),
            currency: Some(seats.currency.clone()),
            timezone: Some(row.when.timezone.clone()),
        }
    }
}

impl SeatedEventChanges {
    /// Holds what changes against the rules, as far as they do not depend on the event.
    pub(super) fn check(&self, now: Timestamp) -> Result<()> {
        let soon = now.0 + chrono::TimeDelta::seconds(2);
        let any = NewSeatedEvent {
            name: "-".to_owned(),
            description: String::new(),
            venue_id: VenueId::nobody().to_string(),
            event_type: "-".to_owned(),
            start_datetime: soon.to_rfc3339(),
            end_datetime: format!("{}-12-31T00:00:00Z", YEARS.end()),
            total_capacity: 1,
            base_price: Minor(0).into(),
            max_tickets_per_booking: None,
            currency: None,
            timezone: None,
        };
        Details::read(&self.onto(any), now).map(drop)
    }

    /// The event as the changes would have it.
    pub(super) fn onto(&self, event: NewSeatedEvent) -> NewSeatedEvent {
        let or = |new: &Option<String>, old| new.clone().unwrap_or(old);
        let price = &self.base_price;
        NewSeatedEvent {
            name: or(&self.name, event.name),
            description: or(&self.description, event.description),
            venue_id: or(&self.venue_id, event.venue_id),
            event_type: or(&self.event_type, event.event_type),
            start_datetime: or(&self.start_datetime, event.start_datetime),
            end_datetime: or(&self.end_datetime, event.end_datetime),
            total_capacity: self.total_capacity.unwrap_or(event.total_capacity),
            base_price: price.clone().unwrap_or(event.base_price),
            max_tickets_per_booking: self
                .max_tickets_per_booking
                .or(event.max_tickets_per_booking),
            currency: self.currency.clone().or(event.currency),
            timezone: self.timezone.clone().or(event.timezone),
        }
    }
}

/// What an admin says of an event, by the rules.
#[derive(Debug, Clone)]
pub(super) struct Details {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) when: When,
    pub(super) terms: Terms,
}

impl Details {
    pub(super) fn read(new: &NewSeatedEvent, now: Timestamp) -> Result<Self> {
        let mut check = Check::default();
        let (name, description) = Announcement::check(&mut check, &new.name, &new.description);
        let event_type = check.name("event_type", &new.event_type, 1..=TYPE_CHARS);
        let zone = zone(&mut check, new.timezone.as_deref().unwrap_or("UTC"));
        let start = instant(&mut check, "start_datetime", &new.start_datetime);
        let end = instant(&mut check, "end_datetime", &new.end_datetime);
        if start.is_some_and(|start| start <= now.0) {
            check.problem("start_datetime", "must lie ahead");
        }
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            check.problem("end_datetime", "must be after the start");
        }
        if !CAPACITY.contains(&new.total_capacity) {
            check.problem("total_capacity", "must be a whole number from 1 to 1000000");
        }
        let most = new.max_tickets_per_booking.unwrap_or(DEFAULT_PER_BOOKING);
        if !PER_BOOKING.contains(&most) {
            check.problem(
                "max_tickets_per_booking",
                "must be a whole number from 1 to 1000",
            );
        }
        let base_price = new.base_price.read(&mut check, "base_price");
        let code = new.currency.as_deref().unwrap_or("USD");
        let currency = money::currency(&mut check, "currency", code);
        check.done()?;
        let venue_id = venues::read_id(&new.venue_id)?;
        let (Some(zone), Some(start), Some(end)) = (zone, start, end) else {
            return Err(Error::internal("no times and no problem"));
        };
        Ok(Self {
            name,
            description,
            when: When::between(start, end, zone),
            terms: Terms {
                venue_id,
                event_type,
                capacity: new.total_capacity,
                base_price: base_price.0,
                currency,
                max_per_booking: most,
            },
        })
    }

    /// Holds the event against the venue.
    pub(super) fn fits(&self, venue: &VenueView) -> Result<()> {
        match self.terms.capacity <= venue.capacity {
            true => Ok(()),
            false => Err(Error::invalid(
                "total_capacity",
                format!("must be at most {}, which the venue takes", venue.capacity),
            )),
        }
    }

    /// The event as everybody hears of it.
    pub(super) fn announcement(&self, venue: &VenueView) -> Announcement {
        let (name, description) = (self.name.clone(), self.description.clone());
        Announcement::new(name, description, self.when.clone())
            .at(&venue.location(), &fold(&venue.city))
            .of_type(fold(&self.terms.event_type))
    }

    /// Names of the fields in which an event differs.
    pub(super) fn changed(&self, row: &EventRow, seats: &Seats) -> Vec<&'static str> {
        let (a, b) = (&self.when, &row.when);
        let terms = &self.terms;
        [
            ("name", self.name != row.name),
            ("description", self.description != row.description),
            ("venue_id", terms.venue_id != seats.venue_id),
            ("event_type", terms.event_type != seats.event_type),
            ("start_datetime", a.starts_at != b.starts_at),
            ("end_datetime", a.ends_at != b.ends_at),
            ("timezone", a.timezone != b.timezone),
            ("total_capacity", terms.capacity != seats.capacity),
            ("base_price", terms.base_price != seats.price().0),
            ("currency", terms.currency != seats.currency),
            (
                "max_tickets_per_booking",
                terms.max_per_booking != seats.max_per_booking,
            ),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

fn zone(check: &mut Check, name: &str) -> Option<Tz> {
    let zone = name.trim().parse::<Tz>().ok();
    if zone.is_none() {
        check.problem("timezone", "must be an IANA time zone, such as Europe/Oslo");
    }
    zone
}

/// An instant (RFC 3339); fractions of a second are cut off.
fn instant(check: &mut Check, field: &'static str, text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text.trim()).ok();
    let at = at
        .map(|at| at.to_utc().trunc_subsecs(0))
        .filter(|at| YEARS.contains(&at.year()));
    if at.is_none() {
        check.problem(
            field,
            "must be a time with its zone (RFC 3339), such as 2026-12-05T19:00:00+01:00",
        );
    }
    at
}
