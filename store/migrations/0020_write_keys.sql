-- A source has as many write keys as it needs, so that one can be replaced while senders still use it.

CREATE TABLE write_keys (
    id         integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    source_id  integer NOT NULL REFERENCES sources ON DELETE CASCADE,
    key_hash   bytea NOT NULL UNIQUE,          -- sha256 of the key, which has 256 random bits
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX write_keys_source ON write_keys (source_id);

INSERT INTO write_keys (source_id, key_hash, created_at) SELECT id, write_key_hash, created_at FROM sources ORDER BY id;

-- Read by collectors of the version before only, so that they accept events until they are replaced. Last, for it shuts readers of sources out.
ALTER TABLE sources ALTER COLUMN write_key_hash DROP NOT NULL;
