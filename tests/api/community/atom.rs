//! `GET /api/events.atom`: the newest events as a feed (RFC 4287), read by a parser that is not
//! the server's.

use std::collections::BTreeSet;

use chrono::Utc;
use roxmltree::{Document, Node};

use super::*;

const FEED: &str = "/api/events.atom";
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// An entry, as a reader understands it.
#[derive(Debug)]
struct Entry {
    id: String,
    title: String,
    updated: DateTime<Utc>,
    published: DateTime<Utc>,
    /// Where the `alternate` leads.
    link: String,
    author: Option<String>,
    content: String,
}

/// The children of this name.
fn children<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Vec<Node<'a, 'input>> {
    let named = node.children();
    named
        .filter(|child| child.has_tag_name((ATOM, name)))
        .collect()
}

/// The only child of this name.
#[track_caller]
fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Node<'a, 'input> {
    let children = children(node, name);
    assert_eq!(children.len(), 1, "one {name} in {node:?}");
    children[0]
}

/// The text of an element that holds plain text and no markup.
#[track_caller]
fn plain(node: Node<'_, '_>) -> String {
    let kind = node.attribute("type");
    assert!([None, Some("text")].contains(&kind), "{node:?}");
    assert!(node.children().all(|child| child.is_text()), "{node:?}");
    let texts = node.children().filter_map(|child| child.text());
    texts.collect()
}

#[track_caller]
fn moment(node: Node<'_, '_>, name: &str) -> DateTime<Utc> {
    let text = plain(child(node, name));
    let moment = DateTime::parse_from_rfc3339(&text);
    let moment = moment.unwrap_or_else(|error| panic!("{name} {text}: {error}"));
    moment.with_timezone(&Utc)
}

#[track_caller]
fn entry(node: Node<'_, '_>) -> Entry {
    let mut links = children(node, "link");
    links.retain(|link| matches!(link.attribute("rel"), None | Some("alternate")));
    assert_eq!(links.len(), 1, "one alternate in {node:?}");
    let authors = children(node, "author");
    let author = authors.first().map(|author| plain(child(*author, "name")));
    Entry {
        id: plain(child(node, "id")),
        title: plain(child(node, "title")),
        updated: moment(node, "updated"),
        published: moment(node, "published"),
        link: links[0].attribute("href").unwrap_or_default().to_owned(),
        author,
        content: plain(child(node, "content")),
    }
}

/// The entries of a feed that has all that a feed must have.
#[track_caller]
fn entries(reply: &Reply) -> Vec<Entry> {
    reply.expect_status(200);
    let kind = reply.header("Content-Type");
    assert_eq!(kind, Some("application/atom+xml; charset=utf-8"));
    let document = Document::parse(reply.text());
    let document = document.unwrap_or_else(|error| panic!("{error}: {}", reply.text()));
    let feed = document.root_element();
    assert!(feed.has_tag_name((ATOM, "feed")), "{}", reply.text());
    for name in ["id", "title"] {
        assert!(!plain(child(feed, name)).is_empty(), "the feed's {name}");
    }
    let updated = moment(feed, "updated");
    let entries: Vec<Entry> = children(feed, "entry").into_iter().map(entry).collect();
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids.len(), entries.len(), "ids are unique");
    for entry in &entries {
        assert!(updated >= entry.updated, "the feed is older than {entry:?}");
        assert!(entry.updated >= entry.published, "{entry:?}");
        let author = entry.author.as_deref().unwrap_or_default();
        let of_feed = children(feed, "author").len();
        assert!(!author.is_empty() || of_feed > 0, "by nobody: {entry:?}");
    }
    entries
}

/// The titles in a feed, in its order.
#[track_caller]
fn titles(client: &Client, query: &str) -> Vec<String> {
    let entries = entries(&client.get(&format!("{FEED}{query}")));
    entries.into_iter().map(|entry| entry.title).collect()
}

/// A moment of the feed as the JSON answers write it.
fn stamp(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Announces one event after the other, the newest last.
fn announce_all(app: &App, client: &Client, titles: &[&str]) -> Vec<Value> {
    let announced = titles.iter().map(|title| {
        tick(app);
        announce(app, client, title)
    });
    announced.collect()
}

#[test]
fn an_entry_says_all_about_its_event() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let event = announce(app, &ann, "Walk");
        tick(app);
        let reply = ann.put(
            &event_path(&event),
            json!({ "description": "Bring boots." }),
        );
        let event = data(&reply, 201, "item updated");
        app.changes(&["event.updated"]);
        for reader in [&ann, &bob, &app.anon()] {
            let entries = entries(&reader.get(FEED));
            assert_eq!(entries.len(), 1);
            let seen = &entries[0];
            assert_eq!(seen.id, format!("urn:uuid:{}", id_of(&event)));
            assert_eq!(seen.title, "Walk");
            assert_eq!(stamp(seen.updated), event["updated_at"]);
            assert_eq!(stamp(seen.published), event["created_at"]);
            assert!(seen.updated > seen.published);
            let link = format!("http://localhost:8000/api/events/{}", id_of(&event));
            assert_eq!(seen.link, link);
            assert_eq!(seen.author.as_deref(), Some("ann"));
            assert_eq!(seen.content, "Bring boots.");
        }
        app.changes(&[]);
    });
}

#[test]
fn links_lead_to_the_address_that_users_see() {
    each_with(&[("PUBLIC_URL", "https://events.example.org")], |app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let entries = entries(&app.anon().get(FEED));
        let link = format!("https://events.example.org/api/events/{}", id_of(&event));
        assert_eq!(entries[0].link, link);
    });
}

#[test]
fn the_newest_event_comes_first_whatever_changes_later() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let events = announce_all(app, &ann, &["one", "two", "three"]);
        tick(app);
        ann.put(&event_path(&events[0]), json!({ "location": "Pier" }))
            .ok(201);
        app.changes(&["event.updated"]);
        assert_eq!(titles(&app.anon(), ""), ["three", "two", "one"]);
        app.sql("update events set created_at = (select min(created_at) from events)");
        let mut tied = titles(&app.anon(), "");
        assert_eq!(tied, titles(&app.anon(), ""));
        tied.sort_unstable();
        assert_eq!(tied, ["one", "three", "two"]);
    });
}

#[test]
fn a_feed_has_the_50_newest_events_or_as_many_as_limit_says() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let names: Vec<String> = (0..103).map(|n| format!("Walk {n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        announce_all(app, &ann, &names);
        let newest: Vec<&str> = names.into_iter().rev().collect();
        assert_eq!(titles(&app.anon(), ""), newest[..50]);
        for limit in [1, 2, 50, 100] {
            let query = format!("?limit={limit}");
            assert_eq!(titles(&app.anon(), &query), newest[..limit], "{limit}");
        }
        for limit in ["0", "101", "-1", "abc", "", "1.5"] {
            app.anon()
                .get(&format!("{FEED}?limit={limit}"))
                .refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn an_empty_feed_is_a_feed_that_does_not_change() {
    each(|app| {
        let before = app.anon().get(FEED);
        assert!(entries(&before).is_empty());
        app.clock().advance(TimeDelta::hours(1));
        assert_eq!(app.anon().get(FEED).text(), before.text());
        app.changes(&[]);
    });
}

#[test]
fn a_feed_takes_the_filters_of_the_list() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let reply = ann.post("/api/groups", json!({ "title": "Walkers" }));
        let group = data(&reply, 201, "Group created successfully");
        app.changes(&["group.created"]);
        let on = |title: &str, day: &str| {
            tick(app);
            set(set(new_event(title), "start_date", day), "end_date", day)
        };
        create_event(&ann, on("Jazz in June", "2031-06-10"));
        create_event(&bob, on("Jazz in July", "2031-07-10"));
        let walk = on("Walk in June", "2031-06-12");
        create_event(&ann, set(walk, "group_id", id_of(&group)));
        app.changes(&["event.published"; 3]);
        let (june, july, walk) = ("Jazz in June", "Jazz in July", "Walk in June");
        for (query, expected) in [
            ("?from=2031-06-11".to_owned(), vec![walk, july]),
            ("?to=2031-06-11".to_owned(), vec![june]),
            (format!("?group={}", id_of(&group)), vec![walk]),
            (format!("?group={UNKNOWN}"), vec![]),
            (format!("?creator={}", ann.id()), vec![walk, june]),
            (format!("?creator={UNKNOWN}"), vec![]),
            ("?q=jazz".to_owned(), vec![july, june]),
            ("?q=jazz&limit=1".to_owned(), vec![july]),
            (
                format!("?q=jun&creator={}&to=2031-06-11", ann.id()),
                vec![june],
            ),
        ] {
            assert_eq!(titles(&bob, &query), expected, "{query}");
        }
        for query in ["?from=", "?from=nonsense", "?to=2031-02-30", "?to=%00"] {
            app.anon().get(&format!("{FEED}{query}")).refused(400);
        }
        app.changes(&[]);
    });
}

#[test]
fn markup_is_text() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let name = "<i>Ann</i> & \"Lee\" ]]>";
        ann.put("/api/users", json!({ "name": name })).ok(201);
        app.changes(&["user.updated"]);
        for title in [
            "<script>alert(\"x\")</script> & <b>'co'</b>",
            "</title></entry></feed><!-- x -->",
            "&lt;b&gt; &amp;amp; &#60; &nbsp; &evil;",
            "]]> <![CDATA[ x ]]>",
            "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>",
            "🎪 Zürich שלום \u{202e}x \u{feff}y \u{10ffff}",
        ] {
            let event = create_event(&ann, set(new_event(title), "description", title));
            app.changes(&["event.published"]);
            let newest = entries(&app.anon().get(&format!("{FEED}?limit=1"))).remove(0);
            assert_eq!(newest.title, event["title"]);
            assert_eq!(newest.content, event["description"]);
            assert_eq!(newest.author.as_deref(), Some(name));
            tick(app);
        }
    });
}

#[test]
fn characters_that_xml_has_not_do_not_break_the_feed() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let title = "a\u{fffe}b<c\u{ffff}d";
        ann.put("/api/users", json!({ "name": title })).ok(201);
        app.changes(&["user.updated"]);
        let body = set(new_event(title), "description", title);
        create_event(&ann, body);
        app.changes(&["event.published"]);
        let reply = app.anon().get(FEED);
        assert!(!reply.text().contains(['\u{fffe}', '\u{ffff}']));
        let seen = entries(&reply).remove(0);
        let author = seen.author.as_deref().unwrap_or_default();
        for text in [seen.title.as_str(), seen.content.as_str(), author] {
            let left: String = text.chars().filter(|c| "abcd<".contains(*c)).collect();
            assert_eq!(left, "ab<cd");
        }
    });
}

#[test]
fn line_breaks_of_a_description_are_kept() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let description = "one\n\n\ttwo\r\nthree\rfour";
        let body = set(new_event("Walk"), "description", description);
        create_event(&ann, body);
        app.changes(&["event.published"]);
        let seen = entries(&app.anon().get(FEED)).remove(0).content;
        let seen = seen.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(seen, "one\n\n\ttwo\nthree\nfour");
    });
}

#[test]
fn deleted_events_and_others_drafts_are_in_no_feed() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let events = announce_all(app, &ann, &["gone", "draft", "Walk"]);
        ann.delete(&event_path(&events[0])).no_content();
        app.changes(&["event.cancelled"]);
        app.sql("update events set visible = false where title = 'draft'");
        for query in ["", "?from=2031-06-14", &format!("?creator={}", ann.id())] {
            assert_eq!(titles(&ann, query), ["Walk", "draft"], "{query}");
            for reader in [&bob, &app.anon()] {
                assert_eq!(titles(reader, query), ["Walk"], "{query}");
            }
        }
        for reader in [&bob, &app.anon()] {
            assert!(titles(reader, "?q=draft").is_empty());
            assert!(titles(reader, "?q=gone").is_empty());
        }
        app.changes(&[]);
    });
}

#[test]
fn an_event_without_a_creator_is_an_entry() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        announce(app, &ann, "Walk");
        app.sql("update events set creator_id = null");
        let seen = entries(&app.anon().get(FEED));
        assert_eq!(seen.len(), 1);
        assert_ne!(seen[0].author.as_deref(), Some("ann"));
    });
}

#[test]
fn a_feed_of_some_events_is_not_the_feed_of_all() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        announce(app, &ann, "Walk & talk");
        let own = |query: &str| {
            let reply = app.anon().get(&format!("{FEED}{query}"));
            let text = reply.text();
            let document = roxmltree::Document::parse(text).expect("XML");
            let id = document.root_element().children().find(|node| {
                node.has_tag_name((
                    document
                        .root_element()
                        .tag_name()
                        .namespace()
                        .unwrap_or_default(),
                    "id",
                ))
            });
            id.and_then(|id| id.text()).expect("an id").to_owned()
        };
        let ids = [
            "",
            "?q=walk",
            "?q=talk+%26",
            &format!("?creator={}", ann.id()),
        ]
        .map(own);
        let different: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), ids.len(), "{ids:?}");
        // Unknown parameters and their order make no other feed.
        assert_eq!(own("?more=1&q=walk&limit=3"), ids[1]);
    });
}
