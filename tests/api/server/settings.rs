//! Settings as the program reads them: defaults, sources, and wrong values.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_wrong_value_stops_the_start_with_one_line_that_names_the_setting() {
    let site = Site::bare();
    for (name, value) in [
        ("DATABASE_URL", "mysql://localhost/moot"),
        ("DATABASE_URL", "moot.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_POOL_SIZE", "-1"),
        ("DATABASE_POOL_SIZE", "4.5"),
        ("DATABASE_POOL_SIZE", "many"),
        ("PUBLIC_URL", "events.example.org"),
        ("PUBLIC_URL", "ftp://events.example.org"),
        ("PUBLIC_URL", "http://"),
        ("FRONTEND_ORIGINS", "https://app.example.org/start"),
        ("FRONTEND_ORIGINS", "https://app.example.org,nonsense"),
        ("SESSION_SAMESITE", "loose"),
        // Needs an https PUBLIC_URL.
        ("SESSION_SAMESITE", "none"),
        ("SECRET_KEY", "shorter than 32 bytes"),
        ("SECRET_KEY", "12345"),
        ("GOOGLE_CERTS_URL", "nowhere"),
        ("GOOGLE_AUTH_URL", "/auth"),
        ("GOOGLE_TOKEN_URL", "ftp://token.example.org"),
        ("CHANGES_RETENTION_DAYS", "0"),
        ("CHANGES_RETENTION_DAYS", "soon"),
        ("RATE_LIMIT", "-1"),
        ("RATE_LIMIT", "often"),
        ("RATE_LIMIT", "NaN"),
        ("TRUSTED_PROXIES", "proxy"),
        ("TRUSTED_PROXIES", "10.0.0.0/40"),
        ("LOG_FORMAT", "xml"),
    ] {
        let ran = site.run_with(&[(name, value)], &[]);
        let line = ran.refused();
        let starts = line.starts_with(&format!("folkmoot: {name}: "));
        assert!(starts, "{name}={value}: {line}");
        let helps = line.contains("for example") || line.contains("make one");
        assert!(helps, "{name}={value}: no example: {line}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn postgresql_without_a_key_is_a_wrong_setting() {
    let url = "postgres://localhost/moot";
    let ran = Site::bare().run_with(&[("DATABASE_URL", url)], &[]);
    let line = ran.refused();
    assert!(line.starts_with("folkmoot: SECRET_KEY: "), "{line}");
}

#[test]
fn a_wrong_value_of_rockets_own_settings_is_named_as_well() {
    let site = Site::bare();
    for (name, value) in [
        ("ROCKET_PORT", "nonsense"),
        ("ROCKET_PORT", "70000"),
        ("ROCKET_ADDRESS", "nonsense"),
        ("ROCKET_WORKERS", "nonsense"),
    ] {
        let ran = site.run_with(&[(name, value)], &[]);
        let line = ran.refused().to_lowercase();
        let field = name.trim_start_matches("ROCKET_").to_lowercase();
        assert!(line.contains(&field), "{name}={value}: {line}");
    }
}

#[test]
fn an_address_that_is_taken_is_said() {
    let site = Site::sqlite();
    let server = site.start();
    let port = server.port().to_string();
    let other = format!("sqlite://{}", site.path("other.db").display());
    let settings = [
        ("DATABASE_URL", other.as_str()),
        ("ROCKET_PORT", port.as_str()),
    ];
    let ran = site.run_with(&settings, &[]);
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    let last = ran.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("ROCKET_PORT"), "{ran:?}");
}

#[test]
fn an_empty_folder_without_settings_is_enough() {
    let site = Site::bare();
    let server = site.start();
    let list = server.anon().get("/api/events").ok(200);
    assert_eq!(list["data"], json!([]));
    server.sign_in("ann").refused(503);
    assert!(site.path("data/folkmoot.db").is_file());
    let key = std::fs::metadata(site.path("data/secret.key")).expect("a key is made");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    assert!(key.len() >= 32);
}

#[test]
fn the_key_that_was_made_is_used_again() {
    let site = Site::bare().with_sign_in();
    let server = site.start();
    let ann = server.user("ann");
    let events: Vec<String> = (0..3).map(|_| make_event(&ann)).collect();
    let first = ann.get("/api/events?limit=1").ok(200);
    let second = format!("/api/events?limit=1&cursor={}", text(&first["next"]));
    let key = std::fs::read(site.path("data/secret.key")).expect("a key is made");

    server.stop().ok();
    let server = site.start();
    let page = server.anon().get(&second).ok(200);
    assert_eq!(page["data"][0]["id"], *events[1]);
    let same = std::fs::read(site.path("data/secret.key")).expect("the key is there");
    assert_eq!(same, key);

    // Without it there is another one, which did not sign that cursor.
    server.stop().ok();
    std::fs::remove_file(site.path("data/secret.key")).expect("the key is removed");
    let server = site.start();
    server.anon().get(&second).refused(400);
    server.caller(ann.cookie()).get("/api/auth/@me").ok(200);
}

#[test]
fn a_key_file_that_is_too_short_is_refused() {
    let site = Site::bare();
    site.start().stop().ok();
    site.write("data/secret.key", "short");
    let ran = site.run(&[]);
    let line = ran.refused();
    assert!(line.starts_with("folkmoot: SECRET_KEY: "), "{line}");
}

#[test]
fn the_environment_wins_over_the_env_file_and_that_over_rocket_toml() {
    let site = Site::bare();
    let server = site.start();
    let default = format!("http://localhost:{}/", server.port());
    assert_eq!(server.screen("users see"), default);
    drop(server);

    let toml = "[default]\npublic_url = \"https://toml.example.org\"\nrate_limit = 4\n";
    site.write("Rocket.toml", toml);
    let server = site.start();
    assert_eq!(server.screen("users see"), "https://toml.example.org/");
    assert_eq!(server.screen("rate limits"), "on, times 4");
    drop(server);

    site.write(".env", "PUBLIC_URL=https://dotenv.example.org\n");
    let server = site.start();
    assert_eq!(server.screen("users see"), "https://dotenv.example.org/");
    assert_eq!(server.screen("rate limits"), "on, times 4");
    drop(server);

    let site = site.with("PUBLIC_URL", "https://environment.example.org");
    let server = site.start();
    let shown = server.screen("users see");
    assert_eq!(shown, "https://environment.example.org/");
    assert_eq!(server.screen("rate limits"), "on, times 4");
}

#[test]
fn the_environment_wins_for_rockets_own_settings_as_well() {
    let site = Site::bare();
    // The server's port comes from the environment, as everywhere here.
    site.write("Rocket.toml", "[default]\nport = 1\n");
    site.write(".env", "ROCKET_PORT=2\n");
    let server = site.start();
    let listens = format!("http://127.0.0.1:{}", server.port());
    assert_eq!(server.screen("listens on"), listens);
}
