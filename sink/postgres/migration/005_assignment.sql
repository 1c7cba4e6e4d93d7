-- +goose Up

-- What leads are queued, listed and counted by since people work on them. source and campaign are those of the first touch; amount
-- is in hundredths of currency; grade is 4 for A to 1 for D, 0 without. waits is the rule that a lead waits for, whom nobody may
-- have before due_at.
ALTER TABLE leads
    ADD COLUMN pool         text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN waits        text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN company      text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN source       text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN campaign     text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN rule         text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN currency     text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN grade        bigint NOT NULL DEFAULT 0,
    ADD COLUMN next_at      bigint,
    ADD COLUMN assigned_at  bigint,
    ADD COLUMN contacted_at bigint,
    ADD COLUMN converted_at bigint,
    ADD COLUMN pooled_at    bigint,
    ADD COLUMN amount       bigint;

-- The assigner takes the best grade first, and within a grade who waits longest.
CREATE INDEX leads_queue ON leads (grade, due_at, id) WHERE due_at IS NOT NULL;
DROP INDEX leads_due;
CREATE INDEX leads_waits ON leads (waits, grade, id) WHERE waits <> '';
CREATE INDEX leads_pool ON leads (pool, grade, pooled_at) WHERE pool <> '' AND merged_into = '';
CREATE INDEX leads_next ON leads (owner, next_at) WHERE next_at IS NOT NULL AND merged_into = '';
CREATE INDEX leads_company ON leads (company, id) WHERE company <> '' AND owner <> '' AND merged_into = '';

-- Counters of a day are those of the day they name. credits and claimed are JSON objects: by rule, by pool. credit is what
-- versions before 5 count with.
ALTER TABLE rep_state
    ADD COLUMN day        text NOT NULL DEFAULT '',
    ADD COLUMN today      bigint NOT NULL DEFAULT 0,
    ADD COLUMN claimed    text NOT NULL DEFAULT '',
    ADD COLUMN last_claim bigint,
    ADD COLUMN credits    text NOT NULL DEFAULT '';

-- How many open leads each rep owns. Only the triggers below write it, so it cannot drift, whoever changes a lead.
CREATE TABLE rep_held (
    rep  text COLLATE "C" PRIMARY KEY,
    held bigint NOT NULL
) WITH (fillfactor = 50);

-- +goose StatementBegin
CREATE FUNCTION held_by_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Sorted, so that two transactions take the counts in one order.
    INSERT INTO rep_held AS h (rep, held)
    SELECT owner, sum(n) FROM (
        SELECT owner, 1 AS n FROM added WHERE owner <> '' AND merged_into = '' AND status NOT IN ('converted', 'unqualified', 'archived')
        UNION ALL
        SELECT owner, -1 FROM removed WHERE owner <> '' AND merged_into = '' AND status NOT IN ('converted', 'unqualified', 'archived')
    ) AS c GROUP BY owner HAVING sum(n) <> 0 ORDER BY owner
    ON CONFLICT (rep) DO UPDATE SET held = h.held + excluded.held;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION held_by_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO rep_held AS h (rep, held) VALUES (NEW.owner, 1) ON CONFLICT (rep) DO UPDATE SET held = h.held + 1;
    ELSE
        INSERT INTO rep_held AS h (rep, held) VALUES (OLD.owner, -1) ON CONFLICT (rep) DO UPDATE SET held = h.held - 1;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER leads_held_update AFTER UPDATE ON leads REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION held_by_update();
CREATE TRIGGER leads_held_insert AFTER INSERT ON leads FOR EACH ROW
    WHEN (NEW.owner <> '' AND NEW.merged_into = '' AND NEW.status NOT IN ('converted', 'unqualified', 'archived')) EXECUTE FUNCTION held_by_row();
CREATE TRIGGER leads_held_delete AFTER DELETE ON leads FOR EACH ROW
    WHEN (OLD.owner <> '' AND OLD.merged_into = '' AND OLD.status NOT IN ('converted', 'unqualified', 'archived')) EXECUTE FUNCTION held_by_row();

INSERT INTO rep_held (rep, held) SELECT owner, count(*) FROM leads
    WHERE owner <> '' AND merged_into = '' AND status NOT IN ('converted', 'unqualified', 'archived') GROUP BY owner;

-- When a lead is to be looked at next: the first of all that is to come for it. kind says what that is, for people.
CREATE TABLE timers (
    lead   text COLLATE "C" PRIMARY KEY,
    kind   text NOT NULL,
    due_at bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX timers_due ON timers (due_at, lead);

-- For which terms the timers are planned. A walk over the leads that reps own plans them anew for other terms; it is behind owner, lead.
CREATE TABLE timer_plan (
    id      bigint PRIMARY KEY CHECK (id = 1),
    version bigint NOT NULL,
    print   text NOT NULL,
    walking text NOT NULL, -- print of the terms that the walk is for; '' when nobody walks
    owner   text COLLATE "C" NOT NULL,
    lead    text COLLATE "C" NOT NULL
);
INSERT INTO timer_plan (id, version, print, walking, owner, lead) VALUES (1, 0, '', '', '', '');

-- What reps are to be told, lead.Notification as JSON. due is when it is to be delivered; NULL when that is done.
CREATE TABLE notifications (
    id   text COLLATE "C" PRIMARY KEY,
    rep  text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    lead text COLLATE "C" NOT NULL,
    doc  bytea NOT NULL,
    at   bigint NOT NULL,
    due  bigint
);
CREATE INDEX notifications_due ON notifications (due, id) WHERE due IS NOT NULL;
CREATE INDEX notifications_lead ON notifications (lead);

-- Ids under which something was done to a lead, so that it is not done again.
CREATE TABLE acts (
    id   text COLLATE "C" PRIMARY KEY,
    lead text COLLATE "C" NOT NULL,
    at   bigint NOT NULL
);
CREATE INDEX acts_lead ON acts (lead);

-- Leads that are here already.
UPDATE leads l SET
    source = coalesce(d.doc #>> '{first_from,source}', ''), campaign = coalesce(d.doc #>> '{first_from,utm,campaign}', ''),
    company = coalesce(nullif(d.doc #>> '{values,company,0,key}', ''), d.doc #>> '{values,company,0,value}', '')
FROM (SELECT lead, convert_from(doc, 'UTF8')::json AS doc FROM records WHERE position('\\u0000'::bytea IN doc) = 0) AS d WHERE d.lead = l.id;
