//! What is a person's own among bookings and waitlists: taken along in the export, gone or
//! nameless after the account's erasure, and handed over to whoever the person turns out to be.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use chrono::TimeDelta;
use serde_json::json;

use super::waitlist::{
    ask, assert_adds_up, assert_status, assert_waits, book, booking_path, bookings_path,
    confirm_path, full, give_back, offer, people, read_booking, recorded, waitlist_path,
};
use super::*;

const ME: &str = "/api/users/@me";
const EXPORT: &str = "/api/users/@me/export";
const LINK: &str = "/api/users/@me/link";
const LOGINS: &str = "/api/users/@me/logins";
const BOOKINGS: &str = "/api/v1/bookings";

/// Everybody's password whom the app makes.
const PASSWORD: &str = "correct horse battery staple";

/// An event of so many seats at that price.
#[track_caller]
fn sale(app: &App, seats: i64, price: f64) -> String {
    app.on_sale(json!({ "total_capacity": seats, "base_price": price }))
}

/// Joins the line, wherever that is.
#[track_caller]
fn join(client: &Client, event: &str, party_size: i64) {
    ask(client, event, party_size).ok(201);
}

/// The items of a list, which is an array.
#[track_caller]
fn items<'v>(answer: &'v Value, list: &str) -> &'v [Value] {
    let items = answer[list].as_array();
    items.unwrap_or_else(|| panic!("no list {list}: {answer}"))
}

/// The ids of all bookings of the caller's, page after page.
#[track_caller]
fn mine(client: &Client) -> Vec<String> {
    let mut path = format!("{BOOKINGS}?limit=2");
    let mut ids = Vec::new();
    loop {
        let page = client.get(&path).ok(200);
        let found = items(&page, "bookings").iter();
        ids.extend(found.map(|booking| text(&booking["booking_id"]).to_owned()));
        match &page["next"] {
            Value::Null => return ids,
            next => path = format!("{BOOKINGS}?limit=2&cursor={}", encode(text(next))),
        }
    }
}

/// The bookings of an event, as its organiser sees them.
#[track_caller]
fn seen(app: &App, event: &str) -> Vec<Value> {
    let path = format!("/api/v1/admin/events/{event}/bookings?limit=100");
    let page = app.super_admin().get(&path).ok(200);
    items(&page, "bookings").to_vec()
}

fn credentials(username: &str) -> Value {
    json!({ "username": username, "password": PASSWORD })
}

/// Somebody named `old`, who has the user name `olga` as well, and somebody named `new`; what
/// that recorded is forgotten.
#[track_caller]
fn old_and_new(app: &App) -> [Client<'_>; 2] {
    app.account("olga", "human-resource");
    let [old, new] = people(app, ["old", "new"]);
    old.post(LINK, credentials("olga")).ok(200);
    app.skip_changes();
    [old, new]
}

/// Lets `new` turn out to be whoever `old` is.
#[track_caller]
fn take_over(app: &App, old: &Client, new: &Client) {
    let logins = old.get(LOGINS).ok(200);
    let mut logins = items(&logins, "data").iter();
    let google = logins.find(|login| login["kind"] == "google");
    let google = google.expect("a login with Google");
    let path = format!("{LOGINS}/{}", text(&google["id"]));
    old.delete(&path).no_content();
    app.skip_changes();
    new.post(LINK, credentials("olga")).ok(200);
    old.get(BOOKINGS).refused_as(401, "UNAUTHORIZED");
}

#[test]
fn an_export_holds_ones_own_bookings_and_places_in_line() {
    each(|app| {
        let (event, busy) = (sale(app, 3, 0.0), full(app, 4));
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let (mine, other) = (book(&ann, &event, 2), book(&bob, &event, 1));
        let (mine, other) = (read_booking(&ann, &mine), read_booking(&bob, &other));
        join(&ann, &busy, 2);
        join(&bob, &busy, 3);
        app.skip_changes();
        let reply = ann.get(EXPORT);
        let export = reply.ok(200);
        let bookings = items(&export, "bookings");
        assert_eq!(bookings.len(), 1, "{bookings:?}");
        for field in ["reference", "quantity", "status"] {
            assert_eq!(bookings[0][field], mine[field], "{field}");
        }
        assert!(bookings[0].to_string().contains(&event), "{bookings:?}");
        let waitlist = items(&export, "waitlist");
        assert_eq!(waitlist.len(), 1, "{waitlist:?}");
        assert_eq!(waitlist[0]["party_size"], 2);
        assert_eq!(waitlist[0]["status"], "waiting");
        assert!(waitlist[0].to_string().contains(&busy), "{waitlist:?}");
        let foreign = ["reference", "booking_id"].map(|field| text(&other[field]));
        for words in foreign.into_iter().chain([bob.id()]) {
            assert!(!reply.text().contains(words), "{words} is bob's");
        }
        let none = cem.get(EXPORT).ok(200);
        for list in ["bookings", "waitlist"] {
            assert_eq!(none[list], json!([]), "{list}");
        }
        app.changes(&[]);
    });
}

#[test]
fn an_export_holds_all_bookings_whatever_became_of_them() {
    each(|app| {
        let wide = json!({
            "total_capacity": 500, "base_price": 0, "max_tickets_per_booking": 500,
        });
        let event = app.on_sale(wide);
        let dear = sale(app, 5, 25.5);
        let [ann] = people(app, ["ann"]);
        let mut ids: Vec<String> = (0..120).map(|_| book(&ann, &event, 1)).collect();
        for booking in &ids[..10] {
            ann.delete(&booking_path(booking)).ok(200);
        }
        ids.push(book(&ann, &dear, 1));
        let reference = |booking: &Value| text(&booking["reference"]).to_owned();
        let expected: BTreeSet<String> = ids
            .iter()
            .map(|id| reference(&read_booking(&ann, id)))
            .collect();
        assert_eq!(expected.len(), 121);
        let export = ann.get(EXPORT).ok(200);
        let bookings = items(&export, "bookings");
        assert_eq!(bookings.len(), 121);
        let found: BTreeSet<String> = bookings.iter().map(reference).collect();
        assert_eq!(found, expected);
        for (status, count) in [("cancelled", 10), ("held", 1), ("confirmed", 110)] {
            let of_status = bookings.iter().filter(|one| one["status"] == status);
            assert_eq!(of_status.count(), count, "{status}");
        }
    });
}

#[test]
fn an_erasure_frees_holds_and_places_and_leaves_confirmed_seats_without_a_name() {
    each(|app| {
        let (event, dear, busy) = (sale(app, 5, 0.0), sale(app, 4, 25.5), full(app, 4));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let confirmed = book(&ann, &event, 2);
        let code = read_booking(&ann, &confirmed)["ticket_code"].take();
        let key = "a-key-to-find";
        book(&ann.with("Idempotency-Key", key), &dear, 3);
        book(&bob, &dear, 1);
        join(&ann, &busy, 1);
        join(&bob, &busy, 1);
        assert_waits(&bob, &busy, 2);
        assert_eq!(seen(app, &event)[0]["person"]["name"], "ann");
        let moved = recorded(app, "seats.changed");

        ann.delete(ME).no_content();
        for (topic, times) in [
            ("user.erased", 1),
            ("booking.cancelled", 1),
            ("booking.refund_due", 0),
            ("waitlist.left", 1),
            ("seats.changed", moved + 1),
        ] {
            assert_eq!(recorded(app, topic), times, "{topic}");
        }
        assert_eq!(app.free_seats(&event), 3);
        assert_eq!(app.free_seats(&dear), 3);
        assert_waits(&bob, &busy, 1);
        for (event, status) in [(&event, "confirmed"), (&dear, "cancelled")] {
            let bookings = seen(app, event);
            let nameless = bookings.iter().filter(|one| one["person"].is_null());
            let statuses: Vec<&str> = nameless.map(|one| text(&one["status"])).collect();
            assert_eq!(statuses, [status]);
            assert_adds_up(app, event);
        }
        assert_eq!(seen(app, &dear)[0]["person"]["id"], bob.id());
        for (words, known) in [(dear.as_str(), 1), (ann.id(), 0), (key, 0)] {
            let mut found = columns_that_hold(app, words);
            found.retain(|column| column.starts_with("seat_movements."));
            assert_eq!(found.len(), known, "{words} in {found:?}");
        }

        // Whoever comes with the ticket is let in all the same.
        let path = format!("/api/v1/admin/events/{event}/check-in");
        let admitted = app.super_admin().post(&path, json!({ "code": code }));
        assert_eq!(admitted.ok(200)["admitted"], 2);
        give_back(app, &busy, 1);
        offer(&bob, &busy);
        assert_eq!(recorded(app, "waitlist.offered"), 1);
        assert_adds_up(app, &busy);
    });
}

#[test]
fn what_was_offered_to_or_held_by_an_erased_person_goes_to_the_next() {
    each(|app| {
        let (busy, dear) = (full(app, 2), sale(app, 2, 25.5));
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        let held = book(&ann, &dear, 2);
        join(&ann, &busy, 2);
        give_back(app, &busy, 2);
        offer(&ann, &busy);
        for event in [&busy, &dear] {
            join(&bob, event, 3);
            join(&cem, event, 2);
        }
        ann.delete(ME).no_content();
        for event in [&busy, &dear] {
            offer(&cem, event);
            assert_waits(&bob, event, 1);
            assert_eq!(app.free_seats(event), 0);
            assert_adds_up(app, event);
        }
        assert_eq!(recorded(app, "booking.cancelled"), 2);
        assert_eq!(recorded(app, "waitlist.left"), 1);
        assert_eq!(recorded(app, "waitlist.offered"), 3);
        // Who signs in again is somebody new.
        let [again] = people(app, ["ann"]);
        assert!(mine(&again).is_empty());
        let path = booking_path(&held);
        again.get(&path).refused_as(404, "BOOKING_NOT_FOUND");
        again.delete(&path).refused_as(404, "BOOKING_NOT_FOUND");
        let none = again.get(&waitlist_path(&busy));
        none.refused_as(404, "NOT_FOUND");
        app.changes(&[]);
    });
}

#[test]
fn nothing_is_held_by_whoever_is_erased_meanwhile() {
    each(|app| {
        let event = sale(app, 9, 25.5);
        let path = bookings_path(&event);
        for name in ["ann", "bob", "cem", "dag", "eve"] {
            let [person] = people(app, [name]);
            let start = Barrier::new(4);
            let statuses: Vec<u16> = thread::scope(|scope| {
                let threads: Vec<_> = (0..3)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            person.post(&path, json!({ "quantity": 3 })).status()
                        })
                    })
                    .collect();
                start.wait();
                person.delete(ME).no_content();
                let joined = threads.into_iter().map(|thread| thread.join());
                joined.map(|status| status.expect("an answer")).collect()
            });
            let known = statuses
                .iter()
                .all(|status| [201, 401, 403].contains(status));
            assert!(known, "{statuses:?}");
            // A booking that was under way meanwhile goes when the erasure is gone over again.
            app.clock().advance(TimeDelta::seconds(61));
            app.sweep();
            assert_eq!(app.free_seats(&event), 9);
            assert_adds_up(app, &event);
        }
        for one in seen(app, &event) {
            assert_eq!(one["status"], "cancelled", "{one}");
            assert_eq!(one["person"], Value::Null, "{one}");
        }
        assert_eq!(recorded(app, "user.erased"), 5);
    });
}

#[test]
fn bookings_and_places_pass_to_whoever_one_turns_out_to_be() {
    each(|app| {
        let (event, dear, busy) = (sale(app, 9, 0.0), sale(app, 4, 25.5), full(app, 4));
        let [old, new] = old_and_new(app);
        let [bob] = people(app, ["bob"]);
        let first = book(&old, &event, 2);
        let second = book(&new, &event, 1);
        let third = book(&old, &dear, 3);
        join(&old, &busy, 1);
        join(&bob, &busy, 1);
        let before = [&first, &third].map(|booking| read_booking(&old, booking));
        take_over(app, &old, &new);
        app.changes(&["user.merged"]);

        assert_eq!(mine(&new), [third.as_str(), &second, &first]);
        for (booking, before) in [&first, &third].into_iter().zip(&before) {
            assert_eq!(read_booking(&new, booking), *before);
        }
        assert_waits(&new, &busy, 1);
        assert_waits(&bob, &busy, 2);
        for one in [&event, &dear]
            .into_iter()
            .flat_map(|event| seen(app, event))
        {
            assert_eq!(one["person"]["id"], new.id(), "{one}");
        }
        new.delete(&booking_path(&third)).ok(200);
        app.changes(&["seats.changed", "booking.cancelled"]);
        assert_eq!(app.free_seats(&dear), 4);
        new.delete(&waitlist_path(&busy)).ok(200);
        app.changes(&["waitlist.left"]);
        assert_waits(&bob, &busy, 1);
        assert_adds_up(app, &dear);
    });
}

#[test]
fn an_offer_is_taken_by_whoever_one_turns_out_to_be() {
    each(|app| {
        let busy = full(app, 2);
        let [old, new] = old_and_new(app);
        join(&old, &busy, 2);
        give_back(app, &busy, 2);
        let offered = offer(&old, &busy);
        take_over(app, &old, &new);
        app.changes(&["user.merged"]);
        assert_eq!(offer(&new, &busy), offered);
        new.post(&confirm_path(&offered), json!({})).ok(200);
        app.changes(&["booking.confirmed", "waitlist.booked"]);
        assert_status(&new, &busy, "booked");
        assert_eq!(app.free_seats(&busy), 0);
        assert_adds_up(app, &busy);
    });
}

#[test]
fn two_who_are_one_stand_in_line_once() {
    each(|app| {
        let busy = full(app, 6);
        let [old, new] = old_and_new(app);
        let [bob] = people(app, ["bob"]);
        for client in [&old, &new, &bob] {
            join(client, &busy, 1);
        }
        assert_waits(&bob, &busy, 3);
        take_over(app, &old, &new);
        assert_waits(&new, &busy, 1);
        assert_waits(&bob, &busy, 2);
        let open = "select count(*) from waitlist where status in ('waiting', 'offered')";
        assert_eq!(app.count(open), 2);
        new.delete(&waitlist_path(&busy)).ok(200);
        let none = new.get(&waitlist_path(&busy));
        none.refused_as(404, "NOT_FOUND");
        assert_waits(&bob, &busy, 1);
        give_back(app, &busy, 6);
        offer(&bob, &busy);
        assert_eq!(recorded(app, "waitlist.offered"), 1);
        assert_adds_up(app, &busy);
    });
}

#[test]
fn two_who_are_one_keep_their_seats_and_book_no_more_than_one_may() {
    each(|app| {
        let event = sale(app, 30, 0.0);
        let [old, new] = old_and_new(app);
        let booking = book(&old, &event, 6);
        book(&new, &event, 6);
        take_over(app, &old, &new);
        app.changes(&["user.merged"]);
        assert_eq!(mine(&new).len(), 2);
        let more = new.post(&bookings_path(&event), json!({ "quantity": 1 }));
        invalid(&more, "quantity");
        app.changes(&[]);
        new.delete(&booking_path(&booking)).ok(200);
        app.changes(&["seats.changed", "booking.cancelled"]);
        book(&new, &event, 4);
        app.changes(&["seats.changed", "booking.confirmed"]);
        assert_eq!(app.free_seats(&event), 20);
        assert_adds_up(app, &event);
    });
}
