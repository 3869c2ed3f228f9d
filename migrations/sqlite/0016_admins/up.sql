-- Who administers this server. A role stands beside the person, and is never in a token.
CREATE TABLE admins (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    role TEXT NOT NULL CHECK (role IN ('super_admin', 'event_manager', 'analyst')),
    phone_number TEXT,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX admins_role ON admins (role, is_active);

-- The admin who decided; NULL: the shell.
ALTER TABLE reports ADD COLUMN decided_by TEXT REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX reports_decider ON reports (decided_by);
