-- Signed-in browsers and apps. The cookie's value is kept as its SHA-256 only.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    -- the name a person's own list shows for it
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- User-Agent at sign-in
    agent TEXT NOT NULL,
    -- IPv4 or IPv6, at sign-in
    address_family TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- fixed at sign-in, never renewed
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);
