//! What people make who become one person: all of it is the one's who stays.
//!
//! In slices, like erasing: the two are one person at once, and what the other made follows
//! before the call is answered; if the server stops in between, or a write of the other was
//! under way, a sweeper goes over it once more, and then removes the other's row.

use super::calendars::private;
use super::{comments, events, groups, interest, likes, reports};
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::idempotency;
use crate::identity::people::{self, UserId};
use crate::identity::{audit, session};

/// How old it is when it is gone over once more: no write of before is still under way then.
const SETTLED: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

/// Hands over some of what a person made; how much it was.
type Slice = fn(&mut Conn, UserId, UserId) -> Result<usize>;

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
pub async fn hand_over(db: &Db, from: UserId, into: UserId) -> Result<()> {
    let slices: [Slice; 8] = [
        comments::adopt,
        likes::adopt,
        interest::adopt,
        events::adopt,
        groups::adopt,
        reports::adopt,
        audit::adopt,
        // What the other's calls were answered is of use to nobody.
        |conn, from, _| idempotency::forget(conn, from),
    ];
    for slice in slices {
        while db.write_later(move |conn| slice(conn, from, into)).await? > 0 {}
    }
    Ok(())
}

/// Goes once more over those that are not known to be complete, and removes the rows of people
/// who became others; how many they were.
///
/// # Errors
/// Those of the database; the next time tries again.
pub async fn finish(db: &Db, now: Timestamp) -> Result<usize> {
    let before = Timestamp(now.0 - SETTLED);
    let unfinished = db.read(move |conn| people::unfinished_merges(conn, before));
    let unfinished = unfinished.await?;
    let mut finished = 0;
    for (from, into) in unfinished {
        match finish_one(db, from, into).await {
            Ok(()) => finished += 1,
            // The others' turn comes all the same.
            Err(error) => tracing::warn!(cause = %error, "what a person made is not handed over"),
        }
    }
    Ok(finished)
}

async fn finish_one(db: &Db, from: UserId, into: UserId) -> Result<()> {
    hand_over(db, from, into).await?;
    db.write_later(move |conn| people::finish_merge(conn, from))
        .await
}
