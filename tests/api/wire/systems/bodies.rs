//! Bodies that are too large, of another type, or no objects: told in each system's form.

use super::*;

/// A call that takes a body, by its system, for whoever may make it.
struct Call<'a> {
    system: System,
    client: Client<'a>,
    path: &'static str,
    /// Fields that it cannot do without.
    fields: [&'static str; 2],
}

fn calls(app: &App) -> Vec<Call<'_>> {
    let call = |system, client, path, fields| Call {
        system,
        client,
        path,
        fields,
    };
    let calls = vec![
        call(Proposals, app.anon(), SIGN_IN, ["username", "password"]),
        call(BoxOffice, app.anon(), LOGIN, ["email", "password"]),
        call(Automation, app.super_admin(), TOKENS, ["name", "scopes"]),
        call(Community, app.user("ann"), LINK, ["username", "password"]),
    ];
    app.changes(&["admin.created", "user.created"]);
    calls
}

/// Asserts that none of the calls did anything.
#[track_caller]
fn assert_nothing(app: &App) {
    app.changes(&[]);
    for table in ["idempotency_keys", "logins where kind = 'username'"] {
        let rows = app.count(&format!("select count(*) from {table}"));
        assert_eq!(rows, 0, "{table}");
    }
}

#[test]
fn a_body_over_a_mebibyte_is_too_large() {
    each(|app| {
        for call in calls(app) {
            let mut body = b"{}".to_vec();
            body.resize(1 << 20, b' ');
            let reply = call.client.raw("POST", call.path, JSON, &body);
            told(call.system, &reply, 400);
            for size in [(1 << 20) + 1, 2 << 20] {
                body.resize(size, b' ');
                let reply = call.client.raw("POST", call.path, JSON, &body);
                told(call.system, &reply, 413);
            }
            let long = "x".repeat(2 << 20);
            let [one, other] = call.fields;
            let reply = call
                .client
                .post(call.path, json!({ one: "x", other: long }));
            told(call.system, &reply, 413);
        }
        assert_nothing(app);
    });
}

#[test]
fn a_body_that_is_not_json_by_its_type_is_refused() {
    each(|app| {
        for call in calls(app) {
            for kind in [
                None,
                Some("text/plain"),
                Some("text/json"),
                Some("application/x-www-form-urlencoded"),
                Some("multipart/form-data; boundary=x"),
                Some("application/octet-stream"),
                Some("nonsense"),
            ] {
                let reply = call.client.raw("POST", call.path, kind, b"{}");
                told(call.system, &reply, 415);
            }
            let kind = Some("Application/JSON; charset=utf-8");
            let reply = call.client.raw("POST", call.path, kind, b"{}");
            told(call.system, &reply, 400);
        }
        assert_nothing(app);
    });
}

#[test]
fn a_form_that_would_choose_its_method_is_refused_in_its_systems_form() {
    each(|app| {
        let form = Some("application/x-www-form-urlencoded");
        let token = format!("{TOKENS}/{UNKNOWN}");
        for (system, method, path) in [
            (Proposals, "PUT", "/proposals/v1/auth/password"),
            (Proposals, "PATCH", "/proposals/v1/events/x"),
            (BoxOffice, "PUT", "/api/v1/auth/admin/password"),
            (BoxOffice, "PATCH", "/api/v1/admin/admins/x"),
            (Automation, "DELETE", token.as_str()),
            (Federation, "PATCH", "/bubbles/v1/nothing"),
            (Community, "PUT", "/api/users"),
        ] {
            let reply = app.anon().raw(method, path, form, b"a=b");
            told(system, &reply, 415);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_body_that_is_no_object_of_json_is_malformed() {
    each(|app| {
        let deep = "[".repeat(20_000);
        let bodies: [&[u8]; 12] = [
            b"",
            b" ",
            b"{",
            b"nonsense",
            b"null",
            b"7",
            b"\"text\"",
            b"[]",
            b"[{}]",
            b"{} {}",
            b"\xff\xfe",
            deep.as_bytes(),
        ];
        for call in calls(app) {
            for body in bodies {
                let reply = call.client.raw("POST", call.path, JSON, body);
                let details = told(call.system, &reply, 400);
                assert_eq!(details, Value::Null, "no field is named: {reply:?}");
            }
        }
        assert_nothing(app);
    });
}

/// A value that fits a field.
fn fitting(field: &str) -> Value {
    match field {
        "scopes" => json!(["events:read"]),
        "email" => json!("x@example.org"),
        _ => json!("x"),
    }
}

/// Asserts that one or more of these fields, and no others, are named as what is wrong.
#[track_caller]
fn assert_named(system: System, reply: &Reply, fields: &[&str]) {
    let details = told(system, reply, 400);
    match system {
        Automation => {
            assert_eq!(keys(&details), "field issue", "{details}");
            let field = details["field"].as_str().unwrap_or_default();
            assert!(fields.contains(&field), "{fields:?}: {details}");
            let issue = details["issue"].as_str().unwrap_or_default();
            assert!(!issue.is_empty(), "{details}");
        }
        Proposals | BoxOffice => {
            let named = keys(&details);
            let known = named.split(' ').all(|name| fields.contains(&name));
            assert!(known, "{fields:?}: {details}");
            let said = details.as_object().expect("an object");
            let said = said.values().all(|problem| problem.is_string());
            assert!(said, "{details}");
        }
        Community | Federation => assert_eq!(details, Value::Null),
    }
}

#[test]
fn a_missing_or_mistyped_field_is_named() {
    each(|app| {
        for call in calls(app) {
            let (system, client) = (call.system, &call.client);
            let reply = client.post(call.path, json!({}));
            assert_named(system, &reply, &call.fields);
            let [one, other] = call.fields;
            let good = json!({ one: fitting(one), other: fitting(other) });
            for field in call.fields {
                let mut body = good.clone();
                body.as_object_mut().expect("an object").remove(field);
                assert_named(system, &client.post(call.path, body.clone()), &[field]);
                for wrong in [Value::Null, json!(7), json!(true), json!({ "a": 1 })] {
                    body[field] = wrong;
                    assert_named(system, &client.post(call.path, body.clone()), &[field]);
                }
            }
        }
        assert_nothing(app);
    });
}
