//! Everything about me, in one file.
//!
//! Route: GET `/api/users/@me/export`. It is written while it is sent, page after page, so
//! that its length does not matter to the server's memory.

use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Header};
use rocket::response::stream::ByteStream;
use rocket::{Responder, State, get, routes};
use serde::Serialize;
use serde_json::json;

use super::calendars::private;
use super::{comments, events, groups, interest, likes, reports};
use crate::clock::Clock;
use crate::db::types::{Id, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::identity::guard::SignedIn;
use crate::identity::people::{self, UserId};
use crate::identity::{audit, session};

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(export))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("export", |rocket| async {
        rocket.mount("/", routes![export])
    })
}

/// A file to keep.
#[derive(Responder)]
struct Download<S> {
    body: ByteStream<S>,
    content_type: ContentType,
    disposition: Header<'static>,
}

/// Everything about me: profile, logins, sessions, the record of my sign-ins, events, comments
/// with pictures, likes, interests, groups, reports, when my private calendar was made, the
/// company that I act for, and its proposals.
#[utoipa::path(tag = "My data", security(("session" = [])), responses(
    (status = 200, description = "One JSON object; streamed", body = serde_json::Value),
))]
#[get("/api/users/@me/export")]
async fn export(
    who: SignedIn,
    db: &State<Db>,
    clock: &State<Clock>,
    sections: &State<Sections>,
) -> Result<Download<impl rocket::futures::Stream<Item = Vec<u8>>>> {
    let (me, db, now) = (who.user_id, db.inner().clone(), Timestamp(clock.now()));
    let sections = sections.0.clone();
    let first = db.read(move |conn| about(conn, me, now)).await?;
    let body = ByteStream! {
        let mut text = first;
        for section in sections {
            text.extend_from_slice(format!(",\"{}\":[", section.name).as_bytes());
            let mut after = START;
            let mut between = false;
            loop {
                let page = section.page;
                let items = match db.scan(move |conn| page(conn, me, after)).await {
                    Ok(items) => items,
                    // What is cut off is no JSON, which its reader sees.
                    Err(error) => {
                        tracing::warn!(cause = %error, "an export broke off");
                        yield text;
                        return;
                    }
                };
                let Some((key, _)) = items.last() else { break };
                after = *key;
                for (_, item) in items {
                    if between {
                        text.push(b',');
                    }
                    between = true;
                    text.extend_from_slice(&item);
                }
                yield std::mem::take(&mut text);
            }
            text.push(b']');
        }
        text.push(b'}');
        yield text;
    };
    Ok(Download {
        body,
        content_type: ContentType::JSON,
        disposition: Header::new(
            "Content-Disposition",
            "attachment; filename=\"folkmoot-export.json\"",
        ),
    })
}

/// Where a section goes on: after the item of that moment and id. Most go by the id alone.
pub type Key = (Timestamp, Id<()>);
/// Before the first item.
pub const START: Key = (Timestamp(chrono::DateTime::UNIX_EPOCH), Id::nobody());

/// Items as JSON, each with its key.
pub type Items = Vec<(Key, Vec<u8>)>;

/// A part of the export that may be long.
#[derive(Clone, Copy)]
pub struct Section {
    /// Its key in the object.
    pub name: &'static str,
    /// Up to 500 of a person's items after that one.
    pub page: fn(&mut Conn, UserId, Key) -> Result<Items>,
}

/// All long parts of the export.
pub struct Sections(Vec<Section>);

impl Sections {
    /// The community's, and those of systems that build on it.
    pub fn with(others: impl IntoIterator<Item = Section>) -> Self {
        Self(SECTIONS.into_iter().chain(others).collect())
    }
}

const SECTIONS: [Section; 7] = [
    Section {
        name: "record",
        page: |conn, me, (_, id)| {
            let rows = audit::of(conn, me, id.of())?;
            items(rows, |entry| (START.0, entry.id().of()))
        },
    },
    Section {
        name: "events",
        page: |conn, me, (at, id)| {
            let rows = events::made_by(conn, me, (at, id.of()))?;
            items(rows, |row| (row.updated_at, row.id.of()))
        },
    },
    Section {
        name: "comments",
        page: |conn, me, (_, id)| {
            let rows = comments::of(conn, me, id.of())?;
            items(rows, |comment| (START.0, comment.id().of()))
        },
    },
    Section {
        name: "likes",
        page: |conn, me, (_, id)| {
            let rows = likes::of(conn, me, id.of())?;
            items(rows, |like| (START.0, like.comment_id.of()))
        },
    },
    Section {
        name: "interests",
        page: |conn, me, (_, id)| {
            let rows = interest::of(conn, me, id.of())?;
            items(rows, |interest| (START.0, interest.event_id.of()))
        },
    },
    Section {
        name: "groups",
        page: |conn, me, (at, id)| {
            let rows = groups::of(conn, me, (at, id.of()))?;
            items(rows, |group| (group.joined_at, group.id.of()))
        },
    },
    Section {
        name: "reports",
        page: |conn, me, (_, id)| {
            let rows = reports::of(conn, me, id.of())?;
            items(rows, |report| (START.0, report.id.of()))
        },
    },
];

/// Items with their keys.
pub fn items<T: Serialize>(
    rows: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> Key,
) -> Result<Items> {
    rows.into_iter()
        .map(|row| {
            Ok((
                key(&row),
                serde_json::to_vec(&row).map_err(Error::internal)?,
            ))
        })
        .collect()
}

/// The short parts, as the beginning of the object.
fn about(conn: &mut Conn, me: UserId, now: Timestamp) -> Result<Vec<u8>> {
    let about = json!({
        "profile": people::find(conn, me)?,
        "logins": people::logins(conn, me)?,
        "sessions": session::of(conn, me, now)?,
        "calendar": private::of(conn, me)?,
    });
    let mut text = about.to_string().into_bytes();
    // It goes on.
    text.pop();
    Ok(text)
}
