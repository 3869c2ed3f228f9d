//! Values that are the same on both databases: ids and instants.
//!
//! One SQL type each stands for PostgreSQL's native type and for text on SQLite, so
//! that one query serves both.

mod id;
mod instant;

use diesel::sql_types::HasSqlType;

use super::conn::MultiBackend;

pub use id::Id;
pub use instant::{Rfc3339, Timestamp, ascii, push_digits, wall_clock, wall_date, wall_time};

/// The SQL types of [`Id`] and [`Timestamp`].
pub mod sql {
    /// `uuid` on PostgreSQL, text on SQLite.
    #[derive(
        Debug, Clone, Copy, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId,
    )]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct Id;

    /// `timestamptz` on PostgreSQL, text that sorts on SQLite.
    #[derive(
        Debug, Clone, Copy, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId,
    )]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct Instant;
}

impl HasSqlType<sql::Id> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<sql::Id>(lookup)
    }
}

impl HasSqlType<sql::Instant> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<sql::Instant>(lookup)
    }
}
