//! What follows an approval: the community's event, made once by a subscriber of the bus.

use super::*;

/// A proposal that was approved for the second day; its change drained.
#[track_caller]
fn approve(app: &App, organiser: &Client, vendor: &Client) -> Value {
    let made = propose(app, organiser, vendor);
    let after = decide(vendor, &made, approved()).ok(200);
    app.changes(&["proposal.approved"]);
    after
}

/// Runs the subscribers, which make one event.
#[track_caller]
fn deliver_one(app: &App) {
    app.deliver();
    app.changes(&["event.published"]);
}

/// The community's event of a proposal, as anyone sees it.
#[track_caller]
fn event_of(app: &App, party: &Client, proposal: &Value) -> Value {
    let id = read(party, proposal)["eventId"].take();
    let mut answer = app
        .anon()
        .get(&format!("/api/events/{}", text(&id)))
        .ok(200);
    assert_eq!(answer["message"], "Event successfully Found");
    assert_eq!(answer["data"]["id"], id);
    answer["data"].take()
}

fn events(app: &App) -> i64 {
    app.count("select count(*) from events")
}

#[test]
fn an_approval_makes_one_event_of_the_organisers() {
    each(|app| {
        let [orla, vera] = pair(app);
        let after = approve(app, &orla, &vera);
        assert!(after["eventId"].is_null());
        assert_eq!(events(app), 0);
        deliver_one(app);
        assert_eq!(events(app), 1);
        let event = event_of(app, &orla, &after);
        for (field, value) in [
            ("creator_id", orla.id()),
            ("title", "Health Talks – orla Ltd"),
            ("description", ""),
            ("location", "Market Square 1"),
            ("start_date", DAYS[1]),
            ("start_time", "00:00:00"),
            ("end_date", DAYS[1]),
            ("end_time", "23:59:59"),
            ("timezone", "UTC"),
        ] {
            assert_eq!(event[field], value, "{field}");
        }
        for (field, moment) in [
            ("starts_at", "2031-06-15T00:00:00+00:00"),
            ("ends_at", "2031-06-15T23:59:59+00:00"),
        ] {
            let [is, should] = [text(&event[field]), moment]
                .map(|moment| DateTime::parse_from_rfc3339(moment).expect("RFC 3339"));
            assert_eq!(is, should, "{field}");
        }
        for nothing in ["thumbnail", "group_id"] {
            assert!(event[nothing].is_null(), "{nothing}: {event}");
        }
        assert_eq!(
            (&event["interested"], &event["comments"]),
            (&json!(0), &json!(0))
        );
        app.changes(&[]);
    });
}

#[test]
fn the_event_is_listed_and_found_like_any_other() {
    each(|app| {
        let [orla, vera] = pair(app);
        let after = approve(app, &orla, &vera);
        let lists = [
            "/api/events".to_owned(),
            "/api/events?q=talks".to_owned(),
            "/api/events?q=market".to_owned(),
            format!("/api/events?creator={}", orla.id()),
            format!("/api/events?from={0}&to={0}", DAYS[1]),
        ];
        let listed = |path: &str| app.anon().get(path).ok(200)["data"].take();
        for path in &lists {
            assert_eq!(listed(path), json!([]), "{path} before the delivery");
        }
        deliver_one(app);
        let event = event_of(app, &vera, &after);
        for path in &lists {
            assert_eq!(listed(path), json!([event]), "{path}");
        }
    });
}

#[test]
fn both_parties_see_the_events_id_afterwards() {
    each(|app| {
        let [orla, vera] = pair(app);
        let after = approve(app, &orla, &vera);
        deliver_one(app);
        let event = event_of(app, &orla, &after);
        for party in [&orla, &vera] {
            let now = read(party, &after);
            assert_eq!(now["eventId"], event["id"]);
            assert_eq!(now["status"], "approved");
            assert_eq!(now["eventDate"], DAYS[1]);
            assert_eq!(page(party, EVENTS).0, [now]);
        }
        app.changes(&[]);
    });
}

#[test]
fn delivering_again_makes_no_second_event() {
    each(|app| {
        let [orla, vera] = pair(app);
        app.deliver();
        app.changes(&[]);
        let after = approve(app, &orla, &vera);
        deliver_one(app);
        let now = read(&orla, &after);
        for _ in 0..3 {
            app.deliver();
        }
        app.changes(&[]);
        assert_eq!(events(app), 1);
        assert_eq!(read(&orla, &after), now);
    });
}

#[test]
fn only_an_approval_makes_an_event() {
    each(|app| {
        let [orla, vera] = pair(app);
        let pending = propose(app, &orla, &vera);
        for (party, decision) in [(&orla, canceled()), (&vera, rejected())] {
            let made = propose(app, &orla, &vera);
            let after = decide(party, &made, decision).ok(200);
            let topic = format!("proposal.{}", text(&after["status"]));
            app.changes(&[topic.as_str()]);
            app.deliver();
            assert!(read(&orla, &made)["eventId"].is_null());
        }
        assert!(read(&orla, &pending)["eventId"].is_null());
        app.changes(&[]);
        assert_eq!(events(app), 0);
    });
}

#[test]
fn each_approval_has_an_event_of_its_own() {
    each(|app| {
        let [orla, vera] = pair(app);
        let [oscar] = accounts(app, [("oscar", ORGANISER)]);
        let all = [&orla, &oscar, &orla].map(|party| (party, approve(app, party, &vera)));
        app.deliver();
        app.changes(&["event.published"; 3]);
        let mut ids = Vec::new();
        for (party, proposal) in &all {
            let event = event_of(app, party, proposal);
            assert_eq!(event["creator_id"], party.id());
            let company = text(&proposal["companyName"]);
            assert_eq!(event["title"], format!("Health Talks – {company}"));
            ids.push(id_of(&event).to_owned());
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3);
        assert_eq!(events(app), 3);
    });
}

#[test]
fn a_long_title_is_cut_to_120_characters() {
    each(|app| {
        let root = root(app);
        let (name, company) = ("é".repeat(100), "ü".repeat(100));
        sign_up(
            app,
            set(account("orla", ORGANISER), "companyName", company.as_str()),
        );
        let orla = app.anon().bearer(&token(app, "orla", SECRET));
        let [vera] = accounts(app, [("vera", VENDOR)]);
        let kind = add_kind(app, &root, &name);
        let location = "ö".repeat(1024);
        let body = set(proposal(&kind, &vera), "location", location.as_str());
        let made = orla.post(EVENTS, body).ok(201);
        decide(&vera, &made, approved()).ok(200);
        app.changes(&["proposal.created", "proposal.approved"]);
        deliver_one(app);
        let event = event_of(app, &orla, &made);
        let whole = format!("{name} – {company}");
        let cut: String = whole.chars().take(120).collect();
        assert_eq!(event["title"], cut);
        assert_eq!(event["location"], location);
    });
}

#[test]
fn a_day_far_ahead_has_its_event() {
    each(|app| {
        let [orla, vera] = pair(app);
        let body = proposal(&kind(&orla, "Others"), &vera);
        let day = "9998-12-31";
        let body = set(body, "proposedDates", json!([day]));
        let made = orla.post(EVENTS, body).ok(201);
        decide(&vera, &made, set(approved(), "eventDate", day)).ok(200);
        app.changes(&["proposal.created", "proposal.approved"]);
        deliver_one(app);
        assert_eq!(event_of(app, &orla, &made)["end_date"], day);
    });
}

#[test]
fn a_day_beyond_every_calendar_is_not_proposed() {
    each(|app| {
        let [orla, vera] = pair(app);
        let body = proposal(&kind(&orla, "Others"), &vera);
        let day = "9999-12-31";
        let reply = orla.post(EVENTS, set(body, "proposedDates", json!([day])));
        invalid(&reply, "proposedDates", day);
        app.changes(&[]);
    });
}

#[test]
fn an_organiser_who_was_erased_has_no_event_and_stops_nobody_elses() {
    each(|app| {
        let [orla, vera] = pair(app);
        let [oscar] = accounts(app, [("oscar", ORGANISER)]);
        approve(app, &orla, &vera);
        mark(app, &orla, "erased_at");
        let after = approve(app, &oscar, &vera);
        deliver_one(app);
        assert_eq!(events(app), 1);
        assert_eq!(event_of(app, &oscar, &after)["creator_id"], oscar.id());
        let later = approve(app, &oscar, &vera);
        deliver_one(app);
        assert_eq!(event_of(app, &oscar, &later)["creator_id"], oscar.id());
        for _ in 0..2 {
            app.deliver();
        }
        app.changes(&[]);
        let orlas = format!(
            "select count(*) from events where creator_id = '{}'",
            orla.id()
        );
        assert_eq!(app.count(&orlas), 0);
        assert_eq!(events(app), 2);
    });
}

#[test]
fn an_approval_stays_good_when_its_vendor_is_suspended() {
    each(|app| {
        let [orla, vera] = pair(app);
        let after = approve(app, &orla, &vera);
        mark(app, &vera, "suspended_at");
        deliver_one(app);
        assert_eq!(event_of(app, &orla, &after)["creator_id"], orla.id());
    });
}

#[test]
fn an_organiser_who_is_suspended_meanwhile_publishes_nothing() {
    each(|app| {
        let [orla, vera] = pair(app);
        approve(app, &orla, &vera);
        mark(app, &orla, "suspended_at");
        app.deliver();
        app.changes(&[]);
        let why = app.text("select why from bus_refusals");
        assert_eq!(why.as_deref(), Some("the organiser is suspended"));
    });
}
