//! The commands beside the server.

use super::*;

/// The sub-commands, as `--help` lists them.
fn commands(help: &str) -> Vec<&str> {
    let (_, listed) = help.split_once("Commands:\n").expect("commands are listed");
    let names = listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let site = Site::bare();
    let help = site.run(&["--help"]);
    let commands = commands(help.ok());
    for name in [
        "serve", "demo", "migrate", "check", "verify", "reports", "restore", "openapi",
    ] {
        assert!(commands.contains(&name), "{name}: {commands:?}");
    }
    assert!(help.stdout.contains("Example"), "{help:?}");
    for command in commands {
        let help = site.run(&[command, "--help"]);
        let example = help.ok().lines().any(|line| {
            let (_, example) = line.split_once("Example").unwrap_or_default();
            example.contains(&format!("folkmoot {command}"))
        });
        assert!(example, "{command}: {help:?}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn an_unknown_command_or_option_exits_with_2() {
    let site = Site::bare();
    for words in [
        ["nonsense", "--"],
        ["serve", "nonsense"],
        ["serve", "--nonsense"],
    ] {
        let ran = site.run(&words);
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("Usage"), "{ran:?}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn openapi_prints_the_document_of_the_repository() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("api-docs/openapi.json");
    let document = std::fs::read_to_string(file).expect("the document is there");
    let site = Site::bare();
    // It needs no settings, not even right ones.
    let ran = site.run_with(&[("DATABASE_URL", "nonsense")], &["openapi"]);
    assert!(ran.ok() == document, "write it anew with: folkmoot openapi");
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn check_and_verify_work_on_a_fresh_database_and_beside_its_server() {
    for site in Site::each() {
        let server = site.start();
        for _ in 0..2 {
            let checked = site.run(&["check"]);
            let said = checked.ok();
            for words in ["settings", "database", "up to date", "2 client ids"] {
                assert!(said.contains(words), "no {words:?}: {said}");
            }
            site.run(&["verify"]).ok();
            let migrated = site.run(&["migrate"]);
            assert!(migrated.ok().contains("up to date"), "{migrated:?}");
        }
        make_event(&server.user("ann"));
        server.stop().ok();
        site.run(&["check"]).ok();
        site.run(&["verify"]).ok();
    }
}

#[test]
fn migrate_makes_a_sqlite_database_with_its_folder() {
    let site = Site::bare();
    let migrated = site.run(&["migrate"]);
    assert!(!migrated.ok().contains("up to date"), "{migrated:?}");
    assert!(site.path("data/folkmoot.db").is_file());
    let again = site.run(&["migrate"]);
    assert!(again.ok().contains("up to date"), "{again:?}");
    site.run(&["check"]).ok();
    site.run(&["verify"]).ok();
    site.start().stop().ok();
}

#[test]
fn verify_finds_a_counter_that_is_off() {
    for site in Site::each() {
        let server = site.start();
        let ann = server.user("ann");
        let (good, bad) = (make_event(&ann), make_event(&ann));
        for event in [&good, &bad] {
            let comment = json!({ "body": "Yes." });
            ann.post(&comments_path(event), &comment).ok(201);
        }
        site.run(&["verify"]).ok();
        site.sql(&format!(
            "update event_counters set comments = comments + 1 where event_id = '{bad}'"
        ));
        let ran = site.run(&["verify"]);
        let line = ran.refused();
        assert!(line.contains(&bad), "{line}");
        assert!(!line.contains(&good), "{line}");
        site.sql("update event_counters set comments = comments - 1 where comments = 2");
        site.run(&["verify"]).ok();
    }
}
