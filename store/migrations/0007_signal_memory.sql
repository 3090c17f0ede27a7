-- What the signals flow has learned of each signal (operators.memory.Memory, packed), to go on from after a restart. Losing a row means
-- warming up again, and that readings are unknown or without the components that rest on what is usual until then.
CREATE TABLE signal_memory (
    workspace_id integer NOT NULL,
    signal       text NOT NULL,
    memory       bytea NOT NULL,
    saved_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, signal)
);

-- Readings by the hour, kept when the readings themselves are gone.
CREATE TABLE reading_hours (
    workspace_id integer NOT NULL,
    signal       text NOT NULL,
    hour_at      timestamptz NOT NULL,
    readings     integer NOT NULL,
    unknown      integer NOT NULL,           -- of them without a score
    lowest       double precision,
    mean         double precision,
    highest      double precision,
    last_status  text NOT NULL,
    PRIMARY KEY (workspace_id, signal, hour_at)
);

-- Anomalies of watched series (operators.watched_series): episodes, told anew as they grow and end.
CREATE TABLE anomalies (
    id            bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workspace_id  integer NOT NULL,
    signal        text NOT NULL,
    metric        text NOT NULL,
    started_at    timestamptz NOT NULL,
    peak_at       timestamptz NOT NULL,
    ended_at      timestamptz,                 -- null while it lasts
    direction     text NOT NULL,               -- up | down
    score         double precision NOT NULL,   -- 0-1, of the peak
    value         double precision NOT NULL,   -- at the peak, in the metric's unit
    expected      double precision NOT NULL,
    expected_low  double precision NOT NULL,
    expected_high double precision NOT NULL,
    ending        text NOT NULL DEFAULT '',    -- recovered | adopted | silent
    picture       jsonb NOT NULL,              -- [[ms, value, expected, low, high], …]
    UNIQUE (workspace_id, signal, metric, started_at)
);
CREATE INDEX anomalies_page ON anomalies (workspace_id, id DESC);
CREATE INDEX anomalies_open ON anomalies (workspace_id) WHERE ended_at IS NULL;
