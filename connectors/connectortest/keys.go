package connectortest

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// checkReplay: a redelivery is the same events, byte for byte the same ids.
func checkReplay(t *testing.T, connector connectors.Connector, cases []Case) {
	for _, c := range cases {
		if c.Want.Error != nil {
			continue
		}
		var before []string
		for i := range 2 {
			d, err := c.Open(t, connector).(connectors.Receiver).Receive(c.HTTP(t))
			require.NoError(t, err, c.Name)
			var now []string
			for _, e := range d.Events {
				now = append(now, e.ID)
			}
			require.True(t, i == 0 || slices.Equal(before, now), "%s: %v, then %v", c.Name, before, now)
			before = now
		}
	}
}

// checkWrongKey: every secret that Options.EmptySecret names is one that the door depends on.
func checkWrongKey(t *testing.T, connector connectors.Connector, o Options, cases []Case) {
	tried := 0
	var names []string
	for name := range o.EmptySecret {
		if slices.Contains(connector.Spec().Secrets(), name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		for _, c := range cases {
			value := c.Source.Settings[name]
			if c.Want.Error != nil || value == nil {
				continue
			}
			c.Source.Settings = maps.Clone(c.Source.Settings)
			c.Source.Settings[name] = another(value)
			d, err := c.Open(t, connector).(connectors.Receiver).Receive(c.HTTP(t))
			if err == nil && len(d.Events) == 0 {
				continue // a handshake that proves nothing
			}
			tried++
			require.Contains(t, []lead.Kind{lead.KindUnauthorized, lead.KindForbidden}, lead.AsError(err).Kind,
				"%s is accepted with another %s: %v", c.Name, name, err)
			require.Empty(t, d.Events)
		}
	}
	require.True(t, len(names) == 0 || tried > 0, "no case shows that a secret matters")
}

// another is a value of the same form with one character changed.
func another(value any) any {
	switch v := value.(type) {
	case string:
		b := []byte(v)
		for i := len(b) / 2; i >= 0 && i < len(b); i-- {
			if c := b[i]; c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
				b[i] = map[bool]byte{true: 'B', false: 'A'}[c == 'A']
				break
			}
		}
		return string(b)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = another(v[i])
		}
		return out
	}
	return value
}
