//! A proposal that was approved becomes one event, however often the server is killed in
//! between, and however many nodes there are.

use std::time::Instant;

use super::accounts::call;
use super::*;

const EVENTS: &str = "/proposals/v1/events";
/// Proposals that are approved, and as many as are approved before a kill.
const ALL: usize = 12;
const EACH: usize = 3;

/// Signs somebody up; answers the id and a token.
fn account(server: &Server, username: &str, role: &str) -> (String, String) {
    let password = "correct horse battery staple";
    let account = json!({
        "username": username, "password": password, "companyName": "Acme", "role": role,
    });
    let made = server.anon().post("/proposals/v1/auth/signup", &account);
    let id = text(&made.ok(201)["id"]);
    let credentials = json!({ "username": username, "password": password });
    let signed_in = server
        .anon()
        .post("/proposals/v1/auth/signin", &credentials);
    (id, text(&signed_in.ok(200)["token"]))
}

/// Makes proposals; answers their ids.
fn propose(server: &Server, organiser: &str, vendor_id: &str) -> Vec<String> {
    let catalogue = "/proposals/v1/available-events";
    let catalogue = call(server, organiser, "GET", catalogue, "").ok(200);
    let body = json!({
        "eventName": catalogue["data"][0]["id"],
        "location": "The park",
        "proposedDates": ["2031-06-14"],
        "proposedTo": vendor_id,
    });
    let body = body.to_string();
    let propose = |_| text(&call(server, organiser, "POST", EVENTS, &body).ok(201)["id"]);
    (0..ALL).map(propose).collect()
}

#[track_caller]
fn approve(server: &Server, vendor: &str, proposal: &str) {
    let approval = json!({ "status": "approved", "eventDate": "2031-06-14" }).to_string();
    let path = format!("{EVENTS}/{proposal}");
    call(server, vendor, "PATCH", &path, &approval).ok(200);
}

/// Asks until every proposal has its event.
#[track_caller]
fn wait_for_events(server: &Server, vendor: &str) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let all = call(server, vendor, "GET", &format!("{EVENTS}?limit=100"), "").ok(200);
        let all = all["data"].as_array().expect("a list");
        let events = all.iter().filter_map(|one| one["eventId"].as_str());
        let events: Vec<String> = events.map(str::to_owned).collect();
        if events.len() == ALL {
            return events;
        }
        assert!(begun.elapsed() < PATIENCE, "some have no event: {events:?}");
    }
}

#[test]
fn an_approval_has_one_event_however_often_the_server_is_killed() {
    for site in Site::each() {
        // Tokens outlive a restart at another port.
        let site = site.with("PUBLIC_URL", "http://localhost");
        let server = site.start();
        let (_, organiser) = account(&server, "olga", "human-resource");
        let (vendor_id, vendor) = account(&server, "vera", "vendor");
        let proposals = propose(&server, &organiser, &vendor_id);
        server.kill();
        for some in proposals.chunks(EACH) {
            let server = site.start();
            some.iter()
                .for_each(|proposal| approve(&server, &vendor, proposal));
            server.kill();
        }
        assert_one_event_each(&site, &vendor);
    }
}

#[test]
fn two_nodes_make_one_event_of_an_approval() {
    let Some(site) = Site::postgres() else {
        return;
    };
    let site = site.with("PUBLIC_URL", "http://localhost");
    let nodes = [site.start(), site.start()];
    let (_, organiser) = account(&nodes[0], "olga", "human-resource");
    let (vendor_id, vendor) = account(&nodes[1], "vera", "vendor");
    for (proposal, node) in propose(&nodes[0], &organiser, &vendor_id)
        .iter()
        .zip(nodes.iter().cycle())
    {
        approve(node, &vendor, proposal);
    }
    wait_for_events(&nodes[1], &vendor);
    drop(nodes);
    assert_one_event_each(&site, &vendor);
}

#[track_caller]
fn assert_one_event_each(site: &Site, vendor: &str) {
    let server = site.start();
    let events = wait_for_events(&server, vendor);
    let server_stopped = server.stop();
    server_stopped.ok();
    let distinct: std::collections::BTreeSet<&String> = events.iter().collect();
    assert_eq!(distinct.len(), ALL, "one is the event of two: {events:?}");
    for query in [
        "select count(*) from events",
        "select count(*) from changes where topic = 'event.published'",
        "select count(*) from changes where topic = 'proposal.approved'",
    ] {
        assert_eq!(usize::try_from(site.count(query)), Ok(ALL), "{query}");
    }
    let bus = site.run(&["bus"]);
    assert!(bus.ok().contains("refused 0"), "{bus:?}");
    site.run(&["verify"]).ok();
}
