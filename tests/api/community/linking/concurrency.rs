//! Links and removals at the same moment, and links of somebody who is busy meanwhile: nothing
//! is lost, doubled, or left to nobody.

use std::sync::Barrier;
use std::thread;

use super::*;

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

/// Calls until a call is refused; the statuses, the refusal's included.
fn until_refused(call: impl Fn() -> Reply) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..20_000 {
        let status = call().status();
        statuses.push(status);
        if status >= 400 {
            return statuses;
        }
    }
    panic!("no call was ever refused");
}

#[test]
fn of_two_logins_removed_at_once_one_stays() {
    each(|app| {
        for (name, username) in [("ann", "olga"), ("bob", "otto"), ("cem", "omar")] {
            sign_up(app, username, "vendor");
            let [person] = people(app, [name]);
            join(app, &person, username);
            let paths = ["google", "username"].map(|kind| login_path(&person, kind));
            let mut replies = at_once(2, |n| person.delete(&paths[n]));
            replies.sort_by_key(Reply::status);
            replies[0].no_content();
            replies[1].error(409, "The last login cannot be removed.");
            app.changes(&["user.updated"]);
            assert_eq!(rows_of(app, "logins.user_id", person.id()), 1);
        }
    });
}

#[test]
fn one_login_removed_twice_at_once_goes_once() {
    each(|app| {
        sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        join(app, &ann, "olga");
        let path = login_path(&ann, "username");
        let mut replies = at_once(4, |_| ann.delete(&path));
        replies.sort_by_key(Reply::status);
        replies[0].no_content();
        for reply in &replies[1..] {
            reply.refused(404);
        }
        app.changes(&["user.updated"]);
        assert_eq!(ways(&logins_of(&ann)), ["google ann"]);
    });
}

#[test]
fn one_user_name_linked_many_times_at_once_is_linked_once() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let replies = at_once(4, |_| ann.post(LINK, credentials("olga", PASSWORD)));
        for reply in &replies {
            let logins = array(data(reply, 200, LINKED));
            assert_eq!(ways(&logins), ["google ann", "username olga"]);
        }
        app.changes(&["user.merged"]);
        assert_forgotten(app, olga.id());
        assert_eq!(app.count("select count(*) from users"), 1);
    });
}

#[test]
fn one_key_used_many_times_at_once_links_once() {
    each(|app| {
        sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let keyed = ann.with("Idempotency-Key", "link-1");
        let replies = at_once(4, |_| keyed.post(LINK, credentials("olga", PASSWORD)));
        for reply in &replies {
            assert_eq!(reply.ok(200), replies[0].json());
        }
        let replayed = replies
            .iter()
            .filter(|reply| reply.header("Idempotency-Replayed") == Some("true"));
        assert_eq!(replayed.count(), 3);
        app.changes(&["user.merged"]);
    });
}

#[test]
fn a_user_name_that_two_people_link_at_once_is_one_persons() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let clients = people(app, ["ann", "bob"]);
        let replies = at_once(2, |n| clients[n].post(LINK, credentials("olga", PASSWORD)));
        // Whoever comes second shows the password as well, or finds out that things changed.
        let done = replies.iter().filter(|reply| reply.status() == 200).count();
        assert!(done >= 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status() != 200) {
            assert!([401, 409].contains(&reply.status()), "{reply:?}");
        }
        assert_eq!(usize::try_from(recorded(app, "user.merged")), Ok(done));
        let owner = app
            .text("select user_id from logins where kind = 'username'")
            .expect("the user name is somebody's");
        let winners = clients
            .iter()
            .zip(&replies)
            .filter(|(_, reply)| reply.status() == 200);
        let mut ids = winners.map(|(client, _)| client.id());
        assert!(ids.any(|id| id == owner), "{owner} was told so");
        app.anon().get(&format!("/api/users/{owner}")).ok(200);
        sign_in(app, "olga").get(PROPOSALS).ok(200);
        assert_forgotten(app, olga.id());
        assert_eq!(rows_of(app, "users.id", &owner), 1);
        assert_eq!(app.count("select count(*) from logins"), 3);
    });
}

#[test]
fn what_is_said_until_the_link_is_the_callers_and_nothing_is_said_after() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let path = comments_path(&announce(app, &ann, "Walk"));
        old.delete(&login_path(&old, "google")).no_content();
        let statuses = thread::scope(|scope| {
            let (old, path) = (&old, &path);
            let talk =
                scope.spawn(move || until_refused(|| old.post(path, json!({ "body": "Hello" }))));
            let reply = new.post(LINK, credentials("olga", PASSWORD));
            data(&reply, 200, LINKED);
            talk.join().expect("answers")
        });
        assert_eq!(statuses.last(), Some(&401));
        let said = i64::try_from(statuses.len() - 1).expect("a number");
        assert_eq!(recorded(app, "comment.created"), said);
        assert_forgotten(app, old.id());
        assert_eq!(rows_of(app, "comments.user_id", new.id()), said);
        assert_eq!(app.count("select count(*) from comments"), said);
        assert_counts_agree(app);
    });
}

#[test]
fn likes_and_interest_of_both_meanwhile_are_counted_right() {
    each(|app| {
        let old = olga(app);
        let [ann, new] = people(app, ["ann", "new"]);
        let desk = app.user("new");
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let paths = [
            like_path(&comment),
            format!("/api/users/@me/interests/{}", id_of(&event)),
        ];
        old.delete(&login_path(&old, "google")).no_content();
        thread::scope(|scope| {
            for path in &paths {
                let (old, desk) = (&old, &desk);
                scope.spawn(move || {
                    let statuses = until_refused(|| {
                        old.raw("DELETE", path, None, b"");
                        old.raw("POST", path, None, b"")
                    });
                    assert_eq!(statuses.last(), Some(&401));
                });
                scope.spawn(move || {
                    for method in ["POST", "DELETE"].into_iter().cycle().take(41) {
                        desk.raw(method, path, None, b"").ok(200);
                    }
                });
            }
            let reply = new.post(LINK, credentials("olga", PASSWORD));
            data(&reply, 200, LINKED);
        });
        assert_counts_agree(app);
        call(&new, "PUT", &paths[0]);
        call(&new, "POST", &paths[1]);
        assert_forgotten(app, old.id());
        assert_counts_agree(app);
        let likes = app.anon().get(&paths[0]);
        assert_eq!(data(&likes, 200, "Number of likes"), 1);
        assert_eq!(read_event(&new, &event)["interested"], 1);
        assert_eq!(app.count("select count(*) from comment_likes"), 1);
        assert_eq!(app.count("select count(*) from event_interests"), 1);
    });
}

#[test]
fn whoever_signs_in_meanwhile_is_the_caller_or_nobody() {
    each(|app| {
        let olga = sign_up(app, "olga", "vendor");
        let [ann] = people(app, ["ann"]);
        let replies = at_once(4, |n| match n {
            0 => ann.post(LINK, credentials("olga", PASSWORD)),
            _ => app.anon().post(SIGN_IN, credentials("olga", PASSWORD)),
        });
        data(&replies[0], 200, LINKED);
        for reply in &replies[1..] {
            assert!([200, 401].contains(&reply.status()), "{reply:?}");
            if reply.status() == 200 {
                let status = shown(app, text(&reply.json()["token"]))
                    .get(PROPOSALS)
                    .status();
                assert!([200, 401].contains(&status), "{status}");
            }
        }
        app.changes(&["user.merged"]);
        assert_forgotten(app, olga.id());
        sign_in(app, "olga").get(PROPOSALS).ok(200);
    });
}
