//! What was sold, out of the ledger.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Analytics, Trend};
use crate::box_office::catalogue;
use crate::box_office::money::Minor;
use crate::box_office::seats::Seats;
use crate::community::events::EventId;
use crate::db::Conn;
use crate::db::schema::bookings;
use crate::db::types::{Timestamp, sql, wall_time};
use crate::error::{Error, Result};

/// What moved in a minute: no zone's day begins within one.
#[derive(QueryableByName)]
struct Minute {
    /// `YYYY-MM-DDTHH:MM`, UTC.
    #[diesel(sql_type = Text)]
    minute: String,
    #[diesel(sql_type = BigInt)]
    tickets: i64,
    #[diesel(sql_type = BigInt)]
    revenue: i64,
}

pub(super) fn of(conn: &mut Conn, seats: &Seats, now: Timestamp) -> Result<Analytics> {
    let event = catalogue::row(conn, seats.event_id)?;
    let zone = event.when.timezone.parse::<Tz>().unwrap_or(Tz::UTC);
    let mut days = BTreeMap::<NaiveDate, (i64, i64)>::new();
    for moved in minutes(conn, seats.event_id)? {
        let at = wall_time(&format!("{}:00", moved.minute));
        let at = at.ok_or_else(|| Error::internal("a minute that is none"))?;
        let day = zone.from_utc_datetime(&at).date_naive();
        let (tickets, revenue) = days.entry(day).or_default();
        *tickets += moved.tickets;
        *revenue += moved.revenue;
    }
    let sold = days.values().map(|(tickets, _)| tickets).sum::<i64>();
    let revenue = days.values().map(|(_, revenue)| revenue).sum::<i64>();
    let trend = |(date, (tickets, revenue))| Trend {
        date,
        tickets,
        revenue: Minor(revenue),
    };
    Ok(Analytics {
        event_id: seats.event_id,
        tickets_sold: sold,
        held: held(conn, seats.event_id, now)?,
        revenue: Minor(revenue),
        currency: seats.currency.clone(),
        // Rounded to hundredths of a percent, in whole numbers.
        capacity_utilization: ((sold * 20_000 + seats.capacity) / (2 * seats.capacity)) as f64
            / 100.0,
        booking_trends: days.into_iter().map(trend).collect(),
        capacity: seats.capacity,
        name: event.name,
    })
}

/// What internal calls moved, and what was taken for bookings that are confirmed.
fn minutes(conn: &mut Conn, event_id: EventId) -> Result<Vec<Minute>> {
    const SOLD: &str = "CAST(-sum(moved.quantity) AS BIGINT) AS tickets,
             CAST(sum(moved.amount) AS BIGINT) AS revenue
         FROM seat_movements AS moved LEFT JOIN bookings ON bookings.id = moved.booking_id
         WHERE (moved.source = 'internal' OR bookings.status = 'confirmed')";
    Ok(match conn {
        Conn::Sqlite(conn) => diesel::sql_query(format!(
            "SELECT substr(moved.at, 1, 16) AS minute, {SOLD} AND in_time()
             AND moved.event_id = ? GROUP BY minute",
        ))
        .bind::<sql::Id, _>(event_id)
        .load(conn)?,
        Conn::Pg(conn) => diesel::sql_query(format!(
            "SELECT to_char(moved.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI') AS minute,
             {SOLD} AND moved.event_id = $1 GROUP BY minute",
        ))
        .bind::<sql::Id, _>(event_id)
        .load(conn)?,
    })
}

fn held(conn: &mut Conn, event_id: EventId, now: Timestamp) -> Result<i64> {
    let sum = diesel::dsl::sql::<BigInt>("CAST(coalesce(sum(quantity), 0) AS BIGINT)");
    Ok(bookings::table
        .filter(bookings::event_id.eq(event_id))
        .filter(bookings::status.eq("held"))
        .filter(bookings::expires_at.gt(now))
        .select(sum)
        .first(conn)?)
}
