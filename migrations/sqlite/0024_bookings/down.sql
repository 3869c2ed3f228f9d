DROP TABLE seat_movements;
DROP TABLE bookings;
