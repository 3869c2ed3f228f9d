-- People who became one: what the one made is given to the other, and then its row goes.
CREATE TABLE merges (
    from_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    into_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    begun_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX merges_into ON merges (into_id);
