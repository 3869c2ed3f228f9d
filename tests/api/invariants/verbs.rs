//! The four verbs of the database, on a table of the test's own.

use std::sync::{Arc, RwLock, mpsc};
use std::time::{Duration, Instant};

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use folkmoot::db::{Conn, Db, SCAN_DEADLINE, savepoint};
use folkmoot::error::{Error, Result};
use rocket::tokio;
use rocket::tokio::task::JoinHandle;

use crate::support::*;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn execute(conn: &mut Conn, statement: &str) -> Result<usize> {
    Ok(sql_query(statement).execute(conn)?)
}

fn number(conn: &mut Conn, query: &str) -> Result<i64> {
    let query = format!("select cast(({query}) as bigint) as n");
    Ok(sql_query(query).get_result::<Number>(conn)?.n)
}

fn insert(conn: &mut Conn, id: i64) -> Result<usize> {
    execute(conn, &format!("insert into tally (id, n) values ({id}, 0)"))
}

/// Runs a test on a server whose database has an empty table `tally` of numbers.
fn each_with_table(test: impl Fn(&App, &Db)) {
    each(|app| {
        app.sql("create table tally (id bigint primary key, n bigint not null)");
        let db = app.server().rocket().state::<Db>();
        test(app, db.expect("the server has its database"));
    });
}

/// The ids in the table, one after the other.
fn ids(app: &App) -> Vec<i64> {
    (0..10)
        .filter(|id| app.count(&format!("select count(*) from tally where id = {id}")) == 1)
        .collect()
}

/// Starts that many tasks at once and waits for what they give.
fn all_of<T>(app: &App, tasks: usize, start: impl Fn() -> JoinHandle<Result<T>>) -> Vec<Result<T>> {
    app.run(async {
        let tasks: Vec<JoinHandle<Result<T>>> = (0..tasks).map(|_| start()).collect();
        let mut given = Vec::new();
        for task in tasks {
            given.push(task.await.expect("a task does not panic"));
        }
        given
    })
}

#[test]
fn a_write_is_kept_and_seen_by_the_next_read() {
    each_with_table(|app, db| {
        for id in 0..5 {
            let done = app.run(db.write(move |conn| insert(conn, id)));
            assert_eq!(done.expect("a write"), 1);
            let seen = app.run(db.read(|conn| number(conn, "select count(*) from tally")));
            assert_eq!(seen.expect("a read"), id + 1);
            let seen = app.run(db.scan(|conn| number(conn, "select count(*) from tally")));
            assert_eq!(seen.expect("a scan"), id + 1);
        }
        assert_eq!(ids(app), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn a_write_that_gives_an_error_changes_nothing() {
    each_with_table(|app, db| {
        let refused = app.run(db.write(|conn| {
            insert(conn, 1)?;
            insert(conn, 2)?;
            Err::<(), _>(Error::Conflict(None))
        }));
        assert!(matches!(refused, Err(Error::Conflict(None))));
        assert!(ids(app).is_empty());

        let refused = app.run(db.write(|conn| {
            insert(conn, 3)?;
            insert(conn, 3)
        }));
        assert!(refused.is_err_and(|error| error.is_unique_violation()));
        assert!(ids(app).is_empty());

        let refused = app.run(db.write_hot(|conn| {
            insert(conn, 4)?;
            Err::<(), _>(Error::Conflict(None))
        }));
        assert!(matches!(refused, Err(Error::Conflict(None))));
        assert!(ids(app).is_empty());

        let done = app.run(db.write(|conn| insert(conn, 5)));
        assert_eq!(done.expect("the next write"), 1);
        assert_eq!(ids(app), [5]);
    });
}

#[test]
fn a_panic_in_a_write_changes_nothing_and_harms_no_later_write() {
    each_with_table(|app, db| {
        // More often than there are connections.
        for id in 0..6 {
            let panicked = app.run(db.write::<(), _>(move |conn| {
                insert(conn, id)?;
                panic!("as a test")
            }));
            assert!(matches!(panicked, Err(Error::Internal(_))));
            assert!(ids(app).is_empty());
        }
        for id in 0..6 {
            let done = app.run(db.write(move |conn| insert(conn, id)));
            assert_eq!(done.expect("the next write"), 1);
        }
        assert_eq!(ids(app), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn a_read_or_a_scan_cannot_write() {
    each_with_table(|app, db| {
        app.sql("insert into tally (id, n) values (1, 7)");
        for statement in [
            "insert into tally (id, n) values (2, 0)",
            "update tally set n = 8",
            "delete from tally",
            "create table other (id bigint primary key)",
            "drop table tally",
        ] {
            let read = app.run(db.read(move |conn| execute(conn, statement)));
            assert!(read.is_err(), "a read ran: {statement}");
            let scan = app.run(db.scan(move |conn| execute(conn, statement)));
            assert!(scan.is_err(), "a scan ran: {statement}");
        }
        assert_eq!(app.count("select n from tally"), 7);
        let tables = match app.database() {
            Database::Sqlite => "select count(*) from sqlite_schema where name = 'other'",
            Database::Postgres => "select count(*) from pg_class where relname = 'other'",
        };
        assert_eq!(app.count(tables), 0);
        let seen = app.run(db.read(|conn| number(conn, "select n from tally")));
        assert_eq!(seen.expect("a read"), 7);
    });
}

#[test]
fn a_savepoint_undoes_its_own_part_only() {
    each_with_table(|app, db| {
        let done = app.run(db.write(|conn| {
            insert(conn, 1)?;
            let inner = savepoint(conn, |conn| {
                insert(conn, 2)?;
                insert(conn, 3)?;
                Err::<(), _>(Error::Conflict(None))
            });
            assert!(matches!(inner, Err(Error::Conflict(None))));
            insert(conn, 4)?;
            savepoint(conn, |conn| insert(conn, 5))
        }));
        assert_eq!(done.expect("a write"), 1);
        assert_eq!(ids(app), [1, 4, 5]);
    });
}

#[test]
fn a_write_goes_on_after_a_statement_that_failed_in_a_savepoint() {
    each_with_table(|app, db| {
        let done = app.run(db.write(|conn| {
            insert(conn, 1)?;
            let inner = savepoint(conn, |conn| {
                insert(conn, 2)?;
                insert(conn, 1)
            });
            assert!(inner.is_err_and(|error| error.is_unique_violation()));
            let outer = savepoint(conn, |conn| {
                insert(conn, 3)?;
                let inner = savepoint(conn, |conn| insert(conn, 1));
                assert!(inner.is_err_and(|error| error.is_unique_violation()));
                insert(conn, 4)
            });
            assert!(outer.is_ok());
            insert(conn, 5)
        }));
        assert_eq!(done.expect("a write"), 1);
        assert_eq!(ids(app), [1, 3, 4, 5]);
    });
}

#[test]
fn a_write_that_fails_takes_its_savepoints_with_it() {
    each_with_table(|app, db| {
        let refused = app.run(db.write(|conn| {
            savepoint(conn, |conn| insert(conn, 1))?;
            Err::<(), _>(Error::Conflict(None))
        }));
        assert!(matches!(refused, Err(Error::Conflict(None))));
        assert!(ids(app).is_empty());
    });
}

/// Steps down as an administrator, if there is another one.
fn step_down(me: i64) -> impl Fn(&mut Conn) -> Result<()> + Send + 'static {
    move |conn: &mut Conn| {
        let others = format!("select count(*) from tally where n = 1 and id <> {me}");
        if number(conn, &others)? >= 1 {
            // On SQLite writes are one after the other; here they are to overlap.
            if matches!(conn, Conn::Pg(_)) {
                execute(conn, "select pg_sleep(0.002)")?;
            }
            execute(conn, &format!("update tally set n = 0 where id = {me}"))?;
        }
        Ok(())
    }
}

#[test]
fn two_admins_who_step_down_at_once_leave_one() {
    each_with_table(|app, db| {
        app.sql("insert into tally (id, n) values (1, 1), (2, 1)");
        for round in 0..200 {
            let (one, other) = app.run(async {
                let both = db.write(|conn| execute(conn, "update tally set n = 1"));
                assert_eq!(both.await.expect("both are administrators"), 2);
                tokio::join!(db.write(step_down(1)), db.write(step_down(2)))
            });
            one.expect("the one transaction ends well");
            other.expect("the other transaction ends well");
            let left = app.run(db.read(|conn| number(conn, "select sum(n) from tally")));
            assert_eq!(left.expect("a read"), 1, "in round {round}");
        }
    });
}

/// Reads, then writes: two of them at once must not read the same.
fn increment(conn: &mut Conn) -> Result<()> {
    let n = number(conn, "select n from tally where id = 1")?;
    let next = format!("update tally set n = {} where id = 1", n + 1);
    execute(conn, &next)?;
    Ok(())
}

#[test]
fn no_increment_of_many_at_once_is_lost() {
    each_with_table(|app, db| {
        app.sql("insert into tally (id, n) values (1, 0)");
        let done = all_of(app, 16, || {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    db.write(increment).await?;
                }
                Ok::<(), Error>(())
            })
        });
        for one in done {
            one.expect("each increment ends well");
        }
        assert_eq!(app.count("select n from tally where id = 1"), 800);
    });
}

#[test]
fn write_hot_gives_away_what_is_there_and_no_more() {
    each_with_table(|app, db| {
        app.sql("insert into tally (id, n) values (1, 40)");
        let given = all_of(app, 64, || {
            let db = db.clone();
            let take = "update tally set n = n - 1 where id = 1 and n > 0";
            tokio::spawn(async move { db.write_hot(move |conn| execute(conn, take)).await })
        });
        let given: Vec<usize> = given
            .into_iter()
            .map(|rows| rows.expect("each ends well"))
            .collect();
        assert_eq!(given.iter().filter(|rows| **rows == 1).count(), 40);
        assert_eq!(given.iter().filter(|rows| **rows == 0).count(), 24);
        assert_eq!(app.count("select n from tally where id = 1"), 0);
    });
}

/// Counts as far as the deadline allows, in words that both databases know.
fn count_to(limit: i64) -> String {
    format!(
        "with recursive c (x) as (select 1 union all select x + 1 from c \
         where x < {limit} and in_time()) select count(*) from c"
    )
}

#[test]
fn a_scan_ends_at_its_deadline_and_the_next_one_works() {
    each_with_table(|app, db| {
        let endless = match app.database() {
            Database::Sqlite => count_to(1_000_000_000),
            Database::Postgres => "select pg_sleep(30)".to_owned(),
        };
        let started = Instant::now();
        let ended = app.run(db.scan(move |conn| execute(conn, &endless)));
        let took = started.elapsed();
        let error = ended.expect_err("it does not come to its end");
        assert_eq!(error.status().code, 503, "{error}");
        assert!(took >= SCAN_DEADLINE / 2, "it was given time: {took:?}");
        assert!(took < Duration::from_secs(10), "it ended late: {took:?}");

        // There is one connection for scans, so this is the same or the one in its place.
        let scan = app.run(db.scan(|conn| number(conn, &count_to(1_000))));
        assert_eq!(scan.expect("the next scan"), 1_000);
        let read = app.run(db.read(|conn| number(conn, &count_to(1_000))));
        assert_eq!(read.expect("the next read"), 1_000);
        let done = app.run(db.write(|conn| insert(conn, 1)));
        assert_eq!(done.expect("the next write"), 1);
    });
}

#[test]
fn scans_under_way_keep_neither_reads_nor_writes_waiting() {
    each_with_table(|app, db| {
        // Twice as many scans as the pool has connections; each lasts while the gate is held.
        let gate = Arc::new(RwLock::new(()));
        let held = gate.write().expect("nobody has panicked");
        let (begin, begun) = mpsc::channel::<()>();
        let scans: Vec<JoinHandle<Result<i64>>> = app.run(async {
            let scan = |_: usize| {
                let (db, gate, begin) = (db.clone(), Arc::clone(&gate), begin.clone());
                tokio::spawn(async move {
                    let scan = db.scan(move |conn| {
                        let rows = number(conn, "select count(*) from tally")?;
                        let _nobody_waits = begin.send(());
                        // Poisoned by a test that failed, it is open as well.
                        drop(gate.read());
                        Ok(rows)
                    });
                    scan.await
                })
            };
            (0..8).map(scan).collect()
        });
        let wait = Duration::from_secs(30);
        begun.recv_timeout(wait).expect("a scan begins");

        for id in 0..4 {
            let done = app.run(db.write(move |conn| insert(conn, id)));
            assert_eq!(done.expect("a write during scans"), 1);
            let read = app.run(db.read(|conn| number(conn, "select count(*) from tally")));
            assert_eq!(read.expect("a read during scans"), id + 1);
        }
        assert!(!scans.iter().any(JoinHandle::is_finished), "the scans last");

        drop(held);
        for scan in scans {
            let rows = app.run(scan).expect("a scan does not panic");
            assert!(rows.is_ok_and(|rows| rows <= 4));
        }
    });
}
