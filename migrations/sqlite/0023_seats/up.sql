-- The seats of an event that the box office sells. sold_out is not kept: it is a published
-- event with no seat left. Money is in minor units of the currency.
CREATE TABLE event_seats (
    event_id TEXT PRIMARY KEY NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    -- whose event it is
    admin_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    venue_id TEXT NOT NULL REFERENCES venues (id) ON DELETE RESTRICT,
    event_type TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    available INTEGER NOT NULL CHECK (available >= 0),
    base_price INTEGER NOT NULL CHECK (base_price >= 0),
    currency TEXT NOT NULL,
    max_per_booking INTEGER NOT NULL CHECK (max_per_booking > 0),
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'cancelled')),
    -- grows with each change, of an admin or of the seats
    version INTEGER NOT NULL CHECK (version > 0),
    -- what the version was after the last change by an admin
    admin_version INTEGER NOT NULL CHECK (admin_version > 0),
    -- the seats that the internal calls hold, and what they were sold for
    internal_taken INTEGER NOT NULL CHECK (internal_taken >= 0),
    internal_revenue INTEGER NOT NULL,
    -- when it was cancelled, while bookings of it are still to be cancelled
    closing_since TEXT,
    changed_at TEXT NOT NULL,
    CHECK (available + internal_taken <= capacity)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_seats_admin ON event_seats (admin_id, event_id);
CREATE INDEX event_seats_venue ON event_seats (venue_id);
CREATE INDEX event_seats_closing ON event_seats (closing_since) WHERE closing_since IS NOT NULL;
