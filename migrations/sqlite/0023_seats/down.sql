DROP TABLE event_seats;
