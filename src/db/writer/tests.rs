//! What the writer promises when jobs, the disk or a commit fail.

use std::future::Future;
use std::sync::mpsc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use rocket::tokio;
use rocket::tokio::task::JoinHandle;

use super::*;

struct Fixture {
    writer: Arc<Writer>,
    url: DatabaseUrl,
    _folder: tempfile::TempDir,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(conn: &mut Conn, query: &str) -> i64 {
    let query = format!("SELECT ({query}) AS n");
    diesel::sql_query(query)
        .get_result::<Count>(conn)
        .expect("a count")
        .n
}

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(test)
}

impl Fixture {
    fn new(schema: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
        let mut conn = Conn::open(&url, Role::Migrator).expect("a database");
        conn.batch_execute(schema).expect("a schema");
        let writer = Arc::new(Writer::start(&url).expect("a writer"));
        Self {
            writer,
            url,
            _folder: folder,
        }
    }

    fn rows(&self) -> i64 {
        let mut reader = Conn::open(&self.url, Role::Reader).expect("a reader");
        count(&mut reader, "SELECT count(*) FROM t")
    }

    fn submit<T: Send + 'static>(
        &self,
        queue: Queue,
        f: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> JoinHandle<Result<T>> {
        let writer = self.writer.clone();
        tokio::spawn(async move { writer.submit(queue, f).await })
    }

    async fn do_now<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(Queue::Urgent, f).await.expect("no panic")
    }

    /// Holds the writer in a job, so that what is submitted meanwhile is one batch with it.
    async fn hold(&self) -> Hold {
        let (release, released) = mpsc::channel::<()>();
        let (entered, enters) = mpsc::channel::<()>();
        let once = Mutex::new(Some((entered, released)));
        let job = self.submit(Queue::Urgent, move |_| {
            // When its batch starts over, it holds nobody a second time.
            if let Some((entered, released)) = once.lock().expect("one job").take() {
                entered.send(()).expect("the test waits");
                let _released = released.recv();
            }
            Ok(())
        });
        tokio::task::spawn_blocking(move || enters.recv().expect("the job runs"))
            .await
            .expect("no panic");
        Hold { release, job }
    }

    /// Waits until that many jobs wait.
    async fn waiting(&self, jobs: usize) {
        let waiting = || {
            let state = self.writer.shared.lock();
            state.urgent.len() + state.background.len()
        };
        while waiting() < jobs {
            tokio::task::yield_now().await;
        }
    }
}

struct Hold {
    release: mpsc::Sender<()>,
    job: JoinHandle<Result<()>>,
}

fn insert(conn: &mut Conn, id: i64) -> Result<i64> {
    diesel::sql_query("INSERT INTO t (id) VALUES (?)")
        .bind::<BigInt, _>(id)
        .execute(conn)?;
    Ok(id)
}

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)";

#[test]
fn a_job_that_fails_or_panics_rolls_back_alone() {
    run(async {
        let db = Fixture::new(TABLE);
        let hold = db.hold().await;
        let good = db.submit(Queue::Urgent, |conn| insert(conn, 1));
        db.waiting(1).await;
        let fails = db.submit(Queue::Urgent, |conn| {
            insert(conn, 2)?;
            Err::<(), _>(Error::NotFound(None))
        });
        let panics = db.submit::<()>(Queue::Urgent, |conn| {
            insert(conn, 3)?;
            panic!("as a test")
        });
        let panics_within = db.submit::<()>(Queue::Urgent, |conn| {
            insert(conn, 7)?;
            crate::db::savepoint(conn, |conn| {
                insert(conn, 8)?;
                panic!("as a test")
            })
        });
        let refused = db.submit(Queue::Urgent, |conn| insert(conn, 1));
        let nested = db.submit(Queue::Urgent, |conn| {
            let inner = crate::db::savepoint(conn, |conn| {
                insert(conn, 5)?;
                Err::<(), _>(Error::Conflict(None))
            });
            assert!(inner.is_err());
            insert(conn, 6)
        });
        db.waiting(6).await;
        hold.release.send(()).expect("the writer is held");
        assert!(matches!(
            panics_within.await.expect("ran"),
            Err(Error::Internal(_))
        ));
        assert!(matches!(good.await.expect("ran"), Ok(1)));
        assert!(matches!(
            fails.await.expect("ran"),
            Err(Error::NotFound(None))
        ));
        assert!(matches!(
            panics.await.expect("ran"),
            Err(Error::Internal(_))
        ));
        assert!(matches!(nested.await.expect("ran"), Ok(6)));
        let refused = refused.await.expect("ran");
        assert!(refused.is_err_and(|error| error.is_unique_violation()));
        assert!(hold.job.await.expect("ran").is_ok());
        assert_eq!(db.rows(), 2);
    });
}

#[test]
fn an_answer_comes_after_the_commit() {
    run(async {
        let db = Fixture::new(TABLE);
        for id in 1..=50 {
            db.do_now(move |conn| insert(conn, id))
                .await
                .expect("written");
            assert_eq!(db.rows(), id);
        }
    });
}

#[test]
fn a_full_disk_fails_the_whole_batch_and_the_writer_goes_on() {
    run(async {
        let db = Fixture::new(TABLE);
        db.do_now(|conn| Ok(conn.batch_execute("PRAGMA max_page_count = 20")?))
            .await
            .expect("a bound");
        let hold = db.hold().await;
        let small = db.submit(Queue::Urgent, |conn| insert(conn, 1));
        db.waiting(1).await;
        let large = db.submit(Queue::Urgent, |conn| {
            Ok(conn.batch_execute("INSERT INTO t (id, data) VALUES (2, zeroblob(1000000))")?)
        });
        db.waiting(2).await;
        let after = db.submit(Queue::Urgent, |conn| insert(conn, 3));
        db.waiting(3).await;
        hold.release.send(()).expect("the writer is held");
        for (name, answer) in [
            ("held", hold.job.await.expect("ran")),
            ("small", small.await.expect("ran").map(drop)),
            ("large", large.await.expect("ran")),
        ] {
            let error = answer.expect_err(name);
            assert_eq!(error.status().code, 503, "{name}: {error}");
        }
        // The job behind the lost batch is in the next one, on a new connection.
        assert!(matches!(after.await.expect("ran"), Ok(3)));
        assert_eq!(db.rows(), 1);
    });
}

#[test]
fn a_commit_that_fails_fails_its_batch() {
    run(async {
        // The schema has no deferred constraint, for this very reason.
        let db = Fixture::new(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, \
             parent INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)",
        );
        let hold = db.hold().await;
        let good = db.submit(Queue::Urgent, |conn| insert(conn, 1));
        let bad = db.submit(Queue::Urgent, |conn| {
            Ok(conn.batch_execute("INSERT INTO t (id, parent) VALUES (2, 99)")?)
        });
        db.waiting(2).await;
        hold.release.send(()).expect("the writer is held");
        for answer in [good.await.expect("ran").map(drop), bad.await.expect("ran")] {
            assert_eq!(answer.expect_err("lost").status().code, 503);
        }
        assert_eq!(db.rows(), 0);
        db.do_now(|conn| insert(conn, 4))
            .await
            .expect("the writer goes on");
        assert_eq!(db.rows(), 1);
    });
}

#[test]
fn one_slice_of_background_work_goes_into_a_commit() {
    run(async {
        let db = Arc::new(Fixture::new(TABLE));
        let hold = db.hold().await;
        let slices = (1..=3).map(|id| {
            let seen = db.clone();
            db.submit(Queue::Background, move |conn| {
                insert(conn, id)?;
                Ok(seen.rows())
            })
        });
        let slices = slices.collect::<Vec<_>>();
        db.waiting(3).await;
        hold.release.send(()).expect("the writer is held");
        hold.job.await.expect("ran").expect("committed");
        let mut committed_before = Vec::new();
        for slice in slices {
            committed_before.push(slice.await.expect("ran").expect("committed"));
        }
        committed_before.sort_unstable();
        assert_eq!(committed_before, [0, 1, 2]);
    });
}

#[test]
fn a_full_queue_refuses_and_a_closed_one_ends_what_it_took() {
    run(async {
        let db = Fixture::new(TABLE);
        let hold = db.hold().await;
        let mut taken = Vec::new();
        for id in 0..QUEUE_JOBS {
            taken.push(db.submit(Queue::Urgent, move |conn| insert(conn, id as i64)));
        }
        db.waiting(QUEUE_JOBS).await;
        let refused = db.do_now(|conn| insert(conn, -1)).await.expect_err("full");
        assert_eq!(refused.status().code, 503);
        let writer = db.writer.clone();
        let closing = tokio::task::spawn_blocking(move || writer.close());
        hold.release.send(()).expect("the writer is held");
        closing.await.expect("closed");
        for job in taken {
            job.await.expect("ran").expect("committed");
        }
        assert_eq!(db.rows(), QUEUE_JOBS as i64);
        let refused = db
            .do_now(|conn| insert(conn, -1))
            .await
            .expect_err("closed");
        assert_eq!(refused.status().code, 503);
    });
}
