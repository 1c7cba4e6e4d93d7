-- +goose Up

-- One notification on its way through one target. batch is the message that carries it; it stays the same through retries. due_at
-- is null unless it waits: for its time, or for whoever sends it to tell what became of it.
CREATE TABLE deliveries (
    id           text COLLATE "C" PRIMARY KEY,
    notification text NOT NULL,
    target       text NOT NULL,
    rep          text NOT NULL,
    import_id    text NOT NULL,
    state        text NOT NULL,
    batch        text NOT NULL,
    attempt      bigint NOT NULL,
    code         text NOT NULL,
    reason       text NOT NULL,
    created      bigint NOT NULL,
    due_at       bigint,
    ended        bigint
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (notification, target);
CREATE INDEX deliveries_due ON deliveries (target, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_batch ON deliveries (batch) WHERE batch <> '';
CREATE INDEX deliveries_import ON deliveries (import_id, rep, target) WHERE import_id <> '' AND batch = '';
CREATE INDEX deliveries_state ON deliveries (state, id);
CREATE INDEX deliveries_ended ON deliveries (ended) WHERE ended IS NOT NULL;

-- What the hub keeps of a target, lead.TargetState as JSON. Who holds the row claims for the target.
CREATE TABLE notify_targets (
    target text COLLATE "C" PRIMARY KEY,
    doc    bytea NOT NULL
);
