-- Gatherings that people attend. The wall time and its zone are what the organiser
-- said; starts_at and ends_at are the instants they mean.
CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    -- NULL: made by the box office's admins
    creator_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    start_date TEXT NOT NULL,
    start_time TEXT NOT NULL,
    end_date TEXT NOT NULL,
    end_time TEXT NOT NULL,
    timezone TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    thumbnail TEXT,
    -- 0: a draft, which only its creator may see
    visible INTEGER NOT NULL CHECK (visible IN (0, 1)),
    -- 1: ended days ago; kept by a sweeper, so that lists of what is to come skip the past
    is_over INTEGER NOT NULL CHECK (is_over IN (0, 1)),
    -- grows with each change; a calendar's SEQUENCE
    revision INTEGER NOT NULL CHECK (revision >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- a tombstone: title and times stay for the calendars, then the row goes
    deleted_at TEXT,
    CHECK (ends_at >= starts_at)
) STRICT;
CREATE INDEX events_updated ON events (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX events_start ON events (starts_at, id) WHERE deleted_at IS NULL;
CREATE INDEX events_to_come ON events (is_over, starts_at, id) WHERE deleted_at IS NULL;
CREATE INDEX events_end ON events (is_over, ends_at) WHERE deleted_at IS NULL;
CREATE INDEX events_creator ON events (creator_id, updated_at, id);
CREATE INDEX events_deleted ON events (deleted_at) WHERE deleted_at IS NOT NULL;

-- How many comments and interested people an event has. Apart from the event, so that
-- a comment does not rewrite a row of ten thousand characters.
CREATE TABLE event_counters (
    event_id TEXT PRIMARY KEY NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    comments INTEGER NOT NULL DEFAULT 0 CHECK (comments >= 0),
    interested INTEGER NOT NULL DEFAULT 0 CHECK (interested >= 0)
) STRICT, WITHOUT ROWID;

-- The folded words of title, description and location, for search. They are folded and
-- split in Rust, so the tokenizer has only spaces to find.
CREATE TABLE event_search (
    docid INTEGER PRIMARY KEY NOT NULL,
    event_id TEXT NOT NULL UNIQUE REFERENCES events (id) ON DELETE CASCADE,
    words TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE event_search_fts USING fts5 (
    words, content = 'event_search', content_rowid = 'docid', detail = 'none',
    tokenize = 'ascii'
);
CREATE TRIGGER event_search_insert AFTER INSERT ON event_search BEGIN
    INSERT INTO event_search_fts (rowid, words) VALUES (new.docid, new.words);
END;
CREATE TRIGGER event_search_delete AFTER DELETE ON event_search BEGIN
    INSERT INTO event_search_fts (event_search_fts, rowid, words) VALUES ('delete', old.docid, old.words);
END;
CREATE TRIGGER event_search_update AFTER UPDATE ON event_search BEGIN
    INSERT INTO event_search_fts (event_search_fts, rowid, words) VALUES ('delete', old.docid, old.words);
    INSERT INTO event_search_fts (rowid, words) VALUES (new.docid, new.words);
END;
