-- +goose Up

-- What leads are listed, filtered and found by. Small rows: a search reads all of them. Times are microseconds since
-- 1970. sources is ",a,b,": instr with commas around finds a key.
CREATE TABLE leads (
    id          TEXT PRIMARY KEY,
    number      TEXT NOT NULL,
    status      TEXT NOT NULL,
    owner       TEXT NOT NULL,
    province    TEXT NOT NULL,
    sources     TEXT NOT NULL,
    first_seen  INTEGER NOT NULL,
    merged_into TEXT NOT NULL,
    due_at      INTEGER, -- waits to be assigned from then on; NULL = does not
    search      TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX leads_number ON leads (number);
CREATE INDEX leads_owner ON leads (owner, id) WHERE owner <> '' AND merged_into = '';
CREATE INDEX leads_merged ON leads (merged_into) WHERE merged_into <> '';
CREATE INDEX leads_due ON leads (due_at, id) WHERE due_at IS NOT NULL;

-- The lead itself, lead.Record as JSON.
CREATE TABLE records (
    lead TEXT PRIMARY KEY,
    doc  BLOB NOT NULL
);

-- Strong identities only; each leads to a living lead.
CREATE TABLE identities (
    key  TEXT PRIMARY KEY,
    lead TEXT NOT NULL
) WITHOUT ROWID;

-- lead is the one the submission was recorded for, and stays so through merges.
CREATE TABLE touches (
    id      TEXT PRIMARY KEY,
    lead    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    verdict BLOB NOT NULL,
    doc     BLOB NOT NULL
);
CREATE INDEX touches_lead ON touches (lead);

-- Counted as they are written: counting a million touches for a page would read all of them.
CREATE TABLE source_totals (
    source  TEXT PRIMARY KEY,
    touches INTEGER NOT NULL,
    last    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE events (
    lead    TEXT NOT NULL,
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    doc     BLOB NOT NULL,
    PRIMARY KEY (lead, version)
) WITHOUT ROWID;

-- AUTOINCREMENT: seq keeps growing when the outbox has been empty.
CREATE TABLE outbox (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    lead    TEXT NOT NULL,
    version INTEGER NOT NULL,
    type    TEXT NOT NULL,
    value   BLOB NOT NULL
);

CREATE TABLE rejections (
    id      TEXT PRIMARY KEY,
    source  TEXT NOT NULL,
    stage   TEXT NOT NULL,
    code    TEXT NOT NULL,
    state   TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    doc     BLOB NOT NULL,
    body    BLOB
);
CREATE INDEX rejections_state ON rejections (state, at, id);

CREATE TABLE numbers (
    day  TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE config (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    doc     BLOB NOT NULL
);
INSERT INTO config (id, version, doc) VALUES (1, 0, '{}');

CREATE TABLE rep_state (
    rep      TEXT PRIMARY KEY,
    credit   INTEGER NOT NULL,
    assigned INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
    id   TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    doc  BLOB NOT NULL
);
