-- +goose Up

-- What the weighted round robins keep has another form: they begin anew.
UPDATE rep_state SET credits = '';

-- Keys of rules that did not fit, one per line, as traces name them by id.
CREATE TABLE rule_lists (
    id    TEXT PRIMARY KEY,
    rules TEXT NOT NULL
) WITHOUT ROWID;

-- n grows whenever the state of a rep changes, so that it can be told whether it did.
CREATE TABLE rep_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    n  INTEGER NOT NULL
);
INSERT INTO rep_clock (id, n) VALUES (1, 0);
-- +goose StatementBegin
CREATE TRIGGER rep_state_insert AFTER INSERT ON rep_state BEGIN
    UPDATE rep_clock SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rep_state_update AFTER UPDATE ON rep_state BEGIN
    UPDATE rep_clock SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rep_state_delete AFTER DELETE ON rep_state BEGIN
    UPDATE rep_clock SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rep_held_insert AFTER INSERT ON rep_held BEGIN
    UPDATE rep_clock SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rep_held_update AFTER UPDATE ON rep_held BEGIN
    UPDATE rep_clock SET n = n + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rep_held_delete AFTER DELETE ON rep_held BEGIN
    UPDATE rep_clock SET n = n + 1;
END;
-- +goose StatementEnd
