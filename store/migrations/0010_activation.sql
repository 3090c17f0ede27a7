-- Four platforms: writes that are confirmed later, audiences that let people go or hold some out, platforms that a workspace disconnects.
--
-- audience_members.state: adding | accepted | present | refused | removing | leaving. `accepted` and `leaving` are taken in by a platform
-- that says later whether it did it; `refused` is a row that the platform objects to.
-- push_requests.status: recorded | accepted | delivered | rejected | abandoned | undone. `accepted` waits for the platform's word; `undone`
-- is a removal that was not done and whose people have other rows by now: the next plan takes it up.
-- pushes.status: running | processing | done | failed | held | cancelled. `processing` is sent and waits for the platform's word.

ALTER TABLE audiences
    ADD COLUMN ttl_s           integer CHECK (ttl_s > 0),        -- members for longer are let go; null: never
    ADD COLUMN holdout_percent smallint NOT NULL DEFAULT 0 CHECK (holdout_percent BETWEEN 0 AND 90);

CREATE INDEX push_requests_open ON push_requests (status, push_id) WHERE status IN ('accepted', 'undone');

-- Whether a person belongs to the held-out part of an audience: always the same people, others for every audience.
CREATE FUNCTION held_out(profile uuid, intent text, percent integer) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT percent > 0 AND ('x' || substr(md5(profile::text || ':' || intent), 1, 8))::bit(32)::bigint % 10000 < percent * 100
$$;

-- What a workspace says about a platform, and what came of asking the platform itself.
CREATE TABLE platform_connections (
    workspace_id    integer NOT NULL REFERENCES workspaces,
    platform        text NOT NULL,
    disconnected_at timestamptz,                       -- its audiences are paused; removals go on
    disconnected_by text,
    checked_at      timestamptz,
    result          text NOT NULL DEFAULT '',          -- ok, or a reason: reauth, permission, timeout …
    advice          text NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, platform)
);
