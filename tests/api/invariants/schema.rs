//! The schema: the two databases agree, and `src/db/schema/` says what they are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use folkmoot::db::Conn;

use super::{connect, in_repository, lines, read, tables};
use crate::support::*;

/// What PostgreSQL has and SQLite does not: there the words have a table of their own.
const POSTGRES_ALONE: [(&str, &str); 2] =
    [("event_search", "lexemes"), ("group_search", "lexemes")];

/// Table, column, type, and `YES` if it may be NULL.
type Column = [String; 4];
/// Table, column, the table and column it refers to, and what a deletion and an update do.
type ForeignKey = [String; 6];
/// Table, `primary`, `unique` or `plain`, columns, and which rows it has (nothing for all).
type Index = [String; 4];

/// What a database says of its tables.
struct Schema {
    columns: BTreeSet<Column>,
    foreign_keys: BTreeSet<ForeignKey>,
    indexes: BTreeSet<Index>,
}

impl Schema {
    fn of(app: &App) -> Schema {
        let conn = &mut connect(app);
        match conn {
            Conn::Sqlite(_) => Schema::of_sqlite(conn),
            Conn::Pg(_) => Schema::of_postgres(conn),
        }
    }

    fn of_sqlite(conn: &mut Conn) -> Schema {
        let tables = "pragma_table_list t";
        let ours = "t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite_%' \
                    and t.name not like '%diesel_schema_migrations'";
        let columns = format!(
            "select t.name || '|' || c.name || '|' || c.type || '|'
             || case c.\"notnull\" when 1 then 'NO' else 'YES' end as line
             from {tables}, pragma_table_xinfo(t.name) c where {ours}"
        );
        let foreign_keys = format!(
            "select t.name || '|' || f.\"from\" || '|' || f.\"table\" || '|'
             || coalesce(f.\"to\", 'its primary key') || '|' || f.on_delete || '|' || f.on_update
             as line from {tables}, pragma_foreign_key_list(t.name) f where {ours}"
        );
        // A row for each column of each index.
        let keys = format!(
            "select t.name || '||primary|' || c.name || '|' as line
             from {tables}, pragma_table_xinfo(t.name) c where {ours} and c.pk > 0
             order by t.name, c.pk"
        );
        let others = format!(
            "select t.name || '|' || i.name || '|'
             || case i.\"unique\" when 1 then 'unique' else 'plain' end || '|'
             || coalesce(c.name, 'an expression') || '|' || coalesce(s.sql, '') as line
             from {tables}, pragma_index_list(t.name) i, pragma_index_info(i.name) c
             left join sqlite_schema s on s.type = 'index' and s.name = i.name
             where {ours} and i.origin <> 'pk' order by t.name, i.name, c.seqno"
        );
        let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
        for query in [keys, others] {
            for [table, name, kind, column, sql] in cells::<5>(conn, &query) {
                let rows = sql.split_once(" WHERE ").map_or("", |(_, rows)| rows);
                let index = || [table.clone(), kind, String::new(), bare(rows)];
                let index = indexes.entry((table.clone(), name)).or_insert_with(index);
                if !index[2].is_empty() {
                    index[2].push_str(", ");
                }
                index[2].push_str(&column);
            }
        }
        Schema {
            columns: cells(conn, &columns).into_iter().collect(),
            foreign_keys: cells(conn, &foreign_keys).into_iter().collect(),
            indexes: indexes.into_values().collect(),
        }
    }

    fn of_postgres(conn: &mut Conn) -> Schema {
        let columns = "select table_name::text || '|' || column_name::text || '|'
             || data_type::text || '|' || is_nullable::text as line
             from information_schema.columns where table_schema = 'public'
             and table_name not like '%diesel_schema_migrations'";
        let action = |column: &str| {
            format!(
                "case {column} when 'c' then 'CASCADE' when 'r' then 'RESTRICT'
                 when 'n' then 'SET NULL' when 'd' then 'SET DEFAULT' else 'NO ACTION' end"
            )
        };
        let (on_delete, on_update) = (action("k.confdeltype"), action("k.confupdtype"));
        let foreign_keys = format!(
            "select c.relname::text || '|' || a.attname::text || '|' || p.relname::text || '|'
             || b.attname::text || '|' || {on_delete} || '|' || {on_update} as line
             from pg_constraint k
             join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
             cross join lateral unnest(k.conkey, k.confkey) as u (child, parent)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.child
             join pg_attribute b on b.attrelid = k.confrelid and b.attnum = u.parent
             where k.contype = 'f' and k.connamespace = 'public'::regnamespace"
        );
        let indexes = "select t.relname::text || '|'
             || case when i.indisprimary then 'primary' when i.indisunique then 'unique'
             else 'plain' end || '|'
             || (select string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' order by n)
             from generate_series(1, i.indnkeyatts::int) as n) || '|'
             || coalesce(pg_get_expr(i.indpred, i.indrelid), '') as line
             from pg_index i join pg_class t on t.oid = i.indrelid
             where t.relnamespace = 'public'::regnamespace and t.relkind = 'r'
             and t.relname not like '%diesel_schema_migrations'";
        let alone = |table: &str, column: &str| POSTGRES_ALONE.contains(&(table, column));
        let columns: Vec<Column> = cells(conn, columns);
        let indexes: Vec<Index> = cells(conn, indexes);
        let indexes = indexes.into_iter().map(|[table, kind, columns, rows]| {
            let rows = bare(&rows);
            [table, kind, columns, rows]
        });
        Schema {
            columns: columns
                .into_iter()
                .filter(|one| !alone(&one[0], &one[1]))
                .collect(),
            foreign_keys: cells(conn, &foreign_keys).into_iter().collect(),
            indexes: indexes.filter(|one| !alone(&one[0], &one[2])).collect(),
        }
    }

    /// The columns with types that both databases have a word for.
    fn columns_in_common_words(&self) -> BTreeSet<Column> {
        let in_common_words = |[table, column, kind, null]: &Column| {
            let kind = match kind.as_str() {
                "text" | "uuid" | "timestamp with time zone" => "TEXT",
                "bigint" | "boolean" => "INTEGER",
                other => other,
            };
            [table.clone(), column.clone(), kind.into(), null.clone()]
        };
        self.columns.iter().map(in_common_words).collect()
    }
}

/// The rows of a query that gives its columns as one text with bars between.
fn cells<const N: usize>(conn: &mut Conn, query: &str) -> Vec<[String; N]> {
    let row = |line: String| {
        let cells: Vec<String> = line.splitn(N, '|').map(str::to_owned).collect();
        <[String; N]>::try_from(cells)
            .unwrap_or_else(|cells| panic!("{cells:?} is not {N} cells: {query}"))
    };
    lines(conn, query).into_iter().map(row).collect()
}

/// A condition without the parentheses and types that PostgreSQL adds.
fn bare(condition: &str) -> String {
    let plain = condition.replace(['(', ')'], "").replace("::text", "");
    plain.trim().to_owned()
}

#[track_caller]
fn assert_agree<T: Ord + Debug>(sqlite: &BTreeSet<T>, postgres: &BTreeSet<T>) {
    assert!(!sqlite.is_empty(), "SQLite has some");
    let on_sqlite: Vec<&T> = sqlite.difference(postgres).collect();
    let on_postgres: Vec<&T> = postgres.difference(sqlite).collect();
    assert!(
        on_sqlite.is_empty() && on_postgres.is_empty(),
        "only on SQLite: {on_sqlite:#?}\nonly on PostgreSQL: {on_postgres:#?}"
    );
}

/// Compares the two, where both are installed.
#[track_caller]
fn assert_both_agree<T: Ord + Debug>(part: impl Fn(Schema) -> BTreeSet<T>) {
    let seen = RefCell::new(Vec::new());
    each(|app| seen.borrow_mut().push(part(Schema::of(app))));
    if let [sqlite, postgres] = seen.into_inner().as_slice() {
        assert_agree(sqlite, postgres);
    }
}

#[test]
fn both_databases_have_the_same_columns() {
    assert_both_agree(|schema| schema.columns_in_common_words());
}

#[test]
fn both_databases_have_the_same_foreign_keys() {
    assert_both_agree(|schema| schema.foreign_keys);
}

#[test]
fn both_databases_have_the_same_keys_and_indexes() {
    // On SQLite the order of the log is that of its ids.
    let ordering = |[table, _, columns, rows]: &Index| {
        table == "changes" && (columns == "seq" || rows == "seq IS NULL")
    };
    assert_both_agree(|schema| {
        let indexes = schema.indexes.into_iter();
        indexes.filter(|index| !ordering(index)).collect()
    });
}

#[test]
fn every_foreign_key_leads_an_index() {
    each(|app| {
        let schema = Schema::of(app);
        assert!(!schema.foreign_keys.is_empty(), "there are foreign keys");
        for [table, column, ..] in &schema.foreign_keys {
            // An index of some rows only does not find the others, but for those without one.
            let set = format!("{column} IS NOT NULL");
            let leads = |[on, _, columns, rows]: &Index| {
                on == table
                    && (rows.is_empty() || rows.eq_ignore_ascii_case(&set))
                    && columns.split(", ").next() == Some(column.as_str())
            };
            let led = schema.indexes.iter().any(leads);
            assert!(led, "no index begins with {table}.{column}");
        }
    });
}

/// A table, its primary key, and its columns, as `src/db/schema/` has them.
struct Declared {
    table: String,
    key: String,
    /// Name, type, and `YES` if it may be NULL.
    columns: Vec<[String; 3]>,
}

fn declared() -> Vec<Declared> {
    let text = declarations();
    let blocks = text.split("diesel::table! {").skip(1);
    let declared: Vec<Declared> = blocks
        .map(|block| {
            let block = block.split("\n}").next().unwrap_or_default();
            let mut lines = block.lines().map(str::trim);
            let head = lines
                .find_map(|line| line.strip_suffix(") {"))
                .unwrap_or_else(|| panic!("a table without a head: {block}"));
            let (table, key) = head
                .split_once(" (")
                .unwrap_or_else(|| panic!("a table without a key: {head}"));
            let columns = lines.filter_map(|line| {
                let (name, kind) = line.strip_suffix(',')?.split_once(" -> ")?;
                let inner = kind.strip_prefix("Nullable<");
                let inner = inner.and_then(|kind| kind.strip_suffix('>'));
                let null = if inner.is_some() { "YES" } else { "NO" };
                Some([name, inner.unwrap_or(kind), null].map(str::to_owned))
            });
            Declared {
                table: table.to_owned(),
                key: key.to_owned(),
                columns: columns.collect(),
            }
        })
        .collect();
    assert!(!declared.is_empty(), "src/db/schema/ has tables");
    declared
}

/// The text of `src/db/schema/`.
fn declarations() -> String {
    let files = std::fs::read_dir(in_repository("src/db/schema")).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    files.map(|file| read(&file)).collect()
}

/// The tables that `src/db/schema/` names.
pub(super) fn declared_tables() -> Vec<String> {
    let mut tables: Vec<String> = declared().into_iter().map(|one| one.table).collect();
    tables.sort_unstable();
    tables
}

/// What a database calls a type of `src/db/schema/`.
fn native(database: Database, kind: &str) -> &'static str {
    match (database, kind) {
        (Database::Sqlite, "Text" | "Id" | "Instant") => "TEXT",
        (Database::Sqlite, "BigInt" | "Bool") => "INTEGER",
        (Database::Postgres, "Text") => "text",
        (Database::Postgres, "Id") => "uuid",
        (Database::Postgres, "Instant") => "timestamp with time zone",
        (Database::Postgres, "BigInt") => "bigint",
        (Database::Postgres, "Bool") => "boolean",
        _ => panic!("{kind} is new here: what is it on {database:?}?"),
    }
}

#[test]
fn the_code_names_exactly_the_tables_and_columns_that_are_there() {
    each(|app| {
        let schema = Schema::of(app);
        let mut columns: BTreeSet<Column> = BTreeSet::new();
        let mut keys: BTreeSet<(String, String)> = BTreeSet::new();
        for Declared {
            table,
            key,
            columns: own,
        } in declared()
        {
            for [name, kind, null] in own {
                let kind = native(app.database(), &kind).to_owned();
                columns.insert([table.clone(), name, kind, null]);
            }
            keys.insert((table, key));
        }
        assert_eq!(declared_tables(), tables(&mut connect(app)));
        let missing: Vec<&Column> = schema.columns.difference(&columns).collect();
        assert!(missing.is_empty(), "not in src/db/schema/: {missing:#?}");
        let invented: Vec<&Column> = columns.difference(&schema.columns).collect();
        assert!(invented.is_empty(), "not in the database: {invented:#?}");
        let primary = schema.indexes.iter().filter(|index| index[1] == "primary");
        let primary: BTreeSet<(String, String)> = primary
            .map(|[table, _, columns, _]| (table.clone(), columns.clone()))
            .collect();
        assert_eq!(keys, primary);
    });
}
