//! GET `/api/v1/admin/audit`: who reads it, its filters and pages, how long it is kept, and what
//! is never in it.

use std::collections::BTreeSet;

use super::*;

/// The actions of entries, in their order.
fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| text(&entry["action"])).collect()
}

/// The table that keeps the audit.
#[track_caller]
fn audit_table(app: &App) -> String {
    let with = |wanted: &str| -> BTreeSet<String> {
        let columns = columns(app).into_iter();
        let wanted = columns.filter(|(_, column)| column == wanted);
        wanted.map(|(table, _)| table).collect()
    };
    let tables: Vec<String> = with("action")
        .intersection(&with("request_id"))
        .cloned()
        .collect();
    assert_eq!(tables.len(), 1, "{tables:?}");
    tables[0].clone()
}

#[test]
fn entries_are_listed_the_newest_first_and_found_by_action_and_actor() {
    each(|app| {
        let root = begin(app);
        let made = hire(app, "ann@example.org", "analyst");
        let ann = text(&made["admin_id"]);
        fail(app, ROOT, 2);
        fail(app, "ann@example.org", 3);
        fail(app, "nobody@example.org", 1);
        sign_in(app, "ann@example.org");
        let (newest, _) = entries(&root, "limit=5");
        let failed = "sign_in.failed";
        assert_eq!(
            actions(&newest),
            ["sign_in.succeeded", failed, failed, failed, failed]
        );
        let all = all_entries(&root, "limit=100");
        let times: Vec<_> = all.iter().map(|entry| moment(&entry["at"])).collect();
        assert!(
            times.is_sorted_by(|newer, older| newer >= older),
            "{times:?}"
        );
        let found = |query: &str| all_entries(&root, &format!("limit=100{query}"));
        assert_eq!(found("&action=sign_in.failed").len(), 6);
        let hers = found(&format!("&actor={ann}"));
        assert!(
            hers.iter().all(|entry| entry["actor_id"] == ann),
            "{hers:?}"
        );
        assert_eq!(
            hers.iter()
                .filter(|entry| entry["action"] == failed)
                .count(),
            3
        );
        let both = found(&format!("&actor={}&action={failed}", root.id()));
        assert_eq!(actions(&both), [failed; 2]);
        assert!(found(&format!("&actor={UNKNOWN}")).is_empty());
        let made = found("&action=admin.created");
        assert_eq!(actions(&made), ["admin.created"; 2]);
    });
}

#[test]
fn pages_follow_each_other_while_more_is_noted() {
    each(|app| {
        let root = begin(app);
        fail(app, ROOT, 5);
        let all = all_entries(&root, "limit=100");
        let (mut found, mut cursor) = entries(&root, "limit=2");
        while let Some(next) = cursor {
            fail(app, ROOT, 1);
            let (more, after) = entries(&root, &format!("limit=2&cursor={}", encode(&next)));
            assert!(more.len() <= 2, "{more:?}");
            found.extend(more);
            cursor = after;
        }
        assert_eq!(found, all);
        assert!(all.len() >= 6, "{all:?}");
        let filtered = all_entries(&root, "action=sign_in.failed&limit=1");
        let at_once = all_entries(&root, "action=sign_in.failed&limit=100");
        assert_eq!(filtered, at_once);
        assert_eq!(entries(&root, "limit=1").0.len(), 1);
    });
}

#[test]
fn a_limit_or_a_cursor_that_is_not_ours_is_refused() {
    each(|app| {
        let root = begin(app);
        fail(app, ROOT, 2);
        for limit in ["0", "101", "-1", "abc", "", "1.5", "%00"] {
            let reply = root.get(&format!("{AUDIT}?limit={limit}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        for n in ["one", "two"] {
            let body = json!({ "name": n, "scopes": ["events:read"] });
            root.post(TOKENS, body).ok(201);
        }
        let other = root.get(&format!("{TOKENS}?limit=1")).ok(200);
        let mut bad: Vec<String> = ["", "nonsense", "AAAA", "\0", UNKNOWN]
            .map(str::to_owned)
            .into();
        bad.push(text(&other["next"]).to_owned());
        let cursor = entries(&root, "limit=1").1.expect("a second page");
        let good: Vec<char> = cursor.chars().collect();
        for position in 0..good.len() {
            let mut changed = good.clone();
            changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
            bad.push(changed.into_iter().collect());
            bad.push(good[..position].iter().collect());
        }
        for cursor in bad {
            let reply = root.get(&format!("{AUDIT}?limit=1&cursor={}", encode(&cursor)));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        entries(&root, &format!("limit=1&cursor={}", encode(&cursor)));
    });
}

#[test]
fn only_a_super_admin_reads_the_audit() {
    each(|app| {
        begin(app);
        let manager = caller(app, &hire(app, "eve@example.org", "event_manager"));
        let analyst = caller(app, &hire(app, "ann@example.org", "analyst"));
        let (person, vendor) = (app.user("bob"), app.account("vera", "vendor"));
        for (who, status, code) in [
            (&app.anon(), 401, "UNAUTHORIZED"),
            (&app.anon().bearer("garbage"), 401, "UNAUTHORIZED"),
            (&person, 401, "UNAUTHORIZED"),
            (&vendor, 401, "UNAUTHORIZED"),
            (&manager, 403, "FORBIDDEN"),
            (&analyst, 403, "FORBIDDEN"),
        ] {
            for query in ["", "?limit=1", "?limit=0", "?cursor=nonsense"] {
                let reply = who.get(&format!("{AUDIT}{query}"));
                reply.refused_as(status, code);
            }
        }
    });
}

#[test]
fn the_audit_is_kept_for_as_long_as_the_setting_says() {
    let kept: [(&[(&str, &str)], i64); 2] = [(&[("AUDIT_RETENTION_DAYS", "30")], 30), (&[], 365)];
    for (settings, days) in kept {
        each_with(settings, |app| {
            begin(app);
            fail(app, ROOT, 1);
            app.clock().advance(TimeDelta::days(days - 1));
            app.sweep();
            let root = caller(app, &sign_in(app, ROOT));
            let failed = |root: &Client| all_entries(root, "action=sign_in.failed").len();
            assert_eq!(failed(&root), 1);
            app.clock().advance(TimeDelta::days(2));
            fail(app, ROOT, 2);
            app.sweep();
            let root = caller(app, &sign_in(app, ROOT));
            assert_eq!(failed(&root), 2);
            assert!(all_entries(&root, "action=admin.created").is_empty());
            let kept = all_entries(&root, "action=sign_in.succeeded");
            assert_eq!(kept.len(), 2, "of two days ago, and of now");
        });
    }
}

#[test]
fn no_secret_and_nothing_that_was_typed_is_noted_or_answered() {
    each(|app| {
        let root = begin(app);
        let (name, password) = ("zebrafish-7431@example.org", "Quokkaberry-7431");
        let made = hire(app, "ann@example.org", "analyst");
        let ann = caller(app, &made);
        let next = refresh(app, &made).ok(200);
        let change = json!({ "current_password": password, "password": NEW_PASS });
        let weak = set(
            newcomer("cem@example.org"),
            "password",
            "Quokkaberry-7431\0",
        );
        let replies = [
            try_password(app, name, password),
            try_password(app, "ann@example.org", password),
            ann.put(PASSWORD, change),
            root.post(REGISTER, weak),
            refresh(app, &made),
            root.get(ADMINS),
            root.get(&format!("{AUDIT}?limit=100")),
        ];
        let hash = hash_of(app, ROOT);
        let kept = app.text("select token_hash from refresh_tokens limit 1");
        let kept = kept.expect("a token is kept");
        let mut secrets = vec!["zebrafish-7431", password, PASS, &hash, &kept];
        for answer in [&made, &next] {
            for key in ["access_token", "refresh_token"] {
                secrets.push(text(&answer[key]));
            }
        }
        for reply in &replies {
            for secret in &secrets {
                assert!(!reply.text().contains(*secret), "{secret}: {reply:?}");
            }
        }
        let table = audit_table(app);
        let found = columns_that_hold(app, "sign_in.failed");
        assert!(found.contains(&format!("{table}.action")), "{found:?}");
        for secret in secrets {
            let columns = columns_that_hold(app, secret);
            let noted = columns
                .iter()
                .any(|column| column.starts_with(&format!("{table}.")));
            assert!(!noted, "{secret}: {columns:?}");
        }
        for typed in [password, PASS] {
            assert_eq!(columns_that_hold(app, typed), [""; 0], "{typed}");
        }
        app.changes(&[]);
    });
}
