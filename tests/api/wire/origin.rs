//! Which pages may write with a person's cookie: ours and our front ends', no others.

use serde_json::json;

use crate::support::*;

const SETTINGS: [(&str, &str); 2] = [
    ("PUBLIC_URL", "https://events.example.org"),
    (
        "FRONTEND_ORIGINS",
        "https://app.example.org,https://m.example.org:8443",
    ),
];

const OURS: [&str; 3] = [
    "https://events.example.org",
    "https://app.example.org",
    "https://m.example.org:8443",
];

const FOREIGN: [&str; 12] = [
    "https://evil.example",
    "null",
    "",
    "https://events.example.org.evil.example",
    "https://evilevents.example.org",
    "https://example.org",
    "http://events.example.org",
    "https://events.example.org:444",
    "https://m.example.org",
    "https://app.example.org@evil.example",
    "https://app.example.org, https://evil.example",
    "nonsense",
];

#[test]
fn a_write_from_a_page_of_another_site_is_refused() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        for origin in FOREIGN {
            let page = ann.with("Origin", origin);
            for reply in [
                page.put("/api/users", json!({ "name": "Forged" })),
                page.post("/api/events", super::picnic()),
                page.delete("/api/auth/sessions"),
                page.raw("POST", "/api/auth/logout", None, b""),
            ] {
                assert_eq!(reply.status(), 403, "{origin}: {}", reply.text());
                reply.refused(403);
            }
        }
        app.changes(&[]);
        assert_eq!(ann.get("/api/auth/@me").ok(200)["data"]["name"], "ann");
    });
}

#[test]
fn a_write_from_our_own_pages_passes() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann");
        for (number, origin) in OURS.into_iter().enumerate() {
            // A front end may be on another site, and says so.
            for site in ["same-origin", "same-site", "cross-site"] {
                let page = ann.with("Origin", origin).with("Sec-Fetch-Site", site);
                page.put("/api/users", json!({ "name": format!("Ann {number}") }))
                    .ok(201);
            }
            ann.with("Origin", origin)
                .put("/api/users", json!({ "name": "Ann" }))
                .ok(201);
        }
    });
}

#[test]
fn without_an_origin_the_fetch_metadata_decides() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        let forged = ann.with("Sec-Fetch-Site", "cross-site");
        forged
            .put("/api/users", json!({ "name": "Forged" }))
            .refused(403);
        app.changes(&[]);
        let own = ann.with("Sec-Fetch-Site", "same-origin");
        own.put("/api/users", json!({ "name": "Ann Other" }))
            .ok(201);
        app.changes(&["user.updated"]);
    });
}

#[test]
fn a_native_app_that_sends_neither_header_passes() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann");
        ann.put("/api/users", json!({ "name": "Ann Other" }))
            .ok(201);
        app.changes(&["user.created", "user.updated"]);
    });
}

#[test]
fn a_sign_in_is_checked_without_a_cookie_too() {
    each_with(&SETTINGS, |app| {
        let body = || json!({ "token": app.token_of("ann") });
        for origin in FOREIGN {
            let reply = app.anon().with("Origin", origin).post("/api/auth", body());
            assert_eq!(reply.status(), 403, "{origin}: {}", reply.text());
            assert_eq!(reply.header("Set-Cookie"), None);
        }
        app.anon()
            .with("Sec-Fetch-Site", "cross-site")
            .post("/api/auth", body())
            .refused(403);
        assert_eq!(app.count("select count(*) from users"), 0);
        app.changes(&[]);
        for origin in OURS {
            app.anon()
                .with("Origin", origin)
                .post("/api/auth", body())
                .ok(200);
        }
        app.anon().post("/api/auth", body()).ok(200);
    });
}

#[test]
fn without_a_cookie_there_is_nothing_to_forge() {
    each_with(&SETTINGS, |app| {
        let page = app.anon().with("Origin", "https://evil.example");
        page.post("/api/events", super::picnic()).refused(401);
    });
}

#[test]
fn reading_is_never_refused_for_its_origin() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann");
        for origin in FOREIGN {
            let page = ann
                .with("Origin", origin)
                .with("Sec-Fetch-Site", "cross-site");
            page.get("/api/auth/@me").ok(200);
            page.get("/api/events").ok(200);
            assert_eq!(page.raw("HEAD", "/api/events", None, b"").status(), 200);
        }
    });
}

#[test]
fn by_default_the_server_itself_is_the_only_origin() {
    each(|app| {
        let ann = app.user("ann");
        let name = json!({ "name": "Ann Other" });
        ann.with("Origin", "http://localhost:8000")
            .put("/api/users", name.clone())
            .ok(201);
        ann.with("Origin", "http://localhost:3000")
            .put("/api/users", name)
            .refused(403);
    });
}

#[test]
fn a_path_in_another_spelling_is_checked_alike() {
    each(|app| {
        let evil = app.anon().with("Origin", "https://evil.example");
        let ann = app.user("ann").with("Origin", "https://evil.example");
        app.changes(&["user.created"]);
        for path in [
            "/api/auth",
            "/api//auth",
            "/api/auth/",
            "/api/%61uth",
            "//api/auth",
            "/api/aut%68/",
        ] {
            evil.post(path, json!({ "token": app.token_of("bert") }))
                .refused(403);
        }
        for path in [
            "/api/events",
            "/api//events",
            "/api/events/",
            "/api/%65vents",
        ] {
            ann.post(path, json!({})).refused(403);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_front_end_on_another_site_signs_its_people_out() {
    each_with(&SETTINGS, |app| {
        let ann = app.user("ann");
        let page = ann
            .with("Origin", "https://app.example.org")
            .with("Sec-Fetch-Site", "cross-site");
        page.post("/api/auth/logout", json!({})).no_content();
        ann.get("/api/auth/@me").refused(401);
    });
}
