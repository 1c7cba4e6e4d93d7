-- +goose Up

-- Of the deliveries of one import to one rep through one target the first that is due is found at once, however many they are.
CREATE INDEX deliveries_digest ON deliveries (import_id, rep, target, due_at) WHERE import_id <> '' AND batch = '';
DROP INDEX deliveries_import;
