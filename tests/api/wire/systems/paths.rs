//! Paths that are not there, methods that are not theirs, and calls that are not the caller's.

use super::*;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Paths of no route, now or later, by the system that they belong to.
const NOWHERE: [(System, &[&str]); 5] = [
    (
        Community,
        &[
            "/",
            "/nothing",
            "/api",
            "/api/nothing",
            "/api/v2/events",
            "/api/feed/x/y/z",
            "/proposals",
            "/proposals/v2/events",
            "/bubbles",
            "/PROPOSALS/v1/nothing",
        ],
    ),
    (
        Proposals,
        &[
            "/proposals/v1",
            "/proposals/v1/nothing",
            "/proposals/v1/events/x/y/z",
            "/proposals/v1/auth",
            "/proposals//v1/nothing",
            "/%70roposals/v1/nothing",
        ],
    ),
    (
        BoxOffice,
        &[
            "/api/v1/nothing",
            "/api/v1/auth/admin/login/x",
            "/api/v1/admin/nothing",
            "/api/v1/events/x/y/z",
            "/api//v1/nothing",
            "/internal",
            "/internal/nothing",
            "/health/nothing/at/all",
        ],
    ),
    (
        Automation,
        &[
            "/api/v1/signals/x/y/z",
            "/api/v1/tokens/x/y/z",
            "/api/v1/workflows/x/y/z",
            "/api/v1/executions/x/y/z",
            "/api/v1/webhooks/x/y/z/q/w",
            "/api/v1/%74okens/x/y/z",
        ],
    ),
    (
        Federation,
        &[
            "/bubbles/v1",
            "/bubbles/v1/nothing",
            "/bubbles/v1/posts/x/y/z",
            "/bubbles//v1/nothing",
        ],
    ),
];

#[test]
fn a_path_that_is_not_there_is_told_in_its_systems_form() {
    each(|app| {
        for (system, paths) in NOWHERE {
            for path in paths {
                for method in METHODS {
                    let reply = app.anon().raw(method, path, JSON, b"{}");
                    told(system, &reply, 404);
                }
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn who_asks_makes_no_difference_to_what_is_not_there() {
    each(|app| {
        let callers = [
            app.user("ann"),
            app.super_admin(),
            app.account("olga", "human-resource"),
            app.anon().with("Authorization", "Bearer garbage"),
        ];
        for caller in &callers {
            for (system, paths) in NOWHERE {
                for path in paths {
                    told(system, &caller.get(path), 404);
                    told(system, &caller.post(path, json!({})), 404);
                }
            }
        }
        app.changes(&["user.created", "admin.created", "user.created"]);
    });
}

#[test]
fn a_wrong_method_is_told_with_the_right_ones() {
    each(|app| {
        let root = app.super_admin();
        app.changes(&["admin.created"]);
        let event_type = format!("/proposals/v1/available-events/{UNKNOWN}");
        let proposal = format!("/proposals/v1/events/{UNKNOWN}");
        let admin = format!("/api/v1/admin/admins/{UNKNOWN}");
        let token = format!("{TOKENS}/{UNKNOWN}");
        let report = format!("/api/reports/{UNKNOWN}/dismiss");
        for (system, method, path, allowed) in [
            (Proposals, "GET", SIGN_IN, "POST"),
            (Proposals, "DELETE", SIGN_IN, "POST"),
            (Proposals, "POST", "/proposals/v1/auth/password", "PUT"),
            (Proposals, "DELETE", "/proposals/v1/users", "GET"),
            (Proposals, "PUT", "/proposals/v1/events", "GET POST"),
            (Proposals, "DELETE", proposal.as_str(), "GET PATCH"),
            (Proposals, "PUT", event_type.as_str(), "DELETE PATCH"),
            (BoxOffice, "GET", LOGIN, "POST"),
            (BoxOffice, "PATCH", "/api/v1/auth/admin/password", "PUT"),
            (BoxOffice, "DELETE", "/api/v1/admin/admins", "GET"),
            (BoxOffice, "GET", admin.as_str(), "PATCH"),
            (BoxOffice, "POST", "/api/v1/admin/audit", "GET"),
            (Automation, "PUT", TOKENS, "GET POST"),
            (Automation, "PATCH", token.as_str(), "DELETE"),
            (Community, "GET", LINK, "POST"),
            (Community, "PUT", "/api/users/@me/logins", "GET"),
            (Community, "GET", report.as_str(), "POST"),
        ] {
            for caller in [&app.anon(), &root] {
                let reply = caller.raw(method, path, JSON, b"{}");
                told(system, &reply, 405);
                let allow = reply.header("Allow").expect("a 405 says what is allowed");
                let allow: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
                // These come along by themselves.
                let allow: Vec<&str> = allow
                    .into_iter()
                    .filter(|method| !["HEAD", "OPTIONS"].contains(method))
                    .collect();
                assert_eq!(allow.join(" "), allowed, "{method} {path}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_path_that_two_systems_share_is_the_ones_whose_method_it_is() {
    each(|app| {
        let path = "/api/v1/events";
        for path in [
            path,
            "/api/v1/events/",
            "/api//v1/events",
            "/api/v1/%65vents",
        ] {
            // There or not yet: nobody may.
            let reply = app.anon().raw("POST", path, JSON, b"{}");
            assert!([401, 404, 405].contains(&reply.status()), "{reply:?}");
            told(Automation, &reply, reply.status());
            for method in ["PUT", "PATCH", "DELETE"] {
                let reply = app.anon().raw(method, path, JSON, b"{}");
                assert!([404, 405].contains(&reply.status()), "{reply:?}");
                told(BoxOffice, &reply, reply.status());
            }
        }
        let reply = app.anon().get("/api/v1/events?limit=nonsense");
        assert!([400, 404].contains(&reply.status()), "{reply:?}");
        told(BoxOffice, &reply, reply.status());
        let below = format!("{path}/{UNKNOWN}/x/y/z");
        told(BoxOffice, &app.anon().post(&below, json!({})), 404);
        app.changes(&[]);
    });
}

#[test]
fn whoever_is_unknown_is_told_what_to_show() {
    each(|app| {
        let anon = app.anon();
        let callers = [
            anon.clone(),
            anon.with("Authorization", "Bearer garbage"),
            anon.with("Authorization", "Bearer"),
            anon.with("Authorization", "Basic cm9vdDp4"),
            app.user("ann"),
        ];
        app.changes(&["user.created"]);
        let token = format!("{TOKENS}/{UNKNOWN}");
        for (system, method, path) in [
            (Proposals, "GET", "/proposals/v1/events"),
            (Proposals, "POST", "/proposals/v1/events"),
            (Proposals, "PUT", "/proposals/v1/auth/password"),
            (Proposals, "POST", "/proposals/v1/available-events"),
            (BoxOffice, "GET", "/api/v1/admin/admins"),
            (BoxOffice, "GET", "/api/v1/admin/audit"),
            (BoxOffice, "PUT", "/api/v1/auth/admin/password"),
            (Automation, "POST", TOKENS),
            (Automation, "GET", TOKENS),
            (Automation, "GET", "/api/v1/tokens/@me"),
            (Automation, "DELETE", token.as_str()),
        ] {
            for caller in &callers {
                let reply = caller.raw(method, path, JSON, b"{}");
                told(system, &reply, 401);
                let scheme = reply.header("WWW-Authenticate").unwrap_or_default();
                assert!(scheme.starts_with("Bearer"), "{method} {path}: {scheme}");
                assert_eq!(reply.header("Set-Cookie"), None, "{method} {path}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn whoever_may_not_is_told_so() {
    each(|app| {
        let analyst = app.admin("analyst");
        let organiser = app.account("olga", "human-resource");
        app.changes(&["admin.created", "admin.created", "user.created"]);
        let name = json!({ "eventName": "Concerts" });
        let types = "/proposals/v1/available-events";
        for caller in [&analyst, &organiser] {
            told(Proposals, &caller.post(types, name.clone()), 403);
        }
        for path in ["/api/v1/admin/admins", "/api/v1/admin/audit"] {
            told(BoxOffice, &analyst.get(path), 403);
        }
        told(Automation, &analyst.get(TOKENS), 403);
        told(Community, &analyst.get("/api/reports"), 403);
        let page = app.user("ann").with("Origin", "https://evil.example");
        told(Community, &page.post(LINK, json!({})), 403);
        app.changes(&["user.created"]);
    });
}

#[test]
fn every_answer_has_a_request_id_of_its_own_and_says_no_more_than_it_must() {
    each(|app| {
        let root = app.super_admin().with("X-Request-Id", "mine");
        let mut seen = BTreeSet::new();
        let paths = NOWHERE
            .into_iter()
            .flat_map(|(_, paths)| paths.iter().copied());
        let more = ["/proposals/v1/events", "/api/v1/admin/admins", TOKENS];
        for path in paths.chain(more) {
            for caller in [&app.anon(), &root] {
                let reply = caller.get(path);
                let ids = reply.headers_all("X-Request-Id");
                assert_eq!(ids.len(), 1, "{path}: {ids:?}");
                assert!(ids[0].len() >= 16, "{path}: {ids:?}");
                assert!(seen.insert(ids[0].to_owned()), "{path}: {ids:?} again");
                assert_eq!(reply.header("X-Content-Type-Options"), Some("nosniff"));
                for name in ["Server", "X-Powered-By", "Set-Cookie"] {
                    assert_eq!(reply.header(name), None, "{path}: {name}");
                }
            }
        }
        assert!(seen.len() >= 60, "many paths were called: {}", seen.len());
    });
}
