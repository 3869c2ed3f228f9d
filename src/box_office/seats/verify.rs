//! Recomputes what is kept beside the ledger from the ledger.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Conn, on_backend};
use crate::error::Result;

/// Most differences that are told of a kind.
const MOST: usize = 10;

/// What is kept, and what the ledger says.
#[derive(QueryableByName)]
struct Difference {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    kept: i64,
    #[diesel(sql_type = BigInt)]
    ledger: i64,
}

/// Two numbers of each row of a table that must be one.
struct Look {
    table: &'static str,
    id: &'static str,
    kept: &'static str,
    ledger: &'static str,
    /// What a difference is called.
    says: fn(&Difference) -> String,
}

const LOOKS: [Look; 5] = [
    Look {
        table: "event_seats",
        id: "event_id",
        kept: "available",
        ledger: "capacity + (SELECT coalesce(sum(quantity), 0) FROM seat_movements
                 WHERE seat_movements.event_id = event_seats.event_id)",
        says: |Difference { id, kept, ledger }| {
            format!("event {id} has {kept} seats free, and its ledger says {ledger}")
        },
    },
    Look {
        table: "event_seats",
        id: "event_id",
        kept: "internal_taken",
        ledger: "(SELECT coalesce(-sum(quantity), 0) FROM seat_movements
                 WHERE seat_movements.event_id = event_seats.event_id AND source = 'internal')",
        says: |Difference { id, kept, ledger }| {
            format!("event {id} counts {kept} seats of services, and its ledger says {ledger}")
        },
    },
    Look {
        table: "event_seats",
        id: "event_id",
        kept: "internal_revenue",
        ledger: "(SELECT coalesce(sum(amount), 0) FROM seat_movements
                 WHERE seat_movements.event_id = event_seats.event_id AND source = 'internal')",
        says: |Difference { id, kept, ledger }| {
            format!("event {id} counts {kept} taken by services, and its ledger says {ledger}")
        },
    },
    Look {
        table: "bookings",
        id: "id",
        kept: "CASE WHEN status IN ('held', 'confirmed') THEN quantity ELSE 0 END",
        ledger: "(SELECT coalesce(-sum(quantity), 0) FROM seat_movements
                 WHERE seat_movements.booking_id = bookings.id)",
        says: |Difference { id, kept, ledger }| {
            format!("booking {id} has {kept} seats, and the ledger says {ledger}")
        },
    },
    Look {
        table: "bookings",
        id: "id",
        kept: "CASE WHEN status IN ('held', 'confirmed') THEN amount ELSE 0 END",
        ledger: "(SELECT coalesce(sum(amount), 0) FROM seat_movements
                 WHERE seat_movements.booking_id = bookings.id)",
        says: |Difference { id, kept, ledger }| {
            format!("booking {id} costs {kept} in minor units, and the ledger says {ledger}")
        },
    },
];

/// What differs: a sentence each. Each look is one statement, so that what is sold meanwhile is
/// no difference.
pub fn verify(conn: &mut Conn) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    for Look {
        table,
        id,
        kept,
        ledger,
        says,
    } in &LOOKS
    {
        let query = format!(
            "SELECT * FROM (SELECT CAST({id} AS TEXT) AS id, CAST({kept} AS BIGINT) AS kept,
                 CAST({ledger} AS BIGINT) AS ledger FROM {table}) AS looked_at
             WHERE kept <> ledger ORDER BY id LIMIT {MOST}"
        );
        let found: Vec<Difference> =
            on_backend!(&mut *conn, conn => diesel::sql_query(query).load(conn))?;
        differences.extend(found.iter().map(says));
    }
    Ok(differences)
}
