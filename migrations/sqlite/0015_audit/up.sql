-- Who did what about access, and decisions. Kept for AUDIT_RETENTION_DAYS.
CREATE TABLE audit (
    id TEXT PRIMARY KEY NOT NULL,
    at TEXT NOT NULL,
    -- whose account it was; NULL: nobody's, or the shell
    actor_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    -- noun.verbed, such as sign_in.failed
    action TEXT NOT NULL,
    -- what it was done to, which may be gone
    subject_id TEXT,
    -- the caller's; NULL: the shell
    address TEXT,
    -- X-Request-Id of the call
    request_id TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_action ON audit (action, id);
