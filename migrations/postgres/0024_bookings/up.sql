CREATE TABLE bookings (
    id UUID PRIMARY KEY,
    reference TEXT COLLATE "C" NOT NULL UNIQUE,
    event_id UUID NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('held', 'confirmed', 'cancelled', 'expired')),
    expires_at TIMESTAMPTZ,
    payment_reference TEXT,
    confirmed_at TIMESTAMPTZ,
    admitted_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK ((status = 'held') = (expires_at IS NOT NULL))
);
COMMENT ON TABLE bookings IS 'Seats that people hold or have booked.';
COMMENT ON COLUMN bookings.reference IS 'What people say at the door and on the telephone.';
COMMENT ON COLUMN bookings.user_id IS 'NULL: that person is gone.';
COMMENT ON COLUMN bookings.amount IS 'In all, in minor units of the currency.';
COMMENT ON COLUMN bookings.expires_at IS 'Until when a hold holds.';
COMMENT ON COLUMN bookings.payment_reference IS 'The payment service''s own.';
CREATE INDEX bookings_user ON bookings (user_id, id);
CREATE INDEX bookings_event ON bookings (event_id, id);
CREATE INDEX bookings_share ON bookings (event_id, user_id, status, quantity);
CREATE INDEX bookings_status ON bookings (event_id, status, id);
CREATE INDEX bookings_expiry ON bookings (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX bookings_holds ON bookings (event_id, expires_at, id) WHERE expires_at IS NOT NULL;

CREATE TABLE seat_movements (
    event_id UUID NOT NULL REFERENCES events (id) ON DELETE RESTRICT,
    id UUID NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity <> 0),
    amount BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    source TEXT COLLATE "C" NOT NULL CHECK (source IN ('internal', 'booking')),
    booking_id UUID REFERENCES bookings (id) ON DELETE RESTRICT,
    key_hash TEXT COLLATE "C",
    PRIMARY KEY (event_id, id),
    CHECK ((source = 'booking') = (booking_id IS NOT NULL))
);
COMMENT ON TABLE seat_movements IS 'Every movement of seats: taken ones are negative. An event''s capacity less its free seats is the sum with the sign turned. Rows are only ever added, and name a booking or a key, never a person.';
COMMENT ON COLUMN seat_movements.amount IS 'What was paid for them, or given back, in minor units.';
COMMENT ON COLUMN seat_movements.key_hash IS 'Of the Idempotency-Key, if the call had one.';
CREATE INDEX seat_movements_booking ON seat_movements (booking_id) WHERE booking_id IS NOT NULL;
CREATE FUNCTION seat_movements_stand() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''the ledger of seats is append-only''; END';
CREATE TRIGGER seat_movements_stand BEFORE UPDATE OR DELETE ON seat_movements
    FOR EACH ROW EXECUTE FUNCTION seat_movements_stand();
