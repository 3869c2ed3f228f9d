CREATE TABLE reports (
    id UUID PRIMARY KEY,
    reporter_id UUID REFERENCES users (id) ON DELETE SET NULL,
    subject TEXT NOT NULL CHECK (subject IN ('event', 'comment', 'user')),
    subject_id UUID NOT NULL,
    author_id UUID REFERENCES users (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'dismissed', 'upheld')),
    why TEXT,
    decided_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE reports IS 'What people report to those responsible. The subject may be gone, so it is no foreign key.';
COMMENT ON COLUMN reports.reporter_id IS 'NULL: that person is gone.';
COMMENT ON COLUMN reports.author_id IS 'Who made what is reported.';
COMMENT ON COLUMN reports.why IS 'What was decided, in the words of whoever decided.';
CREATE INDEX reports_queue ON reports (state, id);
CREATE INDEX reports_author ON reports (author_id, id);
CREATE INDEX reports_subject ON reports (subject_id, id);
CREATE INDEX reports_reporter ON reports (reporter_id, id);
CREATE UNIQUE INDEX reports_open ON reports (reporter_id, subject, subject_id) WHERE state = 'open';
COMMENT ON INDEX reports_open IS 'A person has one open report about a thing.';
