//! The support's own promise: every app is alone, and on the database that it says.

use chrono::TimeDelta;

use super::{Database, each};

#[test]
fn every_app_has_an_empty_database_of_its_kind() {
    each(|app| {
        let tables = match app.database() {
            Database::Sqlite => "sqlite_master where type = 'table' and name = 'users'",
            Database::Postgres => "pg_tables where schemaname = 'public' and tablename = 'users'",
        };
        assert_eq!(app.count(&format!("select count(*) from {tables}")), 1);
        assert_eq!(app.count("select count(*) from users"), 0);
        app.changes(&[]);
        app.user("ann");
    });
}

#[test]
fn two_apps_share_neither_people_nor_time() {
    each(|one| {
        each(|two| {
            let ann = one.user("ann");
            let cookie = ann.cookie().expect("ann is signed in");
            two.anon()
                .with("Cookie", cookie)
                .get("/api/auth/@me")
                .refused(401);
            assert_eq!(two.count("select count(*) from users"), 0);
            one.clock().advance(TimeDelta::hours(1));
            assert!(one.clock().now() - two.clock().now() > TimeDelta::minutes(50));
        });
    });
}
