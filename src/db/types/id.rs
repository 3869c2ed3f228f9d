//! Ids: a newtype for each kind of thing.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io::Write as _;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::Sqlite;
use rocket::request::FromParam;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::sql;
use crate::db::MultiBackend;

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

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Ids made later are greater.
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

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
