//! Accounts with passwords, made over HTTP: organisers, a vendor, and admins.

use std::net::SocketAddr;

use chrono::{Days, Utc};
use serde_json::{Value, json};

use super::client::Call;
use super::google::SUBJECTS;
use super::texts;

/// Where organisers and vendors sign in.
pub const SIGN_IN_PATH: &str = "/proposals/v1/auth/signin";
/// The password of every account.
pub const PASSWORD: &str = "correct horse battery staple";
/// Proposals of the organiser who has some.
pub const PROPOSALS: usize = 100;
/// How many admins there are: a page of them where nobody says how long it is.
pub const ADMINS: usize = 20;

const ORGANISER: &str = "human-resource";
const VENDOR: &str = "vendor";

/// What the body of a sign-in says.
pub fn credentials(name: &str, password: &str) -> String {
    json!({ "username": named(name), "password": password }).to_string()
}

/// Signs an organiser up, from an address or from here.
pub fn organiser(name: &str, from: &str, server: SocketAddr) -> Result<(), String> {
    sign_up(name, ORGANISER, from, server).map(|_| ())
}

/// Signs that many organisers up; what each of them signs in with.
pub fn organisers(count: usize, server: SocketAddr) -> Result<Vec<String>, String> {
    (0..count)
        .map(|n| {
            let name = n.to_string();
            organiser(&name, "", server)?;
            Ok(credentials(&name, PASSWORD))
        })
        .collect()
}

/// Makes an organiser with [`PROPOSALS`], all to one vendor; the organiser's token.
pub fn proposals(server: SocketAddr) -> Result<String, String> {
    let vendor = sign_up("vendor", VENDOR, "", server)?;
    organiser("organiser", "", server)?;
    let body = credentials("organiser", PASSWORD);
    let token = text(&post(Call::get(SIGN_IN_PATH), &body, server)?, "/token")?;
    let catalogue = Call {
        token: &token,
        ..Call::get("/proposals/v1/available-events")
    };
    let catalogue = json_of(&catalogue.succeed(server)?.body)?;
    let event_type = text(&catalogue, "/data/0/id")?;
    let today = Utc::now().date_naive();
    for (words, day) in texts::texts(PROPOSALS).iter().zip(30u64..) {
        let dates = [day, day + 7, day + 14].map(|day| (today + Days::new(day)).to_string());
        let body = json!({
            "eventName": event_type, "location": words.location, "proposedDates": dates,
            "proposedTo": vendor,
        });
        let call = Call {
            token: &token,
            ..Call::get("/proposals/v1/events")
        };
        post(call, &body.to_string(), server)?;
    }
    Ok(token)
}

/// What the super admin signs in with, whom the program's command makes.
pub fn admin_email() -> String {
    format!("{}@example.org", named("admin"))
}

/// Signs the super admin in; the token holds for 15 minutes.
pub fn admin(server: SocketAddr) -> Result<String, String> {
    let body = json!({ "email": admin_email(), "password": PASSWORD });
    let call = Call::get("/api/v1/auth/admin/login");
    text(&post(call, &body.to_string(), server)?, "/access_token")
}

/// Lets the super admin register others until there are [`ADMINS`]; the super admin's token.
pub fn admins(server: SocketAddr) -> Result<String, String> {
    let token = admin(server)?;
    for n in 1..ADMINS {
        let body = json!({
            "email": format!("{}@example.org", named(&n.to_string())), "password": PASSWORD,
            "name": format!("Benchmark {n}"), "role": "analyst",
        });
        let call = Call {
            token: &token,
            ..Call::get("/api/v1/auth/admin/register")
        };
        post(call, &body.to_string(), server)?;
    }
    Ok(token)
}

/// Signs an account up; its id.
fn sign_up(name: &str, role: &str, from: &str, server: SocketAddr) -> Result<String, String> {
    let body = json!({
        "username": named(name), "password": PASSWORD, "role": role,
        "companyName": format!("{name} Ltd"),
    });
    let call = Call {
        from,
        ..Call::get("/proposals/v1/auth/signup")
    };
    text(&post(call, &body.to_string(), server)?, "/id")
}

/// By its beginning the database is known as ours.
fn named(name: &str) -> String {
    format!("{SUBJECTS}{name}")
}

/// Makes a POST of a call, with this body; what it answers.
pub fn post(call: Call<'_>, body: &str, server: SocketAddr) -> Result<Value, String> {
    let call = Call {
        method: "POST",
        body,
        ..call
    };
    json_of(&call.succeed(server)?.body)
}

/// What an answer says.
pub fn json_of(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("an answer that is no JSON: {error}"))
}

/// A text in an answer.
pub fn text(answer: &Value, pointer: &str) -> Result<String, String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| format!("an answer without {pointer}"))
}
