-- Tokens of programs. The secret is kept as its SHA-256 only.
CREATE TABLE machine_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    project TEXT NOT NULL,
    -- separated by spaces
    scopes TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    -- the admin who made it; NULL: the shell
    created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    -- to the minute
    last_used_at TEXT,
    revoked_at TEXT,
    -- when it was last shown although it holds no more, to the minute
    refused_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX machine_tokens_creator ON machine_tokens (created_by);
