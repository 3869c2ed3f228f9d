//! The names of the measurements, and what wrk calls in each.

mod box_office;

use chrono::{Days, Utc};
use serde_json::json;

use super::accounts::SIGN_IN_PATH;
use super::google::Person;
use super::texts::{self, COMMON_WORD, RARE_WORD};
use super::wrk::{CONNECTIONS, Load, Order};

pub use box_office::{
    availability, booking_hold, catalogue_list, catalogue_list_filtered, seats_path, seats_taken,
    taking,
};

pub const START_UP: &str = "start-up";
pub const EVENT_BY_ID: &str = "event-by-id";
pub const LIST_BY_START: &str = "list-by-start";
pub const LIST_50_ANONYMOUS: &str = "list-50-anonymous";
pub const LIST_50_SIGNED_IN: &str = "list-50-signed-in";
pub const CATALOGUE_LIST: &str = "catalogue-list";
pub const CATALOGUE_LIST_FILTERED: &str = "catalogue-list-filtered";
const SEARCH_COMMON: &str = "search-common";
const SEARCH_RARE: &str = "search-rare";
pub const COMMENTS_PAGE: &str = "comments-page";
pub const CALENDAR: &str = "calendar";
pub const CALENDAR_NOT_MODIFIED: &str = "calendar-not-modified";
pub const LIKE_UNLIKE: &str = "like-unlike";
pub const COMMENT_CREATION: &str = "comment-creation";
pub const EVENT_CREATION: &str = "event-creation";
pub const TOKEN_READ: &str = "token-read";
pub const TOKEN_READ_ADMINS: &str = "token-read-admins";
pub const SIGN_IN: &str = "sign-in";
pub const SIGN_IN_FLOOD: &str = "sign-in-flood";
pub const SIGN_IN_FLOOD_FAST: &str = "sign-in-flood-fast";
pub const AVAILABILITY: &str = "availability";
pub const SEATS_HOT: &str = "seats-hot";
pub const SEATS_HOT_KEYED: &str = "seats-hot-keyed";
pub const SEATS_SPREAD: &str = "seats-spread";
pub const BOOKING_HOLD: &str = "booking-hold";
pub const STORM: &str = "storm";

/// All names but those that end with a number of events.
pub const NAMES: [&str; 26] = [
    START_UP,
    EVENT_BY_ID,
    LIST_BY_START,
    LIST_50_ANONYMOUS,
    LIST_50_SIGNED_IN,
    CATALOGUE_LIST,
    CATALOGUE_LIST_FILTERED,
    SEARCH_COMMON,
    SEARCH_RARE,
    COMMENTS_PAGE,
    CALENDAR,
    CALENDAR_NOT_MODIFIED,
    LIKE_UNLIKE,
    COMMENT_CREATION,
    EVENT_CREATION,
    TOKEN_READ,
    TOKEN_READ_ADMINS,
    SIGN_IN,
    SIGN_IN_FLOOD,
    SIGN_IN_FLOOD_FAST,
    AVAILABILITY,
    SEATS_HOT,
    SEATS_HOT_KEYED,
    SEATS_SPREAD,
    BOOKING_HOLD,
    STORM,
];

/// What needs events that the box office has put on sale.
pub const BOX_OFFICE: [&str; 6] = [
    AVAILABILITY,
    SEATS_HOT,
    SEATS_HOT_KEYED,
    SEATS_SPREAD,
    BOOKING_HOLD,
    STORM,
];

/// The name of the list, newest update first, among that many events.
pub fn list_name(size: u32) -> String {
    format!("list-{size}")
}

/// The name of what is measured among that many events, too, which are not the first number.
pub fn name_among(name: &str, size: u32) -> String {
    format!("{name}-{size}")
}

/// Callers for each event that is read with limits on: with 1 000 events they may read 9.6
/// million times a minute, 1 200 times each.
const CALLERS: usize = 8;

/// The page of events that is asked for with and without a session.
pub const LIST_50: &str = "/api/events?limit=50";
/// The calendar of all events.
pub const ALL_EVENTS: &str = "/api/events.ics";

/// What only reads and needs no preparation: events with these ids, lists, searches, and
/// comments on the events that are discussed.
pub fn reads(size: u32, ids: &[String], discussed: &[String], reader: &Person) -> Vec<Load> {
    let pages = discussed
        .iter()
        .map(|id| format!("/api/events/{id}/comments?limit=50"))
        .collect();
    let search = |word: &str| vec![format!("/api/events?q={word}&limit=20")];
    let list_50 = |name| Load::get(name, vec![LIST_50.to_owned()]);
    vec![
        Load::get(EVENT_BY_ID, by_id(ids)),
        list(size),
        by_start(LIST_BY_START),
        // These two are compared, so nothing comes between them.
        list_50(LIST_50_ANONYMOUS),
        Load {
            cookies: vec![reader.cookie.clone()],
            ..list_50(LIST_50_SIGNED_IN)
        },
        catalogue_list(CATALOGUE_LIST),
        catalogue_list_filtered(CATALOGUE_LIST_FILTERED),
        Load::get(SEARCH_COMMON, search(COMMON_WORD)),
        Load::get(SEARCH_RARE, search(RARE_WORD)),
        Load::get(COMMENTS_PAGE, pages),
    ]
}

fn by_id(ids: &[String]) -> Vec<String> {
    ids.iter().map(|id| format!("/api/events/{id}")).collect()
}

/// The list, newest update first, among that many events.
pub fn list(size: u32) -> Load {
    Load::get(&list_name(size), vec!["/api/events?limit=20".to_owned()])
}

/// What is soonest, of what is not over yet.
pub fn by_start(name: &str) -> Load {
    let today = Utc::now().date_naive();
    let path = format!("/api/events?order=start&limit=20&from={today}");
    Load::get(name, vec![path])
}

/// The calendar of all events, for whoever has none yet.
pub fn calendar() -> Load {
    Load::get(CALENDAR, vec![ALL_EVENTS.to_owned()])
}

/// The same for whoever has it already, with this tag.
pub fn calendar_not_modified(etag: &str) -> Load {
    Load {
        etag: etag.to_owned(),
        ..Load::get(CALENDAR_NOT_MODIFIED, vec![ALL_EVENTS.to_owned()])
    }
}

/// People like these comments and take it back.
pub fn like_unlike(people: &[Person], comments: &[String]) -> Load {
    let paths = comments
        .iter()
        .map(|id| format!("/api/likes/{id}"))
        .collect();
    Load {
        method: "PUT",
        cookies: cookies(people),
        order: Order::PutAndDelete,
        waits: false,
        ..Load::get(LIKE_UNLIKE, paths)
    }
}

/// People say something about these events.
pub fn comment_creation(people: &[Person], events: &[String]) -> Load {
    let bodies = texts::texts(CONNECTIONS)
        .iter()
        .map(|text| {
            let body: String = text.description.chars().take(90).collect();
            json!({ "body": body }).to_string()
        })
        .collect();
    let paths = events
        .iter()
        .map(|id| format!("/api/events/{id}/comments"))
        .collect();
    Load {
        method: "POST",
        cookies: cookies(people),
        bodies,
        waits: false,
        ..Load::get(COMMENT_CREATION, paths)
    }
}

/// People publish events.
pub fn event_creation(people: &[Person]) -> Load {
    let date = (Utc::now().date_naive() + Days::new(30)).to_string();
    let bodies = texts::texts(CONNECTIONS)
        .iter()
        .map(|text| {
            json!({
                "title": text.title, "description": text.description, "location": text.location,
                "start_date": date, "start_time": "18:00", "end_date": date,
                "end_time": "21:00", "timezone": "Europe/Oslo",
            })
            .to_string()
        })
        .collect();
    Load {
        method: "POST",
        cookies: cookies(people),
        bodies,
        waits: false,
        ..Load::get(EVENT_CREATION, vec!["/api/events".to_owned()])
    }
}

/// Whoever has this token reads the newest proposals.
pub fn token_read(token: &str) -> Load {
    Load {
        bearer: token.to_owned(),
        ..Load::get(TOKEN_READ, vec!["/proposals/v1/events?limit=10".to_owned()])
    }
}

/// An admin who has this token reads who the admins are.
pub fn token_read_admins(token: &str) -> Load {
    Load {
        bearer: token.to_owned(),
        ..Load::get(TOKEN_READ_ADMINS, vec!["/api/v1/admin/admins".to_owned()])
    }
}

/// Accounts sign in, each with what it has to show.
pub fn sign_in(credentials: Vec<String>) -> Load {
    // For each path there is a request, and the next one has the next body.
    let paths = vec![SIGN_IN_PATH.to_owned(); credentials.len()];
    Load {
        method: "POST",
        bodies: credentials,
        ..Load::get(SIGN_IN, paths)
    }
}

/// Strangers all sign in with this, so many in a minute or as fast as they can.
pub fn strangers(name: &str, credentials: String, a_minute: Option<u32>) -> Load {
    Load {
        method: "POST",
        bodies: vec![credentials],
        order: Order::Strangers { a_minute },
        ..Load::get(name, vec![SIGN_IN_PATH.to_owned()])
    }
}

/// Events with these ids, for so many callers that each keeps within its limit.
pub fn limited_reads(ids: &[String]) -> Load {
    Load {
        callers: CALLERS,
        ..Load::get("sign-in-flood-reads", by_id(ids))
    }
}

fn cookies(people: &[Person]) -> Vec<String> {
    people.iter().map(|person| person.cookie.clone()).collect()
}
