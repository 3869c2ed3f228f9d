//! Likes of comments: `/api/likes/{comment_id}`.

use super::*;

const LIKED: &str = "Liked";
const UNLIKED: &str = "UnLiked";
const NUMBER: &str = "Number of likes";
const NO_COMMENT: &str = "Comment not found";
const NOT_ALLOWED: &str = "you are not allowed to perform such actions";

/// The calls that change a like.
const WRITES: [&str; 3] = ["POST", "PUT", "DELETE"];

/// All calls about likes.
const CALLS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// Asks about the likes of the comment of this id, without a body.
fn ask(client: &Client, method: &str, id: &str) -> Reply {
    client.raw(method, &format!("/api/likes/{id}"), None, b"")
}

fn call(client: &Client, method: &str, comment: &Value) -> Reply {
    ask(client, method, id_of(comment))
}

/// Asserts an answer's sentence and number, and that it holds nothing else.
#[track_caller]
fn says(reply: &Reply, message: &str, likes: usize) {
    assert_eq!(reply.ok(200), json!({ "message": message, "data": likes }));
}

/// Asserts how many people like a comment: as anyone is told, and in the tables.
#[track_caller]
fn assert_likes(app: &App, comment: &Value, likes: usize) {
    says(&call(&app.anon(), "GET", comment), NUMBER, likes);
    let id = id_of(comment);
    for query in [
        format!("select count(*) from comment_likes where comment_id = '{id}'"),
        format!("select likes from comments where id = '{id}'"),
    ] {
        assert_eq!(usize::try_from(app.count(&query)), Ok(likes), "{query}");
    }
}

/// Likes a comment and drains the change.
#[track_caller]
fn like(app: &App, client: &Client, comment: &Value) {
    let answer = call(client, "PUT", comment).ok(200);
    assert_eq!(answer["message"], LIKED);
    app.changes(&["comment.liked"]);
}

/// The only comment on an event, as a reader's list shows it.
#[track_caller]
fn listed(client: &Client, event: &Value) -> Value {
    let (mut items, next) = page(client, &comments_path(event), None);
    assert_eq!((items.len(), next), (1, None));
    items.remove(0)
}

/// The comment with what a list tells of its likes.
fn with_likes(comment: &Value, likes: usize, by_me: bool) -> Value {
    set(set(comment.clone(), "likes", likes), "liked_by_me", by_me)
}

/// Asserts that to these people and to nobody signed in a comment is not there.
#[track_caller]
fn assert_hidden(app: &App, comment: &Value, people: &[&Client]) {
    for person in people {
        for method in CALLS {
            call(person, method, comment).error(404, NO_COMMENT);
        }
    }
    call(&app.anon(), "GET", comment).error(404, NO_COMMENT);
    app.changes(&[]);
}

/// A caller with a cookie of no session.
fn pretender(app: &App) -> Client<'_> {
    app.anon()
        .with("Cookie", "session=AAAAAAAAAAAAAAAAAAAAAAAA")
}

/// An event of `creator` and a comment on it by `author`.
#[track_caller]
fn scene(app: &App, creator: &Client, author: &Client) -> (Value, Value) {
    let event = announce(app, creator, "Walk");
    let comment = say(app, author, &event, "Hello");
    (event, comment)
}

#[test]
fn whoever_is_signed_in_likes_and_is_told_the_number() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (_, comment) = scene(app, &ann, &bob);
        assert_likes(app, &comment, 0);
        for (before, person) in [&eve, &ann, &bob].into_iter().enumerate() {
            says(&call(person, "POST", &comment), LIKED, before + 1);
            app.changes(&["comment.liked"]);
            assert_likes(app, &comment, before + 1);
        }
    });
}

#[test]
fn post_toggles_put_sets_and_delete_clears() {
    each(|app| {
        let [ann, eve] = people(app, ["ann", "eve"]);
        let (_, comment) = scene(app, &ann, &ann);
        let (liked, unliked) = (Some("comment.liked"), Some("comment.unliked"));
        for (person, method, message, likes, change) in [
            (&ann, "DELETE", UNLIKED, 0, None),
            (&ann, "POST", LIKED, 1, liked),
            (&ann, "POST", UNLIKED, 0, unliked),
            (&ann, "POST", LIKED, 1, liked),
            (&ann, "PUT", LIKED, 1, None),
            (&eve, "DELETE", UNLIKED, 1, None),
            (&eve, "PUT", LIKED, 2, liked),
            (&eve, "PUT", LIKED, 2, None),
            (&ann, "DELETE", UNLIKED, 1, unliked),
            (&ann, "DELETE", UNLIKED, 1, None),
            (&ann, "PUT", LIKED, 2, liked),
            (&ann, "POST", UNLIKED, 1, unliked),
            (&eve, "POST", UNLIKED, 0, unliked),
            (&eve, "DELETE", UNLIKED, 0, None),
        ] {
            let answer = call(person, method, &comment).ok(200);
            let expected = json!({ "message": message, "data": likes });
            assert_eq!(answer, expected, "{method}, then {message} {likes}");
            app.changes(change.as_slice());
            assert_likes(app, &comment, likes);
        }
    });
}

#[test]
fn likes_are_of_one_comment() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, first) = scene(app, &ann, &ann);
        tick(app);
        let second = say(app, &ann, &event, "Hello?");
        like(app, &bob, &second);
        assert_likes(app, &first, 0);
        assert_likes(app, &second, 1);
        let (items, _) = page(&bob, &comments_path(&event), None);
        let expected = [with_likes(&first, 0, false), with_likes(&second, 1, true)];
        assert_eq!(items, expected);
        says(&call(&bob, "DELETE", &first), UNLIKED, 0);
        app.changes(&[]);
        assert_likes(app, &second, 1);
    });
}

#[test]
fn likes_are_public_and_change_nothing_else_of_a_comment() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (event, comment) = scene(app, &ann, &bob);
        tick(app);
        like(app, &ann, &comment);
        like(app, &bob, &comment);
        for (reader, by_me) in [
            (&ann, true),
            (&bob, true),
            (&eve, false),
            (&app.anon(), false),
            (&pretender(app), false),
        ] {
            assert_eq!(listed(reader, &event), with_likes(&comment, 2, by_me));
            says(&call(reader, "GET", &comment), NUMBER, 2);
        }
        app.changes(&[]);
        says(&call(&ann, "POST", &comment), UNLIKED, 1);
        app.changes(&["comment.unliked"]);
        for (reader, by_me) in [(&ann, false), (&bob, true), (&app.anon(), false)] {
            assert_eq!(listed(reader, &event), with_likes(&comment, 1, by_me));
        }
    });
}

#[test]
fn whoever_writes_a_comment_is_told_its_likes() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, comment) = scene(app, &ann, &bob);
        assert_eq!(with_likes(&comment, 0, false), comment);
        like(app, &ann, &comment);
        let edited = |body: &str| {
            let reply = bob.put(&comment_path(&comment), json!({ "body": body }));
            let edited = data(&reply, 200, "Comment updated successfully");
            assert_eq!(listed(&bob, &event), edited);
            (edited["likes"].clone(), edited["liked_by_me"].clone())
        };
        assert_eq!(edited("Hi"), (json!(1), json!(false)));
        app.changes(&["comment.updated"]);
        like(app, &bob, &comment);
        assert_eq!(edited("Good morning"), (json!(2), json!(true)));
        // Also where the edit changes nothing.
        assert_eq!(edited("Good morning"), (json!(2), json!(true)));
        app.changes(&["comment.updated"]);
        let picture = json!({ "image_url": "https://img.example.org/a.png" });
        bob.post(&images_path(&comment), picture).ok(201);
        app.changes(&["comment.updated"]);
        assert_likes(app, &comment, 2);
    });
}

#[test]
fn a_body_says_nothing_about_whose_like_it_is_or_how_many() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, comment) = scene(app, &ann, &bob);
        let path = format!("/api/likes/{}", id_of(&comment));
        let forged = json!({ "likes": 1000, "data": -1, "user_id": bob.id() });
        says(&ann.post(&path, forged.clone()), LIKED, 1);
        says(&ann.put(&path, forged), LIKED, 1);
        app.changes(&["comment.liked"]);
        assert_likes(app, &comment, 1);
        assert_eq!(listed(&bob, &event), with_likes(&comment, 1, false));
    });
}

#[test]
fn whoever_is_not_signed_in_likes_nothing() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (_, comment) = scene(app, &ann, &ann);
        like(app, &bob, &comment);
        let gone = app.user("bob");
        gone.get("/api/auth/logout").no_content();
        for method in WRITES {
            for nobody in [&app.anon(), &pretender(app), &gone] {
                call(nobody, method, &comment).refused(401);
                let keyed = nobody.with("Idempotency-Key", "like-1");
                call(&keyed, method, &comment).refused(401);
            }
        }
        app.changes(&[]);
        assert_likes(app, &comment, 1);
    });
}

#[test]
fn an_unknown_or_malformed_comment_is_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (event, comment) = scene(app, &ann, &ann);
        let long = "a".repeat(4000);
        let odd = ["%27%20or%201%3D1", "%3Cscript%3E", "@me", long.as_str()];
        let others = [UNKNOWN, id_of(&event), ann.id()];
        for id in MALFORMED.into_iter().chain(others).chain(odd) {
            for method in CALLS {
                ask(&ann, method, id).error(404, NO_COMMENT);
            }
            ask(&app.anon(), "GET", id).error(404, NO_COMMENT);
        }
        app.changes(&[]);
        assert_likes(app, &comment, 0);
    });
}

#[test]
fn the_likes_of_a_deleted_comment_are_gone() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (event, comment) = scene(app, &ann, &bob);
        let kept = say(app, &bob, &event, "Hello?");
        for liked in [&comment, &kept] {
            like(app, &ann, liked);
            like(app, &eve, liked);
        }
        bob.delete(&comment_path(&comment)).no_content();
        app.changes(&["comment.deleted"]);
        assert_hidden(app, &comment, &[&ann, &bob, &eve]);
        assert_eq!(app.count("select count(*) from comment_likes"), 2);
        assert_likes(app, &kept, 2);
    });
}

#[test]
fn a_comment_on_a_deleted_event_is_not_found() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (event, comment) = scene(app, &ann, &bob);
        like(app, &eve, &comment);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        assert_hidden(app, &comment, &[&ann, &bob, &eve]);
        app.clock().advance(TimeDelta::days(31));
        app.sweep();
        assert_eq!(app.count("select count(*) from comment_likes"), 0);
        app.changes(&[]);
    });
}

#[test]
fn a_comment_on_anothers_draft_is_not_found() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (event, comment) = scene(app, &ann, &bob);
        like(app, &eve, &comment);
        let visible = |visible: bool| {
            let id = id_of(&event);
            let update = format!("update events set visible = {visible} where id = '{id}'");
            assert_eq!(app.sql(&update), 1);
        };
        visible(false);
        assert_hidden(app, &comment, &[&bob, &eve]);
        says(&call(&ann, "GET", &comment), NUMBER, 1);
        says(&call(&ann, "POST", &comment), LIKED, 2);
        app.changes(&["comment.liked"]);
        visible(true);
        assert_likes(app, &comment, 2);
        says(&call(&eve, "DELETE", &comment), UNLIKED, 1);
        app.changes(&["comment.unliked"]);
    });
}

#[test]
fn someone_suspended_likes_nothing_and_takes_no_like_back() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, liked) = scene(app, &ann, &ann);
        like(app, &bob, &liked);
        let other = say(app, &ann, &announce(app, &ann, "Talk"), "Hello");
        let set_suspended = |to: &str| {
            let id = bob.id();
            let update = format!("update users set suspended_at = {to} where id = '{id}'");
            assert_eq!(app.sql(&update), 1);
        };
        set_suspended("created_at");
        let again = app.user("bob");
        for method in WRITES {
            for comment in [&liked, &other] {
                call(&again, method, comment).error(403, NOT_ALLOWED);
                call(&bob, method, comment).error(403, NOT_ALLOWED);
            }
        }
        app.changes(&[]);
        assert_likes(app, &liked, 1);
        assert_likes(app, &other, 0);
        // Reading stays.
        assert_eq!(listed(&again, &event)["liked_by_me"], true);
        set_suspended("null");
        says(&call(&again, "POST", &liked), UNLIKED, 0);
        app.changes(&["comment.unliked"]);
    });
}

#[test]
fn a_repeated_toggle_happens_once() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (_, comment) = scene(app, &ann, &ann);
        let [keyed, other] = [&ann, &bob].map(|person| person.with("Idempotency-Key", "like-1"));
        let toggle = |client: &Client, message: &str, likes: usize, replayed: bool| {
            let reply = call(client, "POST", &comment);
            says(&reply, message, likes);
            let header = reply.header("Idempotency-Replayed");
            assert_eq!(header, replayed.then_some("true"));
        };
        toggle(&keyed, LIKED, 1, false);
        // Another person's key is another key.
        toggle(&other, LIKED, 2, false);
        toggle(&ann, UNLIKED, 1, false);
        app.changes(&["comment.liked", "comment.liked", "comment.unliked"]);
        for _ in 0..2 {
            toggle(&keyed, LIKED, 1, true);
        }
        app.changes(&[]);
        assert_likes(app, &comment, 1);
        app.clock().advance(TimeDelta::hours(25));
        toggle(&keyed, LIKED, 2, false);
        app.changes(&["comment.liked"]);
    });
}

#[test]
fn a_key_is_for_one_call_and_free_after_a_refusal() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (event, comment) = scene(app, &ann, &ann);
        let other = say(app, &ann, &event, "Hello?");
        let keyed = ann.with("Idempotency-Key", "like-1");
        ask(&keyed, "POST", UNKNOWN).error(404, NO_COMMENT);
        says(&call(&keyed, "POST", &comment), LIKED, 1);
        app.changes(&["comment.liked"]);
        let answer = call(&keyed, "POST", &other).ok(422);
        assert_eq!(answer["error"], "Unprocessable Entity");
        let bad = ann.with("Idempotency-Key", "");
        call(&bad, "POST", &comment).refused(400);
        app.changes(&[]);
        assert_likes(app, &comment, 1);
        assert_likes(app, &other, 0);
    });
}
