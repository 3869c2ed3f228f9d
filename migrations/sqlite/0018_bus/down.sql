DROP TABLE bus_refusals;
DROP TABLE bus_cursors;
ALTER TABLE changes DROP COLUMN seq;
