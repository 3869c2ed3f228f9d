//! Values that are the same on both databases: ids and instants.
//!
//! One SQL type each stands for PostgreSQL's native type and for text on SQLite, so
//! that one query serves both.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io::Write as _;
use std::marker::PhantomData;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, HasSqlType};
use diesel::sqlite::Sqlite;
use rocket::request::FromParam;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::conn::MultiBackend;

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

/// The id of a `T`: a UUIDv7 (RFC 9562), so ids made later sort later.
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Id)]
pub struct Id<T: 'static>(Uuid, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// A new id. Within a process each is greater than the one before.
    pub fn new() -> Self {
        Self(Uuid::now_v7(), PhantomData)
    }

    /// The nil UUID: nobody's, and before every id.
    pub const fn nobody() -> Self {
        Self(Uuid::nil(), PhantomData)
    }

    /// The same id, of another kind of thing: for what names things of several kinds.
    pub fn of<U>(self) -> Id<U> {
        Id(self.0, PhantomData)
    }

    /// The id as the UUID it is.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}

impl<T> Default for Id<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> std::str::FromStr for Id<T> {
    type Err = uuid::Error;

    /// Takes the one form that is handed out: hyphenated, in lower case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uuid = Uuid::try_parse(text)?;
        let mut form = Uuid::encode_buffer();
        match uuid.hyphenated().encode_lower(&mut form) == text {
            true => Ok(uuid.into()),
            // The crate's error has no public constructor; parsing nothing makes one.
            false => Uuid::try_parse("").map(Self::from),
        }
    }
}

impl<T> FromParam<'_> for Id<T> {
    type Error = std::convert::Infallible;

    /// What is no id becomes the nil UUID, which is nobody's: so a malformed id ends as an
    /// unknown one does, in the endpoint's own words.
    fn from_param(param: &str) -> Result<Self, Self::Error> {
        Ok(param.parse().unwrap_or(Self::nobody()))
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from)
    }
}

impl<T> utoipa::PartialSchema for Id<T> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::Custom("uuid".into())))
            .into()
    }
}

impl<T> utoipa::ToSchema for Id<T> {}

impl<T> FromSql<sql::Id, Pg> for Id<T> {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Uuid::from_slice(bytes.as_bytes())?.into())
    }
}

impl<T> FromSql<sql::Id, Sqlite> for Id<T> {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Uuid::try_parse(value.read_text())?.into())
    }
}

impl<T> FromSql<sql::Id, MultiBackend> for Id<T> {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Id>()
    }
}

impl<T> ToSql<sql::Id, Pg> for Id<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T> ToSql<sql::Id, Sqlite> for Id<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl<T> ToSql<sql::Id, MultiBackend> for Id<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Id, self));
        Ok(IsNull::No)
    }
}

/// An instant in UTC, in whole microseconds. On the wire `YYYY-MM-DD HH:MM:SS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
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

    #[test]
    fn an_id_has_one_form() {
        let id = Id::<()>::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in [
            id.to_string().to_uppercase(),
            id.uuid().simple().to_string(),
            id.uuid().urn().to_string(),
            format!("{{{id}}}"),
            format!("{id} "),
            String::new(),
        ] {
            assert!(other.parse::<Id<()>>().is_err(), "{other}");
        }
    }
}
