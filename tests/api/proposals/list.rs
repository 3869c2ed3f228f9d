//! `GET /events`: what an organiser proposed, what a vendor is asked; newest first, in pages.

use super::*;

const STATUSES: [&str; 4] = ["pending", "canceled", "approved", "rejected"];

/// Makes so many proposals, one a second; answers them, the newest first.
#[track_caller]
fn series(app: &App, organiser: &Client, vendor: &Client, count: usize) -> Vec<Value> {
    let mut made = Vec::new();
    for _ in 0..count {
        tick(app);
        made.push(propose(app, organiser, vendor));
    }
    made.reverse();
    made
}

#[test]
fn an_empty_list_has_no_page() {
    each(|app| {
        for party in &pair(app) {
            let answer = party.get(EVENTS).ok(200);
            let none = json!({ "data": [], "page": { "size": 0, "current": 1, "total": 0 } });
            assert_eq!(answer, none);
            let (items, about) = page(party, &format!("{EVENTS}?page=3"));
            assert_eq!((items.len(), about), (0, pages(0, 3, 0)));
        }
        app.changes(&[]);
    });
}

#[test]
fn each_sees_ones_own_newest_first() {
    each(|app| {
        let [orla, vera] = pair(app);
        let [oscar, victor] = accounts(app, [("oscar", ORGANISER), ("victor", VENDOR)]);
        let mut made = Vec::new();
        for (organiser, vendor) in [
            (&orla, &vera),
            (&oscar, &victor),
            (&orla, &victor),
            (&orla, &vera),
        ] {
            tick(app);
            made.push(propose(app, organiser, vendor));
        }
        for (party, own) in [
            (&orla, vec![3_usize, 2, 0]),
            (&oscar, vec![1]),
            (&vera, vec![3, 0]),
            (&victor, vec![2, 1]),
        ] {
            let (items, about) = page(party, EVENTS);
            let expected: Vec<Value> = own.iter().map(|n| made[*n].clone()).collect();
            assert_eq!(items, expected);
            assert_eq!(about, pages(own.len(), 1, 1));
            for item in &items {
                assert_eq!(read(party, item), *item);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn a_decision_does_not_move_a_proposal() {
    each(|app| {
        let [orla, vera] = pair(app);
        let made = series(app, &orla, &vera, 3);
        tick(app);
        let after = decide(&vera, &made[2], approved()).ok(200);
        app.changes(&["proposal.approved"]);
        let expected = [made[0].clone(), made[1].clone(), after];
        for party in [&orla, &vera] {
            assert_eq!(page(party, EVENTS).0, expected);
        }
    });
}

#[test]
fn a_list_is_of_one_status_if_that_is_asked() {
    each(|app| {
        let [orla, vera] = pair(app);
        let made = series(app, &orla, &vera, 5);
        for (n, party, decision) in [
            (1_usize, &orla, canceled()),
            (2, &vera, approved()),
            (3, &vera, rejected()),
            (4, &vera, approved()),
        ] {
            decide(party, &made[n], decision).ok(200);
        }
        app.changes(&[
            "proposal.canceled",
            "proposal.approved",
            "proposal.rejected",
            "proposal.approved",
        ]);
        for (status, own) in STATUSES.into_iter().zip([&[0][..], &[1], &[2, 4], &[3]]) {
            let ids: Vec<&str> = own.iter().map(|n: &usize| id_of(&made[*n])).collect();
            for party in [&orla, &vera] {
                let (items, about) = page(party, &format!("{EVENTS}?status={status}"));
                assert_eq!(texts(&items, "id"), ids, "{status}");
                assert_eq!(about, pages(ids.len(), 1, 1));
                assert!(items.iter().all(|item| item["status"] == status));
            }
        }
        let path = format!("{EVENTS}?status=approved&limit=1&page=2");
        let (items, about) = page(&vera, &path);
        assert_eq!(about, pages(2, 2, 2));
        assert_eq!(id_of(&items[0]), id_of(&made[4]));
        app.changes(&[]);
    });
}

#[test]
fn what_is_no_status_is_refused() {
    each(|app| {
        let [orla, vera] = pair(app);
        propose(app, &orla, &vera);
        for party in [&orla, &vera] {
            for bad in [
                "",
                "nonsense",
                "Pending",
                "APPROVED",
                "cancelled",
                "approved,rejected",
                "pending%20",
                "%00",
                "%25",
                "1",
            ] {
                let reply = party.get(&format!("{EVENTS}?status={bad}"));
                reply.refused_as(400, "BadRequest");
            }
            for status in STATUSES {
                party.get(&format!("{EVENTS}?status={status}")).ok(200);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn pages_hold_each_proposal_once() {
    each(|app| {
        let [orla, vera] = pair(app);
        let made = series(app, &orla, &vera, 11);
        for party in [&orla, &vera] {
            let (first, about) = page(party, EVENTS);
            assert_eq!(about, pages(11, 1, 2));
            assert_eq!(first, made[..10]);
            for limit in [1, 2, 5, 10, 11, 100] {
                let total = made.len().div_ceil(limit);
                let mut walked = Vec::new();
                for number in 1..=total {
                    let path = format!("{EVENTS}?page={number}&limit={limit}");
                    let (items, about) = page(party, &path);
                    assert_eq!(about, pages(11, number, total));
                    walked.extend(items);
                }
                assert_eq!(walked, made, "limit {limit}");
                let path = format!("{EVENTS}?page={}&limit={limit}", total + 1);
                assert_eq!(page(party, &path), (vec![], pages(11, total + 1, total)));
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn proposals_of_one_moment_are_on_one_page_each() {
    each(|app| {
        let [orla, vera] = pair(app);
        let mut made: Vec<String> = (0..6)
            .map(|_| id_of(&propose(app, &orla, &vera)).to_owned())
            .collect();
        made.sort_unstable();
        for limit in [1, 2, 4] {
            let mut walked = Vec::new();
            for number in 1..=made.len().div_ceil(limit) {
                let path = format!("{EVENTS}?limit={limit}&page={number}");
                walked.extend(texts(&page(&vera, &path).0, "id"));
            }
            walked.sort_unstable();
            assert_eq!(walked, made, "limit {limit}");
        }
    });
}

#[test]
fn bad_limits_and_pages_are_refused() {
    each(|app| {
        let [orla, vera] = pair(app);
        propose(app, &orla, &vera);
        refuses_bad_pages(&orla, EVENTS);
        refuses_bad_pages(&vera, &format!("{EVENTS}?status=pending"));
        app.changes(&[]);
    });
}

#[test]
fn a_long_list_costs_as_much_as_a_short_one() {
    each(|app| {
        let [orla, vera] = pair(app);
        let [oscar, victor] = accounts(app, [("oscar", ORGANISER), ("victor", VENDOR)]);
        let root = root(app);
        propose(app, &orla, &vera);
        let all = format!("{EVENTS}?limit=100");
        let pending = format!("{EVENTS}?limit=100&status=pending");
        let lists = [
            (&orla, &all),
            (&vera, &all),
            (&orla, &pending),
            (&vera, &pending),
        ];
        let costs_of_one = lists.map(|(reader, path)| cost(app, reader, path));
        // Each of another type, and with other parties: what is expanded is what would cost more.
        for number in 0..9 {
            let kind = add_kind(app, &root, &format!("Type {number}"));
            let vendor = if number % 2 == 0 { &victor } else { &vera };
            orla.post(EVENTS, proposal(&kind, vendor)).ok(201);
            oscar.post(EVENTS, proposal(&kind, &vera)).ok(201);
            app.changes(&["proposal.created"; 2]);
        }
        for ((reader, path), of_one) in lists.into_iter().zip(costs_of_one) {
            assert!(page(reader, path).0.len() >= 10, "{path}");
            assert_eq!(cost(app, reader, path), of_one, "{path}");
        }
        let part = format!("{EVENTS}?limit=3&page=2");
        assert_eq!(page(&orla, &part).0.len(), 3);
        assert!(cost(app, &orla, &part) <= costs_of_one[0]);
    });
}
