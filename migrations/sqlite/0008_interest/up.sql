-- Who shows interest in which event. event_counters.interested counts these rows.
CREATE TABLE event_interests (
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (event_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_interests_newest ON event_interests (event_id, created_at, user_id);
CREATE INDEX event_interests_user ON event_interests (user_id, event_id);
