package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// raws are as intake may make them.
func raws(t *rapid.T) lead.Raw {
	text := rapid.String()
	raw := lead.Raw{ID: "sub_" + rapid.StringMatching(`[0-9A-Z]{26,32}`).Draw(t, "id"), Source: rapid.StringMatching(`[a-z-]{1,20}`).Draw(t, "source"),
		Channel: "webform", EventID: text.Draw(t, "event"), ReceivedAt: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at")).UTC(),
		ContentType: text.Draw(t, "type"), Path: text.Draw(t, "path"), Query: text.Draw(t, "query"), RemoteIP: "203.0.113.9",
		Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body")}
	if referer := text.Draw(t, "referer"); referer != "" {
		raw.Header = map[string]string{"Referer": referer}
	}
	return raw
}

func TestARawComesBackFromTheBrokerAndFromTheSpoolAsItWas(t *testing.T) {
	n := newNames("p.")
	rapid.Check(t, func(t *rapid.T) {
		raw, trace := raws(t), traceOf("")
		record, err := n.rawRecord(&raw, trace)
		require.NoError(t, err)
		require.Equal(t, "p.lead.raw", record.Topic)
		require.NotNil(t, record.Value, "nil would be a tombstone")
		again, err := n.unspooled(spooled(record))
		require.NoError(t, err)
		for _, r := range []stream.Record{record, again} {
			back, err := rawOf(r)
			require.NoError(t, err)
			require.Equal(t, string(raw.Body), string(back.Body))
			back.Body = raw.Body
			require.Equal(t, raw, back)
			require.Equal(t, trace, string(header(r, headerTrace)))
			require.Equal(t, raw.ID, string(r.Key))
		}
	})
}

func TestASpooledRecordThatIsDamagedIsAnErrorAndNotAPanic(t *testing.T) {
	n := newNames("")
	rapid.Check(t, func(t *rapid.T) {
		_, _ = n.unspooled(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		raw := raws(t)
		record, err := n.rawRecord(&raw, traceOf(""))
		require.NoError(t, err)
		whole := spooled(record)
		cut := rapid.IntRange(0, len(whole)-len(raw.Body)-1).Draw(t, "cut")
		_, err = n.unspooled(whole[:cut])
		require.Error(t, err)
	})
}

func TestARecordOfAStrangerHasTheIdOfItsPlace(t *testing.T) {
	at := func(offset int64) stream.Record {
		return stream.Record{Topic: "lead.raw", Partition: 2, Offset: offset, Value: []byte("x"), Time: time.Unix(1, 0)}
	}
	one, err := rawOf(at(1))
	require.Equal(t, "foreign_record", lead.AsError(err).Code)
	again, _ := rawOf(at(1))
	require.Equal(t, one.ID, again.ID, "delivered again it is the same")
	other, _ := rawOf(at(2))
	require.NotEqual(t, one.ID, other.ID)
}

func TestARejectionAlwaysFitsItsRecordAndKeepsWhatItCan(t *testing.T) {
	n := newNames("")
	for _, size := range []int{10, 400_000, 700_000, 3_000_000} {
		body := make([]byte, size)
		j := &lead.Rejection{ID: "sub_X", Stage: lead.StageParse, Code: "bad_json", Raw: &lead.Raw{ID: "sub_X"}, Body: body,
			Draft: &lead.Draft{Fields: map[string][]string{"message": {string(body)}}}}
		r, err := n.rejectionRecord(j, nil)
		require.NoError(t, err)
		require.Less(t, len(r.Value), stream.MaxRecordBytes)
		require.Contains(t, string(r.Value), `"code":"bad_json"`)
		require.Len(t, j.Body, size, "the caller's stays as it is")
	}
}

func TestATraceIsTheCallersWhenItIsOneAndElseNew(t *testing.T) {
	const theirs = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	require.Equal(t, theirs, traceOf(theirs))
	seen := map[string]bool{}
	for _, bad := range []string{"", "x", theirs + "x", "00-zz", "01" + theirs[2:], "\x00"} {
		made := traceOf(bad)
		require.Regexp(t, traceparent, made)
		require.False(t, seen[made])
		seen[made] = true
	}
}

func TestTheSchemaOfChangesNamesItself(t *testing.T) {
	require.Contains(t, string(ChangeSchema), `"$id": "`+ChangeSchemaID+`"`)
}
