DROP TABLE event_search_fts;
DROP TABLE event_search;
DROP TABLE event_counters;
DROP TABLE events;
