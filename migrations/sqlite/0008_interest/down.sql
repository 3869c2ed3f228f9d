DROP TABLE event_interests;
