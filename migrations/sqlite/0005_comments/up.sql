-- What people say about an event.
CREATE TABLE comments (
    id TEXT PRIMARY KEY NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    body TEXT NOT NULL,
    likes INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX comments_event ON comments (event_id, created_at, id);
CREATE INDEX comments_user ON comments (user_id);

-- Pictures shown with a comment, by their address; in the order of their ids.
CREATE TABLE comment_images (
    id TEXT PRIMARY KEY NOT NULL,
    comment_id TEXT NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
    url TEXT NOT NULL
) STRICT;
CREATE INDEX comment_images_comment ON comment_images (comment_id, id);
