//! What people make who become one person: all of it is the one's who stays.
//!
//! In slices, like erasing: the two are one person at once, and what the other made follows
//! before the call is answered; if the server stops in between, or a write of the other was
//! under way, a sweeper goes over it once more, and then removes the other's row.

use super::belongings::Belongings;
use super::calendars::private;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::identity::people::{self, UserId};
use crate::identity::session;

/// How old it is when it is gone over once more: no write of before is still under way then.
const SETTLED: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

/// Hands over what must not wait: the other's sessions end, and the private calendar is the
/// one's, in the transaction that makes them one.
pub fn begin(conn: &mut Conn, from: UserId, into: UserId) -> Result<()> {
    session::end_all(conn, from)?;
    private::adopt(conn, from, into)
}

/// Hands over what a person made, slice after slice.
///
/// # Errors
/// Those of the database; a sweeper does what is left.
pub async fn hand_over(
    db: &Db,
    belongings: &Belongings,
    (from, into): (UserId, UserId),
    now: Timestamp,
) -> Result<()> {
    for belonging in belongings.iter() {
        loop {
            let adopt = belonging.adopt.clone();
            let slice = db.write_later(move |conn| adopt(conn, from, into, now));
            if slice.await? == 0 {
                break;
            }
        }
    }
    Ok(())
}

/// Goes once more over those that are not known to be complete, and removes the rows of people
/// who became others; how many they were.
///
/// # Errors
/// Those of the database; the next time tries again.
pub async fn finish(db: &Db, belongings: &Belongings, now: Timestamp) -> Result<usize> {
    let before = Timestamp(now.0 - SETTLED);
    let unfinished = db.read(move |conn| people::unfinished_merges(conn, before));
    let unfinished = unfinished.await?;
    let mut finished = 0;
    for (from, into) in unfinished {
        match finish_one(db, belongings, (from, into), now).await {
            Ok(()) => finished += 1,
            // The others' turn comes all the same.
            Err(error) => tracing::warn!(cause = %error, "what a person made is not handed over"),
        }
    }
    Ok(finished)
}

async fn finish_one(
    db: &Db,
    belongings: &Belongings,
    (from, into): (UserId, UserId),
    now: Timestamp,
) -> Result<()> {
    hand_over(db, belongings, (from, into), now).await?;
    db.write_later(move |conn| people::finish_merge(conn, from))
        .await
}
