-- The append-only log of what happened here. It holds ids and the names of changed
-- fields, never texts or addresses: whoever tells the outside reads the current rows.
-- AUTOINCREMENT: an emptied log never hands out an old position again.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    -- what the outside sees of this change
    uuid TEXT NOT NULL,
    -- noun.verbed, such as comment.created
    topic TEXT NOT NULL,
    -- JSON object: the ids of the things it is about
    subject TEXT NOT NULL,
    -- JSON array: names of the fields that changed
    fields TEXT NOT NULL,
    -- who may hear it: everyone, or one class of listeners
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'person', 'project', 'admins')),
    -- the person who did it, if a person did
    actor_id TEXT,
    at TEXT NOT NULL
) STRICT;
