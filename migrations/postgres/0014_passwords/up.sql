CREATE TABLE passwords (
    login_id UUID PRIMARY KEY REFERENCES logins (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE passwords IS 'Passwords, hashed (PHC string format; bcrypt from an import until its next sign-in).';

CREATE TABLE grants (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    audience TEXT COLLATE "C" NOT NULL CHECK (audience IN ('admin', 'proposals')),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE grants IS 'Sign-ins with a password: the tokens made from one hold while its row is there.';
COMMENT ON COLUMN grants.audience IS 'The system whose calls the tokens open.';
CREATE INDEX grants_user ON grants (user_id, created_at);
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE refresh_tokens (
    token_hash TEXT COLLATE "C" PRIMARY KEY,
    grant_id UUID NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
COMMENT ON TABLE refresh_tokens IS 'Each is used once; the one that is shown a second time ends its grant.';
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE sign_in_attempts (
    key_hash TEXT COLLATE "C" PRIMARY KEY,
    began_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    known_until TIMESTAMPTZ,
    forget_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE sign_in_attempts IS 'Attempts to sign in to an account from an address, both as keyed hashes.';
COMMENT ON COLUMN sign_in_attempts.began_at IS 'When the minute began in which attempts are counted.';
COMMENT ON COLUMN sign_in_attempts.known_until IS 'The account was signed in to from here.';
CREATE INDEX sign_in_attempts_age ON sign_in_attempts (forget_at);

CREATE TABLE sign_in_windows (
    account_hash TEXT COLLATE "C" PRIMARY KEY,
    began_at TIMESTAMPTZ NOT NULL,
    lasts BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    forget_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE sign_in_windows IS 'Attempts to sign in to an account from addresses that it does not know.';
COMMENT ON COLUMN sign_in_windows.lasts IS 'How long this window is, in seconds.';
CREATE INDEX sign_in_windows_age ON sign_in_windows (forget_at);
