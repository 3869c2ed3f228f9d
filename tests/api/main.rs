//! The tests of the server through its wire, each on both databases. The tree is like `src/`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows both in tests, but knows no helper functions of tests"
)]

mod box_office;
mod community;
mod identity;
mod invariants;
mod proposals;
mod server;
mod support;
mod wire;
