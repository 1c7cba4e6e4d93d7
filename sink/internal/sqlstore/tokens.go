package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/leadhub/leadhub/lead"
)

// Tokens lists tokens by id, the oldest first.
func (s *Store) Tokens(ctx context.Context) ([]lead.Token, error) {
	list := []lead.Token{}
	err := each(ctx, s.Read, func(rows *sql.Rows) error {
		t, err := scanToken(rows)
		list = append(list, t)
		return err
	}, "SELECT hash, doc FROM tokens ORDER BY id")
	return list, s.Dialect.Wrap(err)
}

// SaveToken adds a token, or changes the one of that id.
func (s *Store) SaveToken(ctx context.Context, t lead.Token) error {
	doc, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = s.Write.ExecContext(ctx, `INSERT INTO tokens (id, hash, doc) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, doc = excluded.doc`, t.ID, t.Hash, doc)
	return s.Dialect.Wrap(err)
}

// DeleteToken removes a token.
func (s *Store) DeleteToken(ctx context.Context, id string) error {
	res, err := s.Write.ExecContext(ctx, "DELETE FROM tokens WHERE id = $1", clean(id))
	if err != nil {
		return s.Dialect.Wrap(err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return s.Dialect.Wrap(err)
	}
	return tokenNotFound()
}

// Token finds a token by its id.
func (s *Store) Token(ctx context.Context, id string) (lead.Token, error) {
	return s.token(ctx, "SELECT hash, doc FROM tokens WHERE id = $1", id)
}

// TokenByHash finds a token by the hash of its secret.
func (s *Store) TokenByHash(ctx context.Context, hash string) (lead.Token, error) {
	return s.token(ctx, "SELECT hash, doc FROM tokens WHERE hash = $1", hash)
}

func (s *Store) token(ctx context.Context, query, by string) (lead.Token, error) {
	t, err := scanToken(s.Read.QueryRowContext(ctx, query, clean(by)))
	if ok, err := found(err); err != nil {
		return lead.Token{}, s.Dialect.Wrap(err)
	} else if !ok {
		return lead.Token{}, tokenNotFound()
	}
	return t, nil
}

func scanToken(row interface{ Scan(...any) error }) (lead.Token, error) {
	var t lead.Token
	var hash string
	var doc []byte
	if err := row.Scan(&hash, &doc); err != nil {
		return t, err
	}
	err := decode(doc, &t)
	t.Hash = hash
	return t, err
}

func tokenNotFound() error {
	return lead.NotFound("token_not_found", "there is no such token", "list the tokens with GET /v1/tokens")
}
