//! `POST` and `DELETE /api/users/{id}/interests/{event_id}`.

use super::*;

const FORBIDDEN: &str = "You are not allowed to do this.";

/// The calls that change an interest.
const WRITES: [&str; 2] = ["POST", "DELETE"];

/// Asserts that these people are told that the event is not there, and nothing happens.
#[track_caller]
fn assert_hidden(app: &App, event: &Value, people: &[&Client]) {
    for person in people {
        for method in WRITES {
            for name in ["@me", person.id()] {
                ask(person, method, name, id_of(event)).error(404, NOT_FOUND);
            }
        }
        assert!(page(person, MINE, None).0.is_empty());
    }
    app.changes(&[]);
}

#[test]
fn interest_is_registered_under_the_callers_id_or_me() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        assert_interested(app, &event, &[]);
        for (person, name) in [(&bob, "@me"), (&ann, ann.id())] {
            let reply = ask(person, "POST", name, id_of(&event));
            says(&reply, REGISTERED, &shown(person, &event));
            app.changes(&["interest.registered"]);
            tick(app);
        }
        assert_interested(app, &event, &["ann", "bob"]);
    });
}

#[test]
fn interest_is_registered_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        care(app, &bob, &event);
        care(app, &ann, &event);
        tick(app);
        for name in ["@me", bob.id()] {
            let reply = ask(&bob, "POST", name, id_of(&event));
            says(&reply, TWICE, &shown(&bob, &event));
        }
        app.changes(&[]);
        // Nor is it newer for that.
        assert_interested(app, &event, &["ann", "bob"]);
    });
}

#[test]
fn interest_is_withdrawn_once_and_may_come_back() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        let withdraw = |person: &Client, name: &str| ask(person, "DELETE", name, id_of(&event));
        care(app, &ann, &event);
        care(app, &bob, &event);
        says(&withdraw(&bob, "@me"), WITHDRAWN, "No content");
        app.changes(&["interest.removed"]);
        assert_interested(app, &event, &["ann"]);
        for person in [&bob, &eve] {
            for name in ["@me", person.id()] {
                says(&withdraw(person, name), NEVER, "Nothing to delete");
            }
        }
        app.changes(&[]);
        says(&withdraw(&ann, ann.id()), WITHDRAWN, "No content");
        app.changes(&["interest.removed"]);
        assert_interested(app, &event, &[]);
        care(app, &bob, &event);
        assert_interested(app, &event, &["bob"]);
    });
}

#[test]
fn interest_is_in_one_event() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [walk, talk] = ["Walk", "Talk"].map(|title| announce(app, &ann, title));
        care(app, &bob, &walk);
        assert_interested(app, &walk, &["bob"]);
        assert_interested(app, &talk, &[]);
        let reply = ask(&bob, "DELETE", "@me", id_of(&talk));
        says(&reply, NEVER, "Nothing to delete");
        app.changes(&[]);
        assert_interested(app, &walk, &["bob"]);
    });
}

#[test]
fn events_tell_each_reader_and_interest_changes_nothing_else_of_them() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        tick(app);
        let other = announce(app, &eve, "Talk");
        care(app, &ann, &event);
        care(app, &bob, &event);
        let counted = set(event.clone(), "interested", 2);
        for (reader, by_me) in [
            (&ann, Some(true)),
            (&bob, Some(true)),
            (&eve, Some(false)),
            (&app.anon(), None),
            (&pretender(app), None),
        ] {
            let of_reader = |event: &Value, by_me: Option<bool>| match by_me {
                Some(by_me) => set(event.clone(), "interested_by_me", by_me),
                None => without(event.clone(), "interested_by_me"),
            };
            let seen = of_reader(&counted, by_me);
            let unseen = of_reader(&other, by_me.map(|_| false));
            assert_eq!(read_event(reader, &event), seen);
            assert_eq!(read_event(reader, &other), unseen);
            let (items, _) = page(reader, "/api/events", None);
            assert_eq!(items, [unseen, seen.clone()]);
            for query in ["order=start&q=walk", "q=walk"] {
                let (items, _) = page(reader, &format!("/api/events?{query}"), None);
                assert_eq!(items, std::slice::from_ref(&seen), "{query}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn whoever_changes_an_event_is_told_the_interest_in_it() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let renamed = |title: &str| {
            let reply = ann.put(&event_path(&event), json!({ "title": title }));
            let event = data(&reply, 201, "item updated");
            app.changes(&["event.updated"]);
            (
                event["interested"].clone(),
                event["interested_by_me"].clone(),
            )
        };
        care(app, &bob, &event);
        assert_eq!(renamed("Long walk"), (json!(1), json!(false)));
        care(app, &ann, &event);
        assert_eq!(renamed("Longer walk"), (json!(2), json!(true)));
        forget(app, &ann, &event);
        assert_eq!(renamed("Short walk"), (json!(1), json!(false)));
    });
}

#[test]
fn nobody_shows_or_withdraws_the_interest_of_another() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        care(app, &bob, &event);
        // Not the event's creator either.
        for caller in [&ann, &eve] {
            for other in [&ann, &bob, &eve] {
                if other.id() != caller.id() {
                    for method in WRITES {
                        ask(caller, method, other.id(), id_of(&event)).error(403, FORBIDDEN);
                    }
                }
            }
        }
        app.changes(&[]);
        assert_interested(app, &event, &["bob"]);
    });
}

#[test]
fn an_unknown_or_malformed_person_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let long = "a".repeat(4000);
        let odd = ["me", "@", "@you", "%27%20or%201%3D1", long.as_str()];
        let others = [UNKNOWN, id_of(&event)];
        for person in MALFORMED.into_iter().chain(others).chain(odd) {
            for method in WRITES {
                ask(&ann, method, person, id_of(&event)).error(404, NOT_FOUND);
                ask(&ann, method, person, UNKNOWN).error(404, NOT_FOUND);
            }
        }
        app.changes(&[]);
        assert_interested(app, &event, &[]);
    });
}

#[test]
fn an_unknown_or_malformed_event_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let long = "a".repeat(4000);
        let odd = [UNKNOWN, ann.id(), "@me", "%27%20or%201%3D1", long.as_str()];
        for event in MALFORMED.into_iter().chain(odd) {
            for method in WRITES {
                for person in ["@me", ann.id()] {
                    ask(&ann, method, person, event).error(404, NOT_FOUND);
                }
            }
        }
        app.changes(&[]);
        assert_eq!(app.count("select count(*) from event_interests"), 0);
    });
}

#[test]
fn whoever_is_not_signed_in_shows_no_interest() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        care(app, &bob, &event);
        let gone = app.user("bob");
        gone.get("/api/auth/logout").no_content();
        for nobody in [&app.anon(), &pretender(app), &gone] {
            for method in WRITES {
                for person in ["@me", bob.id(), ann.id()] {
                    ask(nobody, method, person, id_of(&event)).refused(401);
                }
            }
        }
        app.changes(&[]);
        assert_interested(app, &event, &["bob"]);
    });
}

#[test]
fn someone_suspended_shows_and_withdraws_no_interest() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [walk, talk] = ["Walk", "Talk"].map(|title| announce(app, &ann, title));
        care(app, &bob, &walk);
        let id = bob.id();
        app.sql(&format!(
            "update users set suspended_at = created_at where id = '{id}'"
        ));
        let again = app.user("bob");
        for event in [&walk, &talk] {
            for method in WRITES {
                ask(&bob, method, "@me", id_of(event)).error(403, FORBIDDEN);
                ask(&again, method, id, id_of(event)).error(403, FORBIDDEN);
            }
        }
        app.changes(&[]);
        assert_interested(app, &walk, &["bob"]);
        assert_interested(app, &talk, &[]);
        // Reading stays.
        assert_eq!(texts(&page(&again, MINE, None).0, "title"), ["Walk"]);
        app.sql("update users set suspended_at = null");
        forget(app, &again, &walk);
        assert_interested(app, &walk, &[]);
    });
}

#[test]
fn anothers_draft_is_not_found_and_interest_in_it_waits() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        care(app, &bob, &event);
        set_visible(app, &event, false);
        assert_hidden(app, &event, &[&bob, &eve]);
        care(app, &ann, &event);
        let seen = read_event(&ann, &event);
        assert_eq!(
            (&seen["interested"], &seen["interested_by_me"]),
            (&json!(2), &json!(true))
        );
        set_visible(app, &event, true);
        assert_interested(app, &event, &["ann", "bob"]);
        assert_eq!(texts(&page(&bob, MINE, None).0, "title"), ["Walk"]);
    });
}

#[test]
fn a_deleted_event_is_not_found_and_interest_in_it_goes() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let event = announce(app, &ann, "Walk");
        let kept = announce(app, &ann, "Talk");
        care(app, &ann, &event);
        care(app, &bob, &event);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        assert_hidden(app, &event, &[&ann, &bob, &eve]);
        care(app, &eve, &kept);
        app.clock().advance(TimeDelta::days(29));
        app.sweep();
        assert_interested(app, &kept, &["eve"]);
        app.clock().advance(TimeDelta::days(2));
        app.sweep();
        assert_eq!(app.count("select count(*) from event_interests"), 1);
        assert_interested(app, &kept, &["eve"]);
        app.changes(&[]);
    });
}

#[test]
fn an_event_without_a_creator_takes_interest() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        app.sql("update events set creator_id = null");
        care(app, &bob, &event);
        assert_interested(app, &event, &["bob"]);
        forget(app, &bob, &event);
        assert_interested(app, &event, &[]);
    });
}

#[test]
fn a_body_says_nothing_about_whose_interest_it_is() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        let forged = json!({ "id": bob.id(), "user_id": bob.id(), "interested": 1000 });
        let reply = ann.post(&format!("{MINE}/{}", id_of(&event)), forged);
        says(&reply, REGISTERED, &shown(&ann, &event));
        app.changes(&["interest.registered"]);
        assert_interested(app, &event, &["ann"]);
    });
}

#[test]
fn a_repeated_registration_happens_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let [walk, talk] = ["Walk", "Talk"].map(|title| announce(app, &ann, title));
        let [keyed, other] = [&ann, &bob].map(|person| person.with("Idempotency-Key", "walk-1"));
        let register = |client: &Client, message: &str, replayed: bool| {
            let reply = ask(client, "POST", "@me", id_of(&walk));
            says(&reply, message, &shown(client, &walk));
            let header = reply.header("Idempotency-Replayed");
            assert_eq!(header, replayed.then_some("true"));
        };
        // A refusal leaves the key free.
        ask(&keyed, "POST", "@me", UNKNOWN).error(404, NOT_FOUND);
        register(&keyed, REGISTERED, false);
        tick(app);
        // Another person's key is another key.
        register(&other, REGISTERED, false);
        app.changes(&["interest.registered"; 2]);
        register(&keyed, REGISTERED, true);
        register(&ann, TWICE, false);
        app.changes(&[]);
        assert_interested(app, &walk, &["bob", "ann"]);
        // The first answer comes again, but not the interest.
        forget(app, &ann, &walk);
        register(&keyed, REGISTERED, true);
        for (person, event) in [("@me", &talk), (ann.id(), &walk)] {
            let answer = ask(&keyed, "POST", person, id_of(event)).ok(422);
            assert_eq!(answer["error"], "Unprocessable Entity");
        }
        let bad = ann.with("Idempotency-Key", "");
        ask(&bad, "POST", "@me", id_of(&walk)).refused(400);
        app.changes(&[]);
        assert_interested(app, &walk, &["bob"]);
    });
}
