-- +goose Up

-- What leads are queued, listed and counted by since people work on them. source and campaign are those of the first touch; amount
-- is in hundredths of currency; grade is 4 for A to 1 for D, 0 without. waits is the rule that a lead waits for, whom nobody may
-- have before due_at.
ALTER TABLE leads ADD COLUMN pool TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN waits TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN company TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN grade INTEGER NOT NULL DEFAULT 0;
ALTER TABLE leads ADD COLUMN next_at INTEGER;
ALTER TABLE leads ADD COLUMN assigned_at INTEGER;
ALTER TABLE leads ADD COLUMN contacted_at INTEGER;
ALTER TABLE leads ADD COLUMN converted_at INTEGER;
ALTER TABLE leads ADD COLUMN pooled_at INTEGER;
ALTER TABLE leads ADD COLUMN amount INTEGER;

-- The assigner takes the best grade first, and within a grade who waits longest.
CREATE INDEX leads_queue ON leads (grade, due_at, id) WHERE due_at IS NOT NULL;
DROP INDEX leads_due;
CREATE INDEX leads_waits ON leads (waits, grade, id) WHERE waits <> '';
CREATE INDEX leads_pool ON leads (pool, grade, pooled_at) WHERE pool <> '' AND merged_into = '';
CREATE INDEX leads_next ON leads (owner, next_at) WHERE next_at IS NOT NULL AND merged_into = '';
CREATE INDEX leads_company ON leads (company, id) WHERE company <> '' AND owner <> '' AND merged_into = '';

-- Counters of a day are those of the day they name. credits and claimed are JSON objects: by rule, by pool. credit is what
-- versions before 5 count with.
ALTER TABLE rep_state ADD COLUMN day TEXT NOT NULL DEFAULT '';
ALTER TABLE rep_state ADD COLUMN today INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rep_state ADD COLUMN claimed TEXT NOT NULL DEFAULT '';
ALTER TABLE rep_state ADD COLUMN last_claim INTEGER;
ALTER TABLE rep_state ADD COLUMN credits TEXT NOT NULL DEFAULT '';

-- How many open leads each rep owns. Only the triggers below write it, so it cannot drift, whoever changes a lead.
CREATE TABLE rep_held (
    rep  TEXT PRIMARY KEY,
    held INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER leads_held_lost AFTER UPDATE OF owner, status, merged_into ON leads
WHEN OLD.owner <> '' AND OLD.merged_into = '' AND OLD.status NOT IN ('converted', 'unqualified', 'archived')
    AND (OLD.owner <> NEW.owner OR NEW.merged_into <> '' OR NEW.status IN ('converted', 'unqualified', 'archived'))
BEGIN
    UPDATE rep_held SET held = held - 1 WHERE rep = OLD.owner;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER leads_held_won AFTER UPDATE OF owner, status, merged_into ON leads
WHEN NEW.owner <> '' AND NEW.merged_into = '' AND NEW.status NOT IN ('converted', 'unqualified', 'archived')
    AND (OLD.owner <> NEW.owner OR OLD.merged_into <> '' OR OLD.status IN ('converted', 'unqualified', 'archived'))
BEGIN
    INSERT INTO rep_held (rep, held) VALUES (NEW.owner, 1) ON CONFLICT (rep) DO UPDATE SET held = held + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER leads_held_insert AFTER INSERT ON leads
WHEN NEW.owner <> '' AND NEW.merged_into = '' AND NEW.status NOT IN ('converted', 'unqualified', 'archived')
BEGIN
    INSERT INTO rep_held (rep, held) VALUES (NEW.owner, 1) ON CONFLICT (rep) DO UPDATE SET held = held + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER leads_held_delete AFTER DELETE ON leads
WHEN OLD.owner <> '' AND OLD.merged_into = '' AND OLD.status NOT IN ('converted', 'unqualified', 'archived')
BEGIN
    UPDATE rep_held SET held = held - 1 WHERE rep = OLD.owner;
END;
-- +goose StatementEnd

INSERT INTO rep_held (rep, held) SELECT owner, count(*) FROM leads
    WHERE owner <> '' AND merged_into = '' AND status NOT IN ('converted', 'unqualified', 'archived') GROUP BY owner;

-- When a lead is to be looked at next: the first of all that is to come for it. kind says what that is, for people.
CREATE TABLE timers (
    lead   TEXT PRIMARY KEY,
    kind   TEXT NOT NULL,
    due_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due_at, lead);

-- For which terms the timers are planned. A walk over the leads that reps own plans them anew for other terms; it is behind owner, lead.
CREATE TABLE timer_plan (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    print   TEXT NOT NULL,
    walking TEXT NOT NULL, -- print of the terms that the walk is for; '' when nobody walks
    owner   TEXT NOT NULL,
    lead    TEXT NOT NULL
);
INSERT INTO timer_plan (id, version, print, walking, owner, lead) VALUES (1, 0, '', '', '', '');

-- What reps are to be told, lead.Notification as JSON. due is when it is to be delivered; NULL when that is done.
CREATE TABLE notifications (
    id   TEXT PRIMARY KEY,
    rep  TEXT NOT NULL,
    kind TEXT NOT NULL,
    lead TEXT NOT NULL,
    doc  BLOB NOT NULL,
    at   INTEGER NOT NULL,
    due  INTEGER
) WITHOUT ROWID;
CREATE INDEX notifications_due ON notifications (due, id) WHERE due IS NOT NULL;
CREATE INDEX notifications_lead ON notifications (lead);

-- Ids under which something was done to a lead, so that it is not done again.
CREATE TABLE acts (
    id   TEXT PRIMARY KEY,
    lead TEXT NOT NULL,
    at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX acts_lead ON acts (lead);

-- Leads that are here already.
UPDATE leads SET (source, campaign, company) = (
    SELECT coalesce(json_extract(d.doc, '$.first_from.source'), ''), coalesce(json_extract(d.doc, '$.first_from.utm.campaign'), ''),
        coalesce(nullif(json_extract(d.doc, '$.values.company[0].key'), ''), json_extract(d.doc, '$.values.company[0].value'), '')
    FROM (SELECT CAST(doc AS TEXT) AS doc FROM records WHERE lead = leads.id) AS d)
WHERE EXISTS (SELECT 1 FROM records WHERE lead = leads.id);
