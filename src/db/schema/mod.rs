//! The tables, as queries name them. Kept by hand, because a column's type stands for
//! both databases; a test holds it against the migrated ones.

mod box_office;
mod bus;
mod community;
mod companies;
mod identity;

pub use box_office::*;
pub use bus::*;
pub use community::*;
pub use companies::*;
pub use identity::*;

diesel::joinable!(logins -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(events -> users (creator_id));
diesel::joinable!(event_counters -> events (event_id));
diesel::joinable!(event_search -> events (event_id));
diesel::joinable!(comments -> events (event_id));
diesel::joinable!(comments -> users (user_id));
diesel::joinable!(comment_images -> comments (comment_id));
diesel::joinable!(comment_likes -> comments (comment_id));
diesel::joinable!(comment_likes -> users (user_id));
diesel::joinable!(event_interests -> events (event_id));
diesel::joinable!(event_interests -> users (user_id));
diesel::joinable!(groups -> users (creator_id));
diesel::joinable!(group_members -> groups (group_id));
diesel::joinable!(group_members -> users (user_id));
diesel::joinable!(group_search -> groups (group_id));
diesel::joinable!(passwords -> logins (login_id));
diesel::joinable!(grants -> users (user_id));
diesel::joinable!(refresh_tokens -> grants (grant_id));
diesel::joinable!(admins -> users (user_id));
diesel::joinable!(company_accounts -> users (user_id));
diesel::joinable!(proposals -> event_types (event_type_id));
diesel::joinable!(venues -> users (owner_id));
diesel::joinable!(event_seats -> events (event_id));
diesel::joinable!(event_seats -> venues (venue_id));
diesel::joinable!(bookings -> users (user_id));
diesel::joinable!(seat_movements -> bookings (booking_id));
diesel::joinable!(waitlist -> bookings (booking_id));
diesel::allow_tables_to_appear_in_same_query!(
    changes,
    users,
    logins,
    sessions,
    events,
    event_counters,
    event_search,
    comments,
    comment_images,
    idempotency_keys,
    comment_likes,
    event_interests,
    groups,
    group_members,
    group_search,
    calendars,
    reports,
    erasures,
    passwords,
    grants,
    refresh_tokens,
    sign_in_attempts,
    sign_in_windows,
    audit,
    admins,
    machine_tokens,
    bus_cursors,
    bus_refusals,
    company_accounts,
    event_types,
    proposals,
    merges,
    barred_logins,
    venues,
    event_seats,
    bookings,
    seat_movements,
    waitlist,
);
