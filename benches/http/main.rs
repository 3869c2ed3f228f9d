//! The benchmark over HTTP: `benches/README.md` says what it measures and how to read it.

mod accounts;
mod box_office;
mod ceiling;
mod children;
mod client;
mod database;
mod flood;
mod google;
mod loads;
mod plan;
mod report;
mod row_lock;
mod seed;
mod server;
mod storm;
mod texts;
mod turns;
mod wrk;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use folkmoot::config::DatabaseUrl;

use children::Watchdog;
use plan::Bench;

/// Measures Folkmoot over HTTP, in turns with the fastest that Rocket does with such answers.
#[derive(Debug, Clone, Parser)]
#[command(
    bin_name = "cargo bench --bench http --",
    after_help = "Example: cargo bench --bench http -- --seconds 4 --events 10000 --only search"
)]
struct Options {
    /// `sqlite://PATH` of a file that is not there yet, or `postgres://…` of a database that is
    /// empty or the benchmark's own; default: a temporary file below `target`.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=3600))]
    seconds: u64,
    /// How many events there are: everything is measured at the first number, some lists at the
    /// others as well; ascending.
    #[arg(long, value_name = "N", value_delimiter = ',',
          default_values_t = [10_000u32, 1_000_000],
          value_parser = clap::value_parser!(u32).range(1_000..))]
    events: Vec<u32>,
    /// Only what has this name, or a name that begins with it and a hyphen; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How this program runs itself as the ceiling.
    #[arg(long, hide = true, num_args = 2, value_names = ["PORT", "BYTES"])]
    ceiling_server: Option<Vec<usize>>,
}

impl Options {
    /// The names of all measurements, in their order.
    fn names(&self) -> Vec<String> {
        let lists = self.events.iter().map(|size| loads::list_name(*size));
        let catalogue = self.events.iter().skip(1).flat_map(|size| {
            [loads::CATALOGUE_LIST, loads::CATALOGUE_LIST_FILTERED]
                .map(|name| loads::name_among(name, *size))
        });
        loads::NAMES
            .iter()
            .map(|name| (*name).to_owned())
            .chain(lists)
            .chain(catalogue)
            .collect()
    }

    /// True when this is to be measured.
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| is_named(name, only))
    }

    fn check(&self) -> Result<(), String> {
        if !self.events.is_sorted_by(|a, b| a < b) {
            return Err("--events: the numbers must ascend; for example 10000,1000000".into());
        }
        let names = self.names();
        match self
            .only
            .iter()
            .find(|only| !names.iter().any(|name| is_named(name, only)))
        {
            None => Ok(()),
            Some(only) => Err(format!("--only {only}: there is {} only", names.join(", "))),
        }
    }
}

fn is_named(name: &str, only: &str) -> bool {
    name.strip_prefix(only)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn main() -> ExitCode {
    // cargo says --bench to every benchmark.
    let options = Options::parse_from(std::env::args().filter(|word| word != "--bench"));
    folkmoot::install_crypto();
    let done = match options.ceiling_server.as_deref() {
        Some([port, bytes]) => ceiling::serve(*port, *bytes).map(|()| true),
        _ => run(options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("bench: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and prints; false when something went wrong that is not a matter of speed.
fn run(options: Options) -> Result<bool, String> {
    options.check()?;
    wrk::check()?;
    // Not /tmp, which may be memory: a commit there would cost nothing.
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let told = |error: std::io::Error| format!("{}: {error}", parent.display());
    std::fs::create_dir_all(parent).map_err(told)?;
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(parent)
        .map_err(told)?;
    let url = match &options.database_url {
        None => DatabaseUrl::Sqlite(folder.path().join("bench.db")),
        Some(text) => database_url(text)?,
    };
    let watchdog = Watchdog::start(folder.path())?;
    let report = Bench::new(options, url, folder.path(), watchdog)?.run()?;
    report.print();
    Ok(report.is_sound())
}

fn database_url(text: &str) -> Result<DatabaseUrl, String> {
    let told = |problem: String| format!("--database-url: {problem}");
    match text.parse::<DatabaseUrl>().map_err(told)? {
        // The server runs in a folder of its own.
        DatabaseUrl::Sqlite(path) => std::path::absolute(path)
            .map(DatabaseUrl::Sqlite)
            .map_err(|error| told(error.to_string())),
        url => Ok(url),
    }
}
