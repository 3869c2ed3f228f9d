//! The demo's groups: what they are called, who belongs to them, and what they organise.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::people::{PEOPLE, host_of, pick};
use crate::community::groups::{self, GroupId};
use crate::db::Conn;
use crate::error::Result;
use crate::identity::people::UserId;

/// Of each group its title, how many belong to it, and the titles of its events: a third of
/// all.
const CIRCLES: [(&str, usize, &[&str]); 6] = [
    (
        "Code and coffee",
        12,
        &[
            "Rust and coffee",
            "Mobile developers meetup",
            "Open source contributors' night",
            "Accessible web, hands on",
            "Python study group",
            "Women in tech meetup",
        ],
    ),
    (
        "Up before the sun",
        9,
        &[
            "Harbour swim",
            "Riverside run",
            "Canopy walk",
            "Ocean pool swim",
        ],
    ),
    (
        "Green hands",
        8,
        &["Shoreline cleanup", "Tree planting", "Urban garden morning"],
    ),
    (
        "One more round",
        7,
        &[
            "Board games in the library",
            "Chess in the park",
            "Scrabble afternoon",
        ],
    ),
    (
        "Pencil and paper",
        5,
        &["Sculpture sketching", "Lunch-hour sketch club"],
    ),
    (
        "The long table",
        4,
        &["Jollof cook-along", "Picnic by the pond"],
    ),
];

/// Minutes from one group's beginning to the next one's, and from one member to the next. All
/// have joined within a day, so after the last person has signed up and before the first event
/// is published.
const PACE: i64 = 133;
const JOINING: i64 = 67;

/// Makes all groups; gives them by the titles of their events. `titles` are those of all
/// events, in the order of their publication.
pub(super) fn gather(
    conn: &mut Conn,
    people: &[UserId],
    titles: &[&'static str],
    now: DateTime<Utc>,
) -> Result<HashMap<&'static str, GroupId>> {
    let mut of_events = HashMap::new();
    for ((title, size, events), place) in CIRCLES.into_iter().zip(0..) {
        let members = belonging(place, size, events, titles);
        let Some((founder, others)) = members.split_first() else {
            continue;
        };
        let founder = pick(people, *founder)?;
        let founded = now - TimeDelta::days(11) + TimeDelta::minutes(PACE * place);
        let id = groups::make(conn, founder, title, founded.into())?;
        for (person, nth) in others.iter().zip(1..) {
            let joined = founded + TimeDelta::minutes(JOINING * nth);
            groups::members::join(conn, id, pick(people, *person)?, founder, joined.into())?;
        }
        of_events.extend(events.iter().map(|event| (*event, id)));
    }
    Ok(of_events)
}

/// Who belongs to a group, by their places among the people: first those who publish its
/// events, then others until they are `size`.
fn belonging(place: i64, size: usize, events: &[&str], titles: &[&str]) -> Vec<i64> {
    let hosts = (0..)
        .zip(titles)
        .filter(|&(_, title)| events.contains(title))
        .map(|(number, _)| host_of(number));
    let others = (0..PEOPLE).map(|step| (place * 5 + step * 7).rem_euclid(PEOPLE));
    let mut members = Vec::new();
    for person in hosts.chain(others) {
        if members.len() < size && !members.contains(&person) {
            members.push(person);
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::super::people::gatherings;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_third_of_the_events_are_of_groups_whose_members_publish_them() {
        let titles: Vec<&str> = gatherings().iter().map(|one| one.title).collect();
        let mut taken = HashSet::new();
        for ((title, size, events), place) in CIRCLES.into_iter().zip(0..) {
            let members = belonging(place, size, events, &titles);
            assert_eq!(members.len(), size, "{title}");
            assert!((4..=12).contains(&size), "{title}");
            for event in events {
                let number = titles.iter().position(|one| one == event);
                let number = number.unwrap_or_else(|| panic!("{title}: no {event}"));
                assert!(members.contains(&host_of(number as i64)), "{event}");
                assert!(taken.insert(*event), "{event} is of two groups");
            }
        }
        assert_eq!(taken.len() * 3, titles.len());
    }
}
