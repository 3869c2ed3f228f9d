//! Instants, and the wall's dates and times that people write.

use std::io::Write as _;

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Timelike, Utc,
};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use serde::{Serialize, Serializer};

use super::sql;
use crate::db::MultiBackend;

/// An instant in UTC, in whole microseconds. On the wire `YYYY-MM-DD HH:MM:SS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Instant)]
pub struct Timestamp(pub DateTime<Utc>);

/// Microseconds from 1970 to 2000, where PostgreSQL's count begins.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl Timestamp {
    /// The text that SQLite keeps, such as `2026-11-21T09:10:11.123456Z`: its order as
    /// text is its order in time.
    fn to_text(self) -> String {
        let mut text = self.wall(b'T');
        text.reserve_exact(8);
        text.push(b'.');
        push_digits(&mut text, self.0.timestamp_subsec_micros(), 6);
        text.push(b'Z');
        ascii(text)
    }

    /// `YYYY-MM-DD?HH:MM:SS` in UTC. Written by hand, since lists write many and the
    /// general formatter takes longer than the database.
    fn wall(self, between: u8) -> Vec<u8> {
        let (date, time) = (self.0.date_naive(), self.0.time());
        let mut text = Vec::with_capacity(27);
        push_digits(&mut text, date.year().unsigned_abs(), 4);
        for (before, value) in [
            (b'-', date.month()),
            (b'-', date.day()),
            (between, time.hour()),
            (b':', time.minute()),
            (b':', time.second()),
        ] {
            text.push(before);
            push_digits(&mut text, value, 2);
        }
        text
    }

    fn from_text(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let micros = bytes.get(20..26)?;
        if bytes.len() != 27 || bytes.last() != Some(&b'Z') {
            return None;
        }
        let at = wall_time(text.get(..19)?)?;
        let micros = digits(micros)?;
        let at = at.with_nanosecond(micros * 1_000)?;
        Some(Self(at.and_utc()))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

/// Appends the last `count` decimal digits.
pub fn push_digits(text: &mut Vec<u8>, value: u32, count: u32) {
    for place in (0..count).rev() {
        text.push(b'0' + (value / 10u32.pow(place) % 10) as u8);
    }
}

/// Text from bytes that are ASCII by construction.
pub fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |n: u32, digit| {
        digit
            .is_ascii_digit()
            .then(|| n * 10 + u32::from(digit - b'0'))
    })
}

/// Reads `YYYY-MM-DD?HH:MM:SS`, whatever stands between date and time.
pub fn wall_time(text: &str) -> Option<NaiveDateTime> {
    Some(NaiveDateTime::new(
        wall_date(text.get(..10)?)?,
        wall_clock(text.get(11..)?)?,
    ))
}

/// Reads exactly `YYYY-MM-DD`.
pub fn wall_date(text: &str) -> Option<NaiveDate> {
    match text.as_bytes() {
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => NaiveDate::from_ymd_opt(
            i32::try_from(digits(y)?).ok()?,
            digits(&[*m1, *m2])?,
            digits(&[*d1, *d2])?,
        ),
        _ => None,
    }
}

/// Reads exactly `HH:MM:SS` or `HH:MM`.
pub fn wall_clock(text: &str) -> Option<NaiveTime> {
    let (h, m, s) = match text.as_bytes() {
        [h1, h2, b':', m1, m2] => ([*h1, *h2], [*m1, *m2], [b'0', b'0']),
        [h1, h2, b':', m1, m2, b':', s1, s2] => ([*h1, *h2], [*m1, *m2], [*s1, *s2]),
        _ => return None,
    };
    NaiveTime::from_hms_opt(digits(&h)?, digits(&m)?, digits(&s)?)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&ascii(self.wall(b' ')))
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("UTC, `YYYY-MM-DD HH:MM:SS`"))
            .examples([serde_json::json!("2026-11-21 09:10:11")])
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

impl FromSql<sql::Instant, Pg> for Timestamp {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(bytes)?;
        micros
            .checked_add(POSTGRES_EPOCH)
            .and_then(DateTime::from_timestamp_micros)
            .map(Self)
            .ok_or_else(|| "an instant out of range".into())
    }
}

impl FromSql<sql::Instant, Sqlite> for Timestamp {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::from_text(value.read_text()).ok_or_else(|| "not an instant".into())
    }
}

impl FromSql<sql::Instant, MultiBackend> for Timestamp {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Instant>()
    }
}

impl ToSql<sql::Instant, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.timestamp_micros() - POSTGRES_EPOCH;
        out.write_all(&micros.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<sql::Instant, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_text());
        Ok(IsNull::No)
    }
}

impl ToSql<sql::Instant, MultiBackend> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Instant, self));
        Ok(IsNull::No)
    }
}

/// An instant as the systems beside the community write it: RFC 3339, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
pub struct Rfc3339(pub DateTime<Utc>);

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl utoipa::PartialSchema for Rfc3339 {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::KnownFormat::DateTime,
            )))
            .description(Some("UTC, RFC 3339"))
            .examples([serde_json::json!("2026-11-21T09:10:11.000Z")])
            .into()
    }
}

impl utoipa::ToSchema for Rfc3339 {}

impl From<Timestamp> for Rfc3339 {
    fn from(at: Timestamp) -> Self {
        Self(at.0)
    }
}

impl<DB: Backend> FromSql<sql::Instant, DB> for Rfc3339
where
    Timestamp: FromSql<sql::Instant, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Timestamp::from_sql(bytes).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_keeps_an_instant_and_its_order(a in -62_000_000_000_000_000i64..250_000_000_000_000_000,
                                               b in -62_000_000_000_000_000i64..250_000_000_000_000_000) {
            let at = |micros| Timestamp(Utc.timestamp_micros(micros).single().expect("in range"));
            let (a, b) = (at(a), at(b));
            prop_assert_eq!(Timestamp::from_text(&a.to_text()), Some(a));
            prop_assert_eq!(a.to_text().cmp(&b.to_text()), a.cmp(&b));
        }

        #[test]
        fn no_text_makes_the_readers_panic(text in ".*") {
            let _ = (wall_time(&text), wall_date(&text), wall_clock(&text), Timestamp::from_text(&text));
        }
    }
}
