DROP INDEX events_to_come;
CREATE INDEX events_to_come ON events (is_over, starts_at, id) WHERE deleted_at IS NULL;
