//! The log: structured lines on standard error, without personal data.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Starts the log. Rocket and the libraries log through `log`, which is bridged; of
/// Rocket's own lines only faults are kept, since each request has its line already.
///
/// `ROCKET_LOG_LEVEL` says how much: `off`, `critical`, `normal`, `debug`.
pub fn start(config: &Config) {
    let level = config
        .rocket
        .0
        .extract_inner::<String>("log_level")
        .unwrap_or_default();
    let (ours, others) = match level.as_str() {
        "off" => ("off", "off"),
        "critical" => ("warn", "error"),
        "debug" => ("debug", "info"),
        _ => ("info", "warn"),
    };
    let filter = EnvFilter::new(format!("{others},folkmoot={ours}"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Each fails only where a log was started before. Rocket's macros log in the name of
    // the crate they stand in, so its lines are found under both names.
    let _started_before = match config.log_format {
        LogFormat::Text => {
            tracing::subscriber::set_global_default(lines.with_target(false).finish())
        }
        LogFormat::Json => {
            tracing::subscriber::set_global_default(lines.json().flatten_event(true).finish())
        }
    };
    let _started_before = tracing_log::LogTracer::builder()
        .ignore_crate("rocket")
        .ignore_crate("folkmoot")
        .with_max_level(::log::LevelFilter::Warn)
        .init();
    // A panic is a line of the log as well, with its place.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, said, "a panic");
    }));
}
