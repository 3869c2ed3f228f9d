//! Sessions: how long they last, who sees them, and what ends them.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::support::*;

/// A moment as the wire tells it: RFC 3339, or UTC without saying so.
fn moment(value: &Value) -> DateTime<Utc> {
    let text = value.as_str().expect("a moment is text");
    DateTime::parse_from_rfc3339(text).map_or_else(
        |_| {
            let plain = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S");
            plain
                .expect("a moment in one of the wire's formats")
                .and_utc()
        },
        |moment| moment.to_utc(),
    )
}

/// The sessions that a person sees, newest or oldest first.
fn sessions(client: &Client) -> Vec<Value> {
    let answer = client.get("/api/auth/sessions").ok(200);
    answer["data"]
        .as_array()
        .expect("the sessions are an array")
        .clone()
}

/// The id of the session that the client itself uses.
fn current(client: &Client) -> String {
    let sessions = sessions(client);
    let mine: Vec<&Value> = sessions
        .iter()
        .filter(|one| one["current"] == true)
        .collect();
    assert_eq!(
        mine.len(),
        1,
        "one session is the current one: {sessions:?}"
    );
    mine[0]["id"]
        .as_str()
        .expect("a session has an id")
        .to_owned()
}

#[test]
fn me_is_the_person_who_is_signed_in() {
    each(|app| {
        let before = app.clock().now();
        let ann = app.user("ann");
        let after = app.clock().now();
        let answer = ann.get("/api/auth/@me").ok(200);
        assert_eq!(answer["message"], "success");
        let data = &answer["data"];
        assert_eq!(data["id"], ann.id());
        assert_eq!(data["name"], "ann");
        assert_eq!(data["email"], "ann@example.org");
        assert_eq!(data["avatar"], "https://img.example.org/ann.png");
        let expires = moment(&data["session_expires_at"]);
        let days = TimeDelta::days(30);
        // The wire may leave the fraction of a second out.
        assert!(
            expires >= before + days - TimeDelta::seconds(1),
            "{expires}"
        );
        assert!(expires <= after + days + TimeDelta::seconds(1), "{expires}");
        assert_eq!(data.as_object().map(|data| data.len()), Some(5), "{data}");
    });
}

#[test]
fn nobody_is_not_me() {
    each(|app| {
        app.anon().get("/api/auth/@me").refused(401);
    });
}

#[test]
fn a_session_survives_thirty_days_less_a_minute_and_not_a_minute_more() {
    each(|app| {
        let ann = app.user("ann");
        app.clock()
            .advance(TimeDelta::days(30) - TimeDelta::minutes(1));
        ann.get("/api/auth/@me").ok(200);
        app.clock().advance(TimeDelta::minutes(2));
        ann.get("/api/auth/@me").refused(401);
    });
}

#[test]
fn using_a_session_does_not_lengthen_it() {
    each(|app| {
        let ann = app.user("ann");
        let expires = |client: &Client| {
            client.get("/api/auth/@me").ok(200)["data"]["session_expires_at"].clone()
        };
        let first = expires(&ann);
        for _ in 0..2 {
            app.clock().advance(TimeDelta::days(14));
            assert_eq!(expires(&ann), first);
            ann.put("/api/users", serde_json::json!({ "name": "Ann" }))
                .ok(201);
        }
        app.clock().advance(TimeDelta::days(3));
        ann.get("/api/auth/@me").refused(401);
    });
}

#[test]
fn an_expired_session_is_swept_and_a_live_one_is_not() {
    each(|app| {
        app.user("ann");
        app.clock().advance(TimeDelta::days(29));
        let bob = app.user("bob");
        app.clock().advance(TimeDelta::days(2));
        app.sweep();
        assert_eq!(app.count("select count(*) from sessions"), 1);
        bob.get("/api/auth/@me").ok(200);
    });
}

#[test]
fn an_expired_session_can_do_nothing_even_before_it_is_swept() {
    each(|app| {
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        app.clock().advance(TimeDelta::days(31));
        ann.put("/api/users", serde_json::json!({ "name": "Late" }))
            .refused(401);
        ann.get("/api/auth/sessions").refused(401);
        ann.delete("/api/auth/sessions").refused(401);
        app.changes(&[]);
    });
}

#[test]
fn a_sign_out_ends_the_session_and_clears_the_cookie() {
    each(|app| {
        for method in ["GET", "POST"] {
            let (ann, other) = (app.user("ann"), app.user("ann"));
            let reply = ann.raw(method, "/api/auth/logout", None, b"");
            reply.no_content();
            let line = reply.set_cookie("session").expect("the cookie is cleared");
            let line = line.to_ascii_lowercase();
            assert!(line.starts_with("session=;"), "{line}");
            assert!(line.contains("max-age=0"), "{line}");
            assert!(line.contains("path=/"), "{line}");
            ann.get("/api/auth/@me").refused(401);
            other.get("/api/auth/@me").ok(200);
            assert_eq!(app.count("select count(*) from sessions"), 1);
            other.get("/api/auth/logout").no_content();
        }
        assert_eq!(app.count("select count(*) from sessions"), 0);
    });
}

#[test]
fn signing_out_twice_or_without_a_session_is_no_failure() {
    each(|app| {
        let ann = app.user("ann");
        for caller in [&ann, &ann, &app.anon()] {
            for method in ["GET", "POST"] {
                caller
                    .raw(method, "/api/auth/logout", None, b"")
                    .no_content();
            }
        }
    });
}

#[test]
fn a_link_on_another_site_does_not_sign_anyone_out() {
    each(|app| {
        let ann = app.user("ann");
        let lured = ann.with("Sec-Fetch-Site", "cross-site");
        let reply = lured.get("/api/auth/logout");
        reply.refused(403);
        assert_eq!(reply.header("Set-Cookie"), None);
        ann.get("/api/auth/@me").ok(200);
        for site in ["same-origin", "same-site", "none"] {
            let ann = app.user("ann");
            ann.with("Sec-Fetch-Site", site)
                .get("/api/auth/logout")
                .no_content();
        }
    });
}

#[test]
fn a_person_sees_the_sessions_that_are_hers() {
    each(|app| {
        let phone = app
            .anon()
            .with("User-Agent", "Moot for phones")
            .sign_in("ann");
        app.clock().advance(TimeDelta::minutes(5));
        let address = "[2001:db8::7]:50000".parse().expect("an address");
        let laptop = app.anon().from_address(address).sign_in("ann");
        app.user("bob");
        let seen = sessions(&phone);
        assert_eq!(seen.len(), 2, "{seen:?}");
        let (phones, laptops) = (current(&phone), current(&laptop));
        assert_ne!(phones, laptops);
        let one = seen
            .iter()
            .find(|one| one["id"] == phones.as_str())
            .expect("it is listed");
        assert_eq!(one["agent"], "Moot for phones");
        assert_eq!(one["address_family"], "IPv4");
        assert_eq!(one["current"], true);
        let age = app.clock().now() - moment(&one["created_at"]);
        assert!(
            (300..330).contains(&age.num_seconds()),
            "made five minutes ago: {one}"
        );
        let other = seen
            .iter()
            .find(|one| one["id"] == laptops.as_str())
            .expect("it is listed");
        assert_eq!(other["address_family"], "IPv6");
        assert_eq!(other["current"], false);
        let told = format!("{seen:?}");
        for secret in [phone.session(), laptop.session(), "2001:db8", "127.0.0.1"] {
            assert!(
                !told.contains(secret),
                "{secret} is nobody's business: {told}"
            );
        }
    });
}

#[test]
fn an_expired_session_is_not_listed() {
    each(|app| {
        app.user("ann");
        app.clock().advance(TimeDelta::days(20));
        let ann = app.user("ann");
        assert_eq!(sessions(&ann).len(), 2);
        app.clock().advance(TimeDelta::days(11));
        assert_eq!(sessions(&ann).len(), 1);
    });
}

#[test]
fn a_person_ends_one_of_her_sessions() {
    each(|app| {
        let (phone, laptop) = (app.user("ann"), app.user("ann"));
        let path = format!("/api/auth/sessions/{}", current(&phone));
        laptop.delete(&path).no_content();
        phone.get("/api/auth/@me").refused(401);
        laptop.get("/api/auth/@me").ok(200);
        laptop.delete(&path).refused(404);
        assert_eq!(app.count("select count(*) from sessions"), 1);
    });
}

#[test]
fn a_person_may_end_the_very_session_she_uses() {
    each(|app| {
        let ann = app.user("ann");
        ann.delete(&format!("/api/auth/sessions/{}", current(&ann)))
            .no_content();
        ann.get("/api/auth/@me").refused(401);
    });
}

#[test]
fn a_person_ends_all_her_other_sessions() {
    each(|app| {
        let [one, two, three] = [(); 3].map(|()| app.user("ann"));
        let bob = app.user("bob");
        two.delete("/api/auth/sessions").no_content();
        one.get("/api/auth/@me").refused(401);
        three.get("/api/auth/@me").refused(401);
        two.get("/api/auth/@me").ok(200);
        bob.get("/api/auth/@me").ok(200);
        two.delete("/api/auth/sessions").no_content();
    });
}

#[test]
fn the_sessions_of_others_do_not_exist_for_me() {
    each(|app| {
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        bob.delete(&format!("/api/auth/sessions/{}", current(&ann)))
            .refused(404);
        ann.get("/api/auth/@me").ok(200);
        for id in [
            "00000000-0000-7000-8000-000000000000",
            "nonsense",
            "%00",
            ann.session(),
        ] {
            bob.delete(&format!("/api/auth/sessions/{id}")).refused(404);
        }
    });
}

#[test]
fn sessions_are_nobodys_business_who_is_not_signed_in() {
    each(|app| {
        let ann = app.user("ann");
        let anon = app.anon();
        anon.get("/api/auth/sessions").refused(401);
        anon.delete("/api/auth/sessions").refused(401);
        anon.delete(&format!("/api/auth/sessions/{}", current(&ann)))
            .refused(401);
        ann.get("/api/auth/@me").ok(200);
    });
}
