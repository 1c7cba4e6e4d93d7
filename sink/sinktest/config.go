package sinktest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var configTests = map[string]func(*testing.T, Harness){
	"an empty pool has the zero configuration": func(t *testing.T, h Harness) {
		p := open(t, h)
		c, err := p.store.Config(p.ctx)
		require.NoError(t, err)
		require.Equal(t, lead.Config{}, c)
	},
	"edits at the same time are all kept, each with a version of its own": func(t *testing.T, h Harness) {
		p := open(t, h)
		together(t, 8, func(w int) error {
			for i := range 5 {
				_, err := p.store.EditConfig(p.ctx, func(c *lead.Config) error {
					c.Sources = append(c.Sources, lead.Source{Key: fmt.Sprintf("s%d-%d", w, i), Settings: map[string]any{"n": "v"}})
					c.Version = 999
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		c, err := p.store.Config(p.ctx)
		require.NoError(t, err)
		require.Len(t, c.Sources, 40)
		require.EqualValues(t, 40, c.Version)
		v, err := p.store.ConfigVersion(p.ctx)
		require.NoError(t, err)
		require.Equal(t, c.Version, v)
	},
	"an edit that fails changes nothing and returns its error": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 1))
		no := errors.New("no")
		_, err := p.store.EditConfig(p.ctx, func(c *lead.Config) error {
			c.Reps = nil
			return no
		})
		require.ErrorIs(t, err, no)
		c, err := p.store.Config(p.ctx)
		require.NoError(t, err)
		require.Len(t, c.Reps, 1)
		require.EqualValues(t, 1, c.Version)
	},
	"the counters of reps are the assigner's": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 2), rep("bo", 1))
		p.fill(1)
		_, err := p.assigner(10, day).Step(p.ctx)
		require.NoError(t, err)
		c, err := p.store.EditConfig(p.ctx, func(c *lead.Config) error {
			for i := range c.Reps {
				c.Reps[i].Assigned = 77
			}
			c.Reps = append(c.Reps, lead.Rep{Key: "chen", Active: true, Weight: 1, Assigned: 77})
			return nil
		})
		require.NoError(t, err)
		want := []lead.Rep{{Key: "anna", Name: "anna", Weight: 2, Active: true, Assigned: 1}, {Key: "bo", Name: "bo", Weight: 1, Active: true},
			{Key: "chen", Weight: 1, Active: true}}
		require.Equal(t, want, c.Reps)
		c, err = p.store.Config(p.ctx)
		require.NoError(t, err)
		require.Equal(t, want, c.Reps)
		require.EqualValues(t, 1, p.states()["anna"].Turns["round robin"].Leads)
		require.Zero(t, p.states()["bo"].Turns["round robin"])
		p.staff(rep("bo", 1))
		p.staff(rep("anna", 2), rep("bo", 1))
		require.Equal(t, 1, p.states()["anna"].Held, "who was taken out and is back still owns his leads")
		require.EqualValues(t, 1, p.states()["anna"].Assigned)
	},
	"tokens are kept by id, and found by id and by hash": func(t *testing.T, h Harness) {
		p := open(t, h)
		list, err := p.store.Tokens(p.ctx)
		require.NoError(t, err)
		require.Empty(t, list)
		a := lead.Token{ID: "tok_1", Name: "crm", Scopes: []string{lead.ScopeLeadsRead}, Created: day, Hash: "hash-a"}
		b := lead.Token{ID: "tok_2", Name: "site", Scopes: []string{lead.ScopeAdmin}, Created: day, Hash: "hash-b"}
		require.NoError(t, p.store.SaveToken(p.ctx, a))
		require.NoError(t, p.store.SaveToken(p.ctx, b))
		a.Name = "crm two"
		require.NoError(t, p.store.SaveToken(p.ctx, a))
		list, err = p.store.Tokens(p.ctx)
		require.NoError(t, err)
		require.Equal(t, []lead.Token{a, b}, list)
		got, err := p.store.TokenByHash(p.ctx, "hash-a")
		require.NoError(t, err)
		require.Equal(t, a, got)
		got, err = p.store.Token(p.ctx, "tok_2")
		require.NoError(t, err)
		require.Equal(t, b, got)
		require.NoError(t, p.store.DeleteToken(p.ctx, "tok_1"))
		_, err = p.store.Token(p.ctx, "tok_1")
		require.Equal(t, lead.KindNotFound, lead.AsError(err).Kind)
		_, err = p.store.TokenByHash(p.ctx, "hash-a")
		require.Equal(t, lead.KindNotFound, lead.AsError(err).Kind)
		require.Equal(t, lead.KindNotFound, lead.AsError(p.store.DeleteToken(p.ctx, "tok_1")).Kind)
	},
}
