//! What an admin says of a venue, and the rules it obeys.

use diesel::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use unicode_normalization::UnicodeNormalization as _;

use super::VenueView;
use crate::db::schema::venues;
use crate::error::Result;
use crate::http::body::present;
use crate::http::fields::Check;

const NAME_CHARS: usize = 120;
const ADDRESS_CHARS: usize = 200;
const PLACE_CHARS: usize = 100;
const POSTAL_CODE_CHARS: usize = 20;
const CAPACITY: std::ops::RangeInclusive<i64> = 1..=1_000_000;
const LAYOUT_BYTES: usize = 64 << 10;

/// A new venue.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewVenue {
    /// 1 to 120 characters, one line.
    name: String,
    /// 1 to 200 characters, one line.
    address: String,
    /// 1 to 100 characters, one line.
    #[schema(example = "Oslo")]
    city: String,
    /// At most 100 characters.
    state: Option<String>,
    /// 1 to 100 characters, one line.
    #[schema(example = "Norway")]
    country: String,
    /// At most 20 characters.
    postal_code: Option<String>,
    /// 1 to 1 000 000.
    capacity: i64,
    /// A JSON object of at most 64 KiB, for front ends.
    #[schema(value_type = Option<Object>)]
    layout_config: Option<Box<RawValue>>,
}

/// What of a venue changes; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct VenueChanges {
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    address: Option<String>,
    #[serde(default, deserialize_with = "present")]
    city: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    state: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    country: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    postal_code: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    capacity: Option<i64>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    layout_config: Option<Option<Box<RawValue>>>,
}

impl VenueChanges {
    /// The venue as the changes would have it.
    pub(super) fn onto(&self, venue: &VenueView) -> NewVenue {
        let or = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
        let maybe = |new: &Option<Option<String>>, old: &Option<String>| {
            new.clone().unwrap_or_else(|| old.clone())
        };
        let layout = || {
            let layout = venue.layout_config.clone();
            layout.and_then(|layout| RawValue::from_string(layout).ok())
        };
        NewVenue {
            name: or(&self.name, &venue.name),
            address: or(&self.address, &venue.address),
            city: or(&self.city, &venue.city),
            state: maybe(&self.state, &venue.state),
            country: or(&self.country, &venue.country),
            postal_code: maybe(&self.postal_code, &venue.postal_code),
            capacity: self.capacity.unwrap_or(venue.capacity),
            layout_config: self.layout_config.clone().unwrap_or_else(layout),
        }
    }
}

/// What an admin says of a venue, by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = venues, treat_none_as_null = true)]
pub(super) struct Details {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) city: String,
    pub(super) state: Option<String>,
    pub(super) country: String,
    pub(super) postal_code: Option<String>,
    pub(super) capacity: i64,
    pub(super) layout_config: Option<String>,
    pub(super) name_key: String,
    pub(super) city_key: String,
    pub(super) search_key: String,
}

impl Details {
    pub(super) fn read(new: &NewVenue) -> Result<Self> {
        let mut check = Check::default();
        let name = check.name("name", &new.name, 1..=NAME_CHARS);
        let address = check.line("address", &new.address, 1..=ADDRESS_CHARS);
        let city = check.name("city", &new.city, 1..=PLACE_CHARS);
        let country = check.name("country", &new.country, 1..=PLACE_CHARS);
        let state = new.state.as_deref();
        let state = state.map(|state| check.line("state", state, 0..=PLACE_CHARS));
        let code = new.postal_code.as_deref();
        let code = code.map(|code| check.line("postal_code", code, 0..=POSTAL_CODE_CHARS));
        if !CAPACITY.contains(&new.capacity) {
            check.problem("capacity", "must be a whole number from 1 to 1000000");
        }
        let layout = new.layout_config.as_deref().map(RawValue::get);
        if layout.is_some_and(|layout| !layout.starts_with('{') || layout.len() > LAYOUT_BYTES) {
            check.problem("layout_config", "must be a JSON object of at most 64 KiB");
        }
        // PostgreSQL's text has no NUL, and nobody's plan of a room does.
        if layout.is_some_and(|layout| layout.contains("\\u0000")) {
            check.problem("layout_config", "must not hold NUL");
        }
        check.done()?;
        Ok(Self {
            name_key: fold(&name),
            city_key: fold(&city),
            search_key: fold(&format!("{name}\n{address}\n{city}")),
            name,
            address,
            city,
            state: state.filter(|state| !state.is_empty()),
            country,
            postal_code: code.filter(|code| !code.is_empty()),
            capacity: new.capacity,
            layout_config: layout.map(str::to_owned),
        })
    }

    /// Names of the fields in which a venue differs.
    pub(super) fn changed(&self, venue: &VenueView) -> Vec<&'static str> {
        [
            ("name", self.name != venue.name),
            ("address", self.address != venue.address),
            ("city", self.city != venue.city),
            ("state", self.state != venue.state),
            ("country", self.country != venue.country),
            ("postal_code", self.postal_code != venue.postal_code),
            ("capacity", self.capacity != venue.capacity),
            ("layout_config", self.layout_config != venue.layout_config),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

/// A text by which others are found that differ in case only. Upper case first, since it has
/// fewer forms: ß is SS there, and a final sigma like any other.
pub fn fold(text: &str) -> String {
    let upper = text.trim().nfc().collect::<String>().to_uppercase();
    upper.chars().flat_map(char::to_lowercase).nfc().collect()
}
