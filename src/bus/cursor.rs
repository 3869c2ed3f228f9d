//! How far each subscriber has heard, and what it refused. Owns `bus_cursors`, `bus_refusals`.

use diesel::prelude::*;

use super::Heard;
use crate::db::schema::{bus_cursors, bus_refusals};
use crate::db::types::Timestamp;
use crate::db::{Conn, OrIgnore};
use crate::error::Result;

/// How far a subscriber has heard; 0 if it is new.
pub fn position(conn: &mut Conn, subscriber: &str) -> Result<i64> {
    let position = bus_cursors::table
        .find(subscriber)
        .select(bus_cursors::position)
        .first::<i64>(conn)
        .optional()?;
    Ok(position.unwrap_or(0))
}

/// Moves a subscriber from where it was; false if another was faster.
pub fn advance(
    conn: &mut Conn,
    subscriber: &str,
    from: i64,
    to: i64,
    now: Timestamp,
) -> Result<bool> {
    let first = diesel::insert_into(bus_cursors::table).values((
        bus_cursors::subscriber.eq(subscriber),
        bus_cursors::position.eq(0),
        bus_cursors::updated_at.eq(now),
    ));
    OrIgnore(first).execute(conn)?;
    let there = bus_cursors::table
        .find(subscriber)
        .filter(bus_cursors::position.eq(from));
    let moved = diesel::update(there)
        .set((
            bus_cursors::position.eq(to),
            bus_cursors::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(moved == 1)
}

/// Keeps a change that a subscriber refused, and why.
pub(super) fn refuse(
    conn: &mut Conn,
    subscriber: &str,
    heard: &Heard,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    let row = diesel::insert_into(bus_refusals::table).values((
        bus_refusals::subscriber.eq(subscriber),
        bus_refusals::change_uuid.eq(heard.uuid),
        bus_refusals::topic.eq(&heard.topic),
        bus_refusals::subject.eq(&heard.subject),
        bus_refusals::why.eq(why),
        bus_refusals::at.eq(now),
    ));
    OrIgnore(row).execute(conn)?;
    Ok(())
}

/// A change that a subscriber refused: when, its topic, what it is about, and why.
pub type Refusal = (Timestamp, String, String, String);

/// How many changes a subscriber refused, and the newest 10.
pub fn refusals(conn: &mut Conn, subscriber: &str) -> Result<(i64, Vec<Refusal>)> {
    let of = bus_refusals::subscriber.eq(subscriber.to_owned());
    let count = bus_refusals::table
        .filter(of.clone())
        .count()
        .get_result(conn)?;
    let newest = bus_refusals::table
        .filter(of)
        .order(bus_refusals::at.desc())
        .limit(10)
        .select((
            bus_refusals::at,
            bus_refusals::topic,
            bus_refusals::subject,
            bus_refusals::why,
        ))
        .load(conn)?;
    Ok((count, newest))
}
