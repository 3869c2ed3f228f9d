//! Counts the statements that servers run, by their database.

use std::collections::HashMap;
use std::sync::{Mutex, Once};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use super::app::locked;

static COUNTS: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

/// Counts from now on, on every connection that is opened.
pub fn count_all() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_default_instrumentation(|| Some(Box::new(Counter::default()))).expect("it counts");
    });
}

/// How many statements ran on the database at that address.
pub fn count_of(url: &str) -> usize {
    let counts = locked(&COUNTS);
    let count = counts.as_ref().and_then(|counts| counts.get(key(url)));
    count.copied().unwrap_or(0)
}

/// What a connection is opened with: SQLite's is the path alone.
fn key(url: &str) -> &str {
    url.trim_start_matches("sqlite://")
}

#[derive(Default)]
struct Counter {
    url: String,
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                key(url).clone_into(&mut self.url);
            }
            // The checkpoints of SQLite's log come by the clock.
            InstrumentationEvent::StartQuery { query, .. }
                if !query.to_string().contains("wal_checkpoint") =>
            {
                let mut counts = locked(&COUNTS);
                let counts = counts.get_or_insert_default();
                match counts.get_mut(&self.url) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(self.url.clone(), 1)),
                }
            }
            _ => {}
        }
    }
}
