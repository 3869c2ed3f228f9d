//! Companies and what they propose.

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    company_accounts (user_id) {
        user_id -> Id,
        company_name -> Text,
        search_key -> Text,
        role -> Text,
        username -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    event_types (id) {
        id -> Id,
        name -> Text,
        name_key -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    proposals (id) {
        id -> Id,
        event_type_id -> Id,
        company_name -> Text,
        location -> Text,
        proposed_dates -> Text,
        proposed_by -> Id,
        proposed_to -> Id,
        status -> Text,
        remarks -> Nullable<Text>,
        event_date -> Nullable<Text>,
        event_id -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}
