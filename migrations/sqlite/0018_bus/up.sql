-- The order in which subscribers hear changes. On SQLite changes commit in the order of
-- their ids; on PostgreSQL they do not, so there the column is filled after the commit.
ALTER TABLE changes ADD COLUMN seq INTEGER GENERATED ALWAYS AS (id) VIRTUAL;

-- How far each subscriber has heard.
CREATE TABLE bus_cursors (
    subscriber TEXT PRIMARY KEY NOT NULL,
    position INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes that a subscriber refused, and why; it went on with the next.
CREATE TABLE bus_refusals (
    subscriber TEXT NOT NULL,
    change_uuid TEXT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (subscriber, change_uuid)
) STRICT, WITHOUT ROWID;
