//! Writes events as iCalendar text (RFC 5545).

use chrono::DurationRound as _;
use chrono_tz::Tz;
use icalendar::{Component, Event, Property};

use super::zones::Zones;
use crate::community::events::{self, EventRow, When};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

/// Characters of a description in a calendar of many events, which may be a thousand.
const BRIEF_CHARS: usize = 1_000;
/// What a cancelled event is called whose title was erased.
const NAMELESS: &str = "Cancelled event";

/// A calendar of these events, with what their time zones did at those times; brief if there
/// may be many.
pub fn write(name: &str, rows: &[EventRow], public_origin: &str, brief: bool) -> Result<String> {
    let mut zones = Zones::default();
    let mut written = String::new();
    for row in rows {
        component(row, public_origin, brief, &mut zones)
            .fmt_write(&mut written)
            .map_err(Error::internal)?;
    }
    let mut text = String::with_capacity(written.len() + 2_048);
    let mut head = icalendar::Calendar::empty();
    head.append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//Folkmoot//Events//EN"))
        .append_property(("CALSCALE", "GREGORIAN"))
        // Without the type the crate would not escape it.
        .append_property(
            Property::new("NAME", one_line(name))
                .add_parameter("VALUE", "TEXT")
                .done(),
        )
        .append_property(("X-WR-CALNAME", one_line(name).as_str()))
        .append_property(
            Property::new("REFRESH-INTERVAL", "PT1H")
                .add_parameter("VALUE", "DURATION")
                .done(),
        );
    // The crate has no VTIMEZONE, so what it writes is opened for ours.
    let head = head.to_string();
    let head = head
        .strip_suffix("END:VCALENDAR\r\n")
        .ok_or_else(|| Error::internal("a calendar without an end"))?;
    text.push_str(head);
    zones.write(&mut text);
    text.push_str(&written);
    text.push_str("END:VCALENDAR\r\n");
    Ok(folded(&text))
}

/// Folds what the crate leaves one octet too long (section 3.1: 75 octets, with the space
/// that a folded line begins with).
fn folded(text: &str) -> String {
    const OCTETS: usize = 75;
    let mut folded = String::with_capacity(text.len() + text.len() / 64);
    for mut line in text.split_inclusive("\r\n") {
        while line.trim_end_matches("\r\n").len() > OCTETS {
            let (now, later) = line.split_at(line.floor_char_boundary(OCTETS));
            folded.push_str(now);
            folded.push_str("\r\n ");
            line = later;
        }
        folded.push_str(line);
    }
    folded
}

fn component(row: &EventRow, public_origin: &str, brief: bool, zones: &mut Zones) -> Event {
    let mut event = Event::new();
    let cancelled = row.deleted_at.is_some();
    let title = match row.title.as_str() {
        "" => NAMELESS,
        title => title,
    };
    event
        .append_property(("UID", row.id.to_string().as_str()))
        .append_property(("SEQUENCE", row.revision.to_string().as_str()))
        .append_property(("DTSTAMP", utc(row.updated_at).as_str()))
        .append_property(("LAST-MODIFIED", utc(row.updated_at).as_str()))
        .append_property(("CREATED", utc(row.created_at).as_str()))
        .append_property(("SUMMARY", one_line(title).as_str()))
        .append_property(("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" }))
        .append_property(Property::new("URL", events::url(public_origin, row.id)));
    let description = lines(&row.description);
    let description = match description.char_indices().nth(BRIEF_CHARS) {
        Some((end, _)) if brief => format!("{}…", description.get(..end).unwrap_or_default()),
        _ => description,
    };
    for (key, value) in [
        ("DESCRIPTION", description),
        ("LOCATION", lines(&row.location)),
    ] {
        if !value.is_empty() {
            event.append_property(Property::new(key, value));
        }
    }
    times(&mut event, &row.when, zones);
    event
}

/// The wall time with its zone, as the organiser said it; UTC as such.
fn times(event: &mut Event, when: &When, zones: &mut Zones) {
    let zone = when.timezone.parse::<Tz>().ok();
    let wall = |date: &str, time: &str| {
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        format!("{}T{}", digits(date), digits(time))
    };
    let mut ends = vec![(
        "DTSTART",
        wall(&when.start_date, &when.start_time),
        when.starts_at,
    )];
    // An end must be later than its start (section 3.8.2.2).
    if when.ends_at > when.starts_at {
        ends.push(("DTEND", wall(&when.end_date, &when.end_time), when.ends_at));
    }
    for (key, wall, at) in ends {
        event.append_property(match zone {
            Some(zone) if !is_utc(zone) => {
                zones.need(zone, at.0);
                Property::new(key, wall)
                    .add_parameter("TZID", zone.name())
                    .done()
            }
            _ => Property::new(key, utc(at)),
        });
    }
}

fn is_utc(zone: Tz) -> bool {
    [
        Tz::UTC,
        Tz::Etc__UTC,
        Tz::Zulu,
        Tz::Etc__Zulu,
        Tz::Universal,
        Tz::Etc__Universal,
    ]
    .contains(&zone)
}

fn utc(at: Timestamp) -> String {
    let at =
        at.0.duration_trunc(chrono::TimeDelta::seconds(1))
            .unwrap_or(at.0);
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text whose line breaks are line feeds, which the crate escapes.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
