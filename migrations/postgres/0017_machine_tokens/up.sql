CREATE TABLE machine_tokens (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    project TEXT COLLATE "C" NOT NULL,
    scopes TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_by UUID REFERENCES users (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    refused_at TIMESTAMPTZ
);
COMMENT ON TABLE machine_tokens IS 'Tokens of programs. The secret is kept as its SHA-256 only.';
COMMENT ON COLUMN machine_tokens.scopes IS 'Separated by spaces.';
COMMENT ON COLUMN machine_tokens.created_by IS 'The admin who made it; NULL: the shell.';
COMMENT ON COLUMN machine_tokens.last_used_at IS 'To the minute.';
COMMENT ON COLUMN machine_tokens.refused_at IS 'When it was last shown although it holds no more, to the minute.';
CREATE INDEX machine_tokens_creator ON machine_tokens (created_by);
