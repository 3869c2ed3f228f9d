//! Many hands at once: one decision, one name, and no proposal of a type that is gone.

use std::sync::Barrier;
use std::thread;

use super::*;

/// How many proposals are fought over.
const ROUNDS: usize = 50;

/// Makes two calls at the same moment, each from a thread of its own; their answers in order.
fn at_once(
    first: impl FnOnce() -> Reply + Send,
    second: impl FnOnce() -> Reply + Send,
) -> [Reply; 2] {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            start.wait();
            second()
        });
        start.wait();
        let first = first();
        [first, other.join().expect("an answer")]
    })
}

/// Asserts that of two answers one has the status of a success and the other is a 409; which
/// of them has won.
#[track_caller]
fn one_wins(replies: &[Reply; 2], success: u16) -> usize {
    let winner = usize::from(replies[0].status() != success);
    replies[winner].expect_status(success);
    replies[1 - winner].refused_as(409, "Conflict");
    winner
}

/// How many changes of a topic were ever recorded. For what is recorded in no certain order.
fn recorded(app: &App, topic: &str) -> usize {
    let query = format!("select count(*) from changes where topic = '{topic}'");
    usize::try_from(app.count(&query)).expect("a count")
}

/// All proposals of a party, up to a hundred, and how many there are.
#[track_caller]
fn all(client: &Client) -> (Vec<Value>, usize) {
    let (items, about) = page(client, &format!("{EVENTS}?limit=100"));
    let size = about["size"].as_u64().expect("a number");
    (items, usize::try_from(size).expect("a count"))
}

#[test]
fn of_two_who_decide_at_once_one_decides() {
    each(|app| {
        let [orla, vera] = pair(app);
        let desk = app.account("vera", VENDOR);
        let body = proposal(&kind(&orla, "Health Talks"), &vera);
        for round in 0..ROUNDS {
            let made = orla.post(EVENTS, body.clone()).ok(201);
            let others = match round % 2 {
                0 => (&orla, canceled()),
                _ => (&desk, rejected()),
            };
            let (other, decision) = &others;
            let replies = at_once(
                || decide(&vera, &made, approved()),
                || decide(other, &made, decision.clone()),
            );
            let winner = one_wins(&replies, 200);
            let after = replies[winner].json();
            let expected = [&approved(), decision][winner]["status"].clone();
            assert_eq!(after["status"], expected);
            for party in [&orla, &vera] {
                assert_eq!(read(party, &made), after);
            }
        }
        let approvals = recorded(app, "proposal.approved");
        let others = recorded(app, "proposal.canceled") + recorded(app, "proposal.rejected");
        assert_eq!(approvals + others, ROUNDS);
        let path = format!("{EVENTS}?status=approved&limit=100");
        assert_eq!(page(&orla, &path).0.len(), approvals);
        app.deliver();
        assert_eq!(recorded(app, "event.published"), approvals);
    });
}

#[test]
fn one_decision_made_twice_at_once_is_made_once() {
    each(|app| {
        let [orla, vera] = pair(app);
        let desk = app.account("vera", VENDOR);
        let body = proposal(&kind(&orla, "Health Talks"), &vera);
        for day in DAYS.into_iter().cycle().take(10) {
            let made = orla.post(EVENTS, body.clone()).ok(201);
            let replies = at_once(
                || decide(&vera, &made, set(approved(), "eventDate", day)),
                || decide(&desk, &made, set(approved(), "eventDate", DAYS[0])),
            );
            let winner = one_wins(&replies, 200);
            assert_eq!(replies[winner].json()["eventDate"], [day, DAYS[0]][winner]);
            assert_eq!(read(&orla, &made), replies[winner].json());
        }
        assert_eq!(recorded(app, "proposal.approved"), 10);
        app.deliver();
        assert_eq!(recorded(app, "event.published"), 10);
    });
}

#[test]
fn of_two_who_take_one_name_at_once_one_has_it() {
    each(|app| {
        const NAMES: [&str; 5] = ["wanda", "wendy", "willa", "wilma", "winny"];
        for name in NAMES {
            let second = set(
                account(&name.to_uppercase(), VENDOR),
                "companyName",
                "Second",
            );
            let replies = at_once(
                || app.anon().post(SIGN_UP, account(name, VENDOR)),
                || app.anon().post(SIGN_UP, second),
            );
            let winner = one_wins(&replies, 201);
            let refusal = &replies[1 - winner];
            assert_eq!(refusal.json()["message"], "User already exists");
            token(app, name, SECRET);
        }
        assert_eq!(recorded(app, "user.created"), NAMES.len());
        for table in ["users", "logins", "passwords"] {
            let rows = app.count(&format!("select count(*) from {table}"));
            assert_eq!(usize::try_from(rows), Ok(NAMES.len()), "{table}");
        }
    });
}

#[test]
fn of_two_who_name_a_type_alike_at_once_one_names_it() {
    each(|app| {
        let [orla, _] = pair(app);
        let root = root(app);
        for number in 0..10 {
            let names = [format!("Zürich {number}"), format!("ZÜRICH {number}")];
            let [first, second] = names.map(|name| json!({ "eventName": name }));
            let replies = at_once(|| root.post(TYPES, first), || root.post(TYPES, second));
            one_wins(&replies, 201);
        }
        assert_eq!(recorded(app, "event_type.created"), 10);
        assert_eq!(page(&orla, TYPES).1["size"], 14);
    });
}

#[test]
fn a_proposal_never_outlives_its_type() {
    each(|app| {
        let [orla, vera] = pair(app);
        let root = root(app);
        let (mut made, mut deleted) = (0, 0);
        for round in 0..20 {
            let kind = add_kind(app, &root, &format!("Type {round}"));
            let body = proposal(&kind, &vera);
            let [proposed, removed] = at_once(
                || orla.post(EVENTS, body),
                || root.delete(&kind_path(&kind)),
            );
            if proposed.status() == 201 {
                removed.refused_as(409, "Conflict");
                app.changes(&["proposal.created"]);
                assert_eq!(proposed.json()["eventName"], kind);
                made += 1;
            } else {
                invalid(&proposed, "eventName", &kind);
                removed.no_content();
                app.changes(&["event_type.deleted"]);
                deleted += 1;
            }
        }
        assert_eq!(made + deleted, 20);
        let (kinds, _) = page(&orla, &format!("{TYPES}?limit=100"));
        assert_eq!(kinds.len(), 4 + made);
        for party in [&orla, &vera] {
            let (items, size) = all(party);
            assert_eq!((items.len(), size), (made, made));
            for item in &items {
                assert!(kinds.contains(&item["eventName"]), "{item}");
                assert_eq!(read(party, item), *item);
            }
        }
    });
}
