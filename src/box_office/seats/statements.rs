//! The statements that everybody waits for, written out: diesel has those it builds for an update
//! parsed anew each time.

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text};

use super::changed;
use super::movements::{Movement, Source, Take};
use crate::bus::Beside;
use crate::community::events::EventId;
use crate::db::types::{Id, Timestamp, sql};
use crate::error::Result;

/// Takes seats if they are there, and says what is left.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct TakeSeats {
    pub(super) take: Take,
    /// How many of them a service takes.
    pub(super) internal: i64,
    pub(super) now: Timestamp,
}

impl<DB> QueryFragment<DB> for TakeSeats
where
    DB: Backend + HasSqlType<sql::Id> + HasSqlType<sql::Instant>,
    i64: ToSql<BigInt, DB>,
    EventId: ToSql<sql::Id, DB>,
    Timestamp: ToSql<sql::Instant, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Take {
            event_id,
            quantity,
            version,
        } = &self.take;
        out.push_sql("UPDATE event_seats SET version = version + 1, available = available - ");
        out.push_bind_param::<BigInt, _>(quantity)?;
        out.push_sql(", internal_taken = internal_taken + ");
        out.push_bind_param::<BigInt, _>(&self.internal)?;
        out.push_sql(", internal_revenue = internal_revenue + base_price * ");
        out.push_bind_param::<BigInt, _>(&self.internal)?;
        out.push_sql(", changed_at = ");
        out.push_bind_param::<sql::Instant, _>(&self.now)?;
        out.push_sql(" WHERE status = 'published' AND event_id = ");
        out.push_bind_param::<sql::Id, _>(event_id)?;
        out.push_sql(" AND available >= ");
        out.push_bind_param::<BigInt, _>(quantity)?;
        out.push_sql(" AND max_per_booking >= ");
        out.push_bind_param::<BigInt, _>(quantity)?;
        // 0 is no version, and stands for any.
        out.push_sql(" AND version = CASE WHEN ");
        out.push_bind_param::<BigInt, _>(version.as_ref().unwrap_or(&0))?;
        out.push_sql(" = 0 THEN version ELSE ");
        out.push_bind_param::<BigInt, _>(version.as_ref().unwrap_or(&0))?;
        out.push_sql(" END AND EXISTS (SELECT 1 FROM events WHERE id = ");
        out.push_bind_param::<sql::Id, _>(event_id)?;
        out.push_sql(" AND visible AND deleted_at IS NULL AND ends_at > ");
        out.push_bind_param::<sql::Instant, _>(&self.now)?;
        out.push_sql(") RETURNING available, version, base_price, currency, max_per_booking");
        Ok(())
    }
}

/// Takes seats, enters that into the ledger, and tells of it, in one statement of PostgreSQL.
#[derive(Debug, Clone, QueryId)]
pub(super) struct SellSeats {
    take: TakeSeats,
    entry_id: Id<Movement>,
    key_hash: Option<String>,
    told: Beside,
}

impl SellSeats {
    pub(super) fn new(take: TakeSeats, source: &Source) -> Result<Self> {
        Ok(Self {
            take,
            entry_id: Id::new(),
            key_hash: match source {
                Source::Internal(key_hash) => key_hash.clone(),
                Source::Booking(_) => None,
            },
            told: Beside::new(changed(take.take.event_id), take.now)?,
        })
    }
}

impl QueryFragment<Pg> for SellSeats {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let TakeSeats { take, now, .. } = &self.take;
        out.push_sql("WITH moved AS (");
        self.take.walk_ast(out.reborrow())?;
        out.push_sql(
            "), entered AS (INSERT INTO seat_movements
             (event_id, id, at, source, key_hash, quantity, amount) SELECT ",
        );
        out.push_bind_param::<sql::Id, _>(&take.event_id)?;
        out.push_sql(", ");
        out.push_bind_param::<sql::Id, _>(&self.entry_id)?;
        out.push_sql(", ");
        out.push_bind_param::<sql::Instant, _>(now)?;
        out.push_sql(", 'internal', ");
        out.push_bind_param::<Nullable<Text>, _>(&self.key_hash)?;
        out.push_sql(", -");
        out.push_bind_param::<BigInt, _>(&take.quantity)?;
        out.push_sql(", base_price * ");
        out.push_bind_param::<BigInt, _>(&take.quantity)?;
        out.push_sql(" FROM moved), told AS (");
        self.told.walk(out.reborrow(), "moved")?;
        out.push_sql(
            ") SELECT available, version, base_price, currency, max_per_booking FROM moved",
        );
        Ok(())
    }
}

impl Query for SellSeats {
    type SqlType = <TakeSeats as Query>::SqlType;
}

impl RunQueryDsl<diesel::PgConnection> for SellSeats {}

impl Query for TakeSeats {
    type SqlType = (BigInt, BigInt, BigInt, Text, BigInt);
}

impl<Conn> RunQueryDsl<Conn> for TakeSeats {}
