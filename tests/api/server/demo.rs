//! `folkmoot demo`: what it prints works as it stands there.

use std::collections::HashSet;

use super::*;

/// The last line of what it says to try.
const LAST_HINT: &str = "All calls:";

fn demo(site: &Site) -> Server {
    site.launch(&[PROGRAM, "demo"])
}

/// The path of an address of this server, as browsers have it.
#[track_caller]
fn path_here(server: &Server, address: &str) -> String {
    let here = format!("http://localhost:{}", server.port());
    let path = address.strip_prefix(&here);
    path.unwrap_or_else(|| panic!("{address} is not at {here}"))
        .to_owned()
}

/// What stands between two texts.
#[track_caller]
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from}: {text}"));
    let (found, _) = rest
        .split_once(to)
        .unwrap_or_else(|| panic!("no {to}: {rest}"));
    found
}

/// What a list has that is one page.
#[track_caller]
fn listed(server: &Server, path: &str) -> Vec<Value> {
    let list = server.anon().get(path).ok(200);
    assert_eq!(list["next"], Value::Null, "{path} has another page");
    list["data"].as_array().expect("a list has items").clone()
}

/// The number under this name.
#[track_caller]
fn number(thing: &Value, name: &str) -> u64 {
    let number = thing[name].as_u64();
    number.unwrap_or_else(|| panic!("{name} is no number: {thing}"))
}

/// Asserts that there are none and that many of something, and much in between.
#[track_caller]
fn assert_lively(numbers: &[u64], most: u64) {
    assert_eq!(numbers.iter().min(), Some(&0), "{numbers:?}");
    assert_eq!(numbers.iter().max(), Some(&most), "{numbers:?}");
    let different: HashSet<&u64> = numbers.iter().collect();
    assert!(different.len() > 5, "{numbers:?}");
}

/// Signs in by redirect, from this path on, as Ann; answers where that ends, and the session.
#[track_caller]
fn sign_in_by_redirect(server: &Server, path: &str) -> (String, String) {
    let leaving = server.anon().get(path);
    let away = leaving.cookie("oauth").expect("the way back is bound");
    let google = path_here(server, leaving.redirect());

    // The page offers names, each a link back to itself with that name.
    let page = server.anon().get(&google);
    assert_eq!(page.status, 200, "{}", page.text());
    let html = page.text();
    let (links, _) = html.split_once(">Ann<").expect("the page offers Ann");
    let (_, link) = links.rsplit_once("href=\"").expect("a link");
    let query = link.trim_end_matches('"').replace("&amp;", "&");
    let (google, _) = google.split_once('?').expect("the redirect has a query");

    let agreed = server.anon().get(&format!("{google}{query}"));
    let back = path_here(server, agreed.redirect());
    let arrived = server.caller(&away).get(&back);
    let session = arrived.cookie("session").unwrap_or_default();
    (arrived.redirect().to_owned(), session)
}

#[test]
fn the_calls_that_it_prints_work() {
    let site = Site::bare();
    let server = demo(&site);
    let hints = server.printed(LAST_HINT);
    let address = between(&hints, "curl '", "'");
    let list = server.anon().get(&path_here(&server, address)).ok(200);
    let events = list["data"].as_array().expect("a list");
    assert_eq!(events.len(), 3);
    assert!(events.iter().any(|event| event["comments"] != 0), "{list}");

    let address = between(&hints, "curl -s '", "'");
    let token = server.anon().get(&path_here(&server, address)).ok(200);
    let welcome = server.anon().post("/api/auth", &token);
    assert_eq!(welcome.ok(200)["name"], "Ann Lindqvist");
    let ann = server.caller(&welcome.cookie("session").expect("the cookie is set"));
    let event = between(&hints, "/api/events -d '", "'\n");
    let event: Value = serde_json::from_str(event).expect("the event is JSON");
    let made = ann.post("/api/events", &event).ok(201);
    assert_eq!(made["data"]["title"], event["title"]);
    server.stop().ok();
}

#[test]
fn signing_in_by_redirect_works_from_end_to_end() {
    let site = Site::bare();
    let server = demo(&site);
    let (end, session) = sign_in_by_redirect(&server, "/api/auth/google");
    assert_eq!(end, "/");
    let me = server.caller(&session).get("/api/auth/@me").ok(200);
    assert_eq!(me["data"]["name"], "Ann Lindqvist");

    let hints = server.printed(LAST_HINT);
    let address = between(&hints, "with a browser: ", "\n");
    let (end, session) = sign_in_by_redirect(&server, &path_here(&server, address));
    let me = server.caller(&session).get(&end).ok(200);
    assert_eq!(me["data"]["name"], "Ann Lindqvist");
}

#[test]
fn its_groups_have_members_who_publish_their_events() {
    let site = Site::bare();
    let server = demo(&site);
    let groups = listed(&server, "/api/groups");
    assert_eq!(groups.len(), 6);
    let mut published = 0;
    for group in &groups {
        let path = format!("/api/groups/{}", text(&group["id"]));
        let members = listed(&server, &format!("{path}/members"));
        let members: Vec<String> = members.iter().map(|one| text(&one["id"])).collect();
        assert!((4..=12).contains(&members.len()), "{group}: {members:?}");
        assert_eq!(group["members"], members.len(), "{group}");
        assert_eq!(members[0], text(&group["creator_id"]), "{group}");
        let events = listed(&server, &format!("{path}/events"));
        assert!(!events.is_empty(), "{group} has no events");
        for event in &events {
            assert_eq!(event["group_id"], group["id"]);
            let creator = text(&event["creator_id"]);
            assert!(members.contains(&creator), "{event}");
        }
        published += events.len();
    }
    // A group is found by a word of its title.
    let found = listed(&server, "/api/groups?q=coffee");
    assert_eq!(found.len(), 1, "{found:?}");

    let all = listed(&server, "/api/events?limit=100");
    let grouped = all.iter().filter(|event| !event["group_id"].is_null());
    assert_eq!((all.len(), grouped.count()), (66, 20));
    assert_eq!(published, 20);
}

#[test]
fn its_events_interest_people_and_its_comments_are_liked() {
    let site = Site::bare();
    let server = demo(&site);
    let (mut interested, mut likes) = (Vec::new(), Vec::new());
    let mut people = HashSet::new();
    for event in listed(&server, "/api/events?limit=100") {
        let id = text(&event["id"]);
        let shown = listed(&server, &format!("{}/interests", event_path(&id)));
        assert_eq!(event["interested"], shown.len(), "{event}");
        interested.push(number(&event, "interested"));
        people.extend(shown.iter().map(|person| text(&person["id"])));
        let comments = listed(&server, &comments_path(&id));
        assert_eq!(event["comments"], comments.len(), "{event}");
        likes.extend(comments.iter().map(|comment| number(comment, "likes")));
    }
    assert_eq!((interested.len(), likes.len()), (66, 200));
    assert_lively(&interested, 20);
    assert_lively(&likes, 12);
    assert_eq!(people.len(), 30, "everybody is interested in something");
}

#[test]
fn what_people_reported_there_is_listed_by_the_command_that_it_prints() {
    let site = Site::bare();
    let server = demo(&site);
    let hints = server.printed(LAST_HINT);
    let database = between(&hints, "DATABASE_URL='", "' folkmoot reports\n");
    let run = |command| site.run_with(&[("DATABASE_URL", database)], &[command]);
    let listed = run("reports");
    let reports: Vec<&str> = listed.ok().lines().collect();
    assert_eq!(reports.len(), 2, "{reports:?}");
    for subject in [" open comment ", " open event "] {
        let about = reports.iter().filter(|report| report.contains(subject));
        assert_eq!(about.count(), 1, "{subject}: {reports:?}");
    }
    // All counters are right as well.
    run("verify").ok();
    server.stop().ok();
}

#[test]
fn a_second_demo_in_the_same_folder_is_refused() {
    let site = Site::bare();
    let server = demo(&site);
    let ran = site.run(&["demo"]);
    assert!(ran.refused().contains("demo"), "{ran:?}");
    server.anon().get("/api/events").ok(200);
    // The real server's data is another file.
    let real = site.start();
    let list = real.anon().get("/api/events").ok(200);
    assert_eq!(list["data"], json!([]));
}

#[test]
fn its_companies_propose_events_and_its_admin_comes_in() {
    let site = Site::bare();
    let server = demo(&site);
    let hints = server.printed(LAST_HINT);
    let mut bodies = hints.split("-d '{").skip(3);
    let mut said = || {
        let body = bodies.next().expect("another call");
        let (body, _) = body.split_once('\'').expect("a body in quotes");
        serde_json::from_str::<Value>(&format!("{{{body}")).expect("the body is JSON")
    };
    let signed_in = server.anon().post("/proposals/v1/auth/signin", &said());
    let token = text(&signed_in.ok(200)["token"]);
    let made = super::accounts::call(&server, &token, "GET", "/proposals/v1/events", "").ok(200);
    assert_eq!(made["page"]["size"], 4, "{made}");
    let approved = made["data"].as_array().expect("a list").iter();
    let approved = approved.filter(|one| one["status"] == "approved");
    for one in approved {
        let event = event_path(&text(&one["eventId"]));
        server.anon().get(&event).ok(200);
    }
    let welcome = server.anon().post("/api/v1/auth/admin/login", &said());
    assert_eq!(welcome.ok(200)["role"], "super_admin");
}

#[test]
fn its_box_office_sells_seats_to_who_shows_the_key_that_it_prints() {
    let site = Site::bare();
    let server = demo(&site);
    let hints = server.printed(LAST_HINT);
    let here = format!("http://localhost:{}", server.port());
    let key = between(&hints, "X-API-Key: ", "'");
    let path = between(&hints, &format!("{here}/internal"), " ");
    let body = between(&hints, "update-availability \\\n    -d '", "'");
    let body: Value = serde_json::from_str(body).expect("the body is JSON");
    let key = format!("X-API-Key: {key}");
    let path = format!("/internal{path}");
    let mut connection = server.anon().connect();
    let sold = box_office::send(&mut connection, "POST", &path, Some(&body), &[&key]);
    let sold = sold.expect("an answer").ok(200);
    assert!(hints.contains(&format!(
        "curl '{here}/api/v1/events?type=concert&city=oslo'"
    )));
    let list = server.anon().get("/api/v1/events?type=concert&city=oslo");
    let list = list.ok(200);
    assert_eq!(list["total"], 2, "{list}");
    let full = server.anon().get("/api/v1/events?type=workshop").ok(200);
    assert_eq!(full["events"][0]["status"], "sold_out", "{full}");
    assert_eq!(sold["available_seats"], 1_774);
}

#[test]
fn its_data_is_made_anew_at_each_start() {
    let site = Site::bare();
    let count = |server: &Server| {
        let list = server.anon().get("/api/events?limit=100").ok(200);
        list["data"].as_array().map(Vec::len)
    };
    let server = demo(&site);
    let first = count(&server);
    let token = server.anon().get("/demo/google/id-token?name=Eve").ok(200);
    let welcome = server.anon().post("/api/auth", &token);
    make_event(&server.caller(&welcome.cookie("session").expect("the cookie is set")));
    assert_eq!(count(&server), first.map(|events| events + 1));
    server.kill();
    let server = demo(&site);
    assert_eq!(count(&server), first);
}

#[test]
fn the_stand_in_for_google_is_in_the_demo_only() {
    let site = Site::sqlite();
    let server = site.start();
    for path in [
        "/demo/google/id-token?name=Ann",
        "/demo/google/certs",
        "/demo/google/auth",
    ] {
        server.anon().get(path).refused(404);
    }
}
