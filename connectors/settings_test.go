package connectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

var demo = connectors.Spec{Channel: "demo", Settings: []connectors.Field{
	{Name: "token", Required: true, Secret: true},
	{Name: "keys", Type: connectors.TypeList, Required: true, Secret: true},
	{Name: "modes", Type: connectors.TypeList, OneOf: []string{"a", "b"}},
	{Name: "count", Type: connectors.TypeInt, Default: 7},
	{Name: "on", Type: connectors.TypeBool},
}}

func TestSettingsHaveEveryFieldWithItsDefault(t *testing.T) {
	set, err := demo.Check(lead.Source{Key: "k", Settings: map[string]any{"token": "x", "keys": []any{"1", "2"}, "modes": "a"}})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"token": "x", "keys": []string{"1", "2"}, "modes": []string{"a"}, "count": 7, "on": false}, set.Values)
	require.NotNil(t, set.Now)
	require.Equal(t, []string{"token", "keys"}, demo.Secrets())
}

func TestWrongSettingsAreOneErrorThatNamesEveryField(t *testing.T) {
	_, err := demo.Check(lead.Source{Key: "k", Settings: map[string]any{"token": " ", "keys": []any{}, "modes": []any{"a", "c"},
		"count": 1.5, "on": "yes", "colour": "red"}})
	e := lead.AsError(err)
	require.Equal(t, "bad_settings", e.Code)
	require.Equal(t, []string{"colour", "count", "keys", "modes", "on", "token"}, e.Fields)
	_, err = demo.Check(lead.Source{Key: "k"})
	require.Equal(t, []string{"keys", "token"}, lead.AsError(err).Fields)
}
