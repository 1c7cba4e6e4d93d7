-- +goose Up

-- Leads may have an owner from the start: they are counted all at once, like those that change.
-- +goose StatementBegin
CREATE FUNCTION held_by_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rep_held AS h (rep, held)
    SELECT owner, count(*) FROM added WHERE owner <> '' AND merged_into = '' AND status NOT IN ('converted', 'unqualified', 'archived')
    GROUP BY owner ORDER BY owner
    ON CONFLICT (rep) DO UPDATE SET held = h.held + excluded.held;
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP TRIGGER leads_held_insert ON leads;
CREATE TRIGGER leads_held_insert AFTER INSERT ON leads REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION held_by_insert();
