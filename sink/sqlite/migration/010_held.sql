-- +goose Up

-- Who saves leads counts them, all of a transaction at once: see count in package sqlite.
DROP TRIGGER leads_held_lost;
DROP TRIGGER leads_held_won;
DROP TRIGGER leads_held_insert;
DROP TRIGGER leads_held_delete;
