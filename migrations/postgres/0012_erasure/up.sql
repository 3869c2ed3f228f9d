ALTER TABLE users ADD COLUMN suspended_at TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN erased_at TIMESTAMPTZ;
COMMENT ON COLUMN users.suspended_at IS 'When the person was kept from writing.';
COMMENT ON COLUMN users.erased_at IS 'When the removal of everything personal began.';

CREATE TABLE erasures (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    begun_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE erasures IS 'Erasures that are not known to be complete: a sweeper goes over them once more.';

CREATE INDEX comments_user_id ON comments (user_id, id);
DROP INDEX comments_user;
ALTER INDEX comments_user_id RENAME TO comments_user;
COMMENT ON INDEX comments_user IS 'In the order in which a person''s comments are walked, page after page.';
