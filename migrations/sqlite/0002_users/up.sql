-- Every person, whatever they sign in with.
CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    -- contact data, not identity: neither unique nor necessarily verified
    email TEXT,
    avatar TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- What a person signs in with. Identity is the login, never the e-mail.
CREATE TABLE logins (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('google', 'username', 'admin_email')),
    -- Google's sub, the folded user name, or the folded e-mail
    subject TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (kind, subject)
) STRICT;
CREATE INDEX logins_user ON logins (user_id);
