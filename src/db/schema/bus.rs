//! The log of changes.

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
