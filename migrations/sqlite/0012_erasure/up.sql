-- When a person was kept from writing; when the removal of everything personal began.
ALTER TABLE users ADD COLUMN suspended_at TEXT;
ALTER TABLE users ADD COLUMN erased_at TEXT;

-- Erasures that are not known to be complete: a sweeper goes over them once more.
CREATE TABLE erasures (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    begun_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- In the order in which a person's comments are walked, page after page.
DROP INDEX comments_user;
CREATE INDEX comments_user ON comments (user_id, id);

-- What leaves the search index leaves the file; what left it before does now.
INSERT INTO event_search_fts (event_search_fts) VALUES ('rebuild');
INSERT INTO event_search_fts (event_search_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO group_search_fts (group_search_fts, rank) VALUES ('secure-delete', 1);
