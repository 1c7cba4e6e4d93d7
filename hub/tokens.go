package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Tokens gives access to the API. The pool keeps hashes, so what is in it lets nobody in.
type Tokens struct {
	store sink.TokenStore
	admin [sha256.Size]byte // hash of the admin's token
	now   func() time.Time
}

// Tokens gives access to the API.
func (h *Hub) Tokens() *Tokens {
	return &Tokens{store: h.cfg.Store, admin: sha256.Sum256([]byte(h.cfg.AdminToken)), now: h.cfg.Now}
}

// Authenticate finds the token of a secret. The admin's needs no database, so that an outage can be looked into.
func (t *Tokens) Authenticate(ctx context.Context, bearer string) (lead.Token, error) {
	hash := sha256.Sum256([]byte(bearer))
	if subtle.ConstantTimeCompare(hash[:], t.admin[:]) == 1 {
		return adminsToken(), nil
	}
	if bearer == "" || !strings.HasPrefix(bearer, "lh_") {
		return lead.Token{}, unknownToken()
	}
	token, err := t.store.TokenByHash(ctx, hex.EncodeToString(hash[:]))
	if err != nil && lead.AsError(err).Kind == lead.KindNotFound {
		return lead.Token{}, unknownToken()
	}
	return token, err
}

func adminsToken() lead.Token {
	return lead.Token{ID: "admin", Name: "admin", Scopes: []string{lead.ScopeAdmin}}
}

// Token finds a token by its id, as it is at this moment. The admin's needs no database. KindNotFound once it was taken back.
func (t *Tokens) Token(ctx context.Context, id string) (lead.Token, error) {
	if admin := adminsToken(); id == admin.ID {
		return admin, nil
	}
	return t.store.Token(ctx, id)
}

func unknownToken() error {
	return lead.Unauthorized("unknown_token", "this token is not known", "send Authorization: Bearer with a token of this hub")
}

// Tokens lists them; their secrets are gone.
func (t *Tokens) Tokens(ctx context.Context) ([]lead.Token, error) { return t.store.Tokens(ctx) }

// CreateToken makes a token of a name, scopes and, when it is a rep's, his key, and returns its secret, which nobody can see again.
func (t *Tokens) CreateToken(ctx context.Context, token lead.Token) (string, lead.Token, error) {
	known := lead.Scopes
	if token.Rep != "" {
		known = lead.RepScopes
	}
	hint := "the scopes are " + strings.Join(known, ", ")
	for _, s := range token.Scopes {
		switch {
		case slices.Contains(known, s):
		case slices.Contains(lead.Scopes, s):
			return "", lead.Token{}, lead.Invalid("not_for_reps", fmt.Sprintf("the token of a rep cannot have the scope %q", s), hint)
		default:
			return "", lead.Token{}, lead.Invalid("unknown_scope", fmt.Sprintf("scope %q is not known", s), hint)
		}
	}
	if token.Name == "" || len(token.Scopes) == 0 {
		return "", lead.Token{}, lead.Invalid("bad_token", "a token needs a name and at least one scope", hint)
	}
	secret := "lh_" + rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(secret))
	token = lead.Token{ID: lead.NewID("tok_", t.now()), Name: token.Name, Rep: token.Rep, Scopes: token.Scopes, Created: t.now().UTC(), Hash: hex.EncodeToString(hash[:])}
	return secret, token, t.store.SaveToken(ctx, token)
}

// DeleteToken takes access back at once.
func (t *Tokens) DeleteToken(ctx context.Context, id string) error {
	return t.store.DeleteToken(ctx, id)
}
