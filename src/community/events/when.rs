//! When an event is: the wall time that its organiser said, the zone, and the instants
//! they mean.

use chrono::{
    DateTime, Datelike as _, LocalResult, NaiveDateTime, SubsecRound as _, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::db::MultiBackend;
use crate::db::schema::events;
use crate::db::types::{Timestamp, ascii, push_digits, wall_clock, wall_date};
use crate::http::fields::Check;

/// Years that an event may lie in: all four digits long, in every zone.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=9998;

/// An event's times, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = events, check_for_backend(MultiBackend))]
pub struct When {
    pub start_date: String,
    pub start_time: String,
    pub end_date: String,
    pub end_time: String,
    pub timezone: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// An event's times, as an organiser writes them.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    pub start_date: &'a str,
    pub start_time: &'a str,
    pub end_date: &'a str,
    pub end_time: &'a str,
    pub timezone: &'a str,
}

impl When {
    /// Reads the times; none if one of them is wrong, which the check then tells.
    ///
    /// A wall time that the clocks skip is wrong; one that they show twice is the earlier.
    pub fn read(check: &mut Check, said: &Said<'_>) -> Option<Self> {
        let zone = said.timezone.trim().parse::<Tz>().ok();
        if zone.is_none() {
            check.problem("timezone", "must be an IANA time zone, such as Europe/Oslo");
        }
        let start = read_wall(
            check,
            ["start_date", "start_time"],
            said.start_date,
            said.start_time,
        );
        let end = read_wall(
            check,
            ["end_date", "end_time"],
            said.end_date,
            said.end_time,
        );
        let zone = zone?;
        let starts_at = start.and_then(|wall| instant(check, "start_time", zone, wall));
        let ends_at = end.and_then(|wall| instant(check, "end_time", zone, wall));
        let (start, end, starts_at, ends_at) = (start?, end?, starts_at?, ends_at?);
        if ends_at < starts_at {
            let field = if end.date() < start.date() {
                "end_date"
            } else {
                "end_time"
            };
            check.problem(field, "must not be before the start");
            return None;
        }
        Some(Self {
            start_date: date(start),
            start_time: time(start),
            end_date: date(end),
            end_time: time(end),
            timezone: zone.name().to_owned(),
            starts_at: starts_at.into(),
            ends_at: ends_at.into(),
        })
    }
}

impl When {
    /// The times of an event that goes from one instant to another, in whole seconds.
    pub fn between(start: DateTime<Utc>, end: DateTime<Utc>, zone: Tz) -> Self {
        let (starts_at, ends_at) = (start.trunc_subsecs(0), end.trunc_subsecs(0));
        let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
        let (start, end) = (wall(starts_at), wall(ends_at));
        Self {
            start_date: date(start),
            start_time: time(start),
            end_date: date(end),
            end_time: time(end),
            timezone: zone.name().to_owned(),
            starts_at: starts_at.into(),
            ends_at: ends_at.into(),
        }
    }

    /// The start in the event's zone (RFC 3339).
    pub fn start_rfc3339(&self) -> String {
        rfc3339(&self.start_date, &self.start_time, self.starts_at)
    }

    /// The end in the event's zone (RFC 3339).
    pub fn end_rfc3339(&self) -> String {
        rfc3339(&self.end_date, &self.end_time, self.ends_at)
    }
}

fn date(wall: NaiveDateTime) -> String {
    wall.format("%Y-%m-%d").to_string()
}

fn time(wall: NaiveDateTime) -> String {
    wall.format("%H:%M:%S").to_string()
}

fn read_wall(
    check: &mut Check,
    [date_field, time_field]: [&'static str; 2],
    date: &str,
    time: &str,
) -> Option<NaiveDateTime> {
    let date = wall_date(date.trim()).filter(|date| YEARS.contains(&date.year()));
    if date.is_none() {
        check.problem(date_field, "must be a date, YYYY-MM-DD, from 1900 to 9998");
    }
    let time = wall_clock(time.trim());
    if time.is_none() {
        check.problem(time_field, "must be a time of day, HH:MM:SS or HH:MM");
    }
    Some(date?.and_time(time?))
}

fn instant(
    check: &mut Check,
    field: &'static str,
    zone: Tz,
    wall: NaiveDateTime,
) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => {
            check.problem(
                field,
                format!("does not exist on that day in {zone}: the clocks skip it"),
            );
            None
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("start_date", &self.start_date)?;
        map.serialize_entry("start_time", &self.start_time)?;
        map.serialize_entry("end_date", &self.end_date)?;
        map.serialize_entry("end_time", &self.end_time)?;
        map.serialize_entry("timezone", &self.timezone)?;
        map.serialize_entry("starts_at", &self.start_rfc3339())?;
        map.serialize_entry("ends_at", &self.end_rfc3339())?;
        map.end()
    }
}

/// The instant in the event's zone (RFC 3339), with the offset between wall time and UTC.
fn rfc3339(date: &str, time: &str, at: Timestamp) -> String {
    let mut text = Vec::with_capacity(25);
    text.extend_from_slice(date.as_bytes());
    text.push(b'T');
    text.extend_from_slice(time.as_bytes());
    let wall = wall_date(date)
        .zip(wall_clock(time))
        .map(|(date, time)| date.and_time(time));
    let offset = wall.map(|wall| (wall - at.0.naive_utc()).num_seconds());
    match offset.map(|offset| (offset, u32::try_from(offset.abs() / 60))) {
        Some((offset, Ok(minutes))) if offset % 60 == 0 && minutes < 24 * 60 => {
            text.push(if offset < 0 { b'-' } else { b'+' });
            push_digits(&mut text, minutes / 60, 2);
            text.push(b':');
            push_digits(&mut text, minutes % 60, 2);
            ascii(text)
        }
        // Local mean times have offsets with seconds, which RFC 3339 cannot say.
        _ => at.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
    }
}

/// The schema of the times, as they stand in an event.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what When writes")]
pub struct WhenSchema {
    /// Wall time in `timezone`, `YYYY-MM-DD`.
    #[schema(example = "2026-12-05")]
    start_date: String,
    /// Wall time in `timezone`, `HH:MM:SS`.
    #[schema(example = "19:00:00")]
    start_time: String,
    #[schema(example = "2026-12-05")]
    end_date: String,
    #[schema(example = "22:30:00")]
    end_time: String,
    /// IANA time zone.
    #[schema(example = "Europe/Oslo")]
    timezone: String,
    /// RFC 3339, with the offset of `timezone` at that time.
    #[schema(format = DateTime, example = "2026-12-05T19:00:00+01:00")]
    starts_at: String,
    #[schema(format = DateTime, example = "2026-12-05T22:30:00+01:00")]
    ends_at: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::types::wall_time;
    use proptest::prelude::*;

    fn read(zone: &str, start: (&str, &str), end: (&str, &str)) -> Result<When, String> {
        let mut check = Check::default();
        let said = Said {
            start_date: start.0,
            start_time: start.1,
            end_date: end.0,
            end_time: end.1,
            timezone: zone,
        };
        let when = When::read(&mut check, &said);
        match check.done() {
            Ok(()) => when.ok_or_else(|| "nothing read and no problem told".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn clocks_that_change_are_understood() {
        let oslo = |date, time| read("Europe/Oslo", (date, time), (date, "23:00"));
        assert!(
            oslo("2026-03-29", "02:30")
                .expect_err("skipped")
                .contains("start_time")
        );
        let doubled = oslo("2026-10-25", "02:30").expect("doubled");
        let json = serde_json::to_value(&doubled).expect("JSON");
        assert_eq!(json["starts_at"], "2026-10-25T02:30:00+02:00");
        assert_eq!(json["ends_at"], "2026-10-25T23:00:00+01:00");
        // Samoa had no 30 December 2011 at all.
        assert!(
            read(
                "Pacific/Apia",
                ("2011-12-30", "12:00"),
                ("2011-12-31", "12:00")
            )
            .is_err()
        );
        // Morocco is an hour back during Ramadan.
        let casablanca = read(
            "Africa/Casablanca",
            ("2026-03-01", "12:00"),
            ("2026-03-25", "12:00"),
        );
        let json = serde_json::to_value(casablanca.expect("a time")).expect("JSON");
        assert_eq!(json["starts_at"], "2026-03-01T12:00:00+00:00");
        assert_eq!(json["ends_at"], "2026-03-25T12:00:00+01:00");
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_instant_that_is_stored(
            zone in 0..chrono_tz::TZ_VARIANTS.len(), day in 0i64..2_900_000, second in 0i64..86_400,
        ) {
            let zone = chrono_tz::TZ_VARIANTS[zone].name();
            let wall = wall_time("1901-01-01T00:00:00").expect("a time")
                + chrono::TimeDelta::days(day) + chrono::TimeDelta::seconds(second);
            let (date, time) = (wall.format("%Y-%m-%d").to_string(), wall.format("%H:%M:%S").to_string());
            if let Ok(when) = read(zone, (&date, &time), (&date, &time)) {
                let json = serde_json::to_value(&when).expect("JSON");
                let said = json["starts_at"].as_str().expect("text");
                let said = DateTime::parse_from_rfc3339(said).expect("RFC 3339");
                prop_assert_eq!(said.with_timezone(&Utc), when.starts_at.0);
                prop_assert_eq!(&when.start_date, &date);
                prop_assert_eq!(&when.start_time, &time);
            }
        }
    }
}
