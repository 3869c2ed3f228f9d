-- Who waits for seats of which event, in the order of their ids.
CREATE TABLE waitlist (
    id TEXT PRIMARY KEY NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    party_size INTEGER NOT NULL CHECK (party_size > 0),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'offered', 'booked', 'expired', 'left', 'closed')),
    -- the hold that is the offer
    booking_id TEXT REFERENCES bookings (id) ON DELETE RESTRICT,
    created_at TEXT NOT NULL,
    CHECK (status NOT IN ('offered', 'booked', 'expired') OR booking_id IS NOT NULL)
) STRICT;
CREATE INDEX waitlist_line ON waitlist (event_id, status, id);
CREATE INDEX waitlist_waiting ON waitlist (status, event_id, party_size);
CREATE INDEX waitlist_user ON waitlist (user_id, event_id, id);
CREATE UNIQUE INDEX waitlist_booking ON waitlist (booking_id);
-- A person waits once for an event.
CREATE UNIQUE INDEX waitlist_once ON waitlist (event_id, user_id) WHERE status = 'waiting' OR status = 'offered';
