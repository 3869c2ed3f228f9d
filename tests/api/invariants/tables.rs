//! The rules of the house for every table, read from the migrations and from what they made.

use std::path::PathBuf;

use super::{connect, lines, migration_folders, name_of, read};
use crate::support::*;

#[test]
fn every_sqlite_table_is_strict() {
    each(|app| {
        if app.database() == Database::Sqlite {
            let lax = "select name as line from pragma_table_list where schema = 'main'
                 and type = 'table' and strict = 0 and name not like 'sqlite_%'
                 and name not like '%diesel_schema_migrations'";
            assert_eq!(lines(&mut connect(app), lax), Vec::<String>::new());
        }
    });
}

#[test]
fn every_postgres_table_has_a_comment() {
    each(|app| {
        if app.database() == Database::Postgres {
            let silent = "select relname::text as line from pg_class
                 where relnamespace = 'public'::regnamespace and relkind = 'r'
                 and relname not like '%diesel_schema_migrations'
                 and coalesce(obj_description(oid, 'pg_class'), '') = ''";
            assert_eq!(lines(&mut connect(app), silent), Vec::<String>::new());
        }
    });
}

/// The texts of a database's `up.sql`, by the names of their folders.
fn ups(database: Database) -> Vec<(String, String)> {
    let up = |folder: &PathBuf| (name_of(folder), read(&folder.join("up.sql")));
    let ups: Vec<(String, String)> = migration_folders(database).iter().map(up).collect();
    assert!(!ups.is_empty(), "there are migrations");
    ups
}

/// SQL in capitals, without comments.
fn plain(sql: &str) -> String {
    let code = |line: &str| line.split("--").next().unwrap_or_default().to_uppercase();
    sql.lines().map(code).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_sqlite_table_is_made_below_a_comment() {
    for (name, text) in ups(Database::Sqlite) {
        let mut before = "";
        for line in text.lines().map(str::trim) {
            if line.to_uppercase().starts_with("CREATE TABLE") {
                assert!(
                    before.starts_with("--"),
                    "{name}: no comment above {line:?}"
                );
            }
            before = line;
        }
    }
}

/// What is said after `REFERENCES`, up to the end of that column or constraint.
fn reference(rest: &str) -> &str {
    let mut depth = 0;
    let end = rest.find(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth < 0 || (depth == 0 && (c == ',' || c == ';'))
    });
    &rest[..end.unwrap_or(rest.len())]
}

#[test]
fn every_foreign_key_says_what_a_deletion_does() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut references = 0;
        for (name, text) in ups(database) {
            for rest in plain(&text).split("REFERENCES ").skip(1) {
                let said = reference(rest);
                assert!(said.contains("ON DELETE"), "{name}: REFERENCES {said}");
                references += 1;
            }
        }
        assert!(references > 0, "there are foreign keys on {database:?}");
    }
}

#[test]
fn no_constraint_waits_for_the_commit() {
    for database in [Database::Sqlite, Database::Postgres] {
        for (name, text) in ups(database) {
            let text = plain(&text);
            for word in ["DEFERRABLE", "DEFERRED", "DEFER_FOREIGN_KEYS"] {
                assert!(!text.contains(word), "{name} on {database:?} says {word}");
            }
        }
    }
    each(|app| {
        if app.database() == Database::Postgres {
            let waiting = "select conname::text as line from pg_constraint
                 where connamespace = 'public'::regnamespace and condeferrable";
            assert_eq!(lines(&mut connect(app), waiting), Vec::<String>::new());
        }
    });
}
