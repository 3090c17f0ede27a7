-- Logins of people by browser: the cookie has 256 random bits and is stored as a hash. A login may do what its key may.

CREATE TABLE logins (
    token_hash   bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),  -- sha256 of the cookie's value
    key_id       integer NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),                       -- to a minute
    expires_at   timestamptz NOT NULL                                      -- in any case; earlier where it rests too long
);
CREATE INDEX logins_key ON logins (key_id, last_used_at);
CREATE INDEX logins_expires ON logins (expires_at);

ALTER TABLE api_keys ADD COLUMN last_used_at timestamptz;                  -- to a minute; null: never since this column is there
