CREATE TABLE audit (
    id UUID PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    actor_id UUID REFERENCES users (id) ON DELETE SET NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject_id UUID,
    address TEXT,
    request_id UUID
);
COMMENT ON TABLE audit IS 'Who did what about access, and decisions. Kept for AUDIT_RETENTION_DAYS.';
COMMENT ON COLUMN audit.actor_id IS 'Whose account it was; NULL: nobody''s, or the shell.';
COMMENT ON COLUMN audit.action IS 'noun.verbed, such as sign_in.failed.';
COMMENT ON COLUMN audit.subject_id IS 'What it was done to, which may be gone.';
COMMENT ON COLUMN audit.address IS 'The caller''s; NULL: the shell.';
COMMENT ON COLUMN audit.request_id IS 'X-Request-Id of the call.';
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_action ON audit (action, id);
