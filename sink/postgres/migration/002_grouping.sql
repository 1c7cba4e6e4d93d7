-- +goose Up

-- Leads of an identity that does not lead to one lead alone: identities.lead is then '*' (several leads that something
-- keeps apart) or '!' (too many people carry it; it recognises nobody).
CREATE TABLE identity_leads (
    key  text COLLATE "C" NOT NULL,
    lead text COLLATE "C" NOT NULL,
    PRIMARY KEY (key, lead)
);
CREATE INDEX identity_leads_lead ON identity_leads (lead);

-- What people decided about who is who, lead.Decision as JSON, and the touches it speaks of.
CREATE TABLE decisions (
    id  text COLLATE "C" PRIMARY KEY,
    doc bytea NOT NULL
);
CREATE TABLE decision_touches (
    touch    text COLLATE "C" NOT NULL,
    decision text COLLATE "C" NOT NULL,
    PRIMARY KEY (touch, decision)
);
CREATE INDEX decision_touches_decision ON decision_touches (decision);
