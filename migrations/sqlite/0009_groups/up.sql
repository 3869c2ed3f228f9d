-- People who meet. The creator manages the membership.
CREATE TABLE groups (
    id TEXT PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    -- how many rows group_members has for it
    members INTEGER NOT NULL DEFAULT 0 CHECK (members >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- invisible from then on; a sweeper lets members and events go, then the row
    deleted_at TEXT
) STRICT;
CREATE INDEX groups_updated ON groups (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX groups_creator ON groups (creator_id, id);
CREATE INDEX groups_deleted ON groups (deleted_at) WHERE deleted_at IS NOT NULL;

-- Who belongs to which group.
CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    joined_at TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_oldest ON group_members (group_id, joined_at, user_id);
CREATE INDEX group_members_user ON group_members (user_id, joined_at, group_id);

-- The folded words of a group's title, for search, as for events.
CREATE TABLE group_search (
    docid INTEGER PRIMARY KEY NOT NULL,
    group_id TEXT NOT NULL UNIQUE REFERENCES groups (id) ON DELETE CASCADE,
    words TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE group_search_fts USING fts5 (
    words, content = 'group_search', content_rowid = 'docid', detail = 'none',
    tokenize = 'ascii'
);
CREATE TRIGGER group_search_insert AFTER INSERT ON group_search BEGIN
    INSERT INTO group_search_fts (rowid, words) VALUES (new.docid, new.words);
END;
CREATE TRIGGER group_search_delete AFTER DELETE ON group_search BEGIN
    INSERT INTO group_search_fts (group_search_fts, rowid, words) VALUES ('delete', old.docid, old.words);
END;
CREATE TRIGGER group_search_update AFTER UPDATE ON group_search BEGIN
    INSERT INTO group_search_fts (group_search_fts, rowid, words) VALUES ('delete', old.docid, old.words);
    INSERT INTO group_search_fts (rowid, words) VALUES (new.docid, new.words);
END;

-- The group an event belongs to.
ALTER TABLE events ADD COLUMN group_id TEXT REFERENCES groups (id) ON DELETE SET NULL;
CREATE INDEX events_group ON events (group_id, updated_at, id) WHERE group_id IS NOT NULL;
CREATE INDEX events_group_start ON events (group_id, starts_at, id, end_date) WHERE group_id IS NOT NULL;
