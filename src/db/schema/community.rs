//! Events and what people make around them.

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    events (id) {
        id -> Id,
        creator_id -> Nullable<Id>,
        title -> Text,
        description -> Text,
        location -> Text,
        start_date -> Text,
        start_time -> Text,
        end_date -> Text,
        end_time -> Text,
        timezone -> Text,
        starts_at -> Instant,
        ends_at -> Instant,
        thumbnail -> Nullable<Text>,
        visible -> Bool,
        is_over -> Bool,
        revision -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        group_id -> Nullable<Id>,
        type_key -> Nullable<Text>,
        city_key -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use crate::db::types::sql::Id;
    event_counters (event_id) {
        event_id -> Id,
        comments -> BigInt,
        interested -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::sql::Id;
    event_search (docid) {
        docid -> BigInt,
        event_id -> Id,
        words -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::sql::{Id, Instant};
    comments (id) {
        id -> Id,
        event_id -> Id,
        user_id -> Id,
        body -> Text,
        likes -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::Id;
    comment_images (id) {
        id -> Id,
        comment_id -> Id,
        url -> Text,
    }
}

diesel::table! {
    use crate::db::types::sql::{Id, Instant};
    comment_likes (comment_id, user_id) {
        comment_id -> Id,
        user_id -> Id,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::db::types::sql::{Id, Instant};
    event_interests (event_id, user_id) {
        event_id -> Id,
        user_id -> Id,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    groups (id) {
        id -> Id,
        title -> Text,
        creator_id -> Id,
        members -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Id, Instant};
    group_members (group_id, user_id) {
        group_id -> Id,
        user_id -> Id,
        joined_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::sql::Id;
    group_search (docid) {
        docid -> BigInt,
        group_id -> Id,
        words -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    calendars (user_id) {
        user_id -> Id,
        secret_hash -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    reports (id) {
        id -> Id,
        reporter_id -> Nullable<Id>,
        subject -> Text,
        subject_id -> Id,
        author_id -> Nullable<Id>,
        reason -> Text,
        state -> Text,
        why -> Nullable<Text>,
        decided_at -> Nullable<Instant>,
        created_at -> Instant,
        decided_by -> Nullable<Id>,
    }
}
