//! No secret of the settings is shown, neither on the screen nor in the log or a refusal.

use super::*;

const PASSWORD: &str = "hush-4711";
const KEY: &str = "hush-0815-a-key-that-is-longer-than-32-bytes";
const CLIENT_SECRET: &str = "hush-1234-the-client-secret";

/// Asserts that nothing of the secrets was said; they all begin alike.
#[track_caller]
fn assert_hushed(said: &str) {
    assert!(!said.contains("hush"), "{said}");
}

#[test]
fn a_server_shows_no_secret() {
    for format in ["text", "json"] {
        let site = Site::sqlite()
            .with("SECRET_KEY", KEY)
            .with("GOOGLE_CLIENT_SECRET", CLIENT_SECRET)
            .with("LOG_FORMAT", format)
            .with("ROCKET_LOG_LEVEL", "debug");
        let server = site.start();
        make_event(&server.user("ann"));
        // The stand-in knows another secret, so this way of signing in fails, and is logged.
        let leaving = server.anon().get("/api/auth/google");
        let cookie = leaving.cookie("oauth").expect("the way back is bound");
        let now = chrono::Utc::now();
        let back = server.issuer().agree(leaving.redirect(), now, |_| {});
        server.caller(&cookie).get(&back).refused(503);
        let ran = server.stop();
        ran.ok();
        assert!(ran.stderr.contains("token endpoint"), "{ran:?}");
        assert_hushed(&ran.said());
        for command in ["check", "verify", "migrate"] {
            let ran = site.run(&[command]);
            ran.ok();
            assert_hushed(&ran.said());
        }
    }
}

#[test]
fn a_server_on_postgresql_shows_no_password() {
    let Some(site) = Site::postgres() else {
        return;
    };
    // The cluster trusts everyone, and takes any password.
    let url = format!("{}&password={PASSWORD}", site.setting("DATABASE_URL"));
    let site = site.with("DATABASE_URL", &url).with("SECRET_KEY", KEY);
    let server = site.start();
    make_event(&server.user("ann"));
    let database = server.screen("database");
    assert!(database.starts_with("postgres://"), "{database}");
    assert_hushed(&server.stop().said());
    for command in ["check", "verify", "migrate"] {
        let ran = site.run(&[command]);
        ran.ok();
        assert_hushed(&ran.said());
    }
}

#[test]
fn a_database_that_is_out_of_reach_is_named_without_its_password() {
    let site = Site::bare().with("SECRET_KEY", KEY);
    for url in [
        format!("postgres://me:{PASSWORD}@127.0.0.1:1/moot"),
        format!("postgresql://127.0.0.1:1/moot?user=me&password={PASSWORD}"),
        format!("postgres://me:{PASSWORD}@/moot?host=/nonexistent"),
    ] {
        assert_refused_and_hushed(&site, &url);
    }
}

#[test]
fn a_database_url_that_is_malformed_is_refused_without_showing_its_password() {
    let site = Site::bare().with("SECRET_KEY", KEY);
    for url in [
        // A per cent sign that is not encoded, and a space: what people have in passwords.
        format!("postgres://me:{PASSWORD}%off@127.0.0.1:1/moot"),
        format!("postgres://me:{PASSWORD} {PASSWORD}@127.0.0.1:1/moot"),
        format!("postgres://me:{PASSWORD}@[::1/moot"),
        format!("postgres://me:{PASSWORD}@127.0.0.1:nonsense/moot"),
        format!("postgres://127.0.0.1:1/moot?password={PASSWORD}&nonsense=1"),
        format!("mysql://me:{PASSWORD}@127.0.0.1/moot"),
    ] {
        assert_refused_and_hushed(&site, &url);
    }
}

#[track_caller]
fn assert_refused_and_hushed(site: &Site, url: &str) {
    for command in ["serve", "check", "migrate", "verify"] {
        let ran = site.run_with(&[("DATABASE_URL", url)], &[command]);
        assert_eq!(ran.status.code(), Some(1), "{command}: {ran:?}");
        assert!(ran.stderr.starts_with("folkmoot: "), "{command}: {ran:?}");
        assert_hushed(&ran.said());
    }
}

#[test]
fn a_broken_line_of_the_env_file_is_refused_without_showing_it() {
    let site = Site::bare();
    // Without the quotes that a value with spaces needs.
    site.write(
        ".env",
        &format!("RATE_LIMIT=on\nSECRET_KEY={KEY} and more\n"),
    );
    let ran = site.run(&[]);
    let line = ran.refused();
    assert!(line.starts_with("folkmoot: .env: "), "{line}");
    assert_hushed(&ran.said());
}
