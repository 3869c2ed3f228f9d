//! The demo's companies: who proposes events to whom, and what became of it; and an admin.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::box_office::admins::{self, NewAdmin};
use crate::db::schema::event_types;
use crate::db::types::Timestamp;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::identity::audit::Source;
use crate::identity::credentials;
use crate::identity::password::Hasher;
use crate::identity::people::{self, Profile, UserId};
use crate::identity::roles::Role;
use crate::proposals::accounts::auth::login;
use crate::proposals::accounts::{self, CompanyRole, Member, NewAccount};
use crate::proposals::catalogue::EventTypeId;
use crate::proposals::requests::{self, Decided, New, Status};
use crate::secret::Secret;

/// Everybody's password here.
pub(super) const PASSWORD: &str = "no secret in a demo";
/// What the admin signs in with.
pub(super) const ADMIN: &str = "root@demo.example";
/// The one of the accounts that the hints name.
pub(super) const ORGANISER: &str = "olga";

/// User names, companies, and what they are there.
const ACCOUNTS: [(&str, &str, CompanyRole); 4] = [
    (ORGANISER, "Harbour Trading", CompanyRole::HumanResource),
    ("oskar", "Northern Rail", CompanyRole::HumanResource),
    ("vera", "Wellness and Co", CompanyRole::Vendor),
    ("victor", "Stage and Light", CompanyRole::Vendor),
];

/// Who proposes to whom, by their places above; what, where, in how many days, and what is
/// decided.
type Plan = (
    usize,
    usize,
    &'static str,
    &'static str,
    &'static [i64],
    Option<Status>,
);

const PROPOSALS: [Plan; 8] = [
    (
        0,
        2,
        "Health Talks",
        "Harbour Trading, canteen",
        &[12, 19, 26],
        None,
    ),
    (
        0,
        2,
        "Onsite Screenings",
        "Harbour Trading, room 4",
        &[20],
        Some(Status::Approved),
    ),
    (0, 3, "Virtual Workshops", "Online", &[9, 10], None),
    (
        0,
        3,
        "Others",
        "Harbour Trading, yard",
        &[33],
        Some(Status::Rejected),
    ),
    (
        1,
        2,
        "Health Talks",
        "Central Station, hall B",
        &[15, 16],
        Some(Status::Approved),
    ),
    (
        1,
        2,
        "Onsite Screenings",
        "Depot North",
        &[40, 41, 42],
        None,
    ),
    (
        1,
        3,
        "Others",
        "Central Station, roof",
        &[28],
        Some(Status::Canceled),
    ),
    (1, 3, "Virtual Workshops", "Online", &[21], None),
];

/// Makes the admin, the companies' people and their proposals; answers the admin. The events of those that were
/// approved are made by the server itself.
pub(super) async fn settle(
    db: &Db,
    hasher: &Hasher,
    secret: &Secret,
    now: DateTime<Utc>,
) -> Result<UserId> {
    let (hash, secret) = (hasher.hash(PASSWORD).await?, secret.clone());
    db.write(move |conn| {
        let admin = NewAdmin {
            email: ADMIN.to_owned(),
            name: "Root".to_owned(),
            phone_number: None,
            password: String::new(),
        };
        let id = admins::insert(conn, &admin, &hash, Role::SuperAdmin, &secret, now.into())?;
        admins::record_made(conn, id, None, Source::SHELL, now.into())?;
        let members = ACCOUNTS
            .iter()
            .map(|account| sign_up(conn, account, &hash, &secret, now.into()))
            .collect::<Result<Vec<_>>>()?;
        PROPOSALS
            .iter()
            .try_for_each(|proposal| propose(conn, &members, proposal, now))?;
        Ok(id)
    })
    .await
}

fn sign_up(
    conn: &mut Conn,
    (username, company_name, role): &(&str, &str, CompanyRole),
    hash: &str,
    secret: &Secret,
    now: Timestamp,
) -> Result<Member> {
    let profile = Profile {
        name: (*username).to_owned(),
        email: None,
        avatar: None,
    };
    let (person, login_id) = people::make(conn, &login(username), &profile, secret, now)?;
    people::record_arrival(conn, person.id, now)?;
    credentials::set(conn, login_id, hash, now)?;
    let new = NewAccount {
        username: (*username).to_owned(),
        company_name: (*company_name).to_owned(),
        role: *role,
    };
    accounts::insert(conn, person.id, &new, now)?;
    Ok(Member {
        user_id: person.id,
        role: new.role,
        company_name: new.company_name,
    })
}

fn propose(
    conn: &mut Conn,
    members: &[Member],
    (by, to, what, location, days, outcome): &Plan,
    now: DateTime<Utc>,
) -> Result<()> {
    let (Some(by), Some(to)) = (members.get(*by), members.get(*to)) else {
        return Ok(());
    };
    let event_type_id = event_types::table
        .filter(event_types::name.eq(*what))
        .select(event_types::id)
        .first::<EventTypeId>(conn)?;
    let day = |days: &i64| (now + TimeDelta::days(*days)).date_naive().to_string();
    let new = New {
        event_type_id,
        location: (*location).to_owned(),
        dates: days.iter().map(day).collect(),
        proposed_to: to.user_id,
    };
    let made = requests::insert(conn, by, &new, now.into())?;
    let Some(status) = *outcome else {
        return Ok(());
    };
    let decided = Decided {
        status,
        remarks: match status {
            Status::Rejected => Some("We are booked that week; the one after would do.".into()),
            _ => None,
        },
        event_date: new
            .dates
            .first()
            .filter(|_| status == Status::Approved)
            .cloned(),
    };
    let who = match status {
        Status::Canceled => by.user_id,
        _ => to.user_id,
    };
    requests::decide(conn, made.id, who, &decided, Source::SHELL, now.into())?;
    Ok(())
}
