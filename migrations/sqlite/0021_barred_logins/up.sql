-- Logins of people who were erased while they were suspended, as keyed hashes: whoever comes
-- back with one is somebody new, and still suspended.
CREATE TABLE barred_logins (
    login_hash TEXT PRIMARY KEY NOT NULL,
    barred_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
