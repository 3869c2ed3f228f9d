CREATE TABLE merges (
    from_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    into_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    begun_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE merges IS 'People who became one: what the one made is given to the other, and then its row goes.';
CREATE INDEX merges_into ON merges (into_id);
