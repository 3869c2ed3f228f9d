//! What happened here: an append-only log that every write adds to, in its transaction.

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::schema::changes;
use crate::db::types::{Id, Timestamp};
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
    /// The administrators of this server.
    Admins,
}

impl Audience {
    fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Admins => "admins",
        }
    }
}

impl Change {
    /// A change that a person made, heard by everyone.
    pub fn by(actor: UserId, topic: &'static str) -> Self {
        Self {
            actor: Some(actor),
            ..Self::by_server(topic)
        }
    }

    /// A change that nobody made who is signed in: the server itself, or whoever runs it.
    pub fn by_server(topic: &'static str) -> Self {
        Self {
            topic,
            subject: Map::new(),
            fields: Vec::new(),
            audience: Audience::Everyone,
            actor: None,
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
    let fields = serde_json::to_string(&change.fields).map_err(Error::internal)?;
    let row = (
        changes::uuid.eq(Id::<Change>::new()),
        changes::topic.eq(change.topic),
        changes::subject.eq(Value::Object(change.subject).to_string()),
        changes::fields.eq(fields),
        changes::audience.eq(change.audience.as_str()),
        changes::actor_id.eq(change.actor),
        changes::at.eq(at),
    );
    on_backend!(conn, conn => diesel::insert_into(changes::table).values(row).execute(conn))?;
    Ok(())
}

/// Forgets changes made before `until`, 500 at a time; how many they were. The log is
/// read from its beginning, so it needs no index on the time.
pub fn sweep(conn: &mut Conn, until: Timestamp) -> Result<usize> {
    let oldest = changes::table
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
