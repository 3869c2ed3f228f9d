-- Passwords, hashed (PHC string format; bcrypt from an import until its next sign-in).
CREATE TABLE passwords (
    login_id TEXT PRIMARY KEY NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sign-ins with a password: the tokens made from one hold while its row is there.
CREATE TABLE grants (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- the system whose calls the tokens open
    audience TEXT NOT NULL CHECK (audience IN ('admin', 'proposals')),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_user ON grants (user_id, created_at);
CREATE INDEX grants_expiry ON grants (expires_at);

-- Each is used once; the one that is shown a second time ends its grant.
CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Attempts to sign in to an account from an address, both as keyed hashes.
CREATE TABLE sign_in_attempts (
    key_hash TEXT PRIMARY KEY NOT NULL,
    -- when the minute began in which attempts are counted
    began_at TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    -- the account was signed in to from here
    known_until TEXT,
    forget_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempts_age ON sign_in_attempts (forget_at);

-- Attempts to sign in to an account from addresses that it does not know.
CREATE TABLE sign_in_windows (
    account_hash TEXT PRIMARY KEY NOT NULL,
    began_at TEXT NOT NULL,
    -- how long this window is, in seconds
    lasts INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    forget_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_windows_age ON sign_in_windows (forget_at);
