//! Likes and interest from many threads at once: the counts are the rows, and what is recorded
//! is what happened.

use std::sync::Barrier;
use std::thread;

use super::*;

const NAMES: [&str; 8] = ["ann", "bob", "cem", "dag", "eve", "fay", "gil", "hal"];

const LIKED: &str = "Liked";
const UNLIKED: &str = "UnLiked";
const NO_COMMENT: &str = "Comment not found";
const REGISTERED: &str = "Interest registered.";
const TWICE: &str = "Interest cannot be registered twice.";
const WITHDRAWN: &str = "Interest deleted";
const NEVER: &str = "user has not previously shown interest";
const NO_EVENT: &str = "User or Event not found";

/// Runs something at the same moment on so many threads; what they give, in their order.
fn at_once<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    let (start, act) = (&start, &act);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    act(n)
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|done| done.expect("no thread fails")).collect()
    })
}

/// A call about a comment's likes, without a body.
fn like(client: &Client, method: &str, comment: &Value) -> Reply {
    let path = format!("/api/likes/{}", id_of(comment));
    client.raw(method, &path, None, b"")
}

/// A call about the caller's interest in an event, without a body.
fn interest(client: &Client, method: &str, event: &Value) -> Reply {
    let path = format!("/api/users/@me/interests/{}", id_of(event));
    client.raw(method, &path, None, b"")
}

/// The sentence of a good answer.
#[track_caller]
fn sentence(reply: &Reply) -> String {
    text(&reply.ok(200)["message"]).to_owned()
}

/// How many of these answers are good and say this.
fn saying(replies: &[Reply], message: &str) -> usize {
    let good = replies.iter().filter(|reply| reply.status() == 200);
    good.filter(|reply| sentence(reply) == message).count()
}

/// Asserts that all answers are good with these sentences, or this 404.
#[track_caller]
fn good_or_not_found(replies: &[Reply], messages: [&str; 2], not_found: &str) {
    for reply in replies {
        match reply.status() {
            200 => assert!(messages.contains(&sentence(reply).as_str()), "{reply:?}"),
            _ => reply.error(404, not_found),
        }
    }
}

/// Asserts how often these topics were recorded.
#[track_caller]
fn recorded(app: &App, expected: &[(&str, usize)]) {
    for (topic, times) in expected {
        let query = format!("select count(*) from changes where topic = '{topic}'");
        assert_eq!(usize::try_from(app.count(&query)), Ok(*times), "{topic}");
    }
}

/// Asserts how many people like a comment: the rows, the count, and what is told of it.
#[track_caller]
fn assert_likes(app: &App, comment: &Value, likes: usize) {
    let id = id_of(comment);
    let rows = format!("select count(*) from comment_likes where comment_id = '{id}'");
    assert_eq!(usize::try_from(app.count(&rows)), Ok(likes), "rows");
    let counter = format!("select likes from comments where id = '{id}'");
    assert_eq!(usize::try_from(app.count(&counter)), Ok(likes), "counter");
    let told = like(&app.anon(), "GET", comment).ok(200);
    assert_eq!(told["data"], likes);
}

/// Asserts how many people an event interests: the rows, the count, and what is told of it.
#[track_caller]
fn assert_interested(app: &App, event: &Value, people: usize) {
    let id = id_of(event);
    let rows = format!("select count(*) from event_interests where event_id = '{id}'");
    assert_eq!(usize::try_from(app.count(&rows)), Ok(people), "rows");
    let counter = format!("select interested from event_counters where event_id = '{id}'");
    assert_eq!(usize::try_from(app.count(&counter)), Ok(people), "counter");
    assert_eq!(read_event(&app.anon(), event)["interested"], people);
    let path = format!("/api/events/{id}/interests");
    let told = app.anon().get(&path).ok(200);
    assert_eq!(told["total"], people);
    assert_eq!(told["data"].as_array().map(Vec::len), Some(people));
}

#[test]
fn many_who_like_and_unlike_one_comment_at_once_are_counted_right() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        let comment = say(app, &clients[0], &event, "Hello");
        // Everyone toggles ten times, and every other person once more.
        at_once(8, |n| {
            for turn in 0..10 + n % 2 {
                let answer = like(&clients[n], "POST", &comment).ok(200);
                let likes = answer["data"].as_u64().expect("a number");
                let (message, possible) = match turn % 2 {
                    0 => (LIKED, 1..=8),
                    _ => (UNLIKED, 0..=7),
                };
                assert_eq!(answer["message"], message, "{n}, turn {turn}");
                assert!(possible.contains(&likes), "{answer}");
            }
        });
        assert_likes(app, &comment, 4);
        recorded(app, &[("comment.liked", 44), ("comment.unliked", 40)]);
        for (n, client) in clients.iter().enumerate() {
            let (items, _) = page(client, &comments_path(&event), None);
            assert_eq!(items[0]["likes"], 4);
            assert_eq!(items[0]["liked_by_me"], n % 2 == 1);
        }
    });
}

#[test]
fn likes_that_are_set_and_cleared_again_and_again_count_once() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        let comment = say(app, &clients[0], &event, "Hello");
        at_once(8, |n| {
            for _ in 0..3 {
                for (method, message) in [("PUT", LIKED), ("DELETE", UNLIKED)] {
                    for _ in 0..2 {
                        let reply = like(&clients[n], method, &comment);
                        assert_eq!(sentence(&reply), message);
                    }
                }
            }
            assert_eq!(sentence(&like(&clients[n], "PUT", &comment)), LIKED);
        });
        assert_likes(app, &comment, 8);
        recorded(app, &[("comment.liked", 32), ("comment.unliked", 24)]);
    });
}

#[test]
fn one_person_who_toggles_from_many_threads_toggles_each_time() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let desk = app.user("ann");
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let replies = at_once(7, |n| {
            let client = [&ann, &desk][n % 2];
            [0; 5].map(|_| like(client, "POST", &comment))
        });
        let replies: Vec<Reply> = replies.into_iter().flatten().collect();
        for reply in &replies {
            let answer = reply.ok(200);
            let likes = usize::from(answer["message"] == LIKED);
            assert_eq!(answer["data"], likes, "{answer}");
        }
        let toggles = [LIKED, UNLIKED].map(|message| saying(&replies, message));
        assert_eq!(toggles, [18, 17]);
        recorded(app, &[("comment.liked", 18), ("comment.unliked", 17)]);
        assert_likes(app, &comment, 1);
    });
}

#[test]
fn one_person_who_sets_a_like_from_many_threads_likes_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let desk = app.user("ann");
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        for round in 1..=3 {
            for (method, message, likes) in [("PUT", LIKED, 1), ("DELETE", UNLIKED, 0)] {
                let replies = at_once(8, |n| like([&ann, &desk][n % 2], method, &comment));
                let expected = json!({ "message": message, "data": likes });
                for reply in &replies {
                    assert_eq!(reply.ok(200), expected, "{method}, round {round}");
                }
                assert_likes(app, &comment, likes);
            }
            recorded(app, &[("comment.liked", round), ("comment.unliked", round)]);
        }
    });
}

#[test]
fn one_key_used_at_once_toggles_and_registers_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let comment = say(app, &ann, &event, "Hello");
        let replayed = |replies: &[Reply]| {
            let is_replay = |reply: &&Reply| reply.header("Idempotency-Replayed") == Some("true");
            replies.iter().filter(is_replay).count()
        };
        let keyed = ann.with("Idempotency-Key", "like-1");
        let replies = at_once(8, |_| like(&keyed, "POST", &comment));
        assert_eq!((saying(&replies, LIKED), replayed(&replies)), (8, 7));
        app.changes(&["comment.liked"]);
        assert_likes(app, &comment, 1);
        let keyed = ann.with("Idempotency-Key", "interest-1");
        let replies = at_once(8, |_| interest(&keyed, "POST", &event));
        assert_eq!((saying(&replies, REGISTERED), replayed(&replies)), (8, 7));
        app.changes(&["interest.registered"]);
        assert_interested(app, &event, 1);
    });
}

#[test]
fn likes_race_with_the_deletion_of_their_comment() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        let comments = [0; 4].map(|_| say(app, &clients[0], &event, "Hello"));
        let mut answers = Vec::new();
        for comment in &comments {
            let mut replies = at_once(8, |n| match n {
                0 => vec![clients[0].delete(&comment_path(comment))],
                n => Vec::from([0; 3].map(|_| like(&clients[n], "POST", comment))),
            });
            replies.remove(0)[0].no_content();
            answers.extend(replies.into_iter().flatten());
            like(&app.anon(), "GET", comment).error(404, NO_COMMENT);
        }
        good_or_not_found(&answers, [LIKED, UNLIKED], NO_COMMENT);
        recorded(
            app,
            &[
                ("comment.liked", saying(&answers, LIKED)),
                ("comment.unliked", saying(&answers, UNLIKED)),
                ("comment.deleted", 4),
            ],
        );
        assert_eq!(app.count("select count(*) from comment_likes"), 0);
        assert_eq!(app.count("select count(*) from comments"), 0);
        assert_eq!(read_event(&app.anon(), &event)["comments"], 0);
    });
}

#[test]
fn likes_and_interest_race_with_the_deletion_of_the_event() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        let comment = say(app, &clients[1], &event, "Hello");
        let mut replies = at_once(8, |n| match n {
            0 => vec![clients[0].delete(&event_path(&event))],
            1..=4 => Vec::from([0; 3].map(|_| like(&clients[n], "POST", &comment))),
            _ => Vec::from(
                ["POST", "DELETE", "POST"].map(|method| interest(&clients[n], method, &event)),
            ),
        });
        replies.remove(0)[0].no_content();
        let interests: Vec<Reply> = replies.split_off(4).into_iter().flatten().collect();
        let likes: Vec<Reply> = replies.into_iter().flatten().collect();
        good_or_not_found(&likes, [LIKED, UNLIKED], NO_COMMENT);
        good_or_not_found(&interests, [REGISTERED, WITHDRAWN], NO_EVENT);
        recorded(
            app,
            &[
                ("comment.liked", saying(&likes, LIKED)),
                ("comment.unliked", saying(&likes, UNLIKED)),
                ("interest.registered", saying(&interests, REGISTERED)),
                ("interest.removed", saying(&interests, WITHDRAWN)),
                ("event.cancelled", 1),
            ],
        );
        for client in &clients {
            like(client, "PUT", &comment).error(404, NO_COMMENT);
            interest(client, "POST", &event).error(404, NO_EVENT);
        }
        app.clock().advance(TimeDelta::days(31));
        app.sweep();
        assert_eq!(app.count("select count(*) from comment_likes"), 0);
        assert_eq!(app.count("select count(*) from event_interests"), 0);
    });
}

#[test]
fn many_whose_interest_comes_and_goes_at_once_are_counted_right() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        // Everyone comes and goes five times, and every other person comes back.
        at_once(8, |n| {
            let say = |method| sentence(&interest(&clients[n], method, &event));
            for turn in 0..5 {
                assert_eq!(say("POST"), REGISTERED, "{n}, turn {turn}");
                assert_eq!(say("DELETE"), WITHDRAWN, "{n}, turn {turn}");
            }
            if n % 2 == 1 {
                assert_eq!(say("POST"), REGISTERED);
            }
        });
        assert_interested(app, &event, 4);
        recorded(
            app,
            &[("interest.registered", 44), ("interest.removed", 40)],
        );
        for (n, client) in clients.iter().enumerate() {
            let by_me = read_event(client, &event)["interested_by_me"].take();
            assert_eq!(by_me, n % 2 == 1);
            let (mine, _) = page(client, "/api/users/@me/interests", None);
            assert_eq!(mine.len(), n % 2);
        }
    });
}

#[test]
fn one_person_who_comes_from_many_threads_is_interested_once() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let desk = app.user("ann");
        let event = announce(app, &ann, "Walk");
        for round in 1..=3 {
            let replies = at_once(8, |n| interest([&ann, &desk][n % 2], "POST", &event));
            let said = [REGISTERED, TWICE].map(|message| saying(&replies, message));
            assert_eq!(said, [1, 7], "round {round}");
            assert_interested(app, &event, 1);
            let replies = at_once(8, |n| interest([&ann, &desk][n % 2], "DELETE", &event));
            let said = [WITHDRAWN, NEVER].map(|message| saying(&replies, message));
            assert_eq!(said, [1, 7], "round {round}");
            assert_interested(app, &event, 0);
            recorded(
                app,
                &[("interest.registered", round), ("interest.removed", round)],
            );
        }
    });
}

#[test]
fn one_person_who_comes_and_goes_from_many_threads_is_there_or_not() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let desk = app.user("ann");
        let event = announce(app, &ann, "Walk");
        let replies = at_once(8, |n| {
            let (client, method) = [(&ann, "POST"), (&desk, "DELETE")][n % 2];
            [0; 5].map(|_| interest(client, method, &event))
        });
        let replies: Vec<Reply> = replies.into_iter().flatten().collect();
        let said = |message: &str| saying(&replies, message);
        let (came, went) = (said(REGISTERED), said(WITHDRAWN));
        assert_eq!((came + said(TWICE), went + said(NEVER)), (20, 20));
        assert!(came == went || came == went + 1, "{came} came, {went} went");
        assert_interested(app, &event, came - went);
        recorded(
            app,
            &[("interest.registered", came), ("interest.removed", went)],
        );
    });
}

#[test]
fn comments_and_interest_at_once_are_counted_each_for_itself() {
    each(|app| {
        let clients = people(app, NAMES);
        let event = announce(app, &clients[0], "Walk");
        at_once(8, |n| {
            for turn in 0..5 {
                let body = json!({ "body": format!("comment {turn}") });
                clients[n].post(&comments_path(&event), body).ok(201);
                let method = ["POST", "DELETE"][turn % 2];
                interest(&clients[n], method, &event).ok(200);
            }
        });
        assert_interested(app, &event, 8);
        assert_eq!(read_event(&app.anon(), &event)["comments"], 40);
        assert_eq!(app.count("select comments from event_counters"), 40);
        recorded(
            app,
            &[
                ("comment.created", 40),
                ("interest.registered", 24),
                ("interest.removed", 16),
            ],
        );
    });
}

#[test]
fn comments_are_saved_while_many_show_interest() {
    each(|app| {
        let names = ["ann", "bob", "cem", "dag", "eve", "fay"];
        let clients = people(app, names);
        let event = announce(app, &clients[0], "Walk");
        let (path, comments) = (
            format!("/api/users/@me/interests/{}", id_of(&event)),
            comments_path(&event),
        );
        let done = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            for client in &clients[1..] {
                let (path, done) = (&path, &done);
                scope.spawn(move || {
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        client.raw("POST", path, None, b"").ok(200);
                        client.delete(path).ok(200);
                    }
                });
            }
            // Each of them has the event's counters to itself for a moment, however many come.
            for n in 0..20 {
                let body = json!({ "body": format!("comment {n}") });
                let saved = clients[0].post(&comments, body).ok(201);
                let made = comment_path(&saved["data"]);
                clients[0].delete(&made).no_content();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(app.count("select comments from event_counters"), 0);
        assert_eq!(app.count("select interested from event_counters"), 0);
    });
}
