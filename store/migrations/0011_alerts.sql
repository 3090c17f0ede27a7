-- Alerts to on-call: episodes, the memory of the machine that makes them (operators.alerting), and the outbox of notices.

CREATE TABLE alert_states (
    workspace_id integer PRIMARY KEY REFERENCES workspaces,
    state        jsonb NOT NULL,
    looked_at    timestamptz NOT NULL
);

CREATE TABLE alerts (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id    integer NOT NULL REFERENCES workspaces,
    dedup_key       text NOT NULL UNIQUE,              -- names the episode to every channel
    key             text NOT NULL,                     -- what it is about
    kind            text NOT NULL,
    severity        text NOT NULL,                     -- now: info | warning | critical
    worst           text NOT NULL,
    summary         text NOT NULL,
    members         jsonb NOT NULL,                    -- keys of the conditions that it stands for besides its own
    opened_at       timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    resolved_at     timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text
);
CREATE INDEX alerts_page ON alerts (workspace_id, id DESC);
CREATE INDEX alerts_open ON alerts (workspace_id) WHERE resolved_at IS NULL;

-- One notice to one channel; those of one alert and channel are sent in order.
CREATE TABLE alert_notices (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    alert_id   bigint NOT NULL REFERENCES alerts,
    channel    text NOT NULL,
    step       text NOT NULL,                          -- opened | worsened | reminded | resolved
    notice     jsonb NOT NULL,                         -- domain.alert.Notice
    created_at timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    sent_at    timestamptz,
    dead_at    timestamptz,                            -- given up; retried only when somebody asks
    error      text NOT NULL DEFAULT ''                -- why the last attempt failed; never an address or a secret
);
CREATE INDEX alert_notices_open ON alert_notices (alert_id, channel, id) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX alert_notices_alert ON alert_notices (alert_id);
CREATE INDEX alert_notices_due ON alert_notices (channel, id) WHERE sent_at IS NULL AND dead_at IS NULL;

-- What is looked at every few seconds must not cost more as its past grows.
CREATE INDEX pushes_urgent_open ON pushes (workspace_id, started_at) WHERE kind = 'urgent' AND status <> 'done';
CREATE INDEX dead_letters_lately ON dead_letters (workspace_id, recorded_at) WHERE status = 'open';
