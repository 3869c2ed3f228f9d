ALTER TABLE changes ADD COLUMN seq BIGINT;
COMMENT ON COLUMN changes.seq IS 'The order in which subscribers hear changes: ids commit out of order, so it is filled after the commit.';
CREATE UNIQUE INDEX changes_seq ON changes (seq);
CREATE INDEX changes_unnumbered ON changes (id) WHERE seq IS NULL;

CREATE TABLE bus_cursors (
    subscriber TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE bus_cursors IS 'How far each subscriber has heard.';

CREATE TABLE bus_refusals (
    subscriber TEXT COLLATE "C" NOT NULL,
    change_uuid UUID NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subscriber, change_uuid)
);
COMMENT ON TABLE bus_refusals IS 'Changes that a subscriber refused, and why; it went on with the next.';
