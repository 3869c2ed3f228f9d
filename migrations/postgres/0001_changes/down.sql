DROP FUNCTION in_time();
DROP TABLE changes;
