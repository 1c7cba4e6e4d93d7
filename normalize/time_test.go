package normalize

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestATimeIsReadInTheUsualForms(t *testing.T) {
	const want = "2024-01-02T07:04:05Z" // 15:04:05 in China
	for _, typed := range []string{
		"2024-01-02T15:04:05+08:00", "2024-01-02T07:04:05Z", "2024-01-02T15:04:05+0800", "2024-01-02 15:04:05", "2024-01-02T15:04:05",
		"2024/01/02 15:04:05", "2024/1/2 15:04:05", "2024.1.2 15:04:05", "2024-1-2 15:04:05 +0800", "2024-01-02 07:04:05 UTC",
		"2024-01-02 15:04:05.000", "2024年1月2日 15:04:05", "2024年01月02日15时04分05秒", "2024年1月2日 下午3:04:05", "2024/1/2 下午3:04:05",
		"2024年1月2日 下午3点04分05秒", "2024/1/2 3:04:05 PM", "2024-01-02 03:04:05 pm", "２０２４－０１－０２ １５：０４：０５",
		"2024年1月2日 星期二 15:04:05", "2024-01-02 (周二) 15:04:05", "1704179045", "1704179045000", "1704179045000000", "20240102150405",
		"Tue, 02 Jan 2024 15:04:05 +0800", "Tue, 02 Jan 2024 07:04:05 GMT", "Jan 2, 2024, 3:04:05 PM", "2 Jan 2024 15:04:05",
	} {
		got, ok := parseTime(clean(typed), shanghai)
		require.True(t, ok, typed)
		require.Equal(t, want, got.UTC().Format(time.RFC3339Nano), typed)
	}
	for typed, want := range map[string]string{
		"2024-01-02": "2024-01-01T16:00:00Z", "2024年1月2日": "2024-01-01T16:00:00Z", "20240102": "2024-01-01T16:00:00Z", "13/02/2024": "2024-02-12T16:00:00Z",
		"02/13/2024 08:00": "2024-02-13T00:00:00Z", "2024-01-02 上午8点": "2024-01-02T00:00:00Z", "2024-01-02 凌晨12:30": "2024-01-01T16:30:00Z",
		"2024-01-02 12:30 AM": "2024-01-01T16:30:00Z", "2024-01-02 12:30 PM": "2024-01-02T04:30:00Z", "2024-01-02 中午12点": "2024-01-02T04:00:00Z",
		"2024-01-02 中午1点": "2024-01-02T05:00:00Z", "2024-01-02 晚上8:15": "2024-01-02T12:15:00Z", "2024-01-02 下午12:10": "2024-01-02T04:10:00Z",
	} {
		got, ok := parseTime(typed, shanghai)
		require.True(t, ok, typed)
		require.Equal(t, want, got.UTC().Format(time.RFC3339Nano), typed)
	}
}

func TestATimeThatCanMeanTwoThingsIsNotGuessed(t *testing.T) {
	for _, typed := range []string{"01/02/2024", "1/2/24", "2024-01-02 晚上12点", "2024-02-30", "2024-13-01", "2024-01-02 25:00", "2024-01-02 13:00 AM",
		"Tue Jan 2 15:04:05 CST 2024", "yesterday", "12345", "2024-01-02 15:61"} {
		got, ok := parseTime(typed, shanghai)
		require.False(t, ok, "%s was read as %s", typed, got)
	}
}

func TestAnAbsurdEventTimeGivesWayToTheTimeOfReceipt(t *testing.T) {
	n := newNormalizer(t)
	raw, d := typical()
	for _, typed := range []string{"1999-12-31 00:00:00", "2026-01-04 00:00:00", "9999999999999", "0000-00-00 00:00:00", "soon"} {
		d.EventTime = typed
		s, err := n.Submission(raw, 0, d, 50)
		require.NoError(t, err)
		require.Equal(t, raw.ReceivedAt, s.EventTime, typed)
		require.Len(t, s.Notes, 1, typed)
	}
	d.EventTime = "2026-01-03 10:00:00" // a clock that is some hours ahead
	s, err := n.Submission(raw, 0, d, 50)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 1, 3, 2, 0, 0, 0, time.UTC), s.EventTime)
	require.Empty(t, s.Notes)
}

func TestATimeWithoutAZoneIsThatOfTheHub(t *testing.T) {
	n, err := New(Config{Location: time.FixedZone("", -5*60*60)})
	require.NoError(t, err)
	raw, d := typical()
	d.EventTime = "2026-01-01 20:00:00"
	d.Fields[lead.FieldConsent], d.Fields[lead.FieldConsentAt] = []string{"yes"}, []string{"2026-01-01 19:00:00"}
	s, err := n.Submission(raw, 0, d, 50)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 1, 2, 1, 0, 0, 0, time.UTC), s.EventTime)
	require.Equal(t, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), s.Consents[0].At)
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2024-01-02 15:04:05", "2024年1月2日 下午3:04", "1704179045", "Jan 2, 2024 3:04 PM", "2024-01-02T15:04:05.123+08:00", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseTime(clean(s), shanghai)
		if !ok || got.Year() < 2000 || got.Year() > 9999 {
			return
		}
		again, ok := parseTime(got.UTC().Format(time.RFC3339Nano), shanghai)
		require.True(t, ok)
		require.True(t, got.Equal(again))
	})
}
