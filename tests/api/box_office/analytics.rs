//! GET `/api/v1/admin/events/{id}/analytics` and `analytics.svg`: what was sold, for how much, and
//! on which day where the event is.

use chrono::{NaiveDate, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use serde_json::json;

use super::bookings::{
    WITH_MACHINE, admin_path, amend, assert_cancelled, buy, call_off, cancel, event_of, gathering,
    hold, number, on_sale, people, strangers, take,
};
use super::tickets::assert_picture;
use super::*;

const SHOWN: &str =
    "booking_trends capacity_utilization currency event_id held revenue tickets_sold";

/// Both forms of it.
const FORMS: [&str; 2] = ["analytics", "analytics.svg"];

fn path_of(event: &str, form: &str) -> String {
    format!("{}/{form}", admin_path(event))
}

/// Money in hundredths, of which there is never a fraction.
#[track_caller]
fn cents(value: &Value) -> i64 {
    let amount = number(value);
    let cents = (amount * 100.0).round();
    assert_eq!(amount, cents / 100.0, "{value} is exact");
    cents as i64
}

/// An event's analytics, whose days add up to the whole.
#[track_caller]
fn seen_by(admin: &Client, event: &str) -> Value {
    let seen = admin.get(&path_of(event, "analytics")).ok(200);
    assert_eq!(keys(&seen).join(" "), SHOWN);
    assert_eq!(seen["event_id"], event);
    let trends = seen["booking_trends"].as_array().expect("an array");
    let (mut tickets, mut revenue, mut days) = (0, 0, Vec::new());
    for trend in trends {
        assert_eq!(keys(trend), ["date", "revenue", "tickets"]);
        tickets += trend["tickets"].as_i64().expect("a whole number");
        revenue += cents(&trend["revenue"]);
        let day = NaiveDate::parse_from_str(text(&trend["date"]), "%Y-%m-%d");
        days.push(day.expect("a date"));
    }
    assert!(days.is_sorted_by(|one, next| one < next), "{days:?}");
    assert_eq!(seen["tickets_sold"], tickets);
    assert_eq!(cents(&seen["revenue"]), revenue);
    seen
}

/// As a super admin who has just signed in sees it, whatever the time is by now.
#[track_caller]
fn seen(app: &App, event: &str) -> Value {
    let root = json!({
        "email": "root@example.org",
        "password": "correct horse battery staple",
    });
    let login = app.anon().post("/api/v1/auth/admin/login", root).ok(200);
    let root = app.anon().bearer(text(&login["access_token"]));
    seen_by(&root, event)
}

/// Asserts how many seats are sold, how many held, and for how many hundredths.
#[track_caller]
fn assert_sold(app: &App, event: &str, sold: i64, held: i64, revenue: i64) -> Value {
    let seen = seen(app, event);
    assert_eq!(seen["tickets_sold"], sold);
    assert_eq!(seen["held"], held);
    assert_eq!(cents(&seen["revenue"]), revenue);
    app.verified();
    seen
}

/// Moves the clock to a time on the day after next in this zone; answers that day.
fn go_to(app: &App, zone: Tz, hour: u32, minute: u32) -> NaiveDate {
    let now = app.clock().now();
    let day = now.with_timezone(&zone).date_naive() + TimeDelta::days(2);
    let wall = day.and_hms_opt(hour, minute, 0).expect("a time of the day");
    let at = zone.from_local_datetime(&wall).earliest();
    let at = at.expect("the clocks show it").to_utc();
    app.clock().advance(at - now);
    day
}

/// One day of the trends.
fn day(date: NaiveDate, tickets: i64, revenue: f64) -> Value {
    json!({ "date": date.to_string(), "tickets": tickets, "revenue": revenue })
}

/// Asserts the days of the trends, whatever way their numbers are written.
#[track_caller]
fn assert_days(seen: &Value, expected: &[Value]) {
    let trends = seen["booking_trends"].as_array().expect("an array");
    assert_eq!(trends.len(), expected.len(), "{seen}");
    for (trend, expected) in trends.iter().zip(expected) {
        for same in ["date", "tickets"] {
            assert_eq!(trend[same], expected[same], "{seen}");
        }
        assert_eq!(
            cents(&trend["revenue"]),
            cents(&expected["revenue"]),
            "{seen}"
        );
    }
}

/// Takes seats by an internal call, or returns them.
#[track_caller]
fn move_seats(app: &App, event: &str, quantity: i64) {
    let path = format!("/internal/events/{event}/update-availability");
    let movement = json!({ "quantity": quantity });
    app.internal().post(&path, movement).ok(200);
    app.changes(&["seats.changed"]);
}

#[test]
fn nothing_is_sold_of_a_new_event() {
    each(|app| {
        let draft = app.draft(json!({ "currency": "EUR" }));
        let published = on_sale(app, json!({ "currency": "EUR" }));
        for event in [text(&draft["event_id"]), &published] {
            let seen = assert_sold(app, event, 0, 0, 0);
            assert_eq!(number(&seen["capacity_utilization"]), 0.0);
            assert_eq!(seen["currency"], "EUR");
            assert_eq!(seen["booking_trends"], json!([]));
        }
        app.changes(&[]);
    });
}

#[test]
fn what_is_held_is_apart_from_what_is_sold() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        hold(app, &ann, &event, 3);
        assert_sold(app, &event, 0, 3, 0);
        buy(app, &bob, &event, 2);
        assert_sold(app, &event, 2, 3, 5100);
        let dropped = hold(app, &bob, &event, 4);
        assert_sold(app, &event, 2, 7, 5100);
        assert_cancelled(&cancel(&bob, &dropped), &dropped);
        assert_sold(app, &event, 2, 3, 5100);
        app.clock().advance(TimeDelta::seconds(601));
        app.sweep();
        app.skip_changes();
        let seen = assert_sold(app, &event, 2, 0, 5100);
        assert_eq!(number(&seen["capacity_utilization"]), 2.0);
    });
}

#[test]
fn what_is_cancelled_leaves_the_sums() {
    each(|app| {
        let today = go_to(app, Tz::UTC, 12, 0);
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (gone, _) = (buy(app, &ann, &event, 2), buy(app, &bob, &event, 1));
        let both = assert_sold(app, &event, 3, 0, 7650);
        assert_days(&both, &[day(today, 3, 76.5)]);
        assert_cancelled(&cancel(&ann, &gone), &gone);
        app.skip_changes();
        let one = assert_sold(app, &event, 1, 0, 2550);
        assert_days(&one, &[day(today, 1, 25.5)]);
        // What is cancelled on another day leaves them, too.
        let late = buy(app, &ann, &event, 4);
        app.clock().advance(TimeDelta::days(1));
        assert_cancelled(&cancel(&ann, &late), &late);
        app.skip_changes();
        assert_sold(app, &event, 1, 0, 2550);
    });
}

#[test]
fn seats_of_the_internal_calls_are_sold_until_they_are_returned() {
    each(|app| {
        let today = go_to(app, Tz::UTC, 12, 0);
        let event = on_sale(app, json!({ "base_price": 19.99 }));
        let [ann] = people(app, ["ann"]);
        move_seats(app, &event, -5);
        assert_sold(app, &event, 5, 0, 9995);
        move_seats(app, &event, 2);
        let seen = assert_sold(app, &event, 3, 0, 5997);
        assert_days(&seen, &[day(today, 3, 59.97)]);
        buy(app, &ann, &event, 1);
        let path = format!("/internal/events/{event}/return-seats");
        app.internal().post(&path, json!({ "quantity": 3 })).ok(200);
        app.changes(&["seats.changed"]);
        let seen = assert_sold(app, &event, 1, 0, 1999);
        assert_days(&seen, &[day(today, 1, 19.99)]);
    });
}

#[test]
fn a_cancelled_event_has_sold_what_the_internal_calls_took() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        move_seats(app, &event, -2);
        buy(app, &ann, &event, 3);
        hold(app, &ann, &event, 1);
        assert_sold(app, &event, 5, 1, 12_750);
        call_off(app, &event).ok(200);
        app.skip_changes();
        assert_sold(app, &event, 2, 0, 5100);
    });
}

#[test]
fn revenue_is_exact_and_counts_each_seat_at_its_own_price() {
    each(|app| {
        let event = on_sale(app, json!({ "base_price": 0.1 }));
        let [ann, bob, cem] = people(app, ["ann", "bob", "cem"]);
        for client in [&ann, &bob, &cem] {
            buy(app, client, &event, 1);
        }
        assert_eq!(number(&seen(app, &event)["revenue"]), 0.3);
        move_seats(app, &event, -7);
        assert_eq!(number(&seen(app, &event)["revenue"]), 1.0);
        amend(app, &event, "base_price", json!(19.99));
        assert_sold(app, &event, 10, 0, 100);
        buy(app, &ann, &event, 2);
        assert_sold(app, &event, 12, 0, 4098);
    });
}

#[test]
fn free_seats_are_sold_for_nothing() {
    each(|app| {
        let today = go_to(app, Tz::UTC, 12, 0);
        let event = on_sale(app, json!({ "base_price": 0 }));
        let [ann] = people(app, ["ann"]);
        take(app, &ann, &event, 4);
        let seen = assert_sold(app, &event, 4, 0, 0);
        assert_days(&seen, &[day(today, 4, 0.0)]);
    });
}

#[test]
fn the_share_of_the_capacity_has_two_decimals() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        for (capacity, shares) in [
            (3, [33.33, 66.67, 100.0]),
            (7, [14.29, 28.57, 42.86]),
            (8, [12.5, 25.0, 37.5]),
            (1000, [0.1, 0.2, 0.3]),
        ] {
            let over = json!({ "total_capacity": capacity, "base_price": 0 });
            let event = on_sale(app, over);
            for share in shares {
                take(app, &ann, &event, 1);
                let seen = seen(app, &event);
                assert_eq!(number(&seen["capacity_utilization"]), share, "{capacity}");
            }
        }
    });
}

#[test]
fn a_day_begins_at_midnight_where_the_event_is() {
    for zone in [Tz::Pacific__Auckland, Tz::Asia__Kathmandu] {
        each(|app| {
            let first = go_to(app, zone, 23, 55);
            let event = on_sale(app, json!({ "timezone": zone.name() }));
            let [ann, bob] = people(app, ["ann", "bob"]);
            let seen = seen(app, &event);
            assert_eq!(seen["booking_trends"], json!([]));
            buy(app, &ann, &event, 2);
            move_seats(app, &event, -1);
            app.clock().advance(TimeDelta::minutes(10));
            buy(app, &bob, &event, 4);
            move_seats(app, &event, -3);
            let second = first + TimeDelta::days(1);
            let days = [day(first, 3, 76.5), day(second, 7, 178.5)];
            assert_days(&assert_sold(app, &event, 10, 0, 25_500), &days);
            // Days without any movement are left out.
            app.clock()
                .advance(TimeDelta::days(3) + TimeDelta::hours(6));
            let ann = app.user("ann");
            buy(app, &ann, &event, 1);
            let [one, two] = days;
            let days = [one, two, day(first + TimeDelta::days(4), 1, 25.5)];
            assert_days(&assert_sold(app, &event, 11, 0, 28_050), &days);
        });
    }
}

#[test]
fn midnight_elsewhere_begins_no_day() {
    each(|app| {
        let zone = Tz::Pacific__Auckland;
        go_to(app, Tz::UTC, 23, 55);
        let here = app.clock().now().with_timezone(&zone).date_naive();
        let event = on_sale(app, json!({ "timezone": zone.name() }));
        let [ann] = people(app, ["ann"]);
        buy(app, &ann, &event, 2);
        app.clock().advance(TimeDelta::minutes(10));
        buy(app, &ann, &event, 3);
        let seen = assert_sold(app, &event, 5, 0, 12_750);
        assert_days(&seen, &[day(here, 5, 127.5)]);
    });
}

#[test]
fn admins_see_what_their_role_lets_them() {
    each_with(&WITH_MACHINE, |app| {
        let owner = app.admin("event_manager");
        let other = app.admin("event_manager");
        let event = event_of(app, &owner);
        let [ann] = people(app, ["ann"]);
        buy(app, &ann, &event, 2);
        let expected = seen_by(&owner, &event);
        assert_eq!(expected["tickets_sold"], 2);
        for admin in [app.super_admin(), app.admin("analyst")] {
            assert_eq!(seen_by(&admin, &event), expected);
            assert_picture(&admin.get(&path_of(&event, "analytics.svg")));
        }
        for form in FORMS {
            let path = path_of(&event, form);
            other.get(&path).refused_as(403, "FORBIDDEN");
            let all = strangers(app).into_iter().chain([("ann", ann.clone())]);
            for (who, client) in all.chain([("the internal key", app.internal())]) {
                let reply = client.get(&path);
                assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
                reply.refused_as(401, "UNAUTHORIZED");
            }
        }
        app.skip_changes();
        assert_eq!(seen_by(&owner, &event), expected);
        app.changes(&[]);
    });
}

#[test]
fn what_has_no_seats_has_no_analytics() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let plain = gathering(app, &ann);
        let root = app.super_admin();
        for id in MALFORMED.into_iter().chain([UNKNOWN, plain.as_str()]) {
            for form in FORMS {
                let reply = root.get(&path_of(id, form));
                reply.refused_as(404, "EVENT_NOT_FOUND");
            }
        }
    });
}

#[test]
fn the_picture_is_whole_whatever_was_sold_and_whatever_the_event_is_called() {
    each(|app| {
        let name = "</text><script>alert(1)</script> & \"<image onload='x'/>";
        let event = on_sale(app, json!({ "name": name }));
        let path = path_of(&event, "analytics.svg");
        let [ann] = people(app, ["ann"]);
        let reply = app.super_admin().get(&path);
        assert_picture(&reply);
        buy(app, &ann, &event, 3);
        move_seats(app, &event, -2);
        let sold = app.super_admin().get(&path);
        assert_picture(&sold);
        assert_ne!(sold.text(), reply.text());
        app.changes(&[]);
    });
}
