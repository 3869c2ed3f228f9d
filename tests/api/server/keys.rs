//! Keys: the former ones still verify, the issuer is the address that users see, and nothing of
//! either is said.

use super::accounts::{PASS, assert_unauthorized, call, create_admin, sign_in};
use super::*;

const ADMINS: &str = "/api/v1/admin/admins";
const ROOT: &str = "root@example.org";

const FIRST: &str = "hush-4711-the-first-key-that-is-longer-than-32-bytes";
const SECOND: &str = "hush-0815-the-second-key-that-is-longer-than-32-bytes";
const THIRD: &str = "hush-2342-the-third-key-that-is-longer-than-32-bytes";

/// Makes root, in a database that is up to date.
#[track_caller]
fn make_root(site: &Site) {
    site.run(&["migrate"]).ok();
    create_admin(site, ROOT, &[]).ok();
}

/// One site on each database, with root and the first key.
#[track_caller]
fn sites() -> Vec<Site> {
    let sites = Site::each().into_iter();
    let sites = sites.map(|site| site.with("SECRET_KEY", FIRST));
    // Tokens name the address that users see, which stays while the port does not.
    let sites = sites.map(|site| site.with("PUBLIC_URL", "http://localhost"));
    let sites: Vec<Site> = sites.collect();
    sites.iter().for_each(make_root);
    sites
}

#[track_caller]
fn assert_opens(server: &Server, token: &str) {
    call(server, token, "GET", ADMINS, "").ok(200);
}

#[track_caller]
fn assert_shut(server: &Server, token: &str) {
    assert_unauthorized(&call(server, token, "GET", ADMINS, ""));
}

/// The header of a token, in base64url: it names the key.
fn header(token: &str) -> &str {
    token.split('.').next().unwrap_or_default()
}

#[test]
fn a_former_key_verifies_and_signs_nothing_any_more() {
    for site in sites() {
        let server = site.start();
        let first = sign_in(&server, ROOT);
        assert_opens(&server, &first);
        server.stop().ok();

        let fallbacks = format!("{THIRD},{FIRST}");
        let both = [
            ("SECRET_KEY", SECOND),
            ("SECRET_KEY_FALLBACKS", fallbacks.as_str()),
        ];
        let server = site.start_with(&both);
        assert_opens(&server, &first);
        let second = sign_in(&server, ROOT);
        assert_opens(&server, &second);
        assert_ne!(header(&second), header(&first), "it names another key");
        server.stop().ok();

        let server = site.start_with(&[("SECRET_KEY", SECOND)]);
        assert_shut(&server, &first);
        assert_opens(&server, &second);
        server.stop().ok();

        // What was not signed by the key of its name does not verify by another one.
        let server = site.start_with(&[("SECRET_KEY", THIRD), ("SECRET_KEY_FALLBACKS", FIRST)]);
        assert_opens(&server, &first);
        assert_shut(&server, &second);
        let swapped = format!("{}{}", header(&first), &second[header(&second).len()..]);
        assert_shut(&server, &swapped);
        server.stop().ok();
    }
}

#[test]
fn a_cursor_of_a_former_key_is_good_for_as_long() {
    for site in sites() {
        let server = site.start();
        let ann = server.user("ann");
        let events: Vec<String> = (0..2).map(|_| make_event(&ann)).collect();
        let page = server.anon().get("/api/events?limit=1").ok(200);
        let path = format!("/api/events?limit=1&cursor={}", text(&page["next"]));
        server.stop().ok();
        let server = site.start_with(&[("SECRET_KEY", SECOND), ("SECRET_KEY_FALLBACKS", FIRST)]);
        let page = server.anon().get(&path).ok(200);
        assert_eq!(page["data"][0]["id"], *events[0]);
        server.stop().ok();
        let server = site.start_with(&[("SECRET_KEY", SECOND)]);
        server.anon().get(&path).refused(400);
    }
}

#[test]
fn nodes_that_change_their_key_one_after_the_other_take_each_others_tokens() {
    let Some(site) = Site::postgres() else {
        return;
    };
    let site = site.with("SECRET_KEY", FIRST);
    let site = site.with("PUBLIC_URL", "http://localhost");
    make_root(&site);
    let old = site.start_with(&[("SECRET_KEY", FIRST), ("SECRET_KEY_FALLBACKS", SECOND)]);
    let new = site.start_with(&[("SECRET_KEY", SECOND), ("SECRET_KEY_FALLBACKS", FIRST)]);
    let stranger = site.start_with(&[("SECRET_KEY", THIRD)]);
    for server in [&old, &new] {
        let token = sign_in(server, ROOT);
        assert_opens(&old, &token);
        assert_opens(&new, &token);
        assert_shut(&stranger, &token);
    }
    // A sign-in that ends at one node has ended at the other.
    let login = json!({ "email": ROOT, "password": PASS });
    let answer = old.anon().post("/api/v1/auth/admin/login", &login).ok(200);
    let token = text(&answer["access_token"]);
    assert_opens(&new, &token);
    let body = json!({ "refresh_token": answer["refresh_token"] });
    new.anon()
        .post("/api/v1/auth/admin/logout", &body)
        .no_content();
    assert_shut(&old, &token);
}

#[test]
fn a_token_is_good_where_it_was_issued() {
    for site in sites() {
        let (here, there) = (
            [("PUBLIC_URL", "https://here.example.org")],
            [("PUBLIC_URL", "https://there.example.org")],
        );
        let server = site.start_with(&here);
        let token = sign_in(&server, ROOT);
        assert_opens(&server, &token);
        server.stop().ok();
        let server = site.start_with(&there);
        assert_shut(&server, &token);
        assert_opens(&server, &sign_in(&server, ROOT));
        server.stop().ok();
        assert_opens(&site.start_with(&here), &token);
    }
}

#[test]
fn a_sign_in_outlives_a_restart_and_a_kill() {
    for site in sites() {
        let server = site.start();
        let token = sign_in(&server, ROOT);
        server.stop().ok();
        let server = site.start();
        assert_opens(&server, &token);
        server.kill();
        assert_opens(&site.start(), &token);
    }
}

#[test]
fn a_key_that_is_too_short_is_a_wrong_setting_and_is_not_said() {
    let site = Site::bare().with("SECRET_KEY", FIRST);
    let long_and_short = format!("{SECOND},hush");
    for value in ["hush", long_and_short.as_str()] {
        let ran = site.run_with(&[("SECRET_KEY_FALLBACKS", value)], &[]);
        let line = ran.refused();
        let starts = line.starts_with("folkmoot: SECRET_KEY_FALLBACKS: ");
        assert!(starts, "{line}");
        assert!(!ran.said().contains("hush"), "{ran:?}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn other_settings_of_accounts_are_checked_as_well() {
    let site = Site::bare();
    for (name, value) in [
        ("ADMIN_REGISTRATION", "nonsense"),
        ("ADMIN_REGISTRATION", "Open sesame"),
        ("AUDIT_RETENTION_DAYS", "0"),
        ("AUDIT_RETENTION_DAYS", "soon"),
    ] {
        let ran = site.run_with(&[(name, value)], &[]);
        let line = ran.refused();
        let starts = line.starts_with(&format!("folkmoot: {name}: "));
        assert!(starts, "{name}={value}: {line}");
        assert!(line.contains("for example"), "no example: {line}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn no_key_password_or_token_is_said_or_logged() {
    for site in sites() {
        for format in ["text", "json"] {
            let settings = [
                ("SECRET_KEY_FALLBACKS", SECOND),
                ("API_TOKEN", "hush-5678-a-token-of-the-settings"),
                ("LOG_FORMAT", format),
                ("ROCKET_LOG_LEVEL", "debug"),
            ];
            let server = site.start_with(&settings);
            let token = sign_in(&server, ROOT);
            assert_opens(&server, &token);
            let me = "/api/v1/tokens/@me";
            call(&server, "hush-5678-a-token-of-the-settings", "GET", me, "").ok(200);
            assert_unauthorized(&call(&server, "hush-wrong", "GET", me, ""));
            assert_shut(&server, &format!("{token}hush"));
            let login = json!({ "email": "hush@example.org", "password": "hush-0000-0000" });
            let answer = server.anon().post("/api/v1/auth/admin/login", &login);
            assert_unauthorized(&answer);
            let said = server.stop().said();
            for secret in ["hush", PASS, token.as_str()] {
                assert!(!said.contains(secret), "{secret}: {said}");
            }
        }
    }
}
