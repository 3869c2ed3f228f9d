CREATE TABLE users (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    avatar TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE users IS 'Every person, whatever they sign in with.';
COMMENT ON COLUMN users.email IS 'Contact data, not identity: neither unique nor necessarily verified.';

CREATE TABLE logins (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('google', 'username', 'admin_email')),
    subject TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (kind, subject)
);
COMMENT ON TABLE logins IS 'What a person signs in with. Identity is the login, never the e-mail.';
COMMENT ON COLUMN logins.subject IS 'Google''s sub, the folded user name, or the folded e-mail.';
CREATE INDEX logins_user ON logins (user_id);
