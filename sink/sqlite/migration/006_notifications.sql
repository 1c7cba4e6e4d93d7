-- +goose Up

-- One notification on its way through one target. batch is the message that carries it; it stays the same through retries. due_at
-- is null unless it waits: for its time, or for whoever sends it to tell what became of it.
CREATE TABLE deliveries (
    id           TEXT PRIMARY KEY,
    notification TEXT NOT NULL,
    target       TEXT NOT NULL,
    rep          TEXT NOT NULL,
    import_id    TEXT NOT NULL,
    state        TEXT NOT NULL,
    batch        TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    code         TEXT NOT NULL,
    reason       TEXT NOT NULL,
    created      INTEGER NOT NULL,
    due_at       INTEGER,
    ended        INTEGER
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (notification, target);
CREATE INDEX deliveries_due ON deliveries (target, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_batch ON deliveries (batch) WHERE batch <> '';
CREATE INDEX deliveries_import ON deliveries (import_id, rep, target) WHERE import_id <> '' AND batch = '';
CREATE INDEX deliveries_state ON deliveries (state, id);
CREATE INDEX deliveries_ended ON deliveries (ended) WHERE ended IS NOT NULL;

-- What the hub keeps of a target, lead.TargetState as JSON. Who holds the row claims for the target.
CREATE TABLE notify_targets (
    target TEXT PRIMARY KEY,
    doc    BLOB NOT NULL
);
