//! Recomputes what is kept beside the ledger from the ledger.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Conn, on_backend};
use crate::error::Result;

/// Most differences that are told of a kind.
const MOST: &str = "10";

#[derive(QueryableByName)]
struct Difference {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    kept: i64,
    #[diesel(sql_type = BigInt)]
    ledger: i64,
}

/// What differs: a sentence each.
pub fn verify(conn: &mut Conn) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    let mut look = |kept: &str, ledger: &str, from: &str, sentence: fn(&Difference) -> String| {
        let query = format!(
            "SELECT * FROM (SELECT CAST({from}.{id} AS TEXT) AS id, {kept} AS kept,
                 CAST({ledger} AS BIGINT) AS ledger FROM {from}) AS looked_at
             WHERE kept <> ledger ORDER BY id LIMIT {MOST}",
            id = if from == "bookings" { "id" } else { "event_id" },
        );
        let found: Vec<Difference> =
            on_backend!(&mut *conn, conn => diesel::sql_query(query).load(conn))?;
        differences.extend(found.iter().map(sentence));
        Ok::<_, crate::error::Error>(())
    };
    look(
        "event_seats.available",
        "event_seats.capacity + (SELECT coalesce(sum(quantity), 0) FROM seat_movements
         WHERE seat_movements.event_id = event_seats.event_id)",
        "event_seats",
        |it| {
            let Difference { id, kept, ledger } = it;
            format!("event {id} has {kept} seats free, and its ledger says {ledger}")
        },
    )?;
    look(
        "event_seats.internal_taken",
        "(SELECT coalesce(-sum(quantity), 0) FROM seat_movements
          WHERE seat_movements.event_id = event_seats.event_id AND source = 'internal')",
        "event_seats",
        |it| {
            let Difference { id, kept, ledger } = it;
            format!(
                "event {id} counts {kept} seats of internal calls, and its ledger says {ledger}"
            )
        },
    )?;
    look(
        "event_seats.internal_revenue",
        "(SELECT coalesce(sum(amount), 0) FROM seat_movements
          WHERE seat_movements.event_id = event_seats.event_id AND source = 'internal')",
        "event_seats",
        |it| {
            let Difference { id, kept, ledger } = it;
            format!(
                "event {id} counts a revenue of {kept} by internal calls, and its ledger says {ledger}"
            )
        },
    )?;
    look(
        "CASE WHEN status IN ('held', 'confirmed') THEN quantity ELSE 0 END",
        "(SELECT coalesce(-sum(quantity), 0) FROM seat_movements
          WHERE seat_movements.booking_id = bookings.id)",
        "bookings",
        |it| {
            let Difference { id, kept, ledger } = it;
            format!("booking {id} has {kept} seats, and the ledger says {ledger}")
        },
    )?;
    look(
        "CASE WHEN status IN ('held', 'confirmed') THEN amount ELSE 0 END",
        "(SELECT coalesce(sum(amount), 0) FROM seat_movements
          WHERE seat_movements.booking_id = bookings.id)",
        "bookings",
        |it| {
            let Difference { id, kept, ledger } = it;
            format!("booking {id} costs {kept} in minor units, and the ledger says {ledger}")
        },
    )?;
    Ok(differences)
}
