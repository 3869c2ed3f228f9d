//! Time zones in calendars: what a VTIMEZONE says has to lead from the wall time to the very
//! instant that the JSON answers give.

use std::collections::BTreeMap;

use ical::parser::ical::component::IcalTimeZone;

use super::*;

/// A zone as a calendar describes it: from each onset on, wall time is so far ahead of UTC.
#[derive(Debug)]
struct Zone {
    onsets: Vec<(NaiveDateTime, TimeDelta)>,
}

impl Zone {
    /// Reads the observances, whose onsets are DTSTART and the RDATEs, in wall time by
    /// TZOFFSETFROM (RFC 5545, section 3.6.5).
    #[track_caller]
    fn read(zone: &IcalTimeZone) -> Zone {
        let mut onsets = Vec::new();
        for observance in &zone.transitions {
            let properties = &observance.properties;
            assert_eq!(
                find(properties, "RRULE"),
                None,
                "onsets are listed one by one"
            );
            let before = offset(value(properties, "TZOFFSETFROM"));
            let after = offset(value(properties, "TZOFFSETTO"));
            let listed = properties.iter().filter(|other| other.name == "RDATE");
            let listed = listed.filter_map(|other| other.value.as_deref());
            let first = value(properties, "DTSTART");
            for onset in listed.flat_map(|list| list.split(',')).chain([first]) {
                onsets.push((wall(onset) - before, after));
            }
        }
        onsets.sort_unstable();
        let mut pairs = onsets.windows(2);
        assert!(pairs.all(|pair| pair[0].0 < pair[1].0), "{onsets:?}");
        Zone { onsets }
    }

    /// The instant of a wall time, in UTC; the earlier if the clocks show it twice. A time
    /// before the first onset, or one that the clocks skip, has none.
    #[track_caller]
    fn instant(&self, wall: NaiveDateTime) -> NaiveDateTime {
        let ends = self.onsets.iter().skip(1).map(|onset| onset.0);
        let ends = ends.chain([NaiveDateTime::MAX]);
        for ((begin, ahead), end) in self.onsets.iter().zip(ends) {
            let instant = wall - *ahead;
            if *begin <= instant && instant < end {
                return instant;
            }
        }
        panic!("{wall} is no time of {self:?}");
    }
}

/// `+HHMM`, `-HHMM` or the same with seconds.
#[track_caller]
fn offset(text: &str) -> TimeDelta {
    let (sign, digits) = text.split_at(1);
    let right = [4, 6].contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    assert!(right, "{text} is no offset");
    let part = |at: usize| -> i64 {
        let part = digits.get(at..at + 2);
        part.map_or(0, |part| part.parse().expect("two digits"))
    };
    let seconds = part(0) * 3600 + part(2) * 60 + part(4);
    match sign {
        "+" => TimeDelta::seconds(seconds),
        "-" if seconds > 0 => -TimeDelta::seconds(seconds),
        _ => panic!("{text} is no offset"),
    }
}

/// `YYYYMMDDTHHMMSS`.
#[track_caller]
fn wall(text: &str) -> NaiveDateTime {
    let wall = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S");
    wall.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The zones of a calendar by their names: those that its events use, each once.
#[track_caller]
fn zones(calendar: &IcalCalendar) -> BTreeMap<String, Zone> {
    let moments = calendar.events.iter().flat_map(|event| {
        ["DTSTART", "DTEND"].map(|name| find(&event.properties, name).and_then(tzid))
    });
    let used: BTreeSet<&str> = moments.flatten().collect();
    let named = calendar.timezones.iter();
    let named = named.map(|zone| value(&zone.properties, "TZID"));
    let mut described: Vec<&str> = named.collect();
    described.sort_unstable();
    assert_eq!(described, used.into_iter().collect::<Vec<_>>());
    let zones = calendar.timezones.iter().map(|zone| {
        let name = value(&zone.properties, "TZID").to_owned();
        (name, Zone::read(zone))
    });
    zones.collect()
}

/// Asserts that an event has the same times in a calendar and in JSON.
#[track_caller]
fn assert_agrees(zones: &BTreeMap<String, Zone>, seen: &IcalEvent, event: &Value) {
    for (name, field, side) in [
        ("DTSTART", "starts_at", "start"),
        ("DTEND", "ends_at", "end"),
    ] {
        let property = find(&seen.properties, name).expect("a moment");
        let said = property.value.as_deref().expect("a moment");
        let instant = match (tzid(property), said.strip_suffix('Z')) {
            (None, Some(utc)) => wall(utc),
            (Some(zone), None) => {
                assert_eq!(zone, text(&event["timezone"]));
                let [date, time] = ["date", "time"].map(|part| {
                    let field = format!("{side}_{part}");
                    text(&event[field]).replace(['-', ':'], "")
                });
                assert_eq!(said, format!("{date}T{time}"));
                zones[zone].instant(wall(said))
            }
            _ => panic!("{property} is in no zone or in two"),
        };
        let expected = DateTime::parse_from_rfc3339(text(&event[field])).expect("RFC 3339");
        assert_eq!(instant, expected.naive_utc(), "{name} of {event}");
    }
}

/// The body of an event at these wall times, an interval as in ISO 8601.
fn between(zone: &str, times: &str) -> Value {
    let (start, end) = times.split_once('/').expect("a start and an end");
    let mut body = set(new_event(zone), "timezone", zone);
    for (side, moment) in [("start", start), ("end", end)] {
        let (date, time) = moment.split_once('T').expect("a date and a time");
        body = set(body, &format!("{side}_date"), date);
        body = set(body, &format!("{side}_time"), time);
    }
    body
}

/// How many seconds wall time is ahead of UTC when an event starts.
#[track_caller]
fn ahead(event: &Value) -> i64 {
    let [date, time] = ["start_date", "start_time"].map(|field| text(&event[field]));
    let start = DateTime::parse_from_rfc3339(text(&event["starts_at"])).expect("RFC 3339");
    let wall = wall(&format!("{date}T{time}").replace(['-', ':'], ""));
    (wall - start.naive_utc()).num_seconds()
}

/// Makes an event at each of these times, and asserts that its calendar and the feed of them
/// all say what JSON says. The zone is so many seconds ahead of UTC at the first starts.
#[track_caller]
fn check(zone: &str, times: &[&str], expected: &[i64]) {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut events = BTreeMap::new();
        for (n, times) in times.iter().enumerate() {
            let event = create_event(&ann, between(zone, times));
            app.changes(&["event.published"]);
            let alone = calendar(&app.anon().get(&ics_path(&event)));
            assert_agrees(&zones(&alone), &alone.events[0], &event);
            if let Some(expected) = expected.get(n) {
                assert_eq!(ahead(&event), *expected, "{zone}: {times}");
            }
            events.insert(id_of(&event).to_owned(), event);
        }
        assert_feed(app, &events);
    });
}

/// Asserts that the feed has exactly these events, at their times.
#[track_caller]
fn assert_feed(app: &App, events: &BTreeMap<String, Value>) {
    let feed = calendar(&app.anon().get(FEED));
    let zones = zones(&feed);
    assert_eq!(feed.events.len(), events.len());
    for seen in &feed.events {
        assert_agrees(&zones, seen, &events[value(&seen.properties, "UID")]);
    }
}

#[test]
fn ramadan_in_morocco() {
    let times = [
        "2026-02-14T10:00/2026-02-14T12:00",
        "2026-02-14T20:00/2026-02-16T09:00",
        "2026-02-15T02:30/2026-02-15T02:45",
        "2026-03-01T12:00/2026-03-01T13:00",
        "2026-03-21T20:00/2026-03-22T09:00",
        "2026-07-01T12:00/2026-07-01T13:00",
        "2027-02-06T12:00/2027-02-07T02:30",
        "2027-03-01T12:00/2027-03-15T12:00",
        "2030-01-05T12:00/2030-01-05T13:00",
        "2030-02-09T12:00/2030-02-11T12:00",
        "2030-12-23T12:00/2030-12-23T13:00",
    ];
    check(
        "Africa/Casablanca",
        &times,
        &[3600, 3600, 3600, 0, 0, 3600, 3600, 0, 0, 0, 0],
    );
}

#[test]
fn gaza_has_rules_of_its_own_each_year() {
    let times = [
        "2026-01-15T12:00/2026-02-20T12:00",
        "2026-02-20T12:00/2026-04-10T12:00",
        "2026-07-01T12:00/2026-10-30T12:00",
        "2030-01-20T12:00/2030-03-20T12:00",
        "2030-07-01T12:00/2030-12-01T12:00",
    ];
    check("Asia/Gaza", &times, &[7200, 7200, 10800, 7200, 10800]);
}

#[test]
fn both_sides_of_both_changes_in_oslo() {
    let times = [
        "2026-03-28T22:00/2026-03-29T08:00",
        "2026-03-29T01:59/2026-03-29T03:00",
        "2026-03-29T03:00/2026-03-29T04:00",
        "2026-10-24T22:00/2026-10-25T08:00",
        "2026-10-25T01:59/2026-10-25T02:30",
        "2026-10-25T02:00/2026-10-25T02:59",
        "2026-10-25T02:30/2026-10-25T03:00",
        "2026-10-25T03:00/2026-10-25T04:00",
        "2037-12-01T12:00/2038-07-01T12:00",
        "2098-12-01T12:00/2099-07-01T12:00",
        "2150-07-01T12:00/2151-01-01T12:00",
    ];
    check(
        "Europe/Oslo",
        &times,
        &[3600, 3600, 7200, 7200, 7200, 7200, 7200, 3600],
    );
}

#[test]
fn newfoundland_is_half_an_hour_off() {
    let times = [
        "1920-07-01T12:00/1920-12-01T12:00",
        "2006-10-28T23:30/2006-10-29T00:00",
        "2031-01-01T12:00/2031-07-01T12:00",
        "2031-11-02T01:30/2031-11-02T03:00",
    ];
    check("America/St_Johns", &times, &[-9052, -9000, -12600, -9000]);
}

#[test]
fn nepal_changed_by_a_quarter() {
    let times = [
        "1985-12-31T12:00/1986-01-01T12:00",
        "2031-07-01T12:00/2031-07-01T13:00",
    ];
    check("Asia/Kathmandu", &times, &[19800, 20700]);
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    let times = [
        "2027-01-15T12:00/2027-07-15T12:00",
        "2027-04-04T01:15/2027-04-04T01:45",
        "2027-04-04T01:45/2027-04-04T02:00",
        "2027-10-03T01:59/2027-10-03T02:30",
    ];
    check("Australia/Lord_Howe", &times, &[39600, 39600, 39600, 37800]);
}

#[test]
fn samoa_skipped_a_day() {
    let times = [
        "2010-06-01T12:00/2010-06-01T13:00",
        "2011-12-29T23:00/2011-12-31T01:00",
        "2012-01-15T12:00/2012-06-15T12:00",
        "2021-04-04T03:30/2021-04-04T04:00",
        "2031-07-01T12:00/2031-07-01T13:00",
    ];
    check(
        "Pacific/Apia",
        &times,
        &[-39600, -36000, 50400, 50400, 46800],
    );
}

#[test]
fn liberia_was_off_by_seconds() {
    let times = [
        "1919-02-28T12:00/1919-03-02T12:00",
        "1950-06-01T12:00/1950-06-01T13:00",
        "1972-01-06T23:00/1972-01-07T00:45",
        "2031-01-01T12:00/2031-01-01T13:00",
    ];
    check("Africa/Monrovia", &times, &[-2588, -2670, -2670, 0]);
}

#[test]
fn troll_changes_by_two_hours() {
    let times = [
        "2026-03-29T00:30/2026-03-29T03:00",
        "2026-10-25T01:30/2026-10-25T02:30",
        "2026-12-01T12:00/2026-12-01T13:00",
    ];
    check("Antarctica/Troll", &times, &[0, 7200, 0]);
}

#[test]
fn dublin_has_its_standard_time_in_summer() {
    let times = [
        "1900-01-01T12:00/1900-01-01T13:00",
        "1970-01-01T12:00/1970-01-01T13:00",
        "2026-07-01T12:00/2026-12-01T12:00",
        "2026-10-25T01:30/2026-10-25T02:30",
        "2026-12-01T12:00/2026-12-01T13:00",
    ];
    check("Europe/Dublin", &times, &[-1521, 3600, 3600, 3600, 0]);
}

#[test]
fn zones_without_changes() {
    let edges = [
        "1900-01-01T00:00/1900-01-01T01:00",
        "9998-12-31T22:00/9998-12-31T23:59",
    ];
    check("Asia/Tokyo", &edges, &[32400; 2]);
    let days = [
        "2031-01-01T12:00/2031-07-01T12:00",
        "2031-07-01T12:00/2031-07-01T13:00",
    ];
    for (zone, ahead) in [
        ("America/Phoenix", -25200),
        ("Etc/GMT+12", -43200),
        ("Etc/UTC", 0),
    ] {
        check(zone, &days, &[ahead; 2]);
    }
}

#[test]
fn a_new_zone_is_in_the_calendar_at_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = create_event(&ann, new_event("Walk"));
        app.changes(&["event.published"]);
        for zone in ["Asia/Kathmandu", "Africa/Casablanca", "UTC", "Etc/UTC"] {
            let reply = ann.put(&event_path(&event), json!({ "timezone": zone }));
            let event = data(&reply, 201, "item updated");
            app.changes(&["event.updated"]);
            assert_feed(app, &BTreeMap::from([(id_of(&event).to_owned(), event)]));
        }
    });
}

#[test]
fn many_events_of_one_zone_share_it() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut events = BTreeMap::new();
        let mut make = |zone: &str, times: &str| {
            let event = create_event(&ann, between(zone, times));
            app.changes(&["event.published"]);
            events.insert(id_of(&event).to_owned(), event);
        };
        for year in (1970..=2060).step_by(3) {
            for day in ["01-20", "04-05", "07-10", "11-15"] {
                make(
                    "Europe/Oslo",
                    &format!("{year}-{day}T10:00/{year}-{day}T12:00"),
                );
            }
        }
        make("Asia/Gaza", "2031-06-14T10:00/2031-06-14T12:00");
        make("UTC", "2031-06-14T10:00/2031-06-14T12:00");
        assert_eq!(events.len(), 126);
        assert_feed(app, &events);
    });
}

#[test]
fn every_zone_there_is() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let mut events = BTreeMap::new();
        for (n, zone) in chrono_tz::TZ_VARIANTS.iter().enumerate() {
            let (year, month) = (1950 + n * 7 % 90, 1 + n % 2 * 6);
            let day = format!("{year}-{month:02}-16");
            let body = between(zone.name(), &format!("{day}T10:00/{day}T11:00"));
            let event = create_event(&ann, body);
            events.insert(id_of(&event).to_owned(), event);
        }
        let published = "select count(*) from changes where topic = 'event.published'";
        assert_eq!(usize::try_from(app.count(published)), Ok(events.len()));
        assert!((500..=1000).contains(&events.len()), "all fit into a feed");
        assert_feed(app, &events);
    });
}
