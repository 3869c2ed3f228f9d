//! What was acknowledged is on disk: `kill -9` while eight threads write.

use std::collections::BTreeSet;

use super::load::acknowledged;
use super::*;

/// Answers after which the server is killed, while more are under way.
const ENOUGH: usize = 200;

#[test]
fn what_was_acknowledged_outlives_a_kill_under_load() {
    let site = Site::sqlite();
    let server = site.start();
    let ann = server.user("ann");
    let event = make_event(&ann);
    server.kill();

    let mut promised = BTreeSet::new();
    for _ in 0..3 {
        let server = site.start();
        let mut load = Load::start(&server.caller(ann.cookie()), &event);
        load.wait_for(ENOUGH);
        server.kill();
        let (answers, _) = load.end();
        assert!(answers.iter().all(|answer| answer.status == 201));
        promised.extend(acknowledged(&answers));

        let server = site.start();
        let found = comment_ids(&server.anon(), &event);
        let distinct: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "a comment is listed twice");
        let lost: Vec<&String> = promised.difference(&distinct).collect();
        assert!(lost.is_empty(), "of {} are lost: {lost:?}", promised.len());
        assert_consistent(&site, &server, &event, found.len());
    }
    assert!(promised.len() >= 3 * ENOUGH);
}

/// Asserts that everything that counts comments counts this many.
#[track_caller]
fn assert_consistent(site: &Site, server: &Server, event: &str, comments: usize) {
    let read = server.anon().get(&event_path(event)).ok(200);
    assert_eq!(read["data"]["comments"], comments);
    let recorded = "select count(*) from changes where topic = 'comment.created'";
    for query in ["select count(*) from comments", recorded] {
        assert_eq!(usize::try_from(site.count(query)), Ok(comments), "{query}");
    }
    site.run(&["verify"]).ok();
}
