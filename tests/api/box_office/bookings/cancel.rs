//! DELETE `/api/v1/bookings/{id}`: who cancels, what comes back, and when it is too late.

use super::*;

#[test]
fn a_hold_that_is_cancelled_gives_its_seats_back_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 3);
        let kept = hold(app, &ann, &event, 2);
        assert_cancelled(&cancel(&ann, &held), &held);
        app.changes(&CANCELLED);
        for client in [&ann, &app.user("ann"), &app.super_admin()] {
            assert_cancelled(&cancel(client, &held), &held);
        }
        assert_over(&ann, &held, "cancelled");
        assert_eq!(read(&ann, &kept)["status"], "held");
        untouched(app, &event, 98);
        // Nor does it expire any more.
        app.clock().advance(TOO_LONG);
        app.sweep();
        app.changes(&EXPIRED);
        assert_over(&ann, &held, "cancelled");
        assert_over(&ann, &kept, "expired");
        untouched(app, &event, 100);
    });
}

#[test]
fn what_was_paid_is_refunded_once() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let (paid, kept) = (buy(app, &ann, &event, 2), buy(app, &ann, &event, 1));
        assert_cancelled(&cancel(&ann, &paid), &paid);
        app.changes(&REFUNDED);
        assert_cancelled(&cancel(&ann, &paid), &paid);
        app.changes(&[]);
        assert_eq!(recorded_of(app, "booking.refund_due", &paid), 1);
        assert_eq!(recorded_of(app, "booking.refund_due", &kept), 0);
        assert_over(&ann, &paid, "cancelled");
        assert_eq!(read(&ann, &kept), kept);
        untouched(app, &event, 99);
    });
}

#[test]
fn what_was_free_is_not_refunded() {
    each(|app| {
        let event = on_sale(app, json!({ "base_price": 0 }));
        let [ann] = people(app, ["ann"]);
        let booking = take(app, &ann, &event, 2);
        assert_cancelled(&cancel(&ann, &booking), &booking);
        app.changes(&CANCELLED);
        assert_over(&ann, &booking, "cancelled");
        untouched(app, &event, 100);
    });
}

#[test]
fn the_event_s_admin_and_a_super_admin_cancel_and_other_admins_do_not() {
    each(|app| {
        let (owner, other) = (app.admin("event_manager"), app.admin("event_manager"));
        let (root, analyst) = (app.super_admin(), app.admin("analyst"));
        let (event, roots) = (event_of(app, &owner), on_sale(app, json!({})));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 1);
        for admin in [&other, &analyst] {
            cancel(admin, &booking).refused_as(403, "FORBIDDEN");
        }
        assert_eq!(read(&ann, &booking), booking);
        untouched(app, &event, 99);
        assert_cancelled(&cancel(&owner, &booking), &booking);
        app.changes(&REFUNDED);
        let held = hold(app, &ann, &event, 1);
        assert_cancelled(&cancel(&root, &held), &held);
        app.changes(&CANCELLED);
        for cancelled in [&booking, &held] {
            assert_over(&ann, cancelled, "cancelled");
            cancel(&other, cancelled).refused_as(403, "FORBIDDEN");
        }
        untouched(app, &event, 100);
        // Nor does a manager cancel at an event of the super_admin's.
        let theirs = hold(app, &ann, &roots, 1);
        cancel(&owner, &theirs).refused_as(403, "FORBIDDEN");
        untouched(app, &roots, 99);
    });
}

#[test]
fn nobody_else_cancels() {
    each_with(&WITH_MACHINE, |app| {
        let event = on_sale(app, json!({}));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (held, paid) = (hold(app, &ann, &event, 1), buy(app, &ann, &event, 1));
        let all = strangers(app).into_iter();
        let all: Vec<_> = all.chain([("the internal key", app.internal())]).collect();
        for booking in [&held, &paid] {
            cancel(&bob, booking).refused_as(404, "BOOKING_NOT_FOUND");
            for (who, client) in &all {
                let reply = cancel(client, booking);
                assert_eq!(reply.status(), 401, "{who}: {}", reply.text());
                reply.refused_as(401, "UNAUTHORIZED");
            }
        }
        assert_eq!(read(&ann, &held)["status"], "held");
        assert_eq!(read(&ann, &paid), paid);
        untouched(app, &event, 98);
    });
}

#[test]
fn what_is_no_booking_is_not_found() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let root = app.super_admin();
        for id in MALFORMED
            .into_iter()
            .chain([UNKNOWN, event.as_str(), ann.id()])
        {
            let booking = json!({ "booking_id": id });
            for client in [&ann, &root] {
                cancel(client, &booking).refused_as(404, "BOOKING_NOT_FOUND");
            }
        }
        untouched(app, &event, 100);
    });
}

#[test]
fn a_hold_that_has_expired_is_not_cancelled() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let held = hold(app, &ann, &event, 3);
        app.clock().advance(TOO_LONG);
        let expired = || {
            for client in [&ann, &app.super_admin()] {
                cancel(client, &held).refused_as(409, "BOOKING_EXPIRED");
            }
            app.changes(&[]);
            assert_over(&ann, &held, "expired");
        };
        expired();
        app.sweep();
        app.changes(&EXPIRED);
        expired();
        untouched(app, &event, 100);
    });
}

#[test]
fn whoever_is_in_stays_in() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 2);
        let code = json!({ "code": booking["ticket_code"] });
        let root = app.super_admin();
        root.post(&format!("{}/check-in", admin_path(&event)), code)
            .ok(200);
        app.changes(&["booking.admitted"]);
        for client in [&ann, &root] {
            cancel(client, &booking).refused_as(409, "ALREADY_CHECKED_IN");
        }
        assert_eq!(read(&ann, &booking)["status"], "confirmed");
        untouched(app, &event, 98);
    });
}

#[test]
fn a_booking_is_cancelled_until_the_event_ends() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let (early, late) = (buy(app, &ann, &event, 1), buy(app, &ann, &event, 2));
        // It has begun, and lasts for two more hours.
        app.clock()
            .advance(TimeDelta::days(10) + TimeDelta::hours(1));
        assert_cancelled(&cancel(&ann, &early), &early);
        app.changes(&REFUNDED);
        assert_eq!(app.free_seats(&event), 98);
        app.clock().advance(TimeDelta::hours(3));
        cancel(&ann, &late).refused_as(409, "EVENT_NOT_MODIFIABLE");
        app.changes(&[]);
        assert_eq!(read(&ann, &late), late);
        app.verified();
    });
}

#[test]
fn someone_suspended_cancels_nothing_and_an_admin_does_it_for_them() {
    each(|app| {
        let event = on_sale(app, json!({}));
        let [ann] = people(app, ["ann"]);
        let booking = buy(app, &ann, &event, 2);
        suspend(app, &ann);
        for client in [&ann, &app.user("ann")] {
            cancel(client, &booking).refused_as(403, "FORBIDDEN");
        }
        assert_eq!(read(&ann, &booking), booking);
        untouched(app, &event, 98);
        assert_cancelled(&cancel(&app.super_admin(), &booking), &booking);
        app.changes(&REFUNDED);
        untouched(app, &event, 100);
    });
}

#[test]
fn seats_that_come_back_are_sold_again() {
    each(|app| {
        let event = on_sale(app, json!({ "total_capacity": 2 }));
        let [ann, bob] = people(app, ["ann", "bob"]);
        let paid = buy(app, &ann, &event, 2);
        reserve(&bob, &event, 1).refused_as(409, "INSUFFICIENT_SEATS");
        assert_cancelled(&cancel(&ann, &paid), &paid);
        app.changes(&REFUNDED);
        let booked = buy(app, &bob, &event, 2);
        assert_ne!(booked["reference"], paid["reference"]);
        // Cancelling once more takes nothing from whoever has them now.
        assert_cancelled(&cancel(&ann, &paid), &paid);
        assert_eq!(read(&bob, &booked), booked);
        untouched(app, &event, 0);
    });
}
