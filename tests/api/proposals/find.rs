//! `GET /events/{id}`: a proposal to its two parties, and to nobody else.

use super::*;

/// All that a good answer must not hold.
const SECRETS: [&str; 3] = ["$argon2", "password", SECRET];

/// The answer to a good call, which gives no secret away.
#[track_caller]
fn clean(reply: &Reply) -> Value {
    let answer = reply.text();
    let good = [200, 201].contains(&reply.status());
    assert!(good, "{} {answer}", reply.status());
    let lower = answer.to_lowercase();
    for secret in SECRETS {
        assert!(!lower.contains(secret), "{secret} stands in {answer}");
    }
    reply.json()
}

#[test]
fn both_parties_see_the_same() {
    each(|app| {
        let [orla, vera] = pair(app);
        let made = propose(app, &orla, &vera);
        for party in [&orla, &vera, &app.account("orla", ORGANISER)] {
            assert_eq!(read(party, &made), made);
        }
        app.changes(&[]);
    });
}

#[test]
fn nobody_else_finds_it_whatever_its_status() {
    each(|app| {
        let [orla, vera] = pair(app);
        let others = accounts(app, [("oscar", ORGANISER), ("victor", VENDOR)]);
        for (party, decision) in [
            (&orla, canceled()),
            (&vera, approved()),
            (&vera, rejected()),
        ] {
            let made = propose(app, &orla, &vera);
            let hidden = || {
                for other in &others {
                    let reply = other.get(&proposal_path(&made));
                    reply.refused_as(404, "NotFound");
                    assert_eq!(page(other, EVENTS).1, pages(0, 1, 0));
                }
            };
            hidden();
            let after = decide(party, &made, decision).ok(200);
            let topic = format!("proposal.{}", text(&after["status"]));
            app.changes(&[topic.as_str()]);
            hidden();
            for party in [&orla, &vera] {
                assert_eq!(read(party, &made), after);
            }
        }
    });
}

#[test]
fn an_unknown_id_is_answered_like_anothers_proposal() {
    each(|app| {
        let [orla, vera] = pair(app);
        let [oscar] = accounts(app, [("oscar", ORGANISER)]);
        let made = propose(app, &orla, &vera);
        let hidden = oscar.get(&proposal_path(&made));
        hidden.refused_as(404, "NotFound");
        let unknown = oscar.get(&format!("{EVENTS}/{UNKNOWN}"));
        assert_eq!(unknown.status(), 404);
        assert_eq!(unknown.json(), hidden.json());
        for id in MALFORMED {
            let reply = orla.get(&format!("{EVENTS}/{id}"));
            reply.refused_as(404, "NotFound");
        }
        app.changes(&[]);
    });
}

#[test]
fn markup_comes_back_as_it_was_written() {
    each(|app| {
        let hostile = r#"<script>alert("x")</script> & <b>'co'</b> %41 \u0041 {{7*7}}"#;
        let root = root(app);
        let body = set(account("orla", ORGANISER), "companyName", hostile);
        sign_up(app, body);
        let orla = app.anon().bearer(&token(app, "orla", SECRET));
        let [vera] = accounts(app, [("vera", VENDOR)]);
        let kind = add_kind(app, &root, hostile);
        let body = set(proposal(&kind, &vera), "location", hostile);
        let made = orla.post(EVENTS, body).ok(201);
        app.changes(&["proposal.created"]);
        let decision = set(rejected(), "remarks", hostile);
        decide(&vera, &made, decision).ok(200);
        app.changes(&["proposal.rejected"]);
        let reply = orla.get(&proposal_path(&made));
        let read = reply.ok(200);
        for field in ["companyName", "location", "remarks"] {
            assert_eq!(read[field], hostile);
        }
        assert_eq!(read["eventName"]["eventName"], hostile);
        assert_eq!(read["proposedBy"]["companyName"], hostile);
        let kind = reply.header("Content-Type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{kind}");
    });
}

#[test]
fn no_answer_holds_a_password_or_its_hash() {
    each(|app| {
        let made = app.anon().post(SIGN_UP, account("orla", ORGANISER));
        let id = id_of(&clean(&made)).to_owned();
        app.changes(&["user.created"]);
        let signed_in = app.anon().post(SIGN_IN, credentials("orla", SECRET));
        let answer = clean(&signed_in);
        let orla = app.anon().bearer(text(&answer["token"]));
        let [vera] = accounts(app, [("vera", VENDOR)]);
        let root = root(app);
        let kind = clean(&root.post(TYPES, json!({ "eventName": "Yoga" })));
        let named = json!({ "eventName": "Hatha Yoga" });
        clean(&root.patch(&kind_path(&kind), named));
        let made = clean(&orla.post(EVENTS, proposal(&kind, &vera)));
        clean(&decide(&vera, &made, approved()));
        app.changes(&[
            "event_type.created",
            "event_type.renamed",
            "proposal.created",
            "proposal.approved",
        ]);
        app.deliver();
        app.changes(&["event.published"]);
        let one = proposal_path(&made);
        for reader in [&orla, &vera] {
            for path in [TYPES, EVENTS, USERS, one.as_str()] {
                clean(&reader.get(path));
            }
            for role in [ORGANISER, VENDOR] {
                clean(&reader.get(&format!("{USERS}?role={role}")));
            }
        }
        let event = read(&orla, &made)["eventId"].take();
        let event = format!("/api/events/{}", text(&event));
        let profile = format!("/api/users/{id}");
        for path in [event.as_str(), "/api/events", profile.as_str()] {
            clean(&app.anon().get(path));
        }
    });
}

#[test]
fn no_refusal_repeats_a_password_or_a_hash() {
    each(|app| {
        let [orla, _] = pair(app);
        let wrong = "zebra crossing 17";
        let taken = set(account("orla", VENDOR), "password", wrong);
        let short = set(account("oscar", VENDOR), "password", "zebra");
        let change = json!({ "currentPassword": wrong, "password": "giraffe house 18" });
        for (reply, status) in [
            (app.anon().post(SIGN_IN, credentials("orla", wrong)), 401),
            (app.anon().post(SIGN_IN, credentials("zelda", wrong)), 401),
            (app.anon().post(SIGN_UP, taken), 409),
            (app.anon().post(SIGN_UP, short), 400),
            (orla.put(PASSWORD, change), 401),
        ] {
            reply.expect_status(status);
            for secret in ["$argon2", "zebra", "giraffe"] {
                let answer = reply.text();
                assert!(!answer.contains(secret), "{secret} stands in {answer}");
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn no_change_holds_a_text() {
    each(|app| {
        let [orla, vera] = pair(app);
        let body = proposal(&kind(&orla, "Others"), &vera);
        let body = set(body, "location", "Zebra House");
        let made = orla.post(EVENTS, body).ok(201);
        decide(&vera, &made, set(rejected(), "remarks", "Zebra season")).ok(200);
        app.changes(&["proposal.created", "proposal.rejected"]);
        for column in ["subject", "fields"] {
            for word in ["ebra", "orla", "vera"] {
                let rows = format!("select count(*) from changes where {column} like '%{word}%'");
                assert_eq!(app.count(&rows), 0, "{word} in {column}");
            }
        }
    });
}
