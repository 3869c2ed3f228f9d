DROP INDEX reports_decider;
ALTER TABLE reports DROP COLUMN decided_by;
DROP TABLE admins;
