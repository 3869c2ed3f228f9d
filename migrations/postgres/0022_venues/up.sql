CREATE TABLE venues (
    id UUID PRIMARY KEY,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT,
    country TEXT NOT NULL,
    postal_code TEXT,
    capacity BIGINT NOT NULL CHECK (capacity > 0),
    layout_config TEXT,
    name_key TEXT COLLATE "C" NOT NULL,
    city_key TEXT COLLATE "C" NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE venues IS 'Where events of the box office take place.';
COMMENT ON COLUMN venues.owner_id IS 'The admin who made it.';
COMMENT ON COLUMN venues.layout_config IS 'JSON object: how the room is laid out, for front ends.';
COMMENT ON COLUMN venues.name_key IS 'Folded, like city_key and search_key: the order of lists, the city that is asked for, and all that is searched in.';
CREATE INDEX venues_owner ON venues (owner_id);
CREATE INDEX venues_name ON venues (name_key, id);
CREATE INDEX venues_city ON venues (city_key, name_key, id);

ALTER TABLE events ADD COLUMN type_key TEXT COLLATE "C";
ALTER TABLE events ADD COLUMN city_key TEXT COLLATE "C";
COMMENT ON COLUMN events.type_key IS 'What lists are narrowed down by, like city_key; folded. NULL: an event of the community has neither.';
CREATE INDEX events_type ON events (type_key, is_over, starts_at, id, ends_at, visible, deleted_at) WHERE type_key IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX events_city ON events (city_key, is_over, starts_at, id, ends_at, visible, deleted_at) WHERE city_key IS NOT NULL AND deleted_at IS NULL;

-- With all that counting what is to come asks for, so that a million events are counted in
-- the index.
DROP INDEX events_to_come;
CREATE INDEX events_to_come ON events (is_over, starts_at, id, end_date, ends_at, visible, deleted_at) WHERE deleted_at IS NULL;
