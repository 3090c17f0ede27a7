-- Exports: what was asked for, how far it is, what came of it. Files lie outside the database; a row says which of them may be there.

CREATE TABLE exports (
    id                 bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id       integer NOT NULL REFERENCES workspaces,
    kind               text NOT NULL,                       -- file: written, then downloaded | stream: answered directly, nothing is kept
    spec               jsonb NOT NULL,                      -- domain.export.ExportSpec
    requested_by       text NOT NULL,
    status             text NOT NULL,                       -- queued | running | done | failed | cancelled | deleted | expired | revoked
    reason             text NOT NULL DEFAULT '',            -- failed: code of why; revoked: erased
    attempt            integer NOT NULL DEFAULT 0,          -- names the writer and the file: an earlier writer cannot touch a later one's
    deaths             integer NOT NULL DEFAULT 0,          -- writers that fell silent
    people             bigint NOT NULL DEFAULT 0,           -- to be looked at, as counted when it was asked for
    evaluated          bigint NOT NULL DEFAULT 0,           -- looked at
    rows               bigint NOT NULL DEFAULT 0,           -- written
    without_consent    bigint NOT NULL DEFAULT 0,           -- left out
    without_identifier bigint NOT NULL DEFAULT 0,           -- left out: nothing that the platform could match by
    size_bytes         bigint,
    sha256             bytea,                               -- of the file: its ETag
    created_at         timestamptz NOT NULL DEFAULT now(),
    started_at         timestamptz,
    heartbeat_at       timestamptz,
    finished_at        timestamptz,
    expires_at         timestamptz
);
CREATE INDEX exports_page ON exports (workspace_id, id DESC);
CREATE INDEX exports_open ON exports (id) WHERE status IN ('queued', 'running', 'done');

-- Whoever erases a person calls this in the same transaction: files that were written from what held the person may not be downloaded any
-- more, and those being written begin anew. The lock is also taken by whoever begins to write (store.export_jobs): a writer either began
-- before and is found here, or begins after the erasure has been committed and does not see the person.
CREATE FUNCTION revoke_exports(workspaces integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    workspace integer;
BEGIN
    FOR workspace IN SELECT DISTINCT w FROM unnest(workspaces) w ORDER BY w LOOP
        PERFORM pg_advisory_xact_lock(21624, workspace);    -- 0x5478
        UPDATE exports SET status = CASE status WHEN 'running' THEN 'queued' ELSE 'revoked' END,
                           reason = CASE status WHEN 'running' THEN '' ELSE 'erased' END
        WHERE workspace_id = workspace AND kind = 'file' AND status IN ('running', 'done');
    END LOOP;
END $$;

-- An identifier outlives merges and splits; it goes when its person is erased.
CREATE FUNCTION identifiers_were_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM revoke_exports(ARRAY(SELECT DISTINCT workspace_id FROM erased));
    RETURN NULL;
END $$;
CREATE TRIGGER identifiers_erased AFTER DELETE ON identifiers
    REFERENCING OLD TABLE AS erased FOR EACH STATEMENT EXECUTE FUNCTION identifiers_were_erased();
