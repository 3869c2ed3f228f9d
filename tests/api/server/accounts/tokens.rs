//! `folkmoot token`: made, listed and revoked beside servers that run.

use super::*;

const ME: &str = "/api/v1/tokens/@me";

/// A well-formed id that belongs to nothing.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// The one machine token in what was printed.
#[track_caller]
fn token_in(printed: &str) -> String {
    let words = printed.split(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c)));
    let tokens: Vec<&str> = words.filter(|word| word.starts_with("fmt_")).collect();
    assert_eq!(tokens.len(), 1, "one token: {printed}");
    tokens[0].to_owned()
}

/// The id of a machine token.
#[track_caller]
fn id_of(token: &str) -> String {
    let simple = token
        .split('_')
        .nth(1)
        .expect("its form is fmt_<id>_<secret>");
    Uuid::try_parse(simple).expect("a UUID").to_string()
}

/// Makes a machine token; answers it.
#[track_caller]
fn create_token(site: &Site, more: &[&str]) -> String {
    let mut words = vec![
        "token",
        "create",
        "--name",
        "Cron",
        "--scope",
        "events:write",
    ];
    words.extend(more);
    token_in(site.run(&words).ok())
}

/// The line about a token in the list of tokens.
#[track_caller]
fn listed(site: &Site, token: &str) -> String {
    let ran = site.run(&["token", "list"]);
    let id = id_of(token);
    let mut lines = ran.ok().lines().filter(|line| line.contains(&id));
    let line = lines.next().expect("the token is listed").to_owned();
    assert_eq!(lines.next(), None, "listed once: {ran:?}");
    line
}

#[test]
fn a_token_made_in_the_shell_works_until_it_is_revoked() {
    for site in Site::each() {
        let server = site.start();
        let more = [
            "--scope",
            "events:read",
            "--project",
            "club-7",
            "--expires",
            "2999-12-31",
        ];
        let (token, other) = (create_token(&site, &more), create_token(&site, &[]));
        let me = call(&server, &token, "GET", ME, "").ok(200);
        assert_eq!(me["data"]["id"], *id_of(&token));
        assert_eq!(me["data"]["name"], "Cron");
        assert_eq!(me["data"]["project"], "club-7");
        let scopes = me["data"]["scopes"].as_array().expect("an array");
        assert_eq!(scopes.len(), 2);
        for scope in ["events:write", "events:read"] {
            assert!(scopes.contains(&json!(scope)), "{me}");
        }
        assert!(me["data"]["expires_at"].is_string(), "{me}");
        let me = call(&server, &other, "GET", ME, "").ok(200);
        assert_eq!(me["data"]["project"], "default");
        assert!(me["data"]["expires_at"].is_null(), "{me}");
        assert_eq!(rows(&site, "changes where topic = 'token.created'"), 2);

        site.run(&["token", "revoke", &id_of(&token)]).ok();
        assert_unauthorized(&call(&server, &token, "GET", ME, ""));
        call(&server, &other, "GET", ME, "").ok(200);
        assert_eq!(rows(&site, "changes where topic = 'token.revoked'"), 1);
        site.run(&["verify"]).ok();
    }
}

#[test]
fn a_token_that_is_revoked_is_refused_by_every_node() {
    let Some(site) = Site::postgres() else {
        return;
    };
    let (a, b) = (site.start(), site.start());
    let token = create_token(&site, &[]);
    for server in [&a, &b] {
        call(server, &token, "GET", ME, "").ok(200);
    }
    site.run(&["token", "revoke", &id_of(&token)]).ok();
    for server in [&a, &b] {
        assert_unauthorized(&call(server, &token, "GET", ME, ""));
    }
}

#[test]
fn tokens_are_listed_without_their_secrets() {
    for site in Site::each() {
        let server = site.start();
        site.run(&["token", "list"]).ok();
        let more = [
            "--project",
            "club-7",
            "--expires",
            "2999-12-31",
            "--scope",
            "webhooks:write",
        ];
        let token = create_token(&site, &more);
        let fresh = listed(&site, &token);
        for word in [
            "Cron",
            "club-7",
            "events:write",
            "webhooks:write",
            "2999-12-31",
        ] {
            assert!(fresh.contains(word), "no {word}: {fresh}");
        }
        let secret = token.splitn(3, '_').nth(2).expect("a secret");
        assert!(!site.run(&["token", "list"]).said().contains(secret));
        call(&server, &token, "GET", ME, "").ok(200);
        let used = listed(&site, &token);
        assert_ne!(used, fresh, "the last use is told");
        site.run(&["token", "revoke", &id_of(&token)]).ok();
        let revoked = listed(&site, &token);
        assert_ne!(revoked, used);
        assert!(revoked.contains("revoked"), "{revoked}");
    }
}

#[test]
fn a_token_that_cannot_be_is_refused_with_a_word_on_what_to_do() {
    for site in Site::each() {
        site.run(&["migrate"]).ok();
        let create = |options: &[&str], more: &[&str]| {
            let words = ["token", "create"].iter().chain(options).chain(more);
            let words: Vec<&str> = words.copied().collect();
            site.run(&words)
        };
        let good = ["--name", "Cron", "--scope", "events:write"];
        for scope in ["", "nonsense", "Events:Write", "admins:write"] {
            let ran = create(&["--name", "Cron"], &["--scope", scope]);
            assert_told(&ran, &["events:write"]);
        }
        let long = "x".repeat(121);
        for name in ["", " ", "C\u{7}ron", &long] {
            let ran = create(&["--name", name], &["--scope", "events:write"]);
            assert_told(&ran, &["name"]);
        }
        for project in ["", "Club", "-club", "club_7", "club 7"] {
            let project = format!("--project={project}");
            let ran = create(&good, &[&project]);
            assert_told(&ran, &["project"]);
        }
        for date in ["", "tomorrow", "2999-02-30", "2000-01-01", "31.12.2999"] {
            let ran = create(&good, &["--expires", date]);
            assert_told(&ran, &["expires", "yyyy-mm-dd"]);
        }
        for id in [UNKNOWN, "nonsense", "", "' or '1' = '1"] {
            let ran = site.run(&["token", "revoke", id]);
            assert_told(&ran, &["folkmoot token list"]);
        }
        assert_eq!(rows(&site, "changes"), 0);
    }
}

#[test]
fn a_database_without_a_schema_is_refused_with_what_to_run() {
    let Some(site) = Site::empty_postgres() else {
        return;
    };
    let create = [
        "token",
        "create",
        "--name",
        "Cron",
        "--scope",
        "events:read",
    ];
    let cases: [&[&str]; 3] = [&create, &["token", "list"], &["admin", "list"]];
    for words in cases {
        assert_told(&site.run(words), &["folkmoot migrate"]);
    }
    assert_told(
        &create_admin(&site, "ada@example.org", &[]),
        &["folkmoot migrate"],
    );
}
