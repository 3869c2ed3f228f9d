DROP TABLE seat_movements;
DROP FUNCTION seat_movements_stand();
DROP TABLE bookings;
