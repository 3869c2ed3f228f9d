DROP INDEX comments_user;
CREATE INDEX comments_user ON comments (user_id);
DROP TABLE erasures;
ALTER TABLE users DROP COLUMN erased_at;
ALTER TABLE users DROP COLUMN suspended_at;
