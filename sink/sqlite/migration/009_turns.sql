-- +goose Up

-- What the weighted round robins keep has another form: they begin anew.
UPDATE rep_state SET credits = '';
