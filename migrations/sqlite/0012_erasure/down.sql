DROP INDEX comments_user;
CREATE INDEX comments_user ON comments (user_id);
DROP TABLE erasures;
ALTER TABLE users DROP COLUMN erased_at;
ALTER TABLE users DROP COLUMN suspended_at;
INSERT INTO event_search_fts (event_search_fts, rank) VALUES ('secure-delete', 0);
INSERT INTO group_search_fts (group_search_fts, rank) VALUES ('secure-delete', 0);
