//! Migrations: there and back again with a row in every table, and alike for both databases.

use diesel::connection::SimpleConnection as _;
use folkmoot::config::DatabaseUrl;
use folkmoot::db::{Conn, migrate};

use super::{connect, entries, lines, migration_folders, name_of, tables, url_of};
use crate::support::*;

/// A row for every table, in an order that foreign keys allow; `$id` is the id of each.
const ROWS: [(&str, &str); 38] = [
    (
        "users",
        "insert into users (id, name, email, avatar, created_at, updated_at)
         values ($id, 'Ann', 'ann@example.org', null, $now, $now)",
    ),
    (
        "logins",
        "insert into logins (id, user_id, kind, subject, created_at)
         values ($id, $id, 'google', 'ann', $now)",
    ),
    (
        "sessions",
        "insert into sessions
         (token_hash, id, user_id, agent, address_family, created_at, expires_at)
         values ('hash', $id, $id, 'a browser', 'IPv4', $now, $now)",
    ),
    (
        "events",
        "insert into events
         (id, creator_id, title, description, location, start_date, start_time, end_date,
          end_time, timezone, starts_at, ends_at, is_over, thumbnail, visible, revision,
          created_at, updated_at, deleted_at)
         values ($id, $id, 'Walk', '', 'The park', '2031-06-14', '10:00:00', '2031-06-14',
          '10:00:00', 'UTC', $now, $now, false, null, true, 0, $now, $now, null)",
    ),
    (
        "event_counters",
        "insert into event_counters (event_id, comments, interested) values ($id, 1, 0)",
    ),
    (
        "event_search",
        "insert into event_search (event_id, words) values ($id, 'walk the park')",
    ),
    (
        "comments",
        "insert into comments (id, event_id, user_id, body, likes, created_at, updated_at)
         values ($id, $id, $id, 'Hello', 0, $now, $now)",
    ),
    (
        "comment_images",
        "insert into comment_images (id, comment_id, url)
         values ($id, $id, 'https://img.example.org/a.png')",
    ),
    (
        "comment_likes",
        "insert into comment_likes (comment_id, user_id, created_at) values ($id, $id, $now)",
    ),
    (
        "event_interests",
        "insert into event_interests (event_id, user_id, created_at) values ($id, $id, $now)",
    ),
    (
        "groups",
        "insert into groups (id, title, creator_id, members, created_at, updated_at, deleted_at)
         values ($id, 'Walkers', $id, 1, $now, $now, null)",
    ),
    (
        "group_members",
        "insert into group_members (group_id, user_id, joined_at) values ($id, $id, $now)",
    ),
    (
        "group_search",
        "insert into group_search (group_id, words) values ($id, 'walkers')",
    ),
    (
        "calendars",
        "insert into calendars (user_id, secret_hash, created_at) values ($id, 'hash', $now)",
    ),
    (
        "reports",
        "insert into reports (id, reporter_id, subject, subject_id, reason, state, created_at)
         values ($id, $id, 'event', $id, 'Rude', 'open', $now)",
    ),
    (
        "erasures",
        "insert into erasures (user_id, begun_at) values ($id, $now)",
    ),
    (
        "idempotency_keys",
        "insert into idempotency_keys
         (key_hash, user_id, fingerprint, status, body, created_at)
         values ('hash', $id, 'print', 201, '{}', $now)",
    ),
    (
        "changes",
        "insert into changes (uuid, topic, subject, fields, audience, actor_id, at)
         values ($id, 'event.published', '{}', '[]', 'everyone', $id, $now)",
    ),
    (
        "passwords",
        "insert into passwords (login_id, hash, changed_at) values ($id, '$2b$04$x', $now)",
    ),
    (
        "grants",
        "insert into grants (id, user_id, audience, created_at, expires_at)
         values ($id, $id, 'admin', $now, $now)",
    ),
    (
        "refresh_tokens",
        "insert into refresh_tokens (token_hash, grant_id, created_at, expires_at, used_at)
         values ('hash', $id, $now, $now, null)",
    ),
    (
        "sign_in_attempts",
        "insert into sign_in_attempts (key_hash, began_at, attempts, known_until, forget_at)
         values ('hash', $now, 1, null, $now)",
    ),
    (
        "sign_in_windows",
        "insert into sign_in_windows (account_hash, began_at, lasts, attempts, forget_at)
         values ('hash', $now, 60, 1, $now)",
    ),
    (
        "audit",
        "insert into audit (id, at, actor_id, action, subject_id, address, request_id)
         values ($id, $now, $id, 'sign_in.failed', null, '192.0.2.1', $id)",
    ),
    (
        "admins",
        "insert into admins (user_id, role, phone_number, is_active, created_at, updated_at)
         values ($id, 'analyst', null, true, $now, $now)",
    ),
    (
        "machine_tokens",
        "insert into machine_tokens
         (id, name, project, scopes, secret_hash, created_by, created_at)
         values ($id, 'Door', 'default', 'events:write', 'hash', $id, $now)",
    ),
    (
        "bus_cursors",
        "insert into bus_cursors (subscriber, position, updated_at) values ('one', 1, $now)",
    ),
    (
        "bus_refusals",
        "insert into bus_refusals (subscriber, change_uuid, topic, subject, why, at)
         values ('one', $id, 'user.erased', '{}', 'no', $now)",
    ),
    (
        "company_accounts",
        "insert into company_accounts
         (user_id, company_name, search_key, role, username, created_at)
         values ($id, 'Ann Ltd', 'ann ltd', 'vendor', 'ann', $now)",
    ),
    (
        "event_types",
        "insert into event_types (id, name, name_key, created_at, updated_at)
         values ($id, 'Walks', 'walks', $now, $now)",
    ),
    (
        "proposals",
        "insert into proposals
         (id, event_type_id, company_name, location, proposed_dates, proposed_by, proposed_to,
          status, remarks, event_date, event_id, created_at, updated_at)
         values ($id, $id, 'Ann Ltd', 'The park', '[]', $id, $id, 'pending', null, null, $id,
          $now, $now)",
    ),
    (
        "merges",
        "insert into merges (from_id, into_id, begun_at) values ($id, $id, $now)",
    ),
    (
        "barred_logins",
        "insert into barred_logins (login_hash, barred_at) values ('hash', $now)",
    ),
    (
        "venues",
        "insert into venues
         (id, owner_id, name, address, city, country, capacity, name_key, city_key, search_key,
          created_at, updated_at)
         values ($id, $id, 'Hall', '1 Main St', 'Oslo', 'Norway', 9, 'hall', 'oslo', 'hall',
          $now, $now)",
    ),
    (
        "event_seats",
        "insert into event_seats
         (event_id, admin_id, venue_id, event_type, capacity, available, base_price, currency,
          max_per_booking, status, version, admin_version, internal_taken, internal_revenue,
          changed_at)
         values ($id, $id, $id, 'Concert', 9, 8, 100, 'USD', 4, 'published', 2, 1, 0, 0, $now)",
    ),
    (
        "bookings",
        "insert into bookings
         (id, reference, event_id, user_id, quantity, amount, currency, status, expires_at,
          created_at)
         values ($id, 'ABCD', $id, $id, 1, 100, 'USD', 'held', $now, $now)",
    ),
    (
        "seat_movements",
        "insert into seat_movements (event_id, id, quantity, amount, at, source, booking_id)
         values ($id, $id, -1, 100, $now, 'booking', $id)",
    ),
    (
        "waitlist",
        "insert into waitlist (id, event_id, user_id, party_size, status, created_at)
         values ($id, $id, $id, 2, 'waiting', $now)",
    ),
];

/// Rows that the migrations themselves make: the catalogue of a first start.
fn made(table: &str) -> i64 {
    if table == "event_types" { 4 } else { 0 }
}

/// Puts a row into every table.
fn fill(app: &App) {
    for (_, statement) in ROWS {
        let id = "'01890000-0000-7000-8000-000000000001'";
        let now = "'2031-06-14T10:00:00.123456Z'";
        app.sql(&statement.replace("$id", id).replace("$now", now));
    }
}

/// Asserts how many rows each table has.
#[track_caller]
fn assert_rows(app: &App, rows: i64) {
    for table in tables(&mut connect(app)) {
        let count = app.count(&format!("select count(*) from {table}"));
        assert_eq!(count, rows + made(&table), "rows of {table}");
    }
}

const SQLITE_DUMP: [&str; 1] = [
    "select type || ' ' || name || ' ' || coalesce(sql, '') as line from sqlite_schema
     where name not like '%diesel_schema_migrations%' and name <> 'sqlite_sequence'",
];

const POSTGRES_DUMP: [&str; 6] = [
    "select 'relation ' || relkind::text || ' ' || relname || ' '
     || coalesce(array_to_string(reloptions, ','), '') as line
     from pg_class where relnamespace = 'public'::regnamespace
     and relname not like '%diesel_schema_migrations%'",
    "select 'column ' || table_name || '.' || column_name || ' ' || ordinal_position || ' '
     || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '-') || ' '
     || coalesce(identity_generation, '-') || ' ' || coalesce(generation_expression, '-') || ' '
     || coalesce(collation_name, '-') as line
     from information_schema.columns where table_schema = 'public'
     and table_name not like '%diesel_schema_migrations%'",
    "select 'index ' || indexdef as line from pg_indexes where schemaname = 'public'
     and tablename not like '%diesel_schema_migrations%'",
    "select 'constraint ' || c.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
     as line from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.connamespace = 'public'::regnamespace
     and c.relname not like '%diesel_schema_migrations%'",
    "select 'function ' || pg_get_functiondef(oid) as line from pg_proc
     where pronamespace = 'public'::regnamespace and prokind = 'f'",
    "select 'comment ' || c.relname || ' ' || d.objsubid || ' ' || d.description as line
     from pg_description d
     join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
     where c.relnamespace = 'public'::regnamespace",
];

/// All that migrations made, one thing a line.
fn dump(app: &App) -> Vec<String> {
    let mut conn = connect(app);
    let queries: &[&str] = match conn {
        Conn::Sqlite(_) => &SQLITE_DUMP,
        Conn::Pg(_) => &POSTGRES_DUMP,
    };
    let mut dump: Vec<String> = queries
        .iter()
        .flat_map(|query| lines(&mut conn, query))
        .collect();
    dump.sort_unstable();
    dump
}

#[track_caller]
fn assert_same(before: &[String], after: &[String]) {
    let lost: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(
        lost.is_empty() && new.is_empty(),
        "lost: {lost:#?}\nnew: {new:#?}"
    );
    assert_eq!(before.len(), after.len());
}

/// A database that nobody migrated, which goes with the app.
fn empty(app: &App) -> DatabaseUrl {
    match url_of(app) {
        DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(path.with_file_name("empty.db")),
        postgres => {
            connect(app)
                .batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                .expect("the schema is emptied");
            postgres
        }
    }
}

fn names(database: Database) -> Vec<String> {
    migration_folders(database)
        .iter()
        .map(|path| name_of(path))
        .collect()
}

#[test]
fn every_table_has_a_row_here() {
    each(|app| {
        let mut rows = ROWS.map(|(table, _)| table);
        rows.sort_unstable();
        assert_eq!(tables(&mut connect(app)), rows);
        assert_rows(app, 0);
        fill(app);
        assert_rows(app, 1);
    });
}

#[test]
fn up_down_and_up_with_a_row_in_every_table_give_the_same_schema() {
    each(|app| {
        let (url, before) = (url_of(app), dump(app));
        assert!(before.len() > 20, "the schema is there: {before:#?}");
        fill(app);
        assert_rows(app, 1);
        migrate::down(&url).expect("the migrations are undone");
        let left = dump(app);
        assert!(left.is_empty(), "down leaves: {left:#?}");
        migrate::up(&url).expect("the migrations run again");
        assert_same(&before, &dump(app));
        assert_rows(app, 0);
        fill(app);
        assert_rows(app, 1);
    });
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    let names = names(Database::Sqlite);
    assert_eq!(names, self::names(Database::Postgres));
    for (place, name) in (1..).zip(&names) {
        let number = format!("{place:04}_");
        assert!(name.starts_with(&number), "{name} does not begin {number}");
    }
    for folder in [Database::Sqlite, Database::Postgres]
        .into_iter()
        .flat_map(migration_folders)
    {
        let files: Vec<String> = entries(&folder).iter().map(|path| name_of(path)).collect();
        assert_eq!(files, ["down.sql", "up.sql"], "{}", folder.display());
    }
}

#[test]
fn an_empty_database_lacks_every_migration() {
    each(|app| {
        let url = empty(app);
        let pending = migrate::pending(&url).expect("the database answers");
        assert_eq!(pending, names(app.database()));
        migrate::up(&url).expect("the migrations run");
        let pending = migrate::pending(&url).expect("the database answers");
        assert_eq!(pending, Vec::<String>::new());
        migrate::down(&url).expect("the migrations are undone");
        let pending = migrate::pending(&url).expect("the database answers");
        assert_eq!(pending, names(app.database()));
    });
}

#[test]
fn up_gives_the_names_of_what_ran() {
    each(|app| {
        let url = empty(app);
        let ran = migrate::up(&url).expect("the migrations run");
        assert_eq!(ran, names(app.database()));
    });
}

#[test]
fn up_runs_nothing_the_second_time() {
    each(|app| {
        let (url, before) = (url_of(app), dump(app));
        fill(app);
        let ran = migrate::up(&url).expect("there is nothing to run");
        assert_eq!(ran, Vec::<String>::new());
        assert_same(&before, &dump(app));
        assert_rows(app, 1);
    });
}

/// Asserts that SQLite finds nothing wrong with the file, the index for searching included.
fn assert_sound(app: &App) {
    let conn = &mut connect(app);
    let sound = "select integrity_check as line from pragma_integrity_check";
    assert_eq!(lines(conn, sound), ["ok"]);
    let broken = "select \"table\" as line from pragma_foreign_key_check";
    assert_eq!(lines(conn, broken), Vec::<String>::new());
    conn.batch_execute(
        "insert into event_search_fts (event_search_fts, rank) values ('integrity-check', 1)",
    )
    .expect("the index has the words of its table");
}

#[test]
fn a_sqlite_file_is_sound_at_every_step() {
    each(|app| {
        if app.database() != Database::Sqlite {
            return;
        }
        let url = url_of(app);
        assert_sound(app);
        fill(app);
        assert_sound(app);
        app.sql("update event_search set words = 'another place'");
        assert_sound(app);
        // What the box office sold is never deleted otherwise.
        app.sql("drop trigger seat_movements_stay");
        for table in ["seat_movements", "waitlist", "bookings", "event_seats"] {
            app.sql(&format!("delete from {table}"));
        }
        app.sql("delete from events");
        assert_eq!(app.count("select count(*) from event_search"), 0);
        assert_eq!(app.count("select count(*) from comment_images"), 0);
        assert_sound(app);
        migrate::down(&url).expect("the migrations are undone");
        migrate::up(&url).expect("the migrations run again");
        fill(app);
        assert_sound(app);
    });
}
