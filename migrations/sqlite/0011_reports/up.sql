-- What people report to those responsible. The subject may be gone, so it is no foreign key.
CREATE TABLE reports (
    id TEXT PRIMARY KEY NOT NULL,
    -- NULL: that person is gone
    reporter_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    subject TEXT NOT NULL CHECK (subject IN ('event', 'comment', 'user')),
    subject_id TEXT NOT NULL,
    -- who made what is reported
    author_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'dismissed', 'upheld')),
    -- what was decided, in the words of whoever decided
    why TEXT,
    decided_at TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX reports_queue ON reports (state, id);
CREATE INDEX reports_author ON reports (author_id, id);
CREATE INDEX reports_subject ON reports (subject_id, id);
CREATE INDEX reports_reporter ON reports (reporter_id, id);
-- A person has one open report about a thing.
CREATE UNIQUE INDEX reports_open ON reports (reporter_id, subject, subject_id) WHERE state = 'open';
