//! Admins, venues, seats and bookings.

diesel::table! {
    use diesel::sql_types::{Bool, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    admins (user_id) {
        user_id -> Id,
        role -> Text,
        phone_number -> Nullable<Text>,
        is_active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    venues (id) {
        id -> Id,
        owner_id -> Id,
        name -> Text,
        address -> Text,
        city -> Text,
        state -> Nullable<Text>,
        country -> Text,
        postal_code -> Nullable<Text>,
        capacity -> BigInt,
        layout_config -> Nullable<Text>,
        name_key -> Text,
        city_key -> Text,
        search_key -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    event_seats (event_id) {
        event_id -> Id,
        admin_id -> Id,
        venue_id -> Id,
        event_type -> Text,
        capacity -> BigInt,
        available -> BigInt,
        base_price -> BigInt,
        currency -> Text,
        max_per_booking -> BigInt,
        status -> Text,
        version -> BigInt,
        admin_version -> BigInt,
        internal_taken -> BigInt,
        internal_revenue -> BigInt,
        closing_since -> Nullable<Instant>,
        changed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    bookings (id) {
        id -> Id,
        reference -> Text,
        event_id -> Id,
        user_id -> Nullable<Id>,
        quantity -> BigInt,
        amount -> BigInt,
        currency -> Text,
        status -> Text,
        expires_at -> Nullable<Instant>,
        payment_reference -> Nullable<Text>,
        confirmed_at -> Nullable<Instant>,
        admitted_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    seat_movements (event_id, id) {
        event_id -> Id,
        id -> Id,
        quantity -> BigInt,
        amount -> BigInt,
        at -> Instant,
        source -> Text,
        booking_id -> Nullable<Id>,
        key_hash -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    waitlist (id) {
        id -> Id,
        event_id -> Id,
        user_id -> Id,
        party_size -> BigInt,
        status -> Text,
        booking_id -> Nullable<Id>,
        created_at -> Instant,
    }
}
