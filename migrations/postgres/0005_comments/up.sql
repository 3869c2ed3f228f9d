CREATE TABLE comments (
    id UUID PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    body TEXT NOT NULL,
    likes BIGINT NOT NULL DEFAULT 0 CHECK (likes >= 0),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE comments IS 'What people say about an event.';
CREATE INDEX comments_event ON comments (event_id, created_at, id);
CREATE INDEX comments_user ON comments (user_id);

CREATE TABLE comment_images (
    id UUID PRIMARY KEY,
    comment_id UUID NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
    url TEXT NOT NULL
);
COMMENT ON TABLE comment_images IS 'Pictures shown with a comment, by their address; in the order of their ids.';
CREATE INDEX comment_images_comment ON comment_images (comment_id, id);
