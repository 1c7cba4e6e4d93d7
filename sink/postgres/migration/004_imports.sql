-- +goose Up

-- Files that people upload. doc is lead.Import as JSON; progress, which changes all the time, is beside it.
CREATE TABLE imports (
    id       text COLLATE "C" PRIMARY KEY,
    source   text NOT NULL,
    sha256   text NOT NULL,
    state    text NOT NULL,
    doc      bytea NOT NULL,
    progress bytea NOT NULL
);
CREATE INDEX imports_file ON imports (sha256, source);
-- Of one source one import runs at a time, whatever process runs it.
CREATE UNIQUE INDEX imports_busy ON imports (source) WHERE state IN ('running', 'undoing');

-- What people said of the columns under a header, lead.RememberedColumn as a JSON array.
CREATE TABLE import_columns (
    fingerprint text NOT NULL,
    source      text NOT NULL,
    at          bigint NOT NULL,
    doc         bytea NOT NULL,
    PRIMARY KEY (fingerprint, source)
);
