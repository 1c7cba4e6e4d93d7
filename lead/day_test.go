package lead

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheNextDayBeginsWhenTheDateChanges(t *testing.T) {
	for _, c := range []struct{ zone, now, want string }{
		{"Asia/Shanghai", "2026-01-31T15:59:59Z", "2026-02-01T00:00:00+08:00"},
		{"Asia/Shanghai", "2026-01-31T16:00:00Z", "2026-02-02T00:00:00+08:00"},
		{"America/New_York", "2026-03-08T12:00:00Z", "2026-03-09T00:00:00-04:00"},
		{"America/Santiago", "2026-09-06T03:30:00Z", "2026-09-06T01:00:00-03:00"}, // half past eleven; midnight is left out
		{"America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T01:00:00-03:00"},
		{"America/Havana", "2026-03-08T04:00:00Z", "2026-03-08T01:00:00-04:00"},
		{"Africa/Cairo", "2026-04-23T21:30:00Z", "2026-04-24T01:00:00+03:00"},
		{"America/Santiago", "2026-04-05T02:30:00Z", "2026-04-05T00:00:00-04:00"}, // the hour before midnight comes twice
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		now, err := time.Parse(time.RFC3339, c.now)
		require.NoError(t, err)
		require.Equal(t, c.want, NextDay(now, zone).Format(time.RFC3339), "%s in %s", c.now, c.zone)
	}
}

func TestTheNextDayIsAlwaysToComeAndHasAnotherDate(t *testing.T) {
	zones := []string{"Asia/Shanghai", "America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Tehran", "Atlantic/Azores"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		now := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "now"), 0)
		next := NextDay(now, zone)
		require.True(t, next.After(now))
		require.NotEqual(t, now.In(zone).Day(), next.Day())
		require.Equal(t, now.In(zone).Day(), next.Add(-time.Second).Day(), "nothing lies between the two days")
	})
}
