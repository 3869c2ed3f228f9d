-- Where events of the box office take place.
CREATE TABLE venues (
    id TEXT PRIMARY KEY NOT NULL,
    -- the admin who made it
    owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT,
    country TEXT NOT NULL,
    postal_code TEXT,
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    -- JSON object: how the room is laid out, for front ends
    layout_config TEXT,
    -- folded: the order of lists, the city that is asked for, and all that is searched in
    name_key TEXT NOT NULL,
    city_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX venues_owner ON venues (owner_id);
CREATE INDEX venues_name ON venues (name_key, id);
CREATE INDEX venues_city ON venues (city_key, name_key, id);

-- What lists of events are narrowed down by, folded; NULL: an event of the community has
-- neither.
ALTER TABLE events ADD COLUMN type_key TEXT;
ALTER TABLE events ADD COLUMN city_key TEXT;
CREATE INDEX events_type ON events (type_key, is_over, starts_at, id, ends_at, visible, deleted_at) WHERE type_key IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX events_city ON events (city_key, is_over, starts_at, id, ends_at, visible, deleted_at) WHERE city_key IS NOT NULL AND deleted_at IS NULL;

-- With all that counting what is to come asks for, so that a million events are counted in
-- the index.
DROP INDEX events_to_come;
CREATE INDEX events_to_come ON events (is_over, starts_at, id, end_date, ends_at, visible, deleted_at) WHERE deleted_at IS NULL;
