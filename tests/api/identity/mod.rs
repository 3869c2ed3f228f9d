//! Signing in and out, and the sessions between, from the contract's "Sign-in and sessions".

mod attempts;
mod cookies;
mod jwt;
mod keys;
mod machine_tokens;
mod oauth;
mod oauth_refusals;
mod sessions;
mod sign_in;

use serde_json::{Value, json};

use crate::support::*;

/// Sends something as the token of a sign-in, without a cookie.
fn sign_in(app: &App, token: impl Into<Value>) -> Reply {
    let token: Value = token.into();
    app.anon().post("/api/auth", json!({ "token": token }))
}

/// Asserts that nobody was made and nobody is signed in.
#[track_caller]
fn assert_nobody(app: &App) {
    for table in ["users", "logins", "sessions"] {
        assert_eq!(
            app.count(&format!("select count(*) from {table}")),
            0,
            "rows in {table}"
        );
    }
    app.changes(&[]);
}
