//! What the demo says while it is filled.

use std::io::{IsTerminal as _, Write as _};

/// How far it is: on a terminal a line that is written over, elsewhere one at the end.
pub(super) struct Progress {
    rewrites: bool,
    pub(super) people: usize,
    pub(super) events: usize,
    of: usize,
}

impl Progress {
    /// Before the first of so many events.
    pub(super) fn begin(of: usize) -> Self {
        Self {
            rewrites: std::io::stderr().is_terminal(),
            people: 0,
            events: 0,
            of,
        }
    }

    fn line(&self) -> String {
        let Self {
            people, events, of, ..
        } = self;
        format!("filling the demo: {people} people, {events} of {of} events")
    }

    /// The numbers only grow, so a line covers the one before.
    pub(super) fn show(&self) {
        if self.rewrites {
            write(&format!("\r{}", self.line()));
        }
    }

    pub(super) fn end(&self) {
        if self.rewrites {
            write("\n");
        } else {
            write(&format!("{}\n", self.line()));
        }
    }
}

/// Unlike `eprint!` no panic where standard error is closed: the demo runs without it.
fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _closed = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}
