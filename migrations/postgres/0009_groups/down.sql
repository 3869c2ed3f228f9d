ALTER TABLE events DROP COLUMN group_id;
DROP TABLE group_search;
DROP TABLE group_members;
DROP TABLE groups;
