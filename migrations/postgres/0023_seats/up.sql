CREATE TABLE event_seats (
    event_id UUID PRIMARY KEY REFERENCES events (id) ON DELETE RESTRICT,
    admin_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    venue_id UUID NOT NULL REFERENCES venues (id) ON DELETE RESTRICT,
    event_type TEXT NOT NULL,
    capacity BIGINT NOT NULL CHECK (capacity > 0),
    available BIGINT NOT NULL CHECK (available >= 0),
    base_price BIGINT NOT NULL CHECK (base_price >= 0),
    currency TEXT COLLATE "C" NOT NULL,
    max_per_booking BIGINT NOT NULL CHECK (max_per_booking > 0),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('draft', 'published', 'cancelled')),
    version BIGINT NOT NULL CHECK (version > 0),
    admin_version BIGINT NOT NULL CHECK (admin_version > 0),
    internal_taken BIGINT NOT NULL CHECK (internal_taken >= 0),
    internal_revenue BIGINT NOT NULL,
    closing_since TIMESTAMPTZ,
    changed_at TIMESTAMPTZ NOT NULL,
    CHECK (available + internal_taken <= capacity)
) WITH (fillfactor = 50);
COMMENT ON TABLE event_seats IS 'The seats of an event that the box office sells. sold_out is not kept: it is a published event with no seat left. Money is in minor units of the currency.';
COMMENT ON COLUMN event_seats.admin_id IS 'Whose event it is.';
COMMENT ON COLUMN event_seats.version IS 'Grows with each change, of an admin or of the seats.';
COMMENT ON COLUMN event_seats.admin_version IS 'What the version was after the last change by an admin.';
COMMENT ON COLUMN event_seats.internal_taken IS 'The seats that the internal calls hold; internal_revenue is what they were sold for.';
COMMENT ON COLUMN event_seats.closing_since IS 'When it was cancelled, while bookings of it are still to be cancelled.';
CREATE INDEX event_seats_admin ON event_seats (admin_id, event_id);
CREATE INDEX event_seats_venue ON event_seats (venue_id);
CREATE INDEX event_seats_closing ON event_seats (closing_since) WHERE closing_since IS NOT NULL;
