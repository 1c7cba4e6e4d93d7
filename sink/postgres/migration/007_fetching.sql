-- +goose Up

-- Thin events (state 'pending') are asked for at fetch_at, which is also how long a process that asks has them for itself. fetch_since is
-- when the first of the tries was due.
ALTER TABLE rejections ADD COLUMN fetch_at bigint;
ALTER TABLE rejections ADD COLUMN fetch_since bigint;
ALTER TABLE rejections ADD COLUMN fetch_tries bigint NOT NULL DEFAULT 0;
CREATE INDEX rejections_fetch ON rejections (source, fetch_at) WHERE state = 'pending';

-- Who may do what only one process does. fence grows whenever another holder takes the lease. Times are the database's own.
CREATE TABLE leases (
    name   text COLLATE "C" PRIMARY KEY,
    holder text COLLATE "C" NOT NULL,
    fence  bigint NOT NULL,
    until  bigint NOT NULL
);

-- How far a source was asked, and how that goes: doc is lead.FetchReport as JSON. Before paused_until nothing is fetched for it.
CREATE TABLE fetching (
    source       text COLLATE "C" PRIMARY KEY,
    channel      text COLLATE "C" NOT NULL,
    cursor       text NOT NULL,
    paused_until bigint NOT NULL DEFAULT 0,
    doc          bytea NOT NULL
);

-- What vendors lend: secret is sealed, doc is lead.TokenHealth as JSON. version grows with every new value; a refused one is not used again.
CREATE TABLE vendor_tokens (
    source  text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    refused boolean NOT NULL,
    secret  text NOT NULL,
    doc     bytea NOT NULL,
    PRIMARY KEY (source, name)
);
