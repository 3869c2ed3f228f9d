CREATE TABLE event_interests (
    event_id UUID NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (event_id, user_id)
);
COMMENT ON TABLE event_interests IS 'Who shows interest in which event. event_counters.interested counts these rows.';
CREATE INDEX event_interests_newest ON event_interests (event_id, created_at, user_id);
CREATE INDEX event_interests_user ON event_interests (user_id, event_id);
