//! What the demo's people answer without words: interest in events, and likes on comments.

use chrono::{DateTime, TimeDelta, Utc};

use super::people::pick;
use crate::community::comments::CommentId;
use crate::community::events::EventId;
use crate::community::{interest, likes};
use crate::db::Conn;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::identity::people::UserId;

/// How many people an event interests. 13 of them, which has no divisor in common with the 10
/// cities.
const INTERESTED: [i64; 13] = [17, 4, 9, 12, 1, 20, 3, 7, 0, 11, 2, 15, 5];
/// How many like a comment. 17 of them, which has none in common with the 4 numbers that each
/// event's comments have.
const LIKES: [i64; 17] = [2, 0, 5, 1, 0, 3, 8, 0, 1, 4, 0, 12, 2, 0, 6, 0, 1];
/// How far apart those stand who answer. None has a divisor in common with 30, so nobody comes
/// twice before all have come.
const STEPS: [i64; 8] = [17, 7, 11, 23, 13, 29, 19, 1];

/// Something that somebody made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    /// Who made it, by the place among the people.
    pub(super) by: i64,
    /// Which it is of all.
    pub(super) nth: i64,
    /// How long ago.
    pub(super) minutes: i64,
}

impl Made {
    /// A moment between its making and now.
    pub(super) fn half_way(self, now: DateTime<Utc>) -> Timestamp {
        Timestamp(now - TimeDelta::minutes(self.minutes / 2))
    }

    /// Who answers, and when: so many others, one after the other.
    fn answers(
        self,
        count: i64,
        people: &[UserId],
        now: DateTime<Utc>,
    ) -> Result<Vec<(UserId, Timestamp)>> {
        let step = pick(&STEPS, self.nth)?;
        (1..=count)
            .map(|place| {
                let ago = self.minutes * (count + 1 - place) / (count + 1);
                let person = pick(people, self.by + step * place)?;
                Ok((person, Timestamp(now - TimeDelta::minutes(ago))))
            })
            .collect()
    }
}

/// Lets people show interest in an event.
pub(super) fn attend(
    conn: &mut Conn,
    people: &[UserId],
    event: EventId,
    made: Made,
    now: DateTime<Utc>,
) -> Result<()> {
    let count = pick(&INTERESTED, made.nth)?;
    for (person, at) in made.answers(count, people, now)? {
        interest::add(conn, event, person, at)?;
    }
    Ok(())
}

/// Lets people like a comment.
pub(super) fn like(
    conn: &mut Conn,
    people: &[UserId],
    comment: CommentId,
    made: Made,
    now: DateTime<Utc>,
) -> Result<()> {
    let count = pick(&LIKES, made.nth)?;
    for (person, at) in made.answers(count, people, now)? {
        likes::give(conn, comment, person, at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::people::PEOPLE;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nobody_answers_twice_or_to_themselves() {
        let people: Vec<UserId> = (0..PEOPLE).map(|_| UserId::new()).collect();
        let now = Utc::now();
        for nth in 0..8 {
            let made = Made {
                by: 3,
                nth,
                minutes: 100,
            };
            let answers = made.answers(20, &people, now).expect("there are people");
            let who: HashSet<UserId> = answers.iter().map(|(person, _)| *person).collect();
            assert_eq!(who.len(), 20);
            assert!(!who.contains(&people[3]));
            let then = now - TimeDelta::minutes(100);
            assert!(answers.iter().all(|(_, at)| then < at.0 && at.0 <= now));
        }
    }
}
