//! People, how they sign in, and what their calls were answered.

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
