CREATE TABLE company_accounts (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    company_name TEXT NOT NULL,
    search_key TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('human-resource', 'vendor')),
    username TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE company_accounts IS 'Which company a person acts for, and in which role.';
COMMENT ON COLUMN company_accounts.search_key IS 'Folded, for searching.';
COMMENT ON COLUMN company_accounts.username IS 'The user name, which stays when the login goes.';
CREATE INDEX company_accounts_role ON company_accounts (role, username, user_id);
CREATE UNIQUE INDEX company_accounts_username ON company_accounts (username) WHERE username <> 'deleted user';

CREATE TABLE event_types (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE event_types IS 'The catalogue of events that can be proposed.';
COMMENT ON COLUMN event_types.name_key IS 'Folded: names are unique whatever their case.';
INSERT INTO event_types (id, name, name_key, created_at, updated_at) VALUES
    ('01930000-0000-7000-8000-000000000001', 'Health Talks', 'health talks', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z'),
    ('01930000-0000-7000-8000-000000000002', 'Onsite Screenings', 'onsite screenings', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z'),
    ('01930000-0000-7000-8000-000000000003', 'Virtual Workshops', 'virtual workshops', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z'),
    ('01930000-0000-7000-8000-000000000004', 'Others', 'others', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z');

CREATE TABLE proposals (
    id UUID PRIMARY KEY,
    event_type_id UUID NOT NULL REFERENCES event_types (id) ON DELETE RESTRICT,
    company_name TEXT NOT NULL,
    location TEXT NOT NULL,
    proposed_dates TEXT NOT NULL,
    proposed_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    proposed_to UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'canceled', 'approved', 'rejected')),
    remarks TEXT,
    event_date TEXT COLLATE "C",
    event_id UUID REFERENCES events (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE proposals IS 'An organiser''s requests to a vendor.';
COMMENT ON COLUMN proposals.company_name IS 'The organiser''s, when it was proposed.';
COMMENT ON COLUMN proposals.proposed_dates IS 'JSON array of one to three dates, in their order.';
COMMENT ON COLUMN proposals.event_id IS 'The event that was made of it.';
CREATE INDEX proposals_type ON proposals (event_type_id);
CREATE INDEX proposals_by ON proposals (proposed_by, id);
CREATE INDEX proposals_by_status ON proposals (proposed_by, status, id);
CREATE INDEX proposals_to ON proposals (proposed_to, id);
CREATE INDEX proposals_to_status ON proposals (proposed_to, status, id);
CREATE UNIQUE INDEX proposals_event ON proposals (event_id);
