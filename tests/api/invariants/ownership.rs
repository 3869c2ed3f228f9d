//! Only a slice's own functions write its tables, and slices know of each other in one
//! direction only. Read from the sources, as text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::schema::declared_tables;
use super::{entries, in_repository, name_of, read};

/// The file, or the folder of a slice, that writes a table; below `src`.
const OWNERS: [(&str, &str); 38] = [
    ("changes", "bus/mod.rs"),
    ("users", "identity/people/write.rs"),
    ("logins", "identity/people/write.rs"),
    ("merges", "identity/people/write.rs"),
    ("barred_logins", "identity/people/write.rs"),
    ("passwords", "identity/credentials.rs"),
    ("grants", "identity/grants.rs"),
    ("refresh_tokens", "identity/grants.rs"),
    ("sign_in_attempts", "identity/attempts.rs"),
    ("sign_in_windows", "identity/attempts.rs"),
    ("audit", "identity/audit.rs"),
    ("machine_tokens", "identity/tokens/kept.rs"),
    ("bus_cursors", "bus/cursor.rs"),
    ("bus_refusals", "bus/cursor.rs"),
    ("admins", "box_office/admins/mod.rs"),
    ("company_accounts", "proposals/accounts/mod.rs"),
    ("event_types", "proposals/catalogue.rs"),
    ("proposals", "proposals/requests/write.rs"),
    ("sessions", "identity/session/store.rs"),
    ("events", "community/events/"),
    ("event_counters", "community/events/write.rs"),
    ("event_search", "community/search.rs"),
    ("group_search", "community/search.rs"),
    ("comment_likes", "community/likes.rs"),
    ("event_interests", "community/interest.rs"),
    ("groups", "community/groups/write.rs"),
    ("group_members", "community/groups/members.rs"),
    ("calendars", "community/calendars/private.rs"),
    ("reports", "community/reports/acts.rs"),
    ("erasures", "identity/people/write.rs"),
    ("comments", "community/comments/write.rs"),
    ("comment_images", "community/images.rs"),
    ("idempotency_keys", "http/idempotency/"),
    ("venues", "box_office/venues/write.rs"),
    ("event_seats", "box_office/seats/"),
    ("seat_movements", "box_office/seats/"),
    ("bookings", "box_office/bookings/"),
    ("waitlist", "box_office/bookings/"),
];

/// Folders below `src`, and the modules that nothing in them may name.
const DIRECTIONS: [(&str, &[&str]); 6] = [
    ("db/", &["bus", "identity", "community"]),
    ("bus/", &["community"]),
    ("identity/", &["community"]),
    ("community/", &[]),
    ("box_office/", &["proposals", "automation", "federation"]),
    ("proposals/", &["box_office", "automation", "federation"]),
];

/// Systems above them all, as soon as there are any.
const ABOVE: [&str; 4] = ["box_office", "proposals", "automation", "federation"];

/// The calls that write, up to what they write to.
const VERBS: [&str; 7] = [
    "diesel::update(",
    "diesel::delete(",
    "dsl::update(",
    "dsl::delete(",
    "replace_into(",
    "ignore_into(",
    "insert_into(",
];

/// A source file without its tests.
struct Source {
    /// Below `src`.
    path: String,
    /// Without comments, and with nothing in its texts.
    code: String,
    /// What its texts say.
    texts: Vec<String>,
}

impl Source {
    /// The tables that it writes. What cannot be told is a question mark and the code.
    fn written(&self) -> BTreeSet<String> {
        let mut tables = BTreeSet::new();
        for verb in VERBS {
            for (at, _) in self.code.match_indices(verb) {
                let (before, rest) = self.code.split_at(at);
                let argument = rest.trim_start_matches(verb);
                let table = table_of(argument, before).unwrap_or_else(|| {
                    let line: String = rest.chars().take(60).collect();
                    format!("? {line}")
                });
                tables.insert(table);
            }
        }
        for text in &self.texts {
            tables.extend(written_by_sql(text));
        }
        tables
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.code)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// The path at the head of an expression: `events::table` of `&events::table.find(id)`.
fn head(expression: &str) -> &str {
    let expression = expression.trim_start().trim_start_matches('&');
    let end = expression.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    end.map_or(expression, |end| &expression[..end])
}

/// The table that an expression begins with; a name is looked up where it was bound last.
fn table_of(expression: &str, before: &str) -> Option<String> {
    let path = head(expression);
    let path = if path.contains("::") {
        path
    } else {
        let binding = format!("let {path} =");
        head(before.rsplit_once(binding.as_str())?.1)
    };
    let module = path.strip_suffix("::table")?;
    module.rsplit("::").next().map(str::to_owned)
}

/// The tables that a text writes, if it is SQL.
fn written_by_sql(text: &str) -> Vec<String> {
    let words: Vec<String> = words(text).map(str::to_lowercase).collect();
    let mut tables = Vec::new();
    for at in 0..words.len() {
        let rest: Vec<&str> = words[at..].iter().take(5).map(String::as_str).collect();
        let table = match rest.as_slice() {
            ["insert" | "replace", "into", table, ..]
            | ["insert", "or", _, "into", table, ..]
            | ["delete", "from", table, ..]
            | ["truncate", "table", table, ..]
            | ["update", table, "set", ..] => *table,
            _ => continue,
        };
        tables.push(table.to_owned());
    }
    tables
}

/// Rust code without comments, with `""` for each text, and what the texts say.
fn split(text: &str) -> (String, Vec<String>) {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let find = |from: usize, found: &dyn Fn(usize) -> bool| {
        (from..chars.len())
            .find(|place| found(*place))
            .unwrap_or(chars.len())
    };
    let (mut code, mut texts) = (String::new(), Vec::new());
    let mut place = 0;
    while place < chars.len() {
        let in_word = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let hashes = find(place + 1, &|place| at(place) != '#') - place - 1;
        place = match (at(place), at(place + 1)) {
            ('/', '/') => find(place, &|place| at(place) == '\n'),
            ('/', '*') => 2 + find(place, &|place| (at(place), at(place + 1)) == ('*', '/')),
            // A raw text.
            ('r', '"' | '#') if !in_word && at(place + 1 + hashes) == '"' => {
                let start = place + hashes + 2;
                let closed = |end: usize| {
                    at(end) == '"' && (end + 1..=end + hashes).all(|place| at(place) == '#')
                };
                let end = find(start, &closed);
                texts.push(chars[start..end].iter().collect());
                code.push_str("\"\"");
                end + 1 + hashes
            }
            ('"', _) => {
                let mut end = place + 1;
                while end < chars.len() && at(end) != '"' {
                    end += if at(end) == '\\' { 2 } else { 1 };
                }
                let end = end.min(chars.len());
                texts.push(chars[place + 1..end].iter().collect());
                code.push_str("\"\"");
                end + 1
            }
            // A character; what else begins so is a lifetime.
            ('\'', '\\') => 1 + find(place + 3, &|place| at(place) == '\''),
            ('\'', _) if at(place + 2) == '\'' => place + 3,
            (c, _) => {
                code.push(c);
                place + 1
            }
        };
    }
    (code, texts)
}

/// Every file below `src`, without tests.
fn sources() -> Vec<Source> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for path in entries(folder) {
            match name_of(&path).as_str() {
                "tests.rs" | "tests" => {}
                _ if path.is_dir() => walk(&path, files),
                name if name.ends_with(".rs") => files.push(path),
                _ => {}
            }
        }
    }
    let root = in_repository("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let sources: Vec<Source> = files
        .iter()
        .map(|file| {
            let text = read(file);
            // The tests stand at the end of a file.
            let tested = text.split("#[cfg(test)]\nmod tests").next();
            let (code, texts) = split(tested.unwrap_or_default());
            let path = file.strip_prefix(&root).expect("a file below src");
            let path = path.to_string_lossy().replace('\\', "/");
            Source { path, code, texts }
        })
        .collect();
    assert!(sources.len() > 20, "the sources are there");
    sources
}

#[test]
fn the_reader_of_sources_is_not_fooled() {
    let (code, texts) = split(concat!(
        "// diesel::update(a::table)\n",
        "let row = b::table.filter(b::id.eq('\"')); /* \" */\n",
        "diesel::update(row).set(x.eq(\"say \\\" DELETE FROM c\"));\n",
        "fn f<'a>(q: &'a str) { g(r#\"INSERT OR IGNORE\n INTO d (id) VALUES (1)\"#, '\\'') }\n",
        "diesel::delete(\n    schema::e::table.find(id),\n); nothing.update(f::table);\n",
        "diesel::insert_into(g::table); diesel::delete(self.h());\n",
        "k(\"it goes into the update set, from there\")",
    ));
    let source = Source {
        path: String::new(),
        code,
        texts,
    };
    let written: Vec<String> = source.written().into_iter().collect();
    let expected = ["? diesel::delete(self.h());", "b", "c", "d", "e", "g"];
    assert_eq!(written.len(), expected.len(), "{written:?}");
    for (found, expected) in written.iter().zip(expected) {
        assert!(found.starts_with(expected), "{written:?}");
    }
}

#[test]
fn every_table_has_one_owner_that_writes_it() {
    let owners: BTreeMap<&str, &str> = OWNERS.into_iter().collect();
    let owned: Vec<&str> = owners.keys().copied().collect();
    assert_eq!(declared_tables(), owned, "the tables and their owners");
    let sources = sources();
    for (table, owner) in owners {
        let mut its = sources
            .iter()
            .filter(|source| source.path.starts_with(owner));
        let writes = its.any(|source| source.written().contains(table));
        assert!(writes, "{owner} writes {table}");
    }
}

#[test]
fn a_table_is_written_by_its_owner_only() {
    let owners: BTreeMap<&str, &str> = OWNERS.into_iter().collect();
    let mut trespasses = Vec::new();
    for source in sources() {
        for table in source.written() {
            let owner = owners.get(table.as_str());
            if !owner.is_some_and(|owner| source.path.starts_with(owner)) {
                trespasses.push(format!("{} writes {table}", source.path));
            }
        }
    }
    assert!(trespasses.is_empty(), "{trespasses:#?}");
}

/// What the tests above do not follow: verbs under another name, and diesel's ways to write
/// without one.
#[test]
fn writing_has_no_other_form() {
    let mut others = Vec::new();
    for source in sources() {
        for import in source.code.split("use diesel::").skip(1) {
            let import = import.split(';').next().unwrap_or_default();
            let verbs = ["update", "delete", "insert_into", "replace_into"];
            if words(import).any(|word| verbs.contains(&word)) {
                others.push(format!("{} imports {import}", source.path));
            }
        }
        for form in ["save_changes", "copy_from", "insert_or_ignore_into"] {
            if source.words().any(|word| word == form) {
                others.push(format!("{} says {form}", source.path));
            }
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn modules_know_of_each_other_in_one_direction() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (folder, unknown) in DIRECTIONS {
        let files = sources
            .iter()
            .filter(|source| source.path.starts_with(folder));
        let mut some = false;
        for source in files {
            some = true;
            for word in source.words() {
                // Tables stand in files of their systems' names, and one has such a name.
                if source.path.starts_with("db/schema/") {
                    continue;
                }
                let above = !ABOVE.contains(&folder.trim_end_matches('/'));
                if unknown.contains(&word) || (above && ABOVE.contains(&word)) {
                    wrong.push(format!("{} names {word}", source.path));
                }
            }
        }
        assert!(some, "there are files below src/{folder}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_bus_knows_people_by_their_ids_only() {
    for source in sources() {
        if source.path.starts_with("bus/") {
            for (at, _) in source.code.match_indices("identity") {
                let rest = &source.code[at..];
                let id_only = rest.starts_with("identity::people::UserId");
                let named: String = rest.chars().take(40).collect();
                assert!(id_only, "{} names {named}", source.path);
            }
        }
    }
}
