CREATE TABLE idempotency_keys (
    key_hash TEXT COLLATE "C" PRIMARY KEY,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE idempotency_keys IS 'The answers given to calls that carried an Idempotency-Key, for a day.';
COMMENT ON COLUMN idempotency_keys.key_hash IS 'SHA-256 of caller and key.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of method, path and body.';
CREATE INDEX idempotency_keys_user ON idempotency_keys (user_id);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
