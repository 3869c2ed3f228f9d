CREATE TABLE barred_logins (
    login_hash TEXT COLLATE "C" PRIMARY KEY,
    barred_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE barred_logins IS 'Logins of people who were erased while they were suspended, as keyed hashes: whoever comes back with one is somebody new, and still suspended.';
