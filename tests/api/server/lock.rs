//! One server a SQLite file.

use super::*;

#[test]
fn a_second_server_on_the_same_file_is_refused() {
    let site = Site::sqlite();
    let folder = site.path("folder");
    std::os::unix::fs::symlink(site.path("."), &folder).expect("a link to the folder");
    let first = site.start();
    let ann = first.user("ann");
    let through_link = format!("sqlite://{}", folder.join("moot.db").display());
    let commands: [&[&str]; 2] = [&[], &["serve"]];
    for url in [
        site.setting("DATABASE_URL"),
        "sqlite://moot.db",
        "sqlite://./moot.db",
        &through_link,
    ] {
        for words in commands {
            let ran = site.run_with(&[("DATABASE_URL", url)], words);
            let line = ran.refused();
            assert!(line.contains(url), "{line}");
            assert!(line.contains("in use"), "{line}");
        }
    }
    // The first one did not notice.
    make_event(&ann);
    ann.get("/api/auth/@me").ok(200);
}

#[test]
fn a_server_starts_where_the_one_before_has_ended() {
    let site = Site::sqlite();
    let first = site.start();
    let event = make_event(&first.user("ann"));
    first.stop().ok();
    let second = site.start();
    second.anon().get(&event_path(&event)).ok(200);
    second.kill();
    let third = site.start();
    third.anon().get(&event_path(&event)).ok(200);
}

#[test]
fn servers_on_different_files_of_a_folder_run_side_by_side() {
    let one = Site::sqlite();
    let first = one.start();
    let event = make_event(&first.user("ann"));
    let other = format!("sqlite://{}", one.path("other.db").display());
    let two = Site::sqlite().with("DATABASE_URL", &other);
    let second = two.start();
    second.anon().get(&event_path(&event)).refused(404);
    first.anon().get(&event_path(&event)).ok(200);
}
