-- The audit log as a chain per workspace: every entry's hash covers the entry and the hash before it, so that whoever edits, removes or
-- inserts a row is found out (`stratum audit verify`, `operators.audit_chain`).

CREATE TABLE audit_chain (
    workspace_id integer NOT NULL,
    seq          bigint NOT NULL,              -- 1, 2, 3 … without a gap, in the order of commits
    audit_id     bigint NOT NULL UNIQUE,
    hash         bytea NOT NULL,               -- SHA-256 over the previous hash and the entry's fields
    PRIMARY KEY (workspace_id, seq)
);

CREATE FUNCTION audit_field(field text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT convert_to(octet_length(convert_to(field, 'UTF8'))::text || ':' || field, 'UTF8')
$$;

CREATE FUNCTION audit_hash(previous bytea, seq bigint, entry audit) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(previous || audit_field(seq::text) || audit_field(entry.id::text) || audit_field(entry.workspace_id::text)
        || audit_field(((extract(epoch FROM entry.at) * 1000000)::bigint)::text)
        || audit_field(entry.actor) || audit_field(entry.action) || audit_field(entry.subject) || audit_field(entry.detail::text))
$$;

-- Runs when the transaction commits, so that the chain's order is that of the commits and its lock is held for no longer than that.
CREATE FUNCTION chain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last audit_chain;
    next bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_chain'), NEW.workspace_id);
    SELECT * INTO last FROM audit_chain WHERE workspace_id = NEW.workspace_id ORDER BY seq DESC LIMIT 1;
    next := coalesce(last.seq, 0) + 1;
    INSERT INTO audit_chain VALUES (NEW.workspace_id, next, NEW.id, audit_hash(coalesce(last.hash, ''), next, NEW));
    RETURN NULL;
END $$;

DO $$
DECLARE
    entry audit;
    last audit_chain;
    next bigint;
BEGIN
    FOR entry IN SELECT * FROM audit ORDER BY workspace_id, id LOOP
        last := NULL;
        SELECT * INTO last FROM audit_chain WHERE workspace_id = entry.workspace_id ORDER BY seq DESC LIMIT 1;
        next := coalesce(last.seq, 0) + 1;
        INSERT INTO audit_chain VALUES (entry.workspace_id, next, entry.id, audit_hash(coalesce(last.hash, ''), next, entry));
    END LOOP;
END $$;

CREATE CONSTRAINT TRIGGER audit_chained AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_audit();
CREATE TRIGGER audit_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
