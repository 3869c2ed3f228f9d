//! Rows that the database refuses.

use diesel::sql_query;
use folkmoot::db::OrIgnore;
use folkmoot::error::Error;

use super::*;

/// How many rows there are in all.
fn count(conn: &mut Conn) -> i64 {
    let rows = samples::table.count().get_result::<i64>(conn);
    rows.expect("the rows are counted")
}

#[test]
fn or_ignore_inserts_a_key_once() {
    each_connection(|conn| {
        let id = Key::new();
        let insert = |conn: &mut Conn, words: &str| {
            let row = diesel::insert_into(samples::table)
                .values((samples::id.eq(id), samples::words.eq(words)));
            OrIgnore(row).execute(conn).expect("nothing is refused")
        };
        assert_eq!(insert(conn, "first"), 1);
        assert_eq!(insert(conn, "second"), 0);
        assert_eq!(count(conn), 1);
        let words = samples::table
            .select(samples::words)
            .first::<Option<String>>(conn);
        assert_eq!(words.expect("a text is read").as_deref(), Some("first"));
    });
}

#[test]
fn a_unique_violation_is_told_from_other_refusals() {
    each_connection(|conn| {
        let sample = Sample::new();
        sample.insert(conn).expect("a sample is written");
        let again = sample.insert(conn).expect_err("the id is taken");
        assert!(Error::from(again).is_unique_violation());

        let forbidden = Sample {
            words: Some("forbidden".to_owned()),
            ..Sample::new()
        };
        let refused = forbidden.insert(conn).expect_err("the check refuses it");
        assert!(!Error::from(refused).is_unique_violation());

        let keyless = sql_query("INSERT INTO samples (id) VALUES (NULL)").execute(conn);
        let keyless = keyless.expect_err("a key is never null");
        assert!(!Error::from(keyless).is_unique_violation());

        let orphan = sql_query(
            "INSERT INTO comment_images (id, comment_id, url) VALUES
             ('01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002', '')",
        );
        let orphan = orphan.execute(conn).expect_err("there is no such comment");
        assert!(!Error::from(orphan).is_unique_violation());
        assert_eq!(count(conn), 1);
    });
}
