CREATE TABLE comment_likes (
    comment_id UUID NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (comment_id, user_id)
);
COMMENT ON TABLE comment_likes IS 'Who likes which comment. comments.likes counts these rows.';
-- A like changes the comment's row: room for it on the same page.
ALTER TABLE comments SET (fillfactor = 80);
CREATE INDEX comment_likes_user ON comment_likes (user_id, comment_id);
