-- +goose Up

-- Leads of an identity that does not lead to one lead alone: identities.lead is then '*' (several leads that something
-- keeps apart) or '!' (too many people carry it; it recognises nobody).
CREATE TABLE identity_leads (
    key  TEXT NOT NULL,
    lead TEXT NOT NULL,
    PRIMARY KEY (key, lead)
) WITHOUT ROWID;
CREATE INDEX identity_leads_lead ON identity_leads (lead);

-- What people decided about who is who, lead.Decision as JSON, and the touches it speaks of.
CREATE TABLE decisions (
    id  TEXT PRIMARY KEY,
    doc BLOB NOT NULL
);
CREATE TABLE decision_touches (
    touch    TEXT NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (touch, decision)
) WITHOUT ROWID;
CREATE INDEX decision_touches_decision ON decision_touches (decision);
