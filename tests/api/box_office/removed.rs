//! Events that those who moderate take away: what is to come is cancelled, what has been has been.

use chrono::TimeDelta;
use serde_json::json;

use super::bookings::{booking_path, buy, hold, on_sale, people, read, recorded};
use super::*;

/// Reports an event and removes it.
#[track_caller]
fn remove(app: &App, reporter: &Client, event: &str) {
    let report = json!({ "subject": "event", "id": event, "reason": "Not what it says." });
    reporter.post("/api/reports", report).expect_status(201);
    let report = app.text("select id from reports where state = 'open'");
    let path = format!("/api/reports/{}/remove", report.expect("a report"));
    let why = json!({ "why": "It is not." });
    app.super_admin().post(&path, why).ok(200);
}

#[test]
fn what_is_taken_away_before_it_begins_is_cancelled() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let held = hold(app, &ann, &event, 2);
        let paid = buy(app, &bob, &event, 1);
        remove(app, &bob, &event);
        // At once, though the bookings are not cancelled yet.
        let now = app.anon().get(&format!("/api/v1/events/{event}")).ok(200);
        assert_eq!(now["status"], "cancelled");
        let payment = json!({ "payment_reference": "p-1" });
        let confirm = format!("{}/confirm", booking_path(&held));
        let reply = app.internal().post(&confirm, payment);
        reply.refused_as(409, "CONFLICT");
        let code = read(&bob, &paid)["ticket_code"].clone();
        let door = format!("/api/v1/admin/events/{event}/check-in");
        let reply = app.super_admin().post(&door, json!({ "code": code }));
        reply.refused_as(409, "CONFLICT");
        app.deliver();
        app.sweep();
        for (client, booking) in [(&ann, &held), (&bob, &paid)] {
            assert_eq!(read(client, booking)["status"], "cancelled");
        }
        assert_eq!(recorded(app, "booking.refund_due"), 1);
        app.verified();
    });
}

#[test]
fn what_is_taken_away_after_its_end_is_paid_back_to_nobody() {
    each(|app| {
        let soon = app.clock().now() + TimeDelta::minutes(5);
        let event = on_sale(
            app,
            json!({
                "start_datetime": soon.to_rfc3339(),
                "end_datetime": (soon + TimeDelta::minutes(5)).to_rfc3339(),
            }),
        );
        let [ann] = people(app, ["ann"]);
        let paid = buy(app, &ann, &event, 2);
        app.clock().advance(TimeDelta::minutes(11));
        remove(app, &ann, &event);
        app.deliver();
        app.sweep();
        assert_eq!(read(&ann, &paid)["status"], "confirmed");
        assert_eq!(recorded(app, "booking.refund_due"), 0);
        let figures = format!("/api/v1/admin/events/{event}/analytics");
        let figures = app.super_admin().get(&figures).ok(200);
        assert_eq!(figures["tickets_sold"], 2);
        app.verified();
    });
}
