//! The start-up screen: where the server is, and what is on and off, and why.

use super::*;

/// Asserts that what is on the screen under this name says each of these.
#[track_caller]
fn assert_says(server: &Server, name: &str, words: &[&str]) {
    let shown = server.screen(name);
    for word in words {
        assert!(shown.contains(word), "{name}: no {word:?} in {shown:?}");
    }
}

#[test]
fn without_settings_it_says_where_the_server_is_and_what_is_off() {
    let site = Site::bare();
    let server = site.start();
    let port = server.port();
    let listens = format!("http://127.0.0.1:{port}");
    assert_eq!(server.screen("listens on"), listens);
    let users_see = format!("http://localhost:{port}/");
    assert_eq!(server.screen("users see"), users_see);
    assert_eq!(server.screen("database"), "sqlite://data/folkmoot.db");
    assert_says(&server, "Google sign-in", &["off", "GOOGLE_CLIENT_IDS"]);
    assert_eq!(server.screen("rate limits"), "on");
}

#[test]
fn it_says_what_the_settings_turn_on_and_what_lacks() {
    let site = Site::sqlite().with("GOOGLE_CLIENT_SECRET", "");
    let server = site.start();
    assert_says(&server, "database", &[site.setting("DATABASE_URL")]);
    let lacks = [
        "on",
        "2 client ids",
        "redirect flow off",
        "GOOGLE_CLIENT_SECRET",
    ];
    assert_says(&server, "Google sign-in", &lacks);
    assert_says(&server, "rate limits", &["off", "RATE_LIMIT=off"]);
    drop(server);

    let site = site
        .with("GOOGLE_CLIENT_SECRET", "test-secret")
        .with("RATE_LIMIT", "0.5");
    let server = site.start();
    assert_says(&server, "Google sign-in", &["on", "with the redirect flow"]);
    assert_says(&server, "rate limits", &["on", "0.5"]);
}

#[test]
fn an_address_with_https_makes_the_cookies_secure_and_it_says_so() {
    let site = Site::sqlite().with("PUBLIC_URL", "https://events.example.org");
    let server = site.start();
    assert_eq!(server.screen("users see"), "https://events.example.org/");
    assert_eq!(server.screen("cookies"), "Secure");
    let answer = server.sign_in("ann");
    let line = answer.set_cookie("session").unwrap_or_default();
    assert!(line.contains("; Secure"), "{line}");
}
