//! Who opens what: every kind of credential at every route of the server's own table, so that
//! a new route without an entry here fails.

mod callers;

use std::collections::BTreeSet;

use callers::{Callers, bearer, login, text};

use super::{Route, UNKNOWN, mounted};
use crate::support::*;

const SETTINGS: [(&str, &str); 1] = [("API_TOKEN", "a-configured-token-of-the-tests-0123456789")];

const NOBODY: &str = "nobody";
const SESSION: &str = "a session";
const ORGANISER: &str = "an organiser";
const VENDOR: &str = "a vendor";
const ROOT: &str = "a super_admin";
const MANAGER: &str = "an event_manager";
const ANALYST: &str = "an analyst";
const MACHINE: &str = "a machine";
const CONFIGURED: &str = "the configured machine";
const SERVICE: &str = "a service";

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Anyone,
    Person,
    Moderator,
    Party,
    Organiser,
    Catalogue,
    Manager,
    SuperAdmin,
    Admin,
    Machine,
    Service,
    /// Who confirms a booking.
    Payer,
    /// Who cancels one.
    Canceller,
}

impl For {
    /// Who may; everyone if nobody is named.
    fn may(self) -> &'static [&'static str] {
        match self {
            For::Anyone => &[],
            For::Person => &[SESSION],
            For::Party => &[ORGANISER, VENDOR],
            For::Organiser => &[ORGANISER],
            For::Catalogue | For::Manager => &[ROOT, MANAGER],
            For::Moderator | For::SuperAdmin => &[ROOT],
            For::Admin => &[ROOT, MANAGER, ANALYST],
            For::Machine => &[MACHINE, CONFIGURED],
            For::Service => &[SERVICE],
            For::Payer => &[SERVICE, SESSION],
            For::Canceller => &[SESSION, ROOT, MANAGER],
        }
    }

    /// Who is known there and still may not (403). Whoever else may not is unknown (401).
    fn may_not(self) -> &'static [&'static str] {
        match self {
            For::Moderator => &[SESSION, MANAGER, ANALYST],
            For::SuperAdmin => &[MANAGER, ANALYST],
            For::Catalogue => &[ANALYST, ORGANISER, VENDOR],
            For::Manager | For::Canceller => &[ANALYST],
            For::Organiser => &[VENDOR],
            _ => &[],
        }
    }

    /// The status for a caller who is refused; none if the caller may pass.
    fn refusal(self, caller: &str) -> Option<u16> {
        if self == For::Anyone || self.may().contains(&caller) {
            return None;
        }
        Some(match self.may_not().contains(&caller) {
            true => 403,
            false => 401,
        })
    }
}

/// All routes, a line each, with `<>` for what varies.
const ROUTES: [(For, &str); 13] = [
    (
        For::Anyone,
        "POST /api/auth
         GET /api/auth/google
         GET /api/auth/google/callback
         GET /api/auth/logout
         POST /api/auth/logout
         GET /api/users/<>
         GET /api/events
         GET /api/events/<>
         GET /api/events.ics
         GET /api/events.atom
         GET /api/events/<>/comments
         GET /api/events/<>/interests
         GET /api/comments/<>/images
         GET /api/likes/<>
         GET /api/groups
         GET /api/groups/<>
         GET /api/groups/<>/members
         GET /api/groups/<>/events
         GET /api/groups/<>/events.ics
         GET /api/calendars/<>
         POST /proposals/v1/auth/signup
         POST /proposals/v1/auth/signin
         POST /api/v1/auth/admin/login
         POST /api/v1/auth/admin/refresh
         POST /api/v1/auth/admin/logout
         GET /api/v1/events
         GET /api/v1/events/<>
         GET /api/v1/events/<>/availability
         GET /api/v1/tickets/keys
         GET /healthz
         GET /health
         GET /health/ready",
    ),
    (
        For::Person,
        "GET /api/auth/@me
         GET /api/auth/sessions
         DELETE /api/auth/sessions
         DELETE /api/auth/sessions/<>
         GET /api/users
         PUT /api/users
         GET /api/users/@me/interests
         GET /api/users/@me/groups
         GET /api/users/@me/export
         GET /api/users/@me/logins
         DELETE /api/users/@me/logins/<>
         POST /api/users/@me/link
         POST /api/users/@me/calendar
         DELETE /api/users/@me/calendar
         DELETE /api/users/@me
         POST /api/events
         PUT /api/events/<>
         DELETE /api/events/<>
         POST /api/events/<>/comments
         PUT /api/comments/<>
         DELETE /api/comments/<>
         POST /api/comments/<>/images
         DELETE /api/comments/<>/images/<>
         POST /api/likes/<>
         PUT /api/likes/<>
         DELETE /api/likes/<>
         POST /api/users/<>/interests/<>
         DELETE /api/users/<>/interests/<>
         POST /api/groups
         PUT /api/groups/<>
         DELETE /api/groups/<>
         POST /api/groups/<>/members/<>
         DELETE /api/groups/<>/members/<>
         POST /api/reports
         POST /api/v1/events/<>/bookings
         GET /api/v1/bookings
         GET /api/v1/bookings/<>
         GET /api/v1/bookings/<>/ticket.svg
         POST /api/v1/events/<>/waitlist
         GET /api/v1/events/<>/waitlist
         DELETE /api/v1/events/<>/waitlist",
    ),
    (
        For::Manager,
        "POST /api/v1/admin/venues
         GET /api/v1/admin/venues
         GET /api/v1/admin/venues/<>
         PUT /api/v1/admin/venues/<>
         DELETE /api/v1/admin/venues/<>
         POST /api/v1/admin/events
         GET /api/v1/admin/events
         GET /api/v1/admin/events/<>
         PUT /api/v1/admin/events/<>
         DELETE /api/v1/admin/events/<>
         GET /api/v1/admin/events/<>/bookings
         POST /api/v1/admin/events/<>/check-in",
    ),
    (
        For::Service,
        "GET /internal/events/<>
         POST /internal/events/<>/update-availability
         POST /internal/events/<>/return-seats",
    ),
    (For::Payer, "POST /api/v1/bookings/<>/confirm"),
    (For::Canceller, "DELETE /api/v1/bookings/<>"),
    (
        For::Moderator,
        "GET /api/reports
         POST /api/reports/<>/dismiss
         POST /api/reports/<>/remove
         POST /api/reports/<>/suspend
         POST /api/users/<>/restore",
    ),
    (
        For::Party,
        "PUT /proposals/v1/auth/password
         GET /proposals/v1/available-events
         GET /proposals/v1/events
         GET /proposals/v1/events/<>
         PATCH /proposals/v1/events/<>
         GET /proposals/v1/users",
    ),
    (For::Organiser, "POST /proposals/v1/events"),
    (
        For::Catalogue,
        "POST /proposals/v1/available-events
         PATCH /proposals/v1/available-events/<>
         DELETE /proposals/v1/available-events/<>",
    ),
    // Registering: whoever comes after the first administrator.
    (
        For::SuperAdmin,
        "POST /api/v1/auth/admin/register
         GET /api/v1/admin/admins
         PATCH /api/v1/admin/admins/<>
         GET /api/v1/admin/audit
         POST /api/v1/tokens
         GET /api/v1/tokens
         DELETE /api/v1/tokens/<>",
    ),
    (
        For::Admin,
        "PUT /api/v1/auth/admin/password
         GET /api/v1/admin/events/<>/analytics
         GET /api/v1/admin/events/<>/analytics.svg",
    ),
    (For::Machine, "GET /api/v1/tokens/@me"),
];

/// The routes above, with whom they are for.
fn entries() -> Vec<(For, &'static str)> {
    let lines = ROUTES
        .into_iter()
        .flat_map(|(whom, lines)| lines.lines().map(move |line| (whom, line.trim())));
    lines.collect()
}

/// True if the entry is of this route.
fn is_of(entry: &str, route: &Route) -> bool {
    let (method, path) = entry.split_once(' ').expect("a method and a path");
    // What is decided about a report may vary in its route.
    let decision = path.starts_with("/api/reports/") && route.matches(path);
    method == route.method && (route.filled("<>") == path || decision)
}

#[test]
fn every_route_has_an_entry_here() {
    each_with(&SETTINGS, |app| {
        let (mounted, entries) = (mounted(app), entries());
        let missing: Vec<&Route> = mounted
            .iter()
            .filter(|route| !entries.iter().any(|(_, entry)| is_of(entry, route)))
            .collect();
        assert!(missing.is_empty(), "no entry in `ROUTES`: {missing:?}");
        let gone: Vec<&str> = entries
            .iter()
            .map(|(_, entry)| *entry)
            .filter(|entry| !mounted.iter().any(|route| is_of(entry, route)))
            .collect();
        assert!(gone.is_empty(), "no such routes: {gone:?}");
        let names: BTreeSet<&str> = entries.iter().map(|(_, entry)| *entry).collect();
        assert_eq!(names.len(), entries.len(), "an entry is there twice");
    });
}

#[test]
fn whoever_shows_something_else_is_refused() {
    each_with(&SETTINGS, |app| {
        let callers = Callers::make(app);
        let counts = || {
            let tables = ["users", "logins", "sessions", "grants", "events", "reports"];
            tables.map(|table| app.count(&format!("select count(*) from {table}")))
        };
        let (before, changes) = (counts(), app.count("select count(*) from changes"));
        let mut refused = 0;
        for (whom, entry) in entries() {
            for (name, client) in &callers.all {
                let Some(status) = whom.refusal(name) else {
                    continue;
                };
                let reply = callers.call(client, entry);
                let told = format!("{entry} by {name}: {} {}", reply.status(), reply.text());
                assert_eq!(reply.status(), status, "{told}");
                let by_token =
                    ![For::Person, For::Service, For::Payer, For::Canceller].contains(&whom);
                if status == 401 && by_token {
                    let scheme = reply.header("WWW-Authenticate").unwrap_or_default();
                    assert!(scheme.starts_with("Bearer"), "{told}: {scheme}");
                }
                refused += 1;
            }
        }
        assert!(refused > 700, "most pairs were tried: {refused}");
        assert_eq!(counts(), before);
        assert_eq!(app.count("select count(*) from changes"), changes);
    });
}

#[test]
fn whoever_shows_what_is_asked_passes() {
    each_with(&SETTINGS, |app| {
        let callers = Callers::make(app);
        for (whom, entry) in entries() {
            for (name, client) in &callers.all {
                if whom.refusal(name).is_some() {
                    continue;
                }
                let reply = callers.call_anew(name, client, entry);
                let told = format!("{entry} by {name}: {} {}", reply.status(), reply.text());
                let passed = ![401, 403].contains(&reply.status()) && reply.status() < 500;
                assert!(passed, "{told}");
            }
        }
    });
}

#[test]
fn what_is_public_is_answered_whatever_is_shown() {
    each_with(&SETTINGS, |app| {
        let callers = Callers::make(app);
        for (name, client) in &callers.all {
            for path in [
                "/api/events",
                "/api/events.ics",
                "/api/events.atom",
                "/api/groups",
            ] {
                let reply = client.get(path);
                assert_eq!(reply.status(), 200, "{path} for {name}: {}", reply.text());
            }
        }
    });
}

#[test]
fn a_token_beside_a_session_is_each_at_its_own_place() {
    each_with(&SETTINGS, |app| {
        let callers = Callers::make(app);
        for (name, client) in &callers.all {
            if [SESSION, "an expired session", "a token as a session"].contains(name) {
                continue;
            }
            let session = app.user("ann");
            let cookie = session.cookie().expect("ann is signed in");
            let both = client.with("Cookie", cookie);
            let me = both.get("/api/auth/@me").ok(200);
            assert_eq!(me["data"]["id"], session.id(), "{name}");
            for entry in [
                "GET /proposals/v1/events",
                "GET /api/v1/admin/admins",
                "GET /api/v1/tokens/@me",
            ] {
                let (with, without) = (callers.call(&both, entry), callers.call(client, entry));
                assert_eq!(with.status(), without.status(), "{entry} by {name}");
            }
        }
    });
}

#[test]
fn a_token_in_an_address_opens_nothing() {
    each_with(&SETTINGS, |app| {
        app.super_admin();
        let answer = login(app, "root@example.org");
        let token = text(&answer["access_token"]);
        for name in ["access_token", "token", "authorization"] {
            for path in ["/api/reports", "/api/v1/tokens", "/api/v1/admin/admins"] {
                let reply = app.anon().get(&format!("{path}?{name}={token}"));
                assert_eq!(reply.status(), 401, "{path}?{name}=…");
            }
        }
        bearer(app, token).get("/api/reports").ok(200);
    });
}
