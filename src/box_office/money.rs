//! Money: whole minor units inside, a JSON number with at most two decimals outside.

use iso_currency::Currency;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::http::fields::Check;

/// Highest price of a seat, in minor units.
const HIGHEST: i64 = 100_000_000;

/// An amount in minor units (hundredths) of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor(pub i64);

impl Serialize for Minor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact: amounts here have fewer than the 15 digits that such a number keeps.
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

impl utoipa::PartialSchema for Minor {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .description(Some("At most two decimals"))
            .examples([serde_json::json!(25.5)])
            .into()
    }
}

impl utoipa::ToSchema for Minor {}

/// A price as a caller wrote it: the number's own digits, since a binary fraction would have
/// lost some.
#[derive(Debug, Clone)]
pub struct Written(String);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(raw.get().to_owned()))
    }
}

impl From<Minor> for Written {
    fn from(amount: Minor) -> Self {
        Self(format!("{}.{:02}", amount.0 / 100, amount.0 % 100))
    }
}

impl Written {
    /// The amount, if it is a price.
    pub fn read(&self, check: &mut Check, field: &'static str) -> Minor {
        match minor(&self.0) {
            Some(amount) if (0..=HIGHEST).contains(&amount) => Minor(amount),
            _ => {
                check.problem(
                    field,
                    "must be a number from 0 to 1000000 with at most two decimals",
                );
                Minor(0)
            }
        }
    }
}

/// The hundredths of a JSON number (RFC 8259, section 6), if they are whole and not too many.
fn minor(number: &str) -> Option<i64> {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, number),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.len() + fraction.len() > 30 || !(-30..=30).contains(&exponent) {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse::<i128>().ok()?;
    // How many places the digits are to be moved, to be hundredths.
    let places = exponent - i32::try_from(fraction.len()).ok()? + 2;
    let factor = 10_i128.checked_pow(places.unsigned_abs())?;
    let hundredths = match places {
        0.. => digits.checked_mul(factor)?,
        _ if digits % factor == 0 => digits / factor,
        _ => return None,
    };
    i64::try_from(hundredths)
        .ok()
        .map(|hundredths| sign * hundredths)
}

/// A currency's code (ISO 4217).
pub fn currency(check: &mut Check, field: &'static str, code: &str) -> String {
    match Currency::from_code(code) {
        Some(currency) => currency.code().to_owned(),
        None => {
            check.problem(field, "must be an ISO 4217 code, such as EUR");
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hundredths_are_whole_or_none() {
        for (number, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("25.5", Some(2550)),
            ("19.99", Some(1999)),
            ("19.990", Some(1999)),
            ("2.5e1", Some(2500)),
            ("1E2", Some(10_000)),
            ("1999e-2", Some(1999)),
            ("-1", Some(-100)),
            ("19.999", None),
            ("19.999999999999999999", None),
            ("0.001", None),
            ("1e-3", None),
            ("1e300", None),
            ("1e-300", None),
            ("123456789012345678901234567890", None),
            ("\"25\"", None),
            ("null", None),
            ("[1]", None),
            ("true", None),
        ] {
            assert_eq!(minor(number), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(amount in 0..HIGHEST) {
            let written = serde_json::to_string(&Minor(amount)).expect("JSON");
            prop_assert_eq!(minor(&written), Some(amount));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".*") {
            let _ = minor(&text);
        }
    }
}
