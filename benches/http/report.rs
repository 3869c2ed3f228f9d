//! What is printed at the end.

use super::loads;
use super::turns::Measured;

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Report {
    /// The machine, the database, and how long each measurement took.
    pub heading: String,
    /// How many events there are at first, and in the greatest list that was measured.
    pub sizes: Option<(u32, u32)>,
    /// True on SQLite.
    pub sqlite: bool,
    /// Milliseconds from start to first answer: the median.
    pub started_in: Option<f64>,
    /// Resident memory after the start, in MB.
    pub memory_at_start: Option<f64>,
    /// The most resident memory after a measurement, in MB.
    pub memory_under_load: Option<f64>,
    /// Milliseconds that the row of a hot event is locked, on PostgreSQL: 99 in 100 at most.
    pub row_lock: Option<f64>,
    /// Of 100 callers with a stale version, how many got seats with one retry at most.
    pub resolved: Option<f64>,
    pub measured: Vec<Measured>,
    /// Sentences that are neither good nor bad.
    pub notes: Vec<String>,
    /// Sentences about what must not be.
    pub failures: Vec<String>,
}

/// Something that Folkmoot promises itself.
struct Bar {
    says: String,
    found: String,
    met: bool,
}

impl Report {
    /// Notes how much memory the server has after a measurement.
    pub fn note_memory(&mut self, megabytes: f64) {
        let most = self.memory_under_load.unwrap_or_default();
        self.memory_under_load = Some(most.max(megabytes));
    }

    /// True when nothing failed; missed bars are no failures, since machines differ.
    pub fn is_sound(&self) -> bool {
        self.failures.is_empty() && self.measured.iter().all(|row| row.errors == 0)
    }

    /// Prints everything.
    pub fn print(&self) {
        println!("\n{}\n", self.heading);
        self.print_table();
        for (what, value, unit) in [
            ("start to first answer (median of 5)", self.started_in, "ms"),
            ("resident memory after start", self.memory_at_start, "MB"),
            ("resident memory after load", self.memory_under_load, "MB"),
        ] {
            if let Some(value) = value {
                println!("{what:<36} {value:>8.1} {unit}");
            }
        }
        for note in &self.notes {
            println!("{note}");
        }
        println!();
        for Bar { says, found, met } in self.bars().into_iter().chain(self.box_office_bars()) {
            let met = if met { "met" } else { "missed" };
            println!("{met:<7} {says:<61} {found}");
        }
        for row in self.measured.iter().filter(|row| row.errors > 0) {
            println!("FAILED  {}: {} errors", row.name, row.errors);
        }
        for failure in &self.failures {
            println!("FAILED  {failure}");
        }
    }

    fn print_table(&self) {
        if self.measured.is_empty() {
            return;
        }
        println!(
            "{:<31} {:>10} {:>9} {:>9} {:>7} {:>11} {:>8}",
            "name", "requests/s", "p50 ms", "p99 ms", "errors", "ceiling/s", "ratio"
        );
        for row in &self.measured {
            println!(
                "{:<21} {:>10.0} {:>9.2} {:>9.2} {:>7} {:>11.0} {:>6.1} %",
                row.name,
                row.rate,
                row.p50,
                row.p99,
                row.errors,
                row.ceiling,
                row.ratio() * 100.0
            );
        }
        println!();
    }

    fn find(&self, name: &str) -> Option<&Measured> {
        self.measured.iter().find(|row| row.name == name)
    }

    /// The bars about what was measured.
    fn bars(&self) -> Vec<Bar> {
        let lists = self.sizes.map(|(first, greatest)| {
            let list = |size| self.find(&loads::list_name(size));
            (list(first), list(greatest).filter(|_| first != greatest))
        });
        let (first, greatest) = lists.unwrap_or_default();
        let by_id = self.find(loads::EVENT_BY_ID);
        let anonymous = self.find(loads::LIST_50_ANONYMOUS);
        let signed_in = self.find(loads::LIST_50_SIGNED_IN);
        let page = self.find(loads::COMMENTS_PAGE);
        let likes = self.find(loads::LIKE_UNLIKE).filter(|_| self.sqlite);
        let comments = self.find(loads::COMMENT_CREATION).filter(|_| self.sqlite);
        [
            by_id
                .filter(|_| self.sqlite)
                .map(|row| at_least_of_ceiling("event by id", row, 0.35)),
            first
                .filter(|_| self.sqlite)
                .map(|row| at_least_of_ceiling("list of 20", row, 0.35)),
            first
                .zip(greatest)
                .map(|(first, greatest)| within(first, greatest, 1.5)),
            anonymous
                .zip(signed_in)
                .map(|(anonymous, signed_in)| within_at_once(anonymous, signed_in, 1.3)),
            page.map(|row| at_least_of_ceiling("page of 50 comments", row, 0.10)),
            likes.map(|row| at_least_a_second("likes given and taken back", row, 15_000.0)),
            comments.map(|row| at_least_a_second("comment creation", row, 15_000.0)),
            comments.map(|row| Bar {
                says: "comment creation: p99 at most 15 ms".into(),
                found: format!("{:.2} ms", row.p99),
                met: row.p99 <= 15.0,
            }),
            by_id
                .filter(|_| !self.sqlite)
                .map(|row| at_least_a_second("event by id on PostgreSQL", row, 10_000.0)),
            self.memory_at_start
                .map(|found| below("resident memory after start", found, 60.0, "MB")),
            self.started_in
                .map(|found| below("start to first answer", found, 300.0, "ms")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The bars about the box office: ten times the rates that were asked of it, with the p99
    /// that was; on SQLite, where every commit is on the disk.
    fn box_office_bars(&self) -> Vec<Bar> {
        let rates = [
            (loads::CATALOGUE_LIST, 10_000.0, 200.0),
            (loads::AVAILABILITY, 20_000.0, 100.0),
            (loads::SEATS_HOT, 5_000.0, 50.0),
        ];
        let rates = rates.into_iter().filter(|_| self.sqlite);
        let rates = rates.filter_map(|(name, least, most)| {
            let row = self.find(name)?;
            Some(Bar {
                says: format!("{name}: at least {least:.0}/s, p99 at most {most:.0} ms"),
                found: format!("{:.0}/s, {:.2} ms", row.rate, row.p99),
                met: row.rate >= least && row.p99 <= most,
            })
        });
        let lock = "p99 of the lock of a hot event's row";
        let lock = self.row_lock.map(|found| below(lock, found, 10.0, "ms"));
        let resolved = self.resolved.map(|found| Bar {
            says: "stale versions: more than 95 % get seats with one retry".into(),
            found: format!("{found:.1} %"),
            met: found > 95.0,
        });
        rates.chain(lock).chain(resolved).collect()
    }
}

impl Measured {
    /// The rate as a part of the ceiling's.
    fn ratio(&self) -> f64 {
        self.rate / self.ceiling.max(1.0)
    }
}

fn at_least_of_ceiling(what: &str, row: &Measured, least: f64) -> Bar {
    Bar {
        says: format!("{what}: at least {:.0} % of its ceiling", least * 100.0),
        found: format!("{:.1} %", row.ratio() * 100.0),
        met: row.ratio() >= least,
    }
}

/// Compares times per request, each as a multiple of its ceiling's: minutes lie between the two.
fn within(first: &Measured, greatest: &Measured, most: f64) -> Bar {
    let times = first.ratio() / greatest.ratio().max(f64::MIN_POSITIVE);
    Bar {
        says: format!(
            "{}: within {most} x the time of {}",
            greatest.name, first.name
        ),
        found: format!("{times:.2} x"),
        met: times <= most,
    }
}

/// Compares times per request as they are: the two were measured one right after the other.
fn within_at_once(first: &Measured, second: &Measured, most: f64) -> Bar {
    let times = first.rate / second.rate.max(f64::MIN_POSITIVE);
    let in_ceilings = first.ratio() / second.ratio().max(f64::MIN_POSITIVE);
    Bar {
        says: format!(
            "{}: within {most} x the time of {}",
            second.name, first.name
        ),
        found: format!("{times:.2} x ({in_ceilings:.2} x in ceilings)"),
        met: times <= most,
    }
}

fn at_least_a_second(what: &str, row: &Measured, least: f64) -> Bar {
    Bar {
        says: format!("{what}: at least {least:.0}/s"),
        found: format!("{:.0}/s", row.rate),
        met: row.rate >= least,
    }
}

fn below(what: &str, found: f64, bound: f64, unit: &str) -> Bar {
    Bar {
        says: format!("{what}: below {bound:.0} {unit}"),
        found: format!("{found:.1} {unit}"),
        met: found < bound,
    }
}
