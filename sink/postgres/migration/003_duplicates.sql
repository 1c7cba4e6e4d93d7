-- +goose Up

-- Leads by what they are compared by: key is a hash of a blocking key. A lead has a row per key.
CREATE TABLE match_keys (
    key  bigint NOT NULL,
    lead text COLLATE "C" NOT NULL,
    PRIMARY KEY (key, lead)
);

-- What a lead was when it was compared last: a hash of what is compared, and its keys as a JSON array.
CREATE TABLE match_leads (
    lead    text COLLATE "C" PRIMARY KEY,
    profile bigint NOT NULL,
    keys    text NOT NULL
);

-- Two leads that may be one person; a < b. doc holds the parts of the score and who dismissed it.
CREATE TABLE possible_duplicates (
    a     text COLLATE "C" NOT NULL,
    b     text COLLATE "C" NOT NULL,
    score double precision NOT NULL,
    state text NOT NULL,
    at    bigint NOT NULL,
    doc   text NOT NULL,
    PRIMARY KEY (a, b)
);
CREATE INDEX possible_duplicates_b ON possible_duplicates (b);
CREATE INDEX possible_duplicates_queue ON possible_duplicates (state, score DESC, a, b);
