//! POST `/api/v1/events/{id}/bookings`: what is held, for whom, how much of it, and what is
//! refused.

use super::*;

/// Of RFC 4648's and Crockford's letters, those that nobody misreads.
const LETTERS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[track_caller]
fn assert_reference(value: &Value) {
    let reference = text(value);
    let groups: Vec<&str> = reference.split('-').collect();
    assert_eq!(groups.len(), 3, "{reference}");
    for group in groups {
        assert_eq!(group.len(), 4, "{reference}");
        let known = group.chars().all(|letter| LETTERS.contains(letter));
        assert!(known, "{reference}");
    }
}

/// Asserts that an answer repeats an earlier one.
#[track_caller]
fn assert_replayed(replay: &Reply, first: &Reply) {
    assert_eq!(replay.ok(201), first.ok(201));
    assert_eq!(first.header("Idempotency-Replayed"), None);
    assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
}

/// Asserts that a booking is seen as it was made, and as nothing more yet.
#[track_caller]
fn assert_seen(client: &Client, made: &Value) -> Value {
    assert_eq!(keys(made).join(" "), MADE);
    let seen = read(client, made);
    for field in keys(made) {
        assert_eq!(seen[field], made[field], "{field}");
    }
    assert_eq!(seen["admitted_at"], Value::Null);
    seen
}

#[test]
fn seats_of_a_priced_event_are_held_for_ten_minutes() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let (before, slack) = (app.clock().now(), TimeDelta::seconds(1));
        let made = hold(app, &ann, &event, 3);
        let after = app.clock().now();
        assert_eq!(made["event_id"], event);
        assert_eq!(made["quantity"], 3);
        assert_eq!(number(&made["total_amount"]), 76.5);
        assert_eq!(made["currency"], "USD");
        assert_reference(&made["reference"]);
        let until = moment(&made["expires_at"]) - TimeDelta::minutes(10);
        assert!(until >= before - slack && until <= after + slack, "{until}");
        let seen = assert_seen(&ann, &made);
        let at = moment(&seen["created_at"]);
        assert!(at >= before - slack && at <= after + slack, "{at}");
        assert_eq!(seen["confirmed_at"], Value::Null);
        assert_eq!(seen["ticket_code"], Value::Null);
        assert_eq!(app.free_seats(&event), 97);
        app.changes(&[]);
        app.verified();
    });
}

#[test]
fn seats_of_a_free_event_are_confirmed_at_once() {
    each(|app| {
        let event = on_sale(app, json!({ "base_price": 0 }));
        let [ann] = people(app, ["ann"]);
        let made = take(app, &ann, &event, 2);
        assert_eq!(made["expires_at"], Value::Null);
        assert_eq!(number(&made["total_amount"]), 0.0);
        let seen = assert_seen(&ann, &made);
        assert!(moment(&seen["confirmed_at"]) <= app.clock().now());
        assert!(!text(&seen["ticket_code"]).is_empty());
        app.clock().advance(TOO_LONG);
        app.sweep();
        assert_eq!(read(&ann, &made), seen);
        untouched(app, &event, 98);
    });
}

#[test]
fn a_hold_lasts_as_long_as_the_settings_say() {
    each_with(&[("BOOKING_HOLD_SECONDS", "60")], |app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let before = app.clock().now();
        let made = hold(app, &ann, &event, 1);
        let lasts = moment(&made["expires_at"]) - before;
        assert!(lasts >= TimeDelta::seconds(59), "{lasts}");
        assert!(lasts < TimeDelta::seconds(600), "{lasts}");
        app.clock().advance(TimeDelta::seconds(61));
        assert_over(&ann, &made, "expired");
    });
}

#[test]
fn amounts_are_exact_and_in_the_event_s_currency() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (price, quantity, amount) in [
            (0.1, 3, 0.3),
            (19.99, 7, 139.93),
            (0.01, 1, 0.01),
            (1.15, 10, 11.5),
            (1_000_000.0, 10, 10_000_000.0),
        ] {
            let event = on_sale(app, json!({ "base_price": price, "currency": "EUR" }));
            let made = hold(app, &ann, &event, quantity);
            assert_eq!(number(&made["total_amount"]), amount);
            assert_eq!(made["currency"], "EUR");
        }
        app.verified();
    });
}

#[test]
fn a_new_price_is_for_bookings_to_come() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let old = hold(app, &ann, &event, 2);
        amend(app, &event, "base_price", json!(40));
        assert_eq!(number(&read(&ann, &old)["total_amount"]), 51.0);
        assert_eq!(number(&pay(app, &old).ok(200)["total_amount"]), 51.0);
        app.changes(&["booking.confirmed"]);
        let new = hold(app, &bob, &event, 2);
        assert_eq!(number(&new["total_amount"]), 80.0);
        app.verified();
    });
}

#[test]
fn a_quantity_is_a_whole_number_from_1() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let path = format!("/api/v1/events/{event}/bookings");
        for quantity in [
            json!(0),
            json!(-1),
            json!(-10),
            json!(1.5),
            json!(1e300),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(u64::MAX),
            json!("2"),
            json!(true),
            json!(null),
            json!([1]),
            json!({ "seats": 1 }),
        ] {
            let body = json!({ "quantity": quantity });
            invalid(&ann.post(&path, body), "quantity");
        }
        invalid(&ann.post(&path, json!({})), "quantity");
        invalid(&ann.post(&path, json!({ "Quantity": 1 })), "quantity");
        untouched(app, &event, 100);
    });
}

#[test]
fn a_body_is_a_json_object_and_decides_nothing_but_the_quantity() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let path = format!("/api/v1/events/{event}/bookings");
        let (kind, long) = (Some("application/json"), vec![b' '; (1 << 20) + 1]);
        for body in [
            "",
            " ",
            "{",
            "[]",
            "[1]",
            "1",
            "null",
            "\"quantity\"",
            "{}{}",
        ] {
            let reply = ann.raw("POST", &path, kind, body.as_bytes());
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        let reply = ann.raw("POST", &path, Some("text/plain"), b"{\"quantity\": 1}");
        reply.refused_as(415, "UNSUPPORTED_MEDIA_TYPE");
        let reply = ann.raw("POST", &path, kind, &long);
        reply.refused_as(413, "PAYLOAD_TOO_LARGE");
        untouched(app, &event, 100);
        let forged = json!({
            "quantity": 1,
            "user_id": bob.id(),
            "status": "confirmed",
            "total_amount": 0,
            "base_price": 0,
            "expires_at": "2099-01-01T00:00:00Z",
        });
        let made = ann.post(&path, forged).ok(201);
        app.changes(&HELD);
        assert_eq!(made["status"], "held");
        assert_eq!(number(&made["total_amount"]), 25.5);
        assert!(moment(&made["expires_at"]) < app.clock().now() + TimeDelta::minutes(11));
        assert_seen(&ann, &made);
        bob.get(&booking_path(&made))
            .refused_as(404, "BOOKING_NOT_FOUND");
    });
}

#[test]
fn events_that_nobody_sees_or_that_have_no_seats_are_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let draft = text(&app.draft(json!({}))["event_id"]).to_owned();
        let dropped = text(&app.draft(json!({}))["event_id"]).to_owned();
        call_off(app, &dropped).ok(200);
        let (plain, hidden) = (gathering(app, &ann), on_sale(app, json!({})));
        let hide = format!("update events set visible = false where id = '{hidden}'");
        assert_eq!(app.sql(&hide), 1);
        let events = [&draft, &dropped, &plain, &hidden].map(String::as_str);
        for event in events
            .into_iter()
            .chain(MALFORMED)
            .chain([UNKNOWN, ann.id()])
        {
            reserve(&ann, event, 1).refused_as(404, "EVENT_NOT_FOUND");
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from bookings"), 0);
    });
}

#[test]
fn an_event_sells_until_it_ends_or_is_cancelled() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (event, gone) = (on_sale(app, json!({})), on_sale(app, json!({})));
        call_off(app, &gone).ok(200);
        app.skip_changes();
        reserve(&ann, &gone, 1).refused_as(409, "EVENT_NOT_MODIFIABLE");
        untouched(app, &gone, 100);
        // It has begun, and lasts for two more hours.
        app.clock()
            .advance(TimeDelta::days(10) + TimeDelta::hours(1));
        hold(app, &ann, &event, 1);
        app.clock().advance(TimeDelta::hours(3));
        reserve(&ann, &event, 1).refused_as(409, "EVENT_NOT_MODIFIABLE");
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from bookings"), 1);
    });
}

#[test]
fn no_more_seats_are_sold_than_there_are() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 3 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let lacks = |client: &Client, requested: i64, available: i64| {
            let details = reserve(client, &event, requested).refused_as(409, "INSUFFICIENT_SEATS");
            let expected = json!({
                "requested": requested,
                "available": available,
                "event_id": event,
            });
            assert_eq!(details, expected);
            untouched(app, &event, available);
        };
        lacks(&ann, 4, 3);
        hold(app, &ann, &event, 2);
        lacks(&bob, 2, 1);
        lacks(&ann, 2, 1);
        let last = hold(app, &bob, &event, 1);
        lacks(&bob, 1, 0);
        let path = format!("/api/v1/events/{event}");
        assert_eq!(app.anon().get(&path).ok(200)["status"], "sold_out");
        assert_cancelled(&cancel(&bob, &last), &last);
        app.changes(&CANCELLED);
        let seen = app.anon().get(&path).ok(200);
        assert_eq!(seen["status"], "published");
        assert_eq!(seen["available_seats"], 1);
        app.verified();
    });
}

#[test]
fn only_a_person_books() {
    each_with(&WITH_MACHINE, |app| {
        let event = on_sale(app, json!({}));
        let both = admins(app).into_iter().chain(strangers(app));
        for (who, client) in both.chain([("the internal key", app.internal())]) {
            let reply = reserve(&client, &event, 1);
            assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
            reply.refused_as(401, "UNAUTHORIZED");
            reserve(&client.with("Idempotency-Key", "a"), UNKNOWN, 1)
                .refused_as(401, "UNAUTHORIZED");
        }
        untouched(app, &event, 100);
        assert_eq!(app.count("select count(*) from bookings"), 0);
    });
}

#[test]
fn someone_suspended_books_nothing_and_still_sees_the_old_bookings() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "seats-1");
        let made = hold(app, &keyed, &event, 1);
        suspend(app, &ann);
        for client in [&ann, &keyed, &app.user("ann")] {
            reserve(client, &event, 1).refused_as(403, "FORBIDDEN");
        }
        assert_eq!(read(&ann, &made)["status"], "held");
        assert_eq!(ann.get(MINE).ok(200)["bookings"][0]["status"], "held");
        untouched(app, &event, 99);
    });
}

#[test]
fn a_repeated_call_books_once() {
    each(|app| {
        let (event, other) = (on_sale(app, json!({})), on_sale(app, json!({})));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [keyed, others] = [&ann, &bob].map(|one| one.with("Idempotency-Key", "seats-1"));
        // A refusal leaves the key free.
        invalid(&reserve(&keyed, &event, 11), "quantity");
        let first = reserve(&keyed, &event, 2);
        let made = first.ok(201);
        app.changes(&HELD);
        let again = app.user("ann").with("Idempotency-Key", "seats-1");
        for client in [&keyed, &again] {
            assert_replayed(&reserve(client, &event, 2), &first);
        }
        reserve(&keyed, &event, 3).refused_as(422, "IDEMPOTENCY_CONFLICT");
        reserve(&keyed, &other, 2).refused_as(422, "IDEMPOTENCY_CONFLICT");
        for bad in ["", &"k".repeat(256)] {
            let reply = reserve(&ann.with("Idempotency-Key", bad), &event, 1);
            reply.refused_as(400, "VALIDATION_FAILED");
        }
        untouched(app, &event, 98);
        // Another person's key is another key, and no key is another call.
        assert_ne!(
            hold(app, &others, &event, 2)["booking_id"],
            made["booking_id"]
        );
        hold(app, &ann, &event, 2);
        // A late repeat brings nothing back.
        assert_cancelled(&cancel(&ann, &made), &made);
        app.changes(&CANCELLED);
        assert_replayed(&reserve(&keyed, &event, 2), &first);
        untouched(app, &event, 96);
        assert_over(&ann, &made, "cancelled");
        app.clock().advance(TimeDelta::hours(25));
        assert_ne!(
            hold(app, &keyed, &other, 2)["booking_id"],
            made["booking_id"]
        );
    });
}
