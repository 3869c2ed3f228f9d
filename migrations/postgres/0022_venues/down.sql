DROP INDEX events_to_come;
CREATE INDEX events_to_come ON events (is_over, starts_at, id, end_date) WHERE deleted_at IS NULL;
ALTER TABLE events DROP COLUMN type_key;
ALTER TABLE events DROP COLUMN city_key;
DROP TABLE venues;
