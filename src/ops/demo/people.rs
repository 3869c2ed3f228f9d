//! The demo's people, what they publish and what they say. Nothing here is random, so that
//! two demos differ in their dates only.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::circles;
use super::echo::{self, Made};
use super::progress::Progress;
use super::texts::{ADVERT, CITIES, COMPLAINT, QUESTIONS};
use crate::clock::Clock;
use crate::community::events::{self, EventId};
use crate::community::groups::GroupId;
use crate::community::reports::{self, Subject};
use crate::community::{comments, images};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::identity::people::{self, Login, Profile, UserId};
use crate::secret::Secret;

/// Each is known to the stand-in for Google by the first name, so no two share one.
const NAMES: [&str; 30] = [
    "Ann Lindqvist",
    "Bert Hofmann",
    "Chidi Okafor",
    "Dunja Marković",
    "Emeka Balogun",
    "Fatima Zahra Benali",
    "Giulia Ferrari",
    "Hiroshi Tanaka",
    "Ingrid Solberg",
    "Joaquim Pereira",
    "Kavya Raman",
    "Liam Gallagher-Reid",
    "Mei Lin Chen",
    "Nikhil Deshpande",
    "Olga Petrenko",
    "Paulo Nascimento",
    "Qasim Rahman",
    "Rosa Delgado",
    "Sanna Virtanen",
    "Tomasz Kowalczyk",
    "Usha Patel",
    "Viktor Novák",
    "Wanjiru Kamau",
    "Ximena Rojas",
    "Yuki Nakamura",
    "Zanele Dlamini",
    "Amina Yusuf",
    "Bram de Vries",
    "Camille Laurent",
    "Derya Yılmaz",
];

/// How many they are.
pub(super) const PEOPLE: i64 = NAMES.len() as i64;

/// How a comment begins that asks nothing. 13 of them and 11 [`CLOSINGS`], so that the same
/// two meet again only after 143 comments.
const OPENINGS: [&str; 13] = [
    "Count me in!",
    "I was there last time, and it was lovely.",
    "Thank you for organising this, {host}.",
    "Just what {city} needed.",
    "I have been looking for something like this for months.",
    "My neighbour told me about it.",
    "This has been in my calendar since yesterday.",
    "What a good idea.",
    "I moved to {city} in spring and know hardly anyone yet.",
    "Two friends and I are coming.",
    "Finally one that does not clash with work!",
    "I happen to be in {city} on that day.",
    "I am not sure yet, but I will try.",
];

/// How such a comment ends.
const CLOSINGS: [&str; 11] = [
    "See you there.",
    "I will bring some cake.",
    "Happy to help with setting up.",
    "If anybody wants to go there together, tell me.",
    "Looking forward to meeting you all.",
    "I can stay until the end and help to tidy up.",
    "I have told everyone at work.",
    "Is anyone up for dinner afterwards?",
    "I hope that the weather is kind to us.",
    "It is a beautiful place, too.",
    "Last year I met one of my best friends that way.",
];

/// What pictures are named after; each name is another picture.
const PICTURES: [&str; 12] = [
    "harbour", "forest", "bread", "lantern", "bridge", "garden", "rooftop", "river", "market",
    "library", "mountain", "table",
];

/// How many events go into one transaction, with their comments.
const BATCH: usize = 10;
/// Minutes between an event's publication and the next one's, about: the first is then
/// ten days old, younger than the people.
const PACE: i64 = 240;
/// Days over which the events are spread, and how far the first is off: far enough that
/// it lies ahead in all zones.
const SPAN: i64 = 54;
const LEAD: i64 = 2;

/// The event, of those with four comments, whose last comment is an advertisement: the walk
/// with telescopes.
const ADVERTISED: i64 = 3;
/// The event that somebody reports: the one with four pots.
const DISPUTED: i64 = 45;

/// An event that is to be published.
#[derive(Debug)]
pub(super) struct Gathering {
    zone: &'static str,
    from: &'static str,
    to: &'static str,
    pub(super) title: &'static str,
    place: &'static str,
    description: String,
}

impl Gathering {
    /// Reads one of the texts in [`CITIES`].
    fn read(zone: &'static str, text: &'static str) -> Option<Self> {
        let mut lines = text.lines();
        let (hours, title) = lines.next()?.split_once(' ')?;
        let (from, to) = hours.split_once('-')?;
        Some(Self {
            zone,
            from,
            to,
            title,
            place: lines.next()?,
            description: lines.collect::<Vec<_>>().join(" "),
        })
    }

    /// The city, which is what the place ends with.
    fn city(&self) -> &'static str {
        self.place
            .rsplit_once(", ")
            .map_or(self.place, |(_, city)| city)
    }
}

/// All events, in the order of their publication: one of each city, then the next of each.
pub(super) fn gatherings() -> Vec<Gathering> {
    let mut rounds = Vec::new();
    for (zone, texts) in CITIES {
        let texts = texts.split("\n\n").enumerate();
        rounds
            .extend(texts.filter_map(|(round, text)| Some((round, Gathering::read(zone, text)?))));
    }
    // Stable, so the cities keep their order.
    rounds.sort_by_key(|(round, _)| *round);
    rounds.into_iter().map(|(_, gathering)| gathering).collect()
}

/// The one at that place, counted round and round.
pub(super) fn pick<T: Copy>(pool: &[T], at: i64) -> Result<T> {
    let found = || {
        let at = at.checked_rem_euclid(i64::try_from(pool.len()).ok()?)?;
        pool.get(usize::try_from(at).ok()?).copied()
    };
    found().ok_or_else(|| Error::internal("the demo has nothing to pick from"))
}

fn first_name(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

/// Who publishes an event, by the place among the people. 7 has no divisor in common with 30:
/// everybody organises something.
pub(super) fn host_of(number: i64) -> i64 {
    (number * 7).rem_euclid(PEOPLE)
}

/// Who is there to do something.
struct Crowd {
    people: Vec<UserId>,
    /// The groups of events, by the events' titles.
    groups: HashMap<&'static str, GroupId>,
}

/// Fills an empty database.
pub(super) async fn settle(db: &Db, clock: &Clock, secret: &Secret) -> Result<()> {
    let gatherings = gatherings();
    let mut progress = Progress::begin(gatherings.len());
    let filled = fill(db, secret, clock.now(), gatherings, &mut progress).await;
    // After a failure as well, so that its sentence gets a line of its own.
    progress.end();
    filled
}

async fn fill(
    db: &Db,
    secret: &Secret,
    now: DateTime<Utc>,
    gatherings: Vec<Gathering>,
    progress: &mut Progress,
) -> Result<()> {
    progress.show();
    let titles: Vec<&'static str> = gatherings.iter().map(|one| one.title).collect();
    let secret = secret.clone();
    let crowd = db.write(move |conn| assemble(conn, &titles, &secret, now));
    let crowd = crowd.await?;
    let crowd = Arc::new(crowd);
    progress.people = crowd.people.len();
    progress.show();

    let mut numbered = (0..).zip(gatherings);
    loop {
        let batch: Vec<(i64, Gathering)> = numbered.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let (crowd, size) = (Arc::clone(&crowd), batch.len());
        db.write(move |conn| {
            batch
                .iter()
                .try_for_each(|(number, gathering)| hold(conn, &crowd, *number, gathering, now))
        })
        .await?;
        progress.events += size;
        progress.show();
    }
}

/// Makes all people and their groups.
fn assemble(
    conn: &mut Conn,
    titles: &[&'static str],
    secret: &Secret,
    now: DateTime<Utc>,
) -> Result<Crowd> {
    let people = sign_up(conn, secret, now)?;
    let groups = circles::gather(conn, &people, titles, now)?;
    Ok(Crowd { people, groups })
}

/// Makes all people, two hours apart, the last of them before the first event.
fn sign_up(conn: &mut Conn, secret: &Secret, now: DateTime<Utc>) -> Result<Vec<UserId>> {
    let mut people = Vec::new();
    for (name, number) in NAMES.into_iter().zip(0..) {
        let account = first_name(name).to_lowercase();
        let profile = Profile {
            name: name.to_owned(),
            email: Some(format!("{account}@demo.example")),
            avatar: Some(format!("https://picsum.photos/seed/{account}/200")),
        };
        let at = now - TimeDelta::days(14) + TimeDelta::hours(2 * number);
        let login = Login::Google(account);
        people.push(people::find_or_make(conn, &login, &profile, secret, at.into())?.id);
    }
    Ok(people)
}

/// Publishes an event, and what comes of it.
fn hold(
    conn: &mut Conn,
    crowd: &Crowd,
    number: i64,
    gathering: &Gathering,
    now: DateTime<Utc>,
) -> Result<()> {
    let (people, host) = (&crowd.people, host_of(number));
    // 23 has no divisor in common with 60: what is published one after the other lies far
    // apart.
    let slot = (number * 23).rem_euclid(60);
    let date = now.date_naive() + TimeDelta::days(LEAD + slot * SPAN / 60);
    let plan = events::Plan {
        title: gathering.title,
        description: &gathering.description,
        location: gathering.place,
        timezone: gathering.zone,
        date: &date.to_string(),
        from: gathering.from,
        to: gathering.to,
        group_id: crowd.groups.get(gathering.title).copied(),
    };
    // The minutes are odd ones, as people's are.
    let age = ((60 - number) * PACE - (number * 37).rem_euclid(60)).max(0);
    let at = now - TimeDelta::minutes(age);
    let event = events::publish(conn, pick(people, host)?, &plan, at.into())?;

    let made = Made {
        by: host,
        nth: number,
        minutes: age,
    };
    echo::attend(conn, people, event, made, now)?;
    discuss(conn, people, (event, gathering), made, now)?;
    if number == DISPUTED {
        let (reader, at) = (pick(people, host + 1)?, made.half_way(now));
        reports::file(conn, reader, Subject::Event, event.of(), COMPLAINT, at)?;
    }
    Ok(())
}

/// Says what is said of an event: a question, the organiser's answer, and one or two remarks.
fn discuss(
    conn: &mut Conn,
    people: &[UserId],
    (event, gathering): (EventId, &Gathering),
    published: Made,
    now: DateTime<Utc>,
) -> Result<()> {
    let (host, number, age) = (published.by, published.nth, published.minutes);
    let guest = host + 11;
    let host_name = first_name(pick(&NAMES, host)?);
    let guest_name = first_name(pick(&NAMES, guest)?);
    let fitted = |words: &str| {
        words
            .replace("{city}", gathering.city())
            .replace("{from}", gathering.from)
            .replace("{host}", host_name)
            .replace("{guest}", guest_name)
    };
    let (question, answer) = pick(&QUESTIONS, number)?;
    let mut said = vec![
        (guest, fitted(question)),
        (host, fitted(answer)),
        (host + 17, fitted(&remark(number)?)),
    ];
    if number == ADVERTISED {
        said.push((host + 23, ADVERT.0.to_owned()));
    } else if number % 3 == 0 {
        said.push((host + 23, fitted(&remark(number + 60)?)));
    }
    for ((person, words), order) in said.into_iter().zip(0..) {
        // At most four fifths of the event's age and half an hour: not in the future.
        let after = age * (order + 1) / 5 + (number * 7).rem_euclid(30);
        let made = Made {
            by: person,
            nth: number * 4 + order,
            minutes: (age - after).max(0),
        };
        let at = now - TimeDelta::minutes(made.minutes);
        let comment = comments::say(conn, event, pick(people, person)?, &words, at.into())?;
        // 50 of the 200.
        if order == 2 && number % 6 != 5 {
            images::insert(conn, comment, &pictures(number)?)?;
        }
        if number == ADVERTISED && order == 3 {
            let (host, at) = (pick(people, host)?, made.half_way(now));
            reports::file(conn, host, Subject::Comment, comment.of(), ADVERT.1, at)?;
        } else {
            echo::like(conn, people, comment, made, now)?;
        }
    }
    Ok(())
}

/// A comment that asks nothing, in one line or in two paragraphs.
fn remark(number: i64) -> Result<String> {
    let between = if number % 4 == 1 { "\n\n" } else { " " };
    let (opening, closing) = (pick(&OPENINGS, number)?, pick(&CLOSINGS, number)?);
    Ok(format!("{opening}{between}{closing}"))
}

/// The addresses of a picture or two.
fn pictures(number: i64) -> Result<Vec<String>> {
    let count = if number % 3 == 0 { 2 } else { 1 };
    let address = |word| format!("https://picsum.photos/seed/{word}/640/480");
    (number..number + count)
        .map(|at| pick(&PICTURES, at).map(address))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_event_is_read_as_it_is_meant() {
        let all = gatherings();
        assert_eq!(all.len(), 60);
        for one in &all {
            assert!(one.zone.parse::<chrono_tz::Tz>().is_ok(), "{one:?}");
            // As text, since they are all HH:MM.
            assert!(one.from.len() == 5 && one.to.len() == 5, "{one:?}");
            assert!("06:00" <= one.from && one.from < one.to, "{one:?}");
            assert!(one.place.contains(", "), "{one:?}");
            assert!(one.description.ends_with('.'), "{one:?}");
        }
        let titles: HashSet<_> = all.iter().map(|one| one.title).collect();
        assert_eq!(titles.len(), 60);
    }

    #[test]
    fn nobody_shares_a_login() {
        let logins: HashSet<_> = NAMES.map(first_name).into_iter().collect();
        assert_eq!(logins.len(), NAMES.len());
        assert!(logins.is_superset(&["Ann", "Bert", "Chidi", "Dunja"].into()));
    }
}
