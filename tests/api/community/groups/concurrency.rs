//! Groups in many hands at once: nobody is in twice, and the counts hold.

use std::sync::Barrier;
use std::thread;

use super::*;

const NAMES: [&str; 8] = ["ann", "bob", "cem", "dag", "eve", "fay", "gil", "hal"];

/// Makes calls at the same moment, each from a thread of its own; their answers in order.
fn at_once(count: usize, call: impl Fn(usize) -> Reply + Sync) -> Vec<Reply> {
    let start = Barrier::new(count);
    let (start, call) = (&start, &call);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    call(n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|reply| reply.expect("an answer")).collect()
    })
}

/// Of two answers, one does it and the other is this refusal.
#[track_caller]
fn one_wins(mut replies: Vec<Reply>, message: &str, refusal: &str) {
    replies.sort_by_key(Reply::status);
    assert_eq!(replies.len(), 2);
    data(&replies[0], 200, message);
    replies[1].error(403, refusal);
}

/// How many answers have this status.
fn with_status(replies: &[Reply], status: u16) -> usize {
    let of_status = replies.iter().filter(|reply| reply.status() == status);
    of_status.count()
}

/// The names of a group's members; its count and its rows agree with them.
#[track_caller]
fn agreed_members(app: &App, group: &Value) -> Vec<String> {
    let mut names = member_names(&app.anon(), group);
    let listed: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_members(app, group, &listed);
    names.sort_unstable();
    names
}

#[test]
fn a_person_who_is_added_twice_at_once_is_in_once() {
    each(|app| {
        let clients = people(app, NAMES);
        let [ann, guests @ ..] = &clients;
        let desk = app.user("ann");
        let group = gather(app, ann, "Walkers");
        for guest in guests {
            let replies = at_once(2, |n| add([ann, &desk][n], &group, guest.id()));
            one_wins(replies, ADDED, ALREADY_IN);
            app.changes(&["group.member_added"]);
        }
        assert_members(app, &group, &NAMES);
    });
}

#[test]
fn one_key_used_at_once_adds_once_and_answers_all() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        let keyed = ann.with("Idempotency-Key", "member-1");
        let replies = at_once(4, |_| add(&keyed, &group, bob.id()));
        for reply in &replies {
            assert_eq!(data(reply, 200, ADDED), group["id"]);
        }
        let replayed = replies
            .iter()
            .filter(|reply| reply.header("Idempotency-Replayed") == Some("true"));
        assert_eq!(replayed.count(), 3);
        app.changes(&["group.member_added"]);
        assert_members(app, &group, &["ann", "bob"]);
    });
}

#[test]
fn a_member_whom_two_people_remove_at_once_is_removed_once() {
    each(|app| {
        let clients = people(app, NAMES);
        let [ann, guests @ ..] = &clients;
        let group = gather(app, ann, "Walkers");
        for guest in guests {
            enrol(app, ann, &group, &[guest]);
            let replies = at_once(2, |n| remove([ann, guest][n], &group, guest.id()));
            one_wins(replies, REMOVED, NOT_IN);
            app.changes(&["group.member_removed"]);
            assert_members(app, &group, &["ann"]);
        }
    });
}

#[test]
fn an_addition_and_a_removal_of_one_person_leave_the_count_right() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        let (mut is_in, mut added, mut removed) = (false, 0, 0);
        for _ in 0..8 {
            let replies = at_once(2, |n| match n {
                0 => add(&ann, &group, bob.id()),
                _ => remove(&bob, &group, bob.id()),
            });
            let [came, went] = [0, 1].map(|n: usize| match replies[n].status() {
                200 => true,
                _ => {
                    replies[n].error(403, [ALREADY_IN, NOT_IN][n]);
                    false
                }
            });
            // Whichever came first, one of them could be done.
            assert!(if is_in { went } else { came }, "{replies:?}");
            is_in = match (came, went) {
                (true, true) => is_in,
                (came, _) => came,
            };
            added += usize::from(came);
            removed += usize::from(went);
            let expected: &[&str] = if is_in { &["ann", "bob"] } else { &["ann"] };
            assert_members(app, &group, expected);
        }
        recorded(
            app,
            &[
                ("user.created", 2),
                ("group.created", 1),
                ("group.member_added", added),
                ("group.member_removed", removed),
            ],
        );
    });
}

#[test]
fn many_who_come_and_go_are_counted_right() {
    each(|app| {
        let clients = people(app, NAMES);
        let [ann, guests @ ..] = &clients;
        let group = gather(app, ann, "Walkers");
        let come = |guest: &Client| data(&add(ann, &group, guest.id()), 200, ADDED);
        let go = |guest: &Client| data(&remove(guest, &group, guest.id()), 200, REMOVED);
        at_once(guests.len(), |n| {
            let guest = &guests[n];
            for _ in 0..4 {
                come(guest);
                go(guest);
            }
            if n % 2 == 0 {
                come(guest);
            }
            guest.get(MINE)
        });
        assert_eq!(
            agreed_members(app, &group),
            ["ann", "bob", "dag", "fay", "hal"]
        );
        recorded(
            app,
            &[
                ("user.created", 8),
                ("group.created", 1),
                ("group.member_added", 7 * 4 + 4),
                ("group.member_removed", 7 * 4),
            ],
        );
    });
}

#[test]
fn members_come_while_their_group_is_deleted() {
    each(|app| {
        let clients = people(app, NAMES);
        let [ann, guests @ ..] = &clients;
        let group = gather(app, ann, "Walkers");
        let mut replies = at_once(8, |n| match n {
            0 => ann.delete(&group_path(&group)),
            n => add(ann, &group, guests[n - 1].id()),
        });
        replies.remove(0).no_content();
        let added = with_status(&replies, 200);
        for reply in replies.iter().filter(|reply| reply.status() != 200) {
            reply.error(404, NO_GROUP_OR_USER);
        }
        recorded(
            app,
            &[
                ("user.created", 8),
                ("group.created", 1),
                ("group.member_added", added),
                ("group.deleted", 1),
            ],
        );
        for client in &clients {
            client.get(&group_path(&group)).error(404, NO_GROUP);
            client.get(&members_path(&group)).refused(404);
            assert!(group_titles(client, MINE).is_empty());
        }
    });
}

#[test]
fn a_group_that_is_deleted_twice_at_once_is_deleted_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let desk = app.user("ann");
        for _ in 0..4 {
            let group = gather(app, &ann, "Walkers");
            let mut replies = at_once(2, |n| [&ann, &desk][n].delete(&group_path(&group)));
            replies.sort_by_key(Reply::status);
            replies[0].no_content();
            replies[1].error(404, NO_GROUP);
            app.changes(&["group.deleted"]);
        }
    });
}

#[test]
fn a_group_that_is_renamed_twice_at_once_is_found_by_one_title() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let desk = app.user("ann");
        let group = gather(app, &ann, "Walkers");
        let titles = ["Lantern club", "Torch society"];
        let replies = at_once(2, |n| {
            [&ann, &desk][n].put(&group_path(&group), json!({ "title": titles[n] }))
        });
        for reply in &replies {
            data(reply, 200, "Group updated successfully");
        }
        app.changes(&["group.updated"; 2]);
        let title = read_group(&ann, &group)["title"].take();
        for (word, other) in [("lantern", titles[0]), ("torch", titles[1])] {
            let expected = if title == other { vec![other] } else { vec![] };
            assert_eq!(groups_found(&ann, word), expected, "{title}");
        }
        assert!(titles.contains(&text(&title)));
        assert!(groups_found(&ann, "walkers").is_empty());
    });
}

#[test]
fn events_come_while_their_group_is_deleted() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let body = set(new_event("Walk"), "group_id", group["id"].clone());
        let mut replies = at_once(6, |n| match n {
            0 => ann.delete(&group_path(&group)),
            _ => bob.post("/api/events", body.clone()),
        });
        replies.remove(0).no_content();
        let made = with_status(&replies, 201);
        for reply in replies.iter().filter(|reply| reply.status() != 201) {
            reply.error(404, NO_GROUP);
        }
        let (events, _) = page(&bob, "/api/events", None);
        assert_eq!(events.len(), made);
        assert!(events.iter().all(|event| event["group_id"].is_null()));
        let filter = format!("/api/events?group={}", id_of(&group));
        assert!(page(&bob, &filter, None).0.is_empty());
        recorded(
            app,
            &[
                ("user.created", 2),
                ("group.created", 1),
                ("group.member_added", 1),
                ("event.published", made),
                ("group.deleted", 1),
            ],
        );
    });
}

#[test]
fn a_person_who_is_added_while_erased_is_in_no_group() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        let replies = at_once(2, |n| match n {
            0 => bob.delete("/api/users/@me"),
            _ => add(&ann, &group, bob.id()),
        });
        replies[0].no_content();
        let added = with_status(&replies, 200);
        if added == 0 {
            replies[1].error(404, NO_GROUP_OR_USER);
        }
        recorded(
            app,
            &[
                ("user.created", 2),
                ("group.created", 1),
                ("group.member_added", added),
                ("user.erased", 1),
            ],
        );
        assert_members(app, &group, &["ann"]);
    });
}

#[test]
fn a_group_whose_last_member_leaves_while_its_creator_is_erased_has_a_creator_or_is_gone() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let group = gather(app, &ann, "Walkers");
        enrol(app, &ann, &group, &[&bob]);
        let replies = at_once(2, |n| match n {
            0 => ann.delete("/api/users/@me"),
            _ => remove(&bob, &group, bob.id()),
        });
        replies[0].no_content();
        if replies[1].status() == 200 {
            bob.get(&group_path(&group)).error(404, NO_GROUP);
            assert!(group_titles(&bob, MINE).is_empty());
        } else {
            replies[1].error(403, "The creator cannot be removed");
            assert_eq!(read_group(&bob, &group)["creator_id"], bob.id());
            assert_members(app, &group, &["bob"]);
        }
        let left = with_status(&replies, 200);
        recorded(
            app,
            &[
                ("user.created", 2),
                ("group.created", 1),
                ("group.member_added", 1),
                ("group.member_removed", left),
                ("user.erased", 1),
                ("group.updated", 1 - left),
                ("group.deleted", left),
            ],
        );
    });
}
