package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

func TestTheExitCodeOfAuditTellsWhetherItBalances(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		status int
		code   int
	}{
		"balances":   {`{"accepted":3,"touched":2,"rejected":1,"pending":0,"missing":[],"duplicated":[]}`, 200, exitOK},
		"pending":    {`{"accepted":3,"touched":2,"rejected":0,"pending":1,"missing":[],"duplicated":[]}`, 200, exitOK},
		"missing":    {`{"accepted":3,"touched":2,"rejected":0,"pending":0,"missing":["sub_X"],"duplicated":[]}`, 200, exitBalance},
		"duplicated": {`{"accepted":3,"touched":2,"rejected":1,"pending":0,"missing":[],"duplicated":["sub_X"]}`, 200, exitBalance},
		"sums":       {`{"accepted":4,"touched":2,"rejected":1,"pending":0,"missing":[],"duplicated":[]}`, 200, exitBalance},
		"no answer":  {`{"code":"broker_away","detail":"the broker does not answer","status":503}`, 503, exitFailed},
		"no JSON":    {`<html>`, 502, exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "Bearer secret", r.Header.Get("Authorization"))
				if c.status >= 400 {
					w.Header().Set("Content-Type", problem.ContentType)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answer))
			}))
			defer srv.Close()
			for _, format := range [][]string{nil, {"--json"}} {
				var out, errs bytes.Buffer
				args := append([]string{"audit", "--server", srv.URL, "--token", "secret"}, format...)
				require.Equal(t, c.code, run(process{ctx: context.Background(), stdout: &out, stderr: &errs}, args), "%s %s", &out, &errs)
				switch c.code {
				case exitBalance:
					require.Regexp(t, `sub_X|accepted"?[: ]4`, out.String(), "it names what is wrong")
				case exitFailed:
					require.NotEmpty(t, errs.String())
					require.Empty(t, out.String())
				}
			}
		})
	}
}

func TestACommandLineThatIsWrongHasAnExitCodeOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"srve"}, {"audit", "--colour"}, {"explain"}, {"serve", "--log-level", "loud"}} {
		var out, errs bytes.Buffer
		require.Equal(t, exitUsage, run(process{ctx: context.Background(), stdout: &out, stderr: &errs}, args), "%v", args)
		require.Contains(t, errs.String(), "hint:")
	}
}

func TestSinceIsADayAMomentOrADuration(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 8*60*60)
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, zone)
	for text, want := range map[string]time.Time{
		"":                          {},
		"24h":                       now.Add(-24 * time.Hour),
		"7d":                        now.AddDate(0, 0, -7),
		"2026-01-02":                time.Date(2026, 1, 2, 0, 0, 0, 0, zone),
		"2026-01-02T15:04:05+08:00": now,
		"2026-01-02T07:04:05Z":      now,
	} {
		got, err := parseTime("--since", text, now)
		require.NoError(t, err, text)
		require.True(t, want.Equal(got), "%s is %s", text, got)
	}
	_, err := parseTime("--since", "yesterday", now)
	require.ErrorContains(t, err, "--since")
	require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind)
}

func TestAnotherDatabaseOfAServerKeepsEverythingElseOfItsURL(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"postgres://leadhub@127.0.0.1:5432/leadhub?sslmode=disable": "postgres://leadhub@127.0.0.1:5432/x?sslmode=disable",
		"postgres://a:b%2Fc@host":                                   "postgres://a:b%2Fc@host/x",
	} {
		got, err := withDatabase(server, "x")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := withDatabase("host=127.0.0.1", "x")
	require.Error(t, err)
}
