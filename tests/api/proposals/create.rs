//! `POST /events`: an organiser proposes an event of a type to a vendor, with one to three days.

use super::*;

const KEYS: [&str; 13] = [
    "companyName",
    "createdAt",
    "eventDate",
    "eventId",
    "eventName",
    "id",
    "location",
    "proposedBy",
    "proposedDates",
    "proposedTo",
    "remarks",
    "status",
    "updatedAt",
];

/// Moves the clock to noon of the next day, so that no test runs over midnight; signs the two
/// in; answers the days around that one, its own at 3.
fn noon(app: &App) -> ([Client<'_>; 2], [String; 7]) {
    let now = app.clock().now();
    let today = now.date_naive() + TimeDelta::days(1);
    let noon = today.and_hms_opt(12, 0, 0).expect("noon").and_utc();
    app.clock().advance(noon - now);
    let day = |ahead| (today + TimeDelta::days(ahead)).to_string();
    (pair(app), [-365, -2, -1, 0, 1, 2, 365].map(day))
}

/// Two parties and a good proposal of a health talk.
fn scene(app: &App) -> ([Client<'_>; 2], Value) {
    let [orla, vera] = pair(app);
    let body = proposal(&kind(&orla, "Health Talks"), &vera);
    ([orla, vera], body)
}

/// How many proposals a party has.
#[track_caller]
fn size(client: &Client) -> Value {
    page(client, EVENTS).1["size"].take()
}

/// Asserts that a proposal is refused for this field, and is not made.
#[track_caller]
fn refuses(app: &App, client: &Client, body: &Value, field: &str, value: impl Into<Value>) {
    let body = set(body.clone(), field, value);
    let reply = client.post(EVENTS, body.clone());
    invalid(&reply, field, &body[field]);
    app.changes(&[]);
}

#[test]
fn a_proposal_is_made_and_shows_all_it_is_about() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        tick(app);
        let made = orla.post(EVENTS, body).ok(201);
        app.changes(&["proposal.created"]);
        assert_eq!(keys(&made), KEYS);
        assert_eq!(made["eventName"], kind(&vera, "Health Talks"));
        assert_eq!(made["companyName"], "orla Ltd");
        assert_eq!(made["location"], "Market Square 1");
        assert_eq!(made["proposedDates"], json!(DAYS));
        assert_eq!(made["status"], "pending");
        for unset in ["remarks", "eventDate", "eventId"] {
            assert!(made[unset].is_null(), "{unset}: {made}");
        }
        assert_instant(&made["createdAt"]);
        assert_eq!(made["createdAt"], made["updatedAt"]);
        for (field, party, name, role) in [
            ("proposedBy", &orla, "orla", ORGANISER),
            ("proposedTo", &vera, "vera", VENDOR),
        ] {
            let person = &made[field];
            assert_eq!(keys(person), PERSON);
            assert_eq!(person["id"], party.id());
            assert_eq!(person["username"], name);
            assert_eq!(person["companyName"], format!("{name} Ltd"));
            assert_eq!(person["role"], role);
            assert_instant(&person["createdAt"]);
            assert_ne!(person["createdAt"], made["createdAt"]);
            assert_eq!(read(party, &made), made);
        }
    });
}

#[test]
fn a_vendor_proposes_nothing() {
    each(|app| {
        let [vera, other] = accounts(app, [("vera", VENDOR), ("victor", VENDOR)]);
        let body = proposal(&kind(&vera, "Others"), &other);
        vera.post(EVENTS, body).refused_as(403, "Forbidden");
        app.changes(&[]);
        assert_eq!(size(&other), 0);
    });
}

#[test]
fn every_field_is_needed_in_its_type() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        let fields = ["eventName", "location", "proposedTo"];
        needs_texts(&body, &fields, |body| orla.post(EVENTS, body));
        let reply = orla.post(EVENTS, without(body.clone(), "proposedDates"));
        invalid(&reply, "proposedDates", "none");
        for value in [
            json!(null),
            json!(1),
            json!(DAYS[0]),
            json!({ "0": DAYS[0] }),
            json!([[DAYS[0]]]),
            json!([20_310_614]),
            json!([null]),
            json!([DAYS[0], null]),
            json!([{ "date": DAYS[0] }]),
        ] {
            refuses(app, &orla, &body, "proposedDates", value);
        }
        refuses_other_bodies(&orla, "POST", EVENTS);
        app.changes(&[]);
        assert_eq!(size(&vera), 0);
    });
}

#[test]
fn a_location_has_one_line_of_1_to_1024_characters() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        let mut bad = vec![String::new(), " \u{3000}".to_owned(), "ü".repeat(1025)];
        bad.extend(CONTROLS.map(|character| format!("Market{character}Square")));
        for location in bad {
            refuses(app, &orla, &body, "location", location);
        }
        assert_eq!(size(&vera), 0);
        let decomposed = "e\u{301}".repeat(1024);
        for (given, kept) in [
            ("X", "X"),
            ("  Zu\u{308}rich <i>&\"'🎪 ", "Zürich <i>&\"'🎪"),
            (decomposed.as_str(), "é".repeat(1024).as_str()),
        ] {
            let made = orla
                .post(EVENTS, set(body.clone(), "location", given))
                .ok(201);
            app.changes(&["proposal.created"]);
            assert_eq!(made["location"], kept);
            assert_eq!(read(&vera, &made), made);
        }
    });
}

#[test]
fn one_to_three_days_come_back_in_their_order() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        for (given, kept) in [
            (json!([DAYS[0]]), json!([DAYS[0]])),
            (json!([DAYS[1], DAYS[0]]), json!([DAYS[0], DAYS[1]])),
            (json!([DAYS[2], DAYS[0], DAYS[1]]), json!(DAYS)),
            (
                json!(["2101-01-01", "2032-02-29", "2031-12-31"]),
                json!(["2031-12-31", "2032-02-29", "2101-01-01"]),
            ),
        ] {
            let body = set(body.clone(), "proposedDates", given);
            let made = orla.post(EVENTS, body).ok(201);
            app.changes(&["proposal.created"]);
            assert_eq!(made["proposedDates"], kept);
            assert_eq!(read(&vera, &made), made);
        }
    });
}

#[test]
fn days_are_neither_too_few_nor_too_many_nor_the_same() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        for days in [
            json!([]),
            json!([DAYS[0], DAYS[0]]),
            json!([DAYS[0], DAYS[1], DAYS[0]]),
            json!([DAYS[0], DAYS[1], DAYS[2], "2031-06-17"]),
            json!([DAYS[0], DAYS[0], DAYS[1], DAYS[2]]),
            json!(vec![DAYS[0]; 1_000]),
        ] {
            refuses(app, &orla, &body, "proposedDates", days);
        }
        assert_eq!(size(&vera), 0);
    });
}

#[test]
fn days_lie_ahead() {
    each(|app| {
        let ([orla, vera], days) = noon(app);
        let [past @ .., today, tomorrow, later, in_a_year] = &days;
        let body = proposal(&kind(&orla, "Others"), &vera);
        for day in past.iter().chain([today]) {
            refuses(app, &orla, &body, "proposedDates", json!([day]));
            let among = json!([later, day, tomorrow]);
            refuses(app, &orla, &body, "proposedDates", among);
        }
        for day in ["0001-01-01", "0000-01-01", "1970-01-01"] {
            refuses(app, &orla, &body, "proposedDates", json!([day]));
        }
        assert_eq!(size(&vera), 0);
        for ahead in [
            json!([tomorrow]),
            json!([tomorrow, later, in_a_year]),
            json!(["9998-12-31"]),
        ] {
            let body = set(body.clone(), "proposedDates", ahead.clone());
            let made = orla.post(EVENTS, body).ok(201);
            app.changes(&["proposal.created"]);
            assert_eq!(made["proposedDates"], ahead);
        }
    });
}

#[test]
fn a_day_is_proposed_until_the_day_before_it_ends() {
    each(|app| {
        let (_, days) = noon(app);
        // From noon to ten to midnight, when the tokens of noon have almost run out.
        app.clock().advance(TimeDelta::minutes(12 * 60 - 10));
        let orla = app.account("orla", ORGANISER);
        let vera = app.account("vera", VENDOR);
        let body = proposal(&kind(&orla, "Others"), &vera);
        let tomorrow = set(body.clone(), "proposedDates", json!([days[4]]));
        orla.post(EVENTS, tomorrow.clone()).ok(201);
        app.changes(&["proposal.created"]);
        app.clock().advance(TimeDelta::minutes(20));
        let reply = orla.post(EVENTS, tomorrow);
        invalid(&reply, "proposedDates", &days[4]);
        app.changes(&[]);
    });
}

#[test]
fn a_day_has_one_form() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        for day in [
            "",
            " ",
            "2031-02-30",
            "2031-02-29",
            "2100-02-29",
            "2031-04-31",
            "2031-13-01",
            "2031-00-10",
            "2031-01-00",
            "2031-6-1",
            "2031-06-1",
            "31-06-14",
            "02031-06-14",
            "12031-06-14",
            "+2031-06-14",
            "-2031-06-14",
            "2031-06-14\0",
            "2031-06-14T00:00:00Z",
            "2031-06-14T00:00:00",
            "2031-06-14 00:00:00",
            "2031-06-14Z",
            "2031/06/14",
            "2031.06.14",
            "14.06.2031",
            "06/14/2031",
            "20310614",
            "2031-165",
            "2031-W24-6",
            "2031-06",
            "2031",
            "２０３１-０６-１４",
            "2031\u{2010}06\u{2010}14",
            "tomorrow",
            "infinity",
            "1939161600",
        ] {
            refuses(app, &orla, &body, "proposedDates", json!([day]));
            let among = json!([DAYS[0], day, DAYS[1]]);
            refuses(app, &orla, &body, "proposedDates", among);
        }
        assert_eq!(size(&vera), 0);
    });
}

#[test]
fn a_proposal_goes_to_a_vendor_who_is_there() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        let [oscar, victor] = accounts(app, [("oscar", ORGANISER), ("victor", VENDOR)]);
        let (root, ann) = (root(app), app.user("ann"));
        app.changes(&["user.created"]);
        mark(app, &victor, "erased_at");
        let nobodies = MALFORMED.into_iter().chain([UNKNOWN, "", "vera", "vera\0"]);
        let people = [&orla, &oscar, &victor, &root, &ann].map(Client::id);
        for id in nobodies.chain(people) {
            refuses(app, &orla, &body, "proposedTo", id);
        }
        assert_eq!(size(&vera), 0);
        assert_eq!(size(&orla), 0);
        orla.post(EVENTS, body).ok(201);
        app.changes(&["proposal.created"]);
    });
}

#[test]
fn a_proposal_is_of_a_type_that_is_there() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        let root = root(app);
        let gone = kind(&orla, "Others");
        let bad = MALFORMED
            .into_iter()
            .chain([UNKNOWN, "", "Others", "Health Talks"]);
        let hostile = format!("{}\0", id_of(&gone));
        for id in bad.chain([vera.id(), hostile.as_str()]) {
            refuses(app, &orla, &body, "eventName", id);
        }
        orla.post(EVENTS, set(body.clone(), "eventName", id_of(&gone)))
            .ok(201);
        app.changes(&["proposal.created"]);
        let unused = kind(&orla, "Virtual Workshops");
        root.delete(&kind_path(&unused)).no_content();
        app.changes(&["event_type.deleted"]);
        refuses(app, &orla, &body, "eventName", id_of(&unused));
        assert_eq!(size(&vera), 1);
    });
}

#[test]
fn what_the_server_sets_is_not_taken_from_a_proposal() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        let plain = orla.post(EVENTS, body.clone()).ok(201);
        let mut more = body;
        for (key, value) in [
            ("id", UNKNOWN),
            ("companyName", "Acme"),
            ("proposedBy", vera.id()),
            ("status", "approved"),
            ("remarks", "Fine"),
            ("eventDate", DAYS[0]),
            ("eventId", UNKNOWN),
            ("createdAt", "2001-01-01T00:00:00Z"),
            ("updatedAt", "2001-01-01T00:00:00Z"),
            ("anything", "else"),
        ] {
            more[key] = value.into();
        }
        let mut made = orla.post(EVENTS, more).ok(201);
        app.changes(&["proposal.created"; 2]);
        assert_eq!(read(&vera, &made), made);
        assert_ne!(made["id"], plain["id"]);
        for own in ["id", "createdAt", "updatedAt"] {
            assert_ne!(made[own], UNKNOWN);
            assert_ne!(made[own], "2001-01-01T00:00:00Z");
            made[own] = plain[own].clone();
        }
        assert_eq!(made, plain);
    });
}

#[test]
fn someone_suspended_proposes_nothing_and_still_reads() {
    each(|app| {
        let ([orla, vera], body) = scene(app);
        let before = propose(app, &orla, &vera);
        mark(app, &orla, "suspended_at");
        for caller in [&orla, &app.account("orla", ORGANISER)] {
            let reply = caller.post(EVENTS, body.clone());
            reply.refused_as(403, "Forbidden");
            assert_eq!(read(caller, &before), before);
            for path in [EVENTS, TYPES, USERS] {
                caller.get(path).ok(200);
            }
        }
        app.changes(&[]);
        assert_eq!(size(&vera), 1);
    });
}
