-- +goose Up

-- What the weighted round robins keep has another form: they begin anew.
UPDATE rep_state SET credits = '';

-- Keys of rules that did not fit, one per line, as traces name them by id.
CREATE TABLE rule_lists (
    id    TEXT PRIMARY KEY,
    rules TEXT NOT NULL
);
