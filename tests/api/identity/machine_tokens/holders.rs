//! What a machine token opens and for how long: used, expired, revoked, forged, or configured.

use crate::box_office::columns_that_hold;

use super::*;

/// A token of the settings.
const CONFIGURED: &str = "configured-4711-token-of-the-settings-0815";

/// Asserts that a token does not hold.
#[track_caller]
fn assert_refused(app: &App, token: &str) {
    assert_unauthorized(&app.anon().bearer(token).get(ME));
}

/// The last part of a token.
#[track_caller]
fn secret_of(token: &Value) -> &str {
    let simple = text(&token["id"]).replace('-', "");
    let secret = text(&token["token"]).strip_prefix(&format!("fmt_{simple}_"));
    secret.expect("its form is fmt_<id>_<secret>")
}

#[test]
fn the_last_use_of_a_token_is_told() {
    each(|app| {
        let root = begin(app);
        let [used, idle] = ["used", "idle"].map(|name| make(app, &root, new_token(name)));
        for minutes in [0, 5] {
            app.clock().advance(TimeDelta::minutes(minutes));
            let before = app.clock().now();
            machine(app, &used).get(ME).ok(200);
            let last = moment(&listed(&root, &used)["last_used_at"]);
            assert!(last >= before - TimeDelta::seconds(1), "{last} {before}");
            assert!(last <= app.clock().now(), "{last}");
        }
        assert_eq!(listed(&root, &idle)["last_used_at"], Value::Null);
        app.changes(&[]);
    });
}

#[test]
fn a_token_holds_until_it_expires() {
    each(|app| {
        let root = begin(app);
        let until = app.clock().now() + TimeDelta::minutes(10);
        let body = set(new_token("Cron"), "expires_at", until.to_rfc3339());
        let (dated, plain) = (make(app, &root, body), make(app, &root, new_token("Cron")));
        app.clock().advance(TimeDelta::minutes(9));
        machine(app, &dated).get(ME).ok(200);
        assert_eq!(app.audit(), [""; 0]);
        app.clock().advance(TimeDelta::seconds(61));
        assert_refused(app, text(&dated["token"]));
        assert_eq!(app.audit(), ["token.refused"]);
        machine(app, &plain).get(ME).ok(200);
        // It is listed still, and may be revoked.
        assert_eq!(listed(&root, &dated)["revoked_at"], Value::Null);
        root.delete(&path_of(&dated)).no_content();
        app.changes(&["token.revoked"]);
        app.clock().advance(TimeDelta::days(400));
        machine(app, &plain).get(ME).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn a_token_that_is_revoked_holds_no_more() {
    each(|app| {
        let root = begin(app);
        let [gone, kept] = ["gone", "kept"].map(|name| make(app, &root, new_token(name)));
        let machine_of_gone = machine(app, &gone);
        machine_of_gone.get(ME).ok(200);
        root.delete(&path_of(&gone)).no_content();
        app.changes(&["token.revoked"]);
        assert_eq!(app.audit(), ["token.revoked"]);
        assert_unauthorized(&machine_of_gone.get(ME));
        assert_eq!(app.audit(), ["token.refused"]);
        let revoked = listed(&root, &gone)["revoked_at"].take();
        assert!(moment(&revoked) <= app.clock().now(), "{revoked}");
        // Once more is no failure, and nothing new.
        app.clock().advance(TimeDelta::seconds(5));
        root.delete(&path_of(&gone)).no_content();
        assert_eq!(listed(&root, &gone)["revoked_at"], revoked);
        app.changes(&[]);
        assert_eq!(app.audit(), [""; 0]);
        machine(app, &kept).get(ME).ok(200);
        assert_eq!(listed(&root, &kept)["revoked_at"], Value::Null);
    });
}

#[test]
fn what_is_no_token_is_not_found() {
    each(|app| {
        let root = begin(app);
        let token = make(app, &root, new_token("Cron"));
        let simple = text(&token["id"]).replace('-', "");
        for id in [
            UNKNOWN,
            root.id(),
            "nonsense",
            "1",
            "%00",
            "%27%20or%20%271%27=%271",
            &simple,
            text(&token["token"]),
        ] {
            let reply = root.delete(&format!("{TOKENS}/{id}"));
            reply.refused_as(404, "not_found");
        }
        app.changes(&[]);
        assert_eq!(app.audit(), [""; 0]);
        machine(app, &token).get(ME).ok(200);
    });
}

#[test]
fn a_token_that_is_not_whole_is_refused() {
    each(|app| {
        let root = begin(app);
        let [one, two] = ["one", "two"].map(|name| make(app, &root, new_token(name)));
        let (good, secret) = (text(&one["token"]), secret_of(&one));
        let [simple, other] = [&one, &two].map(|token| text(&token["id"]).replace('-', ""));
        let nobody = UNKNOWN.replace('-', "");
        let shorter = &secret[..secret.len() - 1];
        let (first, last) = (&secret[..1], &secret[secret.len() - 1..]);
        let change = |letter: &str| if letter == "x" { "y" } else { "x" };
        for bad in [
            format!("fmt_{simple}"),
            format!("fmt_{simple}_"),
            format!("fmt__{secret}"),
            format!("fmt_{secret}"),
            secret.to_owned(),
            format!("{good}x"),
            format!("{good}_"),
            format!("fmt_{simple}_{shorter}"),
            format!("fmt_{simple}_{}{}", change(first), &secret[1..]),
            format!("fmt_{simple}_{shorter}{}", change(last)),
            format!("fmt_{}_{secret}", text(&one["id"])),
            format!("fmt_{}_{secret}", simple.to_uppercase()),
            format!("FMT_{simple}_{secret}"),
            format!("fmt_{other}_{secret}"),
            format!("fmt_{nobody}_{secret}"),
            format!("fmt_{simple}_{}", secret_of(&two)),
            format!("fmt_{simple}_{}", "A".repeat(20_000)),
            "fmt_".to_owned(),
            "fmt___".to_owned(),
            "dev-token".to_owned(),
            String::new(),
        ] {
            if bad != good {
                assert_refused(app, &bad);
            }
        }
        for line in [
            good.to_owned(),
            format!("Basic {good}"),
            format!("Token {good}"),
            format!("Bearer {good} {good}"),
            format!("Bearer {good},"),
        ] {
            let caller = app.anon().with("Authorization", &line);
            assert_unauthorized(&caller.get(ME));
        }
        let twice = machine(app, &one).with("Authorization", &format!("Bearer {good}"));
        assert_unauthorized(&twice.get(ME));
        for query in ["token", "access_token", "api_key"] {
            assert_unauthorized(&app.anon().get(&format!("{ME}?{query}={good}")));
        }
        let lower = app.anon().with("Authorization", &format!("bearer {good}"));
        lower.get(ME).ok(200);
    });
}

#[test]
fn a_machine_token_and_all_others_open_different_doors() {
    each(|app| {
        let root = begin(app);
        let token = make(
            app,
            &root,
            set(new_token("Cron"), "scopes", SCOPES.to_vec()),
        );
        let machine = machine(app, &token);
        let code = |reply: Reply, code: &str| drop(reply.refused_as(401, code));
        code(machine.get("/api/v1/admin/admins"), "UNAUTHORIZED");
        code(machine.get("/api/v1/admin/audit"), "UNAUTHORIZED");
        code(machine.get("/proposals/v1/users"), "Unauthorized");
        let body = json!({ "eventName": "Walks" });
        let types = "/proposals/v1/available-events";
        code(machine.post(types, body), "Unauthorized");
        machine.get("/api/auth/@me").refused(401);
        machine.get("/api/reports").refused(401);
        machine
            .put("/api/users", json!({ "name": "Cron" }))
            .refused(401);
        app.changes(&[]);
        let analyst = app.admin("analyst");
        let (person, vendor) = (app.user("bob"), app.account("vera", "vendor"));
        let garbage = app.anon().bearer("garbage");
        for other in [&app.anon(), &garbage, &root, &analyst, &person, &vendor] {
            assert_unauthorized(&other.get(ME));
        }
        machine.get(ME).ok(200);
    });
}

#[test]
fn the_database_knows_no_secret() {
    each(|app| {
        let root = begin(app);
        let [kept, gone] = ["Kinkajou", "Gone"].map(|name| make(app, &root, new_token(name)));
        machine(app, &kept).get(ME).ok(200);
        root.delete(&path_of(&gone)).no_content();
        assert_refused(app, text(&gone["token"]));
        assert!(!columns_that_hold(app, "Kinkajou").is_empty());
        for token in [&kept, &gone] {
            for secret in [text(&token["token"]), secret_of(token)] {
                assert_eq!(columns_that_hold(app, secret), [""; 0]);
            }
        }
        app.changes(&["token.revoked"]);
    });
}

#[test]
fn the_token_of_the_settings_has_every_scope_and_no_project() {
    each_with(&[("API_TOKEN", CONFIGURED)], |app| {
        let configured = app.anon().bearer(CONFIGURED);
        let me = data(&configured.get(ME), 200);
        assert_eq!(keys(&me), "expires_at id name project scopes");
        for empty in ["id", "project", "expires_at"] {
            assert_eq!(me[empty], Value::Null, "{empty}");
        }
        text(&me["name"]);
        let mut scopes: Vec<&str> = me["scopes"]
            .as_array()
            .expect("an array")
            .iter()
            .map(text)
            .collect();
        scopes.sort_unstable();
        let mut all = SCOPES;
        all.sort_unstable();
        assert_eq!(scopes, all);
        for bad in [
            "",
            "dev-token",
            &CONFIGURED[1..],
            &CONFIGURED[..CONFIGURED.len() - 1],
            &format!("{CONFIGURED}x"),
            &CONFIGURED.to_uppercase(),
        ] {
            assert_refused(app, bad);
        }
        assert_unauthorized(&configured.get(TOKENS));
        assert_unauthorized(&configured.post(TOKENS, new_token("Mine")));
        app.changes(&[]);
        let root = begin(app);
        assert_eq!(page(&root, "").0.len(), 0);
        assert_eq!(columns_that_hold(app, CONFIGURED), [""; 0]);
    });
}

#[test]
fn without_a_token_in_the_settings_there_is_none() {
    each(|app| {
        for token in ["", CONFIGURED, "dev-token", "null", "undefined"] {
            assert_refused(app, token);
        }
    });
}
