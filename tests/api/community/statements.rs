//! What a page costs: as many statements with many items as with one.

use super::*;

/// How many items a long list has.
const MANY: usize = 30;

/// How many statements a page costs. What copies SQLite's log into its file counts as well,
/// but runs only after a write, and then twice at most: the least of three is the page's own.
#[track_caller]
fn cost(app: &App, reader: &Client, path: &str) -> usize {
    reader.get(path).ok(200);
    let costs = [0; 3].map(|_| app.statements(|| drop(reader.get(path).ok(200))));
    costs.into_iter().min().expect("three costs")
}

/// A path with one more parameter in its query.
fn asking(path: &str, parameter: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{parameter}")
}

/// Asserts that lists, each with its reader, cost as much with many items as with one: one is
/// there, and `fill` adds the others. A part of a long list costs no more.
#[track_caller]
fn assert_flat(app: &App, lists: &[(&Client, &str)], fill: impl FnOnce()) {
    let whole = |path: &str| asking(path, "limit=100");
    let costs_of_one: Vec<usize> = lists
        .iter()
        .map(|(reader, path)| {
            let path = whole(path);
            assert_eq!(page(reader, &path, None).0.len(), 1, "{path}");
            cost(app, reader, &path)
        })
        .collect();
    fill();
    for ((reader, path), of_one) in lists.iter().zip(costs_of_one) {
        assert!(of_one > 0, "{path} is counted");
        let all = whole(path);
        assert_eq!(page(reader, &all, None).0.len(), MANY, "{path}");
        assert_eq!(cost(app, reader, &all), of_one, "{path}");
        let first = asking(path, "limit=20");
        let next = page(reader, &first, None).1.expect("a second page");
        let second = asking(&first, &format!("cursor={}", encode(&next)));
        assert_eq!(page(reader, &second, None).0.len(), MANY - 20, "{second}");
        for part in [first, second] {
            let cost = cost(app, reader, &part);
            assert!(cost <= of_one, "{part}: {cost} instead of {of_one}");
        }
    }
}

/// Signs so many people in and drains their changes.
fn guests(app: &App, count: usize) -> Vec<Client<'_>> {
    let guests = (0..count).map(|n| app.user(&format!("guest-{n}")));
    let guests = guests.collect();
    app.changes(&vec!["user.created"; count]);
    guests
}

/// Makes a group and drains its change.
#[track_caller]
fn gather(app: &App, client: &Client, title: &str) -> Value {
    let reply = client.post("/api/groups", json!({ "title": title }));
    let group = data(&reply, 201, "Group created successfully");
    app.changes(&["group.created"]);
    group
}

/// Adds a person to a group and drains the change.
#[track_caller]
fn add(app: &App, creator: &Client, group: &Value, person: &Client) {
    let path = format!("/api/groups/{}/members/{}", id_of(group), person.id());
    creator.raw("POST", &path, None, b"").ok(200);
    app.changes(&["group.member_added"]);
}

/// Shows interest in an event and drains the change.
#[track_caller]
fn care(app: &App, client: &Client, event: &Value) {
    let path = format!("/api/users/@me/interests/{}", id_of(event));
    client.raw("POST", &path, None, b"").ok(200);
    app.changes(&["interest.registered"]);
}

/// Comments with two pictures each, by these people in turn, that all of them like.
#[track_caller]
fn talk(app: &App, clients: &[Client], event: &Value, count: usize) {
    let pictures = ["a", "b"].map(|name| format!("https://img.example.org/{name}.png"));
    for n in 0..count {
        let body = json!({ "body": format!("comment {n}"), "image_url_list": pictures });
        let reply = clients[n % clients.len()].post(&comments_path(event), body);
        let comment = data(&reply, 201, "Comment saved successfully");
        app.changes(&["comment.created"]);
        let path = format!("/api/likes/{}", id_of(&comment));
        for client in clients {
            client.raw("PUT", &path, None, b"").ok(200);
            app.changes(&["comment.liked"]);
        }
    }
}

#[test]
fn a_page_of_comments_costs_as_much_as_one_comment() {
    each(|app| {
        let clients = people(app, ["ann", "bob", "cem", "dag"]);
        let [ann, bob, ..] = &clients;
        let event = announce(app, ann, "Walk");
        say(app, bob, &event, "Hello");
        let path = comments_path(&event);
        let anon = app.anon();
        let lists = [(ann, path.as_str()), (&anon, path.as_str())];
        assert_flat(app, &lists, || talk(app, &clients, &event, MANY - 1));
        // What was filled in is what would cost more.
        let (items, _) = page(ann, &path, None);
        let last = &items[MANY - 1];
        assert_eq!(
            (&last["likes"], &last["liked_by_me"]),
            (&json!(4), &json!(true))
        );
        assert_eq!(last["images"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn comments_are_one_statement_to_whoever_is_not_signed_in() {
    each(|app| {
        let clients = people(app, ["ann", "bob", "cem"]);
        let event = announce(app, &clients[0], "Walk");
        let path = comments_path(&event);
        say(app, &clients[1], &event, "Hello");
        assert_eq!(cost(app, &app.anon(), &path), 1);
        talk(app, &clients, &event, 9);
        for query in ["limit=1", "limit=9", "limit=10", "limit=100"] {
            let path = asking(&path, query);
            assert_eq!(cost(app, &app.anon(), &path), 1, "{query}");
        }
        let first = asking(&path, "limit=4");
        let next = page(&app.anon(), &first, None).1.expect("a second page");
        let second = asking(&first, &format!("cursor={}", encode(&next)));
        assert_eq!(cost(app, &app.anon(), &second), 1);
    });
}

#[test]
fn a_page_of_events_costs_as_much_as_one_event() {
    each(|app| {
        let clients = people(app, ["ann", "bob", "cem"]);
        let [ann, bob, cem] = &clients;
        let group = gather(app, ann, "Walkers");
        for person in [bob, cem] {
            add(app, ann, &group, person);
        }
        let plan = |n: usize| {
            let body = set(new_event("Walk"), "group_id", group["id"].clone());
            let event = create_event(&clients[n % 3], body);
            app.changes(&["event.published"]);
            for person in &clients {
                care(app, person, &event);
            }
        };
        plan(0);
        let of_group = format!("/api/groups/{}/events", id_of(&group));
        let anon = app.anon();
        let mut lists = vec![(ann, "/api/users/@me/interests")];
        for path in [
            "/api/events",
            "/api/events?order=start",
            "/api/events?q=walk",
            of_group.as_str(),
        ] {
            lists.extend([(ann, path), (&anon, path)]);
        }
        assert_flat(app, &lists, || (1..MANY).for_each(plan));
    });
}

#[test]
fn a_page_of_interested_people_costs_as_much_as_one_person() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        care(app, &ann, &event);
        let guests = guests(app, MANY - 1);
        let path = format!("/api/events/{}/interests", id_of(&event));
        let anon = app.anon();
        let lists = [(&ann, path.as_str()), (&anon, path.as_str())];
        assert_flat(app, &lists, || {
            for guest in &guests {
                care(app, guest, &event);
            }
        });
    });
}

#[test]
fn a_page_of_groups_costs_as_much_as_one_group() {
    each(|app| {
        let clients = people(app, ["ann", "bob", "cem"]);
        let [ann, ..] = &clients;
        let found = |n: usize| {
            let creator = &clients[n % 3];
            let group = gather(app, creator, "Walkers");
            for person in &clients {
                if person.id() != creator.id() {
                    add(app, creator, &group, person);
                }
            }
        };
        found(0);
        let anon = app.anon();
        let lists = [
            (ann, "/api/groups"),
            (&anon, "/api/groups"),
            (ann, "/api/groups?q=walkers"),
            (&anon, "/api/groups?q=walkers"),
            (ann, "/api/users/@me/groups"),
        ];
        assert_flat(app, &lists, || (1..MANY).for_each(found));
    });
}

#[test]
fn a_page_of_members_costs_as_much_as_one_member() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let group = gather(app, &ann, "Walkers");
        let guests = guests(app, MANY - 1);
        let path = format!("/api/groups/{}/members", id_of(&group));
        let anon = app.anon();
        let lists = [(&ann, path.as_str()), (&anon, path.as_str())];
        assert_flat(app, &lists, || {
            for guest in &guests {
                add(app, &ann, &group, guest);
            }
        });
    });
}
