//! Lists: query parameters, bounds, and cursors.
//!
//! A cursor names the last row of a page by its sort key and is signed, so that what
//! comes back is what was handed out, for the same order.

use std::str::FromStr;

use rocket::Request;
use rocket::request::{FromRequest, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::types::{Id, Timestamp, wall_date};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Items of a page where the caller does not say.
pub const DEFAULT_LIMIT: u8 = 50;
/// Most items of a page.
pub const MAX_LIMIT: u8 = 100;
/// Rows that pages by number reach.
const MOST_ROWS: i64 = 10_000;
/// Leads a cursor's data, so that a later form is told apart.
const VERSION: u8 = 1;

/// The query parameters of a call. Unknown ones are ignored, of a repeated one the first
/// counts, and a value of the wrong form is a 400.
pub struct Query<'r> {
    pairs: Vec<(String, String)>,
    secret: &'r Secret,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Query<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let query = request.uri().query().map_or("", |query| query.as_str());
        let pairs = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        match request.rocket().state::<Secret>() {
            Some(secret) => Outcome::Success(Self { pairs, secret }),
            None => Outcome::Error(super::envelope::park(request, Error::internal("no secret"))),
        }
    }
}

impl Query<'_> {
    /// A parameter's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter's text of at most so many characters.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<&str>> {
        match self.get(name) {
            Some(text) if text.contains('\0') => Err(malformed(name, "must not hold NUL")),
            Some(text) if text.chars().count() > most => Err(malformed(
                name,
                format!("must have at most {most} characters"),
            )),
            text => Ok(text),
        }
    }

    /// `limit`: 1–100, default 50.
    pub fn limit(&self) -> Result<Limit> {
        self.limit_or(DEFAULT_LIMIT)
    }

    /// `limit`: 1–100, with a default of the list's own.
    pub fn limit_or(&self, default: u8) -> Result<Limit> {
        let limit = match self.get("limit") {
            None => Some(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit)),
        };
        limit
            .map(Limit)
            .ok_or_else(|| malformed("limit", "must be a number from 1 to 100"))
    }

    /// `page` (from 1) and `limit` (1–100, with a default of the list's own). Nobody walks past
    /// row 10 000: what is behind it is found by filters.
    pub fn numbered(&self, default_limit: u8) -> Result<Numbered> {
        self.up_to_row(default_limit, "narrow the list down instead")
    }

    /// As [`Query::numbered`], of a list that can be followed further by `cursor`.
    pub fn numbered_or_cursor(&self, default_limit: u8) -> Result<Numbered> {
        self.up_to_row(default_limit, "go on with cursor, which has no bound")
    }

    fn up_to_row(&self, default_limit: u8, instead: &str) -> Result<Numbered> {
        let limit = i64::from(self.limit_or(default_limit)?.0);
        let number = match self.get("page") {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|page: &i64| *page >= 1),
        };
        let number = number.ok_or_else(|| malformed("page", "must be a number from 1"))?;
        match number.checked_mul(limit) {
            Some(last) if last <= MOST_ROWS => Ok(Numbered { number, limit }),
            _ => Err(malformed(
                "page",
                format!("must end at row {MOST_ROWS} or before; {instead}"),
            )),
        }
    }

    /// A date, `YYYY-MM-DD`.
    pub fn date(&self, name: &str) -> Result<Option<chrono::NaiveDate>> {
        self.parsed(name, wall_date)
    }

    /// An id.
    pub fn id<T>(&self, name: &str) -> Result<Option<Id<T>>> {
        self.parsed(name, |text| Id::from_str(text).ok())
    }

    /// The key in `cursor`, handed out for the same list in the same order.
    pub fn cursor<K: DeserializeOwned>(&self, list: &str) -> Result<Option<K>> {
        self.parsed("cursor", |text| {
            let data = self.secret.verify(list, text)?;
            let (version, key) = data.split_first()?;
            (*version == VERSION).then(|| serde_json::from_slice(key).ok())?
        })
    }

    /// The moment and the id in `cursor`, for lists in the order of time.
    pub fn key<I: DeserializeOwned>(&self, list: &str) -> Result<Option<Key<I>>> {
        let Some((micros, id)) = self.cursor::<(i64, I)>(list)? else {
            return Ok(None);
        };
        let at = chrono::DateTime::from_timestamp_micros(micros);
        let at = at.ok_or_else(|| malformed("cursor", NOT_OURS))?;
        Ok(Some((at.into(), id)))
    }

    /// A page of the rows that [`Limit::rows`] asked for, and the cursor of the next.
    pub fn page<T, K: Serialize>(
        &self,
        list: &str,
        limit: Limit,
        mut rows: Vec<T>,
        key: impl FnOnce(&T) -> K,
    ) -> Result<(Vec<T>, Option<String>)> {
        let limit = usize::from(limit.0);
        if rows.len() <= limit {
            return Ok((rows, None));
        }
        rows.truncate(limit);
        let Some(last) = rows.last() else {
            return Ok((rows, None));
        };
        let mut data = vec![VERSION];
        serde_json::to_writer(&mut data, &key(last)).map_err(Error::internal)?;
        let next = self.secret.sign(list, &data);
        Ok((rows, Some(next)))
    }

    /// What a parameter's text means; one that means nothing is a 400.
    pub fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => match (parse(text), name) {
                (None, "cursor") => Err(malformed(name, NOT_OURS)),
                (None, _) => Err(malformed(name, "has another form")),
                (parsed, _) => Ok(parsed),
            },
        }
    }
}

const NOT_OURS: &str = "was not handed out for this list";

/// A parameter that is not as it must be: a 400, which names it where the system does so.
pub fn malformed(name: &str, problem: impl Into<String>) -> Error {
    Error::Malformed([(name.to_owned().into(), problem.into())].into())
}

/// A page by its number, for lists whose callers want to know how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// From 1.
    pub number: i64,
    /// Items of a page, 1 to 100.
    pub limit: i64,
}

impl Numbered {
    /// How many rows come before it.
    pub fn offset(self) -> i64 {
        (self.number - 1) * self.limit
    }

    /// Whether there is a page after it, of so many rows in all.
    pub fn has_more(self, total: i64) -> bool {
        self.offset() + self.limit < total
    }

    /// How many pages there are, of so many rows in all.
    pub fn of(self, total: i64) -> i64 {
        total.div_euclid(self.limit) + i64::from(total.rem_euclid(self.limit) > 0)
    }
}

/// Where a list in the order of time goes on: after the row of that moment and id.
pub type Key<I> = (Timestamp, I);

/// How many items a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u8);

impl Limit {
    /// The longest page.
    pub const MOST: Self = Self(MAX_LIMIT);

    /// How many rows to ask for: one more tells whether there is a next page.
    pub fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }
}
