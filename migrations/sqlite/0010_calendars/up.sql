-- The private calendar of a person, found by a secret address. The secret is kept as its
-- SHA-256 only.
CREATE TABLE calendars (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
