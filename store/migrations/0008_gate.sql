-- What people say to the trust gate – modes, overrides, releases, confirmed first pushes – and what a decision owes to it.

ALTER TABLE decisions
    ADD COLUMN depends_on  text[] NOT NULL DEFAULT '{}',  -- signals that it was judged over
    ADD COLUMN would       text,                          -- what the gate itself says, where somebody lets pass what it would not
    ADD COLUMN override_id bigint,
    ADD COLUMN release_id  bigint,
    ADD COLUMN size        jsonb;                         -- operators.gate_control: how much the push changes, where it was measured
CREATE INDEX decisions_audience ON decisions (audience_id, id DESC);

ALTER TABLE audiences
    ADD COLUMN confirmed_at timestamptz,                  -- somebody confirmed the first push
    ADD COLUMN confirmed_by text;

CREATE TABLE gate_modes (
    workspace_id integer NOT NULL REFERENCES workspaces,
    scope        text NOT NULL,                           -- workspace | platform:<name> | audience:<id>
    mode         text NOT NULL,                           -- advisory | frozen; enforce is no row
    reason       text NOT NULL,
    author       text NOT NULL,
    set_at       timestamptz NOT NULL,
    expires_at   timestamptz,                             -- null only where frozen
    approved_by  text,
    PRIMARY KEY (workspace_id, scope),
    CHECK (mode = 'frozen' OR (mode = 'advisory' AND expires_at IS NOT NULL))
);

CREATE TABLE gate_overrides (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id integer NOT NULL REFERENCES workspaces,
    scope        text NOT NULL,
    codes        text[] NOT NULL,                         -- reasons that it overrides
    reason       text NOT NULL,
    author       text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    approved_by  text,
    revoked_by   text,
    revoked_at   timestamptz,
    CHECK (approved_by <> author)
);
CREATE INDEX gate_overrides_page ON gate_overrides (workspace_id, id DESC);

CREATE TABLE gate_releases (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id integer NOT NULL REFERENCES workspaces,
    audience_id  integer NOT NULL REFERENCES audiences,
    reason       text NOT NULL,
    author       text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    approved_by  text,
    revoked_by   text,
    revoked_at   timestamptz,
    push_id      bigint,                                  -- the push that it let pass
    CHECK (approved_by <> author)
);
CREATE INDEX gate_releases_audience ON gate_releases (audience_id, id DESC);
