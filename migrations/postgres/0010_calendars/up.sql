CREATE TABLE calendars (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE calendars IS 'The private calendar of a person, found by a secret address. The secret is kept as its SHA-256 only.';
