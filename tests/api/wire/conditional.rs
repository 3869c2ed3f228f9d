//! Conditional GET (RFC 9110, section 13): tags, what they answer for, and what caches may keep.

use chrono::TimeDelta;
use serde_json::json;

use super::{id_of, make_comment, picnic};
use crate::support::*;

/// A group of Ann's with an event of hers, on which Bob commented, which interests him, and
/// which is in his private calendar: the paths of all these.
struct Scene<'a> {
    ann: Client<'a>,
    bob: Client<'a>,
    group: String,
    event: String,
    comment: String,
    likes: String,
    calendar: String,
}

impl<'a> Scene<'a> {
    fn set(app: &'a App) -> Scene<'a> {
        let (ann, bob) = (app.user("ann"), app.user("bob"));
        let group = ann.post("/api/groups", json!({ "title": "Walkers" }));
        let group = id_of(&group.ok(201));
        let mut event = picnic();
        event["group_id"] = group.as_str().into();
        let event = id_of(&ann.post("/api/events", event).ok(201));
        let comment = make_comment(&bob, &event);
        care(&bob, &event);
        let made = bob.raw("POST", "/api/users/@me/calendar", None, b"");
        let made = made.ok(201);
        let url = made["data"]["url"].as_str().expect("an address");
        let calendar = url.strip_prefix("http://localhost:8000");
        let groups = ["user.created", "user.created", "group.created"];
        let events = ["event.published", "comment.created", "interest.registered"];
        app.changes(&[groups, events].concat());
        Scene {
            ann,
            bob,
            group: format!("/api/groups/{group}"),
            event: format!("/api/events/{event}"),
            comment: format!("/api/comments/{comment}"),
            likes: format!("/api/likes/{comment}"),
            calendar: calendar.expect("an address of this server").to_owned(),
        }
    }

    /// Every page that stays the same for a while.
    fn pages(&self) -> Vec<String> {
        [
            below("/api", "/events /groups /events.ics /events.atom"),
            below(&self.event, " /comments /interests .ics .jsonld"),
            below(&self.group, " /members /events /events.ics"),
            below(&self.comment, "/images"),
            below("/api/users", &format!("/{}", self.ann.id())),
            vec![self.likes.clone(), self.calendar.clone()],
        ]
        .concat()
    }
}

/// Paths that begin alike, by their ends.
fn below(path: &str, ends: &str) -> Vec<String> {
    let paths = ends.split(' ').map(|end| format!("{path}{end}"));
    paths.collect()
}

/// Shows interest in the event of this id.
fn care(client: &Client, event: &str) {
    let path = format!("/api/users/@me/interests/{event}");
    client.raw("POST", &path, None, b"").ok(200);
}

/// The strong tag of an answer.
#[track_caller]
fn tag(reply: &Reply) -> String {
    let tags = reply.headers_all("ETag");
    assert_eq!(tags.len(), 1, "one tag: {reply:?}");
    let opaque = tags[0].strip_prefix('"');
    let opaque = opaque.and_then(|rest| rest.strip_suffix('"'));
    let right = opaque.is_some_and(|tag| !tag.is_empty() && !tag.contains('"'));
    assert!(right, "a strong tag: {}", tags[0]);
    tags[0].to_owned()
}

/// The same caller, who has the page of this tag.
fn having<'a>(client: &Client<'a>, tag: &str) -> Client<'a> {
    client.with("If-None-Match", tag)
}

/// Asserts what caches are told.
#[track_caller]
fn assert_kept(reply: &Reply, control: &str) {
    assert_eq!(reply.headers_all("Cache-Control"), [control], "{reply:?}");
    let vary = reply.headers_all("Vary").join(",").to_ascii_lowercase();
    let mut names = vary.split(',').map(str::trim);
    assert!(names.any(|name| name == "cookie"), "{reply:?}");
    assert!(reply.headers_all("Set-Cookie").is_empty(), "{reply:?}");
    assert_eq!(reply.headers_all("X-Request-Id").len(), 1, "{reply:?}");
}

/// Asserts a 304 for the page of this tag.
#[track_caller]
fn assert_unchanged(reply: &Reply, expected: &str, control: &str) {
    assert_eq!(reply.status(), 304, "{reply:?}");
    assert_eq!(reply.text(), "");
    assert_eq!(tag(reply), expected);
    assert_kept(reply, control);
}

/// Asserts that nothing of the answer is kept.
#[track_caller]
fn assert_not_kept(reply: &Reply) {
    let control = reply.headers_all("Cache-Control");
    assert_eq!(control, ["no-store"], "{reply:?}");
    assert_eq!(reply.header("ETag"), None, "{reply:?}");
}

/// Asserts that a change moves the tags of these pages, so that whoever has the old pages
/// gets the new ones.
#[track_caller]
fn assert_moves(reader: &Client, pages: &[String], change: impl FnOnce()) {
    let before: Vec<Reply> = pages.iter().map(|page| reader.get(page)).collect();
    change();
    for (page, before) in pages.iter().zip(before) {
        let old = tag(&before);
        let after = having(reader, &old).get(page);
        after.expect_status(200);
        assert_ne!(tag(&after), old, "{page}");
        assert_ne!(after.text(), before.text(), "{page}");
    }
}

/// Asserts that a change ends these pages, also for whoever has them.
#[track_caller]
fn assert_ends(reader: &Client, pages: &[String], change: impl FnOnce()) {
    let tags: Vec<String> = pages.iter().map(|page| tag(&reader.get(page))).collect();
    change();
    for (page, tag) in pages.iter().zip(&tags) {
        for tag in [tag.as_str(), "*"] {
            let reply = having(reader, tag).get(page);
            reply.refused(404);
            assert_not_kept(&reply);
        }
    }
}

#[test]
fn every_page_has_a_tag_that_spares_it() {
    each(|app| {
        let scene = Scene::set(app);
        let anon = app.anon();
        for page in scene.pages() {
            for reader in [&anon, &scene.ann, &scene.bob] {
                let public = reader.cookie().is_none() && page != scene.calendar;
                let control = if public {
                    "no-cache"
                } else {
                    "private, no-cache"
                };
                let first = reader.get(&page);
                first.expect_status(200);
                let tag = tag(&first);
                assert_kept(&first, control);
                // Time alone changes nothing.
                app.clock().advance(TimeDelta::hours(1));
                assert_unchanged(&having(reader, &tag).get(&page), &tag, control);

                let head = reader.raw("HEAD", &page, None, b"");
                head.expect_status(200);
                assert_eq!(head.text(), "");
                assert_eq!(head.header("ETag"), Some(tag.as_str()));
                assert_kept(&head, control);
                let spared = having(reader, &tag).raw("HEAD", &page, None, b"");
                assert_unchanged(&spared, &tag, control);
            }
        }
        app.changes(&[]);
    });
}

#[test]
fn if_none_match_has_many_forms() {
    each(|app| {
        let scene = Scene::set(app);
        let anon = app.anon();
        for page in scene.pages() {
            let first = anon.get(&page);
            let tag = tag(&first);
            let bare = tag.trim_matches('"');
            let cut = bare.get(1..).unwrap_or_default();
            let same = [
                "*",
                "TAG",
                "W/TAG",
                "\"x\", TAG",
                "TAG , \"x\"",
                "\"x\",W/TAG,W/\"y\"",
            ];
            for form in same.map(|form| form.replace("TAG", &tag)) {
                let reply = having(&anon, &form).get(&page);
                assert_eq!(reply.status(), 304, "{page} with {form}");
                assert_eq!(reply.header("ETag"), Some(tag.as_str()));
            }
            let lines = having(&having(&anon, "\"x\""), &tag);
            lines.get(&page).expect_status(304);
            let other = [
                "x", "@", "", ",,", "\"", "\"\"", "\"x\"", "\"*\"", "\"x@\"", "\"#\"", "W/\"x\"",
            ];
            for form in other.map(|form| form.replace('@', bare).replace('#', cut)) {
                let reply = having(&anon, &form).get(&page);
                assert_eq!(reply.status(), 200, "{page} with {form}");
                assert_eq!(reply.text(), first.text(), "{page} with {form}");
            }
        }
    });
}

#[test]
fn one_persons_tag_is_not_anothers() {
    each(|app| {
        let scene = Scene::set(app);
        scene.ann.raw("PUT", &scene.likes, None, b"").ok(200);
        app.changes(&["comment.liked"]);
        let anon = app.anon();
        let readers = [&anon, &scene.ann, &scene.bob];
        let mut different = 0;
        for page in scene.pages() {
            let replies = readers.map(|reader| reader.get(&page));
            for owners in &replies {
                for (reader, mine) in readers.iter().zip(&replies) {
                    if owners.text() != mine.text() {
                        different += 1;
                        let reply = having(reader, &tag(owners)).get(&page);
                        reply.expect_status(200);
                        assert_eq!(reply.text(), mine.text(), "{page}");
                    }
                }
            }
        }
        // At least the event and two lists tell each what is theirs, and comments tell Ann.
        assert!(different >= 6 + 6 + 6 + 4, "{different}");
    });
}

#[test]
fn an_event_moves_its_tags() {
    each(|app| {
        let scene = Scene::set(app);
        let pages = [
            below("/api", "/events /events.ics /events.atom"),
            below(&scene.event, " .ics .jsonld"),
            below(&scene.group, "/events /events.ics"),
            vec![scene.calendar.clone()],
        ];
        for title in ["One", "Two", "Six"] {
            assert_moves(&app.anon(), &pages.concat(), || {
                let changed = json!({ "title": title });
                scene.ann.put(&scene.event, changed).ok(201);
                app.changes(&["event.updated"]);
            });
        }
    });
}

#[test]
fn comments_likes_and_interest_move_tags() {
    each(|app| {
        let scene = Scene::set(app);
        let (ann, bob, anon) = (&scene.ann, &scene.bob, app.anon());
        let id = scene.event.trim_start_matches("/api/events/");
        let comments = below(&scene.event, "/comments");
        let counts = ["/api/events", &scene.event].map(str::to_owned).to_vec();
        let counts = [counts, below(&scene.group, "/events")].concat();
        assert_moves(&anon, &comments, || {
            bob.put(&scene.comment, json!({ "body": "Pie" })).ok(200);
            app.changes(&["comment.updated"]);
        });
        assert_moves(&anon, &comments, || {
            let picture = json!({ "image_url": "https://img.example.org/pie.png" });
            let images = format!("{}/images", scene.comment);
            bob.post(&images, picture).ok(201);
            app.changes(&["comment.updated"]);
        });
        let likes = [comments.clone(), vec![scene.likes.clone()]];
        assert_moves(&anon, &likes.concat(), || {
            ann.raw("PUT", &scene.likes, None, b"").ok(200);
            app.changes(&["comment.liked"]);
        });
        assert_moves(&anon, &[counts.clone(), comments].concat(), || {
            make_comment(ann, id);
            app.changes(&["comment.created"]);
        });
        let interests = below(&scene.event, "/interests");
        assert_moves(&anon, &[counts, interests].concat(), || {
            care(ann, id);
            app.changes(&["interest.registered"]);
        });
    });
}

#[test]
fn groups_and_names_move_tags() {
    each(|app| {
        let scene = Scene::set(app);
        let (ann, bob, anon) = (&scene.ann, &scene.bob, app.anon());
        let groups = ["/api/groups", &scene.group].map(str::to_owned).to_vec();
        assert_moves(&anon, &groups, || {
            ann.put(&scene.group, json!({ "title": "Runners" })).ok(200);
            app.changes(&["group.updated"]);
        });
        let members = below(&scene.group, "/members");
        let member = format!("{}/{}", members[0], bob.id());
        let groups = [groups, members.clone()].concat();
        assert_moves(&anon, &groups, || {
            ann.raw("POST", &member, None, b"").ok(200);
            app.changes(&["group.member_added"]);
        });
        let with_bob = below(&scene.event, "/comments /interests");
        assert_moves(&anon, &[with_bob, members.clone()].concat(), || {
            bob.put("/api/users", json!({ "name": "Bob Lee" })).ok(201);
            app.changes(&["user.updated"]);
        });
        assert_moves(&anon, &groups, || {
            ann.delete(&member).ok(200);
            app.changes(&["group.member_removed"]);
        });
        let with_ann = [
            below(&scene.event, ".jsonld"),
            below("/api", "/events.atom"),
        ];
        assert_moves(&anon, &[with_ann.concat(), members].concat(), || {
            ann.put("/api/users", json!({ "name": "Ann Lee" })).ok(201);
            app.changes(&["user.updated"]);
        });
    });
}

#[test]
fn what_is_deleted_or_hidden_is_no_304() {
    each(|app| {
        let scene = Scene::set(app);
        let anon = app.anon();
        let of_event = below(&scene.event, " /comments /interests .jsonld");
        let of_event = [of_event, vec![scene.likes.clone()]].concat();
        let show = |visible: bool| app.sql(&format!("update events set visible = {visible}"));
        let hidden = [of_event.clone(), below(&scene.event, ".ics")].concat();
        assert_ends(&anon, &hidden, || assert_eq!(show(false), 1));
        assert_eq!(show(true), 1);
        let of_group = below(&scene.group, " /members /events /events.ics");
        let others = [below("/api", "/groups /events"), vec![scene.event.clone()]];
        assert_moves(&anon, &others.concat(), || {
            assert_ends(&anon, &of_group, || {
                scene.ann.delete(&scene.group).no_content()
            });
        });
        app.changes(&["group.deleted"]);
        let others = [
            below("/api", "/events /events.ics /events.atom"),
            below(&scene.event, ".ics"),
            vec![scene.calendar.clone()],
        ];
        assert_moves(&anon, &others.concat(), || {
            assert_ends(&anon, &of_event, || {
                scene.ann.delete(&scene.event).no_content()
            });
        });
        app.changes(&["event.cancelled"]);
    });
}

#[test]
fn other_answers_are_not_kept() {
    each(|app| {
        let scene = Scene::set(app);
        let any = having(&scene.bob, "*");
        for page in [
            below("/api/users", " /@me/interests /@me/groups"),
            below("/api/auth", "/@me /sessions"),
        ]
        .concat()
        {
            let reply = any.get(&page);
            reply.expect_status(200);
            assert_not_kept(&reply);
        }
        let bad = "/events?limit=0 /groups?cursor=x /events.ics?from=x /events.atom?to=x";
        for page in below("/api", bad) {
            let reply = any.get(&page);
            reply.refused(400);
            assert_not_kept(&reply);
        }
        let made = any.post("/api/events", picnic());
        made.expect_status(201);
        assert_not_kept(&made);
        app.changes(&["event.published"]);
    });
}
