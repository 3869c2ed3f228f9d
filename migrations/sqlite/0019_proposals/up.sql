-- Which company a person acts for, and in which role.
CREATE TABLE company_accounts (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    company_name TEXT NOT NULL,
    -- folded, for searching
    search_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('human-resource', 'vendor')),
    -- the user name, which stays when the login goes
    username TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX company_accounts_role ON company_accounts (role, username, user_id);
CREATE UNIQUE INDEX company_accounts_username ON company_accounts (username) WHERE username <> 'deleted user';

-- The catalogue of events that can be proposed.
CREATE TABLE event_types (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    -- folded: names are unique whatever their case
    name_key TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO event_types (id, name, name_key, created_at, updated_at) VALUES
    ('01930000-0000-7000-8000-000000000001', 'Health Talks', 'health talks', '2026-11-21T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z'),
    ('01930000-0000-7000-8000-000000000002', 'Onsite Screenings', 'onsite screenings', '2026-11-21T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z'),
    ('01930000-0000-7000-8000-000000000003', 'Virtual Workshops', 'virtual workshops', '2026-11-21T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z'),
    ('01930000-0000-7000-8000-000000000004', 'Others', 'others', '2026-11-21T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z');

-- An organiser's requests to a vendor.
CREATE TABLE proposals (
    id TEXT PRIMARY KEY NOT NULL,
    event_type_id TEXT NOT NULL REFERENCES event_types (id) ON DELETE RESTRICT,
    -- the organiser's, when it was proposed
    company_name TEXT NOT NULL,
    location TEXT NOT NULL,
    -- JSON array of one to three dates, in their order
    proposed_dates TEXT NOT NULL,
    proposed_by TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    proposed_to TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'canceled', 'approved', 'rejected')),
    remarks TEXT,
    event_date TEXT,
    -- the event that was made of it
    event_id TEXT REFERENCES events (id) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proposals_type ON proposals (event_type_id);
CREATE INDEX proposals_by ON proposals (proposed_by, id);
CREATE INDEX proposals_by_status ON proposals (proposed_by, status, id);
CREATE INDEX proposals_to ON proposals (proposed_to, id);
CREATE INDEX proposals_to_status ON proposals (proposed_to, status, id);
CREATE UNIQUE INDEX proposals_event ON proposals (event_id);
