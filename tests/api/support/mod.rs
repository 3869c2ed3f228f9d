//! What every test stands on: a server of its own on a fresh database, clients that call it,
//! and a stand-in for Google.

mod app;
mod box_office;
mod client;
mod fresh;
mod google;
mod objects;
mod postgres;
mod statements;
mod tokens;

pub use app::{App, Database, each, each_with, each_with_own_issuer};
pub use box_office::INTERNAL_KEY;
pub use client::{Client, Reply};
pub use google::Issuer;
pub use objects::{keys, set, without};
pub use postgres::cluster;
pub use tokens::{Hostile, hostile};
