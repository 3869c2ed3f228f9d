-- Seats that people hold or have booked.
CREATE TABLE bookings (
    id TEXT PRIMARY KEY NOT NULL,
    -- what people say at the door and on the telephone
    reference TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    -- NULL: that person is gone
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    -- in all, in minor units of the currency
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('held', 'confirmed', 'cancelled', 'expired')),
    -- until when a hold holds
    expires_at TEXT,
    -- the payment service's own
    payment_reference TEXT,
    confirmed_at TEXT,
    admitted_at TEXT,
    created_at TEXT NOT NULL,
    CHECK ((status = 'held') = (expires_at IS NOT NULL))
) STRICT;
CREATE INDEX bookings_user ON bookings (user_id, id);
CREATE INDEX bookings_event ON bookings (event_id, id);
CREATE INDEX bookings_share ON bookings (event_id, user_id, status, quantity);
CREATE INDEX bookings_status ON bookings (event_id, status, id);
CREATE INDEX bookings_expiry ON bookings (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX bookings_holds ON bookings (event_id, expires_at, id) WHERE expires_at IS NOT NULL;

-- Every movement of seats: taken ones are negative. An event's capacity less its free seats is
-- the sum with the sign turned. Rows are only ever added, and name a booking or a key, never a
-- person.
CREATE TABLE seat_movements (
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    id TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity <> 0),
    -- what was paid for them, or given back, in minor units
    amount INTEGER NOT NULL,
    at TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('internal', 'booking')),
    booking_id TEXT REFERENCES bookings (id) ON DELETE RESTRICT,
    -- of the Idempotency-Key, if the call had one
    key_hash TEXT,
    PRIMARY KEY (event_id, id),
    CHECK ((source = 'booking') = (booking_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX seat_movements_booking ON seat_movements (booking_id) WHERE booking_id IS NOT NULL;
CREATE TRIGGER seat_movements_stay BEFORE DELETE ON seat_movements BEGIN
    SELECT RAISE(ABORT, 'the ledger of seats is append-only');
END;
CREATE TRIGGER seat_movements_stand BEFORE UPDATE ON seat_movements BEGIN
    SELECT RAISE(ABORT, 'the ledger of seats is append-only');
END;
