//! Calendars (RFC 5545): the raw text of every answer is checked, and then read back by a
//! parser that is not the server's.

mod event;
mod feeds;
mod private;
mod texts;
mod zones;

use std::collections::BTreeSet;

use ical::parser::ical::component::{IcalCalendar, IcalEvent};
use ical::property::Property;

use super::*;

/// The server's own address, where a test sets no other.
const HERE: &str = "http://localhost:8000";

/// The feed of all events.
const FEED: &str = "/api/events.ics";

fn ics_path(event: &Value) -> String {
    format!("/api/events/{}.ics", id_of(event))
}

fn group_feed(group: &Value) -> String {
    format!("/api/groups/{}/events.ics", id_of(group))
}

/// The body of a good event on one day.
fn on(title: &str, day: &str) -> Value {
    set(set(new_event(title), "start_date", day), "end_date", day)
}

/// Makes a group and drains its change.
#[track_caller]
fn found_group(app: &App, client: &Client, title: &str) -> Value {
    let reply = client.post("/api/groups", json!({ "title": title }));
    let group = data(&reply, 201, "Group created successfully");
    app.changes(&["group.created"]);
    group
}

/// Shows interest in an event and drains the change.
#[track_caller]
fn care(app: &App, client: &Client, event: &Value) {
    let path = format!("/api/users/@me/interests/{}", id_of(event));
    client.raw("POST", &path, None, b"").ok(200);
    app.changes(&["interest.registered"]);
}

/// Deletes an event and drains the change.
#[track_caller]
fn cancel(app: &App, client: &Client, event: &Value) {
    client.delete(&event_path(event)).no_content();
    app.changes(&["event.cancelled"]);
}

/// Makes an event its creator's draft.
#[track_caller]
fn hide(app: &App, event: &Value) {
    let hidden = format!(
        "update events set visible = false where id = '{}'",
        id_of(event)
    );
    assert_eq!(app.sql(&hidden), 1);
}

/// A calendar: its raw text checked, then read by the parser.
#[track_caller]
fn calendar(reply: &Reply) -> IcalCalendar {
    reply.expect_status(200);
    let kind = reply.header("Content-Type");
    assert_eq!(kind, Some("text/calendar; charset=utf-8"));
    let lines = unfolded(reply.text());
    assert_nested(&lines);
    let calendar = parsed(&lines);
    assert_eq!(value(&calendar.properties, "VERSION"), "2.0");
    assert!(!value(&calendar.properties, "PRODID").is_empty());
    let others = [
        calendar.alarms.len(),
        calendar.todos.len(),
        calendar.journals.len(),
        calendar.free_busys.len(),
    ];
    assert_eq!(others, [0; 4], "nothing but events and zones: {lines}");
    for event in &calendar.events {
        assert_whole(event);
    }
    calendar
}

/// The logical lines of a calendar. Its physical ones end in CRLF, have at most 75 octets, and
/// hold no control character but tabs. That the text is UTF-8 with its folds in it means that
/// no fold cuts a character.
#[track_caller]
fn unfolded(raw: &str) -> String {
    assert!(raw.starts_with("BEGIN:VCALENDAR\r\n"), "{raw}");
    assert!(raw.ends_with("\r\nEND:VCALENDAR\r\n"), "{raw}");
    let mut lines = String::new();
    for line in raw.split_terminator("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line:?}", line.len());
        let control = |c: char| c.is_control() && c != '\t';
        assert!(!line.contains(control), "a control character: {line:?}");
        match line.strip_prefix([' ', '\t']) {
            Some(more) => {
                assert!(!more.is_empty(), "a fold of nothing");
                lines.truncate(lines.len() - "\r\n".len());
                lines.push_str(more);
            }
            None => {
                assert!(!line.is_empty(), "an empty line");
                lines.push_str(line);
            }
        }
        lines.push_str("\r\n");
    }
    lines
}

/// Each component ends where it should; the parser takes any `END` for that of the innermost.
#[track_caller]
fn assert_nested(lines: &str) {
    let mut open = Vec::new();
    for line in lines.split_terminator("\r\n") {
        if let Some(name) = line.strip_prefix("BEGIN:") {
            open.push(name);
        } else if let Some(name) = line.strip_prefix("END:") {
            assert_eq!(open.pop(), Some(name), "{lines}");
        }
    }
    assert!(open.is_empty(), "{open:?} stays open");
}

#[track_caller]
fn parsed(lines: &str) -> IcalCalendar {
    let calendars: Result<Vec<IcalCalendar>, _> = ical::IcalParser::new(lines.as_bytes()).collect();
    let mut calendars = calendars.unwrap_or_else(|error| panic!("{error}: {lines}"));
    assert_eq!(calendars.len(), 1, "one calendar: {lines}");
    calendars.remove(0)
}

/// An event has what it must have, and nothing twice.
#[track_caller]
fn assert_whole(event: &IcalEvent) {
    assert!(event.alarms.is_empty());
    for name in [
        "UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY", "STATUS", "CREATED",
    ] {
        value(&event.properties, name);
    }
    let names = event.properties.iter().map(|property| &property.name);
    let different: BTreeSet<&String> = names.clone().collect();
    assert_eq!(different.len(), names.len(), "{:?}", event.properties);
}

/// The property of this name, which stands at most once.
#[track_caller]
fn find<'p>(properties: &'p [Property], name: &str) -> Option<&'p Property> {
    let mut named = properties.iter().filter(|property| property.name == name);
    let first = named.next();
    assert!(named.next().is_none(), "{name} stands twice");
    first
}

/// The raw value of the property of this name, which stands exactly once.
#[track_caller]
fn value<'p>(properties: &'p [Property], name: &str) -> &'p str {
    match find(properties, name).and_then(|property| property.value.as_deref()) {
        Some(value) => value,
        None => panic!("no {name} among {properties:?}"),
    }
}

/// The time zone that a property names.
#[track_caller]
fn tzid(property: &Property) -> Option<&str> {
    let params = property.params.as_deref().unwrap_or_default();
    let (_, values) = params.iter().find(|(name, _)| name == "TZID")?;
    assert_eq!(values.len(), 1, "{property}");
    values.first().map(String::as_str)
}

/// What a TEXT value says (section 3.3.11); none if it is empty or not there.
#[track_caller]
fn said(event: &IcalEvent, name: &str) -> Option<String> {
    let value = find(&event.properties, name)?.value.as_deref()?;
    let mut plain = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(escaped @ ('\\' | ',' | ';')) => plain.push(escaped),
                other => panic!("a backslash before {other:?} in {value}"),
            },
            ',' | ';' => panic!("{c} is not escaped in {value}"),
            c => plain.push(c),
        }
    }
    Some(plain)
}

/// The only event of a calendar.
#[track_caller]
fn only_event(reply: &Reply) -> IcalEvent {
    let mut events = calendar(reply).events;
    assert_eq!(events.len(), 1, "{}", reply.text());
    events.remove(0)
}

/// The titles of a calendar's events, in its order.
#[track_caller]
fn summaries(reply: &Reply) -> Vec<String> {
    let events = calendar(reply).events;
    let titles = events.iter().map(|event| said(event, "SUMMARY"));
    titles.map(Option::unwrap_or_default).collect()
}

/// The titles of a calendar's events, in alphabetical order.
#[track_caller]
fn sorted_summaries(reply: &Reply) -> Vec<String> {
    let mut titles = summaries(reply);
    titles.sort_unstable();
    titles
}

/// A moment of the JSON answers as a calendar writes it.
fn stamp(moment: &Value) -> String {
    format!(
        "{}Z",
        text(moment).replace(['-', ':'], "").replace(' ', "T")
    )
}
