CREATE TABLE waitlist (
    id UUID PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    party_size BIGINT NOT NULL CHECK (party_size > 0),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('waiting', 'offered', 'booked', 'expired', 'left', 'closed')),
    booking_id UUID REFERENCES bookings (id) ON DELETE RESTRICT,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (status NOT IN ('offered', 'booked', 'expired') OR booking_id IS NOT NULL)
);
COMMENT ON TABLE waitlist IS 'Who waits for seats of which event, in the order of their ids.';
COMMENT ON COLUMN waitlist.booking_id IS 'The hold that is the offer.';
CREATE INDEX waitlist_line ON waitlist (event_id, status, id);
CREATE INDEX waitlist_waiting ON waitlist (status, event_id, party_size);
CREATE INDEX waitlist_user ON waitlist (user_id, event_id, id);
CREATE UNIQUE INDEX waitlist_booking ON waitlist (booking_id);
-- A person waits once for an event.
CREATE UNIQUE INDEX waitlist_once ON waitlist (event_id, user_id) WHERE status = 'waiting' OR status = 'offered';
