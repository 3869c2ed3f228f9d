//! What time zones did, as calendars tell each other (VTIMEZONE, RFC 5545, section 3.6.5).
//!
//! Zones change their rules by decree (Morocco's follow the moon, Gaza's the year), so no rule
//! is written, but the changes themselves: for each time that an event names, the change of
//! the clocks before it, which is all that a reader needs to know the offset.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz, TzOffset};

/// How far back a change of the clocks is looked for. Where there was none, the offset is
/// said to hold from there.
const LOOK_BACK_DAYS: i64 = 400;

/// The changes of the clocks that a calendar needs, by zone.
#[derive(Default)]
pub struct Zones(BTreeMap<&'static str, BTreeMap<DateTime<Utc>, Change>>);

/// From its moment on, the clocks show another offset.
struct Change {
    from: i32,
    to: TzOffset,
    /// Until when it is known that no other came: times up to then need no look.
    known_until: DateTime<Utc>,
}

impl Zones {
    /// Notes that an event takes place in this zone at that time.
    pub fn need(&mut self, zone: Tz, at: DateTime<Utc>) {
        let changes = self.0.entry(zone.name()).or_default();
        if let Some((_, last)) = changes.range_mut(..=at).next_back()
            && at <= last.known_until
        {
            return;
        }
        let (onset, change) = last_change(zone, at);
        changes
            .entry(onset)
            .and_modify(|known| known.known_until = known.known_until.max(at))
            .or_insert(change);
    }

    /// Appends a VTIMEZONE for each zone.
    pub fn write(&self, text: &mut String) {
        for (name, changes) in &self.0 {
            // Writing to a text cannot fail.
            let _never = write!(text, "BEGIN:VTIMEZONE\r\nTZID:{name}\r\n");
            for (onset, change) in changes {
                let kind = match change.to.dst_offset() == TimeDelta::zero() {
                    true => "STANDARD",
                    false => "DAYLIGHT",
                };
                let (from, to) = (offset(change.from), offset(seconds(&change.to)));
                let at = wall(*onset, change.from).format("%Y%m%dT%H%M%S");
                let _never = write!(
                    text,
                    "BEGIN:{kind}\r\nDTSTART:{at}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\n"
                );
                if let Some(short) = change.to.abbreviation() {
                    let _never = write!(text, "TZNAME:{short}\r\n");
                }
                let _never = write!(text, "END:{kind}\r\n");
            }
            text.push_str("END:VTIMEZONE\r\n");
        }
    }
}

/// The last change of the clocks at or before that time, to the second.
fn last_change(zone: Tz, at: DateTime<Utc>) -> (DateTime<Utc>, Change) {
    let offset_at = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc());
    let now = offset_at(at);
    let change = |from: i32| Change {
        from,
        to: now,
        known_until: at,
    };
    let same = |other: &TzOffset| {
        seconds(other) == seconds(&now) && other.abbreviation() == now.abbreviation()
    };
    let mut after = at;
    for _ in 0..LOOK_BACK_DAYS {
        let mut before = after - TimeDelta::days(1);
        if same(&offset_at(before)) {
            after = before;
            continue;
        }
        // Between the two the clocks changed: halve the time until it is a second.
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            match same(&offset_at(middle)) {
                true => after = middle,
                false => before = middle,
            }
        }
        return (after, change(seconds(&offset_at(before))));
    }
    (after, change(seconds(&now)))
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
