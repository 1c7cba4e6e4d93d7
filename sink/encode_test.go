package sink

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

// A field that is added to lead.Record or lead.Change and forgotten here would be lost.
func TestEncodedPartsGiveTheBytesOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Make[lead.Record]().Draw(t, "record")
		r.FirstSeen = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
		r.LastSeen = r.FirstSeen.In(time.FixedZone("", 8*3600))
		if rapid.Bool().Draw(t, "new") {
			r.Course = lead.Course{}
		} else {
			r.OwnedAt, r.NextAt, r.ConvertedAt = r.FirstSeen, r.LastSeen, r.FirstSeen.Add(time.Hour)
		}
		r.Name = rapid.SampledFrom([]string{"", "李\x00雷", "<b>&\u2028\u2029", "\xff\xfe broken", "\"\\\t\r\n\x1f\x7f", "😀 e\u0301", "\ud7ff\ufffd"}).Draw(t, "name")
		r.FirstFrom.UTM = rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "utm")
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
		var want lead.Record
		require.NoError(t, json.Unmarshal(wantRecord, &want))
		if len(want.Said) == 0 && len(want.Scored) == 0 && len(want.Tags) > 0 {
			want.Said = want.Tags // as in a record of a version that knew no tags of rules
		}
		got, err := Decode(wantRecord)
		require.NoError(t, err)
		require.Equal(t, &want, got)
	})
}
