-- The answers given to calls that carried an Idempotency-Key, for a day.
CREATE TABLE idempotency_keys (
    -- SHA-256 of caller and key
    key_hash TEXT PRIMARY KEY NOT NULL,
    -- whose call it was; what was answered goes with the person
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of method, path and body
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_user ON idempotency_keys (user_id);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
