-- +goose Up

-- Files that people upload. doc is lead.Import as JSON; progress, which changes all the time, is beside it.
CREATE TABLE imports (
    id       TEXT PRIMARY KEY,
    source   TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    state    TEXT NOT NULL,
    doc      BLOB NOT NULL,
    progress BLOB NOT NULL
);
CREATE INDEX imports_file ON imports (sha256, source);
-- Of one source one import runs at a time, whatever process runs it.
CREATE UNIQUE INDEX imports_busy ON imports (source) WHERE state IN ('running', 'undoing');

-- What people said of the columns under a header, lead.RememberedColumn as a JSON array.
CREATE TABLE import_columns (
    fingerprint TEXT NOT NULL,
    source      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    doc         BLOB NOT NULL,
    PRIMARY KEY (fingerprint, source)
) WITHOUT ROWID;
