package sink

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

// A field that is added to lead.Record or lead.Change and forgotten here would be lost.
func TestEncodedPartsGiveTheBytesOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Make[lead.Record]().Draw(t, "record")
		c := lead.Change{Lead: r.Lead, Change: rapid.Make[lead.ChangeNote]().Draw(t, "note")}
		wantRecord, err := json.Marshal(r)
		if err != nil {
			t.Skip("a time that JSON cannot hold")
		}
		wantChange, err := json.Marshal(c)
		if err != nil {
			t.Skip("a time that JSON cannot hold")
		}
		out, leads, err := encodeChanges([]lead.Change{c})
		require.NoError(t, err)
		require.Equal(t, string(wantChange), string(out[0].Value))
		for _, known := range []map[string][]byte{nil, leads} {
			saved, err := encodeRecords([]*lead.Record{&r}, known)
			require.NoError(t, err)
			require.Equal(t, string(wantRecord), string(saved[0].JSON))
		}
	})
}
