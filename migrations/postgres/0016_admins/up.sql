CREATE TABLE admins (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE RESTRICT,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('super_admin', 'event_manager', 'analyst')),
    phone_number TEXT,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE admins IS 'Who administers this server. A role stands beside the person, and is never in a token.';
CREATE INDEX admins_role ON admins (role, is_active);

ALTER TABLE reports ADD COLUMN decided_by UUID REFERENCES users (id) ON DELETE SET NULL;
COMMENT ON COLUMN reports.decided_by IS 'The admin who decided; NULL: the shell.';
CREATE INDEX reports_decider ON reports (decided_by);
