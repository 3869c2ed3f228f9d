//! The demo's people, and what they say.

use chrono::{Days, NaiveDate};

use crate::clock::Clock;
use crate::community::{comments, events};
use crate::db::Db;
use crate::error::Result;
use crate::identity::people::{self, Login, Profile};

/// Title, description, place, zone, days from now, from, to.
type Plan = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u64,
    &'static str,
    &'static str,
);

const PLANS: [Plan; 6] = [
    (
        "Rust and coffee",
        "Show what you build, or just listen. Beginners are welcome.",
        "Tim Wendelboe, Grüners gate 1, Oslo",
        "Europe/Oslo",
        3,
        "18:00",
        "21:00",
    ),
    (
        "Harbour swim",
        "Cold water, warm soup afterwards. Bring a towel.",
        "Sørenga sjøbad, Oslo",
        "Europe/Oslo",
        5,
        "07:30",
        "08:30",
    ),
    (
        "Board games in the library",
        "Forty games on the shelves; bring your own as well.",
        "Deichman Bjørvika, Oslo",
        "Europe/Oslo",
        9,
        "17:00",
        "22:00",
    ),
    (
        "Repair café",
        "Lamps, bicycles, trousers: we mend them together.",
        "Kornhausforum, Bern",
        "Europe/Zurich",
        12,
        "13:00",
        "17:00",
    ),
    (
        "Night walk with telescopes",
        "Jupiter and its moons, if the clouds allow.",
        "Prospect Park, Brooklyn",
        "America/New_York",
        20,
        "20:00",
        "23:30",
    ),
    (
        "Spring market",
        "Seedlings, bread, cheese and music, for two days.",
        "Marktplatz, Basel",
        "Europe/Zurich",
        40,
        "09:00",
        "18:00",
    ),
];

const REMARKS: [(usize, usize, &str); 7] = [
    (0, 1, "I will bring a compiler that talks."),
    (0, 2, "Is there a place for a pram?"),
    (0, 0, "There is, behind the bar."),
    (1, 3, "How cold is it?\n\nAsking for a friend."),
    (1, 0, "Seven degrees last week."),
    (3, 2, "My grandmother's radio has been silent since 1987."),
    (4, 1, "Bring gloves."),
];

/// Fills an empty database.
pub(super) async fn settle(db: &Db, clock: &Clock) -> Result<()> {
    let now = clock.now();
    let names = ["Ann", "Bert", "Chidi", "Dunja"];
    db.write(move |conn| {
        let mut settled = Vec::new();
        for name in names {
            let account = name.to_lowercase();
            let profile = Profile {
                name: name.to_owned(),
                email: Some(format!("{account}@demo.example")),
                avatar: None,
            };
            let login = Login::Google(account);
            settled.push(people::find_or_make(conn, &login, &profile, now.into())?.id);
        }
        let today: NaiveDate = now.date_naive();
        let mut published = Vec::new();
        for ((title, description, location, timezone, days, from, to), creator) in
            PLANS.into_iter().zip(settled.iter().cycle())
        {
            let date = (today + Days::new(days)).to_string();
            let plan = events::Plan {
                title,
                description,
                location,
                timezone,
                date: &date,
                from,
                to,
            };
            published.push(events::publish(conn, *creator, &plan, now.into())?);
        }
        for (event, person, words) in REMARKS {
            if let (Some(event), Some(person)) = (published.get(event), settled.get(person)) {
                comments::say(conn, *event, *person, words, now.into())?;
            }
        }
        Ok(())
    })
    .await
}
