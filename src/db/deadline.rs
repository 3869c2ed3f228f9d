//! Ends a long walk through a table.
//!
//! PostgreSQL has `statement_timeout`. SQLite's own means, its progress handler, is out
//! of reach without unsafe code; so a query that may walk far asks [`in_time()`] of each
//! row, which fails the statement once the thread's deadline has passed.

use std::cell::Cell;
use std::time::{Duration, Instant};

use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

diesel::define_sql_function! {
    /// True until the deadline of the statement's thread; then an error.
    fn in_time() -> Bool;
}

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy, diesel::expression::AsExpression)]
#[diesel(sql_type = Bool)]
struct InTime(bool);

impl ToSql<Bool, Sqlite> for InTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        if !self.0 {
            return Err("the deadline has passed".into());
        }
        out.set_value(1);
        Ok(serialize::IsNull::No)
    }
}

/// Makes [`in_time()`] known to a SQLite connection.
pub(super) fn register(conn: &mut diesel::SqliteConnection) -> diesel::QueryResult<()> {
    in_time_utils::register_nondeterministic_impl(conn, || {
        InTime(
            DEADLINE
                .get()
                .is_none_or(|deadline| Instant::now() < deadline),
        )
    })
}

/// Runs `f` with a deadline for the statements that ask [`in_time()`].
pub(super) fn within<T>(limit: Duration, f: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            DEADLINE.set(None);
        }
    }
    let _reset = Reset;
    DEADLINE.set(Some(Instant::now() + limit));
    f()
}
