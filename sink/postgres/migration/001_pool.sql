-- +goose Up

-- What leads are listed, filtered and found by. Small rows: a search reads all of them. Times are microseconds since
-- 1970. sources is ",a,b,": strpos with commas around finds a key. Ids compare as bytes (COLLATE "C"): they are ordered by
-- time, and a range of them finds what one Raw became.
CREATE TABLE leads (
    id          text COLLATE "C" PRIMARY KEY,
    number      text COLLATE "C" NOT NULL,
    status      text NOT NULL,
    owner       text COLLATE "C" NOT NULL,
    province    text NOT NULL,
    sources     text NOT NULL,
    first_seen  bigint NOT NULL,
    merged_into text COLLATE "C" NOT NULL,
    due_at      bigint, -- waits to be assigned from then on; NULL = does not
    search      text NOT NULL
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX leads_number ON leads (number);
CREATE INDEX leads_owner ON leads (owner, id) WHERE owner <> '' AND merged_into = '';
CREATE INDEX leads_merged ON leads (merged_into) WHERE merged_into <> '';
CREATE INDEX leads_due ON leads (due_at, id) WHERE due_at IS NOT NULL;

-- The lead itself, lead.Record as JSON. Bytes, as jsonb would parse and reorder what is only ever read whole.
CREATE TABLE records (
    lead text COLLATE "C" PRIMARY KEY,
    doc  bytea NOT NULL
) WITH (fillfactor = 80, toast_tuple_target = 8160);
ALTER TABLE records ALTER COLUMN doc SET STORAGE EXTERNAL;

-- Strong identities only; each leads to a living lead. '' marks one that a running transaction holds.
CREATE TABLE identities (
    key  text COLLATE "C" PRIMARY KEY,
    lead text COLLATE "C" NOT NULL
) WITH (fillfactor = 50);

-- lead is the one the submission was recorded for, and stays so through merges.
CREATE TABLE touches (
    id      text COLLATE "C" PRIMARY KEY,
    lead    text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    verdict bytea NOT NULL,
    doc     bytea NOT NULL
);
CREATE INDEX touches_lead ON touches (lead);

-- Counted as they are written: counting a million touches for a page would read all of them.
CREATE TABLE source_totals (
    source  text COLLATE "C" PRIMARY KEY,
    touches bigint NOT NULL,
    last    bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE events (
    lead    text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    at      bigint NOT NULL,
    doc     bytea NOT NULL,
    PRIMARY KEY (lead, version)
);

-- CACHE 1, the default, is what keeps seq in step with the order of commits per lead.
CREATE TABLE outbox (
    seq     bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    lead    text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    type    text NOT NULL,
    value   bytea NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTERNAL;

CREATE TABLE rejections (
    id      text COLLATE "C" PRIMARY KEY,
    source  text NOT NULL,
    stage   text NOT NULL,
    code    text NOT NULL,
    state   text NOT NULL,
    attempt bigint NOT NULL,
    at      bigint NOT NULL,
    doc     bytea NOT NULL,
    body    bytea
);
CREATE INDEX rejections_state ON rejections (state, at, id);

CREATE TABLE numbers (
    day  text COLLATE "C" PRIMARY KEY,
    last bigint NOT NULL
);

CREATE TABLE config (
    id      bigint PRIMARY KEY CHECK (id = 1),
    version bigint NOT NULL,
    doc     bytea NOT NULL
);
INSERT INTO config (id, version, doc) VALUES (1, 0, '{}');

CREATE TABLE rep_state (
    rep      text COLLATE "C" PRIMARY KEY,
    credit   bigint NOT NULL,
    assigned bigint NOT NULL
);

CREATE TABLE tokens (
    id   text COLLATE "C" PRIMARY KEY,
    hash text COLLATE "C" NOT NULL UNIQUE,
    doc  bytea NOT NULL
);
