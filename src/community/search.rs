//! Finding events and groups by their words. Owns `event_search` and `group_search`.
//!
//! Texts are folded and split here, the same for both databases: SQLite's FTS5 and
//! PostgreSQL's GIN index get plain words and need no language.

use std::collections::HashSet;

use diesel::dsl::{auto_type, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::events::EventId;
use super::groups::GroupId;
use crate::db::schema::{event_search, group_search};
use crate::db::{Conn, in_time};
use crate::error::Result;

/// Most characters of a query.
pub const QUERY_CHARS: usize = 200;
/// Characters of a word that count.
const WORD_CHARS: usize = 64;
/// Words of a query that count.
const QUERY_WORDS: usize = 16;

/// The words of a text, each once: in lower case, without diacritics, in their order.
fn words(text: &str) -> Vec<String> {
    let folded = text
        .chars()
        .flat_map(char::to_lowercase)
        .nfkd()
        // The combining diacritics of Latin, Greek and Cyrillic; the marks of other
        // scripts are vowels and stay.
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        // The decomposition of a symbol such as ℡ has capitals.
        .flat_map(char::to_lowercase)
        .collect::<String>();
    let mut seen = HashSet::new();
    folded
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_CHARS).collect::<String>())
        .filter(|word| seen.insert(word.clone()))
        .collect()
}

/// Makes an event findable by these texts, in place of what it was found by before.
pub fn index_event(conn: &mut Conn, event_id: EventId, texts: &[&str]) -> Result<()> {
    let words = words(&texts.join("\n")).join(" ");
    let row = event_search::table.filter(event_search::event_id.eq(event_id));
    let updated = diesel::update(row)
        .set(event_search::words.eq(&words))
        .execute(conn)?;
    if updated == 0 {
        diesel::insert_into(event_search::table)
            .values((
                event_search::event_id.eq(event_id),
                event_search::words.eq(&words),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Makes events unfindable.
pub fn forget_events(conn: &mut Conn, ids: &[EventId]) -> Result<()> {
    let rows = event_search::table.filter(event_search::event_id.eq_any(ids));
    diesel::delete(rows).execute(conn)?;
    Ok(())
}

/// Makes a group findable by its title, in place of what it was found by before.
pub fn index_group(conn: &mut Conn, group_id: GroupId, title: &str) -> Result<()> {
    let words = words(title).join(" ");
    let row = group_search::table.filter(group_search::group_id.eq(group_id));
    let updated = diesel::update(row)
        .set(group_search::words.eq(&words))
        .execute(conn)?;
    if updated == 0 {
        diesel::insert_into(group_search::table)
            .values((
                group_search::group_id.eq(group_id),
                group_search::words.eq(&words),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Makes a group unfindable.
pub fn forget_group(conn: &mut Conn, group_id: GroupId) -> Result<()> {
    let row = group_search::table.filter(group_search::group_id.eq(group_id));
    diesel::delete(row).execute(conn)?;
    Ok(())
}

/// What a person looks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    fts5: String,
    tsquery: String,
}

/// A condition in SQL.
pub type Match = SqlLiteral<Bool, diesel::expression::UncheckedBind<SqlLiteral<Bool>, BoundText>>;
type BoundText = diesel::internal::derives::as_expression::Bound<Text, String>;

impl Wanted {
    /// All words of the query, the last of them perhaps still being typed. None if it has
    /// no word.
    pub fn read(query: &str) -> Option<Self> {
        let words = words(query);
        let words = words.get(..QUERY_WORDS.min(words.len()))?;
        let (last, whole) = words.split_last()?;
        // A word has letters, digits and marks only, so quoting it is enough.
        let fts5 = whole
            .iter()
            .map(|word| format!("\"{word}\" "))
            .collect::<String>();
        let tsquery = whole
            .iter()
            .map(|word| format!("'{word}' & "))
            .collect::<String>();
        Some(Self {
            fts5: format!("{fts5}\"{last}\"*"),
            tsquery: format!("{tsquery}'{last}':*"),
        })
    }

    /// The condition on `event_search`, as the connection's database says it.
    pub fn matches_event(&self, conn: &Conn) -> Match {
        match conn {
            Conn::Sqlite(_) => self.fts5(
                "event_search.docid IN (SELECT rowid FROM event_search_fts WHERE event_search_fts MATCH ",
            ),
            Conn::Pg(_) => self.tsquery("event_search.lexemes @@ "),
        }
    }

    /// The condition on `group_search`, likewise.
    pub fn matches_group(&self, conn: &Conn) -> Match {
        match conn {
            Conn::Sqlite(_) => self.fts5(
                "group_search.docid IN (SELECT rowid FROM group_search_fts WHERE group_search_fts MATCH ",
            ),
            Conn::Pg(_) => self.tsquery("group_search.lexemes @@ "),
        }
    }

    fn fts5(&self, before: &str) -> Match {
        sql::<Bool>(before)
            .bind::<Text, _>(self.fts5.clone())
            .sql(")")
    }

    fn tsquery(&self, before: &str) -> Match {
        sql::<Bool>(before)
            .bind::<Text, _>(self.tsquery.clone())
            .sql("::tsquery")
    }
}

/// The events that a condition on `event_search` finds, within the statement's time.
#[auto_type]
pub fn events_where(found: Match) -> _ {
    event_search::table
        .filter(found)
        .filter(in_time())
        .select(event_search::event_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_folded_alike_in_texts_and_queries() {
        for (text, expected) in [
            ("Zürich  ZURICH zu\u{308}rich", "zurich"),
            ("ÅSGARD & Ærø", "asgard ærø"),
            ("C++ / rock'n'roll; 2026-11-21", "c rock n roll 2026 11 21"),
            ("İstanbul ﬁne", "istanbul fine"),
            ("क्या हिन्दी", "क्या हिन्दी"),
            ("𝐁𝐨𝐥𝐝 ℡™", "bold teltm"),
            ("東京マラソン", "東京マラソン"),
            ("\"*:-^()'!&|\u{0}", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_word_never_holds_what_a_query_language_reads(text in ".*") {
            for word in words(&text) {
                prop_assert!(!word.is_empty() && word.chars().count() <= WORD_CHARS);
                prop_assert!(!word.contains(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()));
            }
        }
    }
}
