//! What people have in each place: how it passes to whom they become ([`super::adoption`]), and
//! how it goes with them ([`super::erasure`]). Systems that build on the community add theirs.

use std::sync::Arc;

use super::{comments, events, groups, interest, likes, reports};
use crate::db::Conn;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::http::idempotency;
use crate::identity::audit;
use crate::identity::people::UserId;

/// Hands over some of what one person has to the other; how much it was.
pub type Adopt = dyn Fn(&mut Conn, UserId, UserId, Timestamp) -> Result<usize> + Send + Sync;
/// Removes some of what a person has; how much it was.
pub type Erase = dyn Fn(&mut Conn, UserId, Timestamp) -> Result<usize> + Send + Sync;

/// What people have in one place. Both run slice after slice, until there is nothing left.
#[derive(Clone)]
pub struct Belonging {
    /// Hands it over.
    pub adopt: Arc<Adopt>,
    /// Removes it.
    pub erase: Arc<Erase>,
}

impl Belonging {
    /// Of these functions.
    pub fn new(
        adopt: impl Fn(&mut Conn, UserId, UserId, Timestamp) -> Result<usize> + Send + Sync + 'static,
        erase: impl Fn(&mut Conn, UserId, Timestamp) -> Result<usize> + Send + Sync + 'static,
    ) -> Self {
        Self {
            adopt: Arc::new(adopt),
            erase: Arc::new(erase),
        }
    }
}

/// What people have everywhere.
#[derive(Clone)]
pub struct Belongings(Arc<Vec<Belonging>>);

impl Belongings {
    /// The community's, and those of systems that build on it.
    pub fn with(others: impl IntoIterator<Item = Belonging>) -> Self {
        Self(Arc::new(own().into_iter().chain(others).collect()))
    }

    /// Each of them, in the order in which they pass and go.
    pub fn iter(&self) -> impl Iterator<Item = &Belonging> {
        self.0.iter()
    }
}

fn own() -> [Belonging; 8] {
    [
        // Comments stay without their words, which is another walk than a slice.
        Belonging::new(
            |conn, from, into, _| comments::adopt(conn, from, into),
            |_, _, _| Ok(0),
        ),
        Belonging::new(
            |conn, from, into, _| events::adopt(conn, from, into),
            events::erase,
        ),
        Belonging::new(
            |conn, from, into, _| groups::adopt(conn, from, into),
            groups::erase,
        ),
        Belonging::new(
            |conn, from, into, _| likes::adopt(conn, from, into),
            |conn, person, _| likes::erase(conn, person),
        ),
        Belonging::new(
            |conn, from, into, _| interest::adopt(conn, from, into),
            |conn, person, _| interest::erase(conn, person),
        ),
        Belonging::new(
            |conn, from, into, _| reports::adopt(conn, from, into),
            |conn, person, _| reports::erase(conn, person),
        ),
        // What one's calls were answered is of use to nobody else.
        Belonging::new(
            |conn, from, _, _| idempotency::forget(conn, from),
            |conn, person, _| idempotency::forget(conn, person),
        ),
        Belonging::new(
            |conn, from, into, _| audit::adopt(conn, from, into),
            |conn, person, _| audit::erase(conn, person),
        ),
    ]
}
