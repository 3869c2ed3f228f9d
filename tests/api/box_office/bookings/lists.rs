//! GET `/api/v1/bookings` and `/api/v1/admin/events/{id}/bookings`: whose bookings are listed to
//! whom, in which order, and in pages.

use super::*;

/// What an event's admin sees of a booking.
const SOLD: &str = "admitted_at booking_id confirmed_at created_at currency expires_at person \
                    quantity reference status total_amount";

/// One page of a list: its bookings and the cursor of the next.
#[track_caller]
fn page(client: &Client, path: &str) -> (Vec<Value>, Option<String>) {
    let answer = client.get(path).ok(200);
    assert_eq!(keys(&answer), ["bookings", "next"], "{path}");
    let found = answer["bookings"].as_array().expect("an array").clone();
    let next = match &answer["next"] {
        Value::Null => None,
        cursor => Some(text(cursor).to_owned()),
    };
    (found, next)
}

/// All bookings of a list in pages of this size, by their ids.
#[track_caller]
fn walk(client: &Client, path: &str, limit: usize) -> Vec<String> {
    let path = format!("{path}?limit={limit}");
    let (mut found, mut cursor) = page(client, &path);
    while let Some(next) = cursor {
        assert_eq!(found.len() % limit, 0, "only the last page is shorter");
        let (more, after) = page(client, &format!("{path}&cursor={}", encode(&next)));
        assert!(!more.is_empty(), "a page without bookings");
        found.extend(more);
        cursor = after;
    }
    ids(&found)
}

fn ids(bookings: &[Value]) -> Vec<String> {
    let ids = bookings.iter().map(|one| text(&one["booking_id"]));
    ids.map(str::to_owned).collect()
}

/// The bookings of a status, as the event's admin sees them.
#[track_caller]
fn of_status(admin: &Client, event: &str, status: &str) -> Vec<String> {
    let (found, _) = page(admin, &format!("{}?status={status}", sold_path(event)));
    for booking in &found {
        assert_eq!(booking["status"], status);
    }
    ids(&found)
}

/// Asserts which limits a list takes.
#[track_caller]
fn refuses_bad_limits(client: &Client, path: &str) {
    for good in ["1", "100"] {
        page(client, &format!("{path}?limit={good}"));
    }
    for bad in ["0", "101", "-1", "abc", "", "1.5", "%00"] {
        let reply = client.get(&format!("{path}?limit={bad}"));
        reply.refused_as(400, "VALIDATION_FAILED");
    }
}

/// Asserts that a list takes its own cursors, whole and unchanged, and no others.
#[track_caller]
fn refuses_other_cursors(client: &Client, path: &str, foreign: &[String]) {
    let path = format!("{path}?limit=1");
    let cursor = page(client, &path).1.expect("a second page");
    let good: Vec<char> = cursor.chars().collect();
    let mut bad: Vec<String> = ["", "nonsense", "AAAA", "\0", UNKNOWN]
        .map(str::to_owned)
        .into();
    bad.extend(foreign.iter().cloned());
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
        bad.push(changed.into_iter().collect());
        bad.push(good[..position].iter().collect());
    }
    for cursor in bad {
        let reply = client.get(&format!("{path}&cursor={}", encode(&cursor)));
        reply.refused_as(400, "VALIDATION_FAILED");
    }
    page(client, &format!("{path}&cursor={}", encode(&cursor)));
}

/// Bookings of ann's, the newest first.
#[track_caller]
fn several(app: &App, ann: &Client, event: &str, count: usize) -> Vec<String> {
    let made: Vec<Value> = (0..count).map(|_| hold(app, ann, event, 1)).collect();
    let mut made = ids(&made);
    made.reverse();
    made
}

#[test]
fn a_person_s_own_bookings_are_listed_the_newest_first() {
    each(|app| {
        let (event, free) = (
            on_sale(app, json!({})),
            on_sale(app, json!({ "base_price": 0 })),
        );
        let [ann, bob] = people(app, ["ann", "bob"]);
        assert_eq!(page(&ann, MINE), (Vec::new(), None));
        let first = hold(app, &ann, &event, 1);
        let second = take(app, &ann, &free, 2);
        let third = buy(app, &ann, &event, 3);
        let theirs = hold(app, &bob, &event, 4);
        assert_cancelled(&cancel(&ann, &first), &first);
        let (found, next) = page(&app.user("ann"), MINE);
        assert_eq!(next, None);
        let expected = [&third, &second, &first].map(|booking| read(&ann, booking));
        assert_eq!(found, expected);
        let status = found.iter().map(|booking| text(&booking["status"]));
        assert!(
            status.eq(["confirmed", "confirmed", "cancelled"]),
            "{found:?}"
        );
        assert_eq!(ids(&page(&bob, MINE).0), ids(&[theirs]));
        for booking in &expected {
            let reply = bob.get(&booking_path(booking));
            reply.refused_as(404, "BOOKING_NOT_FOUND");
        }
    });
}

#[test]
fn pages_show_every_booking_once_even_if_many_were_made_at_one_moment() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let all = several(app, &ann, &event, 7);
        let root = app.super_admin();
        for _ in 0..2 {
            for limit in [1, 2, 3, 7, 100] {
                assert_eq!(walk(&ann, MINE, limit), all, "{limit}");
                assert_eq!(walk(&root, &sold_path(&event), limit), all, "{limit}");
            }
            let tie = "update bookings set created_at = (select min(created_at) from bookings)";
            assert_eq!(app.sql(tie), 7);
        }
    });
}

#[test]
fn bookings_made_meanwhile_disturb_no_walk() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let all = several(app, &ann, &event, 5);
        let path = format!("{MINE}?limit=2");
        let (mut found, mut cursor) = page(&ann, &path);
        while let Some(next) = cursor {
            hold(app, &ann, &event, 1);
            let (more, after) = page(&ann, &format!("{path}&cursor={}", encode(&next)));
            found.extend(more);
            cursor = after;
        }
        assert_eq!(ids(&found), all);
    });
}

#[test]
fn a_limit_or_a_cursor_that_is_not_ours_is_refused() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        for _ in 0..2 {
            gathering(app, &ann);
        }
        several(app, &ann, &event, 2);
        let (root, sold) = (app.super_admin(), sold_path(&event));
        let events = ann.get("/api/events?limit=1").ok(200);
        let of_events = text(&events["next"]).to_owned();
        let of_mine = page(&ann, &format!("{MINE}?limit=1")).1;
        let of_sold = page(&root, &format!("{sold}?limit=1")).1;
        let [of_mine, of_sold] = [of_mine, of_sold].map(|next| next.expect("a second page"));
        refuses_bad_limits(&ann, MINE);
        refuses_bad_limits(&root, &sold);
        refuses_other_cursors(&ann, MINE, &[of_events.clone(), of_sold]);
        refuses_other_cursors(&root, &sold, &[of_events, of_mine]);
    });
}

#[test]
fn only_the_person_reads_the_own_bookings() {
    each_with(&WITH_MACHINE, |app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let booking = buy(app, &ann, &event, 1);
        let one = booking_path(&booking);
        bob.get(&one).refused_as(404, "BOOKING_NOT_FOUND");
        let all = admins(app).into_iter().chain(strangers(app));
        for (who, client) in all.chain([("the internal key", app.internal())]) {
            for path in [MINE, "/api/v1/bookings?limit=0", &one] {
                let reply = client.get(path);
                assert_eq!(reply.status(), 401, "{who}: {path}: {}", reply.text());
                reply.refused_as(401, "UNAUTHORIZED");
            }
        }
        for id in MALFORMED
            .into_iter()
            .chain([UNKNOWN, event.as_str(), ann.id()])
        {
            let reply = ann.get(&format!("{MINE}/{id}"));
            reply.refused_as(404, "BOOKING_NOT_FOUND");
        }
        assert_eq!(read(&ann, &booking), booking);
        app.changes(&[]);
    });
}

#[test]
fn an_event_s_admin_sees_who_has_booked_what() {
    each(|app| {
        let owner = app.admin("event_manager");
        let (event, other) = (event_of(app, &owner), on_sale(app, json!({})));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (path, root) = (sold_path(&event), app.super_admin());
        assert_eq!(page(&owner, &path), (Vec::new(), None));
        let (paid, held) = (buy(app, &ann, &event, 2), hold(app, &bob, &event, 1));
        hold(app, &ann, &other, 1);
        let (found, next) = page(&owner, &path);
        assert_eq!(next, None);
        assert_eq!(page(&root, &path).0, found);
        assert_eq!(ids(&found), ids(&[held.clone(), paid.clone()]));
        for (item, (client, booking)) in found.iter().zip([(&bob, &held), (&ann, &paid)]) {
            assert_eq!(keys(item).join(" "), SOLD);
            let own = read(client, booking);
            for field in keys(item).into_iter().filter(|field| *field != "person") {
                assert_eq!(item[field], own[field], "{field}");
            }
            assert_eq!(item["person"]["id"], client.id());
        }
        let avatar = "https://img.example.org/ann.png";
        let person = json!({ "id": ann.id(), "name": "ann", "avatar": avatar });
        assert_eq!(found[1]["person"], person);
        let reply = owner.get(&path);
        for hidden in ["ann@example.org", text(&paid["ticket_code"]), PAID] {
            assert!(!reply.text().contains(hidden), "{}", reply.text());
        }
    });
}

#[test]
fn an_event_s_admin_finds_bookings_by_their_status() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let root = app.super_admin();
        let overdue = hold(app, &ann, &event, 1);
        app.clock().advance(TimeDelta::minutes(9));
        let paid = buy(app, &ann, &event, 1);
        let gone = hold(app, &ann, &event, 1);
        assert_cancelled(&cancel(&ann, &gone), &gone);
        app.changes(&CANCELLED);
        let held = hold(app, &ann, &event, 1);
        app.clock().advance(TimeDelta::minutes(2));
        // With the sweeper and without.
        for _ in 0..2 {
            for (status, booking) in [
                ("held", &held),
                ("confirmed", &paid),
                ("cancelled", &gone),
                ("expired", &overdue),
            ] {
                let expected = ids(std::slice::from_ref(booking));
                assert_eq!(of_status(&root, &event, status), expected, "{status}");
            }
            app.sweep();
        }
        for bad in ["nonsense", "", "HELD", "held,confirmed", "%00"] {
            let reply = root.get(&format!("{}?status={bad}", sold_path(&event)));
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        app.verified();
    });
}

#[test]
fn other_admins_and_people_do_not_see_an_event_s_bookings() {
    each_with(&WITH_MACHINE, |app| {
        let owner = app.admin("event_manager");
        let event = event_of(app, &owner);
        let [ann] = people(app, ["ann"]);
        buy(app, &ann, &event, 1);
        for role in ["event_manager", "analyst"] {
            let reply = app.admin(role).get(&sold_path(&event));
            reply.refused_as(403, "FORBIDDEN");
        }
        let all = strangers(app).into_iter().chain([("ann", ann.clone())]);
        for (who, client) in all.chain([("the internal key", app.internal())]) {
            let reply = client.get(&sold_path(&event));
            assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
            reply.refused_as(401, "UNAUTHORIZED");
        }
        let (root, plain) = (app.super_admin(), gathering(app, &ann));
        for id in MALFORMED.into_iter().chain([UNKNOWN, plain.as_str()]) {
            let reply = root.get(&sold_path(id));
            reply.refused_as(404, "EVENT_NOT_FOUND");
        }
        let draft = app.draft(json!({}));
        let nothing = page(&root, &sold_path(text(&draft["event_id"])));
        assert_eq!(nothing, (Vec::new(), None));
    });
}

#[test]
fn a_booking_of_someone_who_is_erased_stays_without_a_person() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (paid, kept) = (buy(app, &ann, &event, 2), buy(app, &bob, &event, 1));
        ann.delete("/api/users/@me").no_content();
        app.sweep();
        let (found, _) = page(&app.super_admin(), &sold_path(&event));
        assert_eq!(ids(&found), ids(&[kept, paid]));
        assert_eq!(found[0]["person"]["name"], "bob");
        assert_eq!(found[1]["person"], Value::Null);
        assert_eq!(found[1]["status"], "confirmed");
        assert_eq!(app.free_seats(&event), 97);
        app.verified();
    });
}
