DROP INDEX events_group;
DROP INDEX events_group_start;
ALTER TABLE events DROP COLUMN group_id;
DROP TABLE group_search_fts;
DROP TABLE group_search;
DROP TABLE group_members;
DROP TABLE groups;
