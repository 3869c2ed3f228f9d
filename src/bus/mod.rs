//! What happened here: an append-only log that every write adds to, in its transaction, and
//! those who hear of it ([`worker`]).

pub mod cursor;
pub mod worker;

use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{Nullable, Text};
use serde_json::{Map, Value};

use crate::db::schema::changes;
use crate::db::types::{Id, Timestamp, sql};
use crate::db::{Conn, on_backend};
use crate::error::{Error, Result};
use crate::identity::people::UserId;

/// One thing that happened: `noun.verbed`, and the ids it is about.
///
/// Never a text, an address or an e-mail: whoever tells the outside reads the current
/// rows, so erasing a person needs no rewriting here.
#[derive(Debug, Clone)]
pub struct Change {
    topic: &'static str,
    subject: Map<String, Value>,
    fields: Vec<&'static str>,
    audience: Audience,
    actor: Option<UserId>,
}

/// Who may hear of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anyone, if they may see the thing itself.
    Everyone,
    /// The people that it is about.
    People,
    /// The administrators of this server.
    Admins,
}

impl Audience {
    fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::People => "person",
            Self::Admins => "admins",
        }
    }
}

impl Change {
    /// A change that a person made, heard by everyone.
    pub fn by(actor: UserId, topic: &'static str) -> Self {
        Self::by_admin(Some(actor), topic)
    }

    /// A change that an admin made, or whoever runs the server, in its shell.
    pub fn by_admin(admin: Option<UserId>, topic: &'static str) -> Self {
        Self {
            topic,
            subject: Map::new(),
            fields: Vec::new(),
            audience: Audience::Everyone,
            actor: admin,
        }
    }

    /// Adds an id that it is about, such as `event_id`.
    #[must_use]
    pub fn of<T>(mut self, name: &'static str, id: Id<T>) -> Self {
        self.subject.insert(name.to_owned(), id.to_string().into());
        self
    }

    /// Names the fields that changed.
    #[must_use]
    pub fn fields(mut self, fields: Vec<&'static str>) -> Self {
        self.fields = fields;
        self
    }

    /// Says who may hear it.
    #[must_use]
    pub fn heard_by(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }
}

/// Adds a change to the log; after the write it describes, in the same transaction.
pub fn record(conn: &mut Conn, at: Timestamp, change: Change) -> Result<()> {
    let row = Row::of(change, at)?;
    on_backend!(conn, conn => diesel::insert_into(changes::table).values(row).execute(conn))?;
    Ok(())
}

/// A change, as the log keeps it.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = changes)]
struct Row {
    uuid: Id<Change>,
    topic: &'static str,
    subject: String,
    fields: String,
    audience: &'static str,
    actor_id: Option<UserId>,
    at: Timestamp,
}

impl Row {
    fn of(change: Change, at: Timestamp) -> Result<Self> {
        Ok(Self {
            uuid: Id::new(),
            topic: change.topic,
            subject: Value::Object(change.subject).to_string(),
            fields: serde_json::to_string(&change.fields).map_err(Error::internal)?,
            audience: change.audience.as_str(),
            actor_id: change.actor,
            at,
        })
    }
}

/// A change that the statement itself adds to the log which makes it, on PostgreSQL, where each
/// statement is a way to the server and back: a part of its `WITH`.
#[derive(Debug, Clone)]
pub struct Beside(Row);

impl Beside {
    /// That change.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn new(change: Change, at: Timestamp) -> Result<Self> {
        Row::of(change, at).map(Self)
    }

    /// Writes the part: the change is added if the part of that name met a row.
    ///
    /// # Errors
    /// Those of the values.
    pub fn walk<'b>(
        &'b self,
        mut out: AstPass<'_, 'b, diesel::pg::Pg>,
        met: &str,
    ) -> QueryResult<()> {
        let Row {
            uuid,
            topic,
            subject,
            fields,
            audience,
            actor_id,
            at,
        } = &self.0;
        out.push_sql(
            "INSERT INTO changes (uuid, topic, subject, fields, audience, actor_id, at) SELECT ",
        );
        out.push_bind_param::<sql::Id, _>(uuid)?;
        for text in [topic, subject.as_str(), fields.as_str(), audience] {
            out.push_sql(", ");
            out.push_bind_param::<Text, str>(text)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Nullable<sql::Id>, _>(actor_id)?;
        out.push_sql(", ");
        out.push_bind_param::<sql::Instant, _>(at)?;
        out.push_sql(" FROM ");
        out.push_sql(met);
        Ok(())
    }
}

/// A change, as a subscriber hears it.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its place in the order of the log.
    pub position: i64,
    /// What the outside sees of it.
    pub uuid: Id<Change>,
    /// `noun.verbed`.
    pub topic: String,
    /// The ids that it is about, as a JSON object.
    pub subject: String,
}

impl Heard {
    /// An id that it is about.
    ///
    /// # Errors
    /// A fault of ours if it is about none of that name.
    pub fn id<T>(&self, name: &str) -> Result<Id<T>> {
        let subject: Map<String, Value> =
            serde_json::from_str(&self.subject).map_err(Error::internal)?;
        let id = subject.get(name).and_then(Value::as_str);
        let id = id.and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::internal(format_args!("{} without {name}", self.topic)))
    }
}

/// Changes that a subscriber is given at once.
pub const PAGE: usize = 100;

/// The position of the newest change that subscribers may hear; 0 in an empty log.
pub fn newest(conn: &mut Conn) -> Result<i64> {
    let newest = match conn {
        Conn::Sqlite(conn) => changes::table
            .select(diesel::dsl::max(changes::id))
            .first::<Option<i64>>(conn)?,
        Conn::Pg(conn) => changes::table
            .select(diesel::dsl::max(changes::seq))
            .first::<Option<i64>>(conn)?,
    };
    Ok(newest.unwrap_or(0))
}

/// The first of the changes of these topics after one position and up to another.
fn since(conn: &mut Conn, after: i64, to: i64, topics: &[&str]) -> Result<Vec<Heard>> {
    // On SQLite the order is that of the ids, which are found by the table itself.
    let limit = PAGE as i64;
    let rows: Vec<(i64, Id<Change>, String, String)> = match conn {
        Conn::Sqlite(conn) => changes::table
            .filter(changes::id.gt(after))
            .filter(changes::id.le(to))
            .filter(changes::topic.eq_any(topics))
            .order(changes::id)
            .limit(limit)
            .select((changes::id, changes::uuid, changes::topic, changes::subject))
            .load(conn)?,
        Conn::Pg(conn) => changes::table
            .filter(changes::seq.gt(after))
            .filter(changes::seq.le(to))
            .filter(changes::topic.eq_any(topics))
            .order(changes::seq)
            .limit(limit)
            .select((
                changes::seq.assume_not_null(),
                changes::uuid,
                changes::topic,
                changes::subject,
            ))
            .load(conn)?,
    };
    let heard = |(position, uuid, topic, subject)| Heard {
        position,
        uuid,
        topic,
        subject,
    };
    Ok(rows.into_iter().map(heard).collect())
}

/// The position of the first change of these topics after that position, if there is one.
pub fn next(conn: &mut Conn, after: i64, topics: &[&str]) -> Result<Option<i64>> {
    let found = since(conn, after, i64::MAX, topics)?;
    Ok(found.first().map(|heard| heard.position))
}

/// Whether there are committed changes without a place in the order: on PostgreSQL only.
fn any_unnumbered(conn: &mut Conn) -> Result<bool> {
    match conn {
        Conn::Sqlite(_) => Ok(false),
        Conn::Pg(conn) => {
            let some = changes::table
                .filter(changes::seq.is_null())
                .select(changes::id);
            Ok(diesel::select(diesel::dsl::exists(some)).get_result(conn)?)
        }
    }
}

/// What holds the place of the numbering itself.
const SEQUENCER: &str = "sequencer";

/// Gives changes that have committed their places in the order, 5 000 at a time; how many they
/// were. Ids commit out of order on PostgreSQL, so a subscriber that went by them would miss some.
/// One node numbers at a time; where another does, there is nothing to do.
fn number(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let Conn::Pg(pg) = conn else {
        return Ok(0);
    };
    let mine = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(
        "pg_try_advisory_xact_lock(7020108101099)",
    ));
    if !mine.get_result::<bool>(pg)? {
        return Ok(0);
    }
    let last = cursor::position(conn, SEQUENCER)?;
    let Conn::Pg(pg) = conn else {
        return Ok(0);
    };
    let numbered = diesel::sql_query(
        "UPDATE changes SET seq = $1 + next.n
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS n
               FROM (SELECT id FROM changes WHERE seq IS NULL ORDER BY id LIMIT 5000) AS oldest
              ) AS next
         WHERE changes.id = next.id",
    )
    .bind::<diesel::sql_types::BigInt, _>(last)
    .execute(pg)?;
    // The highest that was given; fewer rows may have been met, if some were just swept.
    let to = newest(conn)?;
    match numbered == 0 || cursor::advance(conn, SEQUENCER, last, to, now)? {
        true => Ok(numbered),
        false => Err(Error::internal("two number the log at once")),
    }
}

/// Forgets changes made before `until`, 500 at a time; how many they were. The log is
/// read from its beginning, so it needs no index on the time.
pub fn sweep(conn: &mut Conn, until: Timestamp) -> Result<usize> {
    let oldest = changes::table
        .filter(changes::seq.is_not_null())
        .select((changes::id, changes::at))
        .order(changes::id)
        .limit(500)
        .load::<(i64, Timestamp)>(conn)?;
    match oldest.iter().take_while(|(_, at)| *at < until).last() {
        None => Ok(0),
        Some((last, _)) => {
            Ok(diesel::delete(changes::table.filter(changes::id.le(last))).execute(conn)?)
        }
    }
}
