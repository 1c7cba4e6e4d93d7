-- +goose Up

-- Leads by what they are compared by: key is a hash of a blocking key. A lead has a row per key.
CREATE TABLE match_keys (
    key  INTEGER NOT NULL,
    lead TEXT NOT NULL,
    PRIMARY KEY (key, lead)
) WITHOUT ROWID;

-- What a lead was when it was compared last: a hash of what is compared, and its keys as a JSON array.
CREATE TABLE match_leads (
    lead    TEXT PRIMARY KEY,
    profile INTEGER NOT NULL,
    keys    TEXT NOT NULL
) WITHOUT ROWID;

-- Two leads that may be one person; a < b. doc holds the parts of the score and who dismissed it.
CREATE TABLE possible_duplicates (
    a     TEXT NOT NULL,
    b     TEXT NOT NULL,
    score REAL NOT NULL,
    state TEXT NOT NULL,
    at    INTEGER NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE INDEX possible_duplicates_b ON possible_duplicates (b);
CREATE INDEX possible_duplicates_queue ON possible_duplicates (state, score DESC, a, b);
