package sinktest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// imports is what a database keeps of files that people upload. The hub declares the same.
type imports interface {
	AddImport(ctx context.Context, i lead.Import) error
	Imports(ctx context.Context, q lead.ImportQuery) (lead.ImportPage, error)
	Import(ctx context.Context, id string) (lead.Import, error)
	EditImport(ctx context.Context, id string, fn func(*lead.Import) error) (lead.Import, error)
	SaveImportProgress(ctx context.Context, id string, p lead.ImportProgress, waiting *lead.Text) error
	DeleteImport(ctx context.Context, id string) error
	RememberColumns(ctx context.Context, source string, at time.Time, list []lead.RememberedColumns) error
	RememberedColumns(ctx context.Context, source string, fingerprints []string) ([]lead.RememberedColumns, error)
	Statuses(ctx context.Context, ids []string) (map[string]lead.RowStatus, error)
	Known(ctx context.Context, keys []string) (map[string]string, error)
}

var importTests = map[string]func(*testing.T, Harness){
	"an import is kept as it is, and listed latest first":       testImportsAreKept,
	"of one source one import runs at a time":                   testOneImportRuns,
	"what a person said of columns is remembered by the header": testColumnsAreRemembered,
	"the status of a row follows it through merges and undo":    testStatuses,
	"identities tell whom they lead to":                         testKnown,
}

func openImports(t *testing.T, h Harness) (*hub, imports) {
	p := open(t, h)
	return p, p.store.(imports)
}

func anImport(n int, source, state string) lead.Import {
	return lead.Import{ID: fmt.Sprintf("imp_%03d", n), Source: source, File: "春季展.xlsx", SHA256: fmt.Sprintf("%064d", n%3), State: state, Created: day,
		Layout: lead.Layout{Format: "xlsx", Sheets: []lead.SheetLayout{{Name: "名单", Columns: []lead.Column{{Header: "手机", Field: "phone"}}}}}, Notes: []lead.Notice{}}
}

func testImportsAreKept(t *testing.T, h Harness) {
	p, s := openImports(t, h)
	for n := range 5 {
		i := anImport(n, []string{"a", "b"}[n%2], lead.ImportDone)
		i.Progress = lead.ImportProgress{Read: int64(n)}
		require.NoError(t, s.AddImport(p.ctx, i))
	}
	got, err := s.Import(p.ctx, "imp_003")
	require.NoError(t, err)
	want := anImport(3, "b", lead.ImportDone)
	want.Progress.Read = 3
	require.Equal(t, want, got)

	var ids []string
	for q := (lead.ImportQuery{Limit: 2}); ; {
		page, err := s.Imports(p.ctx, q)
		require.NoError(t, err)
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"imp_004", "imp_003", "imp_002", "imp_001", "imp_000"}, ids)
	page, err := s.Imports(p.ctx, lead.ImportQuery{Source: "b", SHA256: fmt.Sprintf("%064d", 0), States: []string{lead.ImportDone, lead.ImportFailed}})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, "imp_003", page.Items[0].ID)
	page, err = s.Imports(p.ctx, lead.ImportQuery{States: []string{lead.ImportRunning}})
	require.NoError(t, err)
	require.Equal(t, []lead.Import{}, page.Items)

	waits := &lead.Text{EN: "the broker", ZH: "消息队列"}
	require.NoError(t, s.SaveImportProgress(p.ctx, "imp_003", lead.ImportProgress{Read: 9, New: 4}, waits))
	_, err = s.EditImport(p.ctx, "imp_003", func(i *lead.Import) error {
		require.Equal(t, waits, i.Waiting)
		require.EqualValues(t, 9, i.Progress.Read)
		i.State, i.Waiting, i.Expired = lead.ImportFailed, nil, true
		return nil
	})
	require.NoError(t, err)
	got, err = s.Import(p.ctx, "imp_003")
	require.NoError(t, err)
	require.Equal(t, []any{lead.ImportFailed, (*lead.Text)(nil), true, int64(4)}, []any{got.State, got.Waiting, got.Expired, got.Progress.New})
	_, err = s.EditImport(p.ctx, "imp_003", func(i *lead.Import) error { i.State = lead.ImportDone; return fmt.Errorf("no") })
	require.EqualError(t, err, "no")
	got, _ = s.Import(p.ctx, "imp_003")
	require.Equal(t, lead.ImportFailed, got.State)

	require.NoError(t, s.DeleteImport(p.ctx, "imp_003"))
	require.NoError(t, s.DeleteImport(p.ctx, "imp_003"))
	_, err = s.Import(p.ctx, "imp_003")
	require.Equal(t, lead.KindNotFound, lead.AsError(err).Kind)
	_, err = s.EditImport(p.ctx, "imp_003", func(*lead.Import) error { t.Fatal("there is nothing to edit"); return nil })
	require.Equal(t, lead.KindNotFound, lead.AsError(err).Kind)
}

func testOneImportRuns(t *testing.T, h Harness) {
	p, s := openImports(t, h)
	const n = 8
	for i := range n {
		require.NoError(t, s.AddImport(p.ctx, anImport(i, "a", lead.ImportInspected)))
	}
	require.NoError(t, s.AddImport(p.ctx, anImport(n, "b", lead.ImportInspected)))
	start := func(i int, state string) error {
		_, err := s.EditImport(p.ctx, fmt.Sprintf("imp_%03d", i), func(i *lead.Import) error { i.State = state; return nil })
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = start(i, lead.ImportRunning) })
	}
	wg.Wait()
	running := -1
	for i, err := range errs {
		if err == nil {
			require.Equal(t, -1, running, "two run")
			running = i
			continue
		}
		require.Equal(t, "import_running", lead.AsError(err).Code, "%v", err)
	}
	require.NotEqual(t, -1, running)
	require.NoError(t, start(n, lead.ImportUndoing), "another source")
	require.Error(t, start((running+1)%n, lead.ImportUndoing))
	require.NoError(t, start(running, lead.ImportDone))
	require.NoError(t, start((running+1)%n, lead.ImportUndoing))
}

func testColumnsAreRemembered(t *testing.T, h Harness) {
	p, s := openImports(t, h)
	columns := func(field string) []lead.RememberedColumn {
		return []lead.RememberedColumn{{Index: 2, Field: field}, {Index: 3, Field: "event_time", Format: "dmy"}}
	}
	said := func(source, print, field string, after time.Duration) {
		require.NoError(t, s.RememberColumns(p.ctx, source, day.Add(after), []lead.RememberedColumns{{Fingerprint: print, Columns: columns(field)}}))
	}
	said("a", "one", "phone", 0)
	said("a", "one", "email", time.Hour)
	said("b", "one", "company", 2*time.Hour)
	said("b", "two", "title", 0)
	said("c", "two", "qq", time.Hour)
	got, err := s.RememberedColumns(p.ctx, "a", []string{"one", "two", "three"})
	require.NoError(t, err)
	require.ElementsMatch(t, []lead.RememberedColumns{{Fingerprint: "one", Columns: columns("email")}, {Fingerprint: "two", Columns: columns("qq")}}, got,
		"of this source what was said last; else of any, what was said last")
}

func testStatuses(t *testing.T, h Harness) {
	p, s := openImports(t, h)
	p.record(Sub("a", Mobile(1)), Sub("b", Email(2)))
	p.record(Sub("c", Mobile(1), Email(2)))
	require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{
		{ID: "r", Source: "site", Stage: lead.StageNormalize, Code: "no_identity", Message: "nobody", Hint: "ask", ReceivedAt: day, Attempt: 2},
		{ID: "s", Source: "site", Stage: lead.StageSpam, Code: "spam", ReceivedAt: day},
		{ID: "w", Source: "site", Stage: lead.StageParse, Code: "no_lead", ReceivedAt: day},
	}))
	_, err := p.sink.Withdraw(p.ctx, []string{"w"}, sink.Order{})
	require.NoError(t, err)
	all := []string{"a", "b", "c", "r", "s", "w", "unknown"}
	got, err := s.Statuses(p.ctx, all)
	require.NoError(t, err)
	d := p.lead(p.on("c"))
	require.Len(t, got, 6)
	for id, kind := range map[string]string{"a": lead.VerdictNew, "b": lead.VerdictNew, "c": lead.VerdictJoins} {
		st := got[id]
		require.Equal(t, []string{lead.StatePooled, kind, d.ID, d.Number}, []string{st.State, st.Verdict, st.Lead, st.Number}, id)
		require.True(t, st.ReceivedAt.Equal(day))
		require.NotEmpty(t, st.Reasons)
	}
	require.Equal(t, lead.RowStatus{State: lead.StateRejected, ReceivedAt: day.UTC(), Attempt: 2, Code: "no_identity", Message: "nobody", Hint: "ask"}, got["r"])
	require.Equal(t, lead.StateQuarantined, got["s"].State)
	require.Equal(t, lead.RejectionWithdrawn, got["w"].State)

	_, err = p.sink.Withdraw(p.ctx, []string{"c"}, sink.Order{Actor: "person:x"})
	require.NoError(t, err)
	p.record(Sub("r", Mobile(9)))
	got, err = s.Statuses(p.ctx, all)
	require.NoError(t, err)
	require.Equal(t, lead.RejectionWithdrawn, got["c"].State)
	require.True(t, got["c"].ReceivedAt.Equal(day))
	require.NotEqual(t, got["a"].Lead, got["b"].Lead, "apart again")
	require.Equal(t, lead.StatePooled, got["r"].State, "what was rejected is in the pool now")
	none, err := s.Statuses(p.ctx, nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func testKnown(t *testing.T, h Harness) {
	p, s := openImports(t, h)
	p.record(Sub("a", Mobile(1)), Sub("b", Email(2), OpenID(3)))
	p.record(Sub("c", Mobile(1), Email(2)))
	number := p.lead(p.on("a")).Number
	got, err := s.Known(p.ctx, []string{Mobile(1).Key(), Email(2).Key(), OpenID(3).Key(), Mobile(7).Key()})
	require.NoError(t, err)
	require.Equal(t, map[string]string{Mobile(1).Key(): number, Email(2).Key(): number, OpenID(3).Key(): number}, got)
	none, err := s.Known(p.ctx, nil)
	require.NoError(t, err)
	require.Empty(t, none)
}
