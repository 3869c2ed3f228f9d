//! Where the subscribers of the log are.

use crate::bus::{self, cursor};
use crate::config::Config;
use crate::proposals;

use super::shell::{plain, with};

/// A line for each subscriber: its position, how far it is behind, and what it refused.
///
/// # Errors
/// A sentence that says what to do.
pub fn list(config: &Config) -> Result<Vec<String>, String> {
    with(config, |db| async move {
        db.read(|conn| {
            let newest = bus::newest(conn)?;
            let mut lines = Vec::new();
            for subscriber in proposals::subscribers() {
                let name = subscriber.name;
                let position = cursor::position(conn, name)?;
                let next = bus::next(conn, position, subscriber.topics)?;
                let (count, refused) = cursor::refusals(conn, name)?;
                lines.push(match next {
                    None => format!("{name}: has heard all {newest}, refused {count}"),
                    Some(next) => {
                        format!("{name}: waits at {next} of {newest}, refused {count}")
                    }
                });
                for (at, topic, subject, why) in refused {
                    let at = at.0.format("%Y-%m-%d %H:%M");
                    lines.push(plain(&format!("  {at} {topic} {subject}: {why}")));
                }
            }
            Ok(lines)
        })
        .await
    })
}
