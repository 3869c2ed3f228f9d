//! Events of lists, written as JSON once for as long as nothing about them changes.
//!
//! What was written is found by the versions of all that went into it, which are read anew for
//! each page; so it is never out of date, whichever node changed the event. Reading twenty
//! events and writing them takes much longer than reading their versions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::SeatedEvent;
use crate::community::events::EventId;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

/// Most bytes that are kept.
const MOST_BYTES: usize = 16 << 20;

/// What an event as it is told depends on.
#[derive(Debug, Clone, PartialEq, Eq, diesel::Queryable)]
pub(super) struct Versions {
    pub(super) event_id: EventId,
    revision: i64,
    /// Of its seats.
    version: Option<i64>,
    /// When its venue was last changed.
    venue: Option<Timestamp>,
}

/// An event, written as JSON.
#[derive(Debug, Clone)]
pub struct Rendered(Arc<RawValue>);

impl Rendered {
    /// Writes it.
    pub fn of(event: &SeatedEvent) -> Result<Self> {
        let json = serde_json::value::to_raw_value(event).map_err(Error::internal)?;
        Ok(Self(json.into()))
    }
}

impl Serialize for Rendered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The events that were written of late.
#[derive(Default)]
pub struct Renderings(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    events: HashMap<EventId, (Versions, Rendered)>,
    bytes: usize,
}

impl Renderings {
    /// What was written of these, in their order; none where nothing was.
    pub(super) fn find(&self, all: &[Versions]) -> Vec<Option<Rendered>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |versions: &Versions| {
            let (of, rendered) = kept.events.get(&versions.event_id)?;
            (of == versions).then(|| rendered.clone())
        };
        all.iter().map(find).collect()
    }

    /// Keeps what was written of an event.
    pub(super) fn keep(&self, versions: Versions, rendered: &Rendered) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes >= MOST_BYTES {
            *kept = Kept::default();
        }
        let size = |rendered: &Rendered| rendered.0.get().len() + std::mem::size_of::<Versions>();
        kept.bytes += size(rendered);
        let before = kept
            .events
            .insert(versions.event_id, (versions, rendered.clone()));
        if let Some((_, before)) = before {
            kept.bytes -= size(&before);
        }
    }
}
