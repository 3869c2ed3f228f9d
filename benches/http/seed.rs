//! Fills the database with events, comments, likes and interest, past the server, which must
//! not run.

use chrono::{Days, Utc};
use folkmoot::config::DatabaseUrl;

use super::database::Connection;
use super::google::Person;
use super::texts::{self, CITY, NARROWED_EVERY, RARE_EVERY, RARE_WORD, TYPE, Text};

/// Different texts; each serves many events.
const TEXTS: usize = 4_096;
/// Events of one transaction.
const BATCH: i64 = 50_000;
/// Microseconds from one event to the next: an id of its own for each millisecond.
const SPACING: i64 = 1_000;
/// Events that get comments: the oldest ones, which no measured page of events shows.
pub const DISCUSSED: i64 = 100;
/// Comments of each of them: more than a page of 50.
pub const REMARKS: i64 = 60;
/// People who wrote them.
const AUTHORS: i64 = 10;
/// Pictures of each comment.
const PICTURES: i64 = 2;
/// The comments of an event have no like, one, and so on to one less than this, in turn; the
/// first of them has none.
const LIKES: i64 = 5;

/// Adds events until there are that many; the newest one is of this moment.
pub fn events(url: &DatabaseUrl, people: &[Person], size: i64) -> Result<(), String> {
    let mut connection = Connection::open(url)?;
    let dialect = prepare(&mut connection, people)?;
    let there = connection.number("SELECT count(*) FROM events")?;
    // Event i is of the microsecond base + i * SPACING.
    let base = Utc::now().timestamp_micros() - size * SPACING;
    let mut from = there;
    while from < size {
        let to = size.min(from + BATCH);
        connection.run(&dialect.batch(from, to, base))?;
        eprintln!("  {to} of {size} events");
        from = to;
    }
    settle(url, connection)
}

/// Lets people say something about the oldest events.
pub fn comments(url: &DatabaseUrl, people: &[Person]) -> Result<(), String> {
    let mut connection = Connection::open(url)?;
    let dialect = prepare(&mut connection, people)?;
    let base = Utc::now().timestamp_micros() - DISCUSSED * REMARKS * SPACING;
    connection.run(&dialect.comments(base))?;
    settle(url, connection)
}

/// Lets the first of these people show interest in every second event.
pub fn interest(url: &DatabaseUrl, people: &[Person]) -> Result<(), String> {
    let mut connection = Connection::open(url)?;
    prepare(&mut connection, people)?;
    connection.run(
        "BEGIN;
         INSERT INTO event_interests (event_id, user_id, created_at)
         SELECT numbered.id, bench_people.id, numbered.created_at
         FROM (SELECT id, created_at, row_number() OVER (ORDER BY id) AS k FROM events)
              AS numbered
         JOIN bench_people ON bench_people.n = 0
         WHERE k % 2 = 0
         ORDER BY k;
         UPDATE event_counters SET interested = 1
         WHERE event_id IN (SELECT event_id FROM event_interests);
         COMMIT",
    )?;
    settle(url, connection)
}

/// The two databases say a few things in different words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// Sets the connection up for much writing, and gives it people and texts to choose from.
fn prepare(connection: &mut Connection, people: &[Person]) -> Result<Dialect, String> {
    let (dialect, settings) = match connection {
        // A crash while seeding means to seed anew, so nothing is flushed.
        Connection::Sqlite(_) => (
            Dialect::Sqlite,
            "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -262144; PRAGMA wal_autocheckpoint = 20000",
        ),
        Connection::Postgres(_) => (
            Dialect::Postgres,
            "SET synchronous_commit = off; SET work_mem = '64MB'; SET TIME ZONE 'UTC';
             SET maintenance_work_mem = '256MB'; SET gin_pending_list_limit = '64MB'",
        ),
    };
    connection.run(settings)?;
    let id = dialect.id_type();
    connection.run(&format!(
        "CREATE TEMP TABLE bench_people (n INTEGER PRIMARY KEY, id {id} NOT NULL);
         CREATE TEMP TABLE bench_texts (n INTEGER PRIMARY KEY, title TEXT NOT NULL,
             description TEXT NOT NULL, location TEXT NOT NULL, words TEXT NOT NULL)"
    ))?;
    let rows = people
        .iter()
        .enumerate()
        .map(|(n, person)| format!("({n}, '{}')", person.id))
        .collect();
    insert(connection, "bench_people", rows)?;
    let rows = texts::texts(TEXTS)
        .iter()
        .enumerate()
        .map(|(n, text)| row(n, text))
        .collect();
    insert(connection, "bench_texts", rows)?;
    connection.run("ANALYZE bench_people; ANALYZE bench_texts")?;
    Ok(dialect)
}

/// The texts have no quotation marks, so that quoting them is enough.
fn row(n: usize, text: &Text) -> String {
    let Text {
        title,
        description,
        location,
    } = text;
    let words = text.words();
    format!("({n}, '{title}', '{description}', '{location}', '{words}')")
}

fn insert(connection: &mut Connection, table: &str, rows: Vec<String>) -> Result<(), String> {
    for rows in rows.chunks(256) {
        let rows = rows.join(", ");
        connection.run(&format!("INSERT INTO {table} VALUES {rows}"))?;
    }
    Ok(())
}

/// Leaves a database as it is after a while: statistics and logs in order, pages on the disk.
fn settle(url: &DatabaseUrl, mut connection: Connection) -> Result<(), String> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            connection.run("PRAGMA wal_checkpoint(TRUNCATE)")?;
            drop(connection);
            // Nothing that is written back later disturbs a measurement.
            std::fs::File::open(path)
                .and_then(|file| file.sync_all())
                .map_err(|error| format!("{url}: {error}"))
        }
        DatabaseUrl::Postgres(_) => {
            // VACUUM as well, or autovacuum would begin with it during a measurement.
            for table in [
                "events",
                "event_counters",
                "event_search",
                "event_interests",
                "comments",
                "comment_images",
                "comment_likes",
                "users",
                "event_seats",
                "seat_movements",
                "bookings",
            ] {
                connection.run(&format!("VACUUM (ANALYZE) {table}"))?;
            }
            // For those who may; others measure with a checkpoint under way.
            if let Err(error) = connection.run("CHECKPOINT") {
                eprintln!("  {error}");
            }
            Ok(())
        }
    }
}

impl Dialect {
    fn id_type(self) -> &'static str {
        match self {
            Self::Sqlite => "TEXT",
            Self::Postgres => "UUID",
        }
    }

    /// `WITH series(i) …`: the numbers from one to just before the other.
    fn series(self, from: i64, to: i64) -> String {
        match self {
            Self::Sqlite => format!(
                "WITH RECURSIVE series(i) AS
                 (SELECT {from} UNION ALL SELECT i + 1 FROM series WHERE i + 1 < {to})"
            ),
            Self::Postgres => format!(
                "WITH series(i) AS (SELECT generate_series({from}::bigint, {to}::bigint - 1))"
            ),
        }
    }

    /// A UUIDv7 (RFC 9562) of the microsecond `us` and the 48 random bits `random`.
    fn id(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "printf('%08x-%04x-7%03x-%04x-%012x', (us / 1000) >> 16, (us / 1000) & 65535,
                        random & 4095, 32768 | ((random >> 12) & 16383), random)"
            }
            Self::Postgres => {
                "(lpad(to_hex((us / 1000) >> 16), 8, '0') || '-' ||
                  lpad(to_hex((us / 1000) & 65535), 4, '0') || '-7' ||
                  lpad(to_hex(random & 4095), 3, '0') || '-' ||
                  to_hex(32768 | ((random >> 12) & 16383)) || '-' ||
                  lpad(to_hex(random), 12, '0'))::uuid"
            }
        }
    }

    /// The instant of the microsecond `us`.
    fn instant(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "strftime('%Y-%m-%dT%H:%M:%S', us / 1000000, 'unixepoch') ||
                 printf('.%06dZ', us % 1000000)"
            }
            Self::Postgres => "timestamptz 'epoch' + us * interval '1 microsecond'",
        }
    }

    /// A date within a year of today, in the form of the wire.
    fn date(self) -> String {
        let today = Utc::now().date_naive();
        match self {
            Self::Sqlite => format!("date('{today}', ((i * 7919) % 731 - 365) || ' days')"),
            Self::Postgres => {
                format!("to_char(date '{today}' + ((i * 7919) % 731 - 365)::integer, 'YYYY-MM-DD')")
            }
        }
    }

    /// The instant of a column with a time on `held_on`, in UTC.
    fn wall(self, time: &str) -> String {
        match self {
            Self::Sqlite => format!("held_on || 'T' || {time} || '.000000Z'"),
            Self::Postgres => format!("(held_on || 'T' || {time} || 'Z')::timestamptz"),
        }
    }

    /// An hour of the day, and minutes and seconds that are zero.
    fn hour(self, hour: &str) -> String {
        match self {
            Self::Sqlite => format!("printf('%02d:00:00', {hour})"),
            Self::Postgres => format!("lpad(({hour})::text, 2, '0') || ':00:00'"),
        }
    }

    /// The events with these numbers, in one transaction.
    fn batch(self, from: i64, to: i64, base: i64) -> String {
        let (series, id, instant) = (self.series(from, to), self.id(), self.instant());
        let (date, begins, ends) = (
            self.date(),
            self.hour("8 + i % 13"),
            self.hour("10 + i % 13"),
        );
        let (starts_at, ends_at) = (self.wall("begins"), self.wall("ends"));
        // What the sweeper would mark in time.
        let over = format!("held_on < '{}'", Utc::now().date_naive() - Days::new(3));
        let rare = format!("CASE WHEN i % {RARE_EVERY} = 7 THEN ' {RARE_WORD}' ELSE '' END");
        // The first of them lies ahead.
        let narrowed = |key| format!("CASE WHEN i % {NARROWED_EVERY} = 1 THEN '{key}' END");
        let (type_key, city_key) = (narrowed(TYPE), narrowed(CITY));
        format!(
            "BEGIN;
             CREATE TEMP TABLE bench_batch AS {series}
             SELECT i, us, {id} AS id, {date} AS held_on, {begins} AS begins, {ends} AS ends,
                    (random / 65536) % {TEXTS} AS said
             FROM (SELECT i, {base} + i * {SPACING} AS us,
                          (i * 2654435761) % 281474976710656 AS random
                   FROM series) AS drawn;
             INSERT INTO events (id, creator_id, title, description, location, start_date,
                    start_time, end_date, end_time, timezone, starts_at, ends_at, thumbnail,
                    visible, is_over, revision, created_at, updated_at, type_key, city_key)
             SELECT bench_batch.id, bench_people.id, title, description || {rare}, location,
                    held_on, begins, held_on, ends, 'UTC', {starts_at}, {ends_at}, NULL,
                    TRUE, {over}, 0, {instant}, {instant}, {type_key}, {city_key}
             FROM bench_batch
             JOIN bench_people ON bench_people.n = i % (SELECT count(*) FROM bench_people)
             JOIN bench_texts ON bench_texts.n = said
             ORDER BY i;
             INSERT INTO event_counters (event_id, comments, interested)
             SELECT id, 0, 0 FROM bench_batch ORDER BY i;
             INSERT INTO event_search (event_id, words)
             SELECT id, words || {rare}
             FROM bench_batch JOIN bench_texts ON bench_texts.n = said
             ORDER BY i;
             DROP TABLE bench_batch;
             COMMIT"
        )
    }

    /// The comments with pictures and likes, in one transaction, and the counters that go
    /// with them.
    fn comments(self, base: i64) -> String {
        let (remarks, pictures) = (self.series(0, REMARKS), self.series(0, PICTURES));
        let (id, instant) = (self.id(), self.instant());
        format!(
            "BEGIN;
             CREATE TEMP TABLE bench_remarks AS {remarks}
             SELECT {id} AS id, event_id, place, number, us
             FROM (SELECT event_id, place, number, {base} + number * {SPACING} AS us,
                          ((number + 1) * 2654435761) % 281474976710656 AS random
                   FROM (SELECT event_id, i AS place, k * {REMARKS} + i AS number
                         FROM (SELECT id AS event_id, row_number() OVER (ORDER BY id) - 1 AS k
                               FROM (SELECT id FROM events ORDER BY id LIMIT {DISCUSSED})
                                    AS oldest) AS discussed
                         CROSS JOIN series) AS counted) AS drawn;
             INSERT INTO comments (id, event_id, user_id, body, likes, created_at, updated_at)
             SELECT bench_remarks.id, event_id, bench_people.id, substr(description, 1, 90),
                    place % {LIKES}, {instant}, {instant}
             FROM bench_remarks
             JOIN bench_people ON bench_people.n = place % {AUTHORS}
             JOIN bench_texts ON bench_texts.n = number % {TEXTS}
             ORDER BY number;
             INSERT INTO comment_images (id, comment_id, url)
             {pictures}
             SELECT {id}, comment_id,
                    'https://img.example.org/comments/' || picture || '/photograph.jpg'
             FROM (SELECT comment_id, picture, us,
                          ((picture + 1) * 2654435761) % 281474976710656 AS random
                   FROM (SELECT id AS comment_id, us, number * {PICTURES} + i AS picture
                         FROM bench_remarks CROSS JOIN series) AS counted) AS drawn
             ORDER BY picture;
             INSERT INTO comment_likes (comment_id, user_id, created_at)
             SELECT bench_remarks.id, bench_people.id, {instant}
             FROM bench_remarks JOIN bench_people ON bench_people.n < place % {LIKES}
             ORDER BY number;
             UPDATE event_counters SET comments = {REMARKS}
             WHERE event_id IN (SELECT event_id FROM bench_remarks);
             COMMIT"
        )
    }
}
