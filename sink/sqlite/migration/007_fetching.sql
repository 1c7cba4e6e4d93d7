-- +goose Up

-- Thin events (state 'pending') are asked for at fetch_at, which is also how long a process that asks has them for itself. fetch_since is
-- when the first of the tries was due.
ALTER TABLE rejections ADD COLUMN fetch_at INTEGER;
ALTER TABLE rejections ADD COLUMN fetch_since INTEGER;
ALTER TABLE rejections ADD COLUMN fetch_tries INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rejections_fetch ON rejections (source, fetch_at) WHERE state = 'pending';

-- Who may do what only one process does. fence grows whenever another holder takes the lease. Times are the database's own.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) WITHOUT ROWID;

-- How far a source was asked, and how that goes: doc is lead.FetchReport as JSON. Before paused_until nothing is fetched for it.
CREATE TABLE fetching (
    source       TEXT PRIMARY KEY,
    channel      TEXT NOT NULL,
    cursor       TEXT NOT NULL,
    paused_until INTEGER NOT NULL DEFAULT 0,
    doc          BLOB NOT NULL
) WITHOUT ROWID;

-- What vendors lend: secret is sealed, doc is lead.TokenHealth as JSON. version grows with every new value; a refused one is not used again.
CREATE TABLE vendor_tokens (
    source  TEXT NOT NULL,
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    secret  TEXT NOT NULL,
    doc     BLOB NOT NULL,
    PRIMARY KEY (source, name)
) WITHOUT ROWID;
