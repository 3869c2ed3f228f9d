//! What time zones did, as calendars tell each other (VTIMEZONE, RFC 5545, section 3.6.5).
//!
//! Zones change their rules by decree (Morocco's follow the moon, Gaza's the year), so no rule
//! is written, but the changes themselves: for each time that an event names, the change of
//! the clocks before it, which is all that a reader needs to know the offset.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz, TzOffset};

/// How far back a change of the clocks is looked for. Where there was none, the offset is
/// said to hold from there.
const LOOK_BACK_DAYS: i64 = 400;

/// The times that a calendar names, by zone.
#[derive(Default)]
pub struct Zones(BTreeMap<&'static str, (Tz, BTreeSet<DateTime<Utc>>)>);

impl Zones {
    /// Notes that an event names this time in that zone.
    pub fn need(&mut self, zone: Tz, at: DateTime<Utc>) {
        let (_, times) = self
            .0
            .entry(zone.name())
            .or_insert_with(|| (zone, BTreeSet::new()));
        times.insert(at);
    }

    /// Appends a VTIMEZONE for each zone.
    pub fn write(&self, text: &mut String) {
        for (name, (zone, times)) in &self.0 {
            // Writing to a text cannot fail.
            let _never = write!(text, "BEGIN:VTIMEZONE\r\nTZID:{name}\r\n");
            let mut shown: Option<TzOffset> = None;
            // From the earliest on, so that what was written last is what the clocks show.
            for at in times {
                let now = zone.offset_from_utc_datetime(&at.naive_utc());
                if shown.as_ref().is_some_and(|shown| same(shown, &now)) {
                    continue;
                }
                let (onset, before) = last_change(*zone, *at, &now);
                observance(text, onset, before, &now);
                shown = Some(now);
            }
            text.push_str("END:VTIMEZONE\r\n");
        }
    }
}

fn observance(text: &mut String, onset: DateTime<Utc>, before: i32, now: &TzOffset) {
    let kind = match now.dst_offset() == TimeDelta::zero() {
        true => "STANDARD",
        false => "DAYLIGHT",
    };
    let (from, to) = (offset(before), offset(seconds(now)));
    let at = wall(onset, before).format("%Y%m%dT%H%M%S");
    let _never = write!(
        text,
        "BEGIN:{kind}\r\nDTSTART:{at}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\n"
    );
    if let Some(short) = now.abbreviation() {
        let _never = write!(text, "TZNAME:{short}\r\n");
    }
    let _never = write!(text, "END:{kind}\r\n");
}

/// True if the clocks show the same, under the same name.
fn same(a: &TzOffset, b: &TzOffset) -> bool {
    seconds(a) == seconds(b) && a.abbreviation() == b.abbreviation()
}

/// When the clocks began to show what they show at that time, to the second, and what they
/// showed before.
fn last_change(zone: Tz, at: DateTime<Utc>, now: &TzOffset) -> (DateTime<Utc>, i32) {
    let offset_at = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc());
    let mut after = at;
    for _ in 0..LOOK_BACK_DAYS {
        let mut before = after - TimeDelta::days(1);
        if same(&offset_at(before), now) {
            after = before;
            continue;
        }
        // Between the two the clocks changed: halve the time until it is a second.
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            match same(&offset_at(middle), now) {
                true => after = middle,
                false => before = middle,
            }
        }
        return (after, seconds(&offset_at(before)));
    }
    (after, seconds(now))
}

fn seconds(offset: &TzOffset) -> i32 {
    offset.fix().local_minus_utc()
}

fn wall(at: DateTime<Utc>, offset: i32) -> NaiveDateTime {
    at.naive_utc() + TimeDelta::seconds(i64::from(offset))
}

/// `+hhmm`, with seconds where there are some (section 3.3.14).
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let n = seconds.unsigned_abs();
    let (h, m, s) = (n / 3_600, n / 60 % 60, n % 60);
    match s {
        0 => format!("{sign}{h:02}{m:02}"),
        _ => format!("{sign}{h:02}{m:02}{s:02}"),
    }
}
