//! The tables, as queries name them. Kept by hand, because a column's type stands for
//! both databases; a test holds it against the migrated ones.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    changes (id) {
        id -> BigInt,
        uuid -> Id,
        topic -> Text,
        subject -> Text,
        fields -> Text,
        audience -> Text,
        actor_id -> Nullable<Id>,
        at -> Instant,
        seq -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    users (id) {
        id -> Id,
        name -> Text,
        email -> Nullable<Text>,
        avatar -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        suspended_at -> Nullable<Instant>,
        erased_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    logins (id) {
        id -> Id,
        user_id -> Id,
        kind -> Text,
        subject -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    sessions (token_hash) {
        token_hash -> Text,
        id -> Id,
        user_id -> Id,
        agent -> Text,
        address_family -> Text,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

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
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    idempotency_keys (key_hash) {
        key_hash -> Text,
        user_id -> Nullable<Id>,
        fingerprint -> Text,
        status -> BigInt,
        body -> Text,
        created_at -> Instant,
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

diesel::table! {
    use crate::db::types::sql::{Id, Instant};
    erasures (user_id) {
        user_id -> Id,
        begun_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    passwords (login_id) {
        login_id -> Id,
        hash -> Text,
        changed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    grants (id) {
        id -> Id,
        user_id -> Id,
        audience -> Text,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    refresh_tokens (token_hash) {
        token_hash -> Text,
        grant_id -> Id,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::db::types::sql::Instant;
    sign_in_attempts (key_hash) {
        key_hash -> Text,
        began_at -> Instant,
        attempts -> BigInt,
        known_until -> Nullable<Instant>,
        forget_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::sql::Instant;
    sign_in_windows (account_hash) {
        account_hash -> Text,
        began_at -> Instant,
        lasts -> BigInt,
        attempts -> BigInt,
        forget_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    audit (id) {
        id -> Id,
        at -> Instant,
        actor_id -> Nullable<Id>,
        action -> Text,
        subject_id -> Nullable<Id>,
        address -> Nullable<Text>,
        request_id -> Nullable<Id>,
    }
}

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
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::sql::{Id, Instant};
    machine_tokens (id) {
        id -> Id,
        name -> Text,
        project -> Text,
        scopes -> Text,
        secret_hash -> Text,
        created_by -> Nullable<Id>,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
        refused_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::sql::Instant;
    bus_cursors (subscriber) {
        subscriber -> Text,
        position -> BigInt,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::{Id, Instant};
    bus_refusals (subscriber, change_uuid) {
        subscriber -> Text,
        change_uuid -> Id,
        topic -> Text,
        subject -> Text,
        why -> Text,
        at -> Instant,
    }
}

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

diesel::table! {
    use crate::db::types::sql::{Id, Instant};
    merges (from_id) {
        from_id -> Id,
        into_id -> Id,
        begun_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::db::types::sql::Instant;
    barred_logins (login_hash) {
        login_hash -> Text,
        barred_at -> Instant,
    }
}

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
);
