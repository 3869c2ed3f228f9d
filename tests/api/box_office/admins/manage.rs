//! GET `/api/v1/admin/admins` and PATCH `…/{id}`: super_admins decide who is what, and one stays.

use super::*;

fn path_of(admin: &Value) -> String {
    format!("{ADMINS}/{}", text(&admin["admin_id"]))
}

fn set_role(client: &Client, admin: &Value, role: &str) -> Reply {
    client.patch(&path_of(admin), json!({ "role": role }))
}

fn set_active(client: &Client, admin: &Value, is_active: bool) -> Reply {
    client.patch(&path_of(admin), json!({ "is_active": is_active }))
}

/// Asserts a change that was made; answers the admin as it is told now.
#[track_caller]
fn made(app: &App, reply: &Reply) -> Value {
    let admin = reply.ok(200);
    app.changes(&["admin.updated"]);
    admin
}

/// One page of the list.
#[track_caller]
fn page(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("{ADMINS}{query}")).ok(200);
    assert_eq!(keys(&answer).join(" "), "admins has_more limit page total");
    answer
}

/// The addresses on a page, in its order.
fn emails(page: &Value) -> Vec<&str> {
    let admins = page["admins"].as_array().expect("an array");
    admins.iter().map(|admin| text(&admin["email"])).collect()
}

/// How many active super_admins there are, as one of them sees it.
#[track_caller]
fn in_charge(client: &Client) -> usize {
    let page = page(client, "?limit=100");
    let admins = page["admins"].as_array().expect("an array");
    let in_charge = admins
        .iter()
        .filter(|admin| admin["role"] == "super_admin" && admin["is_active"] == true);
    in_charge.count()
}

/// Asserts that one of two calls was done and the other refused; answers which was done.
#[track_caller]
fn one_done(replies: &[Reply]) -> usize {
    assert_eq!(with_status(replies, 200), 1, "{replies:?}");
    let done = usize::from(replies[1].status() == 200);
    let refused = replies[1 - done].status();
    assert!([401, 403, 409].contains(&refused), "{replies:?}");
    done
}

#[test]
fn admins_are_listed_with_all_but_their_secrets_the_oldest_first() {
    each(|app| {
        let before = app.clock().now();
        let root = begin(app);
        let ann = hire(app, "ann@example.org", "analyst");
        let page = page(&root, "");
        assert_eq!(emails(&page), [ROOT, "ann@example.org"]);
        assert_eq!(page["total"], 2);
        assert_eq!(page["page"], 1);
        assert_eq!(page["limit"], 20);
        assert_eq!(page["has_more"], false);
        for admin in page["admins"].as_array().expect("an array") {
            let known = "admin_id created_at email is_active name phone_number role updated_at";
            assert_eq!(keys(admin).join(" "), known);
            assert_eq!(admin["is_active"], true);
            assert_eq!(admin["phone_number"], Value::Null);
            let made = moment(&admin["created_at"]);
            assert!(made >= before - TimeDelta::seconds(1), "{made}");
            assert!(made <= app.clock().now(), "{made}");
            moment(&admin["updated_at"]);
        }
        assert_eq!(page["admins"][0]["admin_id"], root.id());
        assert_eq!(page["admins"][0]["name"], "Root");
        assert_eq!(page["admins"][0]["role"], "super_admin");
        assert_eq!(page["admins"][1]["admin_id"], ann["admin_id"]);
        assert_eq!(page["admins"][1]["role"], "analyst");
    });
}

#[test]
fn the_list_has_pages() {
    each(|app| {
        let root = begin(app);
        let hired: Vec<String> = (0..4).map(|n| format!("a{n}@example.org")).collect();
        for email in &hired {
            hire(app, email, "analyst");
        }
        let all: Vec<&str> = std::iter::once(ROOT)
            .chain(hired.iter().map(String::as_str))
            .collect();
        for (number, expected) in (1..).zip([&all[..2], &all[2..4], &all[4..], &[]]) {
            let page = page(&root, &format!("?limit=2&page={number}"));
            assert_eq!(emails(&page), expected);
            assert_eq!(page["page"], number);
            assert_eq!(page["limit"], 2);
            assert_eq!(page["total"], 5);
            assert_eq!(page["has_more"], number < 3, "page {number}");
        }
        for limit in ["1", "100"] {
            page(&root, &format!("?limit={limit}"));
        }
        for bad in ["0", "101", "-1", "abc", "", "1.5", "%00"] {
            let reply = root.get(&format!("{ADMINS}?limit={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        for bad in ["0", "-1", "abc", "", "1.5", "%00", "99999999999999999999"] {
            let reply = root.get(&format!("{ADMINS}?page={bad}"));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
    });
}

#[test]
fn only_a_super_admin_lists_or_changes_admins() {
    each(|app| {
        let root = begin(app);
        let ann = hire(app, "ann@example.org", "analyst");
        let manager = caller(app, &hire(app, "eve@example.org", "event_manager"));
        let (person, vendor) = (app.user("bob"), app.account("vera", "vendor"));
        app.changes(&["user.created", "user.created"]);
        let analyst = caller(app, &ann);
        for (who, status, code) in [
            (&app.anon(), 401, "UNAUTHORIZED"),
            (&app.anon().bearer("garbage"), 401, "UNAUTHORIZED"),
            (&person, 401, "UNAUTHORIZED"),
            (&vendor, 401, "UNAUTHORIZED"),
            (&manager, 403, "FORBIDDEN"),
            (&analyst, 403, "FORBIDDEN"),
        ] {
            let unknown = format!("{ADMINS}/{UNKNOWN}");
            for reply in [
                who.get(ADMINS),
                set_role(who, &ann, "super_admin"),
                set_active(who, &ann, false),
                who.patch(&unknown, json!({ "role": "analyst" })),
            ] {
                reply.refused_as(status, code);
            }
        }
        app.changes(&[]);
        assert_eq!(page(&root, "")["admins"][1]["role"], "analyst");
        assert_holds(&analyst);
    });
}

#[test]
fn a_role_is_changed_at_once_for_the_tokens_that_are_out() {
    each(|app| {
        let root = begin(app);
        let email = "ann@example.org";
        let ann = hire(app, email, "analyst");
        let client = caller(app, &ann);
        client.get(ADMINS).refused_as(403, "FORBIDDEN");
        app.clock().advance(TimeDelta::seconds(2));
        let admin = made(app, &set_role(&root, &ann, "super_admin"));
        let known = "admin_id created_at email is_active name phone_number role updated_at";
        assert_eq!(keys(&admin).join(" "), known);
        assert_eq!(admin["admin_id"], ann["admin_id"]);
        assert_eq!(admin["role"], "super_admin");
        assert!(moment(&admin["updated_at"]) > moment(&admin["created_at"]));
        assert_eq!(page(&client, "")["admins"][1], admin);
        assert_eq!(sign_in(app, email)["role"], "super_admin");
        let admin = made(app, &set_role(&root, &ann, "event_manager"));
        assert_eq!(admin["role"], "event_manager");
        client.get(ADMINS).refused_as(403, "FORBIDDEN");
        assert_eq!(sign_in(app, email)["role"], "event_manager");
        refresh(app, &ann).ok(200);
    });
}

#[test]
fn what_is_as_it_was_asked_for_records_nothing() {
    each(|app| {
        let root = begin(app);
        let ann = hire(app, "ann@example.org", "analyst");
        let before = page(&root, "")["admins"][1].clone();
        for body in [
            json!({}),
            json!({ "role": "analyst" }),
            json!({ "is_active": true }),
            json!({ "role": "analyst", "is_active": true }),
        ] {
            let admin = root.patch(&path_of(&ann), body).ok(200);
            assert_eq!(admin["role"], "analyst");
            assert_eq!(admin["is_active"], true);
        }
        app.changes(&[]);
        assert_eq!(app.audit(), [""; 0]);
        assert_eq!(page(&root, "")["admins"][1], before);
    });
}

#[test]
fn whoever_is_made_inactive_is_out_at_once_and_stays_so_until_a_new_sign_in() {
    each(|app| {
        let root = begin(app);
        let email = "ann@example.org";
        let ann = hire(app, email, "super_admin");
        let other = sign_in(app, email);
        let client = caller(app, &ann);
        client.get(ADMINS).ok(200);
        let admin = made(app, &set_active(&root, &ann, false));
        assert_eq!(admin["is_active"], false);
        assert_eq!(admin["role"], "super_admin");
        assert_ended(&client);
        let body = set(newcomer("cem@example.org"), "role", "super_admin");
        client.post(REGISTER, body).refused_as(401, "UNAUTHORIZED");
        for answer in [&ann, &other] {
            assert_over(app, answer);
        }
        let reply = try_password(app, email, PASS);
        reply.refused_as(401, "UNAUTHORIZED");
        // The address is still taken.
        let again = root.post(REGISTER, newcomer(email));
        again.refused_as(409, "EMAIL_TAKEN");
        app.changes(&[]);
        let admin = made(app, &set_active(&root, &ann, true));
        assert_eq!(admin["is_active"], true);
        for answer in [&ann, &other] {
            assert_over(app, answer);
        }
        let fresh = sign_in(app, email);
        caller(app, &fresh).get(ADMINS).ok(200);
        app.changes(&[]);
    });
}

#[test]
fn both_are_changed_by_one_call_or_neither() {
    each(|app| {
        let root = begin(app);
        let ann = hire(app, "ann@example.org", "analyst");
        let path = path_of(&ann);
        let both = json!({ "role": "event_manager", "is_active": false });
        let admin = made(app, &root.patch(&path, both));
        assert_eq!(admin["role"], "event_manager");
        assert_eq!(admin["is_active"], false);
        for (body, field) in [
            (json!({ "role": "owner", "is_active": true }), "role"),
            (
                json!({ "role": "analyst", "is_active": "yes" }),
                "is_active",
            ),
            (json!({ "role": "analyst", "name": "Bea" }), "name"),
        ] {
            invalid(&root.patch(&path, body), field);
        }
        app.changes(&[]);
        let kept = page(&root, "")["admins"][1].clone();
        assert_eq!(kept, admin);
    });
}

#[test]
fn a_key_that_is_unknown_or_mistyped_is_named() {
    each(|app| {
        let root = begin(app);
        let ann = hire(app, "ann@example.org", "analyst");
        let path = path_of(&ann);
        for key in [
            "name",
            "email",
            "password",
            "admin_id",
            "Role",
            "permissions",
        ] {
            let mut body = json!({});
            body[key] = "analyst".into();
            invalid(&root.patch(&path, body), key);
        }
        for role in [
            json!(7),
            json!(true),
            json!([]),
            json!({}),
            json!(""),
            json!("owner"),
        ] {
            invalid(&root.patch(&path, json!({ "role": role })), "role");
        }
        for active in [json!(0), json!("false"), json!([]), json!({})] {
            let body = json!({ "is_active": active });
            invalid(&root.patch(&path, body), "is_active");
        }
        for body in ["", "{", "[]", "null", "true"] {
            let reply = root.raw("PATCH", &path, Some("application/json"), body.as_bytes());
            let details = reply.refused_as(400, "VALIDATION_FAILED");
            assert_eq!(details, Value::Null, "{body}");
        }
        let reply = root.raw("PATCH", &path, Some("text/plain"), b"{}");
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        app.changes(&[]);
    });
}

#[test]
fn who_is_no_admin_is_not_found() {
    each(|app| {
        let root = begin(app);
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        for id in MALFORMED.into_iter().chain([UNKNOWN, ann.id()]) {
            let path = format!("{ADMINS}/{id}");
            let reply = root.patch(&path, json!({ "role": "super_admin" }));
            reply.refused_as(404, "NOT_FOUND");
        }
        app.changes(&[]);
        assert_eq!(page(&root, "")["total"], 1);
    });
}

#[test]
fn the_last_active_super_admin_stays() {
    each(|app| {
        let root = begin(app);
        let me = page(&root, "")["admins"][0].clone();
        hire(app, "eve@example.org", "event_manager");
        let ann = hire(app, "ann@example.org", "super_admin");
        // An inactive one does not count.
        made(app, &set_active(&root, &ann, false));
        app.audit();
        for role in ["event_manager", "analyst"] {
            set_role(&root, &me, role).refused_as(409, "CONFLICT");
        }
        set_active(&root, &me, false).refused_as(409, "CONFLICT");
        let both = json!({ "role": "super_admin", "is_active": false });
        root.patch(&path_of(&me), both).refused_as(409, "CONFLICT");
        set_role(&root, &me, "super_admin").ok(200);
        app.changes(&[]);
        assert_eq!(app.audit(), [""; 0]);
        assert_eq!(in_charge(&root), 1);
        made(app, &set_active(&root, &ann, true));
        made(app, &set_role(&root, &me, "analyst"));
        root.get(ADMINS).refused_as(403, "FORBIDDEN");
        let ann = sign_in(app, "ann@example.org");
        let client = caller(app, &ann);
        set_active(&client, &ann, false).refused_as(409, "CONFLICT");
        assert_eq!(in_charge(&client), 1);
        app.changes(&[]);
    });
}

#[test]
fn two_who_demote_each_other_at_once_leave_one_in_charge() {
    each(|app| {
        let root = begin(app);
        let admins = [
            sign_in(app, ROOT),
            hire(app, "ann@example.org", "super_admin"),
        ];
        let clients = [root, caller(app, &admins[1])];
        for round in 0..50 {
            // The one demotes the other; in every second round, each demotes itself.
            let own = round % 2;
            let replies = at_once(2, |n| {
                set_role(&clients[n], &admins[(n + 1 + own) % 2], "analyst")
            });
            let done = one_done(&replies);
            let demoted = (done + 1 + own) % 2;
            let left = &clients[1 - demoted];
            assert_eq!(in_charge(left), 1, "round {round}");
            set_role(left, &admins[demoted], "super_admin").ok(200);
            assert_eq!(in_charge(left), 2);
        }
        assert_eq!(recorded(app, "admin.updated"), 100);
    });
}

#[test]
fn two_who_lock_each_other_out_at_once_leave_one_in_charge() {
    each(|app| {
        begin(app);
        hire(app, "ann@example.org", "super_admin");
        for round in 0..10 {
            let admins = [ROOT, "ann@example.org"].map(|email| sign_in(app, email));
            let clients = [0, 1].map(|n: usize| caller(app, &admins[n]));
            let replies = at_once(2, |n| set_active(&clients[n], &admins[1 - n], false));
            let done = one_done(&replies);
            assert_ended(&clients[1 - done]);
            assert_eq!(in_charge(&clients[done]), 1, "round {round}");
            set_active(&clients[done], &admins[1 - done], true).ok(200);
        }
        assert_eq!(recorded(app, "admin.updated"), 20);
    });
}
