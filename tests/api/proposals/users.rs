//! `GET /users`: whom an organiser may ask, and whom a vendor may be asked by.

use super::*;

/// Percent-encodes a value for a query.
fn encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The user names of a list, in its order.
#[track_caller]
fn names(client: &Client, query: &str) -> Vec<String> {
    texts(&page(client, &format!("{USERS}{query}")).0, "username")
}

/// Signs vendors up, each a user name and the company's.
#[track_caller]
fn vendors(app: &App, all: &[(&str, &str)]) {
    for (username, company) in all {
        sign_up(app, set(account(username, VENDOR), "companyName", *company));
    }
}

#[test]
fn each_sees_the_other_role_unless_a_role_is_asked_for() {
    each(|app| {
        let [orla, vera] = pair(app);
        accounts(app, [("oscar", ORGANISER), ("victor", VENDOR)]);
        let (organisers, vendors) = (["orla", "oscar"], ["vera", "victor"]);
        assert_eq!(names(&orla, ""), vendors);
        assert_eq!(names(&vera, ""), organisers);
        for reader in [&orla, &vera] {
            assert_eq!(names(reader, "?role=human-resource"), organisers);
            assert_eq!(names(reader, "?role=vendor"), vendors);
        }
        app.changes(&[]);
    });
}

#[test]
fn a_person_shows_five_things() {
    each(|app| {
        let [orla, vera] = pair(app);
        let (items, about) = page(&orla, USERS);
        assert_eq!(about, pages(1, 1, 1));
        let [item] = &items[..] else {
            panic!("one vendor: {items:?}");
        };
        assert_eq!(keys(item), PERSON);
        assert_instant(&item["createdAt"]);
        let expected = json!({
            "id": vera.id(),
            "username": "vera",
            "companyName": "vera Ltd",
            "role": VENDOR,
            "createdAt": item["createdAt"],
        });
        assert_eq!(*item, expected);
        let made = propose(app, &orla, &vera);
        assert_eq!(made["proposedTo"], *item);
        assert_eq!(made["proposedBy"], page(&vera, USERS).0[0]);
    });
}

#[test]
fn who_has_no_company_is_in_no_list() {
    each(|app| {
        let [orla, vera] = pair(app);
        root(app);
        app.admin("event_manager");
        app.user("ann");
        app.changes(&["admin.created", "user.created"]);
        for (reader, others) in [(&orla, ["vera"]), (&vera, ["orla"])] {
            assert_eq!(names(reader, ""), others);
            assert_eq!(names(reader, "?q=example"), [""; 0]);
        }
    });
}

#[test]
fn what_is_no_role_is_refused() {
    each(|app| {
        let [orla, vera] = pair(app);
        for reader in [&orla, &vera] {
            for bad in [
                "",
                "nonsense",
                "Vendor",
                "VENDOR",
                "super_admin",
                "human_resource",
                "vendor,human-resource",
                "%00",
                "%25",
            ] {
                let reply = reader.get(&format!("{USERS}?role={bad}"));
                reply.refused_as(400, "BadRequest");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn user_names_give_the_order() {
    each(|app| {
        let names_of = ["zoe", "abc", "ab.", "ab-", "ab_", "ab0", "abb", "abca"];
        for username in names_of {
            vendors(app, &[(username, "Acme")]);
        }
        let [orla] = accounts(app, [("orla", ORGANISER)]);
        let mut sorted = names_of;
        sorted.sort_unstable();
        assert_eq!(names(&orla, ""), sorted);
        app.changes(&[]);
    });
}

#[test]
fn a_part_of_a_name_or_a_company_is_found_in_any_case() {
    each(|app| {
        vendors(
            app,
            &[
                ("al_pha", "Zürich Events"),
                ("alxpha", "100% Fun"),
                ("beta.1", "1000 Suns"),
                ("gamma", "C:\\Temp Йога"),
            ],
        );
        let [orla] = accounts(app, [("orla", ORGANISER)]);
        let (first, second, third, fourth) = ("al_pha", "alxpha", "beta.1", "gamma");
        for (q, found) in [
            ("al", vec![first, second]),
            ("PHA", vec![first, second]),
            ("AL_P", vec![first]),
            ("_", vec![first]),
            ("%", vec![second]),
            ("100%", vec![second]),
            ("100", vec![second, third]),
            ("1% f", vec![]),
            ("0% F", vec![second]),
            ("%%", vec![]),
            ("__", vec![]),
            ("a%a", vec![]),
            (".", vec![third]),
            ("beta.1", vec![third]),
            ("zürich", vec![first]),
            ("ZÜRICH", vec![first]),
            ("ЙОГА", vec![fourth]),
            ("йог", vec![fourth]),
            ("\\", vec![fourth]),
            ("c:\\t", vec![fourth]),
            ("\\_", vec![]),
            ("\\%", vec![]),
            ("*", vec![]),
            ("?", vec![]),
            ("'", vec![]),
            ("' or 1=1 --", vec![]),
            ("al pha", vec![]),
            ("vendor", vec![]),
            ("staple", vec![]),
            ("orla", vec![]),
        ] {
            let query = format!("?q={}", encode(q));
            assert_eq!(names(&orla, &query), found, "{q}");
        }
        app.changes(&[]);
    });
}

#[test]
fn a_search_stays_within_the_role() {
    each(|app| {
        let [orla, vera] = accounts(app, [("orla.lee", ORGANISER), ("vera.lee", VENDOR)]);
        assert_eq!(names(&orla, "?q=LEE"), ["vera.lee"]);
        assert_eq!(names(&vera, "?q=LEE"), ["orla.lee"]);
        assert_eq!(names(&orla, "?q=lee&role=human-resource"), ["orla.lee"]);
        assert_eq!(names(&orla, "?q=orla&role=vendor"), [""; 0]);
        app.changes(&[]);
    });
}

#[test]
fn a_search_has_at_most_100_characters() {
    each(|app| {
        let [orla, _] = pair(app);
        for character in ["x", "ü", "%", "🎪"] {
            let most = encode(&character.repeat(100));
            assert_eq!(names(&orla, &format!("?q={most}")), [""; 0]);
            let more = encode(&character.repeat(101));
            let reply = orla.get(&format!("{USERS}?q={more}"));
            reply.refused_as(400, "BadRequest");
        }
        for hostile in ["%00", "vera%00", "%FF", "%C3"] {
            let reply = orla.get(&format!("{USERS}?q={hostile}"));
            if reply.status() == 200 {
                assert_eq!(reply.json()["data"], json!([]), "{hostile}");
            } else {
                reply.refused_as(400, "BadRequest");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn pages_hold_each_person_once() {
    each(|app| {
        let all: Vec<String> = (10..21).map(|number| format!("vendor-{number}")).collect();
        for username in &all {
            vendors(app, &[(username.as_str(), "Acme")]);
        }
        let [orla] = accounts(app, [("orla", ORGANISER)]);
        assert_eq!(page(&orla, USERS).1, pages(11, 1, 2));
        assert_eq!(names(&orla, ""), all[..10]);
        for limit in [1, 3, 11, 100] {
            let total = all.len().div_ceil(limit);
            let mut walked = Vec::new();
            for number in 1..=total {
                let query = format!("?limit={limit}&page={number}");
                let (items, about) = page(&orla, &format!("{USERS}{query}"));
                assert_eq!(about, pages(11, number, total));
                walked.extend(texts(&items, "username"));
            }
            assert_eq!(walked, all, "limit {limit}");
            let path = format!("{USERS}?limit={limit}&page={}", total + 1);
            assert_eq!(page(&orla, &path), (vec![], pages(11, total + 1, total)));
        }
        let (items, about) = page(&orla, &format!("{USERS}?q=r-1&limit=4&page=3"));
        assert_eq!(texts(&items, "username"), all[8..10]);
        assert_eq!(about, pages(10, 3, 3));
        app.changes(&[]);
    });
}

#[test]
fn bad_limits_and_pages_are_refused() {
    each(|app| {
        let [orla, vera] = pair(app);
        refuses_bad_pages(&orla, USERS);
        refuses_bad_pages(&vera, &format!("{USERS}?role=vendor&q=ve"));
        app.changes(&[]);
    });
}

#[test]
fn a_long_list_costs_as_much_as_a_short_one() {
    each(|app| {
        let [orla, vera] = pair(app);
        let all = format!("{USERS}?limit=100&role=vendor");
        let found = format!("{USERS}?limit=100&role=vendor&q=ltd");
        let lists = [(&orla, &all), (&vera, &all), (&orla, &found)];
        let costs_of_one = lists.map(|(reader, path)| {
            assert_eq!(page(reader, path).0.len(), 1);
            cost(app, reader, path)
        });
        for number in 0..9 {
            sign_up(app, account(&format!("vendor-{number}"), VENDOR));
        }
        for ((reader, path), of_one) in lists.into_iter().zip(costs_of_one) {
            assert_eq!(page(reader, path).0.len(), 10, "{path}");
            assert_eq!(cost(app, reader, path), of_one, "{path}");
        }
    });
}

#[test]
fn whoever_was_erased_is_in_no_list_and_is_asked_nothing() {
    each(|app| {
        let [orla, vera] = pair(app);
        let ann = app.user("ann");
        app.changes(&["user.created"]);
        ann.post("/api/users/@me/link", credentials("vera", SECRET))
            .ok(200);
        app.changes(&["user.merged"]);
        assert_eq!(names(&orla, ""), ["vera"]);
        assert_eq!(page(&orla, USERS).0[0]["id"], ann.id());
        let body = proposal(&kind(&orla, "Others"), &ann);
        let made = orla.post(EVENTS, body.clone()).ok(201);
        decide(&orla, &made, canceled()).ok(200);
        app.changes(&["proposal.created", "proposal.canceled"]);
        ann.delete("/api/users/@me").no_content();
        app.changes(&["user.erased"]);
        assert_eq!(page(&orla, USERS), (vec![], pages(0, 1, 0)));
        invalid(&orla.post(EVENTS, body), "proposedTo", "the erased vendor");
        stays_out(app, "vera", SECRET);
        vera.get(EVENTS).refused_as(401, "Unauthorized");
        app.changes(&[]);
    });
}
