CREATE TABLE sessions (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    agent TEXT NOT NULL,
    address_family TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE sessions IS 'Signed-in browsers and apps. The cookie''s value is kept as its SHA-256 only.';
COMMENT ON COLUMN sessions.expires_at IS 'Fixed at sign-in, never renewed.';
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);
